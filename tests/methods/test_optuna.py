"""Optuna's samplers, driven by us and by Optuna itself."""

import dataclasses
import math
import pickle
import random
import statistics
import warnings
from typing import Any

import numpy as np
import pytest

from study.core.dimensions import Categorical, Integer, Real
from study.core.errors import StudyError
from study.core.records import make_rng
from study.core.space import Configuration, Space
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.registry import METHODS, missing_packages
from study.methods.selection import parse_method
from study.training.network import DEFAULT, SPACE
from tests import toy
from tests.methods.test_contract import INITIAL, History, design, row, score, search, start

optuna = pytest.importorskip("optuna")
samplers = pytest.mark.parametrize("name", [row("tpe"), row("cmaes"), row("optuna-gp")])


def sampler(name: str, seed: int) -> Any:
    """As Optuna ships it, but for the random start: the design is that."""
    number = int(make_rng(seed, name).integers(2**31))
    if name == "cmaes":
        return optuna.samplers.CmaEsSampler(
            seed=number,
            n_startup_trials=INITIAL,
            independent_sampler=optuna.samplers.RandomSampler(seed=number),
            warn_independent_sampling=False,
        )
    kind = {"tpe": optuna.samplers.TPESampler, "optuna-gp": optuna.samplers.GPSampler}[name]
    return kind(seed=number, n_startup_trials=INITIAL)


def objective(trial: Any) -> float:
    """The score of `SPACE`, written as Optuna's users write it."""
    return score(
        {
            "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
            "num_dense_layers": trial.suggest_int("num_dense_layers", 1, 5),
            "num_input_nodes": trial.suggest_int("num_input_nodes", 1, 512),
            "num_dense_nodes": trial.suggest_int("num_dense_nodes", 1, 28),
            "activation": trial.suggest_categorical("activation", ["relu", "sigmoid"]),
            "batch_size": trial.suggest_int("batch_size", 1, 128),
            "adam_decay": trial.suggest_float("adam_decay", 1e-6, 1e-2),
        }
    )


@samplers
def test_proposals_are_those_of_optunas_own_loop(name: str, quiet: None) -> None:
    loop = optuna.create_study(sampler=sampler(name, 4), direction="maximize")
    for configuration, _ in design(name):
        loop.enqueue_trial(configuration)
    loop.optimize(objective, n_trials=INITIAL + 12)
    ours = search(name, 4, 12, replay=False)
    assert [configuration for configuration, _ in ours] == [trial.params for trial in loop.trials]
    assert [told for _, told in ours] == [trial.value for trial in loop.trials]


@pytest.fixture
def quiet() -> Any:
    """Optuna's own loop says nothing either."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@samplers
def test_nothing_is_said_and_the_users_logging_stays(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search(name, 0, 3, replay=True)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [row("tpe"), row("optuna-gp")])
def test_the_whole_design_is_told_before_the_model_is_used(name: str) -> None:
    """The first call of the search's own depends on what the design scored."""
    told = design(name)
    other = [(configuration, -accuracy) for configuration, accuracy in told]
    first = [
        propose(parse_method(name), start(name, 0), history).configuration
        for history in (told, other)
    ]
    assert first[0] != first[1]


@samplers
def test_no_global_generator_of_python_and_torch_is_touched(name: str) -> None:
    random.seed(5)
    before = random.getstate()
    if name == "optuna-gp":
        torch: Any = pytest.importorskip("torch")
        torch.manual_seed(5)
        state = torch.get_rng_state()
        search(name, 0, 2, replay=False)
        assert torch.equal(torch.get_rng_state(), state)
    else:
        search(name, 0, 2, replay=False)
    assert random.getstate() == before


@pytest.mark.skipif(bool(missing_packages(METHODS["optuna-gp"])), reason="needs torch")
def test_points_do_not_depend_on_the_number_of_threads() -> None:
    """From about 250 points on they would, in the last digits."""
    torch: Any = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    drawn = [SPACE.sample(rng) for _ in range(250)]
    history = [
        (configuration, score(configuration) + 0.01 * rng.normal()) for configuration in drawn
    ]
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 4):
            torch.set_num_threads(threads)
            one = METHODS["optuna-gp"].create(
                SearchContext(
                    space=SPACE, baseline=DEFAULT, initial_points=250, rng=make_rng(0, "gp")
                )
            )
            for configuration, told in history:
                one.tell(configuration, told)
            found.append(one.ask())
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


EDGES = Space(
    (
        Real(name="narrow", low=1e-4, high=1e-4 * (1 + 2e-15), log=True),
        Real(name="flat", low=-1.0, high=1.0),
        Integer(name="single", low=3, high=3),
        Categorical(name="kind", choices=("only",)),
    )
)


@samplers
def test_proposals_at_the_edge_of_a_log_interval_are_inside(name: str) -> None:
    point: Configuration = {"narrow": 1e-4, "flat": 0.0, "single": 3, "kind": "only"}
    begin = SearchContext(space=EDGES, baseline=point, initial_points=1, rng=make_rng(0, name))
    history: History = [(point, 0.0)]
    state = None
    for _ in range(12):
        proposal = propose(parse_method(name), begin, history, state)
        state = proposal.state
        assert proposal.configuration in EDGES
        history.append((proposal.configuration, float(proposal.configuration["flat"])))


def test_points_asked_for_at_once_are_told_in_any_order() -> None:
    one: Any = METHODS["tpe"].create(dataclasses.replace(start("tpe", 0), initial_points=1))
    one.tell(DEFAULT, 0.5)
    asked = [one.ask() for _ in range(3)]
    for number, configuration in reversed(list(enumerate(asked))):
        one.tell(configuration, number / 10)
    assert [trial.value for trial in one.trials.trials] == [0.5, 0.0, 0.1, 0.2]
    assert len(pickle.dumps(one)) < 20_000


def test_settings_reach_the_sampler() -> None:
    create: Any = METHODS["tpe"].create
    found = []
    for changed in ({}, {"multivariate": False}, {"n_ei_candidates": 2}):
        one = create(start("tpe", 0), **changed)
        for configuration, accuracy in design("tpe"):
            one.tell(configuration, accuracy)
        found.append(tuple(one.ask().values()))
    assert len(set(found)) == 3
    with pytest.raises(StudyError, match=r"tpe\[n_ei_candidates\] is 0: it must be a whole number"):
        create(start("tpe", 0), n_ei_candidates=0)


def peak(configuration: Configuration) -> float:
    """1 at rate 0.01, 30 units and relu; less all around."""
    away = (math.log10(float(configuration["rate"])) + 2) / 3
    return 1 - away**2 - ((int(configuration["units"]) - 30) / 40) ** 2


def best(name: str, seed: int, calls: int) -> float:
    begin = SearchContext(
        space=toy.SPACE, baseline=toy.Toy().baseline, initial_points=5, rng=make_rng(seed, name)
    )
    rng = np.random.default_rng(seed)
    history = [(c, peak(c)) for c in [toy.SPACE.sample(rng) for _ in range(5)]]
    one = METHODS[name].create(begin)
    for configuration, told in history:
        one.tell(configuration, told)
    for _ in range(calls - len(history)):
        configuration = one.ask()
        one.tell(configuration, peak(configuration))
        history.append((configuration, peak(configuration)))
    return max(told for _, told in history)


@samplers
def test_on_a_smooth_peak_it_finds_what_random_search_does_not(name: str) -> None:
    ours = statistics.median(best(name, seed, 30) for seed in range(5))
    chance = statistics.median(best("random", seed, 30) for seed in range(5))
    assert 1 - ours < (1 - chance) / 2
