"""The Gaussian process of bayesian-optimization, driven by us and by its own loop."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from study.core.dimensions import Categorical, Integer, Real
from study.core.errors import StudyError
from study.core.records import make_rng
from study.core.space import Configuration, Space
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.registry import METHODS
from study.methods.selection import parse_method
from study.methods.skopt import to_random_state
from tests.methods.test_contract import design, search, start

bayes_opt = pytest.importorskip("bayes_opt")

SHARES = Space(
    (
        Real(name="first", low=0.0, high=1.0),
        Real(name="second", low=0.0, high=1.0),
        Categorical(name="kind", choices=("round", "flat")),
    )
)
DRAWN = [SHARES.sample(np.random.default_rng(n)) for n in range(4)]


def bowl(configuration: Configuration) -> float:
    away = (configuration["first"] - 0.3) ** 2 + (configuration["second"] - 0.8) ** 2
    return 0.9 - float(away) * (2 if configuration["kind"] == "round" else 1)


def proposed(
    space: Space,
    design: list[tuple[Configuration, float]],
    score: Callable[[Configuration], float],
    *,
    calls: int,
    seed: int,
) -> list[Configuration]:
    """The proposals of a search that is told a design first."""
    history, state = list(design), None
    for _ in range(calls):
        context = SearchContext(
            space=space,
            baseline=design[0][0],
            initial_points=len(design),
            rng=make_rng(seed, "bayes-opt"),
        )
        proposal = propose(parse_method("bayes-opt"), context, history, state)
        state = proposal.state
        history.append((proposal.configuration, score(proposal.configuration)))
    return [configuration for configuration, _ in history[len(design) :]]


def test_proposals_are_those_of_its_own_loop() -> None:
    """Of shares and choices, which need no other scale."""
    evaluated: list[Configuration] = []

    def evaluate(**configuration: Any) -> float:
        evaluated.append(configuration)
        return bowl(configuration)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop = bayes_opt.BayesianOptimization(
            evaluate,
            {"first": (0.0, 1.0), "second": (0.0, 1.0), "kind": ["round", "flat"]},
            random_state=to_random_state(make_rng(3, "bayes-opt")),
            verbose=0,
        )
    for configuration in DRAWN:
        loop.register(configuration, bowl(configuration))
    loop.maximize(init_points=0, n_iter=6)
    told = [(configuration, bowl(configuration)) for configuration in DRAWN]
    assert proposed(SHARES, told, bowl, calls=6, seed=3) == evaluated
    assert max(map(bowl, evaluated)) > max(map(bowl, DRAWN))


def test_nothing_is_said_even_of_a_point_that_comes_twice(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = design("bayes-opt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search("bayes-opt", 0, 2, replay=True)
        propose(parse_method("bayes-opt"), start("bayes-opt", 0), [*told[:3], told[0]])
    assert capfd.readouterr() == ("", "")


def test_settings_reach_the_search() -> None:
    create: Any = METHODS["bayes-opt"].create
    found = []
    for changed in ({}, {"kappa": 0.1}):
        one = create(start("bayes-opt", 0), **changed)
        for configuration, accuracy in design("bayes-opt"):
            one.tell(configuration, accuracy)
        found.append(one.ask())
    assert found[0] != found[1]
    with pytest.raises(StudyError, match=r"bayes-opt\[kappa\] is 0: it must be a number above 0"):
        create(start("bayes-opt", 0), kappa=0)


EDGES = Space(
    (
        Real(name="narrow", low=1e-4, high=1e-4 * (1 + 2e-15), log=True),
        Real(name="rate", low=1e-5, high=1e-1, log=True),
        Integer(name="trees", low=1, high=3, log=True),
        Integer(name="pair", low=-1, high=0),
    )
)


def value(configuration: Configuration) -> float:
    """Best at an end of each interval."""
    whole = configuration["trees"] - configuration["pair"]
    return float(whole + np.log10(configuration["rate"]))


def test_the_ends_of_intervals_are_reached_and_not_left() -> None:
    point: Configuration = {"narrow": 1e-4, "rate": 1e-3, "trees": 2, "pair": 0}
    proposals = proposed(EDGES, [(point, value(point))], value, calls=6, seed=0)
    assert all(found in EDGES for found in proposals)
    assert (0.1, 3, -1) in [(found["rate"], found["trees"], found["pair"]) for found in proposals]
