"""One epoch of training, and evaluation: forward, loss, backward and Adam, for each batch."""

import math
from typing import Any

import numpy as np

from study.training.kernel.jit import compiled
from study.training.kernel.layout import EVALUATION_BATCH, Batch, Images, NetworkShape, State
from study.training.kernel.lazy_adam import DecaySchedule, apply_deferred, defer, update_moments
from study.training.kernel.simd import (
    F32,
    LANES,
    Pointer,
    add,
    add_matmul,
    block_width,
    exp,
    flush_denormals,
    horizontal_sum,
    load,
    multiply,
    offset,
    pointer_to,
    restore_denormals,
    zero,
)
from study.training.kernel.sparse_layer import (
    defer_active,
    first_layer_backward,
    first_layer_forward,
    gather_active,
)


@compiled()
def activate(activations: np.ndarray, relu: bool) -> None:
    """Apply the activation function in place; NaN stays NaN."""
    if relu:
        for j in range(activations.shape[0]):
            activations[j] = F32(0) if activations[j] < F32(0) else activations[j]
    else:
        for j in range(activations.shape[0]):
            activations[j] = F32(1) / (F32(1) + exp(-activations[j]))


@compiled()
def activation_gradient(deltas: np.ndarray, activations: np.ndarray, relu: bool) -> None:
    """Multiply deltas by the derivative of the activation function, in place."""
    if relu:
        for j in range(deltas.shape[0]):
            deltas[j] = deltas[j] if activations[j] > F32(0) else F32(0)
    else:
        for j in range(deltas.shape[0]):
            deltas[j] *= activations[j] * (F32(1) - activations[j])


@compiled()
def _layer_sizes(shape: NetworkShape, layer: int) -> tuple[int, int, int, int]:
    """Inputs and units of a layer, and both with padding."""
    units, padded = shape.units, shape.padded
    return units[layer], units[layer + 1], padded[layer], padded[layer + 1]


@compiled()
def _position(row: int, column: int, rows: int, columns: int) -> int:
    """Where an element of a matrix in blocks lies; `columns` are with padding."""
    start = 0
    width: int = block_width(columns)
    while column >= start + width:
        start += width
        width = block_width(columns - start)
    return rows * start + row * width + column - start


@compiled(inline=True)
def _dot(a: Pointer, m: int, rows_a: int, b: Pointer, n: int, rows_b: int, columns: int) -> Any:
    """The dot product of row m of one matrix and row n of another, both in blocks."""
    total, sum64 = F32(0), zero(64)
    i = 0
    while columns - i >= 64:
        x, y = load(a, rows_a * i + m * 64, sum64), load(b, rows_b * i + n * 64, sum64)
        sum64 = add(sum64, multiply(x, y))
        i += 64
    if i:
        total += horizontal_sum(sum64)
    if columns - i >= 32:
        x, y = load(a, rows_a * i + m * 32, zero(32)), load(b, rows_b * i + n * 32, zero(32))
        total += horizontal_sum(multiply(x, y))
        i += 32
    if columns > i:
        x, y = load(a, rows_a * i + m * 16, zero(16)), load(b, rows_b * i + n * 16, zero(16))
        total += horizontal_sum(multiply(x, y))
    return total


@compiled()
def _forward(weights: np.ndarray, shape: NetworkShape, batch: Batch, size: int) -> int:
    """Activations of all layers but the first; returns where the logits begin."""
    activations = batch.activations
    below = 0
    for layer in range(1, shape.units.shape[0] - 1):
        n_in, n_out, padded_in, padded_out = _layer_sizes(shape, layer)
        above, kernel_start = below + size * padded_in, shape.offsets[layer]
        activate(activations[below:above], shape.relu)
        for c in range(n_in, padded_in):  # the sigmoid of padding is not 0
            for b in range(size):
                activations[below + _position(b, c, size, padded_in)] = F32(0)
        inputs, kernel = pointer_to(activations, below), pointer_to(weights, kernel_start)
        bias, out = offset(kernel, n_out * padded_in), pointer_to(activations, above)
        for b in range(size):
            for c in range(n_out):
                total = bias[c] + _dot(inputs, b, size, kernel, c, n_out, padded_in)
                out[_position(b, c, size, padded_out)] = total
        below = above
    return below


@compiled()
def _cross_entropy(
    batch: Batch, shape: NetworkShape, top: int, labels: np.ndarray, indices: np.ndarray
) -> tuple[float, int]:
    """Softmax cross-entropy of the logits, which begin at `top`, and its gradient.

    Returns the sum over the images, and how many images are classified right. `indices` say which
    of all images, whose `labels` these are, the batch has. The gradient of the mean goes to the
    last layer's deltas.
    """
    classes, padded, row = shape.units[-1], shape.padded[-1], batch.logits
    loss, hits, size = 0.0, 0, indices.shape[0]
    for b in range(size):
        highest, best = F32(-np.inf), 0
        for c in range(classes):
            row[c] = batch.activations[top + _position(b, c, size, padded)]
            if not row[c] <= highest:  # also if it is NaN, which then reaches the loss
                highest, best = row[c], c
        label = labels[indices[b]]
        hits += best == label
        total, logit = F32(0), row[label]
        for c in range(classes):
            row[c] = exp(row[c] - highest)
            total += row[c]
        loss += math.log(total) + highest - logit
        for c in range(classes):
            delta = (row[c] / total - F32(c == label)) / F32(size)
            batch.deltas[top + _position(b, c, size, padded)] = delta
    return loss, hits


