"""Paired comparisons of methods over seeds: how large a difference is, and how sure.

Scores are percent, a row per seed and a column per method; differences are percentage points,
of one method minus another at the same seed.
"""

import math
from bisect import bisect_left
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

ALPHA = 0.05
POWER = 0.8
BOOTSTRAP_FROM = 20  # seeds; with fewer, BCa intervals cover far too little (82 % at 5 seeds)
CONSTANT_FROM = 6  # seeds that agree to the last digit: 2 ** -5 < 0.05, as in an exact sign test
RESAMPLES = 9_999
RESAMPLE_TO = 1_000  # seeds; by then t says the same, in no time
EXACT_TO = 13  # seeds: 2 ** 13 sign patterns fit into the resamples
SEEDS_AT_MOST = 10_000

COLUMNS = (
    *("method", "other", "n", "mean_difference", "low", "high", "interval"),
    *("wins", "ties", "losses", "probability_better", "probability_low", "probability_high"),
    *("test", "p_value", "p_adjusted", "margin", "verdict", "seeds_needed"),
)


def compare_pairs(
    scores: pd.DataFrame, margin: float | None, rng: np.random.Generator
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
        For the bootstrap, and for the test where there are too many sign patterns to try all.

    The mean difference comes with its 95 % interval: Student's t below 20 seeds, and above 1,000;
    between them the BCa bootstrap, widened to t where that reaches further. BCa follows skewed
    differences, but alone it covers too little (84 to 92 % at 20 seeds; benchmarks/simulation.py).
    `probability_better` is the share of seeds won, ties half, with its Clopper-Pearson interval.
    The p-value is that of a sign-flip permutation test of the mean where so many seeds can reach
    significance within this family of pairs at all, else (and above 1,000 seeds) that of the
    paired t test; `p_adjusted` is Holm's.

    verdict
        "tied": the same score at every seed. "equivalent": the interval lies within the margin.
        "better", "worse": the interval excludes 0 and p_adjusted is at most 0.05. Else "undecided".
        The intervals are each pair's own: only the p-values are adjusted for the number of pairs.
        Differences that are all the same, and not 0, have no spread to judge by: from six seeds on
        they can show equivalence, and
        a difference as soon as an exact test can.
    seeds_needed
        About how many seeds would decide it with a probability of 80 %, if mean and standard
        deviation stay as they are: the smaller of what tells the two apart at 0.05 divided by
        the number of pairs, and of what shows them equivalent. Infinite above 10,000; missing for
        ties, which more seeds of the same would not break.
    """
    from statsmodels.stats.multitest import multipletests

    pairs = [(b, a) for a, b in combinations(scores.columns, 2)]
    rows = []
    for method, other in pairs:
        differences = (scores[method] - scores[other]).dropna().to_numpy(float)
        row = compare_pair(differences, len(pairs), math.nan if margin is None else margin, rng)
        rows.append({"method": method, "other": other, **row})
    p_values = [row["p_value"] for row in rows]
    tested = [1.0 if math.isnan(p) else p for p in p_values]
    adjusted = multipletests(tested, ALPHA, method="holm")[1] if rows else []
    for row, p in zip(rows, adjusted, strict=True):
        row["p_adjusted"] = math.nan if math.isnan(row["p_value"]) else float(p)
        row["verdict"] = verdict(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def compare_pair(
    differences: np.ndarray, family: int, margin: float, rng: np.random.Generator
) -> dict[str, Any]:
    """What one pair alone tells: (seeds,) differences, in a family of so many pairs.

    A margin of NaN is none.
    """
    n = len(differences)
    d = np.where(np.abs(differences) < 1e-9, 0.0, differences)  # rounding is no difference
    wins, losses = int((d > 0).sum()), int((d < 0).sum())
    low, high, kind = mean_interval(d, rng)
    test, p = p_value(d, family, rng)
    better = proportion_interval(wins + (n - wins - losses) / 2, n)
    return {
        "n": n,
        "mean_difference": float(d.mean()) if n else math.nan,
        "low": low,
        "high": high,
        "interval": kind,
        "wins": wins,
        "ties": n - wins - losses,
        "losses": losses,
        **dict(
            zip(("probability_better", "probability_low", "probability_high"), better, strict=True)
        ),
        "test": test,
        "p_value": p,
        "margin": margin,
        "seeds_needed": required_seeds(d, family, margin),
    }


def is_constant(d: np.ndarray) -> bool:
    """Whether all differences are the same, rounding aside."""
    return bool(np.ptp(d) < 1e-9) if len(d) else True


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
    if not BOOTSTRAP_FROM <= n <= RESAMPLE_TO:
        return low, high, "t"
    found = stats.bootstrap((d,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=rng)
    ends = found.confidence_interval
    return float(np.fmin(low, ends.low)), float(np.fmax(high, ends.high)), "bca"


def proportion_interval(count: float, n: int) -> tuple[float, float, float]:
    """A share and its 95 % Clopper-Pearson interval; halves count as the formula allows."""
    from statsmodels.stats.proportion import proportion_confint

    if not n:
        return math.nan, math.nan, math.nan
    low, high = proportion_confint(count, n, alpha=ALPHA, method="beta")
    return count / n, float(low), float(high)


def can_be_significant(n: int, family: int) -> bool:
    """Whether an exact test of `n` seeds can be significant after Holm's adjustment.

    Its smallest p-value is 2 / 2 ** n, which Holm multiplies by the number of pairs.
    """
    return 2.0 ** (1 - n) * family <= ALPHA


def p_value(d: np.ndarray, family: int, rng: np.random.Generator) -> tuple[str, float]:
    """Which test, and its two-sided p-value; NaN where there is nothing to test."""
    from scipy import stats

    n = len(d)
    if n > RESAMPLE_TO and is_constant(d):
        return "exact", 2.0 ** (1 - n) if d[0] else 1.0
    if can_be_significant(n, family) and n <= RESAMPLE_TO:
        found = stats.permutation_test(
            (d,), _rounded_mean, permutation_type="samples", n_resamples=RESAMPLES, rng=rng
        )
        return "exact" if n <= EXACT_TO else "random flips", float(found.pvalue)
    if n < 2 or is_constant(d):
        return "none", math.nan
    return "t", float(stats.ttest_1samp(d, 0).pvalue)


def _rounded_mean(d: np.ndarray, axis: int) -> Any:
    """So that means that are equal in decimals are equal here, and count as equally extreme."""
    return np.round(np.mean(d, axis=axis), 9)


def verdict(row: dict[str, Any]) -> str:
    """Better, worse, equivalent, tied or undecided; see `compare_pairs`."""
    low, high, margin = row["low"], row["high"], row["margin"]
    if row["ties"] == row["n"] > 0:
        return "tied"
    if row["interval"] == "none" or (row["interval"] == "constant" and row["n"] < CONSTANT_FROM):
        return "undecided"
    if -margin <= low and high <= margin:
        return "equivalent"
    if row["p_adjusted"] <= ALPHA and (low > 0 or high < 0):
        return "better" if low > 0 else "worse"
    return "undecided"


def required_seeds(d: np.ndarray, family: int, margin: float) -> float:
    """Seeds that would decide with 80 % power; infinite if too many.

    NaN with fewer than two, or if all differences are 0.
    """
    if len(d) < 2 or not d.any():
        return math.nan
    mean, sd = abs(float(d.mean())), float(d.std(ddof=1))
    if is_constant(d):
        return next(
            n for n in range(CONSTANT_FROM, 99) if mean <= margin or can_be_significant(n, family)
        )
    apart = _seeds(mean / sd, ALPHA / family, POWER)
    # Both ends of the interval must lie within the margin: half of what may go wrong each.
    if math.isnan(margin):
        return apart
    return min(apart, _seeds((margin - mean) / sd, ALPHA, (1 + POWER) / 2))


def _seeds(effect: float, alpha: float, power: float) -> float:
    """The smallest n whose two-sided t test finds an effect, with its sign, with this power.

    The effect is in standard deviations; t is then distributed as noncentral t (Johnson, Kotz &
    Balakrishnan, Continuous Univariate Distributions 2, chapter 31). statsmodels' own power is
    missing where it comes close to 1.
    """
    from scipy import stats

    if effect <= 0:
        return math.inf

    def reached(n: int) -> bool:
        threshold = stats.t.isf(alpha / 2, n - 1)
        return bool(stats.nct.sf(threshold, n - 1, effect * math.sqrt(n)) >= power)

    enough = 2
    while not reached(enough):
        enough *= 2
        if enough > SEEDS_AT_MOST:
            return math.inf
    return bisect_left(range(enough), True, lo=2, key=reached)
