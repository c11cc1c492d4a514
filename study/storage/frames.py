"""The tables of a study as data frames: from records, and from CSV files.

results/README.md says what every column means.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.core.errors import plain
from study.core.objective import Objective
from study.core.records import Evaluation, Final, Part, Task, Trial
from study.core.space import canonical

PANDAS = tuple(map(int, pd.__version__.split(".")[:2]))  # 3.1 reads numbers exactly by itself

Done = dict[str, tuple[Task, Evaluation]]
"""Evaluations by key, as the ledger has them."""

# Column: type. A column per dimension stands after "phase".
TRIALS = {
    "method": "str",
    "seed": "int64",
    "call": "int64",
    "phase": "str",
    "validation_score": "float64",
    "incumbent_score": "float64",
    "cost": "float64",
    "initial_loss": "float64",
    "propose_seconds": "float64",
    "train_seconds": "float64",
    "elapsed_seconds": "float64",
    "duplicate": "bool",
    "reused": "bool",
    "status": "str",
    "reason": "str",
}
FINALS = {
    "method": "str",
    "seed": "int64",
    "part": "str",
    "repeat": "int64",
    "configuration": "str",
    "cost": "float64",
    "validation_score": "float64",
    "test_score": "float64",
    "initial_loss": "float64",
    "train_seconds": "float64",
    "reused": "bool",
    "status": "str",
    "reason": "str",
}


OWN = (
    *("validation_score", "incumbent_score", "remeasured_score", "test_score", "cost"),
    *("validation_sd", "remeasured_sd", "test_sd", "cost_median", "cost_min", "cost_max"),
)
"""Columns that have the problem's own names in files."""


def trial_frame(
    trials: Sequence[Trial],
    done: Done,
    designed: Mapping[str, int],
    dimensions: Sequence[str],
) -> pd.DataFrame:
    """A row per call, ordered by method, seed and call.

    `designed` has the methods in their order, and how many of each one's calls are the shared
    initial design. The columns are those of `TRIALS`, with one per dimension after the first
    four. Scores are those of `study.core.objective`, losses in nats; seconds are those of the call, but
    for `elapsed_seconds`, which add up over the run as if it had been alone. `reused` marks a row
    whose training an earlier row stands for.
    """

    def row(trial: Trial) -> dict[str, Any]:
        evaluation = done[trial.task.key][1]
        return {
            "method": trial.method,
            "seed": trial.seed,
            "call": trial.call,
            "phase": "initial" if trial.call <= designed[trial.method] else "search",
            "validation_score": evaluation.score,
            "propose_seconds": trial.propose_seconds,
            "duplicate": trial.duplicate,
            **_evaluated(trial.task, evaluation),
            **{name: trial.task.configuration[name] for name in dimensions},
        }

    place = {method: number for number, method in enumerate(designed)}
    ordered = sorted(trials, key=lambda t: (place[t.method], t.seed, t.call))
    frame = _typed([row(trial) for trial in ordered], TRIALS, dimensions)
    run = [frame["method"], frame["seed"]]
    best = frame["validation_score"].groupby(run, sort=False).cummax()
    frame["incumbent_score"] = best.groupby(run, sort=False).ffill()
    seconds = frame["propose_seconds"] + frame["train_seconds"]
    frame["elapsed_seconds"] = seconds.groupby(run, sort=False).cumsum()
    head, tail = list(TRIALS)[:4], list(TRIALS)[4:]
    return frame[[*head, *dimensions, *tail]]


def final_frame(finals: Sequence[Final], done: Done, methods: Sequence[str]) -> pd.DataFrame:
    """A row per run and retraining, ordered by method, seed, part and repeat.

    The columns are those of `FINALS`. `part` "test": trained on all training images, with a
    `test_score`; "remeasured": trained as during the search, with a `validation_score`.
    """

    def row(final: Final) -> dict[str, Any]:
        evaluation = done[final.task.key][1]
        score = "test_score" if final.task.part is Part.TEST else "validation_score"
        return {
            "method": final.method,
            "seed": final.seed,
            "part": str(final.task.part),
            "repeat": final.repeat,
            score: evaluation.score,
            "configuration": canonical(final.task.configuration),
            **_evaluated(final.task, evaluation),
        }

    parts = list(Part)
    ordered = sorted(
        finals,
        key=lambda f: (methods.index(f.method), f.seed, parts.index(f.task.part), f.repeat),
    )
    return _typed([row(final) for final in ordered], FINALS)


