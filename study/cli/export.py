"""`study export`: a study for other tools."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.progress import track

from study.cli.console import console, exit_on_error, print_line
from study.cli.options import Folder, option

if TYPE_CHECKING:
    from study.export.runs import Run

EXPORT_EXAMPLES = """
Examples:

  study export results/digits --to optuna --out study.sqlite3

  study export results/digits --to skopt --out digits-skopt

  study export results/digits --to csv --out evaluations.csv
"""


def export(
    folder: Folder,
    to: Annotated[
        str,
        option(
            "optuna: a storage in SQLite, with a study per method and seed, named "
            "PROBLEM/METHOD/SEED. skopt: a folder with an OptimizeResult per run, for skopt.load "
            "and skopt.plots. csv: one table, a row per evaluation of any kind.",
            metavar="optuna|skopt|csv",
        ),
    ],
    out: Annotated[
        Path,
        option(
            "The file, or for skopt the folder, to write; it must not exist yet.", metavar="PATH"
        ),
    ],
) -> None:
    """Write a study for other tools, finished or not: Optuna, scikit-optimize, or one table."""
    from study.export.write import export as write
    from study.results import load

    def command() -> int:
        written = write(load(folder).scores, to, out, runs_shown)
        print_line(f"{out}: {written}")
        return 0

    exit_on_error(command)


def runs_shown(runs: "Sequence[Run]") -> "Iterable[Run]":
    """A bar over the runs that are written: Optuna takes a second for each of 50 calls."""
    show = console.is_terminal
    return track(runs, "writing runs", console=console, transient=True, disable=not show)
