"""Intervals and tests over two levels: problems, and seeds within them.

Two questions, two answers. *On these problems*: the problems are what they are, and chance lies in
the seeds alone. *On problems like these*: the problems themselves count as drawn, so that an
interval tells what to expect of another one.

Problems with the same space have the same random points at a seed, whose luck is then that of all:
see `shared_variance`.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALPHA = 0.05
RESAMPLES = 4_000
DRAWS = 2_000  # of the posterior
PRIOR = 0.5  # weight of the prior's one observation, of no difference

Level = Sequence[np.ndarray]
"""Of each problem the values of its seeds: (seeds,), or (seeds, columns) where it is said."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over problems with its 95 % interval and two-sided p-value; NaN where unknown."""

    mean: float
    low: float
    high: float
    p_value: float = math.nan


def resampled_means(values: Level, rng: np.random.Generator) -> np.ndarray:
    """Bootstrap means, (`RESAMPLES`, columns): of two or more problems, then of seeds within each.

    All columns are drawn together, so that what is paired stays paired. As problems' means scatter
    by their seeds, too, drawing both as they are would count that twice: see `reflated`. Davison &
    Hinkley, Bootstrap Methods and their Application, 1997, section 3.8.
    """
    n = len(values)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    total = np.zeros((RESAMPLES, values[0].shape[1]))
    for count, own in zip(counts.T, reflated(values), strict=True):
        seeds = len(own)
        weights = rng.multinomial(count * seeds, np.full(seeds, 1 / seeds))
        total += weights @ own / seeds
    return total / n


def reflated(values: Level) -> list[np.ndarray]:
    """(seeds, columns) values whose two kinds of scatter have the sizes that are estimated.

    Problems' means move towards the mean of all until their variance is what is left of it without
    the seeds' share; deviations of seeds grow by the factor that resampling loses. Carpenter,
    Goldstein & Rasbash, Journal of the Royal Statistical Society C 52, 2003.
    """
    means = np.array([own.mean(axis=0) for own in values])
    middle, scatter = means.mean(axis=0), means.var(axis=0, ddof=1)
    sizes = np.array([len(own) for own in values])
    errors = [own.var(axis=0, ddof=1) / len(own) for own in values if len(own) > 1]
    of_seeds = np.mean(errors, axis=0) if errors else np.zeros_like(middle)
    kept = np.sqrt(np.clip(1 - of_seeds / np.where(scatter > 0, scatter, 1.0), 0.0, 1.0))
    growth = np.sqrt(sizes / np.maximum(sizes - 1, 1))
    return [
        middle + kept * (mean - middle) + factor * (own - mean)
        for own, mean, factor in zip(values, means, growth, strict=True)
    ]


def expanded_quantiles(n: int) -> tuple[float, float]:
    """Which quantiles of a bootstrap distribution over `n` units make a 95 % interval.

    Wider ones than 2.5 and 97.5 %: as a t interval is wider than a normal one, and as the spread of
    n values is larger than that of resamples of them. Hesterberg, The American Statistician 69,
    2015, section 4.5.
    """
    from scipy import stats

    reach = math.sqrt(n / (n - 1)) * stats.t.isf(ALPHA / 2, n - 1)
    return float(stats.norm.cdf(-reach)), float(stats.norm.cdf(reach))


def bootstrap_intervals(values: Level, rng: np.random.Generator) -> np.ndarray:
    """95 % intervals, (2, columns), of the mean over problems of (seeds, columns) values."""
    drawn = resampled_means(values, rng)
    ends = np.quantile(drawn, expanded_quantiles(len(values)), axis=0)
    middle, variance = np.mean([own.mean(axis=0) for own in values], axis=0), drawn.var(axis=0)
    wider = np.sqrt(1 + shared_variance(values) / np.where(variance > 0, variance, np.inf))
    found: np.ndarray = middle + (ends - middle) * wider
    return found


def shared_variance(values: Level) -> np.ndarray:
    """What the variance of the mean over problems has beyond that of independent problems.

    A number, or one per column: how much the means over problems vary from seed to seed more than
    they would if no luck were shared, and 0 if they do not, or where problems have different
    numbers of seeds.
    """
    sizes = {len(own) for own in values}
    if len(sizes) > 1 or max(sizes) < 2:
        return np.zeros(values[0].shape[1:])
    of_seeds = np.mean(values, axis=0).var(axis=0, ddof=1)
    independent = np.mean([own.var(axis=0, ddof=1) for own in values], axis=0) / len(values)
    excess: np.ndarray = np.maximum(of_seeds - independent, 0.0) / max(sizes)
    return excess


