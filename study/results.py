"""A results folder: what a study found, how it is read, and how its tables are written."""

import dataclasses
import os
import shlex
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import msgspec
import pandas as pd

from study.analysis.checks import Check, checks
from study.analysis.score_tables import ScoreTables
from study.core.errors import StudyError
from study.core.memory import gc_paused
from study.core.objective import Objective
from study.core.records import RETRAINING_KINDS, EvaluationKind
from study.core.settings import Settings
from study.core.study_info import (
    Count,
    DataInfo,
    MethodInfo,
    ProblemInfo,
    Repetition,
    Session,
    StudyInfo,
)
from study.storage import csv, frames
from study.storage.files import LEDGER, translate_read_errors, write_atomically
from study.storage.ledger import Ledger
from study.storage.rows import Evaluations
from study.storage.schema import convert, decode_info, to_plain_texts, validate_frames


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a study found, finished or not.

    Its tables are those of the CSV files: the same columns, values and signs, which
    results/README.md explains.
    """

    folder: Path
    info: StudyInfo
    """study.json: settings, problem, versions, machine, sessions."""
    scores: ScoreTables
    """The same tables as scores, of which higher is better, under neutral names."""

    @property
    def objective(self) -> Objective:
        """What the values are, and which are better."""
        return self.info.problem.objective

    @cached_property
    def trials(self) -> pd.DataFrame:
        """A row per call, as in trials.csv; a choice that is no text stands there as itself."""
        return frames.with_values(self.call_table, self.info.problem.space)

    @cached_property
    def call_table(self) -> pd.DataFrame:
        """trials.csv: the same with every choice as text."""
        return self._public(self.scores.trials)

    @cached_property
    def finals(self) -> pd.DataFrame:
        """A row per run and retraining, as in finals.csv."""
        return self._public(self.scores.finals)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row per method, as in summary.csv."""
        return self._public(self.scores.summary)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """A row per pair of methods, as in comparisons.csv."""
        return self._public(self.scores.comparisons)

    @cached_property
    def equal_time(self) -> pd.DataFrame:
        """The same at equal time, as in equal_time.csv."""
        return self._public(self.scores.equal_time)

    @cached_property
    def search_range(self) -> pd.DataFrame:
        """A row per method and dimension, as in search_range.csv."""
        return self._public(self.scores.search_range)

    def _public(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frames.to_public_columns(frame, self.objective)

    @cached_property
    def checks(self) -> list[Check]:
        """Whether the study kept its rules; see `study.analysis.checks`."""
        return checks(self.scores.trials, self.scores.finals, self.info)

    @property
    def failed_checks(self) -> list[Check]:
        """The rules that were not kept."""
        return [check for check in self.checks if not check.passed]

    @property
    def valid(self) -> bool:
        """Whether all checks passed."""
        return not self.failed_checks

    @cached_property
    def failed_evaluations(self) -> list[str]:
        """A line for every call and retraining without a score: which, and why."""
        return frames.failures(self.scores.trials, self.scores.finals)

    @property
    def failures(self) -> list[str]:
        """The same, and a line for every search that broke off."""
        return self.failed_evaluations + self.info.errors

    @property
    def finished(self) -> bool:
        """Whether everything that was asked for is done."""
        return self.info.finished

    @property
    def progress(self) -> str:
        """How far the study is, in words."""
        calls, retrainings = self.info.calls, self.info.retrainings
        return (
            f"{calls.done} of {calls.of} calls, {retrainings.done} of {retrainings.of} retrainings"
        )


def make_results(
    folder: Path, info: StudyInfo, trials: pd.DataFrame, finals: pd.DataFrame
) -> Results:
    """The results of tables of scores."""
    scores = ScoreTables(trials=trials, finals=finals, info=info)
    return Results(folder=folder, info=info, scores=scores)


def load(folder: str | os.PathLike[str]) -> Results:
    """Read a results folder: from its ledger if it is there, else from its CSV files.

    Raises
    ------
    StudyError
        If the folder holds no study, or one that cannot be read.
    """
    path = Path(folder)
    with translate_read_errors(path):
        if not (path / LEDGER).is_file():
            return read_files(path)
        with Ledger(path / LEDGER, create=False) as ledger:
            results = from_ledger(path, ledger, [])
        validate_frames(results.scores.trials, results.scores.finals, results.info)
        return results


def read_files(folder: Path) -> Results:
    """The results as study.json, trials.csv and finals.csv have them.

    Raises
    ------
    StudyError
        If one is missing or damaged.
    """
    with translate_read_errors(folder):
        info = decode_info((folder / "study.json").read_bytes())
        problem = info.problem
        trials = csv.read_trials(folder / "trials.csv", problem.space, problem.objective)
        finals = csv.read_finals(folder / "finals.csv", problem.objective)
        validate_frames(trials, finals, info)
        return make_results(folder, info, trials, finals)


@gc_paused()
def from_ledger(folder: Path, ledger: Ledger, errors: list[str]) -> Results:
    """The results of what a ledger holds; `errors` are the searches that broke off."""
    with ledger.read_transaction():
        settings, problem = ledger.read("settings", Settings), ledger.read("problem", ProblemInfo)
        methods = ledger.read("methods", dict[str, MethodInfo])
        data, sessions = ledger.read("data", DataInfo), ledger.sessions()
        retried, looks = ledger.read("retried", int) or 0, ledger.read("looks", list[int]) or []
        if settings is None or problem is None or methods is None or data is None:
            raise StudyError(f"{folder} holds a study that was never started: run study compare")
        done = ledger.evaluations()
        trials, finals = ledger.trials(done), ledger.finals(done)
    initial = settings.initial_points
    n_initial = {name: initial * methods[name].uses_initial_design for name in settings.methods}
    frame = frames.trial_frame(trials, done, n_initial, problem.space)
    runs = len(settings.methods) * settings.seeds
    calls = runs * settings.calls
    each = len(RETRAINING_KINDS) * settings.retrain
    retrainings = (runs - runs_without_winner(frame, settings.calls)) * each
    info = StudyInfo(
        finished=len(trials) == calls and len(finals) == retrainings,
        calls=Count(done=len(trials), of=calls),
        retrainings=Count(done=len(finals), of=retrainings),
        evaluated=dict(Counter(str(task.kind) for task, _ in done.values())),
        settings=settings,
        methods={name: methods[name] for name in settings.methods},
        problem=problem,
        data=data,
        command=repeat_command(settings, problem, data, methods, sessions),
        errors=errors,
        repetition=find_repetition(done),
        looks=[seeds for seeds in looks if seeds < settings.seeds],
        retried=retried,
        seconds=sum(session.seconds for session in sessions),
        sessions=sessions,
    )
    plain = convert(to_plain_texts(msgspec.to_builtins(info)), StudyInfo, "study.json")
    retrained = frames.retraining_frame(finals, done, settings.methods)
    return make_results(folder, plain, frame, retrained)


def find_repetition(done: Evaluations) -> Repetition | None:
    """The evaluation that was made again with its seed, if it was, and what it scored each time."""
    for task, again in done.values():
        if task.kind is EvaluationKind.REPEAT and again.score is not None:
            first = replace(task, kind=EvaluationKind.VALIDATION)
            score = done[first.key][1].score if first.key in done else None
            return None if score is None else Repetition(first=score, again=again.score)
    return None


def runs_without_winner(trials: pd.DataFrame, calls: int) -> int:
    """How many runs made all their calls and have no winner, for every one failed."""
    ends = trials[trials["call"] == calls]
    return int(ends["incumbent_score"].isna().sum())


def repeat_command(
    settings: Settings,
    problem: ProblemInfo,
    data: DataInfo,
    methods: dict[str, MethodInfo],
    sessions: list[Session],
) -> str:
    """The command that repeats a study; --output is left to whoever repeats it."""
    named = {
        "dataset": data.dataset,
        "problem": data.problem,
        **{name: problem.facts.get(name, "") for name in ("epochs", "trainer")},
    }
    budget = dataclasses.asdict(settings)
    del budget["methods"], budget["first_seed"]
    if settings.first_seed:
        budget["seeds"] = f"{settings.seed_numbers[0]}-{settings.seed_numbers[-1]}"
    searches = {"methods": ",".join(methods[name].spec for name in settings.methods)}
    words = ["study", "compare"]
    limit = {"timeout": f"{sessions[-1].timeout:g}"} if sessions and sessions[-1].timeout else {}
    for name, value in (named | budget | searches | limit).items():
        words += [f"--{name.replace('_', '-')}", str(value)] if value else []
    return shlex.join(words)


def write_tables(results: Results) -> list[Path]:
    """Write study.json and the CSV files; the paths written.

    Each file is replaced at once or not at all. Raises `StudyError` if one cannot be.
    """
    folder = results.folder
    tables = {
        "trials.csv": results.call_table,
        "finals.csv": results.finals,
        "summary.csv": results.summary,
        "comparisons.csv": results.comparisons,
        "equal_time.csv": results.equal_time,
        "search_range.csv": results.search_range,
    }
    paths = [csv.write_table(frame, folder / name) for name, frame in tables.items()]
    text = msgspec.json.format(msgspec.json.encode(results.info), indent=2) + b"\n"
    return [*paths, write_atomically(folder / "study.json", lambda path: path.write_bytes(text))]
