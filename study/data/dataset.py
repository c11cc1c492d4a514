"""Labelled images: how they are split, and what is checked of them."""

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from study.core.errors import StudyError

VALIDATION_SHARE = 0.15  # the tutorial's validation_split


IMAGES_PER_TRAINING = 60_000  # a small dataset is gone through more often


Arrays = dict[str, np.ndarray]
"""Keras's names: x_train, y_train, x_test, y_test."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Labelled images, flattened, in two parts.

    The last 15 % of the training part are the validation images, as in Keras's
    `validation_split`; see `fitted`.
    """

    name: str
    source: str
    """Where the arrays were read, in words."""
    instead_of: str = ""
    """The dataset that nobody named and that could not be had, if this one stands in for it."""
    scale: float
    """Pixels times `scale` lie in 0..1."""
    x_train: np.ndarray
    """(training images, inputs), uint8 or float32."""
    y_train: np.ndarray
    """(training images,), int32, classes counted from 0."""
    x_test: np.ndarray
    y_test: np.ndarray

    @property
    def inputs(self) -> int:
        """Pixels per image."""
        return int(self.x_train.shape[1])

    @property
    def classes(self) -> int:
        return int(self.y_train.max()) + 1

    @property
    def n_fitted(self) -> int:
        """How many training images are fitted during a search; the others validate."""
        return math.floor(len(self.x_train) * (1.0 - VALIDATION_SHARE))

    @property
    def default_epochs(self) -> int:
        """The tutorial's 3 on MNIST; more on fewer images, so that networks get to learn."""
        return max(3, math.ceil(IMAGES_PER_TRAINING / len(self.x_train)))

    def fingerprint(self) -> str:
        """A checksum of all arrays: two datasets are the same if theirs are."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]


def make_dataset(name: str, arrays: Arrays, source: str, scale: float | None = None) -> Dataset:
    """Check what a user's file holds and make it a dataset.

    Raises
    ------
    StudyError
        For anything but equally many images and labels, one image size, whole labels from 0
        to at least 1 in both parts, and uint8 pixels or finite real ones in 0..1.
    """

    def wrong(what: str) -> StudyError:
        return StudyError(f"dataset {name} ({source}): {what}")

    for part in ("train", "test"):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if x.ndim < 2 or 0 in x.shape:
            raise wrong(f"x_{part} has shape {x.shape}; images are (count, height, width)")
        if y.ndim == 0 or y.size != len(y) or len(y) != len(x):
            raise wrong(f"y_{part} has shape {y.shape}; one label for each of {len(x)} images")
        if not np.issubdtype(y.dtype, np.integer) or y.min() < 0:
            raise wrong(f"y_{part} must hold whole numbers from 0 up (its type is {y.dtype})")
        if np.issubdtype(x.dtype, np.floating):
            if not (np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
                raise wrong(f"x_{part} holds real pixels outside 0..1: scale them, or use uint8")
        elif x.dtype != np.uint8:
            raise wrong(f"x_{part} has pixels of type {x.dtype}; allowed are uint8 and 0..1 reals")
    classes = int(arrays["y_train"].max()) + 1
    if classes < 2 or len(np.unique(arrays["y_train"])) != classes:
        raise wrong("y_train must use every class from 0 up, and at least two")
    if arrays["y_test"].max() >= classes:
        raise wrong(f"y_test has class {arrays['y_test'].max()}, which y_train does not have")
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise wrong("training and test images differ in size: make them equal")
    if len(arrays["x_train"]) < 2:
        raise wrong("one training image leaves nothing to validate on: two at least")
    uint8 = arrays["x_train"].dtype == arrays["x_test"].dtype == np.uint8
    if not uint8 and np.uint8 in (arrays["x_train"].dtype, arrays["x_test"].dtype):
        raise wrong("x_train and x_test have different pixel types: make them equal")
    pixels = np.uint8 if uint8 else np.float32
    flat = {k: arrays[k].reshape(len(arrays[k]), -1).astype(pixels) for k in ("x_train", "x_test")}
    labels = {k: arrays[k].reshape(-1).astype(np.int32) for k in ("y_train", "y_test")}
    return Dataset(
        name=name,
        source=source,
        scale=scale or (1 / 255 if uint8 else 1.0),
        x_train=flat["x_train"],
        y_train=labels["y_train"],
        x_test=flat["x_test"],
        y_test=labels["y_test"],
    )
