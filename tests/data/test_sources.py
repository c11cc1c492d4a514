import contextlib
import gzip
import hashlib
import io
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from study.analysis.checks import FEWEST
from study.core.errors import StudyError
from study.data import download, formats
from study.data.dataset import Dataset
from study.data.formats import user_folder
from study.data.sources import MNIST_SHA256, SOURCES, UnavailableError, load_dataset
from tests.data.files import Arrays, as_split, write_idx, write_npz


def same(dataset: Dataset, images: Arrays) -> bool:
    flat = {k: images[k].reshape(len(images[k]), -1) for k in images}
    return all(np.array_equal(getattr(dataset, k).reshape(flat[k].shape), flat[k]) for k in images)


@pytest.mark.parametrize("name", SOURCES)
def test_every_dataset_is_sound(name: str) -> None:
    """Of those that can be had here without the network."""
    try:
        dataset = SOURCES[name](user_folder(None), None)
    except UnavailableError as error:
        pytest.skip(error.reason)
    assert dataset.name == name
    assert 0 < dataset.n_fitted < len(dataset.x_train)
    assert set(dataset.y_test) <= set(range(dataset.classes)) == set(dataset.y_train)
    for images, labels in ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)):
        assert images.shape == (len(labels), dataset.inputs)
        assert 0 <= images.min() * dataset.scale < images.max() * dataset.scale <= 1
    assert dataset.fingerprint() == SOURCES[name](user_folder(None), None).fingerprint()


def test_digits_are_embedded_and_sound(digits: Dataset) -> None:
    from sklearn.datasets import load_digits

    assert (len(digits.x_train), len(digits.x_test)) == (1437, 360)
    assert (digits.inputs, digits.classes, digits.n_fitted) == (64, 10, 1221)
    assert float(digits.x_train.max()) * digits.scale == 1.0
    rows = np.vstack([digits.x_train, digits.x_test])
    original = load_digits().data.astype(np.uint8)
    assert sorted(map(bytes, rows)) == sorted(map(bytes, original))  # every image once


def test_mnist_is_split_as_the_tutorial_splits_it(mnist: Dataset) -> None:
    assert (mnist.n_fitted, len(mnist.x_train) - mnist.n_fitted) == (51_000, 9_000)
    assert (mnist.inputs, mnist.classes, mnist.default_epochs) == (784, 10, 3)
    digest = hashlib.sha256(mnist.x_test.tobytes()).hexdigest()
    assert digest == MNIST_SHA256["x_test"]


def test_a_subset_is_the_first_training_images_with_all_test_images(digits: Dataset) -> None:
    small = load_dataset("digits-500")
    assert sorted(map(bytes, small.x_train)) == sorted(map(bytes, digits.x_train[:500]))
    assert np.array_equal(small.x_test, digits.x_test)
    labels = {
        bytes(image): label for image, label in zip(digits.x_train, digits.y_train, strict=True)
    }
    assert [labels[bytes(image)] for image in small.x_train] == small.y_train.tolist()
    assert (small.n_fitted, small.default_epochs, small.official_test) == (425, 120, False)
    assert small.source == "bundled with scikit-learn; the first 500 of 1,437 training images"
    assert small.fingerprint() != digits.fingerprint()


@pytest.mark.parametrize(("count", "epochs"), [(500, 120), (5_000, 12)])
def test_a_subset_of_mnist_has_every_class_in_every_part(
    mnist: Dataset, count: int, epochs: int
) -> None:
    small = load_dataset(f"mnist-{count}")
    shares = np.bincount(mnist.y_train[:count]) * 0.15
    assert np.abs(np.bincount(small.y_train[small.n_fitted :]) - shares).max() < 1
    assert min(small.split.fewest.values()) >= FEWEST
    assert (len(small.x_train), len(small.x_test)) == (count, 10_000)
    assert small.default_epochs == epochs
    assert small.fingerprint() != mnist.fingerprint()


