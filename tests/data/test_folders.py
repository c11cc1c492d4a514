import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from study.core.errors import StudyError
from study.data.sources import load_dataset
from tests.data.files import NAMES, Arrays, as_split, write_idx, write_npz

EMNIST = ("balanced", "byclass", "bymerge", "digits", "letters", "mnist")


def emnist(part: str) -> list[str]:
    """The names of the files of a part of EMNIST, as it is published."""
    return [f"emnist-{part}-{name}" for name in renamed("t10k", "test")]


def renamed(old: str, new: str) -> list[str]:
    return [name.replace(old, new) for name in NAMES]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        renamed("-idx", ".idx"),
        renamed("t10k", "test"),
        emnist("letters"),
        [f"kuzushiji-{name}" for name in NAMES],
    ],
)
def test_idx_files_are_found_under_their_usual_names(
    tmp_path: Path, images: Arrays, names: list[str], zipped: bool
) -> None:
    write_idx(tmp_path / "own", images, names=names, zipped=zipped)
    (tmp_path / "own" / "emnist-letters-mapping.txt").write_text("1 65 97")
    dataset = load_dataset(str(tmp_path / "own"))
    for key, array in as_split(images).items():
        assert np.array_equal(getattr(dataset, key).ravel(), array.ravel())


@pytest.mark.parametrize("below", ["raw", "MNIST/raw", "FashionMNIST/raw", "EMNIST/raw"])
def test_the_folders_of_torchvision_are_known(tmp_path: Path, images: Arrays, below: str) -> None:
    """It keeps each file beside the gzipped one that it downloaded."""
    for zipped in (False, True):
        write_idx(tmp_path / "own" / below, images, zipped=zipped)
    dataset = load_dataset(str(tmp_path / "own"))
    assert np.array_equal(dataset.x_test.ravel(), images["x_test"].ravel())
    assert dataset.source == f"the folder own/{below}"


def test_mnist_is_found_where_torchvision_put_it(tmp_path: Path, images: Arrays) -> None:
    """That it was found, and not Fashion-MNIST, is told by what is wrong with it."""
    write_idx(tmp_path / "FashionMNIST" / "raw", images)
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    shutil.copy(tmp_path / "FashionMNIST" / "raw" / NAMES[0], tmp_path / "MNIST" / "raw")
    with pytest.raises(StudyError, match="MNIST/raw lacks train-labels-idx1-ubyte, t10k-images"):
        load_dataset("mnist", tmp_path)
    with pytest.raises(StudyError, match="the images from the data folder are not Fashion-MNIST's"):
        load_dataset("fashion-mnist", tmp_path)


def test_files_of_another_dataset_are_not_taken_for_mnist(
    tmp_path: Path, images: Arrays, offline: Path
) -> None:
    assert not offline.exists()
    for part in EMNIST:
        write_idx(tmp_path / "data", images, names=emnist(part))
    assert load_dataset(None, tmp_path / "data").name == "digits"
    with pytest.raises(
        StudyError, match=r"data holds emnist-balanced-\S+, .* and 18 more; the dow"
    ):
        load_dataset("mnist", tmp_path / "data")


def test_several_datasets_in_a_folder_are_named(tmp_path: Path, images: Arrays) -> None:
    for part in EMNIST:
        write_idx(tmp_path / "gzip", images, names=emnist(part), zipped=True)
    with pytest.raises(StudyError) as caught:
        load_dataset(str(tmp_path / "gzip"))
    named = ", ".join(f"emnist-{part}-test-images" for part in EMNIST)
    assert f"gzip holds several datasets ({named}): keep one set" in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (".", ".", r"a\.npz, t10k-images"),
        ("MNIST/raw", "KMNIST/raw", r"KMNIST/raw/t10k-images, MNIST/raw/a\.npz"),
    ],
)
def test_which_of_two_datasets_is_meant_is_never_guessed(
    tmp_path: Path, images: Arrays, first: str, second: str, named: str
) -> None:
    write_npz(tmp_path / first / "a.npz", images)
    write_idx(tmp_path / second, images)
    with pytest.raises(StudyError, match=rf"several datasets \({named}\)"):
        load_dataset(str(tmp_path))


def test_nor_which_of_two_test_parts(tmp_path: Path, images: Arrays) -> None:
    write_idx(tmp_path, images)
    write_idx(tmp_path, images, names=renamed("t10k", "test"))
    with pytest.raises(StudyError, match=r"several datasets \(t10k-images, test-images\)"):
        load_dataset(str(tmp_path))


def test_a_part_of_another_dataset_does_not_matter(tmp_path: Path, images: Arrays) -> None:
    write_idx(tmp_path, images, names=emnist("letters"))
    write_idx(tmp_path, images, names=emnist("digits"))
    (tmp_path / "emnist-digits-test-labels-idx1-ubyte").unlink()
    assert len(load_dataset(str(tmp_path)).x_test) == 9


def test_what_is_lacking_has_the_prefix_of_the_others(tmp_path: Path, images: Arrays) -> None:
    write_idx(tmp_path, images, names=emnist("letters"))
    (tmp_path / "emnist-letters-test-labels-idx1-ubyte").unlink()
    with pytest.raises(StudyError, match="lacks emnist-letters-test-labels-idx1-ubyte: all four"):
        load_dataset(str(tmp_path))


def test_a_folder_without_images_is_told_with_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    for number in range(1000):
        (tmp_path / f"image {number:03}.png").touch()
    with pytest.raises(StudyError) as caught:
        load_dataset(str(tmp_path))
    told = str(caught.value)
    assert "train-images-idx3-ubyte" in told
    assert "x_train, y_train, x_test and y_test" in told
    seen = ", ".join(["cats/", *(f"image {number:03}.png" for number in range(5))])
    assert told.endswith(f"it holds {seen} and 995 more")
    assert "\n" not in told


def test_a_mac_leaves_no_second_dataset(tmp_path: Path, images: Arrays) -> None:
    """Its zip files hold a file ._NAME beside each."""
    write_idx(tmp_path / "idx", images)
    write_npz(tmp_path / "npz" / "a.npz", images)
    for path in [*tmp_path.rglob("*-ubyte"), tmp_path / "npz" / "a.npz"]:
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
    for name in ("idx", "npz"):
        assert len(load_dataset(str(tmp_path / name)).x_test) == 9


def test_a_file_is_unzipped_by_what_it_holds(tmp_path: Path, images: Arrays) -> None:
    """Browsers unzip a download and keep its name, and people take the ending away."""
    write_idx(tmp_path, images)
    unzipped, zipped = tmp_path / NAMES[0], tmp_path / NAMES[2]
    unzipped.rename(tmp_path / f"{NAMES[0]}.gz")
    zipped.write_bytes(gzip.compress(zipped.read_bytes()))
    dataset = load_dataset(str(tmp_path))
    assert np.array_equal(dataset.x_train.ravel(), as_split(images)["x_train"].ravel())
    assert np.array_equal(dataset.x_test.ravel(), images["x_test"].ravel())
