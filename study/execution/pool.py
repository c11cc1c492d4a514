"""Several studies on the same workers, one progress over all of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from study.core.errors import StudyError
from study.execution.executor import Executor, Workers
from study.execution.progress import RECENT, FinishedCall, Progress
from study.execution.runner import StudyRunner, pace
from study.problems.base import ProblemGroup

ENDED = object()


def run_with_one(name: str, job: Callable[..., Any], group: ProblemGroup, *arguments: Any) -> Any:
    """Run a job on one of a worker's problems."""
    return job(group.problems[name], *arguments)


class Share:
    """What one of several studies sees of their workers: those that the others leave free."""

    def __init__(self, executor: Executor, name: str, running: Counter[str]) -> None:
        self._executor, self._name, self._running = executor, name, running
        self.problem = executor.problem

    @property
    def n_workers(self) -> int:
        """None or fewer, if the others have more jobs out than there are workers."""
        return self._executor.n_workers - self._running.total() + self._running[self._name]

    def submit(
        self, job_id: Any, job: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> None:
        self._running[self._name] += 1
        work = run_with_one, self._name, job
        self._executor.submit((self._name, job_id), *work, *arguments, timeout=timeout)


class StudyPool:
    """Studies by name on their way, all on the same workers, the longest first.

    Each has its first configuration evaluated before any goes on: what cannot be evaluated at all
    is told early, and the others do without it.
    """

    def __init__(
        self,
        runners: Mapping[str, StudyRunner],
        observe: Callable[[Progress], None],
        on_finished: Callable[[str], None],
    ) -> None:
        self._runners, self._observe, self._on_finished = runners, observe, on_finished
        self._running = Counter[str]()
        self._works: dict[str, Iterator[None]] = {}
        self._begun: set[str] = set()
        self._order: list[str] = []
        self.failed: dict[str, StudyError] = {}
        """Why a study could not go on, by name."""

    def run(self, open_executor: Callable[[], AbstractContextManager[Executor]]) -> None:
        """Do everything that is left of all studies; the executor holds a `ProblemGroup`.

        No executor is opened if nothing is left. What is finished is in the ledgers, however this
        ends.
        """
        unfinished = {name: runner for name, runner in self._runners.items() if runner.unfinished}
        for name in self._runners.keys() - unfinished.keys():
            self._on_finished(name)
        if not unfinished:
            return
        self._tell(0, 1.0)
        began = time.monotonic()
        try:
            with open_executor() as executor:
                opened = time.monotonic()
                self._works = {
                    name: runner.work(Share(executor, name, self._running))
                    for name, runner in unfinished.items()
                }
                while self._works:
                    self._hand_out(executor)
                    self._tell(executor.n_workers, time.monotonic() - opened)
                    self._take_results(executor)
                self._note_durations(opened - began, time.monotonic() - opened, executor.n_workers)
        finally:
            self._flush(unfinished)
        self._tell(0, 1.0)

    def _flush(self, runners: Mapping[str, StudyRunner]) -> None:
        """Have what is finished of each study in its ledger; one that cannot be written failed."""
        for name, runner in runners.items():
            try:
                runner.flush()
            except StudyError as error:
                self.failed.setdefault(name, error)

    def _note_durations(self, start: float, elapsed: float, n_workers: int) -> None:
        """Have the studies know what the workers that they shared took, for later forecasts."""
        busy = sum(runner.busy_seconds for runner in self._runners.values())
        for runner in self._runners.values():
            runner.note_workers(start, pace(elapsed * n_workers, busy))

    def _hand_out(self, executor: Workers) -> None:
        """Have each study hand out what it can, those that have not begun first."""
        for name in self._in_order():
            if name not in self._begun:
                if self._running.total() >= executor.n_workers:
                    continue
                self._begun.add(name)
                self._order = []
            ended = next(self._works[name], ENDED) is ENDED
            self._runners[name].notify(executor.n_workers)
            if ended:
                del self._works[name]
                self._runners[name].flush()
                self._on_finished(name)

    def _in_order(self) -> list[str]:
        """Names of the studies on their way: not begun yet, then those with the most work left.

        The order stays until one begins or ends, so that one after another is finished.
        """
        if set(self._order) != set(self._works):
            self._order = sorted(
                self._works, key=lambda name: (name in self._begun, -self._runners[name].work_left)
            )
        return self._order

    def _take_results(self, executor: Executor) -> None:
        """Wait until something is done, and have its study take note of it."""
        for (name, job), outcome in executor.wait() if self._running.total() else ():
            self._running[name] -= 1
            if name in self.failed:
                continue
            try:
                self._runners[name].settle(job, outcome)
            except StudyError as error:
                self.failed[name] = error
                self._works.pop(name, None)

    def _tell(self, n_workers: int, elapsed: float) -> None:
        """Tell how far all of them are together."""
        told = {
            name: runner.progress(n_workers)
            for name, runner in self._runners.items()
            if name not in self.failed
        }
        self._observe(
            Progress(
                workers=n_workers,
                done=sum(progress.done for progress in told.values()),
                total=sum(progress.total for progress in told.values()),
                running=tuple(
                    replace(job, description=f"{name}: {job.description}")
                    for name, progress in told.items()
                    for job in progress.running
                ),
                best={},
                finished=tuple(latest_calls(told)),
                notes=tuple(
                    f"{name}: {note}" for name, progress in told.items() for note in progress.notes
                ),
                seconds_left=self._estimate(told, n_workers, elapsed),
            )
        )

    def _estimate(
        self, told: Mapping[str, Progress], n_workers: int, elapsed: float
    ) -> float | None:
        """Seconds left; what is not measured yet counts like the studies that are."""
        known = [name for name, progress in told.items() if progress.seconds_left is not None]
        total = sum(told[name].total for name in known)
        if not total:
            return None
        left = sum(self._runners[name].work_left for name in known)
        busy = sum(self._runners[name].busy_seconds for name in known)
        unknown = sum(told[name].total - told[name].done for name in told.keys() - set(known))
        work = left + unknown * (busy + left) / total
        running = sum(job.seconds for progress in told.values() for job in progress.running)
        return work * pace(elapsed * n_workers, busy + running) / max(n_workers, 1)


def latest_calls(told: Mapping[str, Progress]) -> list[FinishedCall]:
    """The calls of all studies that finished last, the last one first."""
    calls = [
        replace(call, description=f"{name}: {call.description}")
        for name, progress in told.items()
        for call in progress.finished
    ]
    return sorted(calls, key=lambda call: -call.ended)[:RECENT]
