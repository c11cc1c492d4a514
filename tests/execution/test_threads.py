"""On how many threads a study computes, and who may use GPUs."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from study import Problem, Real, Settings, load
from study.core.environment import available_cores
from study.core.errors import StudyError
from study.execution.executor import is_fit
from study.execution.plan import thread_count, worker_count
from study.problems.registry import get
from study.results import Results
from study.training import tensorflow
from study.training.tensorflow import GPUS, gpus_hidden, import_without_gpus
from tests.shared import studied
from tests.toy import Toy

PROBLEM = """
import os
from study import Problem, Real
def evaluate(configuration, seed):
    return 100 * int(os.environ["CUDA_VISIBLE_DEVICES"]) + int(os.environ["OMP_NUM_THREADS"])
mine = Problem(space=[Real(name="x", low=0.0, high=1.0)], default={"x": 0.5}, evaluate=evaluate)
"""


@pytest.fixture(autouse=True)
def environment_restored() -> Iterator[None]:
    """TensorFlow may be imported by another test, later."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def ran(folder: Path, threads: int, workers: int | None = 1) -> Results:
    (folder / "mine.py").write_text(PROBLEM)
    return studied(
        problem=f"{folder}/mine.py:mine", methods=["random"], seeds=1, calls=1, initial_points=1,
        retrain=1, output=folder / "out", workers=workers, threads=threads,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_own_problems_have_the_threads_and_the_gpus_that_a_user_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: int
) -> None:
    monkeypatch.setenv(GPUS, "7")
    results = ran(tmp_path, 2, workers)
    assert set(results.trials["observed_value"]) == {702}
    assert "--threads 2" in results.info.command
    assert os.environ[GPUS] == "7"


def blas_threads() -> int:
    """On how many threads linear algebra computes."""
    return max(int(one["num_threads"]) for one in threadpool_info() if one["user_api"] == "blas")


def test_in_this_process_linear_algebra_has_the_threads_of_a_worker(tmp_path: Path) -> None:
    x = Real(name="x", low=0.0, high=1.0)
    counting = Problem(space=[x], default={"x": 0.5}, evaluate=lambda *_: blas_threads())
    with threadpool_limits(3):  # as on a machine of three cores
        results = studied(
            problem=counting, methods=["random"], seeds=1, calls=2, initial_points=1, retrain=1,
            output=tmp_path, workers=1,
        )  # fmt: skip
        assert blas_threads() == 3
    assert set(results.trials["observed_value"]) == {1}


def test_another_number_of_threads_is_another_study(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(GPUS, "0")
    assert "--threads" not in ran(tmp_path, 1).info.command
    with pytest.raises(StudyError, match=r"other settings .*threads 1, now 2"):
        ran(tmp_path, 2)
    assert load(tmp_path / "out").info.settings.threads == 1


def test_workers_and_their_threads_share_the_cores() -> None:
    assert worker_count(None, None, 1) == available_cores()
    assert worker_count(None, None, 1_000) == 1
    assert worker_count(3, None, 2) == 3
    assert thread_count(1_000, "tcp://elsewhere:1") == 1_000  # nobody knows its cores
    for threads in (0, 1_000, 1.5, True, "2"):
        with pytest.raises(StudyError, match=r"threads is .*: it must be a whole"):
            thread_count(threads, None)  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="threads is 0"):
        Settings(threads=0)


@pytest.mark.parametrize("before", [None, "3"])
def test_the_network_finds_no_gpu_and_others_find_theirs(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv(GPUS, raising=False)
    if before is not None:
        monkeypatch.setenv(GPUS, before)
    with pytest.raises(OSError, match="no"), gpus_hidden():
        raise OSError("no")
    monkeypatch.setattr(tensorflow, "import_tensorflow", lambda: os.environ[GPUS])
    assert import_without_gpus.__wrapped__() == "-1"
    assert os.environ.get(GPUS) == before


def test_a_process_without_gpus_is_not_for_own_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.execution.executor.is_configured", lambda threads: threads == 1)
    import_without_gpus()
    own, _ = get("branin")
    for driver in (False, True):
        monkeypatch.setattr(tensorflow, "has_gpu_driver", lambda: driver)  # noqa: B023
        for user, without in {"0": False, "-1": True, "": True}.items():
            monkeypatch.setenv(GPUS, user)
            assert is_fit(own, 1) is (without or not driver)
            assert is_fit(Toy(), 1)
            assert not is_fit(Toy(), 2)
