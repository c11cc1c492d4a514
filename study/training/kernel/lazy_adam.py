"""Lazy Adam: a weight is updated when it is next read, for all the steps since it was last.

Adam (Kingma and Ba 2015) moves a weight even in steps where its gradient is 0, until the mean of
its earlier gradients has decayed. In a sparse layer that is most weights in most steps. The k-th
such step after one that left the first moment m and the root s of the second moment moves it by

    rate m beta_1^k / (s beta_2^(k/2) + epsilon).

With h = beta_2^(-1/2) and z = epsilon / (s + epsilon), which is small, that is

    m / (s + epsilon) * rate (beta_1 h)^k / (1 - z (1 - h^k))
    = m / (s + epsilon) * sum over j of z^j * rate (beta_1 h)^k (1 - h^k)^j.

Only m, s and z differ from weight to weight. The sums over the skipped steps of what stands by each
z^j are the same for every weight with the same gap, so all skipped steps together cost as much as
one. Terms from j = 4 on, at most about 1e-8 of the sum, are left out.

Bias correction and Keras 2's decay are part of the step sizes.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from study.training.kernel.jit import compiled
from study.training.kernel.simd import (
    F32,
    Pointer,
    Vector,
    add,
    broadcast,
    divide,
    fma,
    load,
    multiply,
    sqrt,
    store,
    subtract,
)

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Keras's defaults
TERMS = 4  # of the series in z
_BASES = BETA_1 * BETA_2 ** (-0.5 * np.arange(1, TERMS + 1))  # beta_1 h^j, j = 1 to TERMS
_DECAYED = 512  # steps after which a first moment counts as 0: 0.9^512 is 4e-24
_NEW_1, _NEW_2, _EPSILON = F32(1 - BETA_1), F32(1 - BETA_2), F32(EPSILON)


class DecaySchedule(NamedTuple):
    """What Adam's updates in the steps of one epoch have in common for all weights."""

    rate_sums: np.ndarray
    """(steps + 1, TERMS) float64. Row t: for each base, the sum over k >= 0 of
    rate[t + k] * base^k, to the end of the epoch."""
    decay_powers: np.ndarray
    """(up to 513, TERMS) float64. Row k: base^k."""
    mean_remaining: np.ndarray
    """(steps + 1,) float32. At k: beta_1^k, the share of a first moment left after k steps."""
    square_remaining: np.ndarray
    """(steps + 1,) float32. At k: beta_2^k, the same of a second moment."""


def step_sizes(learning_rate: float, decay: float, steps: int, steps_before: int = 0) -> np.ndarray:
    """Adam's step size in each step, float32 of shape (steps,).

    In step t, counted from 0, it is rate / (1 + decay * t), Keras 2's `decay`, times Adam's bias
    correction sqrt(1 - beta_2^(t+1)) / (1 - beta_1^(t+1)) (Kingma and Ba 2015, section 2). The
    decay counts `steps_before`, steps made before these, too; the bias correction does not.
    """
    step = np.arange(steps, dtype=np.float64)
    correction = np.sqrt(1 - BETA_2 ** (step + 1)) / (1 - BETA_1 ** (step + 1))
    return (learning_rate / (1 + decay * (steps_before + step)) * correction).astype(F32)


def adam_schedules(
    learning_rate: float, decay: float, epochs: int, steps: int, steps_before: int = 0
) -> Iterator[DecaySchedule]:
    """The schedule of each epoch of a training; `steps` are those of an epoch, see `step_sizes`."""
    sizes = step_sizes(learning_rate, decay, epochs * steps, steps_before)
    return map(decay_schedule, sizes.reshape(epochs, steps))


def decay_schedule(sizes: np.ndarray) -> DecaySchedule:
    """The schedule of an epoch with these step sizes, float32 of shape (steps,)."""
    steps = np.arange(len(sizes) + 1)
    return DecaySchedule(
        rate_sums=_rate_sums(sizes.astype(float), _BASES),
        decay_powers=_BASES ** steps[: _DECAYED + 1, None],
        mean_remaining=(BETA_1 ** np.minimum(steps, _DECAYED)).astype(F32),
        square_remaining=(BETA_2**steps).astype(F32),
    )


@compiled()
def _rate_sums(sizes: np.ndarray, bases: np.ndarray) -> np.ndarray:
    sums = np.zeros((sizes.shape[0] + 1, bases.shape[0]))
    for t in range(sizes.shape[0] - 1, -1, -1):
        for i in range(bases.shape[0]):
            sums[t, i] = sizes[t] + bases[i] * sums[t + 1, i]
    return sums


@compiled()
def defer(schedule: DecaySchedule, last_updated: int, step: int, deferred: Pointer) -> None:
    """Write to `deferred` the coefficients of z^0 to z^3 for the steps last_updated to step - 1."""
    gap = min(step - last_updated, _DECAYED)
    sums, powers = schedule.rate_sums, schedule.decay_powers
    a = sums[last_updated, 0] - powers[gap, 0] * sums[step, 0]
    b = sums[last_updated, 1] - powers[gap, 1] * sums[step, 1]
    c = sums[last_updated, 2] - powers[gap, 2] * sums[step, 2]
    d = sums[last_updated, 3] - powers[gap, 3] * sums[step, 3]
    deferred[0], deferred[1] = a, a - b
    deferred[2], deferred[3] = a - 2 * b + c, a - 3 * b + 3 * c - d


@compiled(inline=True)
def apply_deferred(
    weights: Pointer, means: Pointer, squares: Pointer, i: int, deferred: Pointer, like: Vector
) -> Vector:
    """Apply the deferred steps to the weights from index i on; return the updated weights.

    `means` and `squares` are their first and second moments as the last update left them.
    """
    epsilon = broadcast(_EPSILON, like)
    root = sqrt(load(squares, i, like))
    inverse = divide(broadcast(F32(1), like), add(root, epsilon))
    z = multiply(epsilon, inverse)
    series = multiply(z, broadcast(deferred[3], like))
    series = multiply(z, add(series, broadcast(deferred[2], like)))
    series = multiply(z, add(series, broadcast(deferred[1], like)))
    series = add(series, broadcast(deferred[0], like))
    change = multiply(multiply(load(means, i, like), inverse), series)
    updated = subtract(load(weights, i, like), change)
    store(weights, i, updated)
    return updated


@compiled(inline=True)
def update_moments(
    means: Pointer,
    squares: Pointer,
    i: int,
    gradient: Vector,
    mean_remaining: Any,
    square_remaining: Any,
) -> None:
    """Decay the moments of the weights from index i on, and add their gradient."""
    mean = multiply(broadcast(mean_remaining, gradient), load(means, i, gradient))
    square = multiply(broadcast(square_remaining, gradient), load(squares, i, gradient))
    store(means, i, fma(mean, _NEW_1, gradient))
    store(squares, i, fma(square, _NEW_2, multiply(gradient, gradient)))
