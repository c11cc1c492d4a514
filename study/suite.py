"""A suite of problems, from settings to one answer."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from study.api import require_arguments
from study.collection import Collection
from study.combining import collect
from study.core.environment import main_module_hidden
from study.core.errors import ClusterError
from study.execution.durations import remember
from study.execution.notebook import choose_observer
from study.execution.plan import StudyRequest
from study.execution.pool import StudyPool
from study.execution.prepare import Prepared, executor_for, prepare
from study.execution.progress import Progress
from study.execution.suite_plan import SuitePlan, make_suite_plan
from study.problems.base import ProblemGroup
from study.results import Results, read_files, write_importance, write_run_tables


def compare_suite(
    suite: Any, *, observe: Callable[[Progress], None] | None = None, **settings: Any
) -> Collection:
    """Compare search methods on every problem of a suite, and write one report of them.

    Each problem is a study of its own, in a folder of its own, which goes on and can be added to
    as any study; all share the workers, the longest first.

    Parameters
    ----------
    suite
        A name that `study suites` lists, FILE.py:NAME, package.module:NAME, or a list of what
        `compare` takes as a problem.
    observe
        Called with a `Progress` over all studies whenever something starts or ends; by default a
        notebook shows a bar, and a script nothing.
    settings
        As those of `compare`, but for its dataset and problem. `output` is the folder of the whole
        suite, by default results/SUITE.

    Raises
    ------
    StudyError
        As `compare` does, and if fewer than two problems can be studied. A problem whose very
        first evaluation fails is left out, and told.
    """
    known = sorted({field.name for field in fields(StudyRequest)} - {"dataset", "problem"})
    require_arguments("compare_suite", settings, known)
    planned = make_suite_plan(suite, StudyRequest(**settings))
    return write_suite(planned, run_suite(planned, choose_observer(observe)))


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """What became of a suite's studies."""

    results: list[Results]
    """Of those that have finished."""
    failed: dict[str, str]
    """Why the others could not go on, by problem."""


def run_suite(planned: SuitePlan, observe: Callable[[Progress], None]) -> SuiteRun:
    """Do what is left of every study of a suite, and write their tables.

    Interrupted, or with its cluster lost, it writes the tables of what is finished, and raises.
    """
    with contextlib.ExitStack() as stack:
        studies = {
            name: stack.enter_context(prepare(plan, lambda _: None, shared=True))
            for name, plan in planned.plans.items()
        }
        finished: dict[str, Results] = {}

        def on_finished(name: str) -> None:
            finished[name] = studies[name].conclude()
            write_run_tables(finished[name])  # the rest is computed side by side, at the end

        failed = run_studies(planned, studies, observe, on_finished)
    results = [finished[name] for name in planned.plans if name in finished]
    return SuiteRun(results=results, failed=failed)


def run_studies(
    planned: SuitePlan,
    studies: Mapping[str, Prepared],
    observe: Callable[[Progress], None],
    on_finished: Callable[[str], None],
) -> dict[str, str]:
    """Run prepared studies on the same workers; why which could not be run."""
    runners = {name: study.runner for name, study in studies.items()}
    group = ProblemGroup({name: study.plan.problem for name, study in studies.items()})
    pool, first = StudyPool(runners, observe, on_finished), planned.first
    try:
        pool.run(executor_for(first, group))
    except (KeyboardInterrupt, ClusterError):
        for study in studies.values():
            study.write_what_is_finished()
        raise
    if first.scheduler is None:
        for study in studies.values():
            remember(study.plan.problem, study.runner.durations)
    return {name: error.command_line for name, error in pool.failed.items()}


def write_suite(planned: SuitePlan, done: SuiteRun) -> Collection:
    """Write the report of every study, and the one of all of them.

    Raises `StudyError` if fewer than two studies can be combined; they have their reports then.
    """
    from study.report.across_page import write_combined  # seaborn takes a second to import

    folders = [results.folder for results in done.results]
    if planned.first.workers == 1:
        for folder in folders:
            write_own_report(folder)
    else:
        write_side_by_side(folders, planned.first.workers)
    lines = [f"{name}: {why}" for name, why in done.failed.items()]
    collection = collect(done.results, [*planned.left_out, *lines])
    write_combined(collection, planned.output)
    return collection


def write_side_by_side(folders: Sequence[Path], workers: int) -> None:
    """Write the reports of studies in so many processes."""
    context = get_context("spawn")  # forked, it would share locks with the threads of Dask
    with main_module_hidden(), ProcessPoolExecutor(workers, mp_context=context) as processes:
        list(processes.map(write_own_report, folders))


def write_own_report(folder: Path) -> None:
    """Draw the plots and write the report of one study, and importance.csv, from its files."""
    from study.replication.report import write_full_report

    results = read_files(folder)
    write_importance(results)
    write_full_report(results)
