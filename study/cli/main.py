"""The command line. What it prints, `display` and `tables` print."""

import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.core.errors import StudyError
from study.core.settings import Settings

if TYPE_CHECKING:
    from study.execution.plan import Plan
    from study.execution.runner import Snapshot
    from study.results import Results

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMPARE_EXAMPLES = """
Examples:

  study compare --seeds 5

  study compare --dataset digits --methods baseline,random,gp,gbrt,forest

  STUDY_DATA=~/data study compare --dataset mnist --seeds 8 --calls 20

  study compare --seeds 10      (after --seeds 5: trains five seeds more)

  study compare --scheduler tcp://HOST:8786

  study compare --problem hartmann6 --calls 200 --seeds 10 --methods random,gp,forest,gbrt

  study compare --problem my_file.py:problem --methods "random,gp,gp[kappa=2],my_file.py:MyMethod"
"""


Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes that train; with 1, this one does, and no other is started.",
        show_default="one per core",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Train on the workers of your own Dask cluster, such as tcp://HOST:8786; they may "
        "come and go.",
        show_default="none: workers on this machine",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Where MNIST and Fashion-MNIST are looked for first.",
        show_default="what STUDY_DATA names",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would run and how long, and stop.")
]
Folder = Annotated[Path, typer.Argument(help="A results folder.", show_default=False)]


@app.callback()
def program() -> None:
    """Compare hyper-parameter search methods, honestly and fast.

    A fixed baseline, random search, Gaussian-process search and tree-based search tune the same
    small Keras network, or a problem of yours, at equal budgets and over repeated seeds.
    """


