"""Image datasets: where they come from, what is checked, and how they are split."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from study.core.errors import StudyError, plain
from study.core.settings import unknown
from study.data.formats import download, keras_cache, read_folder, user_folder

VALIDATION_SHARE = 0.15  # the tutorial's validation_split
IMAGES_PER_TRAINING = 60_000  # a small dataset is gone through more often

Arrays = dict[str, np.ndarray]
"""Keras's names: x_train, y_train, x_test, y_test."""

MNIST_SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


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
    def fitted(self) -> int:
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


def load_dataset(
    name: str | None = None,
    data_dir: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read a dataset.

    Parameters
    ----------
    name
        One of `DATASETS`, or a folder with an npz file under Keras's array names or with the
        four IDX files. None: MNIST if it can be had, else digits.
    data_dir
        Where MNIST and Fashion-MNIST are looked for first; by default the folder that the
        environment variable STUDY_DATA names.
    progress
        Called with (bytes so far, bytes in all) while a file is downloaded.

    Raises
    ------
    StudyError
        If the name is unknown, the data cannot be had, or its content is not in order.
    """
    try:
        return _load(name, user_folder(data_dir), progress)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else error
        raise StudyError(
            f"the dataset cannot be read ({reason}): make it readable, or name another place "
            "with --data-dir or --dataset"
        ) from error


def _load(
    name: str | None, folder: Path | None, progress: Callable[[int, int], None] | None
) -> Dataset:
    if name is None:
        arrays, source = _find("mnist", folder, progress)
        if arrays is None:
            return replace(_digits(f"{DIGITS_SOURCE}; {source}"), instead_of="mnist")
        return _mnist(arrays, source)
    if name == "digits":
        return _digits(DIGITS_SOURCE)
    if name in KNOWN:
        arrays, source = _find(name, folder, progress)
        if arrays is None:
            raise StudyError(
                f"--dataset {name} cannot be had ({source}): put {name}.npz or the four IDX files "
                "into a folder and name it with --data-dir or STUDY_DATA; or connect to the "
                "network for the Keras download; or take --dataset digits, which needs neither"
            )
        return KNOWN[name](arrays, source)
    path = Path(name)
    if not path.is_dir():
        if path.exists() or len(path.parts) > 1:
            names = ", ".join(DATASETS)
            raise StudyError(f"--dataset {name} is no folder: name a folder or one of {names}")
        raise unknown("dataset", name, DATASETS)
    found = read_folder(path)
    if found is None:
        raise StudyError(
            f"--dataset {name} holds no images: put one npz file with x_train, y_train, x_test "
            "and y_test there, or the four IDX files (train-images-idx3-ubyte ...)"
        )
    own = plain(path.resolve().name) or "images"  # the root of a disk has no name
    return checked(own, found, source=f"the folder {own}")


def _find(
    name: str, folder: Path | None, progress: Callable[[int, int], None] | None
) -> tuple[Arrays | None, str]:
    """The arrays and their source, or None and why there are none."""
    if folder and (arrays := read_folder(folder, name)):
        return arrays, "the data folder"
    try:
        if arrays := read_folder(keras_cache(), name):
            return arrays, "the Keras cache"
        return read_folder(download(name, progress), name), "the Keras download"
    except OSError as error:  # a cache of somebody else's is no reason to stop, either
        return None, f"the download failed: {getattr(error, 'reason', None) or error}"


def _mnist(arrays: Arrays, source: str) -> Dataset:
    for key, expected in MNIST_SHA256.items():
        found = hashlib.sha256(arrays[key].tobytes()).hexdigest()
        if found != expected:
            raise StudyError(
                f"{key} from {source} is not MNIST's (SHA-256 {found[:8]}..., not "
                f"{expected[:8]}...): replace the file, or compare on your own images with "
                "--dataset FOLDER"
            )
    return checked("mnist", arrays, source)


def _fashion_mnist(arrays: Arrays, source: str) -> Dataset:
    shapes = {key: arrays[key].shape for key in ("x_train", "x_test")}
    expected = {"x_train": (60_000, 28, 28), "x_test": (10_000, 28, 28)}
    digest = hashlib.sha256(arrays["x_test"].tobytes()).hexdigest()
    if shapes != expected or digest == MNIST_SHA256["x_test"]:
        raise StudyError(
            f"the images from {source} are not Fashion-MNIST's (60,000 and 10,000 of 28 x 28, "
            "and not MNIST's): replace the files, or use --dataset FOLDER"
        )
    return checked("fashion-mnist", arrays, source)


def _digits(source: str) -> Dataset:
    """scikit-learn's 1,797 scanned digits, every fifth one a test image.

    The file lists them by writer; a fixed shuffle keeps the validation images, the last ones,
    from being those of one writer.
    """
    from sklearn.datasets import load_digits  # slow to import, needed for this dataset only

    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    images, labels = bunch.images[order].astype(np.uint8), bunch.target[order]
    test = np.arange(len(images)) % 5 == 0
    arrays = {
        "x_train": images[~test],
        "y_train": labels[~test],
        "x_test": images[test],
        "y_test": labels[test],
    }
    return checked("digits", arrays, source, scale=1 / 16)


DIGITS_SOURCE = "embedded in scikit-learn"
KNOWN: dict[str, Callable[[Arrays, str], Dataset]] = {
    "mnist": _mnist,
    "fashion-mnist": _fashion_mnist,
}
DATASETS = ["digits", *KNOWN]


def checked(name: str, arrays: Arrays, source: str, scale: float | None = None) -> Dataset:
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
