"""A plain function with a known optimum, so that the regret is shown.

study compare --problem examples/rosenbrock.py:rosenbrock --calls 30
"""

from typing import Any

from study import Objective, Problem, Real


def evaluate(configuration: dict[str, Any], seed: int) -> float:
    """Rosenbrock's valley; nothing in it is random, so the seed is not needed."""
    x, y = configuration["x"], configuration["y"]
    value: float = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    return value


rosenbrock = Problem(
    space=[Real(name="x", low=-2.0, high=2.0), Real(name="y", low=-1.0, high=3.0)],
    default={"x": 0.0, "y": 0.0},
    evaluate=evaluate,
    objective=Objective(maximise=False, optimum=0.0),
)
