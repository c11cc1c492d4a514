"""Quasi-random search against scipy's own points, and against the draws of random search."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from study.core.dimensions import Categorical, Dimension, Integer, Ordinal, Real
from study.core.records import make_rng
from study.core.space import Space
from study.methods.base import SearchContext
from study.methods.quasirandom import at_share, create_quasirandom

DIMENSIONS: list[Dimension] = [
    Real(name="plain", low=-2.0, high=3.0),
    Real(name="log", low=1e-5, high=1e-1, log=True),
    Real(name="share", low=0.01, high=0.99, prior="logit"),
    Integer(name="few", low=1, high=5),
    Integer(name="log_integer", low=1, high=300, log=True),
    Categorical(name="kind", choices=("a", "b", "c")),
    Ordinal(name="size", choices=(8, 16, 32, 64)),
    Real(name="constant", low=1.0, high=1.0),
]


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda d: d.name)
def test_a_share_is_that_of_the_draws(dimension: Dimension) -> None:
    """Values at even shares are distributed as 20,000 draws are."""
    values = [at_share(dimension, (i + 0.5) / 1000) for i in range(1000)]
    assert all(value in dimension for value in values)
    rng = np.random.default_rng(0)
    drawn = [dimension.sample(rng) for _ in range(20_000)]
    if isinstance(dimension, Categorical | Ordinal):
        for choice in dimension.choices:
            assert values.count(choice) / 1000 == pytest.approx(
                drawn.count(choice) / 20_000, abs=0.02
            )
    else:
        assert values == sorted(values)
        assert stats.ks_2samp(values, drawn).statistic < 0.03


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda d: d.name)
def test_the_first_and_the_last_share_are_inside(dimension: Dimension) -> None:
    for share in (0.0, math.nextafter(1.0, 0.0)):
        assert at_share(dimension, share) in dimension


def test_points_are_those_of_scipys_scrambled_sequence() -> None:
    space = Space(tuple(Real(name=name, low=0.0, high=1.0) for name in "abc"))
    context = SearchContext(
        space=space, baseline={}, initial_points=1, rng=make_rng(4, "quasi-random")
    )
    search = create_quasirandom(context)
    found = np.array([space.to_point(search.ask()) for _ in range(64)])
    np.testing.assert_array_equal(found, qmc.Sobol(3, rng=make_rng(4, "quasi-random")).random(64))
    rng = np.random.default_rng(0)
    by_chance = [qmc.discrepancy(rng.random((64, 3))) for _ in range(50)]
    assert qmc.discrepancy(found) < min(by_chance) / 2
