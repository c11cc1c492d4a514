"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes that train; 1 trains in this process.",
        show_default="one per core, or per --threads cores",
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        help="Threads that each process computes on, for your own models that fill more than one "
        "core; a folder keeps to them."
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
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Give up an evaluation that takes longer, and replace its worker process.",
        show_default="none",
    ),
]
KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="Go on even if the very first evaluation fails.")
]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Evaluate again what failed or took too long in the results folder, and what followed "
        "from it.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would run and how long, and stop.")
]
Folder = Annotated[Path, typer.Argument(help="A results folder.", show_default=False)]
