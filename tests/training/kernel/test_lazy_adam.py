"""Deferred updates against Adam step by step, in double precision."""

from typing import Any

import numpy as np
import pytest

from study.training.kernel import lazy_adam, reference
from study.training.kernel.jit import compiled
from study.training.kernel.simd import LANES, load, pointer_to, zero

STEPS = 1500


@compiled()
def train_lazily(
    weights: Any, means: Any, squares: Any, gradients: Any, used: Any, schedule: Any
) -> None:
    """A vector of weights that is read in the steps that are `used`, and at the end."""
    coefficients, last_updated = np.zeros(lazy_adam.TERMS, np.float32), 0
    deferred = pointer_to(coefficients, 0)
    w, m, s = pointer_to(weights, 0), pointer_to(means, 0), pointer_to(squares, 0)
    for step in range(len(used) + 1):
        if step == len(used) or used[step]:
            lazy_adam.defer(schedule, last_updated, step, deferred)
            lazy_adam.apply_deferred(w, m, s, 0, deferred, zero(16))
        if step < len(used) and used[step]:
            gradient = load(pointer_to(gradients, LANES * step), 0, zero(16))
            gap = step - last_updated
            mean, square = schedule.mean_remaining[gap], schedule.square_remaining[gap]
            lazy_adam.update_moments(m, s, 0, gradient, mean, square)
            last_updated = step


@pytest.mark.parametrize("share", [1.0, 0.3, 0.02, 0.002])
@pytest.mark.parametrize("size", [1.0, 1e-4, 1e-6, 1e-9, 0.0])
def test_deferred_steps_are_those_of_adam(share: float, size: float) -> None:
    """However often a weight is used, and whether epsilon matters or not."""
    rng = np.random.default_rng(7)
    used = rng.random(STEPS) < share
    used[3] = True  # where the bias correction changes from step to step
    gradients = (rng.normal(0, size, (STEPS, LANES)) * used[:, None]).astype(np.float32)
    (schedule,) = lazy_adam.adam_schedules(1e-3, 0.01, epochs=1, steps=STEPS)
    weights, means, squares = (np.zeros(LANES, np.float32) for _ in range(3))
    train_lazily(weights, means, squares, gradients.ravel(), used, schedule)
    exact = np.zeros(LANES)
    state = [exact], [np.zeros(LANES)], [np.zeros(LANES)]
    for step, gradient in enumerate(gradients.astype(float)):
        reference.adam_step(state, [gradient], reference.step_size(1e-3, 0.01, step))
    moved = np.abs(exact).max() or 1.0
    np.testing.assert_allclose(weights / moved, exact / moved, rtol=0, atol=3e-6)
    assert (np.abs(exact).max() > 0) == (size > 0)


def test_step_sizes_are_those_of_the_reference() -> None:
    expected = [reference.step_size(0.01, 0.1, step) for step in range(100)]
    np.testing.assert_allclose(lazy_adam.step_sizes(0.01, 0.1, 100), expected, rtol=1e-6)


def test_the_decay_counts_the_steps_before() -> None:
    """The bias correction does not: the moments are new."""
    rest = lazy_adam.step_sizes(1e-3, 0.01, 50, steps_before=50)
    correction = lazy_adam.step_sizes(1e-3, 0.0, 50) / 1e-3
    np.testing.assert_allclose(rest, 1e-3 / (1 + 0.01 * np.arange(50, 100)) * correction, rtol=1e-5)
