"""Dask workers of one thread each, here local ones. Slow to import, so `executor` does so late."""

import contextlib
import logging
import math
import queue
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from enum import Enum, auto
from multiprocessing import resource_tracker
from typing import Any, cast

import dask.config
from distributed import Client, KilledWorker, LocalCluster, Worker, WorkerPlugin, get_worker
from distributed.protocol import pickle

from study.core import environment
from study.core.errors import ClusterError, describe_error, translate_errors
from study.problems.base import Evaluator
from study.training.tensorflow import ENVIRONMENT, is_configured

LOOK_SECONDS = 1  # between two looks at who works
LOST_SECONDS = 12  # without an answer, after which the scheduler counts as lost
RESTART_SECONDS = 120  # without any worker, after which local ones count as lost
CLOSE_SECONDS = 3  # for taking leave, which a lost scheduler must not hold up


class UnfitError(ClusterError):
    """A worker refused a job, for it would compute something else."""


class WorkersDiedError(Exception):
    """A job's worker died, and that of its repetition, and so on. Names none of them."""


class ProblemPlugin(WorkerPlugin):
    """Keeps the problem on every worker, sent once to each.

    One that joins later, or replaces a killed one, gets it too, which scattered data would not
    survive.
    """

    def __init__(self, problem: Evaluator) -> None:
        self.problem = problem
        self.versions = environment.versions()
        self.incompatibility = ""
        """Why this worker must do no job."""

    def setup(self, worker: Worker) -> None:
        """Compare the worker with the process that sends the jobs."""
        address, threads = worker.address, worker.state.nthreads
        self.incompatibility = environment.incompatibility(
            address, threads, environment.versions(), self.versions
        )
        if not self.incompatibility and not is_configured():
            self.incompatibility = (
                f"the worker {address} imported TensorFlow for something else, with other threads: "
                "start it again, and run the same command"
            )


class Placeholder(Enum):
    """Stands for the problem that a worker holds, among the arguments of a job."""

    PROBLEM = auto()


