"""What a search is told of an evaluation that failed: the worst that it knows, never the best."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study import Integer, Objective, Problem, Real
from study.core.records import make_rng
from study.core.space import Space
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.registry import METHODS
from study.methods.selection import parse_method
from tests.methods.test_contract import row
from tests.shared import studied

SPACE = Space((Real(name="x", low=0.0, high=1.0), Integer(name="n", low=1, high=9)))
RECORDER = """
import json, pathlib

class Recorder:
    '''Writes down what it is told.'''
    def __init__(self, context):
        self.space, self.rng = context.space, context.rng
    def ask(self):
        return self.space.sample(self.rng)
    def tell(self, configuration, score):
        with pathlib.Path({0!r}).open("a") as file:
            file.write(json.dumps([configuration["x"], score]) + "\\n")
"""


def test_the_worst_so_far_is_imputed_and_then_what_the_problem_names() -> None:
    scores = [None, 3.0, None, -1.0, None, 2.0]
    assert Objective().impute_failures(scores) == [0.0, 3.0, 0.0, -1.0, -1.0, 2.0]
    assert Objective(maximise=False, worst=9.0).impute_failures([None, -3.0]) == [-9.0, -3.0]


def test_what_fails_first_is_no_better_than_what_is_told_with_it() -> None:
    """Of a loss of about 100, 0 would be the best there is."""
    scores = [None, -100.0, -120.0, None, -110.0, None, -130.0, None]
    found = Objective(maximise=False).impute_failures(scores, together=3)
    assert found == [-120.0, -100.0, -120.0, -120.0, -110.0, -120.0, -130.0, -130.0]
    for length in range(3, len(scores)):  # what a search was told stays as it was
        assert Objective(maximise=False).impute_failures(scores[:length], 3) == found[:length]


@pytest.mark.slow
@pytest.mark.parametrize("maximise", [True, False])
def test_every_failure_of_ones_own_problem_is_told_as_the_worst(
    tmp_path: Path, maximise: bool
) -> None:
    def evaluate(configuration: Any, seed: int) -> float:
        if configuration["x"] > 0.6:
            raise ValueError("too large")
        return 10 + float(configuration["x"])

    told = tmp_path / "told"
    (tmp_path / "recorder.py").write_text(RECORDER.format(str(told)))
    objective = Objective(maximise=maximise)
    point = {"x": 0.5, "n": 3}
    problem = Problem(space=SPACE.dimensions, default=point, evaluate=evaluate, objective=objective)
    studied(
        problem=problem, methods=[f"{tmp_path}/recorder.py:Recorder"], seeds=1, calls=20,
        initial_points=2, retrain=1, workers=1, output=tmp_path / "out",
    )  # fmt: skip
    heard = [json.loads(line) for line in told.read_text().splitlines()]
    failed = [place for place, (x, _) in enumerate(heard) if x > 0.6]
    assert len(failed) > 3
    sign = 1 if maximise else -1
    for place, (x, score) in enumerate(heard):
        known = [s for _, s in heard[:place]]
        assert score == (min(known) if place in failed else sign * (10 + x))


searches = [row(name) for name, spec in METHODS.items() if spec.adaptive]


@pytest.mark.parametrize("name", searches)
def test_a_library_holds_what_it_was_told_with_the_right_sign(name: str) -> None:
    rng = np.random.default_rng(0)
    history = [(SPACE.sample(rng), score) for score in (3.0, -2.0, 5.0, -2.0, 4.0)]
    context = SearchContext(
        space=SPACE, baseline=history[0][0], initial_points=5, rng=make_rng(0, name)
    )
    search: Any = pickle.loads(propose(parse_method(name), context, history).state)
    if name == "hyperopt":  # it minimises, as scikit-optimize does
        held = [-search.to_trial(number)["result"]["loss"] for number in range(len(history))]
    elif name == "bayes-opt":
        held = list(search.optimizer.space.target)
    elif hasattr(search, "optimizer"):
        held = [-value for value in search.optimizer.yi]
    else:
        held = [trial.value for trial in search.trials.trials if trial.value is not None]
    assert held == [score for _, score in history]
