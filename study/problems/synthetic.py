"""Test functions whose optimum is known, to see whether a search searches."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from study.core.dimensions import Categorical, Dimension, Integer, Real
from study.core.objective import Objective
from study.core.space import Configuration
from study.problems.user import Problem

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


def minimised(
    evaluate: Callable[[Configuration, int], float],
    space: list[Dimension],
    default: list[Any],
    optimum: float,
) -> Problem:
    """A function to be minimised, whose lowest value is known; `default` has its first point."""
    return Problem(
        space=space,
        default=dict(zip([d.name for d in space], default, strict=True)),
        evaluate=evaluate,
        objective=Objective(maximise=False, optimum=optimum),
    )


FUNCTIONS: dict[str, Problem] = {
    "branin": minimised(
        branin,
        [Real(name="x", low=-5.0, high=10.0), Real(name="y", low=0.0, high=15.0)],
        [2.5, 7.5],
        0.39788735772973816,
    ),
    "hartmann6": minimised(
        hartmann6,
        [Real(name=f"x{number}", low=0.0, high=1.0) for number in range(1, 7)],
        [0.5] * 6,
        -3.322368011415515,
    ),
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
