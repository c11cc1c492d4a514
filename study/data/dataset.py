"""Labelled images, or rows of a table: how they are split, and what is checked of them."""

import functools
import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np

from study.core.errors import translate_errors
from study.core.records import make_rng
from study.core.study_info import Items, SplitInfo
from study.data.labels import to_classes
from study.data.split import count_fitted, describe_split, stratified_order

IMAGES_PER_TRAINING = 60_000  # a small dataset is gone through more often


Arrays = dict[str, np.ndarray]
"""Keras's names: x_train, y_train, x_test, y_test."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Labelled images, flattened, in two parts.

    The last 15 % of the training part are the validation images, as in Keras's
    `validation_split`.
    """

    name: str
    items: Items = "images"
    """What it has many of; the rows of a table are flat images to whatever trains on them."""
    source: str
    """Where the arrays were read, in words, and which labels are which classes if that needs
    saying."""
    instead_of: str = ""
    """The dataset that nobody named and that could not be had, if this one stands in for it."""
    official_test: bool = True
    """Whether the test images are those that everybody tests on."""
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
        return count_fitted(len(self.x_train))

    @property
    def default_epochs(self) -> int:
        """The tutorial's 3 on MNIST; more on fewer images, so that networks get to learn."""
        return max(3, math.ceil(IMAGES_PER_TRAINING / len(self.x_train)))

    @functools.cached_property
    def split(self) -> SplitInfo:
        """Whether training, validation and test images are what they should be."""
        return describe_split(self.x_train, self.y_train, self.x_test, self.y_test, self.items)

    def fingerprint(self) -> str:
        """A checksum of all arrays: two datasets are the same if theirs are."""
        digest = hashlib.sha256()
        if self.x_train.dtype == np.uint8 and self.scale == 1:
            digest.update(b"black and white")
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]


def make_dataset(
    name: str,
    arrays: Arrays,
    source: str,
    scale: float | None = None,
    *,
    stratify: bool = False,
) -> Dataset:
    """Check what a user's file holds and make it a dataset.

    Labels become classes from 0 up; where that changes them, `source` says which is which. With
    `stratify`, the images that validate are drawn, with their share of each class; else they are
    the last ones.

    Raises
    ------
    StudyError
        For anything but equally many images and labels, one image size, labels that
        `study.data.labels.to_classes` takes, and uint8 or bool pixels or finite real ones in
        0..1.
    """
    with translate_errors(ValueError, lambda error: f"dataset {name} ({source}): {error}"):
        for part in ("train", "test"):
            _check_part(part, arrays[f"x_{part}"], arrays[f"y_{part}"])
        pixels = _pixel_type(arrays["x_train"], arrays["x_test"])
        y_train, y_test, words = to_classes(arrays["y_train"], arrays["y_test"])
    x_train, x_test = (
        arrays[key].reshape(len(arrays[key]), -1).astype(pixels) for key in ("x_train", "x_test")
    )
    if stratify:  # everybody gets the same order of the same labels
        order = validation_order(y_train, np.random.default_rng(0))
        x_train, y_train = x_train[order], y_train[order]
    largest = max(x_train.max(), x_test.max())
    return Dataset(
        name=name,
        source=f"{source}; {words}" if words else source,
        scale=scale or (1 / 255 if largest > 1 else 1.0),  # black and white: 0 and 1
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
    )


def validation_order(y_train: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random order of training images whose last 15 % have their share of each class."""
    return stratified_order(y_train, len(y_train) - count_fitted(len(y_train)), rng)


def first_images(dataset: Dataset, count: int) -> Dataset:
    """A smaller dataset: the first so many training images, and all test images.

    Those that validate are drawn with their share of each class: among the last 75 of 500 images a
    class may be all but missing.
    """
    labels = dataset.y_train[:count]
    order = validation_order(labels, np.random.default_rng(0))
    return replace(
        dataset,
        name=f"{dataset.name}-{count}",
        source=f"{dataset.source}; the first {count:,} of {len(dataset.x_train):,} training images",
        x_train=dataset.x_train[order],
        y_train=labels[order],
    )


def resample_split(dataset: Dataset, seed: int) -> Dataset:
    """The same images, split by class and at random into parts as large as before.

    The test images stay if they are official.
    """
    rng = make_rng(seed, "split")
    x_train, y_train, x_test, y_test = (
        *(dataset.x_train, dataset.y_train),
        *(dataset.x_test, dataset.y_test),
    )
    if not dataset.official_test:
        x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
        training, test = np.split(stratified_order(y, len(y_test), rng), [len(y_train)])
        x_train, y_train, x_test, y_test = x[training], y[training], x[test], y[test]
    order = validation_order(y_train, rng)
    return replace(
        dataset, x_train=x_train[order], y_train=y_train[order], x_test=x_test, y_test=y_test
    )


def _check_part(part: str, x: np.ndarray, y: np.ndarray) -> None:
    """Raise ValueError unless these are images of pixels, and as many labels."""
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(f"x_{part} has shape {x.shape}; images are (count, height, width)")
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(f"y_{part} has shape {y.shape}; one label for each of {len(x)} images")
    if np.issubdtype(x.dtype, np.floating):
        if not (np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
            raise ValueError(
                f"x_{part} holds real pixels that are NaN or outside 0..1: mend or scale them"
            )
    elif x.dtype not in (np.uint8, np.bool_):
        raise ValueError(
            f"x_{part} has pixels of type {x.dtype}; allowed are uint8, bool and 0..1 reals"
        )


def _pixel_type(x_train: np.ndarray, x_test: np.ndarray) -> type[np.uint8 | np.float32]:
    """What the pixels of both parts are kept as; raises ValueError if the parts do not match."""
    if x_train.shape[1:] != x_test.shape[1:]:
        raise ValueError("training and test images differ in size: make them equal")
    if len(x_train) < 2:
        raise ValueError("one training image leaves nothing to validate on: two at least")
    real = [np.issubdtype(x.dtype, np.floating) for x in (x_train, x_test)]
    if real[0] != real[1]:
        raise ValueError("x_train and x_test have different pixel types: make them equal")
    return np.float32 if real[0] else np.uint8
