"""Where work is done: in this process, in local worker processes, or on a user's cluster."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from study.core.validation import require_count
from study.problems.base import Evaluator, ProblemGroup, warm_up
from study.problems.user import UserProblem
from study.training.tensorflow import is_configured, misses_gpus


class Workers(Protocol):
    """What jobs are handed to."""

    problem: Any
    """What to pass to a job in place of the problem."""

    @property
    def n_workers(self) -> int:
        """How many jobs run at once; may change with every `wait`."""

    def submit(
        self, job_id: Any, job: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> None:
        """Take a job; `job_id` comes back with its outcome. It may take `timeout` seconds."""


class Executor(Workers, Protocol):
    """Takes jobs and gives them back when they are done, in whatever order."""

    def wait(self) -> list[tuple[Any, Any]]:
        """Block until a job is done, or a while; (job_id, result or exception) of all that are."""


class InProcessExecutor:
    """Runs each job when it is waited for; it has no means to end one before it ends."""

    n_workers = 1

    def __init__(self, problem: Evaluator | ProblemGroup) -> None:
        self.problem = problem
        self._jobs: list[tuple[Any, Callable[..., Any], tuple[Any, ...]]] = []

    def submit(
        self, job_id: Any, job: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> None:
        if timeout is not None:
            raise ValueError("a job in this process cannot be given up")
        self._jobs.append((job_id, job, arguments))

    def wait(self) -> list[tuple[Any, Any]]:
        job_id, job, arguments = self._jobs.pop(0)
        try:
            return [(job_id, job(*arguments))]
        except Exception as error:  # noqa: BLE001 (a job may raise anything; the runner tells)
            return [(job_id, error)]


@contextlib.contextmanager
def open_executor(
    problem: Evaluator | ProblemGroup,
    workers: int,
    scheduler: str | None = None,
    *,
    threads: int = 1,
    timed: bool = False,
) -> Iterator[Executor]:
    """An executor of so many local workers, or of those that the scheduler of that address has.

    Each does one job at a time, which may compute on so many threads. One worker works in this
    process, without a cluster, unless jobs are `timed`, for only another process can be ended, or
    TensorFlow was imported here for something else: with other threads it gives other last digits.
    """
    require_count("workers", workers)
    if scheduler is not None:
        from study.execution.dask_cluster import open_cluster

        with open_cluster(problem, scheduler, threads) as executor:
            yield executor
    elif workers == 1 and not timed and is_fit(problem, threads):
        from threadpoolctl import threadpool_limits

        with threadpool_limits(threads):  # numpy may have been imported with one per core
            warm_up(problem)
            yield InProcessExecutor(problem)
    else:
        from study.execution.dask_local import open_workers

        with open_workers(problem, workers, threads) as executor:
            yield executor


def is_fit(problem: Evaluator | ProblemGroup, threads: int) -> bool:
    """Whether this process can evaluate a problem as a process of its own would."""
    held = problem.problems.values() if isinstance(problem, ProblemGroup) else [problem]
    may_use_gpus = any(isinstance(one, UserProblem) for one in held)
    return is_configured(threads) and not (may_use_gpus and misses_gpus())
