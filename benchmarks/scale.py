"""How large a study can be: the driver, its ledger and its tables, without training anything.

    python benchmarks/scale.py --seeds 1000 --workers 1 4 16 64 256

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
from study.core.study_info import DataInfo, ProblemInfo, ProblemWords, Session
from study.execution.job_queue import Block
from study.execution.pursuit import Pursuit
from study.execution.resume import save_metadata
from study.execution.runner import StudyRunner
from study.methods.propose import Proposal
from study.methods.selection import parse_methods
from study.report.study_page import write_report
from study.results import load, write_tables
from study.storage.database import write_ledger
from study.storage.files import LEDGER
from study.storage.ledger import Ledger
from study.storage.rows import TABLES
from study.training import network

METHODS = ("baseline", "random", "gp", "gbrt")
PROPOSE_SECONDS = 0.1
# Every fifth percentile of the 190 trainings of the calls of `study compare --dataset mnist
# --seeds 5` on 4 cores, seconds.
TRAINING_SECONDS = (
    *(0.148, 0.172, 0.177, 0.181, 0.187, 0.195, 0.207, 0.408, 0.556, 0.736, 0.906, 0.972, 1.38),
    *(1.72, 1.87, 1.99, 2.15, 2.48, 3.15, 5.3, 22.5),
)


class SimulatedProblem:
    """A problem of the network's space whose outcomes are made up."""

    space, default, baseline = network.SPACE, network.DEFAULT, network.BASELINE
    objective = ACCURACY

    def warm_up(self) -> None:
        """Nothing to prepare."""

    def evaluate(self, task: Task) -> Evaluation:
        """A good accuracy, now and then a bad one, in as long as a recorded training."""
        rng = np.random.default_rng(task.training_seed)
        accuracy = 0.98 - float(rng.exponential(0.02))
        return Evaluation(
            status=Status.OK,
            score=max(accuracy, 0.1),
            size=network.parameter_count(task.configuration, 784, 10),
            initial_loss=float(rng.normal(2.33, 0.02)),
            losses=(0.5, 0.3, 0.2),
            accuracies=(0.9, 0.95, accuracy),
            seconds=TRAINING_SECONDS[int(rng.integers(len(TRAINING_SECONDS)))],
        )

    def expected_seconds(self, task: Task) -> float:  # noqa: ARG002 (as `Evaluator` has it)
        """As long as the mean."""
        return sum(TRAINING_SECONDS) / len(TRAINING_SECONDS)

    def describe(self) -> ProblemInfo:
        """As the network problem does."""
        return ProblemInfo(
            name="imagined",
            fingerprint="0",
            facts={
                "training_images": 60_000,
                "validation_images": 9_000,
                "test_images": 10_000,
                "inputs": 784,
                "epochs": 3,
            },
            classes=10,
            words=ProblemWords(
                subject="dataset",
                description="outcomes are made up",
                detail="3 epochs",
                work="train",
                judged="retrained on all training images and scored on the test images",
            ),
            objective=self.objective,
            space=self.space.dimensions,
            default=self.default,
            baseline=self.baseline,
        )


class SimulatedExecutor:
    """An executor whose jobs end on a clock of its own, which the driver's real seconds move on."""

    def __init__(self, n_workers: int) -> None:
        self.n_workers, self.problem = n_workers, SimulatedProblem()
        self.now = self.driver = self.busy = 0.0
        self._running: list[tuple[float, int, Any, Any]] = []
        self._numbers = itertools.count()
        self._left = time.perf_counter()

    def submit(self, job_id: Any, _job: Any, *arguments: Any, timeout: float | None = None) -> None:  # noqa: ARG002 (`Executor` has it)
        """Begin a job; a proposal is drawn at random, whatever the method."""
        self._enter()
        outcome: Any
        if isinstance(job_id, Block):
            outcome = [self.problem.evaluate(task) for task in job_id.tasks]
            seconds = sum(evaluation.seconds for evaluation in outcome)
        else:
            _, _, context, _, history, *_ = arguments
            rng = np.random.default_rng([len(history), int(context.rng.integers(2**31))])
            configuration = self.problem.space.sample(rng)
            proposal = Proposal(
                configuration=configuration, duplicate=False, seconds=PROPOSE_SECONDS, state=b""
            )
            outcome = Pursuit(steps=[(proposal, None)], state=b"")
            seconds = PROPOSE_SECONDS
        self.busy += seconds
        job_end = (self.now + seconds, next(self._numbers), job_id, outcome)
        heapq.heappush(self._running, job_end)
        self._left = time.perf_counter()

    def wait(self) -> list[tuple[Any, Any]]:
        """All jobs that have ended, or else the next one to end."""
        self._enter()
        finished = [heapq.heappop(self._running)]
        self.now = max(self.now, finished[0][0])
        while self._running and self._running[0][0] <= self.now:
            finished.append(heapq.heappop(self._running))
        self._left = time.perf_counter()
        return [(job_id, outcome) for _, _, job_id, outcome in finished]

    def _enter(self) -> None:
        seconds = time.perf_counter() - self._left
        self.driver += seconds
        self.now += seconds


