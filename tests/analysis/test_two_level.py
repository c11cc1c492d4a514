"""Statistics over problems and seeds, against closed forms and hand-computed cases."""

import math

import numpy as np
import pytest
from scipy import stats

from study.analysis.two_level import (
    RESAMPLES,
    bootstrap_intervals,
    expanded_quantiles,
    fixed_problems,
    mixed_model,
    resampled_means,
    shared_variance,
    signed_rank_posterior,
)


def suite(problems: int, seeds: int, effect: float = 0.0, between: float = 1.0) -> list[np.ndarray]:
    rng = np.random.default_rng([problems, seeds])
    effects = effect + between * rng.normal(size=problems)
    return [own + rng.normal(size=seeds) for own in effects]


def test_a_mixed_model_of_equal_sizes_is_students_test_of_the_problems_means() -> None:
    values = suite(8, 5, effect=0.7, between=2.0)
    means = [own.mean() for own in values]
    expected = stats.ttest_1samp(means, 0.0)
    found = mixed_model(values)
    assert found.mean == pytest.approx(np.mean(means))
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-3)
    low, high = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-3)


def test_a_mixed_model_weighs_problems_by_their_seeds_only_where_problems_are_alike() -> None:
    values = [
        np.array([1.0, 3.0]),
        np.array([10.0, 11.0, 12.0, 13.0]),
        np.array([20.0, 22.0, 21.0]),
    ]
    found = mixed_model(values)
    assert found.mean == pytest.approx(np.mean([own.mean() for own in values]), rel=0.02)


@pytest.mark.parametrize(
    ("values", "mean", "p"),
    [
        ([np.zeros(4), np.zeros(4)], 0.0, 1.0),
        ([np.full(3, 2.0), np.full(3, 2.0)], 2.0, 0.0),
    ],
)
def test_what_never_differs_needs_no_model(values: list[np.ndarray], mean: float, p: float) -> None:
    for found in (mixed_model(values), fixed_problems(values)):
        assert (found.mean, found.low, found.high, found.p_value) == (mean, mean, mean, p)


def test_without_noise_the_problems_alone_decide() -> None:
    values = [np.full(3, effect) for effect in (1.0, 2.0, 4.0, 5.0)]
    expected = stats.ttest_1samp([1.0, 2.0, 4.0, 5.0], 0.0)
    assert mixed_model(values).p_value == pytest.approx(expected.pvalue)
    assert fixed_problems(values).low == fixed_problems(values).mean == 3.0


def test_one_problem_is_no_sample_of_problems() -> None:
    found = mixed_model([np.arange(5.0)])
    assert found.mean == 2.0
    assert math.isnan(found.low)
    assert math.isnan(found.p_value)


def test_on_these_problems_one_problem_is_students_test_over_seeds() -> None:
    own = np.random.default_rng(1).normal(0.5, size=12)
    expected = stats.ttest_1samp(own, 0.0)
    found = fixed_problems([own])
    assert found.p_value == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))


def test_on_these_problems_two_problems_are_welchs_test() -> None:
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=9), rng.normal(1.0, 3.0, size=5)
    expected = stats.ttest_ind(one, -two, equal_var=False)  # twice the mean of both
    assert fixed_problems([one, two]).p_value == pytest.approx(expected.pvalue)


def test_on_these_problems_one_seed_tells_nothing() -> None:
    assert math.isnan(fixed_problems([np.ones(1), np.ones(4)]).low)


def test_the_bootstrap_spreads_as_problems_and_seeds_do() -> None:
    """Its variance is known: that of problems beyond their seeds' share, and that of seeds."""
    values = suite(6, 4, between=2.0)
    drawn = resampled_means([own[:, None] for own in values], np.random.default_rng(0))[:, 0]
    means = np.array([own.mean() for own in values])
    seeds = np.mean([own.var(ddof=1) / 4 for own in values])
    expected = (5 / 6 * (means.var(ddof=1) - seeds) + seeds) / 6
    assert drawn.mean() == pytest.approx(means.mean(), abs=4 * drawn.std() / RESAMPLES**0.5)
    assert drawn.var() == pytest.approx(expected, rel=0.1)


