"""What it costs to look again: the level of a test that earlier ones of fewer seeds preceded.

A study that is extended because it was undecided gives luck another chance. The first look tests at
5 %; the second may add 1 % to the chance of a false verdict, the third half of that, and so on, so
that all looks together stay below 7 %: Slud & Wei, Journal of the American Statistical Association
77, 1982. The levels are found by the recursion of Armitage, McPherson & Rowe, Journal of the Royal
Statistical Society A 132, 1969.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

SPENT_SECOND = 0.2  # of the level; each later look may add half as much as the one before
GRID = 601  # points at which a density is integrated: the levels then have five digits


@lru_cache(maxsize=1_000)
def level(looks: tuple[int, ...], alpha: float) -> float:
    """The two-sided level of the last of these looks.

    Parameters
    ----------
    looks
        Numbers of seeds at which the same pair was looked at, rising; the last is this look.
    alpha
        The level of a single look.
    """
    from scipy import optimize, stats

    if len(looks) == 1:
        return alpha
    bounds = [
        float(stats.norm.isf(level(looks[: k + 1], alpha) / 2)) for k in range(len(looks) - 1)
    ]
    sums, chances = uncrossed(looks[:-1], bounds)
    wanted = alpha * SPENT_SECOND * 0.5 ** (len(looks) - 2)
    step = np.sqrt(looks[-1] - looks[-2])

    def excess(bound: float) -> float:
        edge = bound * np.sqrt(looks[-1])
        beyond = stats.norm.sf((edge - sums) / step) + stats.norm.sf((edge + sums) / step)
        return float(beyond @ chances) - wanted

    bound = float(optimize.brentq(excess, 0.0, 40.0))
    return 2 * float(stats.norm.sf(bound))


def uncrossed(looks: Sequence[int], bounds: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Sums of standard normal scores that no look found beyond its bound, and their chances.

    `bounds` are in standard errors, one per look. Both arrays are (points,).
    """
    from scipy import stats

    sums, chances, before = np.zeros(1), np.ones(1), 0
    for seeds, bound in zip(looks, bounds, strict=True):
        new = np.linspace(-bound, bound, GRID) * np.sqrt(seeds)
        step = np.sqrt(seeds - before)
        density = stats.norm.pdf((new[:, None] - sums) / step) @ chances / step
        widths = np.full(GRID, new[1] - new[0])
        widths[[0, -1]] /= 2
        sums, chances, before = new, density * widths, seeds
    return sums, chances