@pytest.mark.parametrize("kind", ["npz", "idx", "gzipped idx"])
def test_a_folder_of_ones_own(tmp_path: Path, images: Arrays, kind: str) -> None:
    if kind == "npz":
        write_npz(tmp_path / "own" / "any name.npz", images)
    else:
        write_idx(tmp_path / "own", images, zipped=kind != "idx")
    dataset = load_dataset(str(tmp_path / "own"))
    assert same(dataset, as_split(images))
    assert (dataset.name, dataset.inputs, dataset.classes) == ("own", 20, 3)
    assert dataset.scale == 1 / 255


def test_real_pixels_in_0_to_1_are_taken_as_they_are(tmp_path: Path, images: Arrays) -> None:
    scaled = images | {k: (images[k] / 255).astype(np.float64) for k in ("x_train", "x_test")}
    write_npz(tmp_path / "own" / "a.npz", scaled)
    dataset = load_dataset(str(tmp_path / "own"))
    assert dataset.scale == 1.0
    np.testing.assert_allclose(
        dataset.x_train, as_split(scaled)["x_train"].reshape(40, 20), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"y_train": np.zeros(39, np.uint8)}, "y_train has shape"),
        ({"y_train": np.zeros((40, 3), np.uint8)}, "one label for each of 40 images"),
        ({"y_train": np.float32(3)}, "y_train has shape"),
        ({"x_test": np.zeros((9, 5, 5), np.uint8)}, "differ in size"),
        ({"x_test": np.zeros((0, 5, 4), np.uint8), "y_test": np.zeros(0, int)}, "x_test has shape"),
        ({"x_train": np.zeros((40, 5, 4), np.int32)}, "pixels of type int32"),
        ({"x_train": np.full((40, 5, 4), 1.5)}, "outside 0..1"),
        ({"x_train": np.full((40, 5, 4), np.nan)}, "outside 0..1"),
        ({"x_train": np.full((40, 5, 4), 0.5)}, "different pixel types"),
    ],
)
def test_content_that_is_not_in_order_is_told(
    tmp_path: Path, images: Arrays, changed: Arrays, told: str
) -> None:
    write_npz(tmp_path / "own" / "a.npz", images | changed)
    with pytest.raises(StudyError, match=told) as caught:
        load_dataset(str(tmp_path / "own"))
    assert "\n" not in str(caught.value)


