"""What the terminal shows before a study is done: data, plans and progress."""

import contextlib
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as ProgressBar
from rich.text import Text

from study.api import write_outputs
from study.cli.console import console, error, print_line
from study.cli.display import STARTING, display_lines, status_line
from study.cli.layout import print_rows
from study.cli.tables import exit_code, print_paths, print_results
from study.core.formatting import format_duration, pluralize
from study.core.objective import Objective
from study.core.settings import Settings
from study.execution.plan import Plan
from study.execution.preview import no_extras, preview
from study.execution.progress import ExtraEvaluation, Progress
from study.report.notes import start_fact, substitute_note
from study.results import Results

T = TypeVar("T")
STATUS_SECONDS = 600.0  # of silence, where there is no display, in which another line is told


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, which ends a study as Ctrl-C does."""


def announce(planned: Plan) -> None:
    """Say what is tuned, and on which data, where nobody can miss it."""
    problem, data = planned.problem.describe(), planned.data
    name = f"{problem.words.subject.capitalize()} {problem.name}"
    about = f"{problem.words.description}. Source: {data.source}"
    console.print(f"[bold]{escape(name)}[/]: {escape(about)}")
    if planned.settings.start:
        console.print(escape(f"Start: {start_fact(planned.settings.start)}."))
    if note := substitute_note(data):
        console.print(escape(note))


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
def watching(objective: Objective | None) -> Iterator[Callable[[Progress], None]]:
    """A live display of a running study; if this is no terminal, a line now and then.

    Without an objective it tells nothing of what is best.
    """
    latest: list[Progress] = []

    def observe(progress: Progress) -> None:
        for note in progress.notes:
            if not any(note in before.notes for before in latest):
                console.print(f"[yellow]{escape(note)}[/]")
        latest[:] = [progress]

    if not console.is_terminal:
        console.print("evaluating; a line tells of every tenth of the work")
        with in_background(lambda: print_status(latest), STATUS_SECONDS):
            yield telling_tenths(observe)
        return
    bar = ProgressBar(BarColumn(bar_width=None), MofNCompleteColumn(), console=console, expand=True)
    task, began = bar.add_task("", total=None), time.monotonic()

    def render() -> Group:
        if not latest:
            return Group(bar, Text(STARTING))
        bar.update(task, completed=latest[0].done, total=latest[0].total)
        room = console.width, console.height - 2  # the bar, and the line where the cursor is
        return Group(bar, Text("\n".join(display_lines(latest[0], objective, began, *room))))

    with Live(get_renderable=render, console=console, refresh_per_second=4, transient=True):
        yield observe


def telling_tenths(observe: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """`observe`, and a line whenever another tenth of the work is done."""
    told = 0

    def observe_and_tell(progress: Progress) -> None:
        nonlocal told
        observe(progress)
        tenths = 10 * progress.done // max(1, progress.total)
        if told < tenths < 10:
            print_status([progress])
        told = max(told, tenths)

    return observe_and_tell


def print_status(latest: Sequence[Progress]) -> None:
    """A line that tells how far a study is, and what it waits for."""
    for progress in latest:
        print_line(status_line(progress))


@contextlib.contextmanager
def in_background(act: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call `act` every so many seconds, from another thread, until the context ends."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(seconds):
            act()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def run_with_progress(
    planned: Plan,
    run: Callable[[Callable[[Progress], None]], Results],
    write_more: Callable[[Results], None] = lambda _: None,
) -> int:
    """Run a study under a progress display, write and show what came out; the exit code."""

    def run_and_write(observe: Callable[[Progress], None]) -> Results:
        results = run(observe)
        write_more(results)
        write_outputs(results)
        return results

    began = time.monotonic()
    results = run_watched(planned.problem.objective, run_and_write)
    print_results(results)
    print_paths(results)
    print_elapsed(began)
    return exit_code(results)


def run_watched(objective: Objective | None, run: Callable[[Callable[[Progress], None]], T]) -> T:
    """What `run` gives, called with what observes its progress.

    Interrupted, by Ctrl-C or SIGTERM, it says how to go on and exits as a shell expects it.
    """
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with watching(objective) as observe:
            return run(observe)
    except KeyboardInterrupt as interrupt:
        command = shlex.join(["study", *sys.argv[1:]])
        error(f"interrupted; what was finished is kept; to resume: {command}")
        terminated = isinstance(interrupt, TerminatedError)
        code = 128 + (signal.SIGTERM if terminated else signal.SIGINT)
        raise typer.Exit(code) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def print_elapsed(began: float) -> None:
    """How long it took since then."""
    console.print(f"took {format_duration(time.monotonic() - began)}", style="dim")


def _terminate(*_: object) -> None:
    raise TerminatedError


def _end_at_once() -> None:
    """Have a process that an evaluation forked, such as a pool's, end at SIGTERM as others do."""
    if signal.getsignal(signal.SIGTERM) is _terminate:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_end_at_once)


def dry_run(
    planned: Plan, extras: Callable[[Settings], Sequence[ExtraEvaluation]] = no_extras
) -> int:
    """The matrix of what would run, what is stored, and about how long it takes."""
    found = preview(planned, extras)
    print_rows(
        [
            {
                "method": row.method,
                "seeds": f"{found.settings.seeds:,}",
                "calls": f"{row.calls:,}",
                "stored\ncalls": f"{row.stored_calls:,}",
                "retrainings": f"{row.retrainings:,}",
                "stored\nretrainings": f"{row.stored_retrainings:,}",
            }
            for row in found.methods
        ],
        gap=1,
    )
    if found.extras:
        console.print(f"and {pluralize(found.extras, 'evaluation')} for the tutorial's claims")
    if found.seconds is None:
        console.print("Nothing is left to do.")
    else:
        told = "by what a study took here before" if found.measured else "a rough estimate"
        console.print(
            f"Searches share {pluralize(found.settings.initial_points, 'initial point')}, "
            f"evaluated once. About {format_duration(found.seconds)} with "
            f"{pluralize(planned.workers, 'worker')}, {told}."
        )
    console.print(f"Nothing was evaluated. Results would go to {escape(str(planned.output))}")
    return 0