def test_of_problems_that_are_alike_the_bootstrap_draws_seeds_alone() -> None:
    values = [own - own.mean() for own in suite(6, 4)]
    drawn = resampled_means([own[:, None] for own in values], np.random.default_rng(0))[:, 0]
    expected = np.mean([own.var(ddof=1) / 4 for own in values]) / 6
    assert drawn.var() == pytest.approx(expected, rel=0.1)


def test_the_bootstrap_keeps_pairs_together() -> None:
    values = [np.column_stack([own, own + 1]) for own in suite(5, 4)]
    drawn = resampled_means(values, np.random.default_rng(0))
    assert np.allclose(drawn[:, 1] - drawn[:, 0], 1.0)


def test_quantiles_are_wider_for_few_and_the_usual_ones_for_many() -> None:
    low, high = expanded_quantiles(8)
    assert low == pytest.approx(stats.norm.cdf(-math.sqrt(8 / 7) * stats.t.isf(0.025, 7)))
    assert low < 0.01 < 0.99 < high
    assert expanded_quantiles(100_000) == pytest.approx((0.025, 0.975), abs=1e-5)


def test_the_posterior_sees_who_is_better_and_what_is_the_same() -> None:
    rng = np.random.default_rng(0)
    clearly = [0.5 + 0.01 * own for own in suite(10, 5, between=0.0)]
    better, same, worse = signed_rank_posterior(clearly, 0.05, rng)
    assert better > 0.99
    assert better + same + worse == pytest.approx(1.0)
    mirrored = signed_rank_posterior([-own for own in clearly], 0.05, rng)
    assert mirrored[2] > 0.99
    alike = [0.001 * own for own in suite(10, 5, between=0.0)]
    assert signed_rank_posterior(alike, 0.05, rng)[1] > 0.99


def test_the_posterior_counts_repetitions() -> None:
    """The same means, but known worse: less sure."""
    rng = np.random.default_rng(0)
    offsets = np.array([-1.0, 0.0, 1.0])
    sure = [np.full(3, 0.2)] * 6
    unsure = [0.2 + 2 * offsets] * 6
    assert signed_rank_posterior(sure, 0.05, rng)[0] > signed_rank_posterior(unsure, 0.05, rng)[0]


@pytest.mark.parametrize("correlation", [0.1, 0.5, 1.0])
def test_luck_that_problems_share_is_no_difference(correlation: float) -> None:
    """One model on ten tables: a lucky seed is lucky on all."""
    rng, found = np.random.default_rng(0), []
    for _ in range(300):
        common, own = rng.normal(size=10), rng.normal(size=(10, 10))
        values = list(math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own)
        found.append(fixed_problems(values).p_value < 0.05)
    assert np.mean(found) < 0.05 + 0.04  # three standard errors


def test_problems_that_are_copies_say_no_more_than_one() -> None:
    one = np.random.default_rng(0).normal(0.5, 1, 12)
    expected = stats.ttest_1samp(one, 0.0)
    assert mixed_model([one] * 6).p_value >= expected.pvalue  # with fewer degrees of freedom
    found = fixed_problems([one] * 6)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()))


def test_bootstrap_intervals_are_as_much_wider_as_luck_is_shared() -> None:
    rng = np.random.default_rng(0)
    values = [rng.normal(size=(10, 1)) for _ in range(8)]
    luck = 3 * np.linspace(-1, 1, 10)[:, None]
    shared = [own + luck for own in values]
    drawn = resampled_means(shared, np.random.default_rng(1))
    plain = np.quantile(drawn, expanded_quantiles(8))
    wider = bootstrap_intervals(shared, np.random.default_rng(1))
    expected = math.sqrt(1 + shared_variance(shared)[0] / drawn.var())
    assert np.ptp(wider) == pytest.approx(np.ptp(plain) * expected)
    assert expected > 1.5
