"""Local Dask worker processes of one thread each. Slow to import, so `engine` does so late."""

import contextlib
import logging
import queue
import signal
import sys
from collections.abc import Callable, Iterator
from enum import Enum, auto
from multiprocessing import resource_tracker
from typing import Any, cast

from distributed import Client, LocalCluster, Worker, WorkerPlugin, get_worker

from study.network import ENVIRONMENT
from study.problems import Problem


class _Holder(WorkerPlugin):
    """Keeps the problem on every worker, sent once to each.

    One that replaces a killed worker gets it too, which scattered data would not survive.
    """

    name = "study"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def setup(self, worker: Worker) -> None:
        """Nothing to prepare: the plugin itself is what is kept."""


class _Held(Enum):
    """Stands for the problem that a worker holds, among the arguments of a job."""

    PROBLEM = auto()


def _with_problem(job: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Run a job on a worker, with the worker's own problem where the caller names it."""
    problem = cast("_Holder", get_worker().plugins[_Holder.name]).problem
    return job(*(problem if argument is _Held.PROBLEM else argument for argument in arguments))


class Workers:
    """An engine of Dask workers. A killed one is replaced, and its job done again."""

    def __init__(self, client: Client, problem: Problem, slots: int) -> None:
        client.register_plugin(_Holder(problem))
        self.slots = slots
        self.problem = _Held.PROBLEM
        self._client = client
        self._running: dict[Any, Any] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def submit(self, ticket: Any, job: Callable[..., Any], *arguments: Any) -> None:
        future: Any = self._client.submit(_with_problem, job, arguments, pure=False)
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
        except Exception as error:  # noqa: BLE001 (a job may raise anything; the runner tells)
            return error


@contextlib.contextmanager
def open_workers(problem: Problem, count: int) -> Iterator[Workers]:
    """Start a cluster on this machine, and end it with the context."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_main_module_hidden())
        with _interrupts_kept_from_workers():
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
        yield Workers(client, problem, count)


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
