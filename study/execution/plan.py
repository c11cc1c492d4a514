"""Everything that is decided before the first training."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from study.core.environment import available_cores
from study.core.errors import StudyError
from study.core.objective import Objective
from study.core.records import make_rng
from study.core.settings import MAX_EPOCHS, MAX_THREADS, TRAINERS, Settings, parse_seeds
from study.core.study_info import DataInfo
from study.core.validation import (
    require_count,
    require_flag,
    require_positive,
    to_path,
    unknown_name_error,
)
from study.data.sources import load_dataset
from study.execution.start import read_start
from study.methods.base import SearchContext
from study.methods.selection import MethodSelection, check_constructible, parse_methods
from study.problems.network import NetworkProblem
from study.problems.registry import get
from study.problems.user import UserProblem
from study.training.tensorflow import configure_process

PER_CORE = 4  # workers, or threads of one, at most: more of them only take memory

PathLike = str | os.PathLike[str]
OnDownload = Callable[[int, int], None]
"""Called with the bytes so far and in all."""


@dataclass(frozen=True, kw_only=True)
class StudyRequest:
    """What a user asks for; see `study.compare` for what each means.

    Raises `StudyError` if what names a file or folder is no path; all else is unchecked.
    """

    dataset: PathLike | None = None
    target: str | None = None
    problem: Any = None
    methods: Sequence[str] = Settings.methods
    seeds: int | str | range | None = None
    calls: int = Settings.calls
    initial_points: int = Settings.initial_points
    start_from: PathLike | None = None
    retrain: int = Settings.retrain
    margin: float | None = None
    trace: bool = False
    epochs: int | None = None
    trainer: str | None = None
    resample_splits: bool = False
    workers: int | None = None
    threads: int = Settings.threads
    scheduler: str | None = None
    data_dir: PathLike | None = None
    output: PathLike | None = None
    timeout: float | None = None
    keep_going: bool = False
    retry_failed: bool = False

    def __post_init__(self) -> None:
        for option in ("dataset", "start_from", "data_dir", "output"):
            if (named := getattr(self, option)) is not None:
                to_path(f"--{option.replace('_', '-')}", named)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A study that may begin, or go on."""

    problem: NetworkProblem | UserProblem
    settings: Settings
    methods: dict[str, MethodSelection]
    """By name, as in the settings."""
    seeds_named: bool
    """Whether the user named a number of seeds; if not, a study that goes on keeps its own."""
    workers: int
    """Local ones; of a cluster nobody knows how many, so forecasts reckon with one."""
    scheduler: str | None
    """Address of a Dask cluster to work on."""
    output: Path
    data: DataInfo
    """How the dataset or problem was named."""
    timeout: float | None
    """Seconds that an evaluation may take."""
    keep_going: bool
    """Whether to go on if the very first evaluation fails."""
    retry_failed: bool
    """Whether to evaluate again what failed."""


def make_plan(
    request: StudyRequest,
    *,
    default_seeds: int = Settings.seeds,
    on_download: OnDownload | None = None,
) -> Plan:
    """Check all settings and read the data. Nothing is written yet.

    Raises
    ------
    StudyError
        For the first setting that is not in order.
    """
    threads = thread_count(request.threads, request.scheduler)
    configure_process(threads)  # before a user's file imports Keras, on as many as there are cores
    if isinstance(request.methods, str):
        raise StudyError(f"--methods is {request.methods!r}: give a list of names, not one text")
    methods = parse_methods(request.methods)
    first_seed, seeds = parse_seeds(default_seeds if request.seeds is None else request.seeds)
    for option in ("resample_splits", "keep_going", "retry_failed"):
        require_flag(option.replace("_", "-"), getattr(request, option))
    settings = Settings(
        methods=tuple(methods),
        seeds=seeds,
        first_seed=first_seed,
        calls=request.calls,
        initial_points=request.initial_points,
        retrain=request.retrain,
        margin=request.margin,
        trace=request.trace,
        threads=threads,
    )
    workers = worker_count(request.workers, request.scheduler, threads)
    timeout = None if request.timeout is None else require_positive("timeout", request.timeout)
    problem, data = find_problem(request, on_download)
    settings = replace(
        settings,
        margin=choose_margin(request.margin, problem.objective),
        start=read_start(request.start_from, problem, settings.initial_points),
    )
    context = SearchContext(
        space=problem.space,
        baseline=problem.baseline,
        initial_points=settings.initial_points,
        rng=make_rng(0, "try-out"),
    )
    check_constructible(methods, context)
    return Plan(
        problem=problem,
        settings=settings,
        methods=methods,
        seeds_named=request.seeds is not None,
        workers=workers,
        scheduler=request.scheduler,
        output=to_path("--output", request.output or Path("results") / problem.folder),
        data=data,
        timeout=timeout,
        keep_going=request.keep_going,
        retry_failed=request.retry_failed,
    )


def thread_count(threads: int, scheduler: str | None) -> int:
    """On how many threads an evaluation may compute; how many cores a cluster has nobody knows."""
    most = PER_CORE * (os.cpu_count() or 1)
    return require_count("threads", threads, MAX_THREADS if scheduler else most)


def worker_count(workers: int | None, scheduler: str | None, threads: int) -> int:
    """How many local workers there are to be: as named, or as many as keep every core busy."""
    if workers is not None and scheduler is not None:
        raise StudyError(
            f"--workers {workers} and --scheduler {scheduler} exclude each other: a cluster has as "
            "many workers as were started there"
        )
    default = 1 if scheduler else max(1, available_cores() // threads)
    most = PER_CORE * (os.cpu_count() or 1)
    return require_count("workers", default if workers is None else workers, most)


def choose_margin(margin: float | None, objective: Objective) -> float | None:
    """The margin as named, or the problem's own; values that are no percentages may have none."""
    if margin is None:
        return objective.equivalence_margin
    return require_positive("margin", margin, 100) if objective.percent else margin


def find_problem(
    request: StudyRequest, on_download: OnDownload | None
) -> tuple[NetworkProblem | UserProblem, DataInfo]:
    """What is tuned: the network on a dataset, or another problem; and how it was named."""
    if request.problem is not None:
        for option in ("dataset", "target", "epochs", "trainer", "data_dir", "resample_splits"):
            value = getattr(request, option)
            if value is not None and value is not False:
                named = f"--{option.replace('_', '-')}" + ("" if value is True else f" {value}")
                raise StudyError(
                    f"{named} is for the built-in network only: drop it, or drop --problem"
                )
        problem, named = get(request.problem)
        return problem, DataInfo(problem=named, source=problem.origin)
    epochs, trainer = request.epochs, request.trainer or TRAINERS[0]
    if epochs is not None:
        epochs = require_count("epochs", epochs, MAX_EPOCHS)
    if trainer not in TRAINERS:
        raise unknown_name_error("trainer", trainer, list(TRAINERS))
    dataset = None if request.dataset is None else os.fspath(request.dataset)
    folder = to_path("--data-dir", request.data_dir) if request.data_dir else None
    loaded = load_dataset(dataset, folder, on_download, target=request.target)
    data = DataInfo(
        dataset=dataset or loaded.name,
        target=request.target or "",
        source=loaded.source,
        instead_of=loaded.instead_of,
    )
    epochs = epochs or loaded.default_epochs
    return NetworkProblem(loaded, epochs, trainer, request.resample_splits), data
