"""Datasets: a function and a row each.

To add one, write a function that returns a `Dataset`, and give it a row in `SOURCES`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from study.core.errors import StudyError, reason_of, to_plain_line, translate_errors
from study.core.validation import to_path, unknown_name_error
from study.data.dataset import Arrays, Dataset, first_images, make_dataset
from study.data.download import KERAS_HOST, download, keras_cache
from study.data.folders import find_files, list_entries
from study.data.formats import read_files, read_folder, user_folder
from study.data.tables import is_table, load_table

MNIST_SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
FASHION_MNIST_SHAPES = {"x_train": (60_000, 28, 28), "x_test": (10_000, 28, 28)}
DIGITS_SOURCE = "bundled with scikit-learn"

OnDownload = Callable[[int, int], None]
"""Called with the bytes so far and in all."""
Loader = Callable[[Path | None, OnDownload | None], Dataset]
"""Called with the user's data folder and a progress callback."""


class UnavailableError(StudyError):
    """A dataset that is not here and could not be downloaded."""

    reason = ""


def unavailable(name: str, reason: str, folder: Path | None) -> UnavailableError:
    """The error for a dataset that is not in the user's folder and cannot be had, and why."""
    held = f"{folder} holds {list_entries(folder)}; " if folder else ""
    error = UnavailableError(
        f"--dataset {name} is unavailable ({held}{reason}): put {name}.npz or the four IDX files "
        "into a folder and name it with --data-dir or STUDY_DATA; or connect to the "
        "network for the Keras download; or use --dataset digits, which needs neither"
    )
    error.reason = reason
    return error


def load_dataset(
    name: str | None = None,
    data_dir: Path | None = None,
    on_download: OnDownload | None = None,
    *,
    target: str | None = None,
) -> Dataset:
    """Read a dataset.

    Parameters
    ----------
    name
        A row of `SOURCES`, a folder with an npz file under Keras's array names or with the four
        IDX files, see `study.data.folders.find_files`, or a CSV file, see
        `study.data.tables.load_table`. None: MNIST if it can be had, else digits.
    data_dir
        Where MNIST and Fashion-MNIST are looked for first; by default the folder that the
        environment variable STUDY_DATA names.
    on_download
        Called with (bytes so far, bytes in all) while a file is downloaded.
    target
        The column of a CSV file that holds the classes.

    Raises
    ------
    StudyError
        If the name is unknown, the data cannot be had, or its content is not in order; if a
        target is named for anything but a table.
    """

    def message(error: OSError) -> str:
        return (
            f"the dataset cannot be read ({reason_of(error)}): make it readable, or name another "
            "place with --data-dir or --dataset"
        )

    with translate_errors(OSError, message):
        if name is not None and is_table(name):
            return load_table(to_path("--dataset", name), target)
        if target is not None:
            raise StudyError(
                f"--target {target} is for tables: drop it, or name one with --dataset FILE.csv"
            )
        folder = user_folder(data_dir)
        if name is None:
            return load_default(folder, on_download)
        if name in SOURCES:
            return SOURCES[name](folder, on_download)
        return load_folder(to_path("--dataset", name))


def load_default(folder: Path | None, on_download: OnDownload | None) -> Dataset:
    """MNIST, or digits in its place."""
    try:
        return load_mnist(folder, on_download)
    except UnavailableError as error:
        digits = load_digits(folder, on_download)
        source = f"{digits.source}; {error.reason}"
        return replace(digits, source=source, instead_of="mnist")


def load_digits(_folder: Path | None, _on_download: OnDownload | None) -> Dataset:
    """scikit-learn's 1,797 scanned digits, every fifth one a test image.

    The file lists them by writer; a fixed shuffle keeps the validation images, the last ones,
    from being those of one writer.
    """
    from sklearn.datasets import load_digits as scanned_digits  # slow to import

    bunch = scanned_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    images, labels = bunch.images[order].astype(np.uint8), bunch.target[order]
    test = np.arange(len(images)) % 5 == 0
    arrays = {
        "x_train": images[~test],
        "y_train": labels[~test],
        "x_test": images[test],
        "y_test": labels[test],
    }
    return replace(make_dataset("digits", arrays, DIGITS_SOURCE, scale=1 / 16), official_test=False)


