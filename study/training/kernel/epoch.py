"""The steps of a training, compiled by numba: a batch forward and backward, and Adam.

See `first_layer` for most of the work, and `layout` for where everything is.
"""

import math
from typing import Any

import numpy as np

from study.training.kernel.layout import Batch, Images, Network, State
from study.training.kernel.lazy_adam import Pace, learn, move, owe
from study.training.kernel.simd import (
    LANES,
    F,
    Pointer,
    add_product,
    after,
    at,
    blank,
    compiled,
    exp,
    load,
    plus,
    times,
    total,
    width_of,
    zero,
)
from study.training.kernel.sparse_layer import list_lit, owe_lit, pass_first


@compiled()
def _squash(signals: np.ndarray, relu: bool) -> None:
    if relu:
        for j in range(signals.shape[0]):
            signals[j] = F(0) if signals[j] < F(0) else signals[j]  # NaN stays
    else:
        for j in range(signals.shape[0]):
            signals[j] = F(1) / (F(1) + exp(-signals[j]))


@compiled()
def _unsquash(deltas: np.ndarray, signals: np.ndarray, relu: bool) -> None:
    """From the loss's derivative by a unit's output to that by its input."""
    if relu:
        for j in range(deltas.shape[0]):
            deltas[j] = deltas[j] if signals[j] > F(0) else F(0)
    else:
        for j in range(deltas.shape[0]):
            deltas[j] *= signals[j] * (F(1) - signals[j])


@compiled()
def _shape(network: Network, layer: int) -> tuple[int, int, int, int]:
    """Inputs and outputs of a layer, and both as whole vectors."""
    units, padded = network.units, network.padded
    return units[layer], units[layer + 1], padded[layer], padded[layer + 1]


@compiled()
def _clear(signals: Pointer, size: int, units: int, padded: int) -> None:
    """Set to 0 what fills up the last block."""
    last, width = 0, width_of(padded)
    while last + width < padded:
        last += width
        width = width_of(padded - last)
    for b in range(size):
        for c in range(units - last, width):
            signals[size * last + b * width + c] = F(0)


@compiled(inline=True)
def _dot(a: Pointer, m: int, rows_a: int, b: Pointer, n: int, rows_b: int, columns: int) -> Any:
    """The product of row m of a matrix and row n of another, both in blocks."""
    found, wide, half, rest = F(0), zero(64), zero(32), zero(16)
    i = 0
    while columns - i >= 64:
        x, y = load(a, rows_a * i + m * 64, wide), load(b, rows_b * i + n * 64, wide)
        wide = plus(wide, times(x, y))
        i += 64
    if i:
        found += total(wide)
    if columns - i >= 32:
        x, y = load(a, rows_a * i + m * 32, half), load(b, rows_b * i + n * 32, half)
        found += total(times(x, y))
        i += 32
    if columns > i:
        x, y = load(a, rows_a * i + m * 16, rest), load(b, rows_b * i + n * 16, rest)
        found += total(times(x, y))
    return found


@compiled()
def _forward(weights: np.ndarray, network: Network, batch: Batch, size: int) -> int:
    """Signals of all layers but the first; returns where those of the last begin."""
    units, signals = network.units, batch.signals
    below = 0
    for layer in range(1, units.shape[0] - 1):
        n_in, n_out, all_in, all_out = _shape(network, layer)
        above, own = below + size * all_in, network.kernels[layer]
        _squash(signals[below:above], network.relu)
        _clear(at(signals, below), size, n_in, all_in)
        inputs, kernel = at(signals, below), at(weights, own)
        bias = after(kernel, n_out * all_in)
        o = 0
        while o < n_out:
            width = width_of(all_out - o)
            for b in range(size):
                out = at(signals, above + size * o + b * width)
                for c in range(o, min(o + width, n_out)):
                    out[c - o] = bias[c] + _dot(inputs, b, size, kernel, c, n_out, all_in)
            o += width
        below = above
    return below


@compiled()
def _score(
    batch: Batch, network: Network, top: int, labels: np.ndarray, chosen: np.ndarray
) -> tuple[float, int]:
    """Sum of the cross-entropies, and how many images are right; deltas of the logits."""
    classes, padded, row = network.units[-1], network.padded[-1], batch.logits
    loss, right, size = 0.0, 0, chosen.shape[0]
    for b in range(size):
        highest, best = F(-np.inf), 0
        o = 0
        while o < classes:
            width = width_of(padded - o)
            for c in range(o, min(o + width, classes)):
                row[c] = batch.signals[top + size * o + b * width + c - o]
                if not row[c] <= highest:  # NaN is told by the loss
                    highest, best = row[c], c
            o += width
        label = labels[chosen[b]]
        right += best == label
        whole, answer = F(0), row[label]
        for c in range(classes):
            row[c] = exp(row[c] - highest)
            whole += row[c]
        loss += math.log(whole) + highest - answer
        o = 0
        while o < classes:
            width = width_of(padded - o)
            for c in range(o, min(o + width, classes)):
                share = (row[c] / whole - F(c == label)) / F(size)
                batch.deltas[top + size * o + b * width + c - o] = share
            o += width
    return loss, right


