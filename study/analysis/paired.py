"""Paired comparisons of methods over seeds: how large a difference is, and how sure.

Scores are percent, a row per seed and a column per method; differences are percentage points,
of one method minus another at the same seed.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from study.analysis import signed_rank
from study.analysis.looks import level
from study.analysis.needed import least_seeds, required_seeds
from study.analysis.signed_rank import ALPHA, RANKED_FROM

BOOTSTRAP_FROM = 20  # seeds; with fewer, BCa intervals cover far too little (82 % at 5 seeds)
BOOTSTRAP_TO = 1_000  # seeds; by then t says the same, in no time
RESAMPLES = 9_999
AGREEMENT = {3: 5.0, 4: 2.0, 5: 1.0}
"""Seeds: how many times the spread of the differences the smallest must be to decide by agreement.

More seeds of which no test can decide either, for there are many pairs or earlier looks, go by the
last one.

In made-up studies of four equal methods, any of six pairs then agrees like that by chance in at
most 5 %, with all distributions of benchmarks/simulation.py and on grids of a few levels. Two seeds
never do.
"""
FAMILY = 6  # pairs, for which `AGREEMENT` holds
EDGE = 1e-9  # of the margin: as far from it, a difference is at it, which is not within it
DIGITS = 12  # of scores: differences in later ones are rounding errors

COLUMNS = (
    *("method", "other", "n", "typical_difference", "low", "high", "interval"),
    *("simultaneous_low", "simultaneous_high", "wins", "ties", "losses"),
    *("probability_better", "probability_low", "probability_high"),
    *("test", "p_value", "p_adjusted", "margin", "verdict"),
    *("seeds_needed", "seeds_needed_low", "seeds_needed_high"),
    *("mean_difference", "mean_low", "mean_high", "mean_interval", "mean_is_reliable"),
)


def compare_pairs(
    scores: pd.DataFrame,
    margin: float | None,
    rng: np.random.Generator,
    earlier_looks: Sequence[int] = (),
) -> pd.DataFrame:
    """A row per pair of methods, the later column against the earlier: the columns `COLUMNS`.

    Parameters
    ----------
    scores
        Percent, (seeds, methods); a pair uses the seeds at which neither is missing.
    margin
        Percentage points: differences within it are of no practical interest. None: no difference
        is known to be of none, and nothing is called equivalent.
    rng
        For the bootstrap of the mean.
    earlier_looks
        Numbers of seeds at which the same methods were compared before, rising.

    The typical difference is the pseudomedian; `low` and `high` are the pair's own 95 % interval,
    from 6 seeds on by signed ranks, see `study.analysis.signed_rank`, below the smallest and the
    largest difference ("range"). The simultaneous interval is at 95 % for all pairs together
    (Bonferroni), infinite where so few seeds allow none; `p_adjusted` is the p-value times the
    number of pairs, at most 1, missing where there is no test. Both pay for earlier looks, see
    `study.analysis.looks`.
    `probability_better` is the share of seeds won, ties half, with its Clopper-Pearson interval.

    verdict
        "tied": the same score at every seed. "equivalent": the simultaneous interval lies within
        the margin. "better", "worse": p_adjusted is at most 0.05, and the typical difference not 0,
        as it may be if most seeds tie; with 3 or more seeds, but so few that no test can decide,
        if all agree, no difference is within the margin, and the smallest is at least as large as
        their spread, or many times that, see `seeds_agree`. Else "undecided".
    seeds_needed
        About how many seeds would decide it, from 8 seeds on, and if it is undecided no fewer than
        those of which a test can, after this look; see `study.analysis.needed`.
    mean
        The mean difference and its 95 % interval: Student's t below 20 seeds, and above 1,000;
        between them the BCa bootstrap, widened to t where that reaches further. It is reliable if
        n > 25 g ** 2 with the skewness g (Cochran, Sampling Techniques, 1977, section 2.15). What
        happens once in fifty trainings is in no interval of twenty that it spared.
    """
    pairs = typical_differences(scores, margin, earlier_looks)
    rows = [{**typical, **compare_means(d, rng)} for typical, d in pairs]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def typical_differences(
    scores: pd.DataFrame, margin: float | None, earlier_looks: Sequence[int]
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Of each pair the row of `compare_pairs` up to its mean, and the (seeds,) differences."""
    family, step = math.comb(len(scores.columns), 2), smallest_step(scores)
    for method, other, d in paired_differences(scores):
        looks = tuple(n for n in earlier_looks if RANKED_FROM <= n < len(d))
        found = compare_pair(d, family, math.nan if margin is None else margin, looks, step)
        yield {"method": method, "other": other, **found}, d


