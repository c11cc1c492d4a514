"""What a study needs to know of the thing that it tunes, and how it evaluates it."""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from study.core.errors import exits_as_errors
from study.core.objective import Objective
from study.core.plugins import describe_own_error
from study.core.records import Evaluation, Status, Task
from study.core.space import Configuration, Space
from study.core.study_info import ProblemInfo


class Evaluator(Protocol):
    """What a study needs to know of the thing that it tunes."""

    @property
    def space(self) -> Space:
        """What is searched."""

    @property
    def default(self) -> Configuration:
        """The first point of every search."""

    @property
    def baseline(self) -> Configuration:
        """What a user would take without searching; it may lie outside the space."""

    @property
    def objective(self) -> Objective:
        """What the scores of `evaluate` stand for."""

    def warm_up(self) -> None:
        """Import, compile and lay out what a process needs before its first `evaluate`."""

    def evaluate(self, task: Task) -> Evaluation:
        """Train and score; the outcome depends on the task alone, seconds aside."""

    def expected_seconds(self, task: Task) -> float:
        """Roughly what `evaluate` takes on one thread; orders the work and predicts its end."""

    def describe(self) -> ProblemInfo:
        """What makes this problem another than the next."""


RETRYABLE_ERRORS = {"MemoryError", "OSError", "ResourceExhaustedError"}  # the last is TensorFlow's
NO_CHILDREN = "daemonic processes are not allowed to have children"
"""What Python says where an evaluation starts processes in a worker."""
NO_CHILDREN_HINT = (
    ": a worker starts no processes; compute in threads, such as joblib's threading backend, or "
    "with --workers 1"
)


def warm_up(problem: "Evaluator | ProblemGroup") -> None:
    """Have a process ready to evaluate; what goes wrong is left to the evaluations, which tell."""
    with contextlib.suppress(Exception), exits_as_errors():
        problem.warm_up()


def evaluate(problem: Evaluator, task: Task) -> Evaluation:
    """Evaluate; whatever goes wrong becomes a record with status failed and the reason.

    What can be the machine's fault, such as too little memory, is tried once more.
    """
    began = time.perf_counter()
    first = _attempt(problem, task)
    if isinstance(first, Evaluation):
        return first
    kinds = {kind.__name__ for kind in type(first).__mro__}
    second = _attempt(problem, task) if kinds & RETRYABLE_ERRORS else first
    if isinstance(second, Evaluation):
        return second
    reason = describe_own_error(second)
    if NO_CHILDREN in reason:
        reason += NO_CHILDREN_HINT
    return Evaluation(status=Status.FAILED, reason=reason, seconds=time.perf_counter() - began)


def _attempt(problem: Evaluator, task: Task) -> Evaluation | Exception:
    try:
        with exits_as_errors(), contextlib.chdir(os.curdir):  # and back to it, whatever it does
            return problem.evaluate(task)
    except Exception as error:  # noqa: BLE001 (whatever fails is a result, not an end)
        return error


@dataclass(frozen=True)
class ProblemGroup:
    """The problems of several studies, which a worker holds together."""

    problems: Mapping[str, Evaluator]

    def warm_up(self) -> None:
        """Have a process ready for all of them."""
        for problem in self.problems.values():
            warm_up(problem)
