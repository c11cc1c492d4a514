"""A study that goes on: what its folder holds, and whether it is the same study."""

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from study.core.errors import StudyError
from study.core.formatting import join_words
from study.core.settings import Settings, Start
from study.core.study_info import DataInfo, MethodInfo, ProblemInfo
from study.core.validation import safe_repr
from study.execution.plan import Plan
from study.execution.retry import forget_failed
from study.methods.selection import MethodSelection, describe_methods, parse_method
from study.problems.base import Evaluator
from study.storage.files import (
    LEDGER,
    require_study_place,
    translate_read_errors,
    translate_write_errors,
)
from study.storage.ledger import Ledger, has_evaluations, study_lock, to_memory

WORDS = {"first_seed": "the first of the seeds"}
"""What settings are called that no option is."""


@contextlib.contextmanager
def open_study(planned: Plan, *, dry: bool = False) -> Iterator[tuple[Plan, Ledger]]:
    """A plan with the seeds and methods that its folder already holds added, and the ledger.

    A dry look gives a copy of the ledger in memory, an empty one if there is none, and writes
    nothing.
    Otherwise nobody else can open the folder's ledger like this until the context ends.

    Raises
    ------
    StudyError
        If the folder holds another study, is in use by one, or cannot be read or written.
    """
    folder = planned.output
    with contextlib.ExitStack() as stack:
        with translate_write_errors(folder):
            require_study_place(folder)
            stored = (folder / LEDGER).exists()
            if not dry:
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(study_lock(folder))
        ledger = stack.enter_context(Ledger(None if dry and not stored else folder / LEDGER))
        if dry and stored:
            ledger = stack.enter_context(to_memory(ledger))
        with translate_read_errors(folder):
            whole = merge_with_stored(planned, ledger)
            if planned.retry_failed:
                forget_failed(ledger, whole.methods)
        yield whole, ledger


def save_metadata(
    ledger: Ledger,
    settings: Settings,
    problem: Evaluator,
    data: DataInfo,
    methods: Mapping[str, MethodSelection],
) -> None:
    """Write down what is studied, before anything is evaluated: what results are read with."""
    ledger.write(
        settings=settings,
        problem=problem.describe(),
        data=data,
        methods=describe_methods(methods),
    )


def merge_with_stored(planned: Plan, ledger: Ledger) -> Plan:
    """The plan of a study that goes on; raises `StudyError` if it would be another one.

    A study that has evaluated nothing leaves its folder to any other.
    """
    settings, problem = ledger.read("settings", Settings), ledger.read("problem", ProblemInfo)
    methods = ledger.read("methods", dict[str, MethodInfo]) or {}
    if settings is None or problem is None or not has_evaluations(ledger):
        if reason := getattr(planned.problem, "unknown", ""):
            _warn_of_unknown_code(planned, reason)
        return planned
    kept = {
        name: parse_method(method.spec)
        for name, method in methods.items()
        if name not in planned.methods
    }
    planned = replace(planned, methods=planned.methods | kept)
    check_code_unchanged(planned, problem, methods)
    named = planned.settings if planned.seeds_named else settings
    seeds = named.seeds
    added = [name for name in planned.methods if name not in settings.methods]
    whole = replace(
        planned.settings,
        seeds=seeds,
        first_seed=named.first_seed,
        methods=(*settings.methods, *added),
        trace=settings.trace or planned.settings.trace,
        start=None,
    )
    growing = replace(settings, seeds=seeds, methods=whole.methods, trace=whole.trace, start=None)
    differing = [
        *_differences(dataclasses.asdict(growing), dataclasses.asdict(whole)),
        *_differences(_identity(problem), _identity(planned.problem.describe())),
        *_other_start(settings.start, planned.settings.start),
    ]
    if settings.seeds > seeds:
        differing.append(f"seeds {settings.seeds}, now {seeds}: seeds cannot be taken away")
    if differing:
        raise StudyError(
            f"{planned.output} holds a study with other settings ({'; '.join(differing)}): "
            "use those settings, or choose another --output"
        )
    return replace(planned, settings=replace(whole, start=settings.start))


def _identity(problem: ProblemInfo) -> dict[str, Any]:
    """What must not change of a problem while a study goes on; words may."""
    known: dict[str, Any] = msgspec.to_builtins(problem)
    facts: dict[str, Any] = known.pop("facts")
    del known["words"], known["split"]  # both follow from the rest
    return known | facts


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        f"{WORDS.get(name, name.replace('_', '-'))} {safe_repr(old.get(name))}, "
        f"now {safe_repr(new.get(name))}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _other_start(old: Start | None, new: Start | None) -> list[str]:
    """What differs in the own points; a study that names none goes on with those it began with."""
    if new is None or (old and old.points == new.points):
        return []
    if old is None:
        return [f"start-from none, now {new.description}"]
    return [f"start-from {old.description}, now others; without --start-from it goes on with these"]


def _warn_of_unknown_code(planned: Plan, reason: str) -> None:
    """Say at the first run what a second would be refused for."""
    told = StudyError(
        f"--problem {planned.problem.describe().name}: the study in {planned.output} cannot be "
        f"resumed, for its code has a state that cannot be read ({reason}): to be able to, give "
        "Problem(version=...)"
    )
    warnings.warn(str(told), stacklevel=2)


def _what_changed(planned: Plan, before: str, now: str) -> str:
    """Which part of a problem's code is another one now."""
    if ":" not in planned.data.problem:
        return f"the code of {planned.problem.describe().name}"
    origin = planned.data.source
    same_source = before.partition("-")[0] == now.partition("-")[0]
    return f"the data or the version in {origin}" if same_source else f"{origin} or what it imports"


def check_code_unchanged(
    planned: Plan, problem: ProblemInfo, methods: Mapping[str, MethodInfo]
) -> None:
    """Raise `StudyError` if the code of a problem or method is not what the study began with."""
    now, changed = planned.problem.describe(), []
    if not (problem.fingerprint and now.fingerprint):
        reason = getattr(planned.problem, "unknown", "") or "it had a state that cannot be read"
        raise StudyError(
            f"--problem {now.name}: whether {planned.output} holds results of the same code cannot "
            f"be known ({reason}): choose another --output, or give Problem(version=...)"
        )
    origin = problem.facts.get("origin")
    if origin and origin == now.facts.get("origin") and problem.fingerprint != now.fingerprint:
        changed.append(_what_changed(planned, problem.fingerprint, now.fingerprint))
    for name, method in describe_methods(planned.methods).items():
        if name in methods and methods[name].fingerprint != method.fingerprint:
            changed.append(f"the code of {name}")
    if changed:
        raise StudyError(
            f"{join_words(changed)} changed since {planned.output} was begun, so that old and new "
            "results do not belong together: change it back, or choose another --output"
        )
