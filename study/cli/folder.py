"""Commands about a results folder: show, report, plot and recover. They compute nothing anew."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from study.cli.console import exit_on_error, print_files, print_line
from study.cli.options import Folder, option

if TYPE_CHECKING:
    from study.results import Results

PLOT_EXAMPLES = """
Examples:

  study plot results/digits

  study plot results/digits --metric validation_loss
"""


def show(folder: Folder) -> None:
    """Print the tables and the answer of a study again, finished or not."""
    from study.cli.tables import print_results
    from study.results import load

    def command() -> int:
        print_results(load(folder))
        return 0

    exit_on_error(command)


def report(folder: Folder) -> None:
    """Draw the plots and write the report of a study again, from its files alone.

    Needs no TensorFlow.
    """
    from study.replication.report import write_full_report

    exit_on_error(lambda: redraw(folder, write_full_report))


def plot(
    folder: Folder,
    metric: Annotated[
        str | None,
        option(
            "Draw only this further measurement of the evaluations, against the score.",
            "every plot of the report",
            metavar="NAME",
        ),
    ] = None,
) -> None:
    """Draw the plots of a study again, from its files alone."""
    from study.plots.metrics import save_metric_plot
    from study.replication.report import save_plots

    def draw(results: "Results") -> list[Path]:
        return save_plots(results) if metric is None else save_metric_plot(results, metric)

    exit_on_error(lambda: redraw(folder, draw))


def redraw(folder: Path, draw: "Callable[[Results], list[Path]]") -> int:
    """Draw something of a results folder anew, and name the files; the exit code."""
    from study.results import read_files

    results = read_files(folder)
    written = draw(results)
    print_files(written)
    if not any(path.suffix == ".svg" for path in written):
        print_line("there is nothing to draw: no evaluation has a score")
    return 0


def recover(folder: Folder) -> None:
    """Save the intact rows of a damaged study.db, so that the study can go on.

    The damaged file is kept beside it.
    """
    from study.storage import recovery

    def command() -> int:
        saved = recovery.recover(folder)
        kept = ", ".join(f"{count:,} {name}" for name, count in saved.kept.items())
        if saved.damaged is None:
            print_line(f"nothing is damaged: {kept}")
        else:
            print_line(
                f"kept {kept}; the damaged file is {saved.damaged}; to resume, run the command "
                "that began the study"
            )
        return 0

    exit_on_error(command)
