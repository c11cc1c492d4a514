"""Statistics against scipy, statsmodels and brute force."""

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from study.analysis import needed, paired, signed_rank
from study.analysis.looks import level

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
    """The signed-rank test of differences without ties, by trying every pattern of signs."""
    ranks = stats.rankdata(np.abs(d))
    sums = [ranks @ (np.array(signs) > 0) for signs in itertools.product((1, -1), repeat=len(d))]
    seen = ranks @ (d > 0)
    tail = min(np.mean(sums <= seen + 1e-9), np.mean(sums >= seen - 1e-9))
    return min(1.0, 2 * float(tail))


def test_every_pair_once_the_later_against_the_earlier() -> None:
    found = paired.compare_pairs(SCORES, MARGIN, rng())
    pairs = list(zip(found["method"], found["other"], strict=True))
    assert pairs == [(b, a) for a, b in itertools.combinations(SCORES.columns, 2)]
    assert tuple(found.columns) == paired.COLUMNS


# The typical difference


def test_a_hand_computed_case() -> None:
    """Of 1, 2 and 4: averages 1, 1.5, 2, 2.5, 3 and 4; P(W <= 0) is an eighth."""
    averages = signed_rank.walsh_averages(np.array([4.0, 1.0, 2.0]))
    assert averages.tolist() == [1.0, 1.5, 2.0, 2.5, 3.0, 4.0]
    assert signed_rank.pseudomedian(averages) == pytest.approx(2.25, abs=1e-9)
    assert signed_rank.p_value(averages, 3) == pytest.approx(0.25, abs=1e-9)
    assert signed_rank.interval(averages, 3, 0.25) == (1.0, 4.0)
    assert signed_rank.interval(averages, 3, 0.5) == (1.5, 3.0)  # P(W <= 1) is a quarter
    assert signed_rank.interval(averages, 3, 0.2) == (-math.inf, math.inf)


@pytest.mark.parametrize("n", [1, 2, 6, 13, 50])
def test_the_null_distribution_is_that_of_every_pattern_of_signs(n: int) -> None:
    found = signed_rank.null_distribution(n)
    assert len(found) == n * (n + 1) // 2 + 1
    assert found[-1] == pytest.approx(1)
    if n <= 13:
        sums = [sum(rank for rank, s in enumerate(signs, 1) if s)
                for signs in itertools.product((0, 1), repeat=n)]  # fmt: skip
        counts = np.bincount(sums, minlength=len(found)) / 2**n
        assert found == pytest.approx(np.cumsum(counts), abs=1e-12)


@pytest.mark.parametrize("n", [6, 9, 20, 50])
def test_the_test_is_scipys_exact_one(n: int) -> None:
    d = np.random.default_rng(n).normal(0.4, 1, n)
    averages = signed_rank.walsh_averages(d)
    reference = stats.wilcoxon(d, method="exact").pvalue
    assert signed_rank.p_value(averages, n) == pytest.approx(reference, abs=1e-9)


@pytest.mark.parametrize("n", [51, 400])
def test_with_many_seeds_the_test_is_scipys_normal_approximation(n: int) -> None:
    d = np.random.default_rng(n).normal(0.1, 1, n)
    reference = stats.wilcoxon(d, method="asymptotic", correction=True).pvalue
    p = signed_rank.p_value(signed_rank.walsh_averages(d), n)
    assert p == pytest.approx(reference, abs=1e-9)


@pytest.mark.parametrize("n", [6, 11, 40, 60])
def test_the_interval_holds_what_the_test_does_not_reject(n: int) -> None:
    d = np.random.default_rng(n).normal(0.4, 1, n)
    averages = signed_rank.walsh_averages(d)
    low, high = signed_rank.interval(averages, n, 0.05)
    for end, inside in ((low, 1e-6), (high, -1e-6)):
        kept = signed_rank.p_value(signed_rank.walsh_averages(d - end - inside), n)
        rejected = signed_rank.p_value(signed_rank.walsh_averages(d - end + inside), n)
        assert rejected <= 0.05 < kept


