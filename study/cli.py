"""The command line: the only place that prints."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.errors import StudyError
from study.settings import Settings

if TYPE_CHECKING:
    from study.api import Plan
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
"""


@app.callback()
def program() -> None:
    """Compare hyper-parameter search methods, honestly and fast.

    A fixed baseline, random search, Gaussian-process search and tree-based search tune the same
    small Keras network, at equal budgets and over repeated seeds.
    """


@app.command(epilog=COMPARE_EXAMPLES)
def compare(
    *,
    seeds: Annotated[
        int, typer.Option(help="Replicates of the whole comparison.")
    ] = Settings.seeds,
    calls: Annotated[int, typer.Option(help="Evaluations per method and seed.")] = Settings.calls,
    initial_points: Annotated[
        int, typer.Option(help="Calls that all searches share: the default point, then random.")
    ] = Settings.initial_points,
    retrain: Annotated[
        int, typer.Option(help="Retrainings of each run's winner, each scored on the test set.")
    ] = Settings.retrain,
    methods: Annotated[
        str, typer.Option(help="Of baseline, random, gp, gbrt, forest; comma between.")
    ] = ",".join(Settings.methods),
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
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes that train; 1 trains in this one.", show_default="one per core"
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="Where MNIST and Fashion-MNIST are looked for first.",
            show_default="what STUDY_DATA names",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Results folder.", show_default="results/DATASET")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would run and how long, and stop.")
    ] = False,
) -> None:
    """Run a study, or finish one: train what its folder does not hold yet, then report.

    Prints a table and writes CSV files and plots into the results folder. Interrupt it whenever
    you like: the same command goes on where it stopped. Exit code 1: something failed to
    train; 2: a setting is not in order.
    """
    from study import api, display

    def go() -> int:
        chosen = [name.strip() for name in methods.split(",") if name.strip()]
        with display.downloading() as progress:
            planned = api.plan(
                dataset=dataset,
                methods=chosen,
                seeds=seeds,
                calls=calls,
                initial_points=initial_points,
                retrain=retrain,
                epochs=epochs,
                workers=workers,
                data_dir=data_dir,
                output=output,
                download_progress=progress,
            )
        display.announce(planned)
        if dry_run:
            display.dry_run(planned)
            return 0
        return _run(planned)

    _told(go)


def _run(planned: "Plan") -> int:
    from study import api, display

    try:
        with display.watching() as observe:
            results = api.carry_out(planned, observe)
    except KeyboardInterrupt:
        command = shlex.join(["study", *sys.argv[1:]])
        display.error(f"interrupted; what was finished is kept, and this goes on: {command}")
        return 130
    display.table(results)
    display.written(results)
    return display.failed(results)


@app.command(epilog="Example:\n\n  study plot results/digits")
def plot(
    folder: Annotated[Path, typer.Argument(help="A results folder.", show_default=False)],
) -> None:
    """Draw the plots of a study again, from its CSV files alone. Needs no TensorFlow."""
    from study import api, display, results

    def go() -> int:
        loaded: Results = results.read_files(folder)
        display.paths(api.draw(loaded))
        return 0

    _told(go)


def _told(body: Callable[[], int]) -> None:
    """Run a command; a `StudyError` is one line and exit code 2."""
    from study import display

    try:
        code = body()
    except StudyError as error:
        display.error(str(error))
        code = 2
    raise typer.Exit(code)


def main(*arguments: Any) -> None:
    """The console script."""
    app(*arguments)
