"""Studies on a cluster of one's own: a real scheduler and real workers, on this machine."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dask
import pandas as pd
import pytest
from distributed import Client

from study import load
from study.core.environment import incompatibility, versions
from study.core.errors import ClusterError, StudyError
from study.execution.executor import Executor, open_executor
from tests.execution.test_executor import add, default_rate, die_once, outcomes
from tests.shared import SMALL, bare_environment, python
from tests.stress import untimed
from tests.toy import Toy, evaluations

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

Environment = Mapping[str, str]
NO_MORE: Environment = MappingProxyType({})
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `dask ARGUMENTS`, which is ended with the test."""
    with contextlib.ExitStack() as stack:

        def run(
            *arguments: object,
            cwd: Path = ROOT,
            environment: Environment = NO_MORE,
        ) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, arguments)],
                cwd=cwd,
                env={**bare_environment(), **environment},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield run


class Cluster:
    """A scheduler, and the workers that are told to join it."""

    def __init__(self, start: Start, folder: Path, *options: object) -> None:
        self._start, self._options = start, options
        file = folder / "scheduler.json"
        self.scheduler = start(
            *("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard"),
            *("--scheduler-file", file, *options),
        )
        # The file is there before it is written: its address is read once it has one.
        eventually(lambda: file.exists() and file.read_text().endswith("}"))
        self.address = json.loads(file.read_text())["address"]
        self.folder = folder

    def worker(
        self, *options: object, environment: Environment = NO_MORE, cwd: Path = ROOT
    ) -> subprocess.Popen[bytes]:
        return self._start(
            *("worker", self.address, "--nthreads", 1, "--no-nanny", "--no-dashboard"),
            *("--host", "127.0.0.1", "--local-directory", self.folder, *self._options, *options),
            cwd=cwd,
            environment=environment,
        )

    @contextlib.contextmanager
    def client(self) -> Iterator[Any]:
        with Client(self.address, set_as_default=False) as client:  # type: ignore[no-untyped-call, unused-ignore]
            yield client

    def await_workers(self, count: int) -> None:
        with self.client() as client:
            client.wait_for_workers(count, timeout=60)


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 180
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def cluster(start: Start, tmp_path: Path) -> Cluster:
    return Cluster(start, tmp_path)


@contextlib.contextmanager
def studying(cluster: Cluster, folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`study compare --scheduler` on its way, into the folder `out`."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "study", *SMALL, "--output", "out"),
            *("--scheduler", cluster.address, *more),
        ],
        cwd=folder,
        env=bare_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def evaluated(folder: Path, count: int) -> Callable[[], bool]:
    return lambda: (folder / "out" / "study.db").exists() and evaluations(folder / "out") >= count


def test_workers_come_and_go_and_the_results_are_the_same(
    cluster: Cluster, small_study: Path, tmp_path: Path
) -> None:
    with studying(cluster, tmp_path) as process:
        assert process.stderr is not None
        assert "no worker yet" in process.stderr.readline()
        first = cluster.worker()
        cluster.worker()
        eventually(evaluated(tmp_path, 8))
        first.kill()
        cluster.worker()
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert errors == ""
    assert untimed(tmp_path / "out") == untimed(small_study)
    (session,) = load(tmp_path / "out").info.sessions
    assert session.workers == 2
    assert "127.0.0.1" not in (tmp_path / "out" / "study.json").read_text()


@pytest.mark.long
def test_a_study_whose_scheduler_is_killed_is_kept_and_goes_on_without_it(
    cluster: Cluster, small_study: Path, tmp_path: Path
) -> None:
    cluster.worker()
    with studying(cluster, tmp_path) as process:
        eventually(evaluated(tmp_path, 5))
        cluster.scheduler.kill()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    (line,) = errors.splitlines()
    assert "the Dask scheduler is gone; what was finished is kept" in line
    held = load(tmp_path / "out")
    assert not held.finished
    assert len(pd.read_csv(tmp_path / "out" / "trials.csv")) == len(held.trials) > 0
    run = python("-m", "study", *SMALL, "--workers", "1", "--output", "out", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert untimed(tmp_path / "out") == untimed(small_study)


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGSTOP])
def test_a_scheduler_that_is_ended_or_does_not_answer_is_gone(
    cluster: Cluster, how: signal.Signals
) -> None:
    cluster.worker()
    with open_executor(Toy(), 1, cluster.address) as engine:
        engine.submit("long", sleep, 300)
        cluster.scheduler.send_signal(how)
        with pytest.raises(ClusterError, match="scheduler is gone"):
            outcomes(engine, 1)


