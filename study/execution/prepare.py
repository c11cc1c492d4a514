"""A study that can go on: its folder locked, what is left of it known, its session noted."""

import contextlib
import functools
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from study.core.environment import COMPUTING
from study.core.settings import Settings
from study.core.study_info import Session
from study.execution.durations import recall
from study.execution.executor import Executor, open_executor
from study.execution.plan import Plan
from study.execution.preview import no_extras
from study.execution.progress import ExtraEvaluation, Progress
from study.execution.resume import open_study, save_metadata
from study.execution.runner import StudyRunner
from study.problems.base import Evaluator, ProblemGroup
from study.results import Results, from_ledger, write_run_tables
from study.storage.ledger import Ledger

PACKAGES = (*COMPUTING, "pandas", "seaborn", "matplotlib")
"""Whose versions results tell."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A study that can go on: its folder is locked, and what is left of it is known."""

    plan: Plan
    ledger: Ledger
    runner: StudyRunner

    def write_what_is_finished(self) -> None:
        """Write the tables of a study that was interrupted, if it had begun."""
        if self.ledger.read("settings", Settings):
            write_run_tables(self._results())

    def conclude(self) -> Results:
        """The results; the ledger notes that they were told, if the study is finished."""
        results = self._results()
        note_look(self.ledger, results)
        return results

    def _results(self) -> Results:
        return from_ledger(self.plan.output, self.ledger, self.runner.errors)


@contextlib.contextmanager
def prepare(
    planned: Plan,
    observe: Callable[[Progress], None],
    extras: Callable[[Settings], Sequence[ExtraEvaluation]] = no_extras,
    *,
    shared: bool = False,
) -> Iterator[Prepared]:
    """Open the folder of a study, and find out what is left of it.

    `shared` says whether its workers have other studies to do, too.

    Raises `StudyError` as `study.execution.resume.open_study` does.
    """
    with open_study(planned) as (whole, ledger):

        @functools.cache  # once, before anything of this study is in the ledger
        def begin() -> None:
            parts = whole.settings, whole.problem, whole.data, whole.methods
            save_metadata(ledger, *parts)

        runner = StudyRunner(
            *(whole.problem, whole.settings, ledger),
            note_sessions(ledger, whole, begin, observe, shared=shared),
            extras=extras(whole.settings),
            methods=whole.methods,
            timeout=whole.timeout,
            keep_going=whole.keep_going,
            repeat=True,
            remembered=recall(whole.problem),
        )
        if runner.unsaved:
            begin()
        yield Prepared(plan=whole, ledger=ledger, runner=runner)


def executor_for(
    plan: Plan, problem: Evaluator | ProblemGroup
) -> Callable[[], AbstractContextManager[Executor]]:
    """What opens the executor that a plan asks for."""
    return functools.partial(
        open_executor,
        problem,
        plan.workers,
        plan.scheduler,
        threads=plan.settings.threads,
        timed=plan.timeout is not None,
    )


def note_look(ledger: Ledger, results: Results) -> None:
    """Have the ledger note that finished results of so many seeds are told."""
    looks, seeds = ledger.read("looks", list[int]) or [], results.info.settings.seeds
    if results.finished and seeds not in looks:
        ledger.write(looks=[*looks, seeds])


def note_sessions(
    ledger: Ledger,
    planned: Plan,
    begin: Callable[[], None],
    observe: Callable[[Progress], None],
    *,
    shared: bool,
) -> Callable[[Progress], None]:
    """`observe`, and have the ledger note a session: from the first worker on, with the most.

    `begin` is called first: a folder is a study's once there is a worker, and not before.
    """
    most = 0

    def noted(progress: Progress) -> None:
        nonlocal most
        if progress.workers and not most:
            begin()
            ledger.begin_session(make_session(progress.workers, planned, shared=shared))
        elif progress.workers > most:
            ledger.amend_session(workers=progress.workers)
        most = max(most, progress.workers)
        observe(progress)

    return noted


def make_session(workers: int, planned: Plan, *, shared: bool) -> Session:
    """Who writes from now on: package versions, and the machine in general terms."""
    methods = planned.methods.values()
    required = [package for chosen in methods for package in chosen.method_spec.requires]
    return Session(
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        workers=workers,
        shared=shared,
        timeout=planned.timeout,
        cores=os.cpu_count(),
        machine=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: version(name) for name in (*PACKAGES, *required)},
    )
