import os
import tempfile
from pathlib import Path

import pytest

# The console keeps for good what it finds when it is imported, such as the 80 of pytest-xdist.
os.environ.pop("COLUMNS", None)
import study.cli.console  # noqa: F401
from study.data.dataset import Dataset
from study.data.sources import load_dataset
from study.results import Results, load
from tests import toy
from tests.shared import made_once, run_small_study

# What studies took is not kept beside that of the user's own; matplotlib's list of fonts stays.
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
os.environ.setdefault("MPLCONFIGDIR", str(CACHE / "matplotlib"))
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="study-tests-")


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    folder = os.environ.get("STUDY_DATA")
    if not folder or not (Path(folder) / "mnist.npz").is_file():
        pytest.skip("needs MNIST: set STUDY_DATA to a folder with mnist.npz")
    return load_dataset("mnist", Path(folder))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of the toy problem; its folder is not to be changed."""
    return load(made_once(tmp_path_factory, "toy", toy.study_in))


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of `tests.shared.SMALL`, not to be changed."""
    return made_once(tmp_path_factory, "small", run_small_study) / "out"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No STUDY_DATA, an empty Keras cache (returned), and a download that cannot work."""
    monkeypatch.delenv("STUDY_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr("study.data.download.KERAS_URL", "http://127.0.0.1:9/")
    return tmp_path / "keras" / "datasets"


@pytest.fixture
def two_methods() -> toy.Frames:
    return toy.two_methods()
