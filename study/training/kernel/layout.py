"""How images, weights and activations are laid out in memory, and conversion from and to arrays.

Most pixels of most images are 0, so images are sparse rows of active pairs: two neighbouring
pixels, at least one of them not 0. Weights and activations are stored in blocks of columns, see
`simd`; all matrices of a kind lie one after the other in one flat float32 array.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from study.training.kernel.lazy_adam import TERMS
from study.training.kernel.simd import F32, LANES, block_width

PAIR = 2  # pixels per pair: neighbours are mostly active together
EVALUATION_BATCH = 128  # images evaluated at once


class Images(NamedTuple):
    """Images in compressed sparse rows: the pairs of image i are offsets[i] to offsets[i + 1]."""

    offsets: np.ndarray
    """(images + 1,) intp."""
    pairs: np.ndarray
    """(active pairs,) uint16 or uint32: pair p is pixels 2 p and 2 p + 1."""
    values: np.ndarray
    """(2 * active pairs,), of the type of the pixels."""
    scale: np.float32
    """Values times this are 0 to 1."""
    labels: np.ndarray
    """(images,) int32, classes counted from 0."""


class NetworkShape(NamedTuple):
    """The layers of a network, and where their weights are."""

    units: np.ndarray
    """(layers + 1,) intp: inputs, then the units of each layer."""
    padded: np.ndarray
    """The same, inputs rounded up to pairs, units to vectors of 16."""
    offsets: np.ndarray
    """(layers + 1,) intp: where each layer's kernel begins, and the number of all weights. The
    layer's bias follows its kernel."""
    dense_start: int
    """Where the first kernel ends. Weights from here on have a gradient in every step."""
    relu: bool
    """Whether hidden units are rectified linear; else they are sigmoid."""


class State(NamedTuple):
    """Weights and Adam's moments, float32 of shape (all weights,), trained in place."""

    weights: np.ndarray
    means: np.ndarray
    """First moments, as the last update of each weight left them."""
    squares: np.ndarray
    """Second moments, likewise."""


class ActivePixels(NamedTuple):
    """The active pixels of a batch in compressed sparse columns: by pair, then by image."""

    counts: np.ndarray
    """(2,) intp: images in the batch, and active pairs."""
    offsets: np.ndarray
    """(pairs + 2,) intp. Pair p has the entries offsets[p] to offsets[p + 1]."""
    images: np.ndarray
    """uint32. At 3 k, the image of entry k, counted within the batch."""
    values: np.ndarray
    """float32. At 3 k and 3 k + 1, the two pixels of entry k, 0 to 1. Shares the memory of
    `images`, so that an entry is 12 contiguous bytes."""
    pairs: np.ndarray
    """(pairs,) uint32: the pairs with entries, ascending. What follows is in their order."""
    deferred: np.ndarray
    """(TERMS * pairs,) float32, see `lazy_adam.defer`."""
    remaining: np.ndarray
    """(2 * pairs,) float32: the shares of the first and the second moments that are left."""


class Batch(NamedTuple):
    """Working memory of a step. Activations and deltas of a layer are (images, units) in blocks."""

    active: ActivePixels
    last_updated: np.ndarray
    """(pairs,) intp: the step up to which the weights of each pair are updated."""
    activations: np.ndarray
    """float32, of all layers, the first one first; of the last layer, the logits."""
    deltas: np.ndarray
    """float32, the gradient of the loss with respect to the activations."""
    gradient: np.ndarray
    """float32, the gradient with respect to the weights from `dense_start` on."""
    deferred: np.ndarray
    """(TERMS,) float32, for those weights."""
    logits: np.ndarray
    """float32, of one image."""
    ones: np.ndarray
    """(1,) float32: with stride 0, the weights of a plain sum."""