def test_a_worker_that_joins_gets_jobs_and_one_that_dies_is_missed(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker()
    with open_executor(Toy(), 1, cluster.address) as engine:
        assert engine.n_workers == 1
        cluster.worker()
        engine.submit("first", add, 1, 1)
        assert outcomes(engine, 1) == {"first": 2}
        until(engine, 2)
        for number in range(2):
            engine.submit(number, sleep, 1)
        assert len(set(outcomes(engine, 2).values())) == 2
        engine.submit("rate", default_rate, engine.problem)
        engine.submit("job", die_once, str(tmp_path / "marker"))
        assert outcomes(engine, 2) == {"rate": 0.001, "job": "survived"}
        until(engine, 1)


def test_a_result_that_dies_with_its_worker_is_computed_again(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.execution.dask_workers.LOST_SECONDS", 2)
    first = cluster.worker()
    with open_executor(Toy(), 1, cluster.address) as engine:
        engine.submit("job", mark, str(tmp_path / "marker"))
        eventually((tmp_path / "marker").exists)
        with cluster.client() as client:
            eventually(lambda: client.run_on_scheduler(states) == ["memory"])
        first.send_signal(signal.SIGSTOP)  # and nobody can have the result
        cluster.worker()
        cluster.await_workers(2)
        assert engine.wait() == []
        first.kill()
        assert outcomes(engine, 1) == {"job": "marked"}


def states(dask_scheduler: Any) -> list[str]:
    return [task.state for task in dask_scheduler.tasks.values()]


def mark(path: str) -> str:
    Path(path).touch()
    return "marked"


def until(engine: Executor, n_workers: int) -> None:
    """Wait, as a study does, until the engine has so many n_workers."""
    engine.submit("meanwhile", sleep, 5)
    found: list[Any] = []
    deadline = time.monotonic() + 180
    while engine.n_workers != n_workers or not found:
        assert time.monotonic() < deadline
        found += engine.wait()


def test_two_studies_share_a_cluster_and_leave_nothing_there(cluster: Cluster) -> None:
    cluster.worker()
    other = Toy(default={"rate": 0.01, "units": 10, "kind": "relu"})
    with open_executor(Toy(), 1, cluster.address) as first:
        with open_executor(other, 1, cluster.address) as second:
            for engine in (first, second):
                engine.submit("rate", default_rate, engine.problem)
            assert outcomes(second, 1) == {"rate": 0.01}
            assert outcomes(first, 1) == {"rate": 0.001}
        first.submit("again", default_rate, first.problem)
        assert outcomes(first, 1) == {"again": 0.001}
    with cluster.client() as client:
        (plugins,) = client.run(plugin_names).values()
    assert not [name for name in plugins if name.startswith("study")]


def plugin_names(dask_worker: Any) -> list[str]:
    return list(dask_worker.plugins)


@contextlib.contextmanager
def mute() -> Iterator[str]:
    """The address of somebody who listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def test_an_address_where_nobody_speaks_dask_is_one_line(tmp_path: Path) -> None:
    with mute() as address:
        run = python("-m", "study", *SMALL, "--scheduler", address, cwd=tmp_path)
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert f"--scheduler {address} cannot be used" in line


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:80", ""])
def test_a_wrong_address_is_told(address: str) -> None:
    with (
        pytest.raises(StudyError, match=f"^scheduler {address} ?cannot be used"),
        open_executor(Toy(), 1, address),
    ):
        pass


def test_workers_and_scheduler_exclude_each_other(tmp_path: Path) -> None:
    run = python(
        *("-m", "study", *SMALL, "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"),
        cwd=tmp_path,
    )
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert "--workers 2 and --scheduler tcp://127.0.0.1:9 exclude each other" in line
    assert list(tmp_path.iterdir()) == []


# Workers that would compute something else


def other_numpy(folder: Path) -> dict[str, str]:
    """The environment of a worker with another version of NumPy, as far as it tells."""
    told = folder / "other" / "numpy-0.0.1.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.0.1\n")
    return {"PYTHONPATH": str(told.parent)}


def tensorflow_imported(folder: Path) -> tuple[str, Path]:
    """Options of a worker that imports TensorFlow before anybody asks."""
    script = folder / "preload.py"
    script.write_text("import tensorflow\n")
    return "--preload", script


def without_study(folder: Path) -> dict[str, str]:
    """The environment of a worker that has everything but `study`."""
    packages = Path(pd.__file__).parents[1]
    (folder / "packages").mkdir()
    for path in packages.iterdir():
        if "study" not in path.name:
            (folder / "packages" / path.name).symlink_to(path)
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        f"sys.path = [p for p in sys.path if p not in ({str(packages)!r}, {str(ROOT)!r})]\n"
        f"sys.path.append({str(folder / 'packages')!r})\n"
    )
    return {"PYTHONPATH": str(folder)}


def refused(cluster: Cluster, told: str) -> None:
    cluster.await_workers(1)
    with (
        pytest.raises(ClusterError, match=f"the worker {cluster.address[:3]}://.* {told}"),
        open_executor(Toy(), 1, cluster.address),
    ):
        pass


def threads_here() -> str:
    return os.environ["TF_NUM_INTRAOP_THREADS"]


def test_workers_of_one_job_may_compute_on_several_threads(cluster: Cluster) -> None:
    cluster.worker()
    with open_executor(Toy(), 1, cluster.address, threads=2) as engine:
        engine.submit("who", threads_here)
        assert outcomes(engine, 1) == {"who": "2"}


def test_a_worker_of_two_threads_is_refused(cluster: Cluster) -> None:
    cluster.worker("--nthreads", 2)
    refused(cluster, "has 2 threads.*--nthreads 1")


def test_a_worker_with_another_version_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker(environment=other_numpy(tmp_path))
    refused(cluster, rf"has numpy 0.0.1 \(here {versions()['numpy']}\): install")


def test_a_worker_without_study_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker(cwd=tmp_path, environment=without_study(tmp_path))
    refused(cluster, "has no hpo-study: install")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [("threads", "has 2 threads"), ("version", "has numpy 0"), ("tensorflow", "TensorFlow")],
)
def test_a_wrong_worker_that_joins_later_ends_the_study(
    cluster: Cluster, tmp_path: Path, wrong: str, told: str
) -> None:
    cluster.worker()
    with open_executor(Toy(), 1, cluster.address) as engine:
        if wrong == "threads":
            cluster.worker("--nthreads", 2)
        elif wrong == "version":
            cluster.worker(environment=other_numpy(tmp_path))
        else:
            cluster.worker(*tensorflow_imported(tmp_path))
        cluster.await_workers(2)
        for number in range(20):  # the other worker does the first ones, if this one is slow
            engine.submit(number, sleep, 1)
        with pytest.raises(ClusterError, match=f"the worker .* {told}"):
            outcomes(engine, 20)


def test_what_differs_is_named() -> None:
    here = {"hpo-study": "1", "numpy": "2", "Python": "3.11.7"}
    assert incompatibility("tcp://a:1", 1, here, here) == ""
    told = incompatibility("tcp://a:1", 1, {"numpy": "2", "Python": "3.12.0"}, here)
    assert "the worker tcp://a:1 has no hpo-study, Python 3.12.0 (here 3.11.7): install" in told


# TLS


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=study", "-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_tls_is_as_dasks_configuration_says(start: Start, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    files = ("--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key)
    cluster = Cluster(start, tmp_path, "--protocol", "tls", *files)
    cluster.worker()
    assert cluster.address.startswith("tls://")
    settings = {"ca-file": str(cert), "client.cert": str(cert), "client.key": str(key)}
    with (
        dask.config.set({f"distributed.comm.tls.{name}": it for name, it in settings.items()}),
        open_executor(Toy(), 1, cluster.address) as engine,
    ):
        engine.submit("sum", add, 1, 2)
        assert outcomes(engine, 1) == {"sum": 3}
    with pytest.raises(StudyError, match="TLS"), open_executor(Toy(), 1, cluster.address):
        pass
