"""The test functions are the published ones, with the published optima."""

import math

import numpy as np
import pytest
from skopt import benchmarks

from study.core.space import Configuration, Space
from study.problems.synthetic import FUNCTIONS
from study.problems.user import Problem
from tests.test_layers import loaded

REFERENCES = {"branin": benchmarks.branin, "hartmann6": benchmarks.hart6}
OPTIMA: list[tuple[str, list[float | int | str]]] = [
    ("branin", [-math.pi, 12.275]),
    ("branin", [math.pi, 2.275]),
    ("branin", [9.42478, 2.475]),
    ("hartmann6", [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]),
    ("mixed", [0.01, 24, "narrow"]),
]


def value(problem: Problem, configuration: Configuration) -> float:
    outcome = problem.evaluate(configuration, 0)
    assert isinstance(outcome, float)
    return outcome


@pytest.mark.parametrize("name", REFERENCES)
def test_values_are_those_of_scikit_optimize(name: str) -> None:
    problem = FUNCTIONS[name]
    space = Space(tuple(problem.space))
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn = space.sample(rng)
        assert value(problem, drawn) == pytest.approx(REFERENCES[name](space.to_point(drawn)))


@pytest.mark.parametrize(("name", "point"), OPTIMA)
def test_the_published_places_have_the_optimum(name: str, point: list[float | int | str]) -> None:
    problem = FUNCTIONS[name]
    configuration = Space(tuple(problem.space)).to_configuration(point)
    assert value(problem, configuration) == pytest.approx(problem.objective.optimum, abs=2e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_is_better_than_the_optimum(name: str) -> None:
    problem = FUNCTIONS[name]
    space, rng = Space(tuple(problem.space)), np.random.default_rng(1)
    values = [value(problem, space.sample(rng)) for _ in range(5000)]
    assert problem.objective.optimum is not None
    assert min(values) > problem.objective.optimum


def test_a_study_of_a_function_loads_no_tensorflow() -> None:
    code = (
        "import tempfile\nfrom study import compare\n"
        "compare(problem='mixed', methods=['random', 'forest'], seeds=2, calls=7, workers=1,\n"
        "        output=tempfile.mkdtemp())"
    )
    assert not loaded(code) & {"tensorflow", "keras"}
