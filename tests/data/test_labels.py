from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.core.errors import StudyError
from study.data.dataset import Dataset
from study.data.sources import load_dataset
from tests.data.files import Arrays, as_split, write_idx, write_npz

CODES = {"y_train": np.arange(40) % 3, "y_test": np.arange(9) % 3}


def load(folder: Path, images: Mapping[str, Any], labels: Mapping[str, Any]) -> Dataset:
    write_npz(folder / "own" / "a.npz", {**images, **labels})
    return load_dataset(str(folder / "own"))


def labelled(values: Sequence[Any] | np.ndarray, **options: Any) -> dict[str, np.ndarray]:
    """Labels for the images, in the order of `values`."""
    return {key: np.array(values, **options)[codes] for key, codes in CODES.items()}


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (labelled([1, 2, 3]), "labels 1 to 3 are classes 0 to 2"),
        (labelled([-1, 0, 1], dtype=np.int8), "labels -1 to 1 are classes 0 to 2"),
        (labelled([0, 5, 9], dtype=np.uint8), "labels 0, 5 and 9 are classes 0 to 2"),
        (labelled([2**63, 2**63 + 1, 2**64 - 1], dtype=np.uint64), f"labels {2**63}, {2**63 + 1} "),
        (labelled([1.0, 2.0, 3.0], dtype=np.float16), "labels 1 to 3 are classes 0 to 2"),
        (labelled(["cat", "dog", "emu"]), "labels 'cat', 'dog' and 'emu' are classes 0 to 2"),
        (labelled(["1", "10", "2"]), "labels '1', '10' and '2' are classes 0 to 2"),
        (labelled([b"caf\xc3\xa9", b"dog", b"emu"]), "labels 'café', 'dog' and 'emu' are "),
        (labelled([b"\xfd", b"\xfe", b"\xff"]), r"labels '\udcfd', '\udcfe' and '\udcff' are"),
        (labelled(np.eye(4)[[0, 1, 3]]), "labels 0, 1 and 3 are classes 0 to 2"),
    ],
)
def test_labels_are_classes_in_their_order_and_that_is_said(
    tmp_path: Path, images: Arrays, labels: dict[str, np.ndarray], words: str
) -> None:
    dataset = load(tmp_path, images, labels)
    assert dataset.y_train.tolist() == as_split({**images, **CODES})["y_train"].tolist()
    assert dataset.y_test.tolist() == CODES["y_test"].tolist()
    assert dataset.source.startswith(f"the folder own; {words}")
    assert dataset.classes == 3


def test_of_many_labels_a_few_are_said(tmp_path: Path, images: Arrays) -> None:
    names = np.array([f"the {n:02} animal" for n in range(12)])
    labels = {"y_train": names[np.arange(40) % 12], "y_test": names[np.arange(9) % 12]}
    source = load(tmp_path, images, labels).source
    assert source.endswith(
        "labels 'the 00 animal', 'the 01 animal', 'the 02 animal', ... are classes 0 to 11"
    )


def test_two_labels_are_two_classes(tmp_path: Path, images: Arrays) -> None:
    labels = {"y_train": np.where(CODES["y_train"] == 1, 1, -1), "y_test": np.full(9, -1)}
    dataset = load(tmp_path, images, labels)
    assert dataset.source.endswith("labels -1 and 1 are classes 0 and 1")
    own = as_split({**images, **labels})["y_train"]
    assert dataset.y_train.tolist() == (own == 1).tolist()
    assert not dataset.y_test.any()


def test_labels_need_not_be_of_one_type_in_both_parts(tmp_path: Path, images: Arrays) -> None:
    labels = {
        "y_train": np.array([1.0, 2.0, 3.0])[CODES["y_train"]],
        "y_test": np.array([[1], [2], [3]], np.uint8)[CODES["y_test"]],
    }
    assert load(tmp_path, images, labels).y_test.tolist() == CODES["y_test"].tolist()


@pytest.mark.parametrize(
    "labels",
    [
        CODES,
        labelled([0.0, 1.0, 2.0]),
        labelled([[0], [1], [2]], dtype=np.int64),
        labelled(np.eye(3)),
        labelled(np.eye(3, dtype=bool)),
        {key: codes.astype(">i8") for key, codes in CODES.items()},
    ],
)
def test_classes_from_0_up_stay_what_they_were(
    tmp_path: Path, images: Arrays, labels: dict[str, np.ndarray]
) -> None:
    dataset = load(tmp_path, images, labels)
    assert dataset.source == "the folder own"
    # Of the first release: studies of these images go on in their folders.
    assert dataset.fingerprint() == "8ea34996796574e9"


def test_true_and_false_are_two_classes(tmp_path: Path, images: Arrays) -> None:
    labels = {key: codes == 2 for key, codes in CODES.items()}
    dataset = load(tmp_path, images, labels)
    own = as_split({**images, **labels})["y_train"]
    assert dataset.y_train.tolist() == (own == own.max()).tolist()
    assert dataset.y_train.dtype == np.int32


