"""The first layer: sparse images times a dense kernel, and lazy Adam on that kernel.

The first kernel holds most of a network's weights, and most pixels of an image are 0. So the kernel
is read by active pair of pixels: the pair's two rows of a block stay in registers while they are
added to the activations of every image that has the pair, or while their gradient is accumulated
from the deltas of those images. Rows of pairs that no image of the batch has are not touched.
"""

import numpy as np

from study.training.kernel.jit import compiled
from study.training.kernel.layout import PAIR, ActivePixels, Batch, Images, NetworkShape, State
from study.training.kernel.lazy_adam import (
    TERMS,
    DecaySchedule,
    apply_deferred,
    defer,
    update_moments,
)
from study.training.kernel.simd import (
    F32,
    LANES,
    Pointer,
    Vector,
    add,
    block_width,
    fma,
    load,
    offset,
    pointer_to,
    prefetch,
    store,
    zero,
)

PREFETCH_DISTANCE = 8  # images
CACHE_LINE = 64  # bytes


@compiled()
def _prefetch_image(images: Images, image: int) -> None:
    """Start loading an image: the order is random, which no hardware prefetcher follows."""
    start, stop = images.offsets[image], images.offsets[image + 1]
    for k in range(start, stop, CACHE_LINE // images.pairs.itemsize):
        prefetch(pointer_to(images.pairs, k))
    for k in range(start * PAIR, stop * PAIR, CACHE_LINE // images.values.itemsize):
        prefetch(pointer_to(images.values, k))


@compiled()
def gather_active(
    images: Images, order: np.ndarray, begin: int, end: int, active: ActivePixels
) -> None:
    """Gather the active pixels of images order[begin] to order[end - 1] by pair: a transpose."""
    first, pairs = pointer_to(images.offsets, 0), pointer_to(images.pairs, 0)
    pixels = pointer_to(images.values, 0)
    offsets, values = pointer_to(active.offsets, 0), pointer_to(active.values, 0)
    numbers = pointer_to(active.images, 0)
    ends = offset(offsets, 1)  # while entries are added, the end of a pair: the start of the next
    active.counts[0], active.offsets[:] = end - begin, 0
    for b in range(begin, end):
        if b + PREFETCH_DISTANCE < order.shape[0]:
            _prefetch_image(images, order[b + PREFETCH_DISTANCE])
        for k in range(first[order[b]], first[order[b] + 1]):
            offsets[np.intp(pairs[k]) + 2] += 1
    for p in range(2, active.offsets.shape[0]):
        offsets[p] += offsets[p - 1]
    for b in range(end - begin):
        image = order[begin + b]
        for k in range(first[image], first[image + 1]):
            pair = np.intp(pairs[k])
            n = 3 * ends[pair]
            numbers[n] = b
            values[n] = F32(pixels[2 * k]) * images.scale
            values[n + 1] = F32(pixels[2 * k + 1]) * images.scale
            ends[pair] += 1


@compiled()
def defer_active(batch: Batch, schedule: DecaySchedule, step: int) -> None:
    """List the batch's pairs, with the deferred steps of their weights before this one.

    Of a batch without images, list all pairs.
    """
    active, last_updated = batch.active, batch.last_updated
    count, all_pairs = 0, active.counts[0] == 0
    for p in range(last_updated.shape[0]):
        if all_pairs or active.offsets[p] < active.offsets[p + 1]:
            gap = step - last_updated[p]
            defer(schedule, last_updated[p], step, pointer_to(active.deferred, TERMS * count))
            active.remaining[2 * count] = schedule.mean_remaining[gap]
            active.remaining[2 * count + 1] = schedule.square_remaining[gap]
            active.pairs[count], last_updated[p] = p, step
            count += 1
    active.counts[1] = count


@compiled(inline=True)
def _forward_block(
    like: Vector,
    width: int,
    state: tuple[Pointer, Pointer, Pointer],
    out: Pointer,
    active: ActivePixels,
    update: bool,
) -> None:
    weights, means, squares = state
    offsets, images = pointer_to(active.offsets, 0), pointer_to(active.images, 0)
    values = pointer_to(active.values, 0)
    for n in range(active.counts[1]):
        p = np.intp(active.pairs[n])
        i, deferred = 2 * p * width, pointer_to(active.deferred, TERMS * n)
        if update:
            a = apply_deferred(weights, means, squares, i, deferred, like)
            b = apply_deferred(weights, means, squares, i + width, deferred, like)
        else:
            a, b = load(weights, i, like), load(weights, i + width, like)
        for k in range(3 * offsets[p], 3 * offsets[p + 1], 3):
            row = np.intp(images[k]) * width
            total = fma(load(out, row, like), values[k], a)
            store(out, row, fma(total, values[k + 1], b))


@compiled(inline=True)
def _backward_block(
    like: Vector,
    width: int,
    state: tuple[Pointer, Pointer, Pointer],
    deltas: Pointer,
    active: ActivePixels,
) -> None:
    _, means, squares = state
    offsets, images = pointer_to(active.offsets, 0), pointer_to(active.images, 0)
    values = pointer_to(active.values, 0)
    for n in range(active.counts[1]):
        p = np.intp(active.pairs[n])
        a, b, c, d = like, like, like, like  # two accumulators of each row hide latency
        k, stop = 3 * offsets[p], 3 * offsets[p + 1]
        while k + 3 < stop:
            delta = load(deltas, np.intp(images[k]) * width, like)
            a, b = fma(a, values[k], delta), fma(b, values[k + 1], delta)
            delta = load(deltas, np.intp(images[k + 3]) * width, like)
            c, d = fma(c, values[k + 3], delta), fma(d, values[k + 4], delta)
            k += 6
        if k < stop:
            delta = load(deltas, np.intp(images[k]) * width, like)
            a, b = fma(a, values[k], delta), fma(b, values[k + 1], delta)
        i, mean, square = 2 * p * width, active.remaining[2 * n], active.remaining[2 * n + 1]
        update_moments(means, squares, i, add(a, c), mean, square)
        update_moments(means, squares, i + width, add(b, d), mean, square)


@compiled(inline=True)
def _pointers(state: State, i: int) -> tuple[Pointer, Pointer, Pointer]:
    return pointer_to(state.weights, i), pointer_to(state.means, i), pointer_to(state.squares, i)


@compiled()
def first_layer_forward(state: State, shape: NetworkShape, batch: Batch, update: bool) -> None:
    """Activations of the first layer; with `update`, apply the deferred steps to its kernel."""
    active, padded = batch.active, shape.padded[1]
    j = 0
    while j < padded:
        width = block_width(padded - j)
        out = pointer_to(batch.activations, j * active.counts[0])
        bias = pointer_to(state.weights, shape.dense_start + j)
        for b in range(active.counts[0]):
            for c in range(0, width, LANES):
                store(out, b * width + c, load(bias, c, zero(16)))
        block = _pointers(state, shape.padded[0] * j)
        if width == 64:
            _forward_block(zero(64), 64, block, out, active, update)
        elif width == 32:
            _forward_block(zero(32), 32, block, out, active, update)
        else:
            _forward_block(zero(16), 16, block, out, active, update)
        j += width


@compiled()
def first_layer_backward(state: State, shape: NetworkShape, batch: Batch) -> None:
    """Adam's moments of the first kernel from its gradient, which is never stored."""
    active, padded = batch.active, shape.padded[1]
    j = 0
    while j < padded:
        width = block_width(padded - j)
        deltas = pointer_to(batch.deltas, j * active.counts[0])
        block = _pointers(state, shape.padded[0] * j)
        if width == 64:
            _backward_block(zero(64), 64, block, deltas, active)
        elif width == 32:
            _backward_block(zero(32), 32, block, deltas, active)
        else:
            _backward_block(zero(16), 16, block, deltas, active)
        j += width
