"""Statistics against scipy, statsmodels and brute force."""

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from study.analysis import paired

MARGIN = 0.1
SCORES = pd.DataFrame(
    {
        "baseline": [93.1, 93.4, 92.9, 93.3, 93.2, 93.0, 93.5, 93.1],
        "random": [97.3, 97.4, 97.1, 97.6, 97.2, 97.4, 97.5, 97.3],
        "gp": [97.4, 97.4, 97.3, 97.5, 97.6, 97.3, 97.7, 97.4],
        "gbrt": [97.2, 97.5, 97.0, 97.7, 97.1, 97.4, 97.5, 97.6],
    }
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def two(differences: list[float]) -> Any:
    """The comparison of two methods with these differences."""
    frame = pd.DataFrame({"a": np.zeros(len(differences)), "b": differences})
    return paired.compare_pairs(frame, MARGIN, rng()).iloc[0]


def row(frame: pd.DataFrame, method: str, other: str) -> Any:
    (found,) = frame[(frame["method"] == method) & (frame["other"] == other)].index
    return frame.loc[found]


def flips(d: np.ndarray) -> float:
    """The two-sided sign-flip test of the mean, by trying every pattern of signs."""
    means = [np.mean(d * signs) for signs in itertools.product((1, -1), repeat=len(d))]
    return float(np.mean(np.abs(means) >= abs(d.mean()) - 1e-12))


def test_every_pair_once_the_later_against_the_earlier() -> None:
    found = paired.compare_pairs(SCORES, MARGIN, rng())
    pairs = list(zip(found["method"], found["other"], strict=True))
    assert pairs == [(b, a) for a, b in itertools.combinations(SCORES.columns, 2)]
    assert tuple(found.columns) == paired.COLUMNS


def test_figures_of_a_pair_are_those_of_scipy() -> None:
    found = row(paired.compare_pairs(SCORES, MARGIN, rng()), "gp", "random")
    d = (SCORES["gp"] - SCORES["random"]).to_numpy()
    reference = stats.ttest_rel(SCORES["gp"], SCORES["random"]).confidence_interval(0.95)
    assert found["mean_difference"] == pytest.approx(d.mean(), abs=1e-9)
    assert (found["low"], found["high"]) == pytest.approx(tuple(reference), abs=1e-9)
    assert found["interval"] == "t"
    assert (found["wins"], found["ties"], found["losses"]) == (5, 1, 2)
    assert found["p_value"] == pytest.approx(flips(np.round(d, 9)), abs=1e-9)


def test_adjusted_p_values_are_statsmodels_holm() -> None:
    found = paired.compare_pairs(SCORES, MARGIN, rng())
    reference = multipletests(found["p_value"], method="holm")[1]
    assert found["p_adjusted"].to_numpy() == pytest.approx(reference, abs=1e-9)
    smallest = found["p_value"].min()
    assert found["p_adjusted"].min() == pytest.approx(6 * smallest, abs=1e-9)


def test_below_the_reach_of_an_exact_test_the_paired_t_test_is_taken() -> None:
    found = row(paired.compare_pairs(SCORES.head(7), MARGIN, rng()), "gp", "random")
    reference = stats.ttest_rel(SCORES["gp"].head(7), SCORES["random"].head(7)).pvalue
    assert (found["test"], found["p_value"]) == ("t", pytest.approx(reference, abs=1e-9))
    assert row(paired.compare_pairs(SCORES, MARGIN, rng()), "gp", "random")["test"] == "exact"


@pytest.mark.parametrize(("n", "family", "reach"), [(5, 1, False), (6, 1, True), (8, 6, True)])
def test_reach_is_where_the_smallest_p_value_survives_holm(
    n: int, family: int, reach: bool
) -> None:
    assert paired.can_be_significant(n, family) is reach
    assert (family * flips(np.arange(1.0, n + 1)) <= 0.05) is reach


def test_from_twenty_seeds_on_the_interval_is_scipys_bca_or_t_where_that_is_wider() -> None:
    d = np.random.default_rng(3).gamma(1.0, 1.0, 25)
    low, high, kind = paired.mean_interval(d, rng())
    bca = stats.bootstrap((d,), np.mean, n_resamples=9_999, method="BCa", rng=rng())
    t = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    assert kind == "bca"
    assert high == pytest.approx(bca.confidence_interval.high, abs=1e-9)
    assert low == pytest.approx(t.low, abs=1e-9)
    assert t.high < bca.confidence_interval.high
    assert t.low < bca.confidence_interval.low
    assert paired.mean_interval(d[:19], rng())[2] == "t"


def test_many_seeds_are_flipped_at_random_and_close_to_all_flips() -> None:
    d = np.random.default_rng(1).normal(0.3, 1, 16)
    test, p = paired.p_value(d, 1, rng())
    assert test == "random flips"
    assert p == pytest.approx(flips(d), abs=0.02)


@pytest.mark.parametrize(("wins", "n"), [(0, 5), (3, 5), (5, 5), (13, 40)])
def test_probability_of_being_better_is_scipys_exact_interval(wins: int, n: int) -> None:
    share, low, high = paired.proportion_interval(wins, n)
    reference = stats.binomtest(wins, n).proportion_ci(method="exact")
    assert share == wins / n
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=1e-9)


