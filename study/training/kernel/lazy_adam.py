"""Adam (Kingma and Ba 2015) that leaves a weight alone until it is needed.

Most pixels of most images are 0, and so is the gradient of the weights behind them. Adam moves
such a weight all the same while the mean of its earlier gradients fades: k steps after one that
left the mean m and the root s of the mean square, by

    rate m beta_1^k / (s beta_2^(k/2) + epsilon).

With h = beta_2^(-1/2) and z = epsilon / (s + epsilon), which is small, that is

    m / (s + epsilon) * rate (beta_1 h)^k / (1 - z (1 - h^k))
    = m / (s + epsilon) * sum over j of z^j * rate (beta_1 h)^k (1 - h^k)^j

and all but m, s and z is the same for many weights. Its sums over the steps that a weight missed
make up for all of them at once, at the cost of one. The terms from j = 4 on, about 1e-8 of the sum
at most, are left out.
"""

from typing import Any, NamedTuple

import numpy as np

from study.training.kernel.simd import (
    F,
    Pointer,
    Vector,
    compiled,
    flushed,
    load,
    minus,
    over,
    plus,
    plus_times,
    root,
    spread,
    store,
    times,
)

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Keras's defaults
TERMS = 4
_BASES = BETA_1 * BETA_2 ** (-0.5 * np.arange(1, TERMS + 1))  # beta_1 h^j, from j = 1 on
_FADED = 512  # steps after which nothing of a mean is left: 0.9^512 is 4e-24
_NEW_1, _NEW_2, _TINY = F(1 - BETA_1), F(1 - BETA_2), F(EPSILON)


class Pace(NamedTuple):
    """What of Adam's moves is the same for all weights, over the steps of an epoch."""

    sums: np.ndarray
    """Row t: for each base, the sum of rate * base^k over the steps from t to the last."""
    fades: np.ndarray
    """Row k: base^k."""
    means: np.ndarray
    """At k, what is left of a mean after k steps."""
    squares: np.ndarray
    """At k, what is left of a mean square."""


def pace(rates: np.ndarray) -> Pace:
    """That of steps of these rates, see `training.learning_rates`."""
    steps = np.arange(len(rates) + 1)
    return Pace(
        sums=_sums(rates.astype(float), _BASES),
        fades=_BASES ** steps[: _FADED + 1, None],
        means=(BETA_1 ** np.minimum(steps, _FADED)).astype(F),
        squares=(BETA_2**steps).astype(F),
    )


@compiled()
def _sums(rates: np.ndarray, bases: np.ndarray) -> np.ndarray:
    sums = np.zeros((rates.shape[0] + 1, bases.shape[0]))
    for t in range(rates.shape[0] - 1, -1, -1):
        for i in range(bases.shape[0]):
            sums[t, i] = rates[t] + bases[i] * sums[t + 1, i]
    return sums


@compiled()
def owe(pace: Pace, since: int, now: int, owed: Pointer) -> None:
    """Write down the moves of the steps from `since` up to `now`: what stands by z^0 to z^3."""
    gap = min(now - since, _FADED)
    a = pace.sums[since, 0] - pace.fades[gap, 0] * pace.sums[now, 0]
    b = pace.sums[since, 1] - pace.fades[gap, 1] * pace.sums[now, 1]
    c = pace.sums[since, 2] - pace.fades[gap, 2] * pace.sums[now, 2]
    d = pace.sums[since, 3] - pace.fades[gap, 3] * pace.sums[now, 3]
    owed[0], owed[1], owed[2], owed[3] = a, a - b, a - 2 * b + c, a - 3 * b + 3 * c - d


@compiled(inline=True)
def move(
    weights: Pointer, means: Pointer, squares: Pointer, i: int, owed: Pointer, like: Vector
) -> Vector:
    """Make the moves owed to the weights from i on, and return these."""
    tiny = spread(_TINY, like)
    share = over(spread(F(1), like), plus(root(load(squares, i, like)), tiny))
    z = times(tiny, share)
    total = times(z, spread(owed[3], like))
    total = times(z, plus(total, spread(owed[2], like)))
    total = times(z, plus(total, spread(owed[1], like)))
    total = plus(total, spread(owed[0], like))
    change = times(times(load(means, i, like), share), total)
    moved = minus(load(weights, i, like), change)
    store(weights, i, moved)
    return moved


@compiled(inline=True)
def learn(
    means: Pointer, squares: Pointer, i: int, slope: Vector, left_1: Any, left_2: Any
) -> None:
    """Add the gradient of the weights from i on to what is left of earlier ones."""
    mean = times(spread(left_1, slope), load(means, i, slope))
    square = times(spread(left_2, slope), load(squares, i, slope))
    store(means, i, flushed(plus_times(mean, _NEW_1, slope)))
    store(squares, i, flushed(plus_times(square, _NEW_2, times(slope, slope))))