@compiled()
def _backward(weights: np.ndarray, network: Network, batch: Batch, size: int, top: int) -> None:
    """Gradients of all but the first kernel, and the deltas of the first layer."""
    gradient, deltas, signals = batch.gradient, batch.deltas, batch.signals
    ones, start = at(batch.one, 0), network.head
    none, unit = np.intp(0), np.intp(1)  # numba would compile anew for plain 0 and 1
    blank(at(gradient, 0), gradient.shape[0])
    blank(at(deltas, 0), top)
    above = top
    for layer in range(network.units.shape[0] - 2, -1, -1):
        n_in, n_out, all_in, all_out = _shape(network, layer)
        own, last = network.kernels[layer], network.kernels[layer + 1] - all_out
        below = above - size * all_in
        o = 0
        while o < n_out:
            w_out = width_of(all_out - o)
            columns, real = at(deltas, above + size * o), min(w_out, n_out - o)
            slope = at(gradient, last - start + o)
            add_product(slope, columns, w_out, ones, none, none, unit, size)
            i = 0
            while layer and i < n_in:
                w_in, kernel = width_of(all_in - i), n_out * i + o * width_of(all_in - i)
                slope, inputs = at(gradient, own - start + kernel), at(signals, below + size * i)
                add_product(slope, inputs, w_in, columns, unit, w_out, real, size)
                out, rows = at(deltas, below + size * i), at(weights, own + kernel)
                add_product(out, rows, w_in, columns, w_out, unit, size, real)
                i += w_in
            o += w_out
        if layer:
            _unsquash(deltas[below:above], signals[below:above], network.relu)
        above = below


@compiled()
def _descend(state: State, network: Network, batch: Batch, pace: Pace, now: int) -> None:
    """Adam on all weights but those of the first kernel."""
    head, owed = network.head, at(batch.owed, 0)
    weights, means, squares = at(state[0], head), at(state[1], head), at(state[2], head)
    owe(pace, now, now + 1, owed)
    for i in range(0, batch.gradient.shape[0], LANES):
        slope = load(at(batch.gradient, 0), i, zero(16))
        learn(means, squares, i, slope, pace.means[1], pace.squares[1])
        move(weights, means, squares, i, owed, slope)


@compiled()
def train_epoch(
    images: Images,
    state: State,
    network: Network,
    batch: Batch,
    order: np.ndarray,
    size: int,
    pace: Pace,
) -> float:
    """Train on the images in that order, a step per `size` of them; return the mean loss.

    `state` is the weights, and Adam's means and squares of each, all trained in place; `pace` is
    that of the steps of this epoch.
    """
    loss, count, steps = 0.0, order.shape[0], pace.means.shape[0] - 1
    old, new = batch.lit
    new.counts[:] = 0
    for step in range(steps):
        begin, end = step * size, min((step + 1) * size, count)
        old, new = new, old
        list_lit(images, order, begin, end, new)
        owe_lit(new, batch.since, pace, step)
        pass_first(state, network, batch, old, new)
        top = _forward(state[0], network, batch, end - begin)
        loss += _score(batch, network, top, images.labels, order[begin:end])[0]
        _backward(state[0], network, batch, end - begin, top)
        _descend(state, network, batch, pace, step)
    for _ in range(2):  # what is owed is paid without images, and then nothing is left to learn
        old, new = new, old
        new.counts[0], new.starts[:] = 0, 0
        owe_lit(new, batch.since, pace, steps)
        pass_first(state, network, batch, old, new)
    batch.since[:] = 0
    return float(loss / count)


@compiled()
def score(
    images: Images,
    weights: np.ndarray,
    network: Network,
    batch: Batch,
    order: np.ndarray,
    size: int,
) -> tuple[float, int]:
    """Mean loss on the images, and how many of them are right, `size` at a time."""
    losses, hits, count, nothing = 0.0, 0, order.shape[0], weights[:0]
    none, lit = batch.lit
    none.counts[:] = 0
    lit.counts[1] = lit.pairs.shape[0]
    for p in range(lit.pairs.shape[0]):
        lit.pairs[p] = p
    for begin in range(0, count, size):
        end = min(begin + size, count)
        list_lit(images, order, begin, end, lit)
        pass_first((weights, nothing, nothing), network, batch, none, lit)
        top = _forward(weights, network, batch, end - begin)
        loss, right = _score(batch, network, top, images.labels, order[begin:end])
        losses += loss
        hits += right
    return float(losses / count), hits
