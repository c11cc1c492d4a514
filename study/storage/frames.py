"""The tables of a study as data frames, made from records.

Within the package they hold scores, of which higher is better, under neutral names; users see the
problem's own names and values. docs/files.md says what every column means.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from study.core.dimensions import Dimension, Listed, from_cells, to_cells
from study.core.errors import to_plain_line
from study.core.objective import Objective
from study.core.records import (
    CALL_COLUMNS,
    OUTCOME_COLUMNS,
    RETRAINING_COLUMNS,
    RUN,
    TRACE_COLUMNS,
    Evaluation,
    EvaluationKind,
    Reevaluation,
    Retraining,
    Task,
    Trial,
)
from study.core.space import canonical
from study.storage.rows import Evaluations

PROBLEM_COLUMNS = (
    *("validation_score", "incumbent_score", "reevaluated_score", "test_score", "size"),
    *("validation_sd", "reevaluated_sd", "test_sd", "size_median", "size_min", "size_max"),
    *("anytime_score", "collapse_limit_score"),
)
"""Columns that users see under the problem's own names."""


def trial_frame(
    trials: Sequence[Trial],
    done: Evaluations,
    n_initial: Mapping[str, int],
    space: Sequence[Dimension],
    metrics: Sequence[str] = (),
) -> pd.DataFrame:
    """A row per call, ordered by method, seed and call.

    `n_initial` has the methods in their order, and how many of each one's calls are the shared
    initial design. The columns are `CALL_COLUMNS`, one per dimension, `OUTCOME_COLUMNS`, one per
    metric. Choices are there by their labels, see `study.core.dimensions.to_cells`. Scores are
    those of `study.core.objective`, losses in nats; seconds are those of the call, by a simulated
    clock if the problem has one, but for `elapsed_seconds`, which add up over the run as if it had
    been alone. `reused` marks a row whose
    training an earlier row stands for.
    """

    def row(trial: Trial) -> dict[str, Any]:
        evaluation = done[trial.task.key][1]
        return {
            "method": trial.method,
            "seed": trial.seed,
            "call": trial.call,
            "phase": "initial" if trial.call <= n_initial[trial.method] else "search",
            "validation_score": evaluation.score,
            "propose_seconds": trial.propose_seconds,
            "duplicate": trial.duplicate,
            **_outcome(trial.task, evaluation),
            **evaluation.metrics,
        }

    place = {method: number for number, method in enumerate(n_initial)}
    ordered = sorted(trials, key=lambda t: (place[t.method], t.seed, t.call))
    types = {**CALL_COLUMNS, **OUTCOME_COLUMNS, **dict.fromkeys(metrics, "float64")}
    frame = with_dtypes([row(trial) for trial in ordered], types)
    points = [trial.task.configuration for trial in ordered]
    cells = {d.name: to_cells(d, [point[d.name] for point in points]) for d in space}
    frame = frame.assign(**cells)
    run = [frame[name] for name in RUN]
    best = frame["validation_score"].groupby(run, sort=False).cummax()
    frame["incumbent_score"] = best.groupby(run, sort=False).ffill()
    seconds = frame["propose_seconds"] + frame["train_seconds"]
    frame["elapsed_seconds"] = seconds.groupby(run, sort=False).cumsum()
    return frame[[*CALL_COLUMNS, *cells, *OUTCOME_COLUMNS, *metrics]]


def metric_names(done: Evaluations) -> list[str]:
    """What was measured beside values and sizes, in the order of the evaluations' keys."""
    measured = sorted((key, one.metrics) for key, (_, one) in done.items() if one.metrics)
    return list(dict.fromkeys(name for _, metrics in measured for name in metrics))


def retraining_frame(
    finals: Sequence[Retraining],
    done: Evaluations,
    methods: Sequence[str],
    metrics: Sequence[str] = (),
) -> pd.DataFrame:
    """A row per run and retraining, ordered by method, seed, kind and repeat.

    The columns are `RETRAINING_COLUMNS`, and one per metric. `kind` "test": trained on all training
    images, with a `test_score`; "reevaluated": trained as during the search, with a
    `validation_score`.
    """

    def row(final: Retraining) -> dict[str, Any]:
        evaluation = done[final.task.key][1]
        score = "test_score" if final.task.kind is EvaluationKind.TEST else "validation_score"
        return {
            "method": final.method,
            "seed": final.seed,
            "kind": str(final.task.kind),
            "repeat": final.repeat,
            score: evaluation.score,
            "configuration": canonical(final.task.configuration),
            **_outcome(final.task, evaluation),
            **evaluation.metrics,
        }

    kinds = list(EvaluationKind)
    ordered = sorted(
        finals,
        key=lambda f: (methods.index(f.method), f.seed, kinds.index(f.task.kind), f.repeat),
    )
    types = {**RETRAINING_COLUMNS, **dict.fromkeys(metrics, "float64")}
    return with_dtypes([row(final) for final in ordered], types)


