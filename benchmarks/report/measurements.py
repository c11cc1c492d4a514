"""What the benchmarks measured: pytest-benchmark's JSON files as frames and ratios."""

import json
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.core.errors import StudyError, translate_errors
from study.core.formatting import pluralize

Frame = pd.DataFrame
MOMENTS = ("third", "half", "two_thirds")  # of a study's time
TIMES = "times as fast"
NOTHING = 1e-3  # of the true time, if none was said to be left
SIZE_COLUMNS = ("benchmark", "name", "dataset", "calls", "epochs", "evaluations", "trainings")


def read_benchmarks(files: Sequence[Path]) -> Frame:
    """A row per benchmark, newer files last.

    Columns: benchmark (the name of its module, such as "training"), name, group, seconds (the
    median of its rounds, or what its extra information says), rounds (the seconds of each), how
    ("study", or who else did it), dataset, and one per entry of its extra information.

    Raises
    ------
    StudyError
        If a file cannot be read, or is no JSON file of pytest-benchmark.
    """
    rows: list[dict[str, Any]] = []
    for file in files:
        with translate_file_errors(file):
            for entry in json.loads(file.read_text(encoding="utf-8"))["benchmarks"]:
                module = entry["fullname"].partition("::")[0].rpartition("test_")[2]
                rows.append(
                    {
                        "benchmark": module.removesuffix(".py"),
                        "name": entry["name"],
                        "group": entry["group"],
                        "seconds": float(entry["stats"]["median"]),
                        "rounds": list(entry["stats"]["data"]),
                        "how": "study",
                        **entry["extra_info"],
                    }
                )
    if not rows:
        raise StudyError("there are no benchmarks in these files: run nox -s benchmark")
    return pd.DataFrame(rows)