def paired_differences(scores: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """Each pair, the later column first, and its (seeds,) differences without rounding errors.

    They are rounded to `DIGITS` digits of the median score, so that scores on a grid, such as
    shares of 30 images, have equal and opposite differences where they should.
    """
    for other, method in combinations(scores.columns, 2):
        both = scores[[method, other]].dropna().to_numpy(float)
        yield method, other, round_to(both[:, 0] - both[:, 1], np.abs(both).max(axis=1))


def round_to(numbers: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Numbers rounded to `DIGITS` digits of the median of scores that are not 0, of either sign."""
    sizes = np.abs(scores[scores != 0])
    if not len(sizes):
        return numbers
    decimals = DIGITS - math.floor(math.log10(np.median(sizes)))
    return np.round(numbers, min(decimals, 300)) + 0.0  # no zero with a minus


def smallest_step(scores: pd.DataFrame) -> float:
    """By how much two scores that differ do at least: the grid they lie on; 0 if all are equal."""
    found = scores.to_numpy(float)
    found = found[np.isfinite(found)]
    steps = np.diff(np.unique(round_to(found, found)))
    return float(steps.min()) if len(steps) else 0.0


def compare_pair(
    d: np.ndarray,
    family: int,
    margin: float,
    earlier_looks: tuple[int, ...] = (),
    step: float = 0.0,
) -> dict[str, Any]:
    """What (seeds,) differences tell of a pair, in a family of so many, up to its mean.

    A margin of NaN is none; scores differ by `step` at least, see `smallest_step`.
    """
    alpha = level((*earlier_looks, len(d)), ALPHA / family)
    n, wins, losses = len(d), int((d > 0).sum()), int((d < 0).sum())
    averages = signed_rank.walsh_averages(d)
    low, high, kind = typical_interval(d, averages)
    simultaneous = signed_rank.interval(averages, n, alpha)
    test, p = p_value(d, averages)
    better = proportion_interval(wins + (n - wins - losses) / 2, n)
    row: dict[str, Any] = {
        "n": n,
        "typical_difference": signed_rank.pseudomedian(averages),
        "low": low,
        "high": high,
        "interval": kind,
        "simultaneous_low": simultaneous[0],
        "simultaneous_high": simultaneous[1],
        "wins": wins,
        "ties": n - wins - losses,
        "losses": losses,
        "probability_better": better[0],
        "probability_low": better[1],
        "probability_high": better[2],
        "test": test,
        "p_value": p,
        "p_adjusted": float(np.minimum(1.0, p * ALPHA / alpha)),  # NaN stays NaN
        "margin": margin,
    }
    row["verdict"] = verdict(row, d, family, step)
    needed = required_seeds(row["typical_difference"], low, high, n, family, margin)
    if row["verdict"] == "undecided":
        least = least_seeds((*earlier_looks, n), family)
        needed = {name: max(seeds, least) for name, seeds in needed.items()}  # NaN stays NaN
    return row | needed


def compare_means(d: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """The mean of (seeds,) differences, its interval, and whether that is reliable."""
    low, high, kind = mean_interval(d, rng)
    return {
        "mean_difference": float(d.mean()) if len(d) else math.nan,
        "mean_low": low,
        "mean_high": high,
        "mean_interval": kind,
        "mean_is_reliable": is_nearly_symmetric(d),
    }


def typical_interval(d: np.ndarray, averages: np.ndarray) -> tuple[float, float, str]:
    """95 % interval of the pseudomedian and its kind: signed ranks, the range of few, or none."""
    n = len(d)
    if n < 2:
        return math.nan, math.nan, "none"
    if n < RANKED_FROM:
        return float(d.min()), float(d.max()), "range"
    return *signed_rank.interval(averages, n, ALPHA), "signed ranks"


def mean_interval(d: np.ndarray, rng: np.random.Generator) -> tuple[float, float, str]:
    """95 % interval of the mean and its kind: t, bca (never inside of t), constant, or none."""
    from scipy import stats

    n = len(d)
    if n < 2:
        return math.nan, math.nan, "none"
    mean = float(d.mean())
    if is_constant(d):
        return mean, mean, "constant"
    low, high = map(float, stats.t.interval(1 - ALPHA, n - 1, loc=mean, scale=stats.sem(d)))
    if not BOOTSTRAP_FROM <= n <= BOOTSTRAP_TO:
        return low, high, "t"
    found = stats.bootstrap((d,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=rng)
    ends = found.confidence_interval
    return float(np.fmin(low, ends.low)), float(np.fmax(high, ends.high)), "bca"


def is_constant(d: np.ndarray) -> bool:
    """Whether all differences are the same, rounding aside."""
    return bool(np.ptp(d) <= 10.0**-DIGITS * np.abs(d).max()) if len(d) else True


def is_nearly_symmetric(d: np.ndarray) -> bool:
    """Whether a mean of so many, so skewed, differences is about normal, by Cochran's rule."""
    if is_constant(d):
        return True
    deviations = d - d.mean()
    skewness = np.mean(deviations**3) / np.mean(deviations**2) ** 1.5
    return bool(len(d) > 25 * skewness**2)


def proportion_interval(count: float, n: int) -> tuple[float, float, float]:
    """A share and its 95 % Clopper-Pearson interval; halves count as the formula allows."""
    from statsmodels.stats.proportion import proportion_confint

    if not n:
        return math.nan, math.nan, math.nan
    low, high = proportion_confint(count, n, alpha=ALPHA, method="beta")
    return count / n, float(low), float(high)


def p_value(d: np.ndarray, averages: np.ndarray) -> tuple[str, float]:
    """Which test, and its two-sided p-value; NaN where there is nothing to test.

    Differences of 0 say nothing of who is better: with fewer than six others, there is no test.
    """
    if np.count_nonzero(d) < RANKED_FROM:
        return "none", math.nan
    return "signed ranks", signed_rank.p_value(averages, len(d))


def verdict(row: dict[str, Any], d: np.ndarray, family: int, step: float) -> str:
    """Better, worse, equivalent, tied or undecided; see `compare_pairs`."""
    if row["ties"] == row["n"] > 0:
        return "tied"
    edge = row["margin"] * (1 - EDGE)
    if -edge < row["simultaneous_low"] and row["simultaneous_high"] < edge:
        return "equivalent"
    untested = math.isinf(row["simultaneous_high"])
    agreed = untested and seeds_agree(d, family, step) and not np.abs(d).min() < row["margin"]
    if row["typical_difference"] and (row["p_adjusted"] <= ALPHA or agreed):
        return "better" if row["typical_difference"] > 0 else "worse"
    return "undecided"


def seeds_agree(d: np.ndarray, family: int, step: float = 0.0) -> bool:
    """Whether few seeds decide without a test: all agree, by many times their spread.

    Differences spread by no less than the `step` between scores: on a coarse grid, few of them are
    often the same by chance.
    """
    n = len(d)
    if n < min(AGREEMENT) or not (d.min() > 0 or d.max() < 0):
        return False
    # The chance of a ratio r falls like r ** -(n - 1), so that more pairs need a larger one.
    times = AGREEMENT[min(n, max(AGREEMENT))] * max(1.0, family / FAMILY) ** (1 / (n - 1))
    return bool(np.abs(d).min() >= times * max(float(np.ptp(d)), step))
