import dataclasses
import warnings
from typing import Any

import numpy as np
import pytest
from skopt import forest_minimize, gbrt_minimize, gp_minimize

from study.core.dimensions import Integer
from study.core.errors import StudyError
from study.core.records import make_rng
from study.core.space import Space
from study.methods import registry
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.registry import METHODS
from study.methods.selection import parse_method
from study.methods.skopt import to_skopt_dimensions
from study.training.network import SPACE
from tests.methods.test_contract import design, score, search, start


def reference(name: str, seed: int, calls: int) -> Any:
    """What scikit-optimize's own loop finds, given the same design and random state."""
    told = design(name)
    state = int(make_rng(seed, name).integers(2**31))
    common: dict[str, Any] = {
        "func": lambda point: -score(SPACE.to_configuration(point)),
        "dimensions": to_skopt_dimensions(SPACE),
        "x0": [SPACE.to_point(configuration) for configuration, _ in told],
        "y0": [-accuracy for _, accuracy in told],
        "n_initial_points": 0,
        "n_calls": calls,
        "random_state": state,
    }
    if name == "gp":
        return gp_minimize(**common, noise=0.01, kappa=5)
    if name == "forest":
        return forest_minimize(**common)
    from study.methods.skopt_compat import gbrt_estimator

    return gbrt_minimize(**common, base_estimator=gbrt_estimator(np.random.RandomState(state)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gp", "gbrt", "forest"])
def test_proposals_are_those_of_scikit_optimizes_own_loop(name: str) -> None:
    ours = [SPACE.to_point(configuration) for configuration, _ in search(name, 4, 6, replay=False)]
    theirs = reference(name, 4, 6).x_iters
    assert ours == [SPACE.to_point(SPACE.to_configuration(point)) for point in theirs]


@pytest.mark.parametrize("name", ["gp", "gbrt", "forest"])
def test_settings_are_those_of_scikit_optimizes_own_loop(name: str) -> None:
    """Two acquisition functions may agree for as long as the test above looks."""
    method: Any = parse_method(name).create(start(name, 0))
    ours = method.optimizer.specs["args"]
    flat = {**ours, **ours["acq_func_kwargs"], **ours["acq_optimizer_kwargs"]}
    keys = ("acq_func", "acq_optimizer", "xi", "kappa", "n_points", "n_restarts_optimizer")
    theirs = reference(name, 0, 1).specs["args"]
    assert {key: flat[key] for key in keys} == {key: theirs[key] for key in keys}


def test_a_repeated_proposal_is_counted_though_scikit_optimize_swaps_it() -> None:
    tiny = Space((Integer(name="n", low=1, high=2),))
    history: list[Any] = [({"n": 1}, 0.5), ({"n": 2}, 0.6)]
    setting = SearchContext(
        space=tiny, baseline={"n": 1}, initial_points=2, rng=make_rng(0, "forest")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert propose(parse_method("forest"), setting, history).duplicate


def test_a_search_that_replays_differently_is_stopped() -> None:
    history = search("forest", 0, 2, replay=False)
    history[-2] = ({**history[-2][0], "batch_size": 1}, 0.9)
    with pytest.raises(RuntimeError, match="another call 5 than the one stored"):
        propose(parse_method("forest"), start("forest", 0), history)


def test_an_unknown_method_is_told_with_the_nearest_name() -> None:
    with pytest.raises(StudyError, match="did you mean 'gbrt'"):
        registry.get("grbt")
    assert METHODS["baseline"].adaptive is METHODS["random"].adaptive is False


def test_a_method_without_its_packages_is_told_with_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needy = dataclasses.replace(METHODS["optuna-gp"], requires=("numpy", "no_such", "nor_this"))
    monkeypatch.setitem(METHODS, "optuna-gp", needy)
    with pytest.raises(StudyError) as caught:
        registry.get("optuna-gp")
    assert str(caught.value) == (
        "methods 'optuna-gp' needs no_such, nor_this, not installed here: "
        "python -m pip install 'hpo-study[optuna]'"
    )
