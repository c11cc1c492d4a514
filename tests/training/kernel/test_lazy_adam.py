"""Moves made up for at once against Adam step by step, in double precision."""

from typing import Any

import numpy as np
import pytest

from study.training import network
from study.training.kernel import lazy_adam
from study.training.kernel.simd import LANES, at, compiled, load, zero
from study.training.trainer import learning_rates

STEPS = 1500


@compiled()
def made_up_for(
    weights: Any, means: Any, squares: Any, gradients: Any, used: Any, pace: Any
) -> None:
    """A vector of weights that is looked at where it is `used`, and at the end."""
    owed, since = np.zeros(lazy_adam.TERMS, np.float32), 0
    w, m, s = at(weights, 0), at(means, 0), at(squares, 0)
    for now in range(len(used) + 1):
        if now == len(used) or used[now]:
            lazy_adam.owe(pace, since, now, at(owed, 0))
            slope = lazy_adam.move(w, m, s, 0, at(owed, 0), zero(16))
        if now < len(used) and used[now]:
            slope = load(at(gradients, LANES * now), 0, slope)
            gap = now - since
            lazy_adam.learn(m, s, 0, slope, pace.means[gap], pace.squares[gap])
            since = now


def step_by_step(weights: np.ndarray, gradients: np.ndarray, rates: np.ndarray) -> np.ndarray:
    weights, means, squares = weights.astype(float), np.zeros(LANES), np.zeros(LANES)
    for slope, rate in zip(gradients.astype(float), rates.astype(float), strict=True):
        means += (1 - lazy_adam.BETA_1) * (slope - means)
        squares += (1 - lazy_adam.BETA_2) * (slope**2 - squares)
        weights -= rate * means / (np.sqrt(squares) + lazy_adam.EPSILON)
    return weights


@pytest.mark.parametrize("share", [1.0, 0.3, 0.02, 0.002])
@pytest.mark.parametrize("size", [1.0, 1e-4, 1e-6, 1e-9, 0.0])
def test_missed_moves_are_those_of_adam(share: float, size: float) -> None:
    """However often a weight is used, and whether epsilon matters or not."""
    rng = np.random.default_rng(7)
    used = rng.random(STEPS) < share
    used[3] = True  # where Adam's corrections change from step to step
    gradients = (rng.normal(0, size, (STEPS, LANES)) * used[:, None]).astype(np.float32)
    rates = learning_rates({**network.DEFAULT, "adam_decay": 0.01}, STEPS)
    start = np.zeros(LANES, np.float32)
    weights, means, squares = start.copy(), start.copy(), start.copy()
    made_up_for(weights, means, squares, gradients.ravel(), used, lazy_adam.pace(rates))
    exact = step_by_step(start, gradients, rates)
    moved = np.abs(exact).max() or 1.0
    np.testing.assert_allclose(weights / moved, exact / moved, rtol=0, atol=3e-6)
    assert (np.abs(exact).max() > 0) == (size > 0)