def test_the_26_letters_of_emnist(tmp_path: Path) -> None:
    """They are numbered from 1."""
    letters = np.arange(1, 27, dtype=np.uint8)
    images = {
        "x_train": np.zeros((104, 28, 28), np.uint8),
        "y_train": np.tile(letters, 4),
        "x_test": np.zeros((26, 28, 28), np.uint8),
        "y_test": letters,
    }
    write_idx(tmp_path / "letters", images)
    dataset = load_dataset(str(tmp_path / "letters"))
    assert dataset.source == "the folder letters; labels 1 to 26 are classes 0 to 25"
    assert dataset.classes == 26
    assert dataset.y_test.tolist() == list(range(26))


TEXT_OF_NO_CHARACTERS = np.full(40, 0xFFFFFFFF, "<u4").view("<U1")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"y_train": np.float32(3)}, "y_train has shape"),
        ({"y_train": np.zeros(40)}, "y_train holds only the label 0: two at least"),
        ({"y_train": np.full(40, "")}, "y_train holds only the label ''"),
        ({"y_train": CODES["y_train"] + 0.5}, "y_train has the label 0.5: .* whole numbers or"),
        ({"y_test": np.array([0, 1, np.nan] * 3)}, "y_test has the label nan: "),
        ({"y_train": np.array([0, np.inf] * 20)}, "y_train has the label inf: "),
        ({"y_train": np.arange(40)}, "y_train has another label for each of its 40 images"),
        ({"y_train": CODES["y_train"].astype("M8[D]")}, r"y_train holds labels of type datetime64"),
        ({"y_train": CODES["y_train"] + 0j}, "y_train holds labels of type complex128"),
        ({"y_test": np.full(9, 7)}, r"y_test has the label 7, which y_train \(0 to 2\) does not"),
        (
            {"y_train": CODES["y_train"] * 2},
            r"y_test has the label 1, which y_train \(0, 2 and 4\)",
        ),
        (
            labelled(["cat", "dog", "emu"]) | {"y_test": np.full(9, "cat ")},
            r"y_test has the label 'cat ', which y_train \('cat', 'dog' and 'emu'\) does not have",
        ),
        ({"y_test": np.full(9, "1")}, r"y_test has the label '1', which y_train \(0 to 2\)"),
        ({"y_train": TEXT_OF_NO_CHARACTERS}, "y_train holds text that is not Unicode"),
        (labelled(np.eye(3) * 2), "y_train has shape .* a row with a single 1 among zeros"),
        (labelled([[1, 0], [0, 1], [1, 1]]), "y_train has shape .* a single 1"),
        ({"y_train": np.eye(3)[CODES["y_train"]]}, r"y_train has shape .*, y_test \(9,\): one-hot"),
        (
            {"y_train": np.eye(3)[CODES["y_train"]], "y_test": np.eye(4)[CODES["y_test"]]},
            r"y_test \(9, 4\): one-hot rows .* equally long",
        ),
    ],
)
def test_labels_that_make_no_sense_are_told(
    tmp_path: Path, images: Arrays, changed: dict[str, Any], told: str
) -> None:
    with pytest.raises(StudyError, match=told) as caught:
        load(tmp_path, images, changed)
    assert str(caught.value).startswith("dataset own (the folder own): ")
    assert "\n" not in str(caught.value)


def test_too_many_classes_are_told(tmp_path: Path) -> None:
    labels = np.arange(20_002) // 2
    pixels = np.zeros((20_002, 1, 1), np.uint8)
    images = {"x_train": pixels, "y_train": labels, "x_test": pixels, "y_test": labels}
    with pytest.raises(StudyError, match="has 10,001 different labels; allowed are 10,000"):
        load(tmp_path, images, {})


def test_images_sorted_by_class_are_split_with_a_share_of_each(
    tmp_path: Path, images: Arrays
) -> None:
    """Of sorted images the last 15 % would be of one class, which is hardly fitted."""
    codes = np.sort(images["y_train"])
    images["x_train"][:] = codes[:, None, None]  # each image shows its class
    dataset = load(tmp_path, images, {"y_train": codes})
    assert np.bincount(dataset.y_train[dataset.n_fitted :]).tolist() == [2, 2, 2]
    assert (dataset.x_train == dataset.y_train[:, None]).all()
    assert dataset.fingerprint() == load(tmp_path, images, {"y_train": codes}).fingerprint()


def test_parts_are_described(tmp_path: Path, images: Arrays) -> None:
    images["x_test"][:4] = images["x_train"][:4]
    split = load(tmp_path, images, {}).split
    assert split.test_in_training == 4
    assert split.validation_in_fitted == 0
    assert split.fewest == {"fitted": 11, "validation": 2, "test": 3}
    assert split.entropy == pytest.approx(np.log(3))


@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_black_and_white_images_are_seen_at_full_contrast(
    tmp_path: Path, images: Arrays, kind: type
) -> None:
    drawn: Arrays = {key: (images[key] > 127).astype(kind) for key in ("x_train", "x_test")}
    dataset = load(tmp_path, images, drawn)
    assert (dataset.x_train * dataset.scale).max() == 1
    assert dataset.x_train.dtype == np.uint8
    faint = load(tmp_path, images, {key: 1 * x.astype(np.uint8) for key, x in drawn.items()})
    assert faint.fingerprint() == dataset.fingerprint()