def test_seeds_needed_are_statsmodels_power() -> None:
    d = np.array([0.5, -0.2, 0.4, 0.1, 0.3])
    effect = d.mean() / d.std(ddof=1)
    wanted = TTestPower().solve_power(effect, alpha=0.05 / 6, power=0.8)
    assert paired.required_seeds(d, 6, margin=0.01) == math.ceil(wanted)


@pytest.mark.parametrize("effect", [3.0, 7.0, 14.0, 30.0])
def test_seeds_needed_for_a_large_effect_are_no_more_than_it_takes(effect: float) -> None:
    """In made-up studies, whose t statistics are counted."""
    d = effect + np.array([1.0, -1.0, 0.5, -0.5]) / math.sqrt(2.5 / 3)
    needed = int(paired.required_seeds(d, 10, margin=0.01))

    def power(n: int) -> float:
        draws = np.random.default_rng(n).normal(effect, 1, (20_000, n))
        return float((stats.ttest_1samp(draws, 0, axis=1).pvalue <= 0.05 / 10).mean())

    assert power(needed) > 0.79
    assert needed == 2 or power(needed - 1) < 0.81


def test_a_larger_effect_needs_no_more_seeds() -> None:
    d = np.array([1.0, -1.0, 0.5, -0.5])
    needed = [paired.required_seeds(d + effect, 6, 0.01) for effect in np.geomspace(0.01, 1e6, 100)]
    assert needed == sorted(needed, reverse=True)
    assert needed[-1] == 2


def test_seeds_needed_for_equivalence() -> None:
    """Without any difference, so many seeds that both ends lie within the margin in 80 %."""
    d = np.array([0.1, -0.1, 0.2, -0.2])
    needed = int(paired.required_seeds(d, 1, margin=0.1))
    draws = np.random.default_rng(0).normal(0, d.std(ddof=1), (4_000, needed))
    half = stats.t.ppf(0.975, needed - 1) * draws.std(axis=1, ddof=1) / math.sqrt(needed)
    inside = (np.abs(draws.mean(axis=1)) + half <= 0.1).mean()
    assert 0.77 < inside < 0.87


def test_hopeless_is_infinite() -> None:
    d = np.array([10.0, -10.0, 10.001, -10.001, 9, -9])
    assert paired.required_seeds(d, 1, margin=0.1) == math.inf


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 8, 13, 14, 20, 33])
def test_a_method_is_never_better_than_itself(n: int) -> None:
    found = two([0.0] * n)
    assert found["verdict"] == "tied"
    assert math.isnan(found["seeds_needed"])  # more of the same would break no tie
    assert (found["wins"], found["ties"], found["losses"]) == (0, n, 0)
    assert found["probability_better"] == 0.5