def test_damaged_files_are_told(tmp_path: Path, images: Arrays) -> None:
    write_npz(tmp_path / "a" / "a.npz", images)
    whole = (tmp_path / "a" / "a.npz").read_bytes()
    for number, damaged in enumerate((b"", b"text", whole[: len(whole) // 2], whole[:-30])):
        folder = tmp_path / f"damaged {number}"
        folder.mkdir()
        (folder / "a.npz").write_bytes(damaged)
        with pytest.raises(StudyError, match=r"a\.npz cannot be read"):
            load_dataset(str(folder))


def test_a_changed_byte_of_an_npz_is_noticed(tmp_path: Path, images: Arrays) -> None:
    write_npz(tmp_path / "a.npz", images)
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    whole[200] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(whole)
    with pytest.raises(StudyError, match=r"a\.npz cannot be read"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("key", "objects", "told"),
    [
        ("y_train", ["cat", "dog"] * 20, r"such as y_train\.astype\(str\)$"),
        ("y_test", [{}] * 9, r"such as y_test\.astype\(str\)$"),
        ("x_test", [None] * 9, r"such as np\.stack\(x_test\)\.astype\(np\.uint8\)$"),
    ],
)
def test_pickled_objects_are_refused_with_what_to_save_instead(
    tmp_path: Path, images: Arrays, key: str, objects: list[object], told: str
) -> None:
    write_npz(tmp_path / "own" / "a.npz", images | {key: np.array(objects, dtype=object)})
    with pytest.raises(StudyError, match=f"the array {key} holds Python objects.*{told}"):
        load_dataset(str(tmp_path / "own"))


def test_an_npz_file_with_other_names_in_it_is_told_with_these(
    tmp_path: Path, images: Arrays
) -> None:
    write_npz(tmp_path / "a.npz", {"x_train": images["x_train"], "labels": images["y_train"]})
    told = r"lacks y_train, x_test, y_test: .*\(it holds x_train, labels\)"
    with pytest.raises(StudyError, match=told):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("damage", ["cut", "longer", "header", "empty", "huge"])
def test_damaged_idx_files_are_told(
    tmp_path: Path, images: Arrays, damage: str, zipped: bool
) -> None:
    write_idx(tmp_path, images, zipped=zipped)
    path = tmp_path / ("train-images-idx3-ubyte" + (".gz" if zipped else ""))
    body = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    damaged = {
        "cut": body[:-7],
        "longer": body + b"\0",
        "header": b"\x89PNG" + body[4:],
        "empty": b"",
        "huge": body[:4] + b"\x7f\xff\xff\xff" * 3 + body[16:],
    }[damage]
    path.write_bytes(gzip.compress(damaged) if zipped else damaged)
    with pytest.raises(StudyError, match=r"ubyte\S* cannot be read"):
        load_dataset(str(tmp_path))


def test_a_missing_idx_file_is_named(tmp_path: Path, images: Arrays) -> None:
    write_idx(tmp_path, images)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(StudyError, match="lacks t10k-labels-idx1-ubyte"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mnsit", "did you mean 'mnist'"),
        ("no/such/folder", "is not a folder"),
        ("cifar", "known are digits, mnist, fashion-mnist"),
    ],
)
def test_an_unknown_dataset_is_told(name: str, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        load_dataset(name)


def test_an_empty_folder_and_too_many_archives_are_told(tmp_path: Path, images: Arrays) -> None:
    with pytest.raises(StudyError, match=r"holds no images: .*; it holds nothing$"):
        load_dataset(str(tmp_path))
    write_npz(tmp_path / "a.npz", images)
    write_npz(tmp_path / "b.npz", images)
    with pytest.raises(StudyError, match=r"several datasets \(a.npz, b.npz\)"):
        load_dataset(str(tmp_path))


def test_without_mnist_anywhere_the_study_runs_on_digits_and_says_why(offline: Path) -> None:
    assert not offline.exists()
    dataset = load_dataset()
    assert dataset.name == "digits"
    assert "the download from storage.googleapis.com failed: the connection" in dataset.source


@pytest.mark.parametrize("name", ["mnist", "mnist-500"])
def test_mnist_that_cannot_be_had_names_three_remedies(offline: Path, name: str) -> None:
    with pytest.raises(StudyError) as caught:
        load_dataset(name)
    told = caught.value.command_line
    assert told.startswith("--dataset mnist is unavailable")
    assert all(words in told for words in ("--data-dir", "network", "--dataset digits"))
    assert "\n" not in told
    assert not [path for path in offline.rglob("*") if path.is_file()]


def test_a_server_that_never_answers_does_not_hang_the_study(
    offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not offline.exists()
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(download, "KERAS_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        began = time.monotonic()
        assert load_dataset().name == "digits"
    assert time.monotonic() - began < 10


def test_other_images_under_mnists_name_are_refused(tmp_path: Path, images: Arrays) -> None:
    write_npz(tmp_path / "mnist.npz", images)
    with pytest.raises(StudyError, match="x_train from the data folder is not MNIST's"):
        load_dataset("mnist", tmp_path)
    with pytest.raises(StudyError, match="is not MNIST's"):
        load_dataset(None, tmp_path)  # damage is told, never papered over with digits


def test_mnist_is_not_taken_for_fashion_mnist(mnist: Dataset, tmp_path: Path) -> None:
    square = {k: getattr(mnist, k) for k in formats.ARRAYS}
    square |= {k: square[k].reshape(-1, 28, 28) for k in ("x_train", "x_test")}
    np.savez(tmp_path / "fashion-mnist.npz", **square)
    with pytest.raises(StudyError, match="not Fashion-MNIST's"):
        load_dataset("fashion-mnist", tmp_path)


def fashion() -> Arrays:
    """Arrays of Fashion-MNIST's shapes."""
    rng = np.random.default_rng(0)
    return {
        "x_train": np.broadcast_to(rng.integers(0, 256, (28, 28), np.uint8), (60_000, 28, 28)),
        "y_train": np.arange(60_000, dtype=np.uint8) % 10,
        "x_test": np.zeros((10_000, 28, 28), np.uint8),
        "y_test": np.arange(10_000, dtype=np.uint8) % 10,
    }


def test_the_data_folder_comes_before_the_keras_cache(
    offline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(offline / "fashion-mnist", fashion(), zipped=True)  # as Keras caches it
    assert load_dataset("fashion-mnist").source == "the Keras cache"
    write_npz(tmp_path / "data" / "fashion-mnist.npz", fashion())
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "data"))
    assert load_dataset("fashion-mnist").source == "the data folder"


def test_a_data_folder_that_does_not_exist_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudyError, match=r"data_dir is .*nowhere, which is not a folder"):
        load_dataset("mnist", tmp_path / "nowhere")
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(StudyError, match=r"STUDY_DATA is .*nowhere"):
        load_dataset()


@contextlib.contextmanager
def serving(answer: Callable[[str], tuple[bytes, bool]]) -> Iterator[str]:
    """Serve what `answer` gives for a path, and its length if it says so; the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, sized = answer(self.path.strip("/"))
            self.send_response(200)
            if sized:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}/"
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Serve Fashion-MNIST's four files; the address."""
    write_idx(tmp_path / "served", fashion(), zipped=True)
    with serving(lambda name: ((tmp_path / "served" / name).read_bytes(), True)) as address:
        yield address


def test_a_download_lands_in_the_keras_cache_and_is_used_again(
    offline: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "KERAS_URL", server)
    seen: list[tuple[int, int]] = []
    dataset = load_dataset("fashion-mnist", on_download=lambda *step: seen.append(step))
    assert dataset.source == "the Keras download"
    assert seen[-1][0] == seen[-1][1] > 0
    assert len(list((offline / "fashion-mnist").iterdir())) == 4
    assert load_dataset("fashion-mnist").source == "the Keras cache"
    assert load_dataset("fashion-mnist").fingerprint() == dataset.fingerprint()


def test_a_page_in_place_of_the_data_is_not_kept(
    offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda _: (b"<html>sign in first</html>", False)) as address:
        monkeypatch.setattr(download, "KERAS_URL", address)
        for name in ("mnist", "fashion-mnist"):
            with pytest.raises(StudyError, match="the answer is not "):
                load_dataset(name)
        assert load_dataset().name == "digits"
    assert not [path for path in offline.rglob("*") if path.is_file()]


def test_a_header_that_announces_too_much_is_told(tmp_path: Path) -> None:
    """Of an npz file that promises a hundred terabytes."""
    header = io.BytesIO()
    announced = {"descr": "|u1", "fortran_order": False, "shape": (10**14,)}
    np.lib.format.write_array_header_1_0(header, announced)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name in formats.ARRAYS:
            archive.writestr(f"{name}.npy", header.getvalue())
    with pytest.raises(StudyError, match=r"a\.npz cannot be read"):
        load_dataset(str(tmp_path))


def test_no_flipped_bit_of_an_npz_is_a_traceback(tmp_path: Path, images: Arrays) -> None:
    write_npz(tmp_path / "a.npz", images)
    whole = (tmp_path / "a.npz").read_bytes()
    rng = np.random.default_rng(0)
    told = 0
    for place in rng.integers(0, len(whole), 400):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        (tmp_path / "a.npz").write_bytes(bytes(damaged))
        try:
            load_dataset(str(tmp_path))
        except StudyError:
            told += 1
    assert told > 100


def test_what_stands_in_for_mnist_says_so(offline: Path) -> None:
    assert load_dataset().instead_of == "mnist"
    assert load_dataset("digits").instead_of == ""


def test_files_beside_a_folder_do_not_hide_it(tmp_path: Path, images: Arrays) -> None:
    """MNIST's files in the data folder, Fashion-MNIST's in one below it."""
    write_idx(tmp_path, images)
    write_idx(tmp_path / "fashion-mnist", images | {"x_test": images["x_test"][::-1]})
    found = formats.read_folder(tmp_path, "fashion-mnist")
    assert found is not None
    assert np.array_equal(found["x_test"], images["x_test"][::-1])