@compiled()
def _backward(weights: np.ndarray, shape: NetworkShape, batch: Batch, size: int, top: int) -> None:
    """Gradient of all weights but those of the first kernel, and deltas of all layers."""
    gradient, deltas, activations = batch.gradient, batch.deltas, batch.activations
    ones, start = pointer_to(batch.ones, 0), shape.dense_start
    zero_stride, one = np.intp(0), np.intp(1)  # numba would compile anew for literals
    gradient[:], deltas[:top] = F32(0), F32(0)
    above = top
    for layer in range(shape.units.shape[0] - 2, -1, -1):
        n_in, n_out, padded_in, padded_out = _layer_sizes(shape, layer)
        kernel_start, bias = shape.offsets[layer], shape.offsets[layer + 1] - padded_out
        below = above - size * padded_in
        o = 0
        while o < n_out:
            w_out = block_width(padded_out - o)
            delta, count = pointer_to(deltas, above + size * o), min(w_out, n_out - o)
            out = pointer_to(gradient, bias - start + o)
            add_matmul(out, delta, w_out, ones, (zero_stride, zero_stride), one, size)
            i = 0
            while layer and i < n_in:
                w_in = block_width(padded_in - i)
                kernel = kernel_start + n_out * i + o * w_in
                out, inputs = (
                    pointer_to(gradient, kernel - start),
                    pointer_to(activations, below + size * i),
                )
                add_matmul(out, inputs, w_in, delta, (one, w_out), count, size)
                out, rows = pointer_to(deltas, below + size * i), pointer_to(weights, kernel)
                add_matmul(out, rows, w_in, delta, (w_out, one), size, count)
                i += w_in
            o += w_out
        if layer:
            activation_gradient(deltas[below:above], activations[below:above], shape.relu)
        above = below


@compiled()
def adam_step(
    state: State, shape: NetworkShape, batch: Batch, schedule: DecaySchedule, step: int
) -> None:
    """Adam on all weights but those of the first kernel."""
    start, deferred = shape.dense_start, pointer_to(batch.deferred, 0)
    weights, means = pointer_to(state.weights, start), pointer_to(state.means, start)
    squares = pointer_to(state.squares, start)
    mean_remaining, square_remaining = schedule.mean_remaining[1], schedule.square_remaining[1]
    defer(schedule, step, step + 1, deferred)
    for i in range(0, batch.gradient.shape[0], LANES):
        gradient = load(pointer_to(batch.gradient, 0), i, zero(16))
        update_moments(means, squares, i, gradient, mean_remaining, square_remaining)
        apply_deferred(weights, means, squares, i, deferred, gradient)


@compiled()
def train_epoch(
    images: Images,
    state: State,
    shape: NetworkShape,
    batch: Batch,
    order: np.ndarray,
    batch_size: int,
    schedule: DecaySchedule,
) -> float:
    """Train on the images listed in `order`, (images of the epoch,) intp; return their mean loss.

    Each step takes the next `batch_size` of them, the last one what is left; `schedule` is that of
    this epoch, with as many steps. Weights and moments in `state` are trained in place.
    """
    before = flush_denormals()
    loss, count, steps = 0.0, order.shape[0], schedule.mean_remaining.shape[0] - 1
    active, update = batch.active, np.bool_(True)  # numba would compile anew for literals
    for step in range(steps):
        begin, end = step * batch_size, min((step + 1) * batch_size, count)
        gather_active(images, order, begin, end, active)
        defer_active(batch, schedule, step)
        first_layer_forward(state, shape, batch, update)
        top = _forward(state.weights, shape, batch, end - begin)
        loss += _cross_entropy(batch, shape, top, images.labels, order[begin:end])[0]
        _backward(state.weights, shape, batch, end - begin, top)
        first_layer_backward(state, shape, batch)
        adam_step(state, shape, batch, schedule, step)
    # Without images, what is still deferred is applied to all pairs, and their moments decay.
    active.counts[0], active.offsets[:] = 0, 0
    defer_active(batch, schedule, steps)
    first_layer_forward(state, shape, batch, update)
    first_layer_backward(state, shape, batch)
    batch.last_updated[:] = 0
    restore_denormals(before)
    return float(loss / count)


@compiled()
def evaluate(
    images: Images, state: State, shape: NetworkShape, batch: Batch, indices: np.ndarray
) -> tuple[float, int]:
    """Mean loss on images by their indices, (images,) intp, and how many are classified right."""
    before = flush_denormals()
    losses, hits, count = 0.0, 0, indices.shape[0]
    active, update = batch.active, np.bool_(False)
    active.counts[1] = active.pairs.shape[0]
    for p in range(active.pairs.shape[0]):
        active.pairs[p] = p
    for begin in range(0, count, EVALUATION_BATCH):
        end = min(begin + EVALUATION_BATCH, count)
        gather_active(images, indices, begin, end, active)
        first_layer_forward(state, shape, batch, update)
        top = _forward(state.weights, shape, batch, end - begin)
        loss, right = _cross_entropy(batch, shape, top, images.labels, indices[begin:end])
        losses += loss
        hits += right
    restore_denormals(before)
    return float(losses / count), hits