def round_up(count: Any, unit: int = LANES) -> Any:
    """The next multiple of `unit`; also of every element of an array."""
    return -(-count // unit) * unit


def zeros(count: int) -> np.ndarray:
    """float32 zeros, aligned to 64 bytes: no vector straddles two cache lines."""
    buffer = np.zeros(count + LANES, F32)
    skipped = -buffer.ctypes.data % (LANES * buffer.itemsize) // buffer.itemsize
    return buffer[skipped : skipped + count]


def prepare_images(pixels: np.ndarray, labels: np.ndarray, scale: float) -> Images:
    """Images as the compiled functions take them.

    `pixels` has shape (images, inputs), uint8 or float32, and times `scale` lies in 0..1; `labels`
    has shape (images,), int32, classes counted from 0.
    """
    count, inputs = pixels.shape
    padded = np.pad(pixels, ((0, 0), (0, round_up(inputs, PAIR) - inputs)))
    values = padded.reshape(count, -1, PAIR)
    active = values.any(axis=2)
    numbers = np.arange(active.shape[1], dtype=np.uint16 if active.shape[1] <= 2**16 else np.uint32)
    return Images(
        offsets=np.concatenate([[0], active.sum(axis=1).cumsum()]),
        pairs=np.broadcast_to(numbers, active.shape)[active],
        values=values[active].ravel(),
        scale=F32(scale),
        labels=labels,
    )


def network_shape(units: Sequence[int], *, relu: bool) -> NetworkShape:
    """The shape of a network; `units` are its inputs, then the units of each layer."""
    counts = np.array(units, np.intp)
    padded = np.array([round_up(units[0], PAIR), *round_up(counts[1:])], np.intp)
    dense_start = int(padded[0] * padded[1])
    sizes = np.array([dense_start, *(counts[2:] * padded[1:-1])]) + padded[1:]
    return NetworkShape(counts, padded, np.cumsum([0, *sizes]), dense_start, relu)


def allocate_batch(shape: NetworkShape, batch_size: int) -> Batch:
    """Working memory for batches of up to so many images, and for evaluation."""
    size = max(batch_size, EVALUATION_BATCH)
    pairs, layers = shape.padded[0] // PAIR, shape.padded[1:]
    entries = np.zeros(size * pairs * (1 + PAIR), np.uint32)
    active = ActivePixels(
        counts=np.zeros(2, np.intp),
        offsets=np.zeros(pairs + 2, np.intp),
        images=entries,
        values=entries.view(F32)[1:],
        pairs=np.zeros(pairs, np.uint32),
        deferred=np.zeros(pairs * TERMS, F32),
        remaining=np.zeros(pairs * 2, F32),
    )
    return Batch(
        active=active,
        last_updated=np.zeros(pairs, np.intp),
        activations=zeros(size * layers.sum()),
        deltas=zeros(size * layers.sum()),
        gradient=zeros(shape.offsets[-1] - shape.dense_start),
        deferred=np.zeros(TERMS, F32),
        logits=np.zeros(layers[-1], F32),
        ones=np.ones(1, F32),
    )


def pack_weights(arrays: Sequence[np.ndarray]) -> State:
    """A copy of the weights with Adam's moments at 0.

    `arrays` are a kernel, (inputs, units), and a bias, (units,), for each layer, as Keras's
    `get_weights` returns them.
    """
    kernel, bias, *others = arrays
    inputs = len(kernel)
    parts = [_to_blocks(np.pad(kernel, ((0, round_up(inputs, PAIR) - inputs), (0, 0))))]
    parts += [_to_blocks(bias[None])]
    for kernel, bias in zip(others[::2], others[1::2], strict=True):
        parts += [_to_blocks(kernel.T), _to_blocks(bias[None])]
    count = sum(part.size for part in parts)
    return State(np.concatenate(parts, out=zeros(count)), zeros(count), zeros(count))


def unpack_weights(state: State, shape: NetworkShape) -> list[np.ndarray]:
    """The kernel and the bias of each layer, as `pack_weights` takes them."""
    first, *others = np.split(state.weights, shape.offsets[1:-1])
    units = shape.units
    kernel, bias = np.split(first, [shape.dense_start])
    arrays = [_from_blocks(kernel, shape.padded[0], units[1])[: units[0]], bias[: units[1]]]
    for part, n_in, n_out in zip(others, units[1:], units[2:], strict=False):
        kernel, bias = np.split(part, [n_out * round_up(n_in)])
        arrays += [_from_blocks(kernel, n_out, n_in).T, bias[:n_out]]
    return arrays


def _block_widths(columns: int) -> list[int]:
    widths, left = [], int(round_up(columns))
    while left:
        widths.append(int(block_width(left)))
        left -= widths[-1]
    return widths


def _to_blocks(matrix: np.ndarray) -> np.ndarray:
    """A matrix as flat blocks, padded with zeros."""
    columns = matrix.shape[1]
    padded = np.pad(matrix, ((0, 0), (0, round_up(columns) - columns)))
    ends = np.cumsum(_block_widths(columns))
    return np.concatenate([block.ravel() for block in np.split(padded, ends[:-1], axis=1)])


def _from_blocks(flat: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The matrix that `_to_blocks` made flat."""
    widths = _block_widths(columns)
    parts = np.split(flat, rows * np.cumsum(widths[:-1], dtype=int))
    blocks = [part.reshape(rows, width) for part, width in zip(parts, widths, strict=True)]
    return np.hstack(blocks)[:, :columns]
