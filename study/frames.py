"""The tables of a study as data frames: from records, and from CSV files.

results/README.md says what every column means.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.errors import plain
from study.methods import METHODS
from study.space import canonical
from study.trials import Evaluation, Final, Part, Task, Trial

PANDAS = tuple(map(int, pd.__version__.split(".")[:2]))  # 3.1 reads numbers exactly by itself

Done = dict[str, tuple[Task, Evaluation]]
"""Evaluations by key, as the ledger has them."""

# Column: type. A column per dimension stands after "phase".
TRIALS = {
    "method": "str",
    "seed": "int64",
    "call": "int64",
    "phase": "str",
    "validation_accuracy": "float64",
    "incumbent_accuracy": "float64",
    "parameters": "Int64",
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
    "parameters": "Int64",
    "validation_accuracy": "float64",
    "test_accuracy": "float64",
    "initial_loss": "float64",
    "train_seconds": "float64",
    "reused": "bool",
    "status": "str",
    "reason": "str",
}


def trial_frame(
    trials: Sequence[Trial],
    done: Done,
    methods: Sequence[str],
    initial_points: int,
    dimensions: Sequence[str],
) -> pd.DataFrame:
    """A row per call, ordered by method (as in `methods`), seed and call.

    The columns are those of `TRIALS`, with one per dimension after the first four. Accuracies are
    0 to 1, losses in nats; seconds are those of the call, but for `elapsed_seconds`, which add up
    over the run as if it had been alone. `reused` marks a row whose training an earlier row
    stands for.
    """

    def row(trial: Trial) -> dict[str, Any]:
        evaluation = done[trial.task.key][1]
        designed = METHODS[trial.method].designed and trial.call <= initial_points
        return {
            "method": trial.method,
            "seed": trial.seed,
            "call": trial.call,
            "phase": "initial" if designed else "search",
            "validation_accuracy": evaluation.accuracy,
            "propose_seconds": trial.propose_seconds,
            "duplicate": trial.duplicate,
            **_evaluated(trial.task, evaluation),
            **{name: trial.task.configuration[name] for name in dimensions},
        }

    ordered = sorted(trials, key=lambda t: (methods.index(t.method), t.seed, t.call))
    frame = _typed([row(trial) for trial in ordered], TRIALS, dimensions)
    run = [frame["method"], frame["seed"]]
    best = frame["validation_accuracy"].groupby(run, sort=False).cummax()
    frame["incumbent_accuracy"] = best.groupby(run, sort=False).ffill()
    seconds = frame["propose_seconds"] + frame["train_seconds"]
    frame["elapsed_seconds"] = seconds.groupby(run, sort=False).cumsum()
    head, tail = list(TRIALS)[:4], list(TRIALS)[4:]
    return frame[[*head, *dimensions, *tail]]


def final_frame(finals: Sequence[Final], done: Done, methods: Sequence[str]) -> pd.DataFrame:
    """A row per run and retraining, ordered by method, seed, part and repeat.

    The columns are those of `FINALS`. `part` "test": trained on all training images, with a
    `test_accuracy`; "remeasured": trained as during the search, with a `validation_accuracy`.
    """

    def row(final: Final) -> dict[str, Any]:
        evaluation = done[final.task.key][1]
        score = "test_accuracy" if final.task.part is Part.TEST else "validation_accuracy"
        return {
            "method": final.method,
            "seed": final.seed,
            "part": str(final.task.part),
            "repeat": final.repeat,
            score: evaluation.accuracy,
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
        "parameters": evaluation.parameters,
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


def read_trials(path: Path, space: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """What `trial_frame` gave, from its CSV file; `space` as study.json describes it.

    Raises ValueError if it is damaged.
    """
    kinds = {"real": "float64", "integer": "int64", "categorical": "str"}
    head, tail = list(TRIALS.items())[:4], list(TRIALS.items())[4:]
    return _read(path, dict([*head, *((d["name"], kinds[d["kind"]]) for d in space), *tail]))


def read_finals(path: Path) -> pd.DataFrame:
    """What `final_frame` gave, from its CSV file. Raises ValueError if it is damaged."""
    return _read(path, FINALS)


def _read(path: Path, types: dict[str, str]) -> pd.DataFrame:
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
    return frame.assign(reason=reasons).astype({"reason": types["reason"]})


def failures(trials: pd.DataFrame, finals: pd.DataFrame) -> list[str]:
    """A line for every call and retraining without an accuracy: which, and why."""

    def lines(frame: pd.DataFrame, which: Callable[[Any], str]) -> list[str]:
        bad = frame[frame["status"] != "ok"]
        return [
            f"{r.method} seed {r.seed} {which(r)}: {r.status}, {r.reason}" for r in bad.itertuples()
        ]

    return lines(trials, lambda r: f"call {r.call}") + lines(
        finals, lambda r: f"retraining {r.repeat} ({r.part})"
    )