def load_mnist(folder: Path | None, on_download: OnDownload | None) -> Dataset:
    """The 60,000 and 10,000 images of MNIST, byte for byte."""
    arrays, source = find_arrays("mnist", folder, on_download)
    for key, expected in MNIST_SHA256.items():
        found = hashlib.sha256(arrays[key].tobytes()).hexdigest()
        if found != expected:
            raise StudyError(
                f"{key} from {source} is not MNIST's (SHA-256 {found[:8]}..., not "
                f"{expected[:8]}...): replace the file, or compare on your own images with "
                "--dataset FOLDER"
            )
    return make_dataset("mnist", arrays, source)


def load_fashion_mnist(folder: Path | None, on_download: OnDownload | None) -> Dataset:
    """As many images of clothes."""
    arrays, source = find_arrays("fashion-mnist", folder, on_download)
    shapes = {key: arrays[key].shape for key in FASHION_MNIST_SHAPES}
    digest = hashlib.sha256(arrays["x_test"].tobytes()).hexdigest()
    if shapes != FASHION_MNIST_SHAPES or digest == MNIST_SHA256["x_test"]:
        raise StudyError(
            f"the images from {source} are not Fashion-MNIST's (60,000 and 10,000 of 28 x 28, "
            "and not MNIST's): replace the files, or use --dataset FOLDER"
        )
    return make_dataset("fashion-mnist", arrays, source)


def first_of(load: Loader, count: int) -> Loader:
    """A loader of a dataset's first so many training images."""
    return lambda folder, on_download: first_images(load(folder, on_download), count)


SOURCES: dict[str, Loader] = {
    "digits": load_digits,
    "mnist": load_mnist,
    "fashion-mnist": load_fashion_mnist,
    "digits-500": first_of(load_digits, 500),
    "mnist-500": first_of(load_mnist, 500),
    "mnist-5000": first_of(load_mnist, 5_000),
    "fashion-mnist-500": first_of(load_fashion_mnist, 500),
    "fashion-mnist-5000": first_of(load_fashion_mnist, 5_000),
}
"""Datasets by name."""


def load_folder(path: Path) -> Dataset:
    """Images of one's own: one npz file, or the four IDX files."""
    if not path.is_dir():
        if path.exists() or len(path.parts) > 1:
            names = ", ".join(SOURCES)
            raise StudyError(
                f"--dataset {path} is not a folder: name one, a .csv file, or one of {names}"
            )
        raise unknown_name_error("dataset", str(path), list(SOURCES))
    files = find_files(path)
    if files is None:
        raise StudyError(
            f"--dataset {path} holds no images: put one npz file with x_train, y_train, x_test "
            "and y_test there, or the four IDX files (train-images-idx3-ubyte ..., also gzipped, "
            f"with a prefix, or in MNIST/raw/ or raw/); it holds {list_entries(path)}"
        )
    name = to_plain_line(path.resolve().name) or "images"  # the root of a disk has no name
    place = to_plain_line("/".join([name, *files[0].relative_to(path).parts[:-1]]))
    return make_dataset(name, read_files(files), source=f"the folder {place}", stratify=True)


def find_arrays(
    name: str, folder: Path | None, on_download: OnDownload | None
) -> tuple[Arrays, str]:
    """The arrays of a dataset that Keras has, and where they were found.

    Raises `UnavailableError` if they are nowhere.
    """
    if folder and (arrays := read_folder(folder, name)):
        return arrays, "the data folder"
    try:
        if arrays := read_folder(keras_cache(), name):
            return arrays, "the Keras cache"
        if arrays := read_folder(download(name, on_download), name):
            return arrays, "the Keras download"
    except OSError as error:  # a cache of somebody else's is no reason to stop, either
        reason = f"the download from {KERAS_HOST} failed: {reason_of(error)}"
        raise unavailable(name, reason, folder) from error
    raise unavailable(name, "the download has no such files", folder)
