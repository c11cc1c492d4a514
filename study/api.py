"""One study from settings to files: the library's side of `study compare`."""

import contextlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from study.core.environment import COMPUTING
from study.core.errors import ClusterError, StudyError
from study.core.formatting import listed
from study.core.settings import Settings
from study.execution.executor import open_engine
from study.execution.plan import Plan, plan
from study.execution.runner import Extra, Flow, Snapshot
from study.methods.selection import Chosen, choose, described
from study.results import LEDGER, Results, from_ledger, load, note, reading, telling, write
from study.storage.ledger import Ledger, locked

__all__ = ["compare", "load"]

PACKAGES = (*COMPUTING, "pandas", "seaborn", "matplotlib")


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
    problem
        In place of a dataset: the name of a problem (see `study problems`), FILE.py:NAME,
        package.module:NAME, or an object such as a `study.Problem`.
    methods
        Names (see `study methods`), with settings in brackets if they have any, such as
        "gp[kappa=2]"; or FILE.py:NAME, or package.module:NAME.
    seeds, calls, initial_points, retrain, margin
        See `study.core.settings.Settings`. Seeds that are not named: 5, or as many as the folder
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
    with opened(planned) as (whole, ledger):
        settings, problem = whole.settings, whole.problem
        seen, more = session(ledger, whole.methods, observe), extras(settings)
        flow = Flow(problem, settings, ledger, seen, extras=more, methods=whole.methods)
        if flow.unfinished:
            note(ledger, settings, problem, whole.data, whole.methods)
        try:
            flow.run(lambda: open_engine(problem, whole.workers, whole.scheduler))
        except (KeyboardInterrupt, ClusterError):
            write(from_ledger(planned.output, ledger, flow.errors))
            raise
        return from_ledger(planned.output, ledger, flow.errors)


def session(
    ledger: Ledger, methods: Mapping[str, Chosen], observe: Callable[[Snapshot], None]
) -> Callable[[Snapshot], None]:
    """`observe`, and have the ledger note a session: from the first worker on, with the most."""
    most = 0

    def seen(snapshot: Snapshot) -> None:
        nonlocal most
        if snapshot.workers and not most:
            began = datetime.now(UTC).isoformat(timespec="seconds")
            ledger.begin_session(began, about(snapshot.workers, methods))
        elif snapshot.workers > most:
            ledger.amend_session(workers=snapshot.workers)
        most = max(most, snapshot.workers)
        observe(snapshot)

    return seen


def publish(results: Results) -> list[Path]:
    """Write the tables, plots and report of a study into its folder; the paths written."""
    from study.report.page import write_report  # seaborn takes a second to import

    return [*write(results), *write_report(results)]


@contextlib.contextmanager
def opened(planned: Plan, *, dry: bool = False) -> Iterator[tuple[Plan, Ledger]]:
    """A plan with the seeds and methods that its folder already holds added, and the ledger.

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
            whole = _agreed(planned, ledger)
        yield whole, ledger


def _agreed(planned: Plan, ledger: Ledger) -> Plan:
    """The plan of a study that goes on; raises `StudyError` if it would be another one."""
    held, problem = ledger.read("settings"), ledger.read("problem")
    if held is None:
        return planned
    wanted = json.loads(json.dumps(asdict(planned.settings)))
    wanted_problem = json.loads(json.dumps(planned.problem.describe()))
    typed = {name: about["typed"] for name, about in (ledger.read("methods") or {}).items()}
    kept = {name: choose(text) for name, text in typed.items() if name not in planned.methods}
    planned = replace(planned, methods=planned.methods | kept)
    _same_code(planned, ledger)
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
    added = [name for name in planned.methods if name not in held["methods"]]
    settings = replace(planned.settings, seeds=seeds, methods=(*held["methods"], *added))
    return replace(planned, settings=settings)


def _same_code(planned: Plan, ledger: Ledger) -> None:
    """Raise `StudyError` if the code of a problem or method is not what the study began with."""
    held, now = ledger.read("problem"), planned.problem.describe()
    changed = []
    if "origin" in held and held["origin"] == now.get("origin"):
        own = ":" in planned.data["problem"]
        told = held["origin"] if own else f"the code of {held['name']}"
        changed += [told] if held["fingerprint"] != now["fingerprint"] else []
    methods, ours = ledger.read("methods") or {}, described(planned.methods)
    for name in methods.keys() & ours.keys():
        if methods[name]["fingerprint"] != ours[name]["fingerprint"]:
            changed.append(f"the code of {name}")
    if changed:
        raise StudyError(
            f"{listed(changed)} changed since {planned.output} was begun, so that old and new "
            "results do not belong together: change it back, or name another --output"
        )


def about(workers: int, methods: Mapping[str, Chosen]) -> dict[str, Any]:
    """Who writes a session: package versions, and the machine in general terms."""
    needed = [package for chosen in methods.values() for package in chosen.entry.needs]
    return {
        "workers": workers,
        "cores": os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in (*PACKAGES, *needed)},
    }