def trace_frame(
    reevaluations: Sequence[Reevaluation],
    finals: Sequence[Retraining],
    done: Evaluations,
    methods: Sequence[str],
) -> pd.DataFrame:
    """A row per run, incumbent and re-evaluation, ordered by method, seed, call and repeat.

    The columns are `TRACE_COLUMNS`; `call` is the one that found the incumbent. `reused` marks
    those of winners, too, which the table of `finals` has.
    """
    retrained = {final.task.key for final in finals}
    ordered = sorted(
        reevaluations, key=lambda r: (methods.index(r.method), r.seed, r.call, r.repeat)
    )
    rows = [
        {
            "method": one.method,
            "seed": one.seed,
            "call": one.call,
            "repeat": one.repeat,
            "validation_score": done[one.task.key][1].score,
            **_outcome(one.task, done[one.task.key][1]),
        }
        for one in ordered
    ]
    frame = with_dtypes(rows, TRACE_COLUMNS)
    stored = [one.task.key in retrained for one in ordered]
    return frame.assign(reused=frame["reused"] | np.array(stored, bool))


def _outcome(task: Task, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "size": evaluation.size,
        "initial_loss": evaluation.initial_loss,
        "train_seconds": evaluation.shown_seconds,
        "reused": task.key,  # until `with_dtypes` finds the key twice
        "status": str(evaluation.status),
        "reason": to_plain_line(evaluation.reason),
    }


def with_dtypes(rows: list[dict[str, Any]], types: dict[str, str]) -> pd.DataFrame:
    """A frame with all columns and their types, even where it is empty or a value is missing."""
    frame = pd.DataFrame(rows, columns=list(types))
    frame["reused"] = frame["reused"].duplicated()
    return frame.astype(types)


def with_values(trials: pd.DataFrame, space: Sequence[Dimension]) -> pd.DataFrame:
    """A table with a column per dimension, the choices themselves in place of their labels."""
    own = [d for d in space if isinstance(d, Listed) and not _are_texts(d.choices)]
    values = {
        d.name: pd.Series(from_cells(d, trials[d.name]), trials.index, dtype=object) for d in own
    }
    return trials.assign(**values)


def _are_texts(choices: Sequence[object]) -> bool:
    """Whether all choices are their own labels."""
    return all(isinstance(choice, str) for choice in choices)


def to_public_columns(frame: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """A table as users see it: values instead of scores, under the problem's own names."""
    own = frame.assign(**flip_sign(frame, objective))
    for column in [name for name in PROBLEM_COLUMNS if name.startswith("size") and name in own]:
        if own[column].dropna().mod(1).eq(0).all():
            own[column] = own[column].astype("Int64")  # a count is written as one
    return own.rename(
        columns={name: objective.column_name(name) for name in PROBLEM_COLUMNS if name in own}
    )


def flip_sign(frame: pd.DataFrame, objective: Objective) -> dict[str, pd.Series]:
    """Values from scores, or scores from values; no zero with a minus."""
    scores = [name for name in PROBLEM_COLUMNS if name.endswith("_score") and name in frame]
    return {name: frame[name] * objective.sign + 0.0 for name in scores}


def failures(trials: pd.DataFrame, finals: pd.DataFrame, trace: pd.DataFrame) -> list[str]:
    """A line for every call, retraining and re-evaluation without a score: which, and why."""

    def lines(frame: pd.DataFrame, which: Callable[[Any], str]) -> list[str]:
        bad = frame[frame["status"] != "ok"]
        return [
            f"{r.method} seed {r.seed} {which(r)}: {r.status}, {r.reason}" for r in bad.itertuples()
        ]

    return [
        *lines(trials, lambda r: f"call {r.call}"),
        *lines(finals, lambda r: f"retraining {r.repeat} ({r.kind})"),
        *lines(trace[~trace["reused"]], lambda r: f"re-evaluation {r.repeat} of call {r.call}"),
    ]
