"""Dask workers of one job each, wherever they are. Slow to import: `executor` does so late."""

import contextlib
import functools
import math
import os
import queue
import signal
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from enum import Enum, auto
from typing import Any, cast

from distributed import Client, KilledWorker, Worker, WorkerPlugin, get_worker
from distributed.protocol import pickle

from study.core import environment
from study.core.errors import ClusterError, OverdueError, describe_error, translate_errors
from study.execution.deadlines import Deadlines
from study.problems.base import Evaluator, ProblemGroup, warm_up
from study.training.tensorflow import is_configured, set_environment

LOOK_SECONDS = 1  # between two looks at who works
WARM_UP_SECONDS = 60  # of a worker, at most, before the first job goes out all the same
LOST_SECONDS = 12  # without an answer, after which the scheduler counts as lost
REPLACE_SECONDS = 60  # for a worker that hangs
CANCEL_SECONDS = 0.01  # between two looks at whether a job is forgotten
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

    def __init__(self, problem: Evaluator | ProblemGroup, threads: int) -> None:
        self.problem, self.threads = problem, threads
        self.versions = environment.versions()
        self.incompatibility = ""
        """Why this worker must do no job."""

    def setup(self, worker: Worker) -> None:
        """Compare the worker with the process that sends the jobs."""
        address, threads = worker.address, worker.state.nthreads
        self.incompatibility = environment.incompatibility(
            address, threads, environment.versions(), self.versions
        )
        set_environment(self.threads)
        if not self.incompatibility and not is_configured(self.threads):
            self.incompatibility = (
                f"the worker {address} imported TensorFlow for something else, with other threads: "
                "start it again, and run the same command"
            )

    @functools.cached_property
    def warm_problem(self) -> Evaluator | ProblemGroup:
        """The problem, once this process is ready to evaluate it."""
        warm_up(self.problem)
        return self.problem


def do_nothing() -> None:
    """A job for which a worker gets ready, and no more."""


class Placeholder(Enum):
    """Stands for the problem that a worker holds, among the arguments of a job."""

    PROBLEM = auto()


def run_with_problem(
    plugin: str, job: Callable[..., Any], arguments: tuple[Any, ...], number: int | None = None
) -> Any:
    """Run a job on a worker, with the worker's own problem where the caller names it.

    If the job has a number, tell the caller that it begins now, and where.
    """
    worker = get_worker()
    holder = cast("ProblemPlugin | None", worker.plugins.get(plugin))
    if holder is None:
        raise UnfitError(f"the worker {worker.address} lost the data: run the same command again")
    if holder.incompatibility:
        raise UnfitError(holder.incompatibility)
    problem = holder.warm_problem
    if number is not None:
        worker.log_event(plugin, (number, worker.address, os.getpid()))
    return job(
        *(problem if argument is Placeholder.PROBLEM else argument for argument in arguments)
    )


def _cannot_travel(error: Exception) -> str:
    return (
        f"the problem cannot be sent to workers ({describe_error(error)}): use --workers 1, or "
        "make it importable: name it by its file, as mine.py:problem"
    )


class DaskExecutor:
    """An engine of Dask workers. Jobs of one that dies are done again by the others.

    Workers come and go. If the scheduler goes, or a worker would compute something else, `wait`
    raises `ClusterError`, after it returned what was done before; so it does if there is no worker
    for `patience` seconds, which only workers on this machine have. The worker of a job that takes
    longer than it may is replaced; the job's outcome is then an `OverdueError`.
    """

    def __init__(
        self,
        client: Client,
        problem: Evaluator | ProblemGroup,
        threads: int,
        patience: float | None = None,
    ) -> None:
        self.problem = Placeholder.PROBLEM
        self._local, self._patience = patience is not None, patience or math.inf
        self._last_worker = time.monotonic()
        self._client: Any = client
        self._plugin = f"study {client.id}"  # two studies may share a cluster
        plugin = ProblemPlugin(problem, threads)
        with translate_errors(Exception, _cannot_travel):
            cast("Any", pickle).dumps(plugin)
        client.register_plugin(plugin, self._plugin)
        self._running: dict[Any, Any] = {}
        self._over: list[Any] = []  # reported, but not forgotten yet
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._deadlines = Deadlines()
        client.subscribe_topic(self._plugin, self._deadlines.on_begin)  # type: ignore[no-untyped-call, unused-ignore]
        self._look()
        self._warm_up()

    def _warm_up(self) -> None:
        """Have the workers that are there ready, side by side; one that comes later is so, too."""
        warming = [
            self._client.submit(
                *(run_with_problem, self._plugin, do_nothing, ()),
                workers=[address],
                allow_other_workers=True,
                pure=False,
            )
            for address in worker_threads(self._client)
        ]
        with contextlib.suppress(TimeoutError):
            for future in warming:
                future.exception(WARM_UP_SECONDS)  # which ends, or tells at the first real job

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

    def submit(
        self, job_id: Any, job: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> None:
        number = None if timeout is None else self._deadlines.add(job_id, timeout)
        self._running[job_id] = self._client.submit(
            run_with_problem, self._plugin, job, arguments, number, pure=False
        )
        self._follow(job_id)

    def _follow(self, job_id: Any) -> None:
        self._running[job_id].add_done_callback(lambda _: self._done.put(job_id))

    def wait(self) -> list[tuple[Any, Any]]:
        self._over.clear()
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        outcomes, broken = self._give_up_overdue(), []
        for job_id in [] if outcomes else self._ended():
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
        for job_id, _ in outcomes:
            self._deadlines.remove(job_id)
        return outcomes

    def _give_up_overdue(self) -> list[tuple[Any, Any]]:
        """End the jobs that took longer than they may, and replace their workers."""
        outcomes: list[tuple[Any, Any]] = []
        for job_id, address, process in self._deadlines.overdue():
            if self._running[job_id].done():
                continue
            self._cancel(job_id)
            if self._local:  # its nanny starts another at once, after 4 seconds of patience else
                with contextlib.suppress(ProcessLookupError):  # it died by itself
                    os.kill(process, signal.SIGKILL)
            else:
                how = {"timeout": REPLACE_SECONDS, "raise_for_error": False}
                self._client.restart_workers([address], **how)
            outcomes.append((job_id, OverdueError()))
        return outcomes

    def _cancel(self, job_id: Any) -> None:
        """Have the scheduler forget a job, and wait until it has.

        It would hand it to another worker when this one dies, which would then be stuck.
        """
        future, began = self._running[job_id], time.monotonic()
        self._client.cancel([future], force=True)
        while time.monotonic() - began < LOST_SECONDS:
            if not any(future.key in keys for keys in self._client.processing().values()):
                return
            time.sleep(CANCEL_SECONDS)

    def _ended(self) -> list[Any]:
        """Tickets of the jobs that ended; none if none does so for a while."""
        job_ids = []
        with contextlib.suppress(queue.Empty):
            job_ids.append(
                self._done.get(timeout=min(LOOK_SECONDS, self._deadlines.seconds_left()))
            )
            while True:
                job_ids.append(self._done.get_nowait())
        return [job_id for job_id in job_ids if job_id in self._running]  # else it was given up

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
