"""Where work is done: in this process, in local worker processes, or on a user's cluster."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from study.core.settings import at_least_one
from study.problems.network import Evaluator
from study.training import network


class Engine(Protocol):
    """Takes jobs and gives them back when they are done, in whatever order."""

    slots: int
    """How many jobs run at once; may change with every `wait`."""
    problem: Any
    """What to pass to a job in place of the problem."""

    def submit(self, ticket: Any, job: Callable[..., Any], *arguments: Any) -> None:
        """Take a job; `ticket` comes back with its outcome."""

    def wait(self) -> list[tuple[Any, Any]]:
        """Block until a job is done, or a while; (ticket, result or exception) of all that are."""


class InProcess:
    """Runs each job when it is waited for."""

    slots = 1

    def __init__(self, problem: Evaluator) -> None:
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


def default_workers() -> int:
    """One per core that this process may use."""
    with contextlib.suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def open_engine(problem: Evaluator, workers: int, scheduler: str | None = None) -> Iterator[Engine]:
    """An engine of so many local workers, or of those that the scheduler of that address has.

    One worker works in this process, without a cluster, unless somebody else imported TensorFlow
    here: with other threads it gives other last digits.
    """
    at_least_one("workers", workers)
    if scheduler is not None:
        from study.execution.dask_cluster import open_cluster

        with open_cluster(problem, scheduler) as engine:
            yield engine
    elif workers == 1 and network.undisturbed():
        yield InProcess(problem)
    else:
        from study.execution.dask_workers import open_workers

        with open_workers(problem, workers) as engine:
            yield engine