def make_settings(seeds: int) -> Settings:
    """The default study with so many seeds."""
    return Settings(seeds=seeds, methods=METHODS)


def run(ledger: Ledger, seeds: int, n_workers: int) -> dict[str, float]:
    """Run a study on simulated workers; what the driver did."""
    executor, settings = SimulatedExecutor(n_workers), make_settings(seeds)
    data = DataInfo(dataset="imagined", source="nowhere")
    save_metadata(ledger, settings, executor.problem, data, parse_methods(METHODS))
    ledger.begin_session(Session(began="2026-01-01T00:00:00+00:00", workers=n_workers))
    StudyRunner(executor.problem, settings, ledger).run(lambda: nullcontext(executor))
    done = len(ledger.rows("evaluations"))
    return {
        "workers": n_workers,
        "evaluations": done,
        "driver (ms each)": 1000 * executor.driver / done,
        "at most (per s)": done / executor.driver,
        "took (h)": executor.now / 3600,
        "efficiency (%)": 100 * executor.busy / executor.now / n_workers,
        "memory (MiB)": memory(),
    }


def memory() -> float:
    """The most that this process has had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def time_step(name: str, what: Callable[[], Any], table: Table) -> Any:
    """Do something, and tell how long it took."""
    began = time.perf_counter()
    result = what()
    table.add_row(name, f"{time.perf_counter() - began:.1f}", f"{memory():,.0f}")
    return result


def is_unfinished(folder: Path, seeds: int) -> bool:
    """Whether a finished study has anything left to do."""
    with Ledger(folder / LEDGER, create=False) as ledger:
        return StudyRunner(SimulatedProblem(), make_settings(seeds), ledger).unfinished


def run_large(folder: Path, rows: int, console: Console) -> None:
    """Write a study of so many rows, then do with it what a user does."""
    seeds = max(1, rows // 134)  # 48 calls, 24 retrainings and about 62 evaluations each
    console.print(f"making up a study of {seeds:,} seeds ...")
    with Ledger(None) as ledger:
        run(ledger, seeds, n_workers=256)
        tables = {table: ledger.rows(table) for table in TABLES}
        console.print(f"{sum(map(len, tables.values())):,} rows")
        write_ledger(folder / LEDGER, tables)
        del tables
    console.print(f"(which took {memory():,.0f} MiB)")
    table = Table("step", box=None)
    for heading in ("seconds", "memory so far, MiB"):
        table.add_column(heading, justify="right")
    if time_step("resume", lambda: is_unfinished(folder, seeds), table):
        raise RuntimeError("a finished study has something left to do")
    results = time_step("open", lambda: load(folder), table)
    time_step("summarise", lambda: results.summary, table)
    time_step("compare", lambda: results.comparisons, table)
    time_step("check", lambda: results.checks, table)
    time_step("write tables", lambda: write_tables(results), table)
    time_step("plots and report", lambda: write_report(results), table)
    console.print(table)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4, 16, 64, 256])
    parser.add_argument("--plot", default="results/scale.png")
    parser.add_argument("--rows", type=int, help="write and read a ledger of so many rows instead")
    options, console = parser.parse_args(), Console()
    with tempfile.TemporaryDirectory() as name:
        if options.rows:
            run_large(Path(name), options.rows, console)
            return
        rows = []
        for n_workers in options.workers:
            folder = Path(name, str(n_workers))
            folder.mkdir()
            with Ledger(folder / LEDGER) as ledger:
                rows.append(run(ledger, options.seeds, n_workers))
    frame = pd.DataFrame(rows)
    console.print(frame.round(2).to_string(index=False), soft_wrap=True)
    draw(frame).savefig(options.plot)
    console.print(options.plot)


def draw(frame: pd.DataFrame) -> Figure:
    """How busy the workers are, and what an evaluation costs the driver, by number of workers."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, column in zip(
        figure.subplots(1, 2), ("efficiency (%)", "driver (ms each)"), strict=True
    ):
        sns.lineplot(frame, x="workers", y=column, marker="o", ax=axes)
        axes.set_xscale("log", base=2)
        axes.set_xticks(frame["workers"], frame["workers"])
        axes.set(xlabel="workers", ylim=(0, 1.1 * frame[column].max()))
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    main()
