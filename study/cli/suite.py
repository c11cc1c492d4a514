"""`study compare --suite` and `study combine`: many problems, one answer."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from study.cli.console import console, error, exit_on_error
from study.cli.options import option
from study.core.formatting import format_duration, pluralize
from study.core.validation import to_path

if TYPE_CHECKING:
    from study.collection import Collection
    from study.execution.plan import StudyRequest
    from study.execution.suite_plan import SuitePlan
    from study.suite import SuiteRun

COMBINE_EXAMPLES = """
Examples:

  study combine results/tabular

  study combine results/digits results/branin results/hartmann6 --output results/three
"""
MAX_LINES = 10  # of failures that a terminal lists


def combine(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Results folders, or folders that hold them.", show_default=False),
    ],
    output: Annotated[
        Path, option("Folder of the combined report.", "results/combined", metavar="FOLDER")
    ] = Path("results/combined"),
) -> None:
    """Make one answer of studies of several problems: tables, plots and a report.

    Uses what the studies share, methods and budget, and says what it leaves out.
    """
    from study.cli.suite_tables import print_collection
    from study.combining import combine as read_and_combine
    from study.report.across_page import write_combined
    from study.storage.files import require_collection_place

    def command() -> int:
        place = to_path("--output", output)
        require_collection_place(place)
        collection = read_and_combine(folders)
        write_combined(collection, place)
        print_collection(collection, place)
        return 0

    exit_on_error(command)


def compare_suite(suite: str, request: "StudyRequest", *, dry_run: bool) -> int:
    """Run a suite, or finish one, and show what came out; the exit code."""
    from study.cli import progress
    from study.execution.suite_plan import make_suite_plan

    with progress.downloading() as on_download:
        planned = make_suite_plan(suite, request, on_download=on_download)
    console.print(
        f"[bold]Suite {escape(planned.name)}[/]: {pluralize(len(planned.plans), 'problem')}, in "
        f"{escape(str(planned.output))}"
    )
    for line in planned.left_out:
        console.print(f"[yellow]Left out: {escape(line)}[/]")
    return show_plan(planned) if dry_run else run(planned)


def run(planned: "SuitePlan") -> int:
    """Run what is planned under a progress display; the exit code."""
    from study.cli.progress import print_elapsed, run_watched
    from study.cli.suite_tables import print_collection
    from study.suite import run_suite, write_suite

    def run_and_write(observe: Callable[[Any], None]) -> "tuple[Collection, SuiteRun]":
        done = run_suite(planned, observe)
        return write_suite(planned, done), done

    began = time.monotonic()
    collection, done = run_watched(None, run_and_write)
    print_collection(collection, planned.output)
    print_elapsed(began)
    return exit_code(collection, done, planned.output)


def exit_code(collection: "Collection", done: "SuiteRun", folder: Path) -> int:
    """List on standard error what failed; the exit code."""
    failures = [f"{name}: {why}" for name, why in done.failed.items()] + collection.failures
    for line in failures[:MAX_LINES]:
        error(f"failed: {line}")
    if more := len(failures[MAX_LINES:]):
        error(f"and {more:,} more like these, see {folder / 'report.md'}")
    return 1 if failures else 0


def show_plan(planned: "SuitePlan") -> int:
    """What would run on each problem, what is stored, and about how long it takes."""
    from study.cli.layout import print_rows
    from study.execution.preview import preview

    rows, total = [], 0.0
    for name, plan in planned.plans.items():
        found = preview(plan)
        seconds = found.seconds or 0.0
        total += seconds
        calls = sum(row.calls for row in found.methods)
        stored = sum(row.stored_calls for row in found.methods)
        about = format_duration(seconds)
        rows.append(
            {"problem": name, "calls": f"{calls:,}", "stored": f"{stored:,}", "about": about}
        )
    print_rows(rows)
    console.print(
        f"About {format_duration(total)} with {pluralize(planned.first.workers, 'worker')}. "
        f"Nothing was evaluated. Results would go to {escape(str(planned.output))}"
    )
    return 0
