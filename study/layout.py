"""How images, networks and their weights lie in memory for the compiled `steps`.

Most pixels of most images are 0, so images are lists of lit pixels. Matrices are blocks of 64, 32
or 16 columns one after the other, the last filled up with columns that nobody reads: a row of a
block stays in registers while others are added to it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from study.vectors import LANES, F, width_of

GROUP = 4096  # weights that Adam takes at once: their gradient stays in the first cache

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
    one: np.ndarray
    """The number 1, for a plain sum."""


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
    ends, left = [0], int(whole(columns))
    while left:
        width = width_of(left)
        ends.append(ends[-1] + width)
        left -= width
    return np.array(ends[1:-1], np.intp)


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
        one=np.ones(1, F),
    )


def images_of(images: np.ndarray, labels: np.ndarray, scale: float) -> Images:
    """Images of shape (count, pixels) as lists of lit pixels; times `scale` they are 0 to 1."""
    lit = images != 0
    numbers = np.arange(images.shape[1], dtype=np.uint16 if images.shape[1] <= 2**16 else np.uint32)
    return Images(
        starts=np.concatenate([[0], lit.sum(axis=1).cumsum()]),
        pixels=np.broadcast_to(numbers, images.shape)[lit],
        values=images[lit],
        scale=F(scale),
        labels=labels,
    )
