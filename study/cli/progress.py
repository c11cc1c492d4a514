"""What the terminal shows before a study is done: data, plans and progress."""

import contextlib
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as ProgressBar
from rich.text import Text

from study.api import write_outputs
from study.cli.console import console, error, make_table
from study.cli.tables import exit_code, print_paths, print_results
from study.core.formatting import format_clock, pluralize
from study.core.objective import Objective
from study.core.settings import Settings
from study.execution.plan import Plan
from study.execution.preview import no_extras, preview
from study.execution.progress import ExtraEvaluation, Progress
from study.results import Results

STARTING = "starting worker processes"


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, which ends a study as Ctrl-C does."""


def announce(planned: Plan) -> None:
    """Say what is tuned, and on which data, where nobody can miss it."""
    problem, data = planned.problem.describe(), planned.data
    name = f"{problem.words.subject.capitalize()} {problem.name}"
    about = f"{problem.words.description}. Source: {data.source}"
    console.print(f"[bold]{escape(name)}[/]: {escape(about)}")
    if data.instead_of:
        unavailable = data.instead_of.upper()
        console.print(
            f"[bold yellow]{unavailable} was unavailable; {problem.name} is used instead.[/]"
        )


@contextlib.contextmanager
def downloading() -> Iterator[Callable[[int, int], None]]:
    """A bar while a dataset is downloaded; nothing is shown if none is."""
    columns = TextColumn("downloading the dataset"), BarColumn(), DownloadColumn()
    with ProgressBar(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, visible=False)
        yield lambda done, total: bar.update(
            task, completed=done, total=total or None, visible=True
        )


@contextlib.contextmanager
def watching(objective: Objective) -> Iterator[Callable[[Progress], None]]:
    """A live display of a running study; a plain line at the start if this is no terminal."""
    if not console.is_terminal:
        console.print("evaluating (no progress display: the output is not a terminal)")
        yield lambda _: None
        return
    bar = ProgressBar(
        TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
    )
    task = bar.add_task("", total=None)
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(progress: Progress) -> None:
            left = f"about {format_clock(progress.seconds_left)} left"
            what = left if progress.running else STARTING
            if progress.done == progress.total:
                what = "writing tables, plots and report"
            bar.update(task, completed=progress.done, total=progress.total, description=what)
            best = "  ".join(f"{m} {objective.format_score(s)}" for m, s in progress.best.items())
            lines = [Text(f"  {line}", style="dim") for line in progress.running]
            live.update(
                Group(bar, Text(f"best {objective.search_label}: {best}" if best else ""), *lines)
            )

        yield show


def run_with_progress(
    planned: Plan,
    run: Callable[[Callable[[Progress], None]], Results],
    write_more: Callable[[Results], None] = lambda _: None,
) -> int:
    """Run a study under a progress display, write and show what came out; the exit code."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with watching(planned.problem.objective) as observe:
            results = run(observe)
            write_more(results)
            write_outputs(results)
    except KeyboardInterrupt as interrupt:
        command = shlex.join(["study", *sys.argv[1:]])
        error(f"interrupted; what was finished is kept; to resume: {command}")
        terminated = isinstance(interrupt, TerminatedError)
        return 128 + (signal.SIGTERM if terminated else signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)
    print_results(results)
    print_paths(results)
    return exit_code(results)


def _terminate(*_: object) -> None:
    raise TerminatedError


def dry_run(
    planned: Plan, extras: Callable[[Settings], Sequence[ExtraEvaluation]] = no_extras
) -> int:
    """The matrix of what would run, what is stored, and about how long it takes."""
    found = preview(planned, extras)
    table = make_table("method")
    for column in ("seeds", "calls", "stored\ncalls", "retrainings", "stored\nretrainings"):
        table.add_column(column, justify="right")
    for row in found.methods:
        counts = row.calls, row.stored_calls, row.retrainings, row.stored_retrainings
        table.add_row(escape(row.method), *map(str, (found.settings.seeds, *counts)))
    console.print(table)
    if found.extras:
        console.print(f"and {pluralize(found.extras, 'evaluation')} for the tutorial's claims")
    if found.seconds is None:
        console.print("Nothing is left to do.")
    else:
        console.print(
            f"Searches share their {found.settings.initial_points} initial points, evaluated "
            f"once. About {format_clock(found.seconds)} with "
            f"{pluralize(planned.workers, 'worker')}; a rough estimate."
        )
    console.print(f"Nothing was evaluated. Results would go to {escape(str(planned.output))}")
    return 0