def mixed_model(values: Level) -> Estimate:
    """The mean of (seeds,) differences by a mixed model: a random effect per problem, by REML.

    Its interval and test are Student's with a degree of freedom less than there are problems,
    which is exact for equally many seeds per problem and normal effects. Pinheiro & Bates,
    Mixed-Effects Models in S and S-PLUS, 2000, section 2.4. With unequal numbers of seeds it would
    weigh problems by them; then it is Student's test of the problems' means, which count alike.
    """
    from scipy import stats
    from statsmodels.regression.mixed_linear_model import MixedLM

    n, all_values = len(values), np.concatenate(values)
    mean = mean_of_means(values)
    if n < 2:
        return Estimate(mean=mean, low=math.nan, high=math.nan)
    if np.ptp(all_values) == 0:
        p = 1.0 if mean == 0 else 0.0
        return Estimate(mean=mean, low=mean, high=mean, p_value=p)
    error, sizes = _error_of_means(values), [len(own) for own in values]
    shared = float(shared_variance(values))
    if len(set(sizes)) == 1 and any(np.ptp(own) > 0 for own in values):
        groups = np.repeat(np.arange(n), sizes)
        scale = float(all_values.std())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a variance is 0, which is an answer
            fitted = MixedLM(all_values / scale, np.ones(len(all_values)), groups).fit(reml=True)
        if fitted.converged and math.isfinite(fitted.bse_fe[0]):
            mean, error = float(fitted.fe_params[0]) * scale, float(fitted.bse_fe[0]) * scale
    error = math.sqrt(error**2 + shared)
    if error == 0:
        return Estimate(mean=mean, low=mean, high=mean, p_value=1.0 if mean == 0 else 0.0)
    reach = float(stats.t.isf(ALPHA / 2, n - 1)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, n - 1))
    return Estimate(mean=mean, low=mean - reach, high=mean + reach, p_value=p)


def mean_of_means(values: Level) -> float:
    """The mean over problems of their means over seeds: every problem counts alike."""
    return float(np.mean([own.mean() for own in values]))


def _error_of_means(values: Level) -> float:
    """The standard error of the mean over problems, by the spread of their means."""
    means = [float(own.mean()) for own in values]
    return float(np.std(means, ddof=1)) / math.sqrt(len(means))


def fixed_problems(values: Level) -> Estimate:
    """The mean of (seeds,) differences over these very problems, by Student's t.

    Each problem has a variance of its own; degrees of freedom by Satterthwaite, Biometrics Bulletin
    2, 1946. If problems share luck, the means over problems at each seed are what is tested. NaN
    where a problem has but one seed.
    """
    from scipy import stats

    n, mean = len(values), mean_of_means(values)
    if any(len(own) < 2 for own in values):
        return Estimate(mean=mean, low=math.nan, high=math.nan)
    parts = np.array([own.var(ddof=1) / len(own) for own in values]) / n**2
    shared = float(shared_variance(values))
    error = math.sqrt(parts.sum() + shared)
    if error <= 1e-15 * max(1.0, abs(mean)):
        return Estimate(mean=mean, low=mean, high=mean, p_value=1.0 if mean == 0 else 0.0)
    freedom = parts.sum() ** 2 / sum(
        part**2 / (len(own) - 1) for part, own in zip(parts, values, strict=True)
    )
    if shared:
        freedom = min(freedom, len(values[0]) - 1)
    reach = float(stats.t.isf(ALPHA / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, freedom))
    return Estimate(mean=mean, low=mean - reach, high=mean + reach, p_value=p)


def signed_rank_posterior(
    values: Level, rope: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Chances that the first method is better, practically equivalent, and worse.

    The Bayesian signed-rank test (Benavoli et al., Journal of Machine Learning Research 18, 2017):
    which of three regions holds most of the means of two problems' differences: above `rope`,
    within it, below it. Repetitions are counted: each draw weighs problems, and the seeds within
    them, by Dirichlet weights of their own.

    Parameters
    ----------
    values
        Differences, (seeds,) of each problem, positive if the first method is better.
    rope
        Means within it are of no practical interest: the region of practical equivalence.
    rng
        For the posterior.
    """
    n = len(values)
    means = np.zeros((DRAWS, n + 1))  # the first is the prior's
    for place, own in enumerate(values, start=1):
        means[:, place] = rng.dirichlet(np.ones(len(own)), DRAWS) @ own
    weights = rng.dirichlet(np.array([PRIOR, *np.ones(n)]), DRAWS)
    counts = np.zeros(3)
    for z, w in zip(means, weights, strict=True):
        sums, products = np.add.outer(z, z), np.outer(w, w)
        above = float(products[sums > 2 * rope].sum())
        below = float(products[sums < -2 * rope].sum())
        counts[int(np.argmax([above, 1 - above - below, below]))] += 1
    better, same, worse = counts / DRAWS
    return float(better), float(same), float(worse)