def run_with_problem(plugin: str, job: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Run a job on a worker, with the worker's own problem where the caller names it."""
    worker = get_worker()
    holder = cast("ProblemPlugin | None", worker.plugins.get(plugin))
    if holder is None:
        raise UnfitError(f"the worker {worker.address} lost the data: run the same command again")
    if holder.incompatibility:
        raise UnfitError(holder.incompatibility)
    problem = holder.problem
    return job(
        *(problem if argument is Placeholder.PROBLEM else argument for argument in arguments)
    )


def _cannot_travel(error: Exception) -> str:
    return (
        f"the problem cannot be sent to workers ({describe_error(error)}): make what cannot be "
        "pickled within its evaluate, or name the problem by its file, as mine.py:problem"
    )


class DaskExecutor:
    """An engine of Dask workers. Jobs of one that dies are done again by the others.

    Workers come and go. If the scheduler goes, or a worker would compute something else, `wait`
    raises `ClusterError`, after it returned what was done before; so it does if there is no worker
    for `patience` seconds.
    """

    def __init__(self, client: Client, problem: Evaluator, patience: float = math.inf) -> None:
        self.problem = Placeholder.PROBLEM
        self._patience = patience
        self._last_worker = time.monotonic()
        self._client: Any = client
        self._plugin = f"study {client.id}"  # two studies may share a cluster
        plugin = ProblemPlugin(problem)
        with translate_errors(Exception, _cannot_travel):
            cast("Any", pickle).dumps(plugin)
        client.register_plugin(plugin, self._plugin)
        self._running: dict[Any, Any] = {}
        self._over: list[Any] = []  # reported, but not forgotten yet
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._look()

    def _look(self) -> None:
        """Count the workers, which tells that the scheduler is there, too."""
        found = sum(worker_threads(self._client).values())
        self.n_workers, self._looked = max(1, found), time.monotonic()
        if found:
            self._last_worker = self._looked
        elif self._looked - self._last_worker > self._patience:
            raise ClusterError(
                "the worker processes died, and no other came up in their place; what was "
                "finished is kept: run the same command again, with fewer --workers if memory is "
                "short"
            )

    def submit(self, job_id: Any, job: Callable[..., Any], *arguments: Any) -> None:
        self._running[job_id] = self._client.submit(
            run_with_problem, self._plugin, job, arguments, pure=False
        )
        self._follow(job_id)

    def _follow(self, job_id: Any) -> None:
        self._running[job_id].add_done_callback(lambda _: self._done.put(job_id))

    def wait(self) -> list[tuple[Any, Any]]:
        self._over.clear()
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        outcomes, broken = [], []
        for job_id in self._ended():
            outcome = self._outcome(job_id)
            if isinstance(outcome, UnfitError | CancelledError):
                broken.append((job_id, outcome))
            elif isinstance(outcome, TimeoutError) and self._running[job_id].status != "error":
                self._follow(job_id)  # its worker died with the result: it is being done again
            else:
                outcomes.append((job_id, outcome))
        if broken and not outcomes:
            raise to_cluster_error(broken[0][1])
        for job_id, _ in broken:
            self._done.put(job_id)  # for the next time, when all else is saved
        # To forget a job is a message, and Dask sends the one after it 10 ms later at the earliest,
        # which would be the next job.
        self._over = [self._running.pop(job_id) for job_id, _ in outcomes]
        return outcomes

    def _ended(self) -> list[Any]:
        """Tickets of the jobs that ended; none if none does so for a while."""
        job_ids = []
        with contextlib.suppress(queue.Empty):
            job_ids.append(self._done.get(timeout=LOOK_SECONDS))
            while True:
                job_ids.append(self._done.get_nowait())
        return job_ids

    def _outcome(self, job_id: Any) -> Any:
        try:
            return self._running[job_id].result(LOST_SECONDS)
        except KilledWorker:
            return WorkersDiedError("every worker that tried it died")
        except Exception as error:  # noqa: BLE001 (a job may raise anything; the runner tells)
            return error

    def close(self) -> None:
        """Have the workers forget the problem."""
        with contextlib.suppress(Exception):  # a lost scheduler has forgotten all
            self._client.sync(
                self._client.scheduler.unregister_worker_plugin,
                name=self._plugin,
                callback_timeout=CLOSE_SECONDS,
            )


def worker_threads(client: Any) -> dict[str, int]:
    """The threads of each worker, by address; raises `ClusterError` if the scheduler is lost."""
    try:
        found: dict[str, int] = client.sync(client.scheduler.ncores, callback_timeout=LOST_SECONDS)
    except Exception as error:
        raise to_cluster_error(error) from error
    return found


def to_cluster_error(error: Exception) -> ClusterError:
    """What to do when a job, or a look at the workers, ended like this."""
    if isinstance(error, UnfitError):
        return error
    return ClusterError(
        "the Dask scheduler is gone; what was finished is kept: start it again and run the same "
        "command, or go on here with --workers in place of --scheduler"
    )


@contextlib.contextmanager
def open_workers(problem: Evaluator, count: int) -> Iterator[DaskExecutor]:
    """Start a cluster on this machine, and end it with the context."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(main_module_hidden())
        with sigint_blocked(), dask.config.set(dask_settings(count)):
            cluster = LocalCluster(  # type: ignore[no-untyped-call, unused-ignore]
                n_workers=count,
                threads_per_worker=1,
                host="127.0.0.1",  # nothing listens beyond this machine
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                memory_limit=0,
                env=ENVIRONMENT,
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(cluster)
        client = stack.enter_context(Client(cluster))  # type: ignore[no-untyped-call, unused-ignore]
        yield DaskExecutor(client, problem, RESTART_SECONDS)


def dask_settings(count: int) -> dict[str, Any]:
    """How Dask is to run so many workers of ours."""
    return {
        # If all are killed at once, a job can be handed from one to the next that dies.
        "distributed.scheduler.allowed-failures": count,
        # Looking at what the workers do 100 times a second took 3 % of their time.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "1s",
    }


@contextlib.contextmanager
def sigint_blocked() -> Iterator[None]:
    """Let Ctrl-C reach this thread only: it ends the workers, they need not be told.

    New threads and processes inherit which signals are blocked.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # it unblocks the signal in the thread that first needs it
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def main_module_hidden() -> Iterator[None]:
    """Keep new processes from running the user's script again.

    A spawned process imports the main module of its parent, so that a script that calls
    `compare` without `if __name__ == "__main__"` would start itself in every worker.
    """
    main = sys.modules["__main__"]
    file, spec = vars(main).pop("__file__", None), main.__spec__
    main.__spec__ = None
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file