def translate_file_errors(file: Path) -> AbstractContextManager[None]:
    """Turn what a file that is no benchmark of this project raises into one line."""
    return translate_errors(
        (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
        lambda error: (
            f"{file} cannot be read as a file of pytest-benchmark ({error}): name one that "
            "nox -s benchmark wrote"
        ),
    )


def join_runs(before: Frame, now: Frame) -> Frame:
    """The benchmarks of one size that two runs have in common; seconds_before: of the first."""
    keys = [column for column in SIZE_COLUMNS if column in before and column in now]
    return before.merge(now, on=keys, suffixes=("_before", ""))


def select_rows(benchmarks: Frame, name: str) -> Frame:
    """The rows of one kind of benchmark, without the columns that it does not have."""
    return benchmarks[benchmarks["benchmark"] == name].dropna(axis="columns", how="all")


def speedups(benchmarks: Frame) -> Frame:
    """Training against Keras `fit`, a row per network.

    Columns: network, tutorial (whether it is one of the tutorial's), keras and study (seconds),
    speedup (keras / study).
    """
    rows = select_rows(benchmarks, "training")
    if rows.empty:
        return pd.DataFrame(columns=["network", "tutorial", "keras", "study", "speedup"])
    wide = _pivot_seconds(rows, ["network"], "keras")
    own = rows[rows["how"] == "study"].set_index("network")
    own = own[own.index.isin(wide.index)]
    frame = wide.loc[own.index].assign(tutorial=own["tutorial"].astype(bool))
    return frame.assign(speedup=frame["keras"] / frame["study"]).reset_index()


def proposal_speedups(benchmarks: Frame) -> Frame:
    """Proposing against scikit-optimize alone: columns method, length, study, speedup."""
    rows = select_rows(benchmarks, "proposals")
    if rows.empty:
        return pd.DataFrame(columns=["method", "length", "study", "speedup"])
    wide = _pivot_seconds(rows, ["method", "length"], "scikit-optimize").reset_index()
    return wide.assign(speedup=wide["scikit-optimize"] / wide["study"])


def _pivot_seconds(rows: Frame, index: list[str], other: str) -> Frame:
    """Seconds of the package and of another, as columns, where Ctrl-C did not come between."""
    wide = rows.pivot(index=index, columns="how", values="seconds")
    return wide.reindex(columns=[other, "study"]).dropna()


def scaling(benchmarks: Frame) -> Frame:
    """The same trainings by number of workers: columns workers, seconds, evaluations.

    The workers take turns, and the medians of all rounds count.
    """
    rows = select_rows(benchmarks, "scaling")
    if rows.empty:
        return pd.DataFrame(columns=["workers", "seconds", "evaluations"])
    return rows.groupby("workers", as_index=False)[["seconds", "evaluations"]].median()


def geometric_mean(values: "pd.Series[float]") -> float:
    """The mean of ratios."""
    return float(np.exp(np.log(values).mean()))


def ratios(benchmarks: Frame) -> list[tuple[str, float, str]]:
    """The figures that matter: what, how much, and its unit."""
    return [
        *_training(speedups(benchmarks)),
        *_compiling(select_rows(benchmarks, "compiling")),
        *_studies(select_rows(benchmarks, "study")),
        *_started(select_rows(benchmarks, "study")),
        *_time_left(select_rows(benchmarks, "time_left")),
        *_workers(scaling(benchmarks)),
        *_proposing(proposal_speedups(benchmarks)),
        *_quick(select_rows(benchmarks, "cheap")),
        *_own_keras(select_rows(benchmarks, "own_keras")),
    ]


def _training(speed: Frame) -> list[tuple[str, float, str]]:
    return [
        (f"training, {whose} networks, against Keras fit", geometric_mean(own["speedup"]), TIMES)
        for whose, tutorial in (("the tutorial's", True), ("random", False))
        if len(own := speed[speed["tutorial"] == tutorial])
    ]


def _compiling(rows: Frame) -> list[tuple[str, float, str]]:
    seconds = rows["compile_seconds"].tolist() if len(rows) else []
    return [("compiling, once per installation", value, "s") for value in seconds]


def _studies(rows: Frame) -> list[tuple[str, float, str]]:
    slow = rows[rows["how"] == "tutorial"]["seconds"].tolist() if len(rows) else []
    return [
        (f"a whole study on {_workers_of(row)}, against the tutorial's way", seconds, TIMES)
        for row in (rows[rows["how"] == "study"].to_dict("records") if slow else [])
        for seconds in [slow[0] / row["seconds"]]
    ]


def _started(rows: Frame) -> list[tuple[str, float, str]]:
    """What comes on top of a study's own work, and whether its first call took longer."""
    own = rows[rows["how"] == "study"] if "again_seconds" in rows else rows.head(0)
    found = []
    for row in own.to_dict("records"):
        on = f"a study on {_workers_of(row)}"
        beyond = row["seconds"] - row["work_seconds"] / row["workers"]
        found += [
            (f"{on}, from start to finish beyond its own work", beyond, "s"),
            (
                f"first call of {on}, against the same again",
                row["first_seconds"] / row["again_seconds"],
                "times as long",
            ),
        ]
    return found


def _time_left(rows: Frame) -> list[tuple[str, float, str]]:
    """What a display told was left, of what was; the farthest from 1 of all moments."""
    found = []
    for row in rows.to_dict("records"):
        told = [row[moment] for moment in MOMENTS if pd.notna(row.get(moment))]
        if told:
            farthest = max(told, key=lambda ratio: abs(math.log(max(ratio, NOTHING))))
            found.append(
                (
                    f"time left as shown, {row['subject']}, against the true one",
                    farthest,
                    "times as long",
                )
            )
    return found


def _quick(rows: Frame) -> list[tuple[str, float, str]]:
    """Quick evaluations: how many a second, and what a second worker gains."""
    if rows.empty:
        return []
    rates = rows.assign(rate=rows["evaluations"] / rows["seconds"])
    median = rates.groupby(["method", "workers"], sort=False)["rate"].median().unstack()
    return [
        entry
        for method, rate in median.iterrows()
        for entry in (
            (f"quick evaluations, {method}, 1 worker", rate[1], "a second"),
            (f"quick evaluations, {method}, 2 workers against 1", rate[2] / rate[1], TIMES),
        )
    ]


def _own_keras(rows: Frame) -> list[tuple[str, float, str]]:
    seconds = rows.set_index("how")["seconds"].to_dict() if len(rows) else {}
    if not {"keras", "study"} <= seconds.keys():
        return []
    return [
        (
            "training, an own Keras model, against Keras's own functions",
            seconds["keras"] / seconds["study"],
            TIMES,
        )
    ]


def _workers_of(row: dict[Any, Any]) -> str:
    return pluralize(int(row["workers"]), "worker")


def _workers(rows: Frame) -> list[tuple[str, float, str]]:
    alone = rows[rows["workers"] == 1]["seconds"].tolist()
    return [
        (f"efficiency of {int(row['workers'])} workers, against 1", efficiency, "%")
        for row in (rows[rows["workers"] > 1].to_dict("records") if alone else [])
        for efficiency in [100 * alone[0] / row["seconds"] / row["workers"]]
    ]


def _proposing(speed: Frame) -> list[tuple[str, float, str]]:
    return [
        (
            f"overhead of suggesting, {method}, against scikit-optimize",
            geometric_mean(own["speedup"]),
            TIMES,
        )
        for method, own in speed.groupby("method", sort=False)
    ]