def test_thousands_of_seeds_are_compared_by_their_quantiles() -> None:
    d = np.random.default_rng(0).normal(0.05, 1, 20_000)
    averages = signed_rank.walsh_averages(d)
    low, high = signed_rank.interval(averages, len(d), 0.05)
    half = stats.norm.isf(0.025) * math.sqrt(math.pi / 3 / len(d))  # its asymptotic error
    assert signed_rank.pseudomedian(averages) == pytest.approx(d.mean(), abs=0.003)
    assert (low, high) == pytest.approx((d.mean() - half, d.mean() + half), abs=0.004)


def test_figures_of_a_pair_are_those_of_scipy() -> None:
    found = row(paired.compare_pairs(SCORES, MARGIN, rng()), "gp", "random")
    d = (SCORES["gp"] - SCORES["random"]).to_numpy()
    averages = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(d, 2)]
    assert found["typical_difference"] == pytest.approx(np.median(averages), abs=1e-9)
    reference = stats.ttest_rel(SCORES["gp"], SCORES["random"]).confidence_interval(0.95)
    assert found["mean_difference"] == pytest.approx(d.mean(), abs=1e-9)
    assert (found["mean_low"], found["mean_high"]) == pytest.approx(tuple(reference), abs=1e-9)
    assert (found["interval"], found["mean_interval"]) == ("signed ranks", "t")
    assert (found["wins"], found["ties"], found["losses"]) == (5, 1, 2)


def test_adjusted_p_values_are_statsmodels_bonferroni() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 4)), columns=list("abcd"))
    found = paired.compare_pairs(frame, MARGIN, rng())
    reference = multipletests(found["p_value"], method="bonferroni")[1]
    assert found["p_adjusted"].to_numpy() == pytest.approx(reference, abs=1e-9)


def test_the_simultaneous_interval_and_the_verdict_agree() -> None:
    for seed in range(30):
        drawn = np.random.default_rng(seed).normal(np.array([0, 0.5, 1, 1.5]), 1, (12, 4))
        found = paired.compare_pairs(pd.DataFrame(drawn, columns=list("abcd")), None, rng())
        excludes = (found["simultaneous_low"] > 0) | (found["simultaneous_high"] < 0)
        assert (excludes == found["verdict"].isin(["better", "worse"])).all()
        assert (found["simultaneous_low"] <= found["low"]).all()


@pytest.mark.parametrize(("n", "verdict"), [(6, "undecided"), (7, "undecided"), (8, "better")])
def test_six_pairs_need_eight_seeds_that_agree(n: int, verdict: str) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(n, 4)), columns=list("abcd"))
    frame["d"] = frame["a"] + np.linspace(1, 3, n)
    assert row(paired.compare_pairs(frame, None, rng()), "d", "a")["verdict"] == verdict


def test_fewer_than_six_seeds_that_differ_are_no_test() -> None:
    found = two([0.0] * 28 + [0.3] * 2)
    assert (found["wins"], found["ties"], found["test"]) == (2, 28, "none")
    assert math.isnan(found["p_value"])
    assert found["verdict"] == "equivalent"  # 28 of 30 are the same, and the interval says so
    assert two([0.0] * 4 + [0.3] * 5)["verdict"] == "undecided"


def test_where_most_seeds_tie_nobody_wins_and_nobody_loses_by_nothing() -> None:
    found = paired.compare_pairs(
        pd.DataFrame({"a": [0.0] * 30, "b": [0.0] * 22 + list(range(1, 9))}), None, rng()
    ).iloc[0]
    assert (found["wins"], found["losses"], found["typical_difference"]) == (8, 0, 0)
    assert found["p_value"] < 0.05
    assert found["verdict"] == "undecided"


