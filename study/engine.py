"""Where work is done: in this process, or in local worker processes of one thread each."""

import contextlib
import logging
import os
import queue
import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from typing import Any, Protocol

from study.network import ENVIRONMENT
from study.problems import Problem
from study.settings import at_least_one


class Engine(Protocol):
    """Takes jobs and gives them back when they are done, in whatever order."""

    slots: int
    """How many jobs run at once."""
    problem: Any
    """What to pass to a job in place of the problem."""

    def submit(self, ticket: Any, job: Callable[..., Any], *arguments: Any) -> None:
        """Take a job; `ticket` comes back with its outcome."""

    def wait(self) -> list[tuple[Any, Any]]:
        """Block until a job is done; (ticket, result or exception) of all that are."""


class InProcess:
    """Runs each job when it is waited for."""

    slots = 1

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._jobs: list[tuple[Any, Callable[..., Any], tuple[Any, ...]]] = []

    def submit(self, ticket: Any, job: Callable[..., Any], *arguments: Any) -> None:
        self._jobs.append((ticket, job, arguments))

    def wait(self) -> list[tuple[Any, Any]]:
        ticket, job, arguments = self._jobs.pop(0)
        try:
            return [(ticket, job(*arguments))]
        except Exception as error:  # noqa: BLE001 (a job may raise anything; the runner tells)
            return [(ticket, error)]


class Workers:
    """Dask worker processes. The problem is sent to each once; a killed one is replaced."""

    def __init__(self, client: Any, problem: Problem, slots: int) -> None:
        self.slots = slots
        self.problem = client.scatter(problem, broadcast=True, hash=False)
        self._client = client
        self._running: dict[Any, Any] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def submit(self, ticket: Any, job: Callable[..., Any], *arguments: Any) -> None:
        future = self._client.submit(job, *arguments, pure=False)
        self._running[ticket] = future
        future.add_done_callback(lambda _: self._done.put(ticket))

    def wait(self) -> list[tuple[Any, Any]]:
        tickets = [self._done.get()]
        while not self._done.empty():
            tickets.append(self._done.get())
        return [(ticket, self._outcome(self._running.pop(ticket))) for ticket in tickets]

    @staticmethod
    def _outcome(future: Any) -> Any:
        try:
            return future.result()
        except Exception as error:  # noqa: BLE001 (as in `InProcess.wait`)
            return error


def default_workers() -> int:
    """One per core that this process may use."""
    with contextlib.suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def open_engine(problem: Problem, workers: int) -> Iterator[Engine]:
    """An engine of so many workers; one works in this process, without a cluster."""
    at_least_one("workers", workers)
    if workers == 1:
        yield InProcess(problem)
        return
    from distributed import Client, LocalCluster

    with contextlib.ExitStack() as stack:
        stack.enter_context(_main_module_hidden())
        with _interrupts_kept_from_workers():
            cluster = LocalCluster(  # type: ignore[no-untyped-call, unused-ignore]
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=0,
                env=ENVIRONMENT,
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(cluster)
        client = stack.enter_context(Client(cluster))  # type: ignore[no-untyped-call, unused-ignore]
        yield Workers(client, problem, workers)


@contextlib.contextmanager
def _interrupts_kept_from_workers() -> Iterator[None]:
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
def _main_module_hidden() -> Iterator[None]:
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
