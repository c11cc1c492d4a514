"""How large a study can be: the driver, its ledger and its tables, without training anything.

    python benchmarks/scale.py --seeds 1000 --slots 1 4 16 64 256

runs whole studies on made-up workers. A training takes as long as one that was recorded on MNIST,
on a clock that does not wait; what the driver itself spends, writing its ledger included, goes on
top. Dask's own share, some milliseconds from one training of a worker to its next, is not in it.

    python benchmarks/scale.py --rows 1000000

writes a study of so many ledger rows, and opens, resumes, summarises and reports it.
"""

import argparse
import heapq
import itertools
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from study.core.objective import ACCURACY
from study.core.records import Evaluation, Status, Task
from study.core.settings import Settings
from study.execution.runner import Flow
from study.methods.propose import Proposal
from study.methods.selection import choose_all
from study.report.page import write_report
from study.results import LEDGER, load, note, write
from study.storage.ledger import TABLES, Ledger, write_ledger
from study.training import network

METHODS = ("baseline", "random", "gp", "gbrt")
PROPOSING = 0.1  # seconds
# Every fifth percentile of the 190 trainings of the calls of `study compare --dataset mnist
# --seeds 5` on 4 cores, seconds.
RECORDED = (
    *(0.148, 0.172, 0.177, 0.181, 0.187, 0.195, 0.207, 0.408, 0.556, 0.736, 0.906, 0.972, 1.38),
    *(1.72, 1.87, 1.99, 2.15, 2.48, 3.15, 5.3, 22.5),
)


class Imagined:
    """A problem of the network's space whose outcomes are made up."""

    space, default, baseline = network.SPACE, network.DEFAULT, network.BASELINE
    objective = ACCURACY

    def evaluate(self, task: Task) -> Evaluation:
        """A good accuracy, now and then a bad one, in as long as a recorded training."""
        rng = np.random.default_rng(task.training_seed)
        accuracy = 0.98 - float(rng.exponential(0.02))
        return Evaluation(
            status=Status.OK,
            score=max(accuracy, 0.1),
            cost=network.parameter_count(task.configuration, 784, 10),
            initial_loss=float(rng.normal(2.33, 0.02)),
            losses=(0.5, 0.3, 0.2),
            accuracies=(0.9, 0.95, accuracy),
            seconds=RECORDED[int(rng.integers(len(RECORDED)))],
        )

    def expected_seconds(self, task: Task) -> float:  # noqa: ARG002 (as `Evaluator` has it)
        """As long as the mean."""
        return sum(RECORDED) / len(RECORDED)

    def describe(self) -> dict[str, Any]:
        """As the network problem does."""
        return {
            "name": "imagined",
            "dataset": "imagined",
            "objective": asdict(ACCURACY),
            "fingerprint": "0",
            "training_images": 60_000,
            "validation_images": 9_000,
            "test_images": 10_000,
            "inputs": 784,
            "classes": 10,
            "epochs": 3,
            "space": self.space.describe(),
            "default": self.default,
            "baseline": self.baseline,
        }


class Clockwork:
    """An engine whose jobs end on a clock of its own, which the driver's real seconds move on."""

    def __init__(self, slots: int) -> None:
        self.slots, self.problem = slots, Imagined()
        self.now = self.driver = self.busy = 0.0
        self._running: list[tuple[float, int, Any, Any]] = []
        self._numbers = itertools.count()
        self._left = time.perf_counter()

    def submit(self, ticket: Any, job: Any, *arguments: Any) -> None:  # noqa: ARG002 (`Engine`)
        """Begin a job; a proposal is drawn at random, whatever the method."""
        self._enter()
        outcome: Any
        if isinstance(ticket, Task):
            outcome = self.problem.evaluate(ticket)
            seconds = outcome.seconds
        else:
            _, start, history, _ = arguments
            rng = np.random.default_rng([len(history), int(start.rng.integers(2**31))])
            configuration = self.problem.space.sample(rng)
            outcome = Proposal(
                configuration=configuration, duplicate=False, seconds=PROPOSING, state=b""
            )
            seconds = PROPOSING
        self.busy += seconds
        job_end = (self.now + seconds, next(self._numbers), ticket, outcome)
        heapq.heappush(self._running, job_end)
        self._left = time.perf_counter()

    def wait(self) -> list[tuple[Any, Any]]:
        """All jobs that have ended, or else the next one to end."""
        self._enter()
        ended = [heapq.heappop(self._running)]
        self.now = max(self.now, ended[0][0])
        while self._running and self._running[0][0] <= self.now:
            ended.append(heapq.heappop(self._running))
        self._left = time.perf_counter()
        return [(ticket, outcome) for _, _, ticket, outcome in ended]

    def _enter(self) -> None:
        seconds = time.perf_counter() - self._left
        self.driver += seconds
        self.now += seconds


