"""From records to frames, and from frames to frames."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from study.methods import METHODS
from study.space import canonical
from study.trials import Evaluation, Final, Task, Trial

Done = dict[str, tuple[Task, Evaluation]]
"""Evaluations by key, as the ledger has them."""


def trial_frame(
    trials: Sequence[Trial],
    done: Done,
    methods: Sequence[str],
    initial_points: int,
    dimensions: Sequence[str],
) -> pd.DataFrame:
    """A row per call, ordered by method (as in `methods`), seed and call.

    Columns: method, seed, call, phase ("initial" for the shared design, else "search"), one per
    dimension, validation_accuracy and incumbent_accuracy (0 to 1; the best so far in this run),
    parameters, initial_loss (nats), propose_seconds, train_seconds, duplicate, reused (an
    earlier row stands for the same training), status, reason.
    """

    def row(trial: Trial) -> dict[str, Any]:
        evaluation = done[trial.task.key][1]
        designed = METHODS[trial.method].designed and trial.call <= initial_points
        return {
            "method": trial.method,
            "seed": trial.seed,
            "call": trial.call,
            "phase": "initial" if designed else "search",
            **{name: trial.task.configuration[name] for name in dimensions},
            "validation_accuracy": evaluation.accuracy,
            "incumbent_accuracy": evaluation.accuracy,
            "parameters": evaluation.parameters,
            "initial_loss": evaluation.initial_loss,
            "propose_seconds": trial.propose_seconds,
            "train_seconds": evaluation.seconds,
            "duplicate": trial.duplicate,
            "reused": trial.task.key,
            "status": str(evaluation.status),
            "reason": evaluation.reason,
        }

    columns = [
        *("method", "seed", "call", "phase", *dimensions, "validation_accuracy"),
        *("incumbent_accuracy", "parameters", "initial_loss", "propose_seconds"),
        *("train_seconds", "duplicate", "reused", "status", "reason"),
    ]
    ordered = sorted(trials, key=lambda t: (methods.index(t.method), t.seed, t.call))
    frame = _typed(pd.DataFrame([row(trial) for trial in ordered], columns=columns))
    frame["reused"] = frame["reused"].duplicated()
    best = frame.groupby(["method", "seed"], sort=False)["incumbent_accuracy"].cummax()
    frame["incumbent_accuracy"] = best.groupby([frame["method"], frame["seed"]]).ffill()
    return frame


def final_frame(finals: Sequence[Final], done: Done, methods: Sequence[str]) -> pd.DataFrame:
    """A row per run and retraining, ordered by method, seed and repeat.

    Columns: method, seed, repeat, configuration (JSON), parameters, test_accuracy (0 to 1),
    initial_loss (nats), train_seconds, status, reason.
    """

    def row(final: Final) -> dict[str, Any]:
        evaluation = done[final.task.key][1]
        return {
            "method": final.method,
            "seed": final.seed,
            "repeat": final.repeat,
            "configuration": canonical(final.task.configuration),
            "parameters": evaluation.parameters,
            "test_accuracy": evaluation.accuracy,
            "initial_loss": evaluation.initial_loss,
            "train_seconds": evaluation.seconds,
            "status": str(evaluation.status),
            "reason": evaluation.reason,
        }

    columns = [
        *("method", "seed", "repeat", "configuration", "parameters", "test_accuracy"),
        *("initial_loss", "train_seconds", "status", "reason"),
    ]
    ordered = sorted(finals, key=lambda f: (methods.index(f.method), f.seed, f.repeat))
    return _typed(pd.DataFrame([row(final) for final in ordered], columns=columns))


MEASURED = (
    *("validation_accuracy", "incumbent_accuracy", "test_accuracy", "initial_loss"),
    *("propose_seconds", "train_seconds"),
)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The column types that a frame has even where it is empty or a value is missing."""
    types = {name: "float64" for name in MEASURED if name in frame}
    if "parameters" in frame:
        types["parameters"] = "Int64"
    return frame.astype(types)


