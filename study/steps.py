"""The steps of a training, compiled by numba: a batch forward and backward, and Adam.

Most pixels of most images are 0, so images are lists of lit pixels, and the first layer adds up a
row of its kernel per lit pixel. Matrices lie in memory as blocks of 64, 32 or 16 columns, filled up
with columns that nobody reads: a row of a block stays in registers while others are added to it.
Every sum over units, pixels or images is such a sum of rows, see `vectors`.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

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

GROUP = 4096  # weights that Adam takes at once: their gradient stays in the first cache
AHEAD = 8  # images from when one is asked for to when it is needed
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Keras's defaults
_KEPT_1, _KEPT_2, _TINY = F(1 - BETA_1), F(1 - BETA_2), F(EPSILON)

State = tuple[np.ndarray, np.ndarray, np.ndarray]  # weights, Adam's means and squares of each


class Images(NamedTuple):
    """Images as lists of their lit pixels: image i has those from starts[i] to starts[i + 1]."""

    starts: np.ndarray
    pixels: np.ndarray
    values: np.ndarray
    """As stored; times `scale` they are 0 to 1."""
    scale: np.float32
    labels: np.ndarray


class Network(NamedTuple):
    """The shape of a network, and where its arrays are in the flat vector of its weights."""

    units: np.ndarray
    """Of the input, counting the bias as one more pixel that is always 1, and of each layer."""
    padded: np.ndarray
    """The same as whole vectors."""
    kernels: np.ndarray
    """Where each layer's kernel begins, and where the last layer ends. The first kernel's last row
    is its bias; behind the others lies theirs."""
    relu: bool
    """Whether hidden units are rectified linear ones; else they are sigmoid."""


class Batch(NamedTuple):
    """What a step works with."""

    image_starts: np.ndarray
    """Image b has the `pixels` of these `values` from image_starts[b] to image_starts[b + 1]."""
    pixels: np.ndarray
    values: np.ndarray
    pixel_starts: np.ndarray
    """Pixel p is lit in the `images`, with the values `scaled`, listed in the same way."""
    images: np.ndarray
    scaled: np.ndarray
    signals: np.ndarray
    """Of each layer, the first one first, a row per image: the last one's are the logits."""
    deltas: np.ndarray
    """The loss's derivatives by what they stand beside."""
    kernel: np.ndarray
    """Room for a kernel turned upright, or for the gradient that Adam takes at once."""
    gradient: np.ndarray
    """Of all weights but those of the first layer."""
    logits: np.ndarray
    """Room for those of one image."""
    every: np.ndarray
    """0, 1, 2, ...: of a matrix product, every row."""
    ones: np.ndarray


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
    every, one = at(batch.every, 0), at(batch.ones, 0)
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


def packed(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """A kernel and a bias for each layer, as Keras has them, as one flat vector."""
    kernel, bias, *others = arrays
    parts = [_blocks(np.vstack([kernel, bias]))]
    for kernel, bias in zip(others[::2], others[1::2], strict=True):
        parts += [_blocks(kernel.T), _blocks(bias[None])]
    weights = zeros(sum(part.size for part in parts))
    return np.concatenate(parts, out=weights)


def zeros(count: int) -> np.ndarray:
    """So many numbers where a vector never lies in two lines of the cache."""
    room = np.zeros(count + LANES, F)
    skipped = -room.ctypes.data % (LANES * room.itemsize) // room.itemsize
    return room[skipped : skipped + count]


def unpacked(weights: np.ndarray, network: Network) -> list[np.ndarray]:
    """The kernel and the bias of each layer that `packed` made flat."""
    first, *others = np.split(weights, network.kernels[1:-1])
    units = network.units
    matrix = _matrix(first, units[0], units[1])
    arrays = [matrix[:-1], matrix[-1]]
    for part, n_in, n_out in zip(others, units[1:], units[2:], strict=False):
        kernel, bias = np.split(part, [n_out * whole(n_in)])
        arrays += [_matrix(kernel, n_out, n_in).T, bias[:n_out]]
    return arrays


def whole(columns: Any) -> Any:
    """As many columns as whole vectors have; also of an array of counts."""
    return -(-columns // LANES) * LANES


def _starts(columns: int) -> np.ndarray:
    """Where the second and each further block of so many columns begins."""
    full, rest = divmod(int(whole(columns)), 64)
    widths = [64] * full + [32] * (rest // 32) + [16] * (rest % 32 // 16)
    return np.cumsum(widths)[:-1]


def _blocks(matrix: np.ndarray) -> np.ndarray:
    """A matrix as its blocks one after the other, filled up with 0."""
    columns = matrix.shape[1]
    filled = np.pad(matrix, ((0, 0), (0, whole(columns) - columns)))
    return np.concatenate([part.ravel() for part in np.split(filled, _starts(columns), axis=1)])


def _matrix(flat: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The matrix that `_blocks` made flat."""
    parts = np.split(flat, rows * _starts(columns))
    return np.hstack([part.reshape(rows, -1) for part in parts])[:, :columns]


def network_of(units: Sequence[int], *, relu: bool) -> Network:
    """The shape of a network of so many inputs, and so many units in each layer."""
    counts = np.array([units[0] + 1, *units[1:]], np.intp)
    filled = whole(counts)
    sizes = [counts[0] * filled[1], *(counts[2:] * filled[1:-1] + filled[2:])]
    return Network(counts, filled, np.cumsum([0, *sizes]), relu)


def batch_of(network: Network, size: int) -> Batch:
    """Room for steps of up to so many images."""
    pixels, layers = network.units[0], network.padded[1:]
    lit, signals = size * pixels, size * layers.sum()
    return Batch(
        image_starts=np.zeros(size + 1, np.intp),
        pixels=np.zeros(lit, np.uint32),
        values=np.zeros(lit, F),
        pixel_starts=np.zeros(pixels + 2, np.intp),
        images=np.zeros(lit, np.uint32),
        scaled=np.zeros(lit, F),
        signals=zeros(signals),
        deltas=zeros(signals),
        kernel=zeros(max(GROUP, (layers[:-1] * layers[1:]).max(initial=0))),
        gradient=zeros(network.kernels[-1] - network.kernels[1]),
        logits=np.zeros(layers[-1], F),
        every=np.arange(max(size, *layers), dtype=np.uint32),
        ones=np.ones(1, F),
    )


def images_of(images: np.ndarray, labels: np.ndarray, scale: float) -> Images:
    """Images of shape (count, pixels) as lists of lit pixels; times `scale` they are 0 to 1."""
    lit = images != 0
    numbers = np.arange(images.shape[1], dtype=np.uint16 if images.shape[1] <= 2**16 else np.uint32)
    return Images(
        starts=np.cumsum([0, *lit.sum(axis=1)]),
        pixels=np.broadcast_to(numbers, images.shape)[lit],
        values=images[lit],
        scale=F(scale),
        labels=labels,
    )
