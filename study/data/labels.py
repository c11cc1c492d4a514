"""Labels as people save them, numbers, text or one-hot rows, and the classes that they are."""

import numpy as np

from study.core.formatting import join_words
from study.core.validation import safe_repr

MAX_CLASSES = 10_000  # a network with more outputs than this needs another program

Label = int | str


def to_classes(y_train: np.ndarray, y_test: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Classes from 0 up, and in words which labels they are.

    The classes are the different labels of the training part in order: numbers by size, text by
    its letters, one-hot rows by the place of their 1. The words are empty if every label is its
    class already.

    Parameters
    ----------
    y_train, y_test
        (images,), or (images, 1), or one-hot (images, labels).

    Returns
    -------
    Two arrays (images,), int32, and the words.

    Raises
    ------
    ValueError
        If labels are neither whole numbers nor text, if training has one class or one for each
        image, or too many, and if the test part has a label that training does not have.
    """
    labels, classes = _distinct("y_train", y_train)
    _check_classes(labels, len(classes))
    test_labels, test_codes = _distinct("y_test", y_test)
    if y_train[0].size != y_test[0].size:
        raise ValueError(
            f"y_train has shape {y_train.shape}, y_test {y_test.shape}: one-hot rows are needed in "
            "both, equally long, or in neither"
        )
    numbers = {label: number for number, label in enumerate(labels)}
    unseen = [label for label in test_labels if label not in numbers]
    if unseen:
        raise ValueError(
            f"y_test has the label {safe_repr(unseen[0])}, which y_train ({_sample(labels)}) does "
            "not have: drop these images, or train on some of them"
        )
    test_classes = np.array([numbers[label] for label in test_labels])[test_codes]
    return classes.astype(np.int32), test_classes.astype(np.int32), _describe(labels)


def _distinct(key: str, y: np.ndarray) -> tuple[list[Label], np.ndarray]:
    """The different labels in order, and for each image (images,) which of them it has."""
    y = _to_row(key, y)
    if y.dtype.kind not in "biufUS":
        raise ValueError(
            f"{key} holds labels of type {y.dtype}: save them as whole numbers or text"
        )
    broken = y[~np.isfinite(y) | (y != np.trunc(y))] if y.dtype.kind == "f" else y[:0]
    if broken.size:
        raise ValueError(f"{key} has the label {broken[0]}: labels are whole numbers or text")
    values, codes = np.unique(y, return_inverse=True)
    try:
        return [_to_label(value) for value in values.tolist()], codes
    except SystemError as error:  # Python's, for code points that no character has
        raise ValueError(f"{key} holds text that is not Unicode: save it again") from error


def _to_row(key: str, y: np.ndarray) -> np.ndarray:
    """Labels (images,); of one-hot rows the number of the column with the 1."""
    if y.ndim == 2 and y.shape[1] > 1 and _is_one_hot(y):
        return np.nonzero(y)[1]
    if y.size != len(y):
        raise ValueError(
            f"{key} has shape {y.shape}; one label for each of {len(y)} images, or for each a row "
            "with a single 1 among zeros"
        )
    return y.reshape(-1)


def _is_one_hot(y: np.ndarray) -> bool:
    if y.dtype.kind not in "biuf" or not np.isin(y, (0, 1)).all():
        return False
    return bool((np.count_nonzero(y, axis=1) == 1).all())


def _to_label(value: float | str | bytes) -> Label:
    if isinstance(value, bytes):
        # Other bytes than UTF-8 stay different from each other.
        return value.decode("utf-8", "surrogateescape")
    return value if isinstance(value, str) else int(value)


def _check_classes(labels: list[Label], images: int) -> None:
    if len(labels) < 2:
        raise ValueError(f"y_train holds only the label {_sample(labels)}: two at least are needed")
    if len(labels) == images > 2:
        raise ValueError(
            f"y_train has another label for each of its {images:,} images: save the class of each"
        )
    if len(labels) > MAX_CLASSES:
        raise ValueError(
            f"y_train has {len(labels):,} different labels; allowed are {MAX_CLASSES:,}: are they "
            "classes?"
        )


def _describe(labels: list[Label]) -> str:
    """Which label is which class: labels 1 to 26 are classes 0 to 25."""
    last = len(labels) - 1
    if labels == list(range(last + 1)):
        return ""
    return f"labels {_sample(labels)} are classes {'0 and 1' if last == 1 else f'0 to {last}'}"


def _sample(labels: list[Label]) -> str:
    """The labels, or as many as fit into a line."""
    first, last = labels[0], labels[-1]
    if isinstance(first, int) and isinstance(last, int) and last - first == len(labels) - 1 > 1:
        return f"{first} to {last}"
    shown = [safe_repr(label) for label in labels]
    return join_words(shown) if len(shown) <= 3 else ", ".join([*shown[:3], "..."])
