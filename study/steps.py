"""The steps of a training, compiled by numba: a batch forward and backward, and Adam.

Every sum over units, pixels or images is a sum of rows, see `vectors`; see `layout` for where the
rows are. The first layer adds up a row of its kernel per lit pixel.
"""

import math
from typing import Any

import numpy as np

from study.layout import GROUP, Batch, Images, Network, State
from study.vectors import (
    LANES,
    F,
    Pointer,
    add_listed,
    add_product,
    at,
    blank,
    compiled,
    exp,
    flushed,
    load,
    minus,
    over,
    plus,
    plus_times,
    prefetch,
    root,
    spread,
    store,
    times,
    width_of,
)

AHEAD = 8  # images from when one is asked for to when it is needed
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Keras's defaults
_KEPT_1, _KEPT_2, _TINY = F(1 - BETA_1), F(1 - BETA_2), F(EPSILON)


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
def _adam(
    weights: Pointer, means: Pointer, squares: Pointer, gradient: Pointer, count: int, rate: Any
) -> None:
    """One step of Adam, see `learning_rates`, in one pass over memory."""
    tiny = spread(_TINY)
    for i in range(0, count, LANES):
        slope, mean, square = load(gradient, i), load(means, i), load(squares, i)
        mean = flushed(plus_times(mean, _KEPT_1, minus(slope, mean)))
        square = flushed(plus_times(square, _KEPT_2, minus(times(slope, slope), square)))
        change = over(mean, plus(root(square), tiny))
        store(means, i, mean)
        store(squares, i, square)
        store(weights, i, plus_times(load(weights, i), -rate, change))


