"""`study compare` and `study replicate`: the commands that evaluate."""

from pathlib import Path
from typing import Annotated

import typer

from study.cli.console import exit_on_error
from study.cli.options import (
    DataDir,
    DryRun,
    KeepGoing,
    RetryFailed,
    Scheduler,
    Threads,
    Timeout,
    Workers,
)
from study.core.settings import Settings

COMPARE_EXAMPLES = """
Examples:

  study compare --seeds 5

  study compare --dataset digits --methods baseline,random,gp,gbrt,forest

  STUDY_DATA=~/data study compare --dataset mnist --seeds 8 --calls 20

  study compare --dataset my_table.csv --target species --resample-splits

  study compare --seeds 10      (after --seeds 5: trains five seeds more)

  study compare --calls 30 --initial-points 10 --start-from my_points.csv

  study compare --scheduler tcp://HOST:8786

  study compare --problem hartmann6 --calls 200 --seeds 10 --methods random,gp,forest,gbrt

  study compare --suite functions --seeds 10 --calls 50 --methods random,gp,forest

  study compare --problem my_file.py:problem --methods "random,gp,gp[kappa=2],my_file.py:MyMethod"
"""

REPLICATE_EXAMPLE = """
Example:

  STUDY_DATA=~/data study replicate --seeds 8
"""


def compare(  # noqa: PLR0913 (Typer reads the options of a command from its arguments)
    *,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="N|A-B",
            help="Replicates of the whole comparison; a range such as 60-159 is a fresh set.",
            show_default=f"{Settings.seeds}, or as many as the folder holds",
        ),
    ] = None,
    calls: Annotated[int, typer.Option(help="Evaluations per method and seed.")] = Settings.calls,
    initial_points: Annotated[
        int, typer.Option(help="Calls that all searches share: the default point, then random.")
    ] = Settings.initial_points,
    start_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv|FOLDER",
            help="Your own points among those, after the default point: the rows of a table, or "
            "the best winners of a results folder.",
            show_default="none, or those that the folder holds",
        ),
    ] = None,
    retrain: Annotated[
        int,
        typer.Option(
            help="Retrainings of each run's winner to test it, and as many re-evaluations with "
            "fresh seeds."
        ),
    ] = Settings.retrain,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Percentage points (or what the problem measures) within which two methods count "
            "as equivalent.",
            show_default="what the problem says, else 0.1 for percentages and none for others",
        ),
    ] = None,
    trace: Annotated[
        bool,
        typer.Option(
            "--trace",
            help="Re-evaluate every incumbent like the winner: curves of what you would have got "
            "after each call.",
        ),
    ] = False,
    methods: Annotated[
        str,
        typer.Option(
            help="Comma-separated names, options in brackets: gp[kappa=2]. Known are those "
            "that study methods lists, FILE.py:NAME and package.module:NAME."
        ),
    ] = ",".join(Settings.methods),
    problem: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Tune something other than the network: what `study problems` lists, FILE.py:NAME "
            "or package.module:NAME.",
            show_default="the network",
        ),
    ] = None,
    suite: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Many problems, a study each, and one answer: what `study suites` lists, "
            "FILE.py:NAME or package.module:NAME of a list.",
            show_default="none",
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A dataset that `study problems` lists, such as digits or mnist, a folder of your "
            "own with one npz file or four IDX files, or a table, FILE.csv.",
            show_default="mnist if available, else digits",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="The column of a table that holds the classes.",
            show_default="none: only tables need it",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Passes through the training data.", show_default="3, more on small datasets"
        ),
    ] = None,
    trainer: Annotated[
        str | None,
        typer.Option(
            metavar="compiled|keras",
            help="What trains the network: compiled loops, or plain Keras fit, which takes many "
            "times as long.",
            show_default="compiled",
        ),
    ] = None,
    resample_splits: Annotated[
        bool,
        typer.Option(
            "--resample-splits",
            help="Split images or rows anew for each seed, so that intervals speak of the data, "
            "too.",
        ),
    ] = False,
    workers: Workers = None,
    threads: Threads = Settings.threads,
    scheduler: Scheduler = None,
    data_dir: DataDir = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Results folder.", show_default="results/DATASET, PROBLEM or SUITE"),
    ] = None,
    timeout: Timeout = None,
    keep_going: KeepGoing = False,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
) -> None:
    """Run a study, or finish one: train what its folder does not hold yet, then report.

    Prints tables and an answer, and writes CSV files, plots and a report into the results
    folder. Interrupt it whenever you like: the same command resumes. Exit code 1: something
    failed to train, or an integrity check failed; 2: an invalid option, the very first
    evaluation failed, or the cluster is lost; 130 and 143: interrupted by Ctrl-C or SIGTERM.
    """
    from study.api import run_plan
    from study.cli import progress
    from study.cli.suite import compare_suite
    from study.execution.plan import StudyRequest, make_plan
    from study.methods.selection import split_names

    def command() -> int:
        request = StudyRequest(
            dataset=dataset,
            target=target,
            problem=problem,
            methods=split_names(methods),
            seeds=seeds,
            calls=calls,
            initial_points=initial_points,
            start_from=start_from,
            retrain=retrain,
            margin=margin,
            trace=trace,
            epochs=epochs,
            trainer=trainer,
            resample_splits=resample_splits,
            workers=workers,
            threads=threads,
            scheduler=scheduler,
            data_dir=data_dir,
            output=output,
            timeout=timeout,
            keep_going=keep_going,
            retry_failed=retry_failed,
        )
        if suite is not None:
            return compare_suite(suite, request, dry_run=dry_run)
        with progress.downloading() as on_download:
            planned = make_plan(request, on_download=on_download)
        progress.announce(planned)
        if dry_run:
            return progress.dry_run(planned)
        return progress.run_with_progress(planned, lambda observe: run_plan(planned, observe))

    exit_on_error(command)


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
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
) -> None:
    """Measure the tutorial's claims again, on MNIST and from fresh weights.

    Trains the networks that the tutorial reports, runs its two searches at its own budget, and
    shows what happens to its 24 trials if one network is trained on and on.
    """
    from study.api import run_plan
    from study.cli import progress
    from study.execution.plan import StudyRequest, make_plan
    from study.replication.claims import CALLS, INITIAL_POINTS
    from study.replication.replicate import extras, write_claims

    def command() -> int:
        request = StudyRequest(
            dataset="mnist",
            methods=("gp", "gbrt"),
            seeds=seeds,
            calls=CALLS,
            initial_points=INITIAL_POINTS,
            workers=workers,
            scheduler=scheduler,
            data_dir=data_dir,
            output=output,
            retry_failed=retry_failed,
        )
        with progress.downloading() as on_download:
            planned = make_plan(request, default_seeds=8, on_download=on_download)
        progress.announce(planned)
        if dry_run:
            return progress.dry_run(planned, extras)
        return progress.run_with_progress(
            planned, lambda observe: run_plan(planned, observe, extras), write_claims
        )

    exit_on_error(command)
