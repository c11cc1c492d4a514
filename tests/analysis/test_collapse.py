"""A rare failure, told apart from how scores usually scatter."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.analysis.collapse import collapse_limit, collapses


def finals(scores: list[float], kind: str = "test") -> pd.DataFrame:
    """Three retrainings at each seed."""
    seeds = np.arange(len(scores)) // 3
    return pd.DataFrame({"method": "gp", "seed": seeds, "kind": kind, "test_score": scores})


USUAL = [0.970, 0.972, 0.974, 0.971, 0.973, 0.975] * 4
NOBODY = np.array([])
GOOD = pd.Series(1.0, index=pd.MultiIndex.from_product([["gp"], range(100)]))
"""What searches saw of their winners."""


def test_a_limit_by_hand() -> None:
    """The median is 0.9725, the median deviation 0.0015."""
    limit = 0.9725 - 6 * 1.4826 * 0.0015
    assert collapse_limit(np.array(USUAL), math.nan, NOBODY) == pytest.approx(limit, abs=1e-9)
    assert collapse_limit(np.array(USUAL), 0.01, NOBODY) == pytest.approx(0.8725, abs=1e-9)


def test_few_retrainings_are_judged_by_those_of_all_methods() -> None:
    few, all_of_them = np.array(USUAL[:6]), np.linspace(-0.01, 0.01, 60)
    assert math.isnan(collapse_limit(few, math.nan, few - 0.9725))
    limit = 0.9725 - 6 * 1.4826 * float(np.median(np.abs(all_of_them)))
    assert collapse_limit(few, math.nan, all_of_them) == pytest.approx(limit, abs=1e-9)


def test_what_falls_below_and_what_has_no_score_are_counted() -> None:
    scores = [*USUAL, 0.1, 0.2, 0.971, *USUAL, math.nan, 0.97, 0.97]
    rows = pd.concat([finals(scores), finals([0.1], "reevaluated")])
    (found,) = collapses(rows, GOOD, 0.001).to_dict("records")
    assert (found["retrainings"], found["collapsed"], found["collapsed_runs"]) == (54, 3, 1)
    interval = stats.binomtest(3, 54).proportion_ci(method="exact")
    assert (found["collapsed_low"], found["collapsed_high"]) == pytest.approx(
        (interval.low, interval.high), abs=1e-9
    )


def test_none_of_180_may_still_be_one_in_fifty() -> None:
    scores = np.random.default_rng(0).normal(0.97, 0.002, 180)
    (found,) = collapses(finals(scores.tolist()), GOOD, math.nan).to_dict("records")
    assert found["collapsed"] == 0
    assert found["collapsed_high"] == pytest.approx(0.0203, abs=1e-4)  # "up to 2.0 %"


@pytest.mark.parametrize("fell", [1, 9, 20])
def test_where_most_scores_are_equal_the_margin_tells_a_collapse(fell: int) -> None:
    scores = np.random.default_rng(0).permutation([*[1.0] * (60 - fell), *[0.1] * fell])
    (found,) = collapses(finals(scores.tolist()), GOOD, 0.001).to_dict("records")
    assert found["collapsed"] == fell


def test_equal_scores_do_not_collapse() -> None:
    (found,) = collapses(finals([0.5] * 30), GOOD, math.nan).to_dict("records")
    assert found["collapsed"] == 0
    assert math.isnan(found["collapse_limit_score"])
    (found,) = collapses(finals([*[0.5] * 29, 0.1]), GOOD, math.nan).to_dict("records")
    assert found["collapsed"] == 1  # though more than half are equal


@pytest.mark.parametrize(("depth", "least"), [(10, 0.99), (40, 1.0)])
def test_a_collapse_by_ten_standard_deviations_is_found(depth: float, least: float) -> None:
    rng = np.random.default_rng(1)
    fell = rng.random(3000) < 0.05
    scores = rng.normal(size=3000) - depth * fell
    limit = collapse_limit(scores, math.nan, NOBODY)
    assert (scores[fell] < limit).mean() >= least
    assert not (scores[~fell] < limit).any()


def test_winners_without_noise_count_once_and_none_collapses() -> None:
    scores = [score for score in [*USUAL, 0.1] for _ in range(3)]
    (found,) = collapses(finals(scores), GOOD, math.nan).to_dict("records")
    assert (found["retrainings"], found["collapsed"], found["collapsed_runs"]) == (25, 0, 0)
    expected = stats.binomtest(0, 25).proportion_ci(method="exact")
    assert found["collapsed_high"] == pytest.approx(expected.high)


def test_what_a_search_saw_is_no_collapse() -> None:
    """Two runs whose retrainings are as bad; one of the searches saw that."""
    scores = [*USUAL, 0.1, 0.105, 0.1, 0.1, 0.2, 0.1]
    saw = GOOD.copy()
    saw["gp", 8] = 0.1
    (found,) = collapses(finals(scores), saw, math.nan).to_dict("records")
    assert (found["collapsed"], found["collapsed_runs"]) == (3, 1)


def test_regrets_of_equal_methods_rarely_seem_to_collapse() -> None:
    """Lognormal regrets of winners, evaluated with noise."""
    rng, told = np.random.default_rng(0), 0
    for _ in range(200):
        worth = -np.exp(rng.normal(0, 1.5, 30))
        scores = np.repeat(worth, 3) + rng.normal(0, 0.1, 90)
        saw = pd.Series(worth, index=pd.MultiIndex.from_product([["gp"], range(30)]))
        told += collapses(finals(scores.tolist()), saw, math.nan)["collapsed"].item() > 0
    assert told / 200 < 0.05