@compiled()
def _fetch(images: Images, image: int) -> None:
    """Have an image at hand soon: shuffled images lie where no processor expects them."""
    start, stop = images.starts[image], images.starts[image + 1]
    for k in range(start, stop, 64 // images.pixels.itemsize):
        prefetch(at(images.pixels, k))
    for k in range(start, stop, 64 // images.values.itemsize):
        prefetch(at(images.values, k))


@compiled()
def _gather(
    images: Images, order: np.ndarray, begin: int, end: int, bias: int, batch: Batch
) -> None:
    """Put the lit pixels of those images together, each with the bias as one more."""
    lit = 0
    for b in range(end - begin):
        if begin + b + AHEAD < order.shape[0]:
            _fetch(images, order[begin + b + AHEAD])
        image = order[begin + b]
        for k in range(images.starts[image], images.starts[image + 1]):
            batch.pixels[lit] = images.pixels[k]
            batch.values[lit] = F(images.values[k]) * images.scale
            lit += 1
        batch.pixels[lit], batch.values[lit] = bias, F(1)
        lit += 1
        batch.image_starts[b + 1] = lit


@compiled()
def _turn(batch: Batch, size: int) -> None:
    """List the images by pixel, too."""
    starts, ends = batch.pixel_starts, batch.pixel_starts[1:]  # what begins the next one
    starts[:] = 0
    for k in range(batch.image_starts[size]):
        starts[batch.pixels[k] + 2] += 1
    for p in range(2, starts.shape[0]):
        starts[p] += starts[p - 1]
    for b in range(size):
        for k in range(batch.image_starts[b], batch.image_starts[b + 1]):
            p = batch.pixels[k]
            batch.images[ends[p]], batch.scaled[ends[p]] = b, batch.values[k]
            ends[p] += 1


@compiled()
def _shape(network: Network, layer: int) -> tuple[int, int, int, int]:
    """Inputs and outputs of a layer, and both as whole vectors."""
    units, padded = network.units, network.padded
    return units[layer], units[layer + 1], padded[layer], padded[layer + 1]


@compiled()
def _upright(weights: Pointer, network: Network, layer: int, kernel: np.ndarray) -> None:
    """The kernel as rows of outputs; it is kept as rows of inputs."""
    n_in, n_out, all_in, all_out = _shape(network, layer)
    i = 0
    while i < n_in:
        w_in = width_of(all_in - i)
        o = 0
        while o < n_out:
            w_out = width_of(all_out - o)
            for k in range(i, min(i + w_in, n_in)):
                for c in range(o, min(o + w_out, n_out)):
                    value = weights[n_out * i + c * w_in + k - i]
                    kernel[n_in * o + k * w_out + c - o] = value
            o += w_out
        i += w_in


@compiled()
def _forward(weights: np.ndarray, network: Network, batch: Batch, size: int) -> int:
    """Signals of all layers; returns where those of the last begin."""
    units, padded, signals = network.units, network.padded, batch.signals
    lit = at(batch.pixels, 0), at(batch.values, 0), at(batch.image_starts, 0)
    blank(at(signals, 0), size * padded[1])
    j = 0
    while j < padded[1]:
        width = width_of(padded[1] - j)
        add_listed(at(signals, size * j), at(weights, units[0] * j), width, *lit, size)
        j += width
    below, every, kernel = 0, at(batch.every, 0), batch.kernel
    for layer in range(1, units.shape[0] - 1):
        n_in, n_out, all_in, all_out = _shape(network, layer)
        above, own = below + size * all_in, network.kernels[layer]
        _squash(signals[below:above], network.relu)
        _upright(at(weights, own), network, layer, kernel)
        o = 0
        while o < all_out:
            w_out = width_of(all_out - o)
            out, bias = at(signals, above + size * o), at(weights, own + n_out * all_in + o)
            for b in range(size):
                for c in range(0, w_out, LANES):
                    store(out, b * w_out + c, load(bias, c))
            i = 0
            while i < n_in:
                w_in = width_of(all_in - i)
                rows, factors = at(kernel, n_in * o + i * w_out), at(signals, below + size * i)
                terms = min(w_in, n_in - i)
                add_product(out, rows, w_out, every, factors, w_in, 1, size, terms)
                i += w_in
            o += w_out
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
        total, answer = F(0), row[label]
        for c in range(classes):
            row[c] = exp(row[c] - highest)
            total += row[c]
        loss += math.log(total) + highest - answer
        o = 0
        while o < classes:
            width = width_of(padded - o)
            for c in range(o, min(o + width, classes)):
                share = (row[c] / total - F(c == label)) / F(size)
                batch.deltas[top + size * o + b * width + c - o] = share
            o += width
    return loss, right


@compiled()
def _backward(weights: np.ndarray, network: Network, batch: Batch, size: int, top: int) -> None:
    """Gradients of all but the first kernel, and the deltas of the first layer."""
    gradient, deltas, signals = batch.gradient, batch.deltas, batch.signals
    every, one = at(batch.every, 0), at(batch.one, 0)
    blank(at(gradient, 0), gradient.shape[0])
    blank(at(deltas, 0), top)
    above = top
    for layer in range(network.units.shape[0] - 2, 0, -1):
        n_in, n_out, all_in, all_out = _shape(network, layer)
        below, own = above - size * all_in, network.kernels[layer]
        g = own - network.kernels[1]
        o = 0
        while o < n_out:
            w_out = width_of(all_out - o)
            columns, real = at(deltas, above + size * o), min(w_out, n_out - o)
            bias = at(gradient, g + n_out * all_in + o)
            add_product(bias, columns, w_out, every, one, 0, 0, 1, size)
            i = 0
            while i < n_in:
                w_in, kernel = width_of(all_in - i), n_out * i + o * width_of(all_in - i)
                slope, inputs = at(gradient, g + kernel), at(signals, below + size * i)
                add_product(slope, inputs, w_in, every, columns, 1, w_out, real, size)
                out, rows = at(deltas, below + size * i), at(weights, own + kernel)
                add_product(out, rows, w_in, every, columns, w_out, 1, size, real)
                i += w_in
            o += w_out
        _unsquash(deltas[below:above], signals[below:above], network.relu)
        above = below


@compiled()
def _descend(state: State, network: Network, batch: Batch, size: int, rate: Any) -> None:
    """Adam on all weights; the first kernel's gradient never leaves the cache."""
    weights, means, squares = state
    _turn(batch, size)
    lit, gradient = (at(batch.images, 0), at(batch.scaled, 0)), at(batch.kernel, 0)
    pixels, padded = network.units[0], network.padded[1]
    j = 0
    while j < padded:
        width = width_of(padded - j)
        group, rows = GROUP // width, at(batch.deltas, size * j)
        for first in range(0, pixels, group):
            count = min(group, pixels - first)
            blank(gradient, count * width)
            starts = at(batch.pixel_starts, first)
            add_listed(gradient, rows, width, *lit, starts, count)
            a = pixels * j + first * width
            moved = at(weights, a), at(means, a), at(squares, a)
            _adam(*moved, gradient, count * width, rate)
        j += width
    head, count = network.kernels[1], batch.gradient.shape[0]
    moved = at(weights, head), at(means, head), at(squares, head)
    _adam(*moved, at(batch.gradient, 0), count, rate)


@compiled()
def train_epoch(
    images: Images,
    state: State,
    network: Network,
    batch: Batch,
    order: np.ndarray,
    size: int,
    rates: np.ndarray,
) -> float:
    """Train on the images in that order, a step per `size` of them; return the mean loss.

    `state` is the weights, and Adam's means and squares of each, all trained in place; `rates` are
    those of `learning_rates`, one per step.
    """
    total, bias, count = 0.0, network.units[0] - 1, order.shape[0]
    for step in range(rates.shape[0]):
        begin, end = step * size, min((step + 1) * size, count)
        _gather(images, order, begin, end, bias, batch)
        top = _forward(state[0], network, batch, end - begin)
        total += _score(batch, network, top, images.labels, order[begin:end])[0]
        _backward(state[0], network, batch, end - begin, top)
        _descend(state, network, batch, end - begin, rates[step])
    return float(total / count)


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
    total, hits, bias, count = 0.0, 0, network.units[0] - 1, order.shape[0]
    for begin in range(0, count, size):
        end = min(begin + size, count)
        _gather(images, order, begin, end, bias, batch)
        top = _forward(weights, network, batch, end - begin)
        loss, right = _score(batch, network, top, images.labels, order[begin:end])
        total += loss
        hits += right
    return float(total / count), hits