def test_scores_on_a_grid_are_compared_as_the_whole_numbers_that_they_stand_for() -> None:
    """Shares of 30 images, as rounding errors of their percentages could decide."""
    draws = np.random.default_rng(0).binomial(30, 0.9, (100, 20, 2))
    for counts in draws:
        whole, share = (
            paired.compare_pairs(pd.DataFrame(scores, columns=["a", "b"]), None, rng()).iloc[0]
            for scores in (counts, counts / 30 * 100)
        )
        assert share["p_value"] == whole["p_value"] or math.isnan(whole["p_value"])
        assert share["verdict"] == whole["verdict"]
    alternating = pd.DataFrame({"a": [19, 20] * 15, "b": [20, 19] * 15}) / 30 * 100
    assert paired.compare_pairs(alternating, None, rng()).iloc[0]["p_value"] == 1


def test_one_huge_score_hides_no_other_difference() -> None:
    usual = {"a": np.linspace(5, 6, 10), "b": np.linspace(1, 3, 10), "c": np.linspace(0, 1, 10)}
    scores = pd.DataFrame(usual)
    found = paired.compare_pairs(scores, None, rng())
    scores.loc[3, "a"] = 3e13
    blown_up = paired.compare_pairs(scores, None, rng())
    assert row(blown_up, "c", "b")["typical_difference"] == pytest.approx(
        row(found, "c", "b")["typical_difference"], rel=1e-9
    )
    assert row(blown_up, "b", "a")["losses"] == 10


def test_an_earlier_look_is_paid_for() -> None:
    d = np.random.default_rng(4).normal(0.5, 1, (30, 1)) * [0, 1]
    frame = pd.DataFrame(d, columns=["a", "b"])
    once = paired.compare_pairs(frame, None, rng()).iloc[0]
    twice = paired.compare_pairs(frame, None, rng(), [3, 10]).iloc[0]  # 3 seeds are no test
    nominal = level((10, 30), 0.05)
    assert twice["p_adjusted"] == pytest.approx(once["p_value"] * 0.05 / nominal, abs=1e-9)
    assert twice["simultaneous_low"] < once["simultaneous_low"]
    assert (twice["low"], twice["p_value"]) == (once["low"], once["p_value"])


# Few seeds


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ([4.0, 4.5], "undecided"),
        ([4.0, 4.3, 4.7], "better"),
        ([4.0, 4.3, 4.9], "undecided"),  # the smallest is less than five times the spread
        ([-4.0, -5.0, -6.0, -5.5], "worse"),
        ([4.0, 6.1, 5.0, 5.5], "undecided"),
        ([4.0, 5.0, 6.0, 8.0, 7.0], "better"),
        ([4.0, 5.0, 6.0, 8.1, 7.0], "undecided"),
        ([4.0, 4.1, 4.0, 4.1, -0.1], "undecided"),
    ],
)
def test_few_seeds_decide_only_if_they_agree_by_far(differences: list[float], verdict: str) -> None:
    found = two(differences)
    assert found["verdict"] == verdict
    assert (found["low"], found["high"]) == (min(differences), max(differences))
    assert found["interval"] == "range"
    assert math.isnan(found["p_value"])
    assert math.isnan(found["p_adjusted"])
    assert math.isnan(found["seeds_needed"])


def test_few_seeds_that_agree_within_the_margin_decide_nothing() -> None:
    assert two([0.0100, 0.0101, 0.0102])["verdict"] == "undecided"
    assert two([0.1100, 0.1101, 0.1102])["verdict"] == "better"


@pytest.mark.parametrize(("levels", "seeds"), [(2, 3), (3, 3), (5, 3), (2, 4), (3, 5)])
def test_on_a_coarse_grid_few_seeds_rarely_agree_by_chance(levels: int, seeds: int) -> None:
    drawn = np.random.default_rng(0).integers(0, levels, (300, seeds, 4)).astype(float)
    decided = 0
    for scores in drawn:
        step = paired.smallest_step(pd.DataFrame(scores))
        pairs = paired.paired_differences(pd.DataFrame(scores))
        decided += any(paired.seeds_agree(d, 6, step) for *_, d in pairs)
    assert decided / len(drawn) < 0.05 + 0.03  # three standard errors


