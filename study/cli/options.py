"""Options that several commands have, and how an option is made."""

from pathlib import Path
from typing import Annotated, Any

import typer

# The panels of the help, below that of what everybody needs.
WHAT, HOW_MUCH, WHERE = "What to compare", "How much", "Where and how"


def option(text: str, default: object = "", *, panel: str | None = None, metavar: str = "N") -> Any:
    """An option with a value; its help ends with the default, in words."""
    told = f"{text} Default: {default}." if default != "" else text
    return typer.Option(help=told, show_default=False, metavar=metavar, rich_help_panel=panel)


def flag(name: str, text: str, panel: str | None = None) -> Any:
    """An option without a value."""
    return typer.Option(name, help=text, show_default=False, metavar="", rich_help_panel=panel)


Workers = Annotated[
    int | None,
    option(
        "Processes that train; 1 trains in this process, unless there is a --timeout.",
        "one per core, or per --threads cores",
    ),
]
Threads = Annotated[
    int,
    option(
        "Threads that each process computes on, for your own models that fill more than one core; "
        "fixed once a folder is begun.",
        1,
        panel=WHERE,
    ),
]
Scheduler = Annotated[
    str | None,
    option(
        "Train on the workers of your own Dask cluster, such as tcp://HOST:8786; they may come and "
        "go.",
        "workers on this machine",
        panel=WHERE,
        metavar="ADDRESS",
    ),
]
DataDir = Annotated[
    Path | None,
    option(
        "Where MNIST and Fashion-MNIST are looked for first.",
        "what STUDY_DATA names",
        panel=WHERE,
        metavar="FOLDER",
    ),
]
Timeout = Annotated[
    float | None,
    option(
        "Give up an evaluation that takes longer, and replace its worker process.",
        "none",
        panel=WHERE,
        metavar="SECONDS",
    ),
]
KeepGoing = Annotated[
    bool, flag("--keep-going", "Go on even if the very first evaluation fails.", WHERE)
]
RetryFailed = Annotated[
    bool,
    flag(
        "--retry-failed",
        "Evaluate again what failed or took too long in the results folder, and what followed "
        "from it.",
        WHERE,
    ),
]
DryRun = Annotated[
    bool, flag("--dry-run", "Show what would run and about how long it takes, then stop.", WHERE)
]
Folder = Annotated[Path, typer.Argument(help="A results folder.", show_default=False)]
