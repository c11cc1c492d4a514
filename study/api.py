"""The library's front door: one study from settings to files."""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from study.core.errors import ClusterError
from study.core.settings import Settings
from study.execution.durations import remember
from study.execution.notebook import choose_observer
from study.execution.plan import PathLike, Plan, StudyRequest, make_plan
from study.execution.prepare import executor_for, prepare
from study.execution.preview import no_extras
from study.execution.progress import ExtraEvaluation, Progress
from study.results import Results, write_tables

if TYPE_CHECKING:
    from study.problems.user import Problem

P = ParamSpec("P")
R = TypeVar("R")


def with_name_hints(function: Callable[P, R]) -> Callable[P, R]:
    """Have a wrong argument name be a TypeError that names the nearest right one."""
    names = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        require_arguments(function.__name__, kwargs, names)
        return function(*args, **kwargs)

    return checked


def require_arguments(function: str, given: Iterable[str], names: Sequence[str]) -> None:
    """Raise TypeError with the nearest name for an argument that a function has not."""
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
            raise TypeError(f"{function}() has no argument {name!r}: {hint}")


@with_name_hints
def compare(  # noqa: PLR0913 (the front door: every setting by its name)
    *,
    dataset: PathLike | None = None,
    target: str | None = None,
    problem: "str | Problem | object | None" = None,
    methods: Sequence[str] = Settings.methods,
    seeds: int | str | range | None = None,
    calls: int = Settings.calls,
    initial_points: int = Settings.initial_points,
    start_from: PathLike | None = None,
    retrain: int = Settings.retrain,
    margin: float | None = None,
    trace: bool = False,
    epochs: int | None = None,
    trainer: str | None = None,
    resample_splits: bool = False,
    workers: int | None = None,
    threads: int = Settings.threads,
    scheduler: str | None = None,
    data_dir: PathLike | None = None,
    output: PathLike | None = None,
    timeout: float | None = None,
    keep_going: bool = False,
    retry_failed: bool = False,
    observe: Callable[[Progress], None] | None = None,
) -> Results:
    """Compare search methods, and write the results folder.

    Whatever the folder already holds is kept and not trained again, so a call that was
    interrupted goes on, and seeds and methods can be added.

    Parameters
    ----------
    dataset
        A name that `study problems` lists, such as "digits" or "mnist", a folder of images, or a
        table, "FILE.csv"; by default MNIST if it can be had, else digits.
    target
        The column of a table that holds the classes; the others are what the network sees.
    problem
        In place of a dataset: the name of a problem (see `study problems`), FILE.py:NAME,
        package.module:NAME, or an object such as a `study.Problem`.
    methods
        Names (see `study methods`), with options in brackets if they have any, such as
        "gp[kappa=2]"; or FILE.py:NAME, or package.module:NAME.
    seeds
        Replicates of the whole comparison; by default 5, or as many as the folder holds. A range
        such as "60-159" names the seeds themselves.
    calls
        Evaluations per method and seed.
    initial_points
        How many of the calls are the shared initial design, the default point included.
    start_from
        Own points of that design, which follow the default point in all searches and at all seeds:
        a table, "FILE.csv", with a column per dimension and a row per point, or a results folder,
        whose best winners are taken, as many as there is room for. A study that goes on keeps
        its own.
    retrain
        Retrainings of each run's winner to test it, and as many re-evaluations.
    margin
        Percentage points (or what the problem measures) within which methods count as equivalent;
        by default the problem's own, else 0.1 for percentages, and for other values none.
    trace
        Whether to re-evaluate every incumbent of a run like its winner, so that curves, and
        comparisons at equal time, tell what a user would have got after each call.
    epochs
        Passes through the training data; by default 3, more for small datasets.
    trainer
        "compiled" (the default) or "keras": what trains the network.
    resample_splits
        Whether each seed splits the images or rows anew, by class, into those that are fitted and
        those that validate (and those that test, where a dataset has no official ones): intervals
        then speak of the data, too.
    workers
        Processes to train in; by default one per core and thread. 1 trains in this process.
    threads
        On which each of them computes, for models of your own that fill more than one core; by
        default 1. Part of what a folder's study is, for last digits depend on it.
    scheduler
        The address of a Dask scheduler, such as "tcp://HOST:8786": its workers train, as many as
        there are at any time.
    data_dir
        Where MNIST and Fashion-MNIST are looked for first; by default the folder that the
        environment variable STUDY_DATA names.
    output
        The results folder; by default results/DATASET or results/PROBLEM in the current folder.
    timeout
        Seconds that an evaluation may take; one that takes longer is given up, its worker process
        replaced. By default there is no end.
    keep_going
        Whether to go on if the very first evaluation fails; by default the study stops there.
    retry_failed
        Whether to evaluate again what failed or took too long in an earlier session, and to repeat
        the proposals that followed from it.
    observe
        Called with a `Progress` whenever something starts or ends; by default a notebook shows a
        bar, and a script nothing.

    Raises
    ------
    StudyError
        If a setting is not in order, the folder holds a study with other settings, the first
        evaluation fails, or the cluster cannot be used or is lost; what was finished before is
        kept.
    """
    request = StudyRequest(
        dataset=dataset,
        target=target,
        problem=problem,
        methods=methods,
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
    results = run_plan(make_plan(request), choose_observer(observe))
    write_outputs(results)
    return results


def run_plan(
    planned: Plan,
    observe: Callable[[Progress], None],
    extras: Callable[[Settings], Sequence[ExtraEvaluation]] = no_extras,
) -> Results:
    """Do what is left of a study, and of the extra evaluations that its settings ask for.

    The results are not written yet. Interrupted, or with its cluster lost, it writes the tables of
    what is finished, and raises.
    """
    with prepare(planned, observe, extras) as prepared:
        whole, runner = prepared.plan, prepared.runner
        try:
            runner.run(executor_for(whole, whole.problem))
        except (KeyboardInterrupt, ClusterError):
            prepared.write_what_is_finished()
            raise
        if whole.scheduler is None:
            remember(whole.problem, runner.durations)
        return prepared.conclude()


def write_outputs(results: Results) -> list[Path]:
    """Write the tables, plots and report of a study into its folder; the paths written."""
    from study.replication.report import write_full_report  # seaborn takes a second to import

    return [*write_tables(results), *write_full_report(results)]
