"""The first layer, compiled by numba: from images to signals, and from deltas to its weights.

Its kernel has most of a network's weights, and most pixels of an image are 0. So it is gone through
by lit pairs of pixels: their two rows of a block stay in registers while they are added to the
signals of every image that has the pair, or while the gradient is added up from its deltas.
"""

import numpy as np

from study.training.kernel.layout import PAIR, Batch, Images, Lit, Network, State
from study.training.kernel.lazy_adam import TERMS, Pace, learn, move, owe
from study.training.kernel.simd import (
    LANES,
    F,
    Pointer,
    Vector,
    after,
    at,
    compiled,
    load,
    plus,
    plus_times,
    prefetch,
    store,
    width_of,
    zero,
)

AHEAD = 8  # images from when one is asked for to when it is needed


@compiled()
def _fetch(images: Images, image: int) -> None:
    """Have an image at hand soon: shuffled images lie where no processor expects them."""
    start, stop = images.starts[image], images.starts[image + 1]
    for k in range(start, stop, 64 // images.pairs.itemsize):
        prefetch(at(images.pairs, k))
    for k in range(start * PAIR, stop * PAIR, 64 // images.values.itemsize):
        prefetch(at(images.values, k))


@compiled()
def list_lit(images: Images, order: np.ndarray, begin: int, end: int, lit: Lit) -> None:
    """List those images by lit pair."""
    begins, pairs, stored = at(images.starts, 0), at(images.pairs, 0), at(images.values, 0)
    starts, listed, values = at(lit.starts, 0), at(lit.images, 0), at(lit.values, 0)
    ends = after(starts, 1)  # the end of a pair's is where the next one's begin
    lit.counts[0], lit.starts[:] = end - begin, 0
    for b in range(begin, end):
        if b + AHEAD < order.shape[0]:
            _fetch(images, order[b + AHEAD])
        for k in range(begins[order[b]], begins[order[b] + 1]):
            starts[np.intp(pairs[k]) + 2] += 1
    for p in range(2, lit.starts.shape[0]):
        starts[p] += starts[p - 1]
    for b in range(end - begin):
        image = order[begin + b]
        for k in range(begins[image], begins[image + 1]):
            pair = np.intp(pairs[k])
            n = 3 * ends[pair]
            listed[n] = b
            values[n] = F(stored[2 * k]) * images.scale
            values[n + 1] = F(stored[2 * k + 1]) * images.scale
            ends[pair] += 1


@compiled()
def owe_lit(lit: Lit, since: np.ndarray, pace: Pace, now: int) -> None:
    """Write down what the weights behind lit pairs are owed before this step.

    Without images, all weights count.
    """
    count, everything = 0, lit.counts[0] == 0
    for p in range(since.shape[0]):
        if everything or lit.starts[p] < lit.starts[p + 1]:
            gap = now - since[p]
            owe(pace, since[p], now, at(lit.owed, TERMS * count))
            lit.left[2 * count], lit.left[2 * count + 1] = pace.means[gap], pace.squares[gap]
            lit.pairs[count], since[p] = p, now
            count += 1
    lit.counts[1] = count


@compiled(inline=True)
def _learn(
    none: Vector, width: int, means: Pointer, squares: Pointer, deltas: Pointer, lit: Lit
) -> None:
    """Gradients of a block of the first kernel, which never leave the processor."""
    starts, images, values = at(lit.starts, 0), at(lit.images, 0), at(lit.values, 0)
    for n in range(lit.counts[1]):
        p = np.intp(lit.pairs[n])
        a, b, c, d = none, none, none, none  # an addition waits for the one before
        k, stop = 3 * starts[p], 3 * starts[p + 1]
        while k + 3 < stop:
            delta = load(deltas, np.intp(images[k]) * width, none)
            a, b = plus_times(a, values[k], delta), plus_times(b, values[k + 1], delta)
            delta = load(deltas, np.intp(images[k + 3]) * width, none)
            c, d = plus_times(c, values[k + 3], delta), plus_times(d, values[k + 4], delta)
            k += 6
        if k < stop:
            delta = load(deltas, np.intp(images[k]) * width, none)
            a, b = plus_times(a, values[k], delta), plus_times(b, values[k + 1], delta)
        i, left_1, left_2 = 2 * p * width, lit.left[2 * n], lit.left[2 * n + 1]
        learn(means, squares, i, plus(a, c), left_1, left_2)
        learn(means, squares, i + width, plus(b, d), left_1, left_2)


@compiled(inline=True)
def _pass_on(
    none: Vector,
    width: int,
    weights: Pointer,
    means: Pointer,
    squares: Pointer,
    out: Pointer,
    lit: Lit,
    moves: bool,
) -> None:
    """Signals of a block of the first layer; its weights may first be moved."""
    starts, images, values = at(lit.starts, 0), at(lit.images, 0), at(lit.values, 0)
    for n in range(lit.counts[1]):
        p = np.intp(lit.pairs[n])
        i, owed = 2 * p * width, at(lit.owed, TERMS * n)
        if moves:
            a = move(weights, means, squares, i, owed, none)
            b = move(weights, means, squares, i + width, owed, none)
        else:
            a, b = load(weights, i, none), load(weights, i + width, none)
        for k in range(3 * starts[p], 3 * starts[p + 1], 3):
            to = np.intp(images[k]) * width
            signal = plus_times(load(out, to, none), values[k], a)
            store(out, to, plus_times(signal, values[k + 1], b))


@compiled(inline=True)
def _block(
    none: Vector,
    width: int,
    weights: Pointer,
    means: Pointer,
    squares: Pointer,
    deltas: Pointer,
    out: Pointer,
    old: Lit,
    new: Lit,
    moves: bool,
) -> None:
    _learn(none, width, means, squares, deltas, old)
    _pass_on(none, width, weights, means, squares, out, new, moves)


@compiled()
def pass_first(state: State, network: Network, batch: Batch, old: Lit, new: Lit) -> None:
    """The first layer from one batch's deltas to the next one's signals, block by block.

    A block of its kernel stays in the second cache for both. Weights without means and squares
    stay as they are.
    """
    pixels, padded, head = network.padded[0], network.padded[1], network.head
    moves = state[1].shape[0] > 0
    j = 0
    while j < padded:
        width = width_of(padded - j)
        out = at(batch.signals, j * new.counts[0])
        for b in range(new.counts[0]):
            for c in range(0, width, LANES):
                store(out, b * width + c, load(at(state[0], head + j), c, zero(16)))
        i, deltas = pixels * j, at(batch.deltas, j * old.counts[0])
        weights, means, squares = at(state[0], i), at(state[1], i), at(state[2], i)
        if width == 64:
            _block(zero(64), 64, weights, means, squares, deltas, out, old, new, moves)
        elif width == 32:
            _block(zero(32), 32, weights, means, squares, deltas, out, old, new, moves)
        else:
            _block(zero(16), 16, weights, means, squares, deltas, out, old, new, moves)
        j += width
