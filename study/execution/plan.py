"""Everything that is decided before the first training."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from study.core.errors import StudyError
from study.core.objective import Objective
from study.core.records import generator
from study.core.settings import EPOCHS_AT_MOST, Settings, at_least_one, positive
from study.data.sources import load_dataset
from study.execution.executor import default_workers
from study.methods.registry import Start
from study.methods.selection import Chosen, choose_all, try_out
from study.problems.network import NetworkProblem
from study.problems.registry import find_problem
from study.problems.user import OwnProblem

WORKERS_PER_CORE = 4  # at most: more of them only take memory


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A study that may begin, or go on."""

    problem: NetworkProblem | OwnProblem
    settings: Settings
    methods: dict[str, Chosen]
    """By name, as in the settings."""
    seeds_named: bool
    """Whether the user named a number of seeds; if not, a study that goes on keeps its own."""
    workers: int
    """Local ones; of a cluster nobody knows how many, so forecasts reckon with one."""
    scheduler: str | None
    """Address of a Dask cluster to work on."""
    output: Path
    data: dict[str, str]
    """The dataset or problem as it was named, where it comes from, and what it stands in for if
    it does."""


def plan(
    *,
    dataset: str | os.PathLike[str] | None = None,
    problem: Any = None,
    methods: Sequence[str] = Settings.methods,
    seeds: int | None = None,
    default_seeds: int = Settings.seeds,
    calls: int = Settings.calls,
    initial_points: int = Settings.initial_points,
    retrain: int = Settings.retrain,
    margin: float | None = None,
    epochs: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str] | None = None,
    download_progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Check all settings and read the data. Nothing is written yet.

    Raises
    ------
    StudyError
        For the first setting that is not in order.
    """
    if isinstance(methods, str):
        raise StudyError(f"methods is {methods!r}: give a list of names, not one text")
    chosen = choose_all(methods)
    settings = Settings(
        methods=tuple(chosen),
        seeds=default_seeds if seeds is None else seeds,
        calls=calls,
        initial_points=initial_points,
        retrain=retrain,
        margin=Settings.margin if margin is None else margin,
    )
    count = _worker_count(workers, scheduler)
    tuned, data = _subject(dataset, problem, epochs, data_dir, download_progress)
    settings = replace(settings, margin=_margin(margin, tuned.objective))
    start = Start(
        space=tuned.space,
        baseline=tuned.baseline,
        initial_points=settings.initial_points,
        rng=generator(0, "try-out"),
    )
    try_out(chosen, start)
    return Plan(
        problem=tuned,
        settings=settings,
        methods=chosen,
        seeds_named=seeds is not None,
        workers=count,
        scheduler=scheduler,
        output=Path(output) if output else Path("results") / tuned.name,
        data=data,
    )


def _worker_count(workers: int | None, scheduler: str | None) -> int:
    if workers is not None and scheduler is not None:
        raise StudyError(
            f"--workers {workers} and --scheduler {scheduler} exclude each other: a cluster has as "
            "many workers as were started there"
        )
    default = 1 if scheduler else default_workers()
    most = WORKERS_PER_CORE * (os.cpu_count() or 1)
    return at_least_one("workers", default if workers is None else workers, most)


def _margin(named: float | None, objective: Objective) -> float:
    if named is None:
        return objective.margin
    return positive("margin", named, 100) if objective.percent else named


def _subject(
    dataset: str | os.PathLike[str] | None,
    problem: Any,
    epochs: int | None,
    data_dir: str | os.PathLike[str] | None,
    download_progress: Callable[[int, int], None] | None,
) -> tuple[NetworkProblem | OwnProblem, dict[str, str]]:
    """What is tuned: the network on a dataset, or another problem; and how it was named."""
    if problem is not None:
        for option, value in (("dataset", dataset), ("epochs", epochs), ("data-dir", data_dir)):
            if value is not None:
                raise StudyError(
                    f"--{option} {value} is about the network on images, --problem is another "
                    "problem: name one of them"
                )
        own, typed = find_problem(problem)
        return own, {"problem": typed, "source": own.origin}
    if epochs is not None:
        epochs = at_least_one("epochs", epochs, EPOCHS_AT_MOST)
    named = None if dataset is None else os.fspath(dataset)
    images = load_dataset(named, Path(data_dir) if data_dir else None, download_progress)
    data = {"dataset": named or images.name, "source": images.source}
    data |= {"instead_of": images.instead_of}
    return NetworkProblem(images, epochs or images.default_epochs), data
