"""`study compare` and `study replicate`: the commands that evaluate."""

from pathlib import Path
from typing import Annotated

from study.cli.console import exit_on_error
from study.cli.options import (
    HOW_MUCH,
    WHAT,
    DataDir,
    DryRun,
    KeepGoing,
    RetryFailed,
    Scheduler,
    Threads,
    Timeout,
    Workers,
    flag,
    option,
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
    methods: Annotated[
        str,
        option(
            "Names with commas between, options in brackets: gp[kappa=2]. Known are those that "
            "`study methods` lists, FILE.py:NAME and package.module:NAME.",
            ",".join(Settings.methods),
            metavar="NAMES",
        ),
    ] = ",".join(Settings.methods),
    dataset: Annotated[
        str | None,
        option(
            "A dataset that `study problems` lists, such as digits or mnist, a folder of your own "
            "with one npz file or four IDX files, or a table, FILE.csv.",
            "mnist if available, else digits",
            metavar="NAME",
        ),
    ] = None,
    problem: Annotated[
        str | None,
        option(
            "Tune something other than the network: what `study problems` lists, FILE.py:NAME or "
            "package.module:NAME.",
            "the network",
            metavar="NAME",
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        option(
            "Replicates of the whole comparison; a range such as 60-159 is a fresh set.",
            f"{Settings.seeds}, or as many as the folder holds",
            metavar="N|A-B",
        ),
    ] = None,
    calls: Annotated[
        int, option("Evaluations per method and seed.", Settings.calls)
    ] = Settings.calls,
    output: Annotated[
        Path | None,
        option("Results folder.", "results/DATASET, PROBLEM or SUITE", metavar="FOLDER"),
    ] = None,
    workers: Workers = None,
    suite: Annotated[
        str | None,
        option(
            "Many problems, a study each, and one answer: what `study suites` lists, FILE.py:NAME "
            "or package.module:NAME of a list.",
            panel=WHAT,
            metavar="NAME",
        ),
    ] = None,
    target: Annotated[
        str | None,
        option(
            "The column of a table that holds the classes; only tables need it.",
            panel=WHAT,
            metavar="COLUMN",
        ),
    ] = None,
    start_from: Annotated[
        Path | None,
        option(
            "Your own points among the initial ones, after the default point: the rows of a table, "
            "or the best winners of a results folder.",
            "none, or those that the folder holds",
            panel=WHAT,
            metavar="FILE.csv|FOLDER",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        option("Passes through the training data.", "3, more on small datasets", panel=WHAT),
    ] = None,
    trainer: Annotated[
        str | None,
        option(
            "What trains the network: compiled loops, or plain Keras fit, which takes many times "
            "as long.",
            "compiled",
            panel=WHAT,
            metavar="compiled|keras",
        ),
    ] = None,
    resample_splits: Annotated[
        bool,
        flag(
            "--resample-splits",
            "Split images or rows anew for each seed, so that intervals speak of the data, too.",
            WHAT,
        ),
    ] = False,
    initial_points: Annotated[
        int,
        option(
            "Calls that all searches share: the default point, then random.",
            Settings.initial_points,
            panel=HOW_MUCH,
        ),
    ] = Settings.initial_points,
    retrain: Annotated[
        int,
        option(
            "Retrainings of each run's winner to test it, and as many re-evaluations with fresh "
            "seeds.",
            Settings.retrain,
            panel=HOW_MUCH,
        ),
    ] = Settings.retrain,
    margin: Annotated[
        float | None,
        option(
            "Percentage points (or what the problem measures) within which two methods count as "
            "equivalent.",
            "what the problem says, else 0.1 for percentages and none for others",
            panel=HOW_MUCH,
            metavar="X",
        ),
    ] = None,
    trace: Annotated[
        bool,
        flag(
            "--trace",
            "Re-evaluate every incumbent like the winner: curves of what you would have got after "
            "each call.",
            HOW_MUCH,
        ),
    ] = False,
    threads: Threads = Settings.threads,
    scheduler: Scheduler = None,
    data_dir: DataDir = None,
    timeout: Timeout = None,
    keep_going: KeepGoing = False,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
) -> None:
    """Run a study, or finish one: train what its folder does not hold yet, then report.

    Prints tables and an answer, and writes CSV files, plots and a report into the results
    folder. Interrupt it whenever you like: the same command resumes. Exit code 1: something
    failed to train, or an integrity check failed; 2: an invalid option, the very first
    evaluation failed (in a suite: 1), or the cluster was lost; 130 and 143: interrupted by
    Ctrl-C or SIGTERM.
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
        option("How often each claim is measured.", "8, or as many as the folder holds"),
    ] = None,
    workers: Annotated[
        int | None,
        option("Processes that train; 1 trains in this process.", "one per core"),
    ] = None,
    scheduler: Scheduler = None,
    data_dir: DataDir = None,
    output: Annotated[
        Path, option("Results folder.", "results/replicate", metavar="FOLDER")
    ] = Path("results/replicate"),
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
