"""A results folder: what is written there, and how it is read back."""

import contextlib
import json
import os
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.analysis import summary
from study.analysis.checks import Check, checks
from study.analysis.paired import compare_pairs
from study.core.errors import StudyError
from study.core.memory import collecting_later
from study.core.objective import Objective
from study.core.settings import Settings
from study.execution.runs import FINAL_PARTS
from study.methods.selection import Chosen, described
from study.problems.network import Evaluator
from study.storage import frames
from study.storage.ledger import Ledger
from study.storage.schema import cleaned, inspect_claims, inspect_frames, inspect_info

LEDGER = "study.db"


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a study found, finished or not."""

    folder: Path
    info: dict[str, Any]
    """study.json: settings, problem, versions, machine, sessions."""
    trials: pd.DataFrame
    """A row per call; see `study.storage.frames.trial_frame`."""
    finals: pd.DataFrame
    """A row per run and retraining; see `study.storage.frames.final_frame`."""

    @cached_property
    def objective(self) -> Objective:
        """What the scores stand for; `shown` of it turns them into values."""
        return Objective(**self.info["problem"]["objective"])

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per method and seed; see `study.analysis.summary.run_frame`."""
        return summary.run_frame(self.trials, self.finals)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row per method; see `study.analysis.summary.summarise`."""
        return summary.summarise(self.trials, self.finals)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """A row per pair of methods, on test scores; see `study.analysis.paired.compare_pairs`."""
        return self._compared(self.runs, "test_score")

    @cached_property
    def equal_time(self) -> pd.DataFrame:
        """The same, on the validation score that each had at equal time.

        See `study.analysis.summary.equal_time`.
        """
        return self._compared(summary.equal_time(self.trials), "validation_score")

    @cached_property
    def replication(self) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """The tutorial's claims and its leak, if `study replicate` wrote them into the folder.

        See `study.replication.claims.claim_frame` and `study.replication.replicate.leak_frame`.
        """
        claims, leak = self.folder / "claims.csv", self.folder / "leak.csv"
        if not (claims.is_file() and leak.is_file()):
            return None
        types = {"claimed_parameters": "Int64", "parameters": "Int64"}
        with reading(self.folder), np.errstate(invalid="ignore"):  # as in `frames`
            found = pd.read_csv(claims, dtype=types), pd.read_csv(leak)
            inspect_claims(*found)
            return found

    def _compared(self, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        scores = summary.scores(rows, column, self.objective.scale)
        margin = self.info["settings"]["margin"]
        return compare_pairs(scores, margin, np.random.default_rng(0))

    @cached_property
    def checks(self) -> list[Check]:
        """Whether the study kept its rules; see `study.analysis.checks`."""
        return checks(self.trials, self.finals, self.info)

    @property
    def valid(self) -> bool:
        """Whether all checks passed."""
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> list[str]:
        """A line for every evaluation without a score and every search that broke off."""
        return frames.failures(self.trials, self.finals) + list(self.info["errors"])

    @property
    def finished(self) -> bool:
        return bool(self.info["finished"])

    @property
    def progress(self) -> str:
        """How far the study is, in words."""
        calls, again = self.info["calls"], self.info["retrainings"]
        return (
            f"{calls['done']} of {calls['of']} calls, {again['done']} of {again['of']} retrainings"
        )


def load(folder: str | os.PathLike[str]) -> Results:
    """Read a results folder: from its ledger if it is there, else from its CSV files.

    Raises
    ------
    StudyError
        If the folder holds no study, or one that cannot be read.
    """
    path = Path(folder)
    with reading(path):
        if not (path / LEDGER).is_file():
            return read_files(path)
        with Ledger(path / LEDGER, create=False) as ledger:
            results = from_ledger(path, ledger, [])
        inspect_info(results.info)
        inspect_frames(results.trials, results.finals, results.info)
        return results


def note(
    ledger: Ledger,
    settings: Settings,
    problem: Evaluator,
    data: dict[str, str],
    methods: Mapping[str, Chosen],
) -> None:
    """Write down what is studied, before anything is evaluated: what `from_ledger` reads."""
    ledger.write(
        settings=asdict(settings),
        problem=problem.describe(),
        data=data,
        methods=described(methods),
    )


@collecting_later()
def from_ledger(folder: Path, ledger: Ledger, errors: list[str]) -> Results:
    """The results of what a ledger holds; `errors` are the searches that broke off."""
    with ledger.unchanging():
        settings, problem = ledger.read("settings"), ledger.read("problem")
        if settings is None or problem is None:
            raise StudyError(f"{folder} holds a study that was never started: run study compare")
        data, sessions = ledger.read("data"), ledger.sessions()
        about = ledger.read("methods")
        done = ledger.evaluations()
        trials, finals = ledger.trials(done), ledger.finals(done)
    methods = settings["methods"]
    names = [dimension["name"] for dimension in problem["space"]]
    initial = settings["initial_points"]
    designed = {name: initial * about[name]["designed"] for name in methods}
    frame = frames.trial_frame(trials, done, designed, names)
    runs = len(methods) * settings["seeds"]
    calls = runs * settings["calls"]
    each = len(FINAL_PARTS) * settings["retrain"]
    retrainings = (runs - lost_runs(frame, settings["calls"])) * each
    info = {
        "finished": len(trials) == calls and len(finals) == retrainings,
        "calls": {"done": len(trials), "of": calls},
        "retrainings": {"done": len(finals), "of": retrainings},
        "evaluated": dict(Counter(str(task.part) for task, _ in done.values())),
        "settings": settings,
        "methods": {name: about[name] for name in methods},
        "problem": problem,
        "data": data,
        "command": repeating(settings, problem, data, about),
        "errors": errors,
        "seconds": sum(session["seconds"] for session in sessions),
        "sessions": sessions,
    }
    return Results(
        folder=folder,
        info=cleaned(info),
        trials=frame,
        finals=frames.final_frame(finals, done, methods),
    )


def lost_runs(trials: pd.DataFrame, calls: int) -> int:
    """How many runs made all their calls and have no winner, for every one failed."""
    ends = trials[trials["call"] == calls]
    return int(ends["incumbent_score"].isna().sum())


def repeating(
    settings: dict[str, Any],
    problem: dict[str, Any],
    data: dict[str, Any],
    methods: dict[str, Any],
) -> str:
    """The command that repeats a study; --output is left to whoever repeats it."""
    words = ["study", "compare"]
    for option, value in (
        ("dataset", data.get("dataset")),
        ("epochs", problem.get("epochs")),
        ("problem", data.get("problem")),
    ):
        words += [f"--{option}", value] if value else []
    for name in ("seeds", "calls", "initial_points", "retrain", "margin"):
        words += [f"--{name.replace('_', '-')}", settings[name]]
    words += ["--methods", ",".join(methods[name]["typed"] for name in settings["methods"])]
    return shlex.join(map(str, words))


def read_files(folder: Path) -> Results:
    """The results as study.json, trials.csv and finals.csv have them.

    Raises
    ------
    StudyError
        If one is missing or damaged.
    """
    with reading(folder):
        info = cleaned(json.loads((folder / "study.json").read_text(encoding="utf-8")))
        inspect_info(info)
        objective = Objective(**info["problem"]["objective"])
        trials = frames.read_trials(folder / "trials.csv", info["problem"]["space"], objective)
        finals = frames.read_finals(folder / "finals.csv", objective)
        inspect_frames(trials, finals, info)
        return Results(folder=folder, info=info, trials=trials, finals=finals)


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Turn what reading a folder that is damaged, or no study's, raises into one line."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        missing = Path(error.filename).name
        killed = (folder / LEDGER).is_file()
        advice = "run the same study compare again" if killed else "name a results folder"
        raise StudyError(f"{folder} holds no {missing}: {advice}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise StudyError(f"{folder} cannot be read ({error}): run the study again") from error
    except RecursionError as error:
        raise StudyError(f"{folder} holds lists without end: run the study again") from error


def write(results: Results) -> list[Path]:
    """Write study.json and the CSV files; the paths written.

    Each file is replaced at once or not at all. Raises `StudyError` if one cannot be.
    """
    space = results.info["problem"]["space"]
    tables = {
        "trials.csv": results.trials,
        "finals.csv": results.finals,
        "summary.csv": results.summary,
        "comparisons.csv": results.comparisons,
        "equal_time.csv": results.equal_time,
        "search_range.csv": summary.search_range(results.trials, space),
    }
    paths = [
        write_table(frames.named(frame, results.objective), results.folder / name)
        for name, frame in tables.items()
    ]
    text = json.dumps(results.info, indent=2) + "\n"
    return [*paths, replace(results.folder / "study.json", lambda path: path.write_text(text))]


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as CSV, no free text a formula; see `replace` and `study.storage.frames.defused`."""
    return replace(path, partial(frames.defused(frame).to_csv, index=False, lineterminator="\n"))


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
