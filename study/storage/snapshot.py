"""A ledger as its study: the facts of study.json, and the tables that go with them."""

import dataclasses
import itertools
import shlex
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pandas as pd

from study.core.errors import StudyError
from study.core.records import (
    RETRAINING_KINDS,
    EvaluationKind,
    Reevaluation,
    Trial,
    reevaluations,
)
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
from study.storage import frames
from study.storage.ledger import Ledger
from study.storage.rows import Evaluations
from study.storage.schema import convert, to_plain_texts

Snapshot = tuple[StudyInfo, pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""study.json, and the tables of calls, retrainings and re-evaluations."""


def take_snapshot(folder: Path, ledger: Ledger, errors: list[str]) -> Snapshot:
    """What a ledger holds now; `errors` are the searches that broke off.

    Raises `StudyError` if that is no study; `folder` is where it lies.
    """
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
    metrics = frames.metric_names(done)
    frame = frames.trial_frame(trials, done, n_initial, problem.space, metrics)
    runs = len(settings.methods) * settings.seeds
    calls = runs * settings.calls
    each = len(RETRAINING_KINDS) * settings.retrain
    retrainings = (runs - runs_without_winner(frame, settings.calls)) * each
    asked = all_reevaluations(trials, done, settings) if settings.trace else []
    traced = [one for one in asked if one.task.key in done]
    info = StudyInfo(
        finished=(len(trials), len(finals), len(traced)) == (calls, retrainings, len(asked)),
        calls=Count(done=len(trials), of=calls),
        retrainings=Count(done=len(finals), of=retrainings),
        reevaluations=Count(done=len(traced), of=len(asked)) if settings.trace else None,
        metrics=metrics,
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
    retrained = frames.retraining_frame(finals, done, settings.methods, metrics)
    trace = frames.trace_frame(traced, finals, done, settings.methods)
    return plain, frame, retrained, trace


def all_reevaluations(
    trials: list[Trial], done: Evaluations, settings: Settings
) -> list[Reevaluation]:
    """What tracing asks for, of all runs that made their calls; `trials` in the ledger's order."""
    asked = []
    for _, run in itertools.groupby(trials, key=lambda trial: (trial.method, trial.seed)):
        own = list(run)
        if len(own) == settings.calls:
            scores = [done[trial.task.key][1].score for trial in own]
            asked += reevaluations(own, scores, settings.retrain)
    return asked


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
        "target": data.target,
        "problem": data.problem,
        "start_from": settings.start.source if settings.start else "",
        **{name: problem.facts.get(name, "") for name in ("epochs", "trainer")},
        "resample_splits": bool(problem.facts.get("resample_splits")),
    }
    budget = dataclasses.asdict(settings)
    del budget["methods"], budget["first_seed"], budget["start"]
    budget["threads"] = settings.threads if settings.threads > 1 else 0
    if settings.first_seed:
        budget["seeds"] = f"{settings.seed_numbers[0]}-{settings.seed_numbers[-1]}"
    searches = {"methods": ",".join(methods[name].spec for name in settings.methods)}
    words = ["study", "compare"]
    limit = {"timeout": f"{sessions[-1].timeout:g}"} if sessions and sessions[-1].timeout else {}
    for name, value in (named | budget | searches | limit).items():
        words += [f"--{name.replace('_', '-')}"] if value else []
        words += [str(value)] if value and value is not True else []
    return shlex.join(words)
