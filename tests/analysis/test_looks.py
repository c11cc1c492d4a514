"""What a second look costs, against made-up studies without any difference."""

import numpy as np
import pytest
from scipy import stats

from study.analysis.looks import level


def test_a_single_look_pays_nothing() -> None:
    assert level((20,), 0.05) == 0.05


@pytest.mark.parametrize(
    ("looks", "total"), [((20, 40), 0.06), ((20, 60), 0.06), ((10, 20, 40), 0.065)]
)
def test_all_looks_together_err_as_often_as_they_say(looks: tuple[int, ...], total: float) -> None:
    sums = np.random.default_rng(0).normal(size=(200_000, looks[-1])).cumsum(axis=1)
    wrong = np.zeros(len(sums), bool)
    naive = wrong.copy()
    for place, seeds in enumerate(looks):
        z = np.abs(sums[:, seeds - 1]) / np.sqrt(seeds)
        wrong |= z > stats.norm.isf(level(looks[: place + 1], 0.05) / 2)
        naive |= z > stats.norm.isf(0.025)
    assert wrong.mean() == pytest.approx(total, abs=0.002)
    assert naive.mean() > total + 0.01  # what it would be without paying


def test_pococks_two_looks_are_found_by_the_same_recursion() -> None:
    """At equal steps, 2.178 twice gives 5 % in all (Pocock, Biometrika 64, 1977, table 1)."""
    from study.analysis.looks import uncrossed

    _, chances = uncrossed((10, 20), [2.178, 2.178])
    assert 1 - chances.sum() == pytest.approx(0.05, abs=1e-4)


def test_a_later_look_needs_more() -> None:
    levels = [level(looks, 0.05) for looks in ((6,), (6, 12), (6, 12, 24), (6, 12, 24, 48))]
    assert levels == sorted(levels, reverse=True)
