"""What a study's evaluations are made for, and how far it is, for whoever watches."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from study.core.records import Evaluation, EvaluationKind, Reevaluation, Retraining, Task, Trial
from study.problems.base import evaluate

RECENT = 4  # finished calls that are told


@dataclass(frozen=True, kw_only=True)
class RunningJob:
    """A job that is being done."""

    description: str
    """What it is, in words."""
    began: float
    """When it was handed to a worker, as `time.monotonic` has it."""

    @property
    def seconds(self) -> float:
        """Since then."""
        return time.monotonic() - self.began


@dataclass(frozen=True, kw_only=True)
class FinishedCall:
    """A call that was made."""

    description: str
    """Which one, in words."""
    score: float | None
    """None if it failed."""
    seconds: float
    """What its evaluation took."""
    ended: float
    """When it was known, as `time.monotonic` has it."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a study is."""

    workers: int
    """How many jobs can run at once; 0 before and after."""
    done: int
    """Calls and retrainings finished, of `total`."""
    total: int
    running: tuple[RunningJob, ...]
    """What is being done right now."""
    best: dict[str, float]
    """Best score of a call so far, by method: as the search saw it, which flatters."""
    latest: dict[str, float] = field(default_factory=dict)
    """Score of the last call, by method."""
    reevaluated: dict[str, float] = field(default_factory=dict)
    """Mean score of the re-evaluations of winners so far, by method, of those that have one."""
    finished: tuple[FinishedCall, ...] = ()
    """The calls that finished last, the last one first."""
    notes: tuple[str, ...] = ()
    """What a user should know of how it goes."""
    seconds_left: float | None
    """None while nobody knows."""


@dataclass(frozen=True, kw_only=True)
class ExtraEvaluation:
    """An evaluation that belongs to no run, such as that of somebody's claim."""

    name: str
    task: Task
    evaluate: Callable[[Any, Task], Evaluation] = evaluate
    """Called with the problem and the task, wherever there is a free worker."""
    seconds: float | None = None
    """About how long it takes, if not what the problem expects."""


Consumer = Trial | Retraining | Reevaluation | ExtraEvaluation
"""What an evaluation is made for."""


def describe(consumer: Consumer) -> str:
    """What a progress display says of it."""
    if isinstance(consumer, ExtraEvaluation):
        return consumer.name
    run = f"{consumer.method} seed {consumer.seed}"
    if isinstance(consumer, Trial):
        return f"{run} call {consumer.call}"
    if isinstance(consumer, Reevaluation):
        return f"{run} re-evaluation {consumer.repeat} of call {consumer.call}"
    what = "retraining" if consumer.task.kind is EvaluationKind.TEST else "re-evaluation"
    return f"{run} {what} {consumer.repeat}"
