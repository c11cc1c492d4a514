"""How many seeds would decide between two methods, and how little that is known."""

import math

from study.analysis.looks import level
from study.analysis.signed_rank import ALPHA, RANKED_FROM

LEAST = 8  # seeds; from fewer, the estimate is worth nothing: its quartiles are 24 and 317 for 80
MOST = 10_000  # seeds, more than which nobody trains
POWER = 0.8
QUARTILE = 0.6745  # standard errors: half of all estimates lie within


def required_seeds(
    typical: float, low: float, high: float, n: int, family: int, margin: float
) -> dict[str, float]:
    """Seeds that would decide with a probability of 80 %, and a range of it.

    Parameters
    ----------
    typical, low, high, n
        The typical difference of so many seeds, and its 95 % interval, whose width tells its
        standard error.
    family
        Pairs that are compared together, each at a level of 5 % divided by their number.
    margin
        Of equivalence; NaN if there is none.

    Returns
    -------
    seeds_needed: the smaller of what tells the two apart and of what shows them equivalent, if
    difference and spread stay as they are. seeds_needed_low, seeds_needed_high: the same for the
    smallest and the largest difference in an interval that covers the true one in half of all
    studies.
    All infinite above 10,000, missing below 8 seeds.
    """
    names = ("seeds_needed", "seeds_needed_low", "seeds_needed_high")
    if n < LEAST:
        return dict.fromkeys(names, math.nan)
    error = (high - low) / 2 / 1.96
    size, off = abs(typical), QUARTILE * error
    here, *there = (
        _seeds(difference, error * math.sqrt(n), family, margin)
        for difference in (size, max(0.0, size - off), size + off)
    )
    return dict(zip(names, (here, min(here, *there), max(here, *there)), strict=True))


def least_seeds(looks: tuple[int, ...], family: int) -> int:
    """The smallest number of seeds, above those looked at, at which a test can decide a pair.

    `family` pairs are compared together. If all seeds agree, the p-value is 2 / 2 ** seeds.
    """
    paid = tuple(seeds for seeds in looks if seeds >= RANKED_FROM)
    seeds = max(RANKED_FROM, *(looked + 1 for looked in looks))
    while 2.0 ** (1 - seeds) > level((*paid, seeds), ALPHA / family):
        seeds += 1
    return seeds


def _seeds(difference: float, sd: float, family: int, margin: float) -> float:
    """For a true difference, and a standard deviation that a pseudomedian's error goes by."""
    from scipy import stats

    level = stats.norm.isf(ALPHA / family / 2)
    exact = 1 + math.ceil(math.log2(family / ALPHA))  # of which an exact test can decide
    apart = _to_resolve(abs(difference), sd, level, stats.norm.isf(1 - POWER))
    # Both ends of the interval must lie within the margin: half of what may go wrong each.
    equal = _to_resolve(margin - abs(difference), sd, level, stats.norm.isf((1 - POWER) / 2))
    found = max(RANKED_FROM, exact, min(apart, equal))
    return found if found <= MOST else math.inf


def _to_resolve(gap: float, sd: float, level: float, power: float) -> float:
    """Seeds that resolve a gap, in normal quantiles; infinite if there is none.

    The last term is what estimating the standard deviation costs: Guenther, The American
    Statistician 35, 1981.
    """
    if not gap > 0:
        return math.inf
    return math.ceil(((level + power) * sd / gap) ** 2 + level**2 / 2)
