"""A results folder: what is written there, and how it is read back."""

import contextlib
import json
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from study import analysis
from study.errors import StudyError
from study.ledger import Ledger
from study.methods import METHODS

LEDGER = "study.db"
TEXT = {"reason": "str", "status": "str", "configuration": "str", "parameters": "Int64"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a study found, finished or not."""

    folder: Path
    info: dict[str, Any]
    """study.json: settings, problem, versions, machine, sessions."""
    trials: pd.DataFrame
    """A row per call; see `study.analysis.trial_frame`."""
    finals: pd.DataFrame
    """A row per run and retraining; see `study.analysis.final_frame`."""

    @property
    def summary(self) -> pd.DataFrame:
        """A row per method; see `study.analysis.summarise`."""
        return analysis.summarise(self.trials, self.finals)

    @property
    def failures(self) -> list[str]:
        """A line for every evaluation without an accuracy and every search that broke off."""
        return analysis.failures(self.trials, self.finals) + list(self.info["errors"])

    @property
    def finished(self) -> bool:
        return bool(self.info["finished"])


def load(folder: str | os.PathLike[str]) -> Results:
    """Read a results folder: from its ledger if it is there, else from its CSV files.

    Raises
    ------
    StudyError
        If the folder holds no study, or one that cannot be read.
    """
    path = Path(folder)
    if (path / LEDGER).is_file():
        with Ledger(path / LEDGER, create=False) as ledger:
            return from_ledger(path, ledger, [])
    return read_files(path)


def from_ledger(folder: Path, ledger: Ledger, errors: list[str]) -> Results:
    """The results of what a ledger holds; `errors` are the searches that broke off."""
    settings, problem = ledger.read("settings"), ledger.read("problem")
    if settings is None or problem is None:
        raise StudyError(f"{folder} holds a study that was never started: run study compare")
    done = ledger.evaluations()
    trials, finals = ledger.trials(done), ledger.finals(done)
    methods = settings["methods"]
    names = [dimension["name"] for dimension in problem["space"]]
    frame = analysis.trial_frame(trials, done, methods, settings["initial_points"], names)
    runs = len(methods) * settings["seeds"]
    calls = runs * settings["calls"]
    retrainings = (runs - lost_runs(frame, settings["calls"])) * settings["retrain"]
    info = {
        "finished": len(trials) == calls and len(finals) == retrainings,
        "calls": {"done": len(trials), "of": calls},
        "retrainings": {"done": len(finals), "of": retrainings},
        "evaluations": len(done),
        "settings": settings,
        "methods": {name: METHODS[name].summary for name in methods},
        "problem": problem,
        "data": ledger.read("data"),
        "command": repeating(settings, problem, ledger.read("data")),
        "errors": errors,
        "seconds": sum(session["seconds"] for session in ledger.sessions()),
        "sessions": ledger.sessions(),
    }
    return Results(
        folder=folder,
        info=info,
        trials=frame,
        finals=analysis.final_frame(finals, done, methods),
    )


def lost_runs(trials: pd.DataFrame, calls: int) -> int:
    """How many runs made all their calls and have no winner, for every one failed."""
    ends = trials[trials["call"] == calls]
    return int(ends["incumbent_accuracy"].isna().sum())


def repeating(settings: dict[str, Any], problem: dict[str, Any], data: dict[str, Any]) -> str:
    """The command that repeats a study."""
    words = ["study", "compare", "--dataset", data["dataset"], "--epochs", problem["epochs"]]
    for name in ("seeds", "calls", "initial_points", "retrain"):
        words += [f"--{name.replace('_', '-')}", settings[name]]
    return shlex.join(map(str, [*words, "--methods", ",".join(settings["methods"])]))


def read_files(folder: Path) -> Results:
    """The results as study.json, trials.csv and finals.csv have them.

    Raises
    ------
    StudyError
        If one is missing or damaged.
    """
    try:
        info = json.loads((folder / "study.json").read_text())
        trials, finals = (
            pd.read_csv(folder / name, dtype=TEXT).fillna({"reason": ""})
            for name in ("trials.csv", "finals.csv")
        )
        results = Results(folder=folder, info=info, trials=trials, finals=finals)
        _ = results.failures, results.summary, info["problem"]["space"]  # fail here, not later
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise StudyError(
            f"{folder} holds no {missing}: name a results folder of a study"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudyError(f"{folder} cannot be read ({error}): run the study again") from error
    return results


def write(results: Results) -> list[Path]:
    """Write study.json and the CSV files; the paths written.

    Each file is replaced at once or not at all. Raises `StudyError` if one cannot be.
    """
    space = results.info["problem"]["space"]
    frames = {
        "trials.csv": results.trials,
        "finals.csv": results.finals,
        "summary.csv": results.summary,
        "search_range.csv": analysis.search_range(results.trials, space),
    }
    paths = [
        replace(results.folder / name, partial(frame.to_csv, index=False, lineterminator="\n"))
        for name, frame in frames.items()
    ]
    text = json.dumps(results.info, indent=2) + "\n"
    return [*paths, replace(results.folder / "study.json", lambda path: path.write_text(text))]


def replace(path: Path, write_to: Callable[[Path], Any]) -> Path:
    """Let `write_to` write a file beside `path`, then put it in its place.

    The ending stays, for libraries that go by it. Raises `StudyError` if there is no room or
    no right to write.
    """
    with telling(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
        try:
            write_to(beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    return path


@contextlib.contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn the operating system's errors about `path` into one line that says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StudyError(
            f"{path} cannot be written ({reason}): make room or make it writable and run the "
            "same command again, or name another --output; what was finished is kept"
        ) from error
