"""The test functions are the published ones, with the published optima."""

import math

import numpy as np
import pytest
from scipy import optimize
from skopt import benchmarks

from study.core.space import Configuration, Space
from study.problems.registry import get
from study.problems.synthetic import FUNCTIONS, NOISE
from study.problems.user import Problem
from tests.test_layers import loaded

REFERENCES = {
    "branin": benchmarks.branin,
    "hartmann6": benchmarks.hart6,
    "rosenbrock4": optimize.rosen,
}
OPTIMA: list[tuple[str, list[float | int | str]]] = [
    ("branin", [-math.pi, 12.275]),
    ("branin", [math.pi, 2.275]),
    ("branin", [9.42478, 2.475]),
    ("hartmann6", [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]),
    ("mixed", [0.01, 24, "narrow"]),
    ("goldstein_price", [0.0, -1.0]),
    ("rosenbrock4", [1.0] * 4),
    ("ackley10", [0.0] * 10),
    ("levy20", [1.0] * 20),
]
# Local optima, and others that are worked out by hand.
PLACES: list[tuple[str, list[float], float]] = [
    ("goldstein_price", [-0.6, -0.4], 30.0),
    ("goldstein_price", [1.8, 0.2], 84.0),
    ("goldstein_price", [1.2, 0.8], 840.0),
    ("ackley10", [1.0] * 10, 20 * (1 - math.exp(-0.2))),
    ("levy20", [5.0] + [1.0] * 19, 1 + 10 * math.sin(2 * math.pi + 1) ** 2),
    ("levy20", [1.0] * 19 + [2.0], (1 + math.sin(2.5 * math.pi) ** 2) / 16),
]


def value(problem: Problem, configuration: Configuration, seed: int = 0) -> float:
    outcome = problem.evaluate(configuration, seed)
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


@pytest.mark.parametrize(("name", "point", "expected"), PLACES)
def test_other_places_have_the_values_of_the_formula(
    name: str, point: list[float], expected: float
) -> None:
    problem = FUNCTIONS[name]
    configuration = Space(tuple(problem.space)).to_configuration(point)
    assert value(problem, configuration) == pytest.approx(expected)


def test_noise_is_the_seeds_own_and_winners_are_scored_without_it() -> None:
    noisy, plain = FUNCTIONS["noisy_hartmann6"], FUNCTIONS["hartmann6"]
    point = plain.default
    drawn = [value(noisy, point, seed) for seed in range(2000)]
    assert noisy.evaluate(point, 7) == drawn[7]
    assert np.mean(drawn) == pytest.approx(value(plain, point), abs=0.02)
    assert np.std(drawn) == pytest.approx(NOISE, abs=0.01)
    judged = [get(name)[0].describe().words.judged for name in ("noisy_hartmann6", "hartmann6")]
    assert judged == ["scored by the problem's own test", "evaluated with other seeds"]
    assert noisy.test is not None
    assert noisy.test(point, 5) == value(plain, point)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_is_better_than_the_optimum(name: str) -> None:
    problem = FUNCTIONS[name]
    space, rng = Space(tuple(problem.space)), np.random.default_rng(1)
    values = [value(problem, space.sample(rng)) for _ in range(5000)]
    assert problem.objective.optimum is not None
    assert min(values) > problem.objective.optimum


@pytest.mark.slow
def test_a_study_of_a_function_loads_no_tensorflow() -> None:
    code = (
        "import tempfile\nfrom study import compare\n"
        "compare(problem='mixed', methods=['random', 'forest'], seeds=2, calls=7, workers=1,\n"
        "        output=tempfile.mkdtemp())"
    )
    assert not loaded(code) & {"tensorflow", "keras"}
