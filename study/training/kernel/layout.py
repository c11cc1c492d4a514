"""How images, networks and their weights lie in memory for the compiled `steps`.

Most pixels of most images are 0, so images are lists of lit pairs: two pixels beside each other, at
least one of which is not 0. Matrices are blocks of 64, 32 or 16 columns one after the other, the
last filled up with columns of 0: a row of a block stays in registers while others are added to it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from study.training.kernel.lazy_adam import TERMS
from study.training.kernel.simd import LANES, F, width_of

PAIR = 2  # pixels that are taken at once: neighbours are mostly lit together

State = tuple[np.ndarray, np.ndarray, np.ndarray]  # weights, Adam's means and squares of each


class Images(NamedTuple):
    """Images as lists of their lit pairs: image i has those from starts[i] to starts[i + 1]."""

    starts: np.ndarray
    pairs: np.ndarray
    values: np.ndarray
    """Two for each pair, as stored; times `scale` they are 0 to 1."""
    scale: np.float32
    labels: np.ndarray


class Network(NamedTuple):
    """The shape of a network, and where its arrays are in the flat vector of its weights."""

    units: np.ndarray
    """Of the input, and of each layer."""
    padded: np.ndarray
    """The same, filled up to whole pairs of pixels, and to whole vectors of units."""
    kernels: np.ndarray
    """Where each layer's kernel begins, and where the last layer ends. Behind a kernel lies its
    bias."""
    head: int
    """Where the first kernel ends: from there on, weights have a gradient at every step."""
    relu: bool
    """Whether hidden units are rectified linear ones; else they are sigmoid."""


class Lit(NamedTuple):
    """The lit pairs of a batch, and what Adam has to do for the weights behind them."""

    counts: np.ndarray
    """How many images there are, and how many pairs are lit."""
    starts: np.ndarray
    """Pair p is lit in the images listed from starts[p] to starts[p + 1]."""
    images: np.ndarray
    """At 3 k, the k-th that is listed."""
    values: np.ndarray
    """At 3 k and 3 k + 1, those of the pair in it, from 0 to 1. The same memory as `images`."""
    pairs: np.ndarray
    """Those that are lit, in order; what follows here is of these."""
    owed: np.ndarray
    """Four numbers of each, see `adam.owe`."""
    left: np.ndarray
    """Two numbers of each: what is left of the means and of the squares."""


class Batch(NamedTuple):
    """What a step works with."""

    lit: tuple[Lit, Lit]
    """Of this step and of another."""
    since: np.ndarray
    """The step from which on the weights behind each pair are owed their moves."""
    signals: np.ndarray
    """Of each layer, the first one first, a row per image: the last one's are the logits."""
    deltas: np.ndarray
    """The loss's derivatives by the signals."""
    gradient: np.ndarray
    """Of all weights but those of the first kernel."""
    owed: np.ndarray
    """What these are owed, see `adam.owe`."""
    logits: np.ndarray
    """Room for those of one image."""
    one: np.ndarray
    """The number 1, for a plain sum."""


def packed(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """A kernel and a bias for each layer, as Keras has them, as one flat vector."""
    kernel, bias, *others = arrays
    pixels = len(kernel)
    parts = [_blocks(np.pad(kernel, ((0, whole(pixels, PAIR) - pixels), (0, 0))))]
    parts += [_blocks(bias[None])]
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
    kernel, bias = np.split(first, [network.head])
    arrays = [_matrix(kernel, network.padded[0], units[1])[: units[0]], bias[: units[1]]]
    for part, n_in, n_out in zip(others, units[1:], units[2:], strict=False):
        kernel, bias = np.split(part, [n_out * whole(n_in)])
        arrays += [_matrix(kernel, n_out, n_in).T, bias[:n_out]]
    return arrays


def whole(columns: Any, unit: int = LANES) -> Any:
    """As many columns as whole vectors (or other units) have; also of an array of counts."""
    return -(-columns // unit) * unit


def _widths(columns: int) -> list[int]:
    """Of the blocks of so many columns."""
    widths, left = [], int(whole(columns))
    while left:
        widths.append(int(width_of(left)))
        left -= widths[-1]
    return widths


def _blocks(matrix: np.ndarray) -> np.ndarray:
    """A matrix as its blocks one after the other, filled up with 0."""
    columns = matrix.shape[1]
    filled = np.pad(matrix, ((0, 0), (0, whole(columns) - columns)))
    ends = np.cumsum(_widths(columns))
    return np.concatenate([part.ravel() for part in np.split(filled, ends[:-1], axis=1)])


def _matrix(flat: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The matrix that `_blocks` made flat."""
    widths = _widths(columns)
    parts = np.split(flat, rows * np.cumsum(widths[:-1], dtype=int))
    blocks = [part.reshape(rows, width) for part, width in zip(parts, widths, strict=True)]
    return np.hstack(blocks)[:, :columns]


def network_of(units: Sequence[int], *, relu: bool) -> Network:
    """The shape of a network of so many inputs, and so many units in each layer."""
    counts = np.array(units, np.intp)
    filled = np.array([whole(units[0], PAIR), *whole(counts[1:])], np.intp)
    head = int(filled[0] * filled[1])
    sizes = np.array([head, *(counts[2:] * filled[1:-1])]) + filled[1:]
    return Network(counts, filled, np.cumsum([0, *sizes]), head, relu)


def batch_of(network: Network, size: int) -> Batch:
    """Room for steps of up to so many images."""
    pairs, layers = network.padded[0] // PAIR, network.padded[1:]
    signals = size * layers.sum()
    return Batch(
        lit=(_lit(pairs, size), _lit(pairs, size)),
        since=np.zeros(pairs, np.intp),
        signals=zeros(signals),
        deltas=zeros(signals),
        gradient=zeros(network.kernels[-1] - network.head),
        owed=np.zeros(TERMS, F),
        logits=np.zeros(layers[-1], F),
        one=np.ones(1, F),
    )


def _lit(pairs: int, size: int) -> Lit:
    listed = np.zeros(size * pairs * (1 + PAIR), np.uint32)
    return Lit(
        counts=np.zeros(2, np.intp),
        starts=np.zeros(pairs + 2, np.intp),
        images=listed,
        values=listed.view(F)[1:],
        pairs=np.zeros(pairs, np.uint32),
        owed=np.zeros(pairs * TERMS, F),
        left=np.zeros(pairs * 2, F),
    )


def images_of(images: np.ndarray, labels: np.ndarray, scale: float) -> Images:
    """Images of shape (count, pixels) as lists of lit pairs; times `scale` they are 0 to 1."""
    count, pixels = images.shape
    filled = whole(pixels, PAIR)
    padded = np.pad(images, ((0, 0), (0, filled - pixels)))
    values = padded.reshape(count, filled // PAIR, PAIR)
    lit = values.any(axis=2)
    numbers = np.arange(lit.shape[1], dtype=np.uint16 if lit.shape[1] <= 2**16 else np.uint32)
    return Images(
        starts=np.concatenate([[0], lit.sum(axis=1).cumsum()]),
        pairs=np.broadcast_to(numbers, lit.shape)[lit],
        values=values[lit].ravel(),
        scale=F(scale),
        labels=labels,
    )
