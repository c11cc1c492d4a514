"""What the terminal shows before a study is done: data, plans and progress."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from study.api import opened
from study.core.formatting import clock, plural
from study.core.objective import Objective
from study.core.settings import Settings
from study.execution.plan import Plan
from study.execution.runner import Extra, Flow, Snapshot
from study.problems.network import NetworkProblem

console = Console(highlight=False, emoji=False)  # a name with :smile: in it is a name
STARTING = "starting worker processes"


def error(message: str) -> None:
    """One line on standard error."""
    line = Text.assemble(("study:", "red"), " ", message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)


def announce(planned: Plan) -> None:
    """Say what is tuned, and on which data, where nobody can miss it."""
    problem = planned.problem
    if not isinstance(problem, NetworkProblem):
        aim = f"{problem.objective.best} {problem.objective.noun}"
        over = plural(len(problem.space.dimensions), "dimension")
        text = f"the {aim} over {over}. Source: {problem.origin}"
        console.print(f"[bold]Problem {escape(problem.name)}[/]: {escape(text)}")
        return
    data = problem.dataset
    console.print(
        f"[bold]Dataset {escape(data.name)}[/]: {len(data.x_train):,} training images "
        f"({len(data.x_train) - data.fitted:,} of them validate), {len(data.x_test):,} test "
        f"images; {plural(problem.epochs, 'epoch')}. Source: {escape(data.source)}"
    )
    if data.instead_of:
        console.print(
            f"[bold yellow]{data.instead_of.upper()} could not be had: the study runs on "
            f"{data.name} instead.[/]"
        )


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
def watching(objective: Objective) -> Iterator[Callable[[Snapshot], None]]:
    """A live display of a running study; a plain line at the start if this is no terminal."""
    if not console.is_terminal:
        console.print("evaluating; progress is shown on a terminal only")
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
                what = "writing tables, plots and report"
            bar.update(task, completed=snapshot.done, total=snapshot.total, description=what)
            best = "  ".join(f"{m} {objective.text(s)}" for m, s in snapshot.best.items())
            lines = [Text(f"  {line}", style="dim") for line in snapshot.running]
            live.update(Group(bar, Text(f"best {objective.seen}: {best}" if best else ""), *lines))

        yield show


def dry_run(planned: Plan, extras: Callable[[Settings], Sequence[Extra]] = lambda _: ()) -> None:
    """The matrix of what would run, what the ledger holds, and about how long it takes."""
    with opened(planned, dry=True) as (whole, ledger):
        settings = whole.settings
        more = extras(settings)
        flow = Flow(whole.problem, settings, ledger, extras=more, methods=whole.methods)
        table = Table("method", box=None, header_style="bold")
        seeds = settings.seeds
        for column in ("seeds", "calls", "held", "retrainings", "held"):
            table.add_column(column, justify="right")
        for method in settings.methods:
            calls, retrainings = flow.held(method)
            of_calls, of_retrainings = settings.calls * seeds, 2 * settings.retrain * seeds
            counts = seeds, of_calls, calls, of_retrainings, retrainings
            table.add_row(method, *map(str, counts))
        console.print(table)
        if more:
            console.print(f"and {plural(len(more), 'evaluation')} for the tutorial's claims")
        if flow.unfinished:
            seconds = flow.seconds_left(planned.workers)
            console.print(
                f"Searches share their {settings.initial_points} initial points, evaluated once. "
                f"About {clock(seconds)} with {plural(planned.workers, 'worker')}; a rough "
                "estimate."
            )
        else:
            console.print("Nothing is left to do.")
    console.print(f"Nothing was evaluated. Results would go to {escape(str(planned.output))}")