def _evaluated(task: Task, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "cost": evaluation.cost,
        "initial_loss": evaluation.initial_loss,
        "train_seconds": evaluation.seconds,
        "reused": task.key,  # until `_typed` finds the key twice
        "status": str(evaluation.status),
        "reason": plain(evaluation.reason),
    }


def _typed(
    rows: list[dict[str, Any]], types: dict[str, str], dimensions: Sequence[str] = ()
) -> pd.DataFrame:
    """A frame with all columns and their types, even where it is empty or a value is missing."""
    frame = pd.DataFrame(rows, columns=[*types, *dimensions])
    frame["reused"] = frame["reused"].duplicated()
    return frame.astype(types)


def defused(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame to write as CSV: no reason is a formula for a spreadsheet that opens the file.

    One that begins like a formula, or with an apostrophe, gets an apostrophe before it, which
    `read_trials` and `read_finals` take off again.
    """
    if "reason" not in frame:
        return frame
    risky = frame["reason"].str.startswith(("=", "+", "-", "@", "'"))
    return frame.assign(reason=frame["reason"].mask(risky, "'" + frame["reason"]))


def named(frame: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """A table as files have it: values instead of scores, under the problem's own names."""
    own = frame.assign(**_turned(frame, objective))
    for column in [name for name in OWN if name.startswith("cost") and name in own]:
        if own[column].dropna().mod(1).eq(0).all():
            own[column] = own[column].astype("Int64")  # a count is written as one
    return own.rename(columns={name: objective.column(name) for name in OWN if name in own})


def _turned(frame: pd.DataFrame, objective: Objective) -> dict[str, pd.Series]:
    """Values from scores, or scores from values; no zero with a minus."""
    scores = [name for name in OWN if name.endswith("_score") and name in frame]
    return {name: frame[name] * objective.sign + 0.0 for name in scores}


def read_trials(path: Path, space: Sequence[dict[str, Any]], objective: Objective) -> pd.DataFrame:
    """What `trial_frame` gave, from its CSV file; `space` as study.json describes it.

    Raises ValueError if it is damaged.
    """
    kinds = {"real": "float64", "integer": "int64", "categorical": "str"}
    head, tail = list(TRIALS.items())[:4], list(TRIALS.items())[4:]
    dimensions = {d["name"]: kinds[d["kind"]] for d in space}
    return _read(path, {**dict(head), **dimensions, **dict(tail)}, objective)


def read_finals(path: Path, objective: Objective) -> pd.DataFrame:
    """What `final_frame` gave, from its CSV file. Raises ValueError if it is damaged."""
    return _read(path, FINALS, objective)


def _read(path: Path, neutral: dict[str, str], objective: Objective) -> pd.DataFrame:
    own = {name: objective.column(name) if name in OWN else name for name in neutral}
    types = {own[name]: kind for name, kind in neutral.items()}
    columns = list(pd.read_csv(path, nrows=0).columns)
    if missing := set(types) - set(columns):
        raise ValueError(f"{path.name} lacks {', '.join(sorted(missing))}")
    if columns != list(types):
        raise ValueError(f"the columns of {path.name} are not {', '.join(types)}")
    exact: Any = {} if PANDAS >= (3, 1) else {"float_precision": "round_trip"}
    with np.errstate(invalid="ignore"):  # a whole number out of range is an error without it, too
        # Only an empty cell is a missing value: a choice may be called None.
        frame: pd.DataFrame = pd.read_csv(
            path, dtype=types, keep_default_na=False, na_values=[""], **exact
        ).fillna({"reason": ""})
    reasons = frame["reason"].str.removeprefix("'").map(plain)
    frame = frame.assign(reason=reasons).astype({"reason": types["reason"]})
    frame = frame.rename(columns={column: name for name, column in own.items()})
    return frame.assign(**_turned(frame, objective))


def failures(trials: pd.DataFrame, finals: pd.DataFrame) -> list[str]:
    """A line for every call and retraining without a score: which, and why."""

    def lines(frame: pd.DataFrame, which: Callable[[Any], str]) -> list[str]:
        bad = frame[frame["status"] != "ok"]
        return [
            f"{r.method} seed {r.seed} {which(r)}: {r.status}, {r.reason}" for r in bad.itertuples()
        ]

    return lines(trials, lambda r: f"call {r.call}") + lines(
        finals, lambda r: f"retraining {r.repeat} ({r.part})"
    )