def settings(seeds: int) -> Settings:
    """The default study with so many seeds."""
    return Settings(seeds=seeds, methods=METHODS)


def run(ledger: Ledger, seeds: int, slots: int) -> dict[str, float]:
    """Run a study on imagined workers; what the driver did."""
    engine, chosen = Clockwork(slots), settings(seeds)
    data = {"dataset": "imagined", "source": "nowhere", "instead_of": ""}
    note(ledger, chosen, engine.problem, data, choose_all(METHODS))
    ledger.begin_session("2026-01-01T00:00:00+00:00", {"workers": slots, "versions": {}})
    Flow(engine.problem, chosen, ledger).run(lambda: nullcontext(engine))
    done = len(ledger.rows("evaluations"))
    return {
        "slots": slots,
        "evaluations": done,
        "driver (ms each)": 1000 * engine.driver / done,
        "at most (per s)": done / engine.driver,
        "took (h)": engine.now / 3600,
        "efficiency (%)": 100 * engine.busy / engine.now / slots,
        "memory (MiB)": memory(),
    }


def memory() -> float:
    """The most that this process has had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(name: str, what: Callable[[], Any], table: Table) -> Any:
    """Do something, and tell how long it took."""
    began = time.perf_counter()
    result = what()
    table.add_row(name, f"{time.perf_counter() - began:.1f}", f"{memory():,.0f}")
    return result


def resumed(folder: Path, seeds: int) -> bool:
    """Whether a finished study has anything left to do."""
    with Ledger(folder / LEDGER, create=False) as ledger:
        return Flow(Imagined(), settings(seeds), ledger).unfinished


def large(folder: Path, rows: int, console: Console) -> None:
    """Write a study of so many rows, then do with it what a user does."""
    seeds = max(1, rows // 134)  # 48 calls, 24 retrainings and about 62 evaluations each
    console.print(f"making up a study of {seeds:,} seeds ...")
    with Ledger(None) as ledger:
        run(ledger, seeds, slots=256)
        tables = {table: ledger.rows(table) for table in TABLES}
        console.print(f"{sum(map(len, tables.values())):,} rows")
        write_ledger(folder / LEDGER, tables)
        del tables
    console.print(f"(which took {memory():,.0f} MiB)")
    table = Table("step", box=None)
    for heading in ("seconds", "memory so far, MiB"):
        table.add_column(heading, justify="right")
    if timed("resume", lambda: resumed(folder, seeds), table):
        raise RuntimeError("a finished study has something left to do")
    results = timed("open", lambda: load(folder), table)
    timed("summarise", lambda: results.summary, table)
    timed("compare", lambda: results.comparisons, table)
    timed("check", lambda: results.checks, table)
    timed("write tables", lambda: write(results), table)
    timed("plots and report", lambda: write_report(results), table)
    console.print(table)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 4, 16, 64, 256])
    parser.add_argument("--plot", default="results/scale.png")
    parser.add_argument("--rows", type=int, help="write and read a ledger of so many rows instead")
    chosen, console = parser.parse_args(), Console()
    with tempfile.TemporaryDirectory() as name:
        if chosen.rows:
            large(Path(name), chosen.rows, console)
            return
        rows = []
        for slots in chosen.slots:
            folder = Path(name, str(slots))
            folder.mkdir()
            with Ledger(folder / LEDGER) as ledger:
                rows.append(run(ledger, chosen.seeds, slots))
    frame = pd.DataFrame(rows)
    console.print(frame.round(2).to_string(index=False))
    draw(frame).savefig(chosen.plot)
    console.print(chosen.plot)


def draw(frame: pd.DataFrame) -> Figure:
    """How busy the workers are, and what an evaluation costs the driver, by number of workers."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, column in zip(
        figure.subplots(1, 2), ("efficiency (%)", "driver (ms each)"), strict=True
    ):
        sns.lineplot(frame, x="slots", y=column, marker="o", ax=axes)
        axes.set_xscale("log", base=2)
        axes.set_xticks(frame["slots"], frame["slots"])
        axes.set(xlabel="workers", ylim=(0, 1.1 * frame[column].max()))
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    main()