@pytest.mark.parametrize(("seeds", "methods"), [(6, 4), (7, 4), (8, 5), (9, 6)])
def test_seeds_that_agree_by_far_stay_decided_where_no_test_can_decide(
    seeds: int, methods: int
) -> None:
    """Of ten pairs, eight seeds allow no test: p is 10 / 128 at least."""
    apart = np.linspace(22.0, 23.0, seeds)
    scores = {name: np.zeros(seeds) for name in map(str, range(methods - 1))}
    for other in scores:  # far from each other, but for seeds that go either way
        scores[other] = np.where(np.arange(seeds) % 2, -1.0, 1.0) * (1 + int(other))
    table = pd.DataFrame({**scores, "far": apart + 10})
    pairs = paired.compare_pairs(table, None, rng())
    of_far = pairs[pairs["method"] == "far"]
    assert of_far["simultaneous_high"].eq(math.inf).all()
    assert set(pairs[pairs["method"] != "far"]["verdict"]) == {"undecided"}
    assert of_far[of_far["other"] == "0"]["verdict"].item() == "better"


@pytest.mark.parametrize(
    ("looks", "family", "least"),
    [
        ((3,), 1, 6),
        ((6,), 1, 7),
        ((5,), 6, 8),
        ((5,), 10, 9),
        ((6,), 6, 10),
        ((8,), 6, 9),
        ((60,), 10, 61),
    ],
)
def test_the_least_seeds_that_decide(looks: tuple[int, ...], family: int, least: int) -> None:
    assert needed.least_seeds(looks, family) == least
    ranked = tuple(seeds for seeds in looks if seeds >= 6)
    d = np.arange(1.0, least + 1)
    assert paired.compare_pair(d, family, math.nan, ranked)["verdict"] == "better"
    if least > looks[-1] + 1:
        fewer = paired.compare_pair(d[:-1], family, math.nan, ranked)
        assert fewer["simultaneous_high"] == math.inf


def test_more_pairs_need_more_agreement() -> None:
    d = np.array([4.0, 4.3, 4.75])
    assert paired.seeds_agree(d, 6)
    assert not paired.seeds_agree(d, 21)


# The mean


def test_from_twenty_seeds_on_the_interval_of_the_mean_is_scipys_bca_or_t_where_wider() -> None:
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


def test_the_rule_for_means_goes_by_scipys_skewness() -> None:
    for seed in range(20):
        d = np.random.default_rng(seed).exponential(size=30)
        assert paired.is_nearly_symmetric(d) == (25 * stats.skew(d) ** 2 < 30)


def test_a_mean_of_skewed_differences_is_not_called_reliable() -> None:
    assert two([0.1, -0.2, 0.3, 0.0, 0.2, -0.1, 0.1])["mean_is_reliable"]
    found = two([*np.linspace(-0.2, 0.2, 19), -40.0])
    assert not found["mean_is_reliable"]  # one collapse in twenty
    assert found["mean_difference"] == pytest.approx(-2.0)
    assert found["typical_difference"] == pytest.approx(-0.01, abs=0.02)


@pytest.mark.parametrize(("wins", "n"), [(0, 5), (3, 5), (5, 5), (13, 40)])
def test_probability_of_being_better_is_scipys_exact_interval(wins: int, n: int) -> None:
    share, low, high = paired.proportion_interval(wins, n)
    reference = stats.binomtest(wins, n).proportion_ci(method="exact")
    assert share == wins / n
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=1e-9)


# How many seeds would decide


@pytest.mark.parametrize(("effect", "family"), [(0.3, 1), (0.5, 1), (0.5, 6), (1.0, 6)])
def test_so_many_seeds_decide_in_four_of_five_studies(effect: float, family: int) -> None:
    half = 1.96 * math.sqrt(math.pi / 3 / 30)  # of the interval that 30 normal differences have
    found = needed.required_seeds(effect, effect - half, effect + half, 30, family, math.nan)
    n = int(found["seeds_needed"])
    draws = np.random.default_rng(n).normal(effect, 1, (1_000, n))
    p = [signed_rank.p_value(signed_rank.walsh_averages(d), n) for d in draws]
    assert 0.72 < np.mean(np.array(p) <= 0.05 / family) < 0.88


