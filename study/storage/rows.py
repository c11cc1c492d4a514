"""The tables of a ledger, and records as their rows.

Each row carries a checksum: damage is noticed wherever it hits.
"""

import json
import math
import zlib
from typing import Any

from study.core.records import Evaluation, EvaluationKind, Retraining, Status, Task, Trial
from study.core.space import parse

Row = tuple[Any, ...]
"""Values of SQLite: None, int, float or str."""

Evaluations = dict[str, tuple[Task, Evaluation]]
"""Everything that was evaluated, by key."""

TABLES = {
    "facts": ("name", "value"),
    "sessions": ("number", "began", "about"),
    "evaluations": (
        *("key", "kind", "configuration", "training_seed", "status", "reason", "score"),
        *("size", "initial_loss", "losses", "accuracies", "validation_losses"),
        *("epoch_seconds", "metrics", "seconds", "recorded_seconds"),
        *("session", "session_seconds"),
    ),
    "trials": ("method", "seed", "call", "key", "duplicate", "propose_seconds"),
    "finals": ("method", "seed", "kind", "repeat", "key"),
}
"""Columns of each table, to which a checksum is added. SQLite keeps values of any type as given."""
UNIQUE = {
    "evaluations": ("key",),
    "trials": ("method", "seed", "call"),
    "finals": ("method", "seed", "kind", "repeat"),
}


def checksum(table: str, row: Row) -> int:
    """Of a row's values, in their table: what a changed byte changes."""
    return zlib.crc32(repr((table, *row)).encode())


def nan_to_null(row: Row) -> Row:
    """A row as SQLite gives it back: it knows no NaN."""
    return tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row)


def evaluation_to_row(task: Task, evaluation: Evaluation) -> Row:
    """A row of "evaluations", but for its session."""
    return (
        task.key,
        str(task.kind),
        json.dumps(task.configuration),
        task.training_seed,
        str(evaluation.status),
        evaluation.reason,
        evaluation.score,
        evaluation.size,
        evaluation.initial_loss,
        json.dumps(evaluation.losses),
        json.dumps(evaluation.accuracies),
        json.dumps(evaluation.validation_losses),
        json.dumps(evaluation.epoch_seconds),
        json.dumps(dict(evaluation.metrics)),
        evaluation.seconds,
        evaluation.recorded_seconds,
    )


def evaluation_from_row(row: Row) -> tuple[Task, Evaluation]:
    """The inverse of `evaluation_to_row`; what follows its columns is left alone."""
    _, kind, configuration, seed, status, reason, score, size, initial_loss, *rest = row
    *histories, metrics, seconds, recorded_seconds = rest[:7]
    losses, accuracies, validation_losses, epoch_seconds = (tuple(json.loads(h)) for h in histories)
    return (
        Task(kind=EvaluationKind(kind), configuration=parse(configuration), training_seed=seed),
        Evaluation(
            status=Status(status),
            reason=reason,
            score=score,
            size=size,
            initial_loss=initial_loss,
            losses=losses,
            accuracies=accuracies,
            validation_losses=validation_losses,
            epoch_seconds=epoch_seconds,
            metrics=json.loads(metrics),
            seconds=seconds,
            recorded_seconds=recorded_seconds,
        ),
    )


def trial_to_row(trial: Trial) -> Row:
    """A row of "trials"."""
    key, seconds = trial.task.key, trial.propose_seconds
    return trial.method, trial.seed, trial.call, key, int(trial.duplicate), seconds


def trial_from_row(row: Row, done: Evaluations) -> Trial:
    """The inverse of `trial_to_row`."""
    method, seed, call, key, duplicate, seconds = row
    return Trial(
        method=method,
        seed=seed,
        call=call,
        task=done[key][0],
        duplicate=bool(duplicate),
        propose_seconds=seconds,
    )


def retraining_to_row(retraining: Retraining) -> Row:
    """A row of "finals"."""
    task = retraining.task
    return retraining.method, retraining.seed, str(task.kind), retraining.repeat, task.key


def retraining_from_row(row: Row, done: Evaluations) -> Retraining:
    """The inverse of `retraining_to_row`."""
    method, seed, _, repeat, key = row
    return Retraining(method=method, seed=seed, repeat=repeat, task=done[key][0])