def run_frame(trials: pd.DataFrame, finals: pd.DataFrame) -> pd.DataFrame:
    """A row per method and seed, in the order of `trials`.

    Columns: method, seed, calls, validation_accuracy (the incumbent's at the end),
    propose_seconds and train_seconds (mean per call), test_accuracy (mean over the retrainings;
    missing while there are none) and parameters (of the chosen network).
    """
    runs = trials.groupby(["method", "seed"], sort=False, as_index=False).agg(
        calls=("call", "size"),
        validation_accuracy=("incumbent_accuracy", "last"),
        propose_seconds=("propose_seconds", "mean"),
        train_seconds=("train_seconds", "mean"),
    )
    chosen = finals.groupby(["method", "seed"], sort=False, as_index=False).agg(
        test_accuracy=("test_accuracy", "mean"), parameters=("parameters", "first")
    )
    return runs.merge(chosen, on=["method", "seed"], how="left")


def summarise(trials: pd.DataFrame, finals: pd.DataFrame) -> pd.DataFrame:
    """A row per method, in the order of `trials`.

    Columns: method; seeds (runs with a call at all); calls; validation_accuracy and
    validation_sd, test_accuracy and test_sd (mean and standard deviation over seeds, of 0 to 1;
    a seed's test accuracy is the mean over its retrainings); parameters_median, parameters_min,
    parameters_max (of the chosen networks); propose_seconds, train_seconds and seconds_per_call
    (means); failed (calls and retrainings without an accuracy).
    """
    runs = run_frame(trials, finals)
    summary = runs.groupby("method", sort=False, as_index=False).agg(
        seeds=("seed", "size"),
        calls=("calls", "sum"),
        validation_accuracy=("validation_accuracy", "mean"),
        validation_sd=("validation_accuracy", "std"),
        test_accuracy=("test_accuracy", "mean"),
        test_sd=("test_accuracy", "std"),
        parameters_median=("parameters", "median"),
        parameters_min=("parameters", "min"),
        parameters_max=("parameters", "max"),
        propose_seconds=("propose_seconds", "mean"),
        train_seconds=("train_seconds", "mean"),
    )
    summary["seconds_per_call"] = summary["propose_seconds"] + summary["train_seconds"]
    rows = pd.concat([trials[["method", "status"]], finals[["method", "status"]]])
    failed = rows["method"][rows["status"] != "ok"].value_counts()
    summary["failed"] = summary["method"].map(failed).fillna(0).astype(int)
    return summary


def search_range(trials: pd.DataFrame, space: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """What each method tried of each dimension: the tutorial's "range of our search".

    Columns: method, dimension, allowed (the range or choices of the space), tried (the smallest
    and largest value, or the choices), distinct (different values), best (the value of the
    method's best validation accuracy over all seeds).
    """
    rows = []
    for method, own in trials.groupby("method", sort=False):
        scored = own.dropna(subset=["validation_accuracy"])
        for dimension in space:
            values = own[dimension["name"]]
            if dimension["kind"] == "categorical":
                allowed, tried = ", ".join(dimension["choices"]), ", ".join(sorted(values.unique()))
            else:
                allowed = f"{dimension['low']:.6g} .. {dimension['high']:.6g}"
                tried = f"{values.min():.6g} .. {values.max():.6g}"
            best = scored["validation_accuracy"].idxmax() if len(scored) else None
            rows.append(
                {
                    "method": method,
                    "dimension": dimension["name"],
                    "allowed": allowed,
                    "tried": tried,
                    "distinct": values.nunique(),
                    "best": values[best] if best is not None else None,
                }
            )
    return pd.DataFrame(
        rows, columns=["method", "dimension", "allowed", "tried", "distinct", "best"]
    )


def failures(trials: pd.DataFrame, finals: pd.DataFrame) -> list[str]:
    """A line for every call and retraining without an accuracy: which, and why."""
    calls = [
        f"{r.method} seed {r.seed} call {r.call}: {r.status}, {r.reason}"
        for r in trials[trials["status"] != "ok"].itertuples()
    ]
    retrainings = [
        f"{r.method} seed {r.seed} retraining {r.repeat}: {r.status}, {r.reason}"
        for r in finals[finals["status"] != "ok"].itertuples()
    ]
    return calls + retrainings


def thousands(count: float) -> str:
    """409000 as 409k."""
    return f"{count / 1000:,.3g}k" if count >= 1000 else f"{count:.0f}"
