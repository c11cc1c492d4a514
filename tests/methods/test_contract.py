"""What every row of the method table must do."""

import math
import pickle
from typing import Any

import numpy as np
import pytest

from study.core.records import make_rng
from study.core.settings import Settings
from study.core.space import Configuration
from study.execution.runner import StudyRunner
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.registry import METHODS, missing_packages
from study.methods.selection import parse_method
from study.storage.ledger import Ledger
from study.training.network import BASELINE, SPACE
from tests.toy import Toy, in_process


def row(name: str, slow: tuple[str, ...] = ()) -> Any:
    """A method as a parameter of a test, which is skipped if the method cannot be had here.

    `slow` are the methods with which the test takes long.
    """
    lacking = ", ".join(missing_packages(METHODS[name]))
    skipped = pytest.mark.skipif(bool(lacking), reason=f"needs {lacking}")
    return pytest.param(name, marks=[skipped, pytest.mark.slow] if name in slow else skipped)


every_method = pytest.mark.parametrize("name", [row(name) for name in METHODS])
INITIAL = 4
History = list[tuple[Configuration, float]]


def start(name: str, seed: int) -> SearchContext:
    return SearchContext(
        space=SPACE, baseline=BASELINE, initial_points=INITIAL, rng=make_rng(seed, name)
    )


def score(configuration: Configuration) -> float:
    """A smooth made-up accuracy."""
    relu = 1 if configuration["activation"] == "relu" else 0
    nodes, rate = float(configuration["num_input_nodes"]), float(configuration["learning_rate"])
    shape = 0.1 * math.tanh(nodes / 100) - 0.02 * abs(math.log10(rate) + 2.5)
    return 0.7 + 0.1 * relu + shape


def design(name: str) -> History:
    rng = np.random.default_rng(7)
    drawn = [SPACE.sample(rng) for _ in range(INITIAL if METHODS[name].uses_initial_design else 0)]
    return [(configuration, score(configuration)) for configuration in drawn]


def search(name: str, seed: int, calls: int, *, replay: bool) -> History:
    """Run a method, from its last state or replayed from its seed at every call."""
    history, state = design(name), None
    for _ in range(calls):
        proposal = propose(
            parse_method(name), start(name, seed), history, None if replay else state
        )
        state = proposal.state
        history.append((proposal.configuration, score(proposal.configuration)))
    return history


@every_method
def test_proposals_are_native_and_inside(name: str) -> None:
    for configuration, _ in search(name, 0, 4, replay=False)[-4:]:
        assert configuration in SPACE or configuration == BASELINE
        assert {type(value) for value in configuration.values()} == {float, int, str}


@every_method
def test_the_same_seed_gives_the_same_points(name: str) -> None:
    assert search(name, 1, 3, replay=False) == search(name, 1, 3, replay=False)


@every_method
def test_another_seed_gives_other_points(name: str) -> None:
    same = search(name, 1, 3, replay=False)[-1] == search(name, 2, 3, replay=False)[-1]
    assert same == (name == "baseline")


@pytest.mark.slow
@every_method
def test_a_replayed_search_is_the_search(name: str) -> None:
    """Going on from a pickled state, and asking everything again, give the same points."""
    if METHODS[name].adaptive:
        assert search(name, 3, 5, replay=True) == search(name, 3, 5, replay=False)


@every_method
def test_a_method_makes_exactly_its_calls(name: str) -> None:
    toy = Toy()
    settings = Settings(seeds=2, calls=7, initial_points=INITIAL, retrain=1, methods=(name,))
    with Ledger(None) as ledger:
        StudyRunner(toy, settings, ledger).run(in_process(toy))
        trials = ledger.trials(ledger.evaluations())
    for seed in range(2):
        assert [t.call for t in trials if t.seed == seed] == list(range(1, 8))


@every_method
def test_constant_and_failing_outcomes_do_not_stop_a_search(name: str) -> None:
    for accuracy in (0.5, 0.0):
        history: Any = [(configuration, accuracy) for configuration, _ in design(name)]
        for _ in range(3):
            proposal = propose(parse_method(name), start(name, 0), history)
            history.append((proposal.configuration, accuracy))


@every_method
def test_no_global_generator_is_touched(name: str) -> None:
    np.random.seed(5)  # noqa: NPY002 (the point of the test)
    before = pickle.dumps(np.random.get_state())  # noqa: NPY002
    search(name, 0, 2, replay=False)
    assert pickle.dumps(np.random.get_state()) == before  # noqa: NPY002
