"""One study from settings to files: the library's side of `study compare`."""

import contextlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from study.datasets import load_dataset
from study.engine import default_workers, open_engine
from study.errors import ClusterError, StudyError
from study.ledger import Ledger, locked
from study.methods import lookup
from study.packages import COMPUTING
from study.problems import NetworkProblem
from study.results import LEDGER, Results, from_ledger, load, reading, telling, write
from study.runner import Extra, Flow, Snapshot
from study.settings import EPOCHS_AT_MOST, Settings, at_least_one

__all__ = ["compare", "load"]

PACKAGES = (*COMPUTING, "pandas", "seaborn", "matplotlib")
WORKERS_PER_CORE = 4  # at most: more of them only take memory


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that is decided before the first training."""

    problem: NetworkProblem
    settings: Settings
    seeds_named: bool
    """Whether the user named a number of seeds; if not, a study that goes on keeps its own."""
    workers: int
    """Local ones; of a cluster nobody knows how many, so forecasts reckon with one."""
    scheduler: str | None
    """Address of a Dask cluster to work on."""
    output: Path
    data: dict[str, str]
    """The dataset as it was named, where it was read, and what it stands in for if it does."""


def plan(
    *,
    dataset: str | os.PathLike[str] | None = None,
    methods: Sequence[str] = Settings.methods,
    seeds: int | None = None,
    default_seeds: int = Settings.seeds,
    calls: int = Settings.calls,
    initial_points: int = Settings.initial_points,
    retrain: int = Settings.retrain,
    margin: float = Settings.margin,
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
    settings = Settings(
        methods=tuple(methods),
        seeds=default_seeds if seeds is None else seeds,
        calls=calls,
        initial_points=initial_points,
        retrain=retrain,
        margin=margin,
    )
    for name in settings.methods:
        lookup(name)
    if epochs is not None:
        epochs = at_least_one("epochs", epochs, EPOCHS_AT_MOST)
    if workers is not None and scheduler is not None:
        raise StudyError(
            f"--workers {workers} and --scheduler {scheduler} exclude each other: a cluster has as "
            "many workers as were started there"
        )
    default = 1 if scheduler else default_workers()
    most = WORKERS_PER_CORE * (os.cpu_count() or 1)
    count = at_least_one("workers", default if workers is None else workers, most)
    named = None if dataset is None else os.fspath(dataset)
    images = load_dataset(named, Path(data_dir) if data_dir else None, download_progress)
    return Plan(
        problem=NetworkProblem(images, epochs or images.default_epochs),
        settings=settings,
        seeds_named=seeds is not None,
        workers=count,
        scheduler=scheduler,
        output=Path(output) if output else Path("results") / images.name,
        data={
            "dataset": named or images.name,
            "source": images.source,
            "instead_of": images.instead_of,
        },
    )


def compare(
    *,
    observe: Callable[[Snapshot], None] = lambda _: None,
    **settings: Any,
) -> Results:
    """Compare search methods, and write the results folder.

    Whatever the folder already holds is kept and not trained again, so a call that was
    interrupted goes on, and seeds and methods can be added.

    Parameters
    ----------
    observe
        Called with a `Snapshot` whenever something starts or ends.
    **settings
        What follows, each by name.
    dataset
        "digits", "mnist", "fashion-mnist" or a folder; MNIST if it can be had, else digits.
    methods
        Names from `study.methods.METHODS`.
    seeds, calls, initial_points, retrain, margin
        See `study.settings.Settings`. Seeds that are not named: 5, or as many as the folder
        holds.
    epochs
        Passes through the training images; by default 3, more for small datasets.
    workers
        Processes to train in; by default one per core. 1 trains in this process.
    scheduler
        The address of a Dask scheduler, such as "tcp://HOST:8786": its workers train, as many as
        there are at any time.
    data_dir
        Where MNIST and Fashion-MNIST are looked for first.
    output
        The results folder; by default results/DATASET in the current folder.

    Raises
    ------
    StudyError
        If a setting is not in order, the folder holds a study with other settings, or the
        cluster cannot be used or is lost; what was finished before is kept.
    """
    return carry_out(plan(**settings), observe)


def carry_out(planned: Plan, observe: Callable[[Snapshot], None]) -> Results:
    """Do what is left of a study, and write its tables, plots and report."""
    results = train(planned, observe)
    publish(results)
    return results


def train(
    planned: Plan,
    observe: Callable[[Snapshot], None],
    extras: Callable[[Settings], Sequence[Extra]] = lambda _: (),
) -> Results:
    """Do what is left of a study, and of the extra evaluations that its settings ask for.

    The results are not written yet.

    Interrupted, or with its cluster lost, it writes the tables of what is finished, and raises.
    """
    with opened(planned) as (settings, ledger):
        seen = session(ledger, observe)
        flow = Flow(planned.problem, settings, ledger, seen, extras(settings))
        if flow.unfinished:
            ledger.write(
                settings=asdict(settings),
                problem=planned.problem.describe(),
                data=planned.data,
            )
        try:
            flow.run(lambda: open_engine(planned.problem, planned.workers, planned.scheduler))
        except (KeyboardInterrupt, ClusterError):
            write(from_ledger(planned.output, ledger, flow.errors))
            raise
        return from_ledger(planned.output, ledger, flow.errors)


def session(ledger: Ledger, observe: Callable[[Snapshot], None]) -> Callable[[Snapshot], None]:
    """`observe`, and have the ledger note a session: from the first worker on, with the most."""
    most = 0

    def seen(snapshot: Snapshot) -> None:
        nonlocal most
        if snapshot.workers and not most:
            began = datetime.now(UTC).isoformat(timespec="seconds")
            ledger.begin_session(began, about(snapshot.workers))
        elif snapshot.workers > most:
            ledger.amend_session(workers=snapshot.workers)
        most = max(most, snapshot.workers)
        observe(snapshot)

    return seen


def publish(results: Results) -> list[Path]:
    """Write the tables, plots and report of a study into its folder; the paths written."""
    from study.report import write_report  # seaborn takes a second to import

    return [*write(results), *write_report(results)]


@contextlib.contextmanager
def opened(planned: Plan, *, dry: bool = False) -> Iterator[tuple[Settings, Ledger]]:
    """The ledger of a plan, and its settings with the seeds and methods already held added.

    A dry look at a folder without a ledger gives an empty one in memory, and writes nothing.
    Otherwise nobody else can open the folder's ledger like this until the context ends.

    Raises
    ------
    StudyError
        If the folder holds another study, is in use by one, or cannot be read or written.
    """
    folder = planned.output
    with contextlib.ExitStack() as stack:
        with telling(folder):
            if folder.exists() and not folder.is_dir():
                raise StudyError(f"--output {folder} is a file: name a folder")
            held = (folder / LEDGER).exists()
            if not held and (folder / "trials.csv").exists():
                raise StudyError(
                    f"{folder} holds results without their {LEDGER}, which a study goes on from: "
                    "restore it, or name another --output"
                )
            if not dry:
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(folder))
        ledger = stack.enter_context(Ledger(None if dry and not held else folder / LEDGER))
        with reading(folder):
            settings = _agreed(planned, ledger)
        yield settings, ledger


def _agreed(planned: Plan, ledger: Ledger) -> Settings:
    """The settings of a study that goes on; raises `StudyError` if it would be another one."""
    held, problem = ledger.read("settings"), ledger.read("problem")
    if held is None:
        return planned.settings
    wanted = json.loads(json.dumps(asdict(planned.settings)))
    wanted_problem = json.loads(json.dumps(planned.problem.describe()))
    compared = {key for key in wanted if key not in ("seeds", "methods")}
    differing = [
        f"{key.replace('_', '-')} {old.get(key)!r}, now {new.get(key)!r}"
        for old, new, keys in ((held, wanted, compared), (problem, wanted_problem, set(problem)))
        for key in sorted(keys)
        if old.get(key) != new.get(key)
    ]
    seeds = planned.settings.seeds if planned.seeds_named else held["seeds"]
    if held["seeds"] > seeds:
        differing.append(f"seeds {held['seeds']}, now {seeds}, which is fewer")
    if differing:
        raise StudyError(
            f"{planned.output} holds a study with other settings ({'; '.join(differing)}): "
            "take those, or name another --output"
        )
    added = [name for name in planned.settings.methods if name not in held["methods"]]
    methods = (*held["methods"], *added)
    return replace(planned.settings, seeds=seeds, methods=methods)


def about(workers: int) -> dict[str, Any]:
    """Who writes a session: package versions, and the machine in general terms."""
    return {
        "workers": workers,
        "cores": os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }
