"""Test functions whose optimum is known, to see whether a search searches."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from study.core.dimensions import Categorical, Dimension, Integer, Real
from study.core.objective import Objective
from study.core.space import Configuration
from study.problems.user import Problem

NOISE = 0.2
HARTMANN6_OPTIMUM = -3.322368011415515
HARTMANN6_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
HARTMANN6_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
HARTMANN6_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def branin(configuration: Configuration, _seed: int) -> float:
    """Branin's function of two variables, with three optima.

    Dixon and Szego, Towards Global Optimisation 2, 1978.
    """
    x, y = float(configuration["x"]), float(configuration["y"])
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(configuration: Configuration, _seed: int) -> float:
    """Hartmann's function of six variables, with six local optima.

    Source as `branin`.
    """
    x = np.array([float(configuration[f"x{number}"]) for number in range(1, 7)])
    exponents = -(HARTMANN6_A * (x - HARTMANN6_P) ** 2).sum(axis=1)
    return -float(HARTMANN6_ALPHA @ np.exp(exponents))


def mixed(configuration: Configuration, _seed: int) -> float:
    """A bowl in a logarithm, a whole number and a category, which shifts it.

    The best category has the narrowest bowl, so that a search that tries each but once takes
    another. The optimum, 0, is at rate 0.01, units 24 and kind "narrow".
    """
    centre, width, floor = {
        "wide": (12, 3.0, 0.5),
        "middle": (40, 1.5, 0.2),
        "narrow": (24, 0.7, 0.0),
    }[str(configuration["kind"])]
    rate = (math.log10(float(configuration["rate"])) + 2) / width
    units = (int(configuration["units"]) - centre) / (20 * width)
    return floor + rate**2 + units**2


def noisy_hartmann6(configuration: Configuration, seed: int) -> float:
    """Hartmann's function with noise of standard deviation 0.2; winners are scored without it."""
    return hartmann6(configuration, seed) + NOISE * float(np.random.default_rng(seed).normal())


def goldstein_price(configuration: Configuration, _seed: int) -> float:
    """Goldstein and Price's function of two variables, from 3 to a million.

    Source as `branin`.
    """
    x, y = float(configuration["x"]), float(configuration["y"])
    first = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    second = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * first) * (30 + (2 * x - 3 * y) ** 2 * second)


def rosenbrock4(configuration: Configuration, _seed: int) -> float:
    """Rosenbrock's curved valley in four variables.

    Rosenbrock, The Computer Journal 3, 1960.
    """
    x = _vector(configuration)
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def ackley10(configuration: Configuration, _seed: int) -> float:
    """Ackley's function of ten variables: a narrow hole in a plain of ripples.

    Ackley, A Connectionist Machine for Genetic Hillclimbing, 1987.
    """
    x = _vector(configuration)
    hole = -20 * math.exp(-0.2 * math.sqrt((x**2).mean()))
    return hole - math.exp(np.cos(2 * math.pi * x).mean()) + 20 + math.e


def levy20(configuration: Configuration, _seed: int) -> float:
    """Levy's function of twenty variables, with a local optimum in each cell of a grid.

    Levy and Montalvo, SIAM Journal on Scientific and Statistical Computing 6, 1985.
    """
    w = 1 + (_vector(configuration) - 1) / 4
    inner = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return float(math.sin(math.pi * w[0]) ** 2 + inner.sum() + last)


def _vector(configuration: Configuration) -> np.ndarray:
    """The variables x1, x2 and so on."""
    return np.array(list(configuration.values()), float)


def minimised(
    evaluate: Callable[[Configuration, int], float],
    space: list[Dimension],
    default: list[Any],
    optimum: float,
    test: Callable[[Configuration, int], float] | None = None,
) -> Problem:
    """A function to be minimised, whose lowest value is known; `default` has its first point."""
    return Problem(
        space=space,
        default=dict(zip([d.name for d in space], default, strict=True)),
        evaluate=evaluate,
        objective=Objective(maximise=False, optimum=optimum),
        test=test,
    )


def box(variables: int, low: float, high: float) -> list[Dimension]:
    """Variables x1, x2 and so on, all of one range."""
    return [Real(name=f"x{number}", low=low, high=high) for number in range(1, variables + 1)]


FUNCTIONS: dict[str, Problem] = {
    "branin": minimised(
        branin,
        [Real(name="x", low=-5.0, high=10.0), Real(name="y", low=0.0, high=15.0)],
        [2.5, 7.5],
        0.39788735772973816,
    ),
    "hartmann6": minimised(
        hartmann6,
        box(6, 0.0, 1.0),
        [0.5] * 6,
        HARTMANN6_OPTIMUM,
    ),
    "noisy_hartmann6": minimised(
        noisy_hartmann6,
        box(6, 0.0, 1.0),
        [0.5] * 6,
        HARTMANN6_OPTIMUM,
        test=hartmann6,
    ),
    "goldstein_price": minimised(
        goldstein_price,
        [Real(name="x", low=-2.0, high=2.0), Real(name="y", low=-2.0, high=2.0)],
        [1.0, 1.0],
        3.0,
    ),
    "rosenbrock4": minimised(rosenbrock4, box(4, -5.0, 10.0), [2.5] * 4, 0.0),
    "ackley10": minimised(ackley10, box(10, -15.0, 30.0), [7.5] * 10, 0.0),
    "levy20": minimised(levy20, box(20, -10.0, 10.0), [0.0] * 20, 0.0),
    "mixed": minimised(
        mixed,
        [
            Real(name="rate", low=1e-5, high=1.0, log=True),
            Integer(name="units", low=1, high=64),
            Categorical(name="kind", choices=("wide", "middle", "narrow")),
        ],
        [1e-3, 8, "wide"],
        0.0,
    ),
}
"""Problems by name; each is minimised."""