def test_one_point_more_with_a_tenth_of_spread_is_better() -> None:
    d = np.random.default_rng(5).normal(1.0, 0.1, 8)
    found = two(d.tolist())
    assert found["verdict"] == "better"
    assert 0.85 < found["low"] < 1.0 < found["high"] < 1.15
    assert two((-d).tolist())["verdict"] == "worse"


def test_one_seed_decides_nothing() -> None:
    found = two([5.0])
    assert found["verdict"] == "undecided"
    assert math.isnan(found["low"])
    assert math.isnan(found["p_value"])
    assert math.isnan(found["seeds_needed"])


def test_two_seeds_have_a_wide_interval() -> None:
    found = two([1.0, 1.2])
    half = stats.t.ppf(0.975, 1) * 0.1
    assert (found["low"], found["high"]) == pytest.approx((1.1 - half, 1.1 + half), abs=1e-9)
    assert found["verdict"] == "undecided"


@pytest.mark.parametrize(("n", "verdict"), [(2, "undecided"), (5, "undecided"), (6, "better")])
def test_a_constant_difference_needs_six_seeds(n: int, verdict: str) -> None:
    found = two([4.2] * n)
    assert (found["low"], found["high"]) == pytest.approx((4.2, 4.2))
    assert found["verdict"] == verdict
    assert found["seeds_needed"] == 6


def test_ties_count_half_and_weaken_the_test() -> None:
    found = two([0.0, 0.0, 0.0, 0.0, 0.3, 0.3])
    assert (found["wins"], found["ties"], found["probability_better"]) == (
        2,
        4,
        pytest.approx(4 / 6),
    )
    assert found["p_value"] == pytest.approx(flips(np.array([0, 0, 0, 0, 0.3, 0.3])), abs=1e-9)
    assert found["verdict"] == "undecided"


def test_without_a_margin_nothing_is_equivalent() -> None:
    d = np.random.default_rng(2).normal(0.0, 1e-4, 30)
    scores = pd.DataFrame({"gp": 0.0 * d, "random": d})
    for margin, verdict in ((0.1, "equivalent"), (None, "undecided")):
        found = paired.compare_pairs(scores, margin, np.random.default_rng(0)).iloc[0]
        assert found["verdict"] == verdict
    assert found["seeds_needed"] > 30


def test_a_real_but_tiny_difference_is_equivalent() -> None:
    d = np.random.default_rng(2).normal(0.05, 0.01, 10)
    assert two(d.tolist())["verdict"] == "equivalent"


def test_missing_seeds_are_left_out_of_their_pair_only() -> None:
    scores = SCORES.copy()
    scores.loc[3, "gp"] = np.nan
    found = paired.compare_pairs(scores, MARGIN, rng())
    assert row(found, "gp", "random")["n"] == 7
    assert row(found, "gbrt", "random")["n"] == 8


def test_one_method_or_no_seeds_give_no_pairs_and_no_verdicts() -> None:
    assert paired.compare_pairs(SCORES[["gp"]], MARGIN, rng()).empty
    empty = paired.compare_pairs(SCORES.head(0), MARGIN, rng())
    assert empty["verdict"].tolist() == ["undecided"] * 6


def test_very_many_seeds_are_judged_by_t() -> None:
    d = np.random.default_rng(0).normal(0.05, 1.0, 5_000)
    row = paired.compare_pair(d, 6, 0.1, np.random.default_rng(0))
    expected = stats.ttest_1samp(d, 0)
    low, high = expected.confidence_interval(0.95)
    assert (row["interval"], row["test"]) == ("t", "t")
    assert [row["low"], row["high"], row["p_value"]] == pytest.approx([low, high, expected.pvalue])


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_very_many_equal_differences_decide(value: float, p: float) -> None:
    test, found = paired.p_value(np.full(5_000, value), 6, np.random.default_rng(0))
    assert (test, found) == ("exact", p)
