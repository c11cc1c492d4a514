"""What the terminal shows: progress while a study runs, tables when it is done."""

import contextlib
import sys
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from study.analysis import thousands
from study.api import Plan, opened
from study.results import Results
from study.runner import Flow, Snapshot

console = Console(highlight=False)
STARTING = "starting worker processes and TensorFlow"


def error(message: str) -> None:
    """One line on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]study:[/] {escape(message)}")


def announce(planned: Plan) -> None:
    """Say on which data the study runs, where nobody can miss it."""
    problem = planned.problem
    data = problem.dataset
    console.print(
        f"[bold]Dataset {escape(data.name)}[/]: {len(data.x_train):,} training images "
        f"({len(data.x_train) - data.fitted:,} of them validate), {len(data.x_test):,} test "
        f"images; {problem.epochs} epochs. Source: {escape(data.source)}"
    )
    if planned.data["dataset"] == "digits" and "could not be had" in data.source:
        console.print("[bold yellow]This is not MNIST: the study runs on digits instead.[/]")


@contextlib.contextmanager
def downloading() -> Iterator[Callable[[int, int], None]]:
    """A bar while a dataset is downloaded; nothing is shown if none is."""
    columns = TextColumn("downloading the dataset"), BarColumn(), DownloadColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, visible=False)
        yield lambda done, total: bar.update(
            task, completed=done, total=total or None, visible=True
        )


@contextlib.contextmanager
def watching() -> Iterator[Callable[[Snapshot], None]]:
    """A live display of a running study; a plain line at the start if this is no terminal."""
    if not console.is_terminal:
        console.print("training; progress is shown on a terminal only")
        yield lambda _: None
        return
    bar = Progress(
        TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
    )
    task = bar.add_task("", total=None)
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(snapshot: Snapshot) -> None:
            left = f"about {clock(snapshot.seconds_left)} left"
            what = left if snapshot.running else STARTING
            if snapshot.done == snapshot.total:
                what = "drawing plots"
            bar.update(task, completed=snapshot.done, total=snapshot.total, description=what)
            best = "  ".join(f"{m} {100 * a:.2f} %" for m, a in snapshot.best.items())
            lines = [Text(f"  {line}", style="dim") for line in snapshot.running]
            live.update(Group(bar, Text(f"best validation: {best}" if best else ""), *lines))

        yield show


def clock(seconds: float) -> str:
    """95 as 1:35."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def dry_run(planned: Plan) -> None:
    """The matrix of what would run, what the ledger holds, and about how long it takes."""
    with opened(planned, dry=True) as (settings, ledger):
        flow = Flow(planned.problem, settings, ledger)
        table = Table("method", box=None, header_style="bold")
        seeds = settings.seeds
        for column in ("seeds", "calls", "held", "retrainings", "held"):
            table.add_column(column, justify="right")
        for method in settings.methods:
            calls, retrainings = flow.held(method)
            of_calls, of_retrainings = (n * seeds for n in (settings.calls, settings.retrain))
            counts = seeds, of_calls, calls, of_retrainings, retrainings
            table.add_row(method, *map(str, counts))
        console.print(table)
        if flow.unfinished:
            seconds = flow.seconds_left(planned.workers)
            console.print(
                f"Searches share their {settings.initial_points} initial points, trained once. "
                f"About {clock(seconds)} with {planned.workers} worker"
                f"{'s' * (planned.workers > 1)}; a rough estimate."
            )
        else:
            console.print("Nothing is left to do.")
    console.print(f"Nothing was written. Results would go to {escape(str(planned.output))}")


def table(results: Results) -> None:
    """The summary, a row per method, 80 columns wide."""
    settings, shown = results.info["settings"], Table(box=None, header_style="bold", padding=(0, 1))
    for column in ("method", "best\nvalidation", "test accuracy\nmean ± sd", "parameters\n(range)"):
        shown.add_column(column, justify="left" if column == "method" else "right")
    for column in ("propose\ns/call", "train\ns/call", "total\ns/call"):
        shown.add_column(column, justify="right")
    for row in results.summary.to_dict("records"):
        seconds = (row[name] for name in ("propose_seconds", "train_seconds", "seconds_per_call"))
        shown.add_row(
            row["method"],
            percent(row["validation_accuracy"]),
            percent(row["test_accuracy"], row["test_sd"]),
            _parameters(row),
            *(f"{s:.2f}" for s in seconds),
        )
    console.print()
    console.print(shown)
    seeds = settings["seeds"]
    console.print(
        f"Means over {seeds} seed{'s' * (seeds > 1)}, {settings['calls']} calls each; test "
        f"accuracy of each run's winner, retrained {settings['retrain']} times on all training "
        "images; parameters: median.",
        style="dim",
    )
    workers = {session["workers"] for session in results.info["sessions"]}
    if workers - {1}:
        most = max(workers)
        console.print(f"Seconds were measured with {most} workers side by side.", style="dim")
    if not results.finished:
        done = results.info["calls"]
        console.print(f"[bold yellow]Unfinished: {done['done']} of {done['of']} calls.[/]")


def percent(value: float, sd: float | None = None) -> str:
    """0.9305 as 93.05 %, with ± if there is a standard deviation."""
    if pd.isna(value):
        return "-"
    spread = "" if sd is None or pd.isna(sd) else f" ± {100 * sd:.2f}"
    return f"{100 * value:.2f}{spread} %"


def _parameters(row: dict[Hashable, Any]) -> str:
    low, high, median = (row[f"parameters_{which}"] for which in ("min", "max", "median"))
    if pd.isna(median):
        return "-"
    if low == high:
        return f"{int(median):,}"
    return f"{int(median):,} ({thousands(low)}-{thousands(high)})"


def written(results: Results) -> None:
    """Where everything is."""
    folder = escape(str(results.folder))
    console.print()
    console.print(f"[bold]{folder}/[/]")
    console.print("  plots/        " + ", ".join(sorted(p.stem for p in _pngs(results.folder))))
    console.print("  *.csv         trials, finals, summary, search_range")
    console.print("  study.json    settings, versions, machine; study.db: the ledger")


def _pngs(folder: Path) -> list[Path]:
    return list((folder / "plots").glob("*.png"))


def paths(written_paths: list[Path]) -> None:
    """A path a line."""
    for path in written_paths:
        console.print(escape(str(path)), soft_wrap=True)


def failed(results: Results) -> int:
    """List what failed on standard error; the exit code."""
    for line in results.failures:
        error(f"failed: {line}")
    sys.stderr.flush()
    return 1 if results.failures else 0