def test_the_range_of_seeds_needed_holds_the_estimate_and_half_of_all() -> None:
    """At a true need of about 80, as many studies of 20 seeds name a range with it as say so."""
    effect, covered = 0.32, []
    for seed in range(400):
        d = np.random.default_rng(seed).normal(effect, 1, 20)
        averages = signed_rank.walsh_averages(d)
        low, high = signed_rank.interval(averages, 20, 0.05)
        typical = signed_rank.pseudomedian(averages)
        found = needed.required_seeds(typical, low, high, 20, 1, math.nan)
        assert found["seeds_needed_low"] <= found["seeds_needed"] <= found["seeds_needed_high"]
        covered.append(found["seeds_needed_low"] <= 80 <= found["seeds_needed_high"])
    assert 0.4 < np.mean(covered) < 0.65


def test_a_difference_that_may_be_none_may_need_any_number_of_seeds() -> None:
    found = needed.required_seeds(0.1, -0.5, 0.7, 20, 1, math.nan)
    assert found["seeds_needed_low"] < found["seeds_needed"] < math.inf
    assert found["seeds_needed_high"] == math.inf


def test_a_larger_difference_needs_no_more_seeds() -> None:
    found = [
        needed.required_seeds(effect, effect - 1, effect + 1, 10, 6, 0.01)["seeds_needed"]
        for effect in np.geomspace(0.01, 1e6, 100)
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] == 8  # an exact test of six pairs needs as many


def test_seeds_needed_for_equivalence() -> None:
    """Without any difference, so many seeds that both ends lie within the margin in 80 %."""
    half = 1.96 * math.sqrt(math.pi / 3 / 30)
    n = int(needed.required_seeds(0.0, -half, half, 30, 1, margin=0.5)["seeds_needed"])
    inside = []
    for d in np.random.default_rng(0).normal(0, 1, (1_000, n)):
        low, high = signed_rank.interval(signed_rank.walsh_averages(d), n, 0.05)
        inside.append(-0.5 <= low <= high <= 0.5)
    assert 0.7 < np.mean(inside) < 0.9


def test_hopeless_is_infinite() -> None:
    found = needed.required_seeds(1e-4, -1.0, 1.0, 20, 1, math.nan)
    assert found["seeds_needed"] == found["seeds_needed_high"] == math.inf


# Verdicts


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 8, 13, 14, 20, 33])
def test_a_method_is_never_better_than_itself(n: int) -> None:
    found = two([0.0] * n)
    assert found["verdict"] == "tied"
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


def test_a_rare_collapse_hides_no_difference_and_makes_none() -> None:
    d = np.random.default_rng(0).normal(1.0, 0.3, 19)
    assert two([*d, -40.0])["verdict"] == "better"
    same = np.random.default_rng(0).normal(0.0, 0.02, 19)
    assert two([*same, -40.0])["verdict"] == "equivalent"


def test_without_a_margin_nothing_is_equivalent() -> None:
    d = np.random.default_rng(2).normal(0.0, 1e-4, 30)
    scores = pd.DataFrame({"gp": 0.0 * d, "random": d})
    for margin, verdict in ((0.1, "equivalent"), (None, "undecided")):
        found = paired.compare_pairs(scores, margin, np.random.default_rng(0)).iloc[0]
        assert found["verdict"] == verdict
    assert found["seeds_needed"] > 30


def test_a_difference_of_the_margin_is_not_within_it() -> None:
    """Accuracies are counts: 97.6 - 97.5 is 0.1 but for rounding, at many seeds."""
    d = [97.6 - 97.5] * 12 + [97.59 - 97.5] * 4
    assert max(d) < 0.1
    assert two(d)["verdict"] != "equivalent"
    assert two([0.05, -0.05] * 6 + [0.04] * 4)["verdict"] == "equivalent"


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


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.0, "tied"), (0.05, "equivalent"), (0.5, "better")]
)
def test_very_many_equal_differences_decide(value: float, verdict: str) -> None:
    assert two([value] * 5_000)["verdict"] == verdict
