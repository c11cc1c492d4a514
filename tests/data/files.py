"""Files of images, as people have them."""

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from study.data.dataset import validation_order

Arrays = dict[str, np.ndarray]

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""MNIST's, as they were published."""


def write_idx(
    folder: Path, images: Arrays, *, names: Sequence[str] = NAMES, zipped: bool = False
) -> None:
    """Four IDX files; `names` are those of x_train, y_train, x_test and y_test."""
    folder.mkdir(exist_ok=True, parents=True)
    for key, name in zip(("x_train", "y_train", "x_test", "y_test"), names, strict=True):
        array = images[key]
        head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        body = head + array.tobytes()
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(body))
        else:
            (folder / name).write_bytes(body)


def write_npz(path: Path, images: Arrays) -> None:
    """One npz file of these arrays."""
    path.parent.mkdir(exist_ok=True, parents=True)
    np.savez_compressed(path, **images)  # type: ignore[arg-type]


def as_split(images: Arrays) -> Arrays:
    """The arrays of a user's folder as a study has them: the images that validate come last."""
    classes = np.unique(images["y_train"], return_inverse=True)[1]
    order = validation_order(classes, np.random.default_rng(0))
    return images | {key: images[key][order] for key in ("x_train", "y_train")}