@app.command(epilog=COMPARE_EXAMPLES)
def compare(
    *,
    seeds: Annotated[
        int | None,
        typer.Option(
            help="Replicates of the whole comparison.",
            show_default=f"{Settings.seeds}, or as many as the folder holds",
        ),
    ] = None,
    calls: Annotated[int, typer.Option(help="Evaluations per method and seed.")] = Settings.calls,
    initial_points: Annotated[
        int, typer.Option(help="Calls that all searches share: the default point, then random.")
    ] = Settings.initial_points,
    retrain: Annotated[
        int,
        typer.Option(
            help="Retrainings of each run's winner to test it, and as many to measure its "
            "validation accuracy again."
        ),
    ] = Settings.retrain,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Percentage points (or what the problem measures) within which two methods count "
            "as equivalent.",
            show_default="0.1, or what the problem says",
        ),
    ] = None,
    methods: Annotated[
        str,
        typer.Option(
            help="Names with commas between, settings in brackets: gp[kappa=2]. Known are those "
            "that study methods lists, FILE.py:NAME and package.module:NAME."
        ),
    ] = ",".join(Settings.methods),
    problem: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Tune something else than the network: what study problems lists, FILE.py:NAME "
            "or package.module:NAME.",
            show_default="the network",
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="digits, mnist, fashion-mnist, or a folder of your own with one npz file or "
            "four IDX files.",
            show_default="mnist if it can be had, else digits",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Passes through the training images.", show_default="3, more on small datasets"
        ),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    data_dir: DataDir = None,
    output: Annotated[
        Path | None, typer.Option(help="Results folder.", show_default="results/DATASET or PROBLEM")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Run a study, or finish one: train what its folder does not hold yet, then report.

    Prints tables and an answer, and writes CSV files, plots and a report into the results
    folder. Interrupt it whenever you like: the same command goes on where it stopped. Exit
    code 1: something failed to train, or a check of the study's rules failed; 2: a setting is
    not in order, or the cluster is lost; 130 and 143: interrupted by Ctrl-C or SIGTERM.
    """
    from study import api
    from study.cli import progress as display
    from study.execution import plan
    from study.methods.selection import listed_methods

    def go() -> int:
        with display.downloading() as progress:
            planned = plan.plan(
                dataset=dataset,
                problem=problem,
                methods=listed_methods(methods),
                seeds=seeds,
                calls=calls,
                initial_points=initial_points,
                retrain=retrain,
                margin=margin,
                epochs=epochs,
                workers=workers,
                scheduler=scheduler,
                data_dir=data_dir,
                output=output,
                download_progress=progress,
            )
        display.announce(planned)
        if dry_run:
            display.dry_run(planned)
            return 0
        return _watched(planned, lambda observe: api.carry_out(planned, observe))

    _told(go)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a study as Ctrl-C does."""


def _terminate(*_: object) -> None:
    raise _Terminated


def _watched(planned: "Plan", work: "Callable[[Callable[[Snapshot], None]], Results]") -> int:
    """Do something long under a progress display, and show what came out; the exit code."""
    from study.cli import console
    from study.cli import progress as display

    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with display.watching(planned.problem.objective) as observe:
            results = work(observe)
    except KeyboardInterrupt as interrupt:
        command = shlex.join(["study", *sys.argv[1:]])
        display.error(f"interrupted; what was finished is kept, and this goes on: {command}")
        return 128 + (signal.SIGTERM if isinstance(interrupt, _Terminated) else signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)
    console.show(results)
    console.written(results)
    return console.outcome(results)


@app.command(epilog="Example:\n\n  study recover results/digits")
def recover(folder: Folder) -> None:
    """Save what is whole of a damaged study.db, so that the study can go on.

    The damaged file is kept beside it.
    """
    from study.cli import progress as display
    from study.storage import recovery

    def go() -> int:
        saved = recovery.recover(folder)
        kept = ", ".join(f"{count:,} {name}" for name, count in saved.kept.items())
        if saved.damaged is None:
            display.console.print(f"nothing is damaged: {kept}", soft_wrap=True, markup=False)
        else:
            display.console.print(
                f"kept {kept}; the damaged file is {saved.damaged}; the study goes on with the "
                "command that began it",
                soft_wrap=True,
                markup=False,
            )
        return 0

    _told(go)


@app.command(epilog="Example:\n\n  study methods")
def methods() -> None:
    """List the search methods that --methods knows, and where each comes from."""
    from study.cli import console
    from study.problems import registry

    console.catalogue(registry.list_methods(), "or FILE.py:NAME, package.module:NAME")


@app.command(epilog="Example:\n\n  study problems")
def problems() -> None:
    """List the problems that --problem knows, and where each comes from."""
    from study.cli import console
    from study.problems import registry

    console.catalogue(registry.list_problems(), "or FILE.py:NAME, package.module:NAME")


BENCHMARK_EXAMPLE = """
Example:

  study benchmark-report results/benchmark/0001.json results/benchmark/0002.json
"""

REPLICATE_EXAMPLE = """
Example:

  STUDY_DATA=~/data study replicate --seeds 8
"""


@app.command(epilog=REPLICATE_EXAMPLE)
def replicate(
    *,
    seeds: Annotated[
        int | None,
        typer.Option(
            help="How often each claim is measured.",
            show_default="8, or as many as the folder holds",
        ),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    data_dir: DataDir = None,
    output: Annotated[Path, typer.Option(help="Results folder.")] = Path("results/replicate"),
    dry_run: DryRun = False,
) -> None:
    """Measure the tutorial's claims again, on MNIST and from fresh weights.

    Trains the networks that the tutorial reports, runs its two searches at its own budget, and
    shows what happens to its 24 trials if one network is trained on and on.
    """
    from study.cli import progress as display
    from study.execution import plan
    from study.replication import claims, replicate

    def go() -> int:
        with display.downloading() as progress:
            planned = plan.plan(
                dataset="mnist",
                methods=("gp", "gbrt"),
                seeds=seeds,
                default_seeds=8,
                calls=claims.CALLS,
                initial_points=claims.INITIAL_POINTS,
                workers=workers,
                scheduler=scheduler,
                data_dir=data_dir,
                output=output,
                download_progress=progress,
            )
        display.announce(planned)
        if dry_run:
            display.dry_run(planned, replicate.extras)
            return 0
        return _watched(planned, lambda observe: replicate.replicate(planned, observe))

    _told(go)


@app.command(epilog="Example:\n\n  study show results/digits")
def show(folder: Folder) -> None:
    """Print the tables and the answer of a study again, finished or not."""
    from study import results
    from study.cli import console

    def go() -> int:
        console.show(results.load(folder))
        return 0

    _told(go)


@app.command(epilog="Example:\n\n  study report results/digits")
def report(folder: Folder) -> None:
    """Draw the plots and write the report of a study again, from its files alone.

    Needs no TensorFlow.
    """
    from study.report.page import write_report

    _told(lambda: _drawn(folder, write_report))


@app.command(epilog="Example:\n\n  study plot results/digits")
def plot(folder: Folder) -> None:
    """Draw the plots of a study again, from its files alone. Needs no TensorFlow."""
    from study.plots.figures import save_plots

    _told(lambda: _drawn(folder, save_plots))


@app.command("benchmark-report", epilog=BENCHMARK_EXAMPLE)
def benchmark_report(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files of pytest-benchmark; the last is shown, and compared with the one before.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option(help="Folder of the page and its plots.")] = Path(
        "results/benchmark"
    ),
) -> None:
    """Draw what `nox -s benchmark` measured, and write a page of it."""
    from benchmarks.report import page
    from study.cli import console

    def go() -> int:
        _name(page.write_benchmark_report(files, output))
        console.ratios(files)
        return 0

    _told(go)


def _drawn(folder: Path, draw: "Callable[[Results], list[Path]]") -> int:
    """Draw something of a results folder anew, and name the files."""
    from study import results

    _name(draw(results.read_files(folder)))
    return 0


def _name(paths: list[Path]) -> None:
    from study.cli import progress as display

    for path in paths:
        display.console.print(path, soft_wrap=True, markup=False)


def _told(body: Callable[[], int]) -> None:
    """Run a command; a `StudyError` is one line and exit code 2."""
    from study.cli import progress as display

    try:
        code = body()
    except StudyError as error:
        display.error(str(error))
        code = 2
    raise typer.Exit(code)


def main(arguments: list[str] | None = None) -> None:
    """The console script; what it is given wrongly is one line, too."""
    usage_error: Any = typer.BadParameter.__bases__  # click's, wherever Typer has it from
    try:
        code = app(arguments, standalone_mode=False)
    except usage_error as error:
        from study.cli import progress as display

        if message := error.format_message():  # none if there were no arguments: help was shown
            display.error(f"{message} (see --help)")
        code = 2
    except typer.Abort:
        code = 130
    sys.exit(code)
