"""The loop of a study: jobs to workers, outcomes to the ledger.

Nothing here trains or proposes: an executor does. `schedule` decides what is next, and nothing is
next before what is finished is in the ledger.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from study.core.errors import StudyError
from study.core.memory import gc_paused
from study.core.records import RETRIED, Evaluation, EvaluationKind, Task, make_task
from study.core.settings import Settings
from study.execution.dispatch import Dispatch
from study.execution.durations import Durations
from study.execution.executor import Executor
from study.execution.job_queue import Block
from study.execution.progress import ExtraEvaluation, Progress
from study.execution.schedule import Schedule
from study.methods.selection import MethodSelection, parse_methods
from study.problems.base import Evaluator
from study.storage.ledger import Ledger

TRUSTED_SECONDS = 2.0  # of work, after which it counts how busy workers are


class StudyRunner:
    """One study on its way. Making one plans and writes nothing; `run` finishes the study."""

    @gc_paused()
    def __init__(
        self,
        problem: Evaluator,
        settings: Settings,
        ledger: Ledger,
        observe: Callable[[Progress], None] = lambda _: None,
        *,
        extras: Sequence[ExtraEvaluation] = (),
        methods: Mapping[str, MethodSelection] | None = None,
        timeout: float | None = None,
        keep_going: bool = True,
        repeat: bool = False,
        remembered: Durations | None = None,
    ) -> None:
        self._problem, self._settings, self._observe = problem, settings, observe
        self._keep_going, self._repeat = keep_going, repeat
        self._opened = time.monotonic()
        selections = methods or parse_methods(settings.methods)
        self._start, self._pace = (remembered.start, remembered.pace) if remembered else (0.0, 1.0)
        self._schedule = Schedule(problem, settings, ledger, extras, selections, remembered)
        self._dispatch = Dispatch(
            problem, settings, self._schedule, {extra.task.key: extra for extra in extras}, timeout
        )

    @property
    def unfinished(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._schedule.queue) or self.unsaved

    @property
    def unsaved(self) -> bool:
        """Whether anything is known that the ledger does not hold."""
        return self._schedule.journal.unsaved

    @property
    def errors(self) -> list[str]:
        """Searches that broke off, in words."""
        return self._schedule.errors

    def seconds_left(self, workers: int) -> float:
        """A forecast, with so many workers that do nothing else."""
        return self._start + self._schedule.forecast.seconds_of_work() * self._pace / workers

    @property
    def durations(self) -> Durations | None:
        """What other studies may go by, once this one is at its end."""
        return self._schedule.forecast.durations(self._start, self._pace)

    def n_stored(self, method: str) -> tuple[int, int]:
        """How many calls and retrainings of a method the ledger held at the start."""
        return self._schedule.journal.n_stored(method)

    def run(self, open_executor: Callable[[], AbstractContextManager[Executor]]) -> None:
        """Do everything that is left; no executor is opened if nothing is to be evaluated.

        Raises
        ------
        StudyError
            If the ledger cannot be written. Everything finished before is in it. If the very first
            evaluation fails, unless the study is to keep going; nothing of it is saved.
        """
        queue, journal = self._schedule.queue, self._schedule.journal
        journal.flush()
        if not queue:
            return
        self._notify(0)
        began = time.monotonic()
        try:
            with open_executor() as executor:
                self._opened = time.monotonic()
                self._start = self._opened - began
                if not (self._keep_going or journal.has_score):
                    self._evaluate_first(executor)
                while queue or self._dispatch.running:
                    self._dispatch.submit_next(executor)
                    self._take_results(executor)
                if self._repeat and (
                    task := first_again(self._schedule, self._settings, self._problem)
                ):
                    self._schedule.forecast.add(task.kind)
                    self._schedule.request(ExtraEvaluation(name="the first one again", task=task))
                    self._dispatch.submit(executor, Block((task,)))
                    while self._dispatch.running:
                        self._take_results(executor)
                busy = self._schedule.forecast.busy_seconds
                self._pace = self._pace_of(executor.n_workers, busy)
        finally:
            journal.flush()
        self._notify(0)

    def _evaluate_first(self, executor: Executor) -> None:
        """Evaluate the default point alone: what fails there would fail everywhere, later."""
        task = self._schedule.queue.first_task(self._problem.default)
        if task is None:
            return
        self._dispatch.submit(executor, Block((task,)))
        while self._dispatch.running:
            self._take_results(executor, self._require_success)

    def _require_success(self, evaluation: Evaluation) -> None:
        if evaluation.status in RETRIED:
            raise StudyError(
                f"the first evaluation failed ({evaluation.reason}), and "
                "nothing else was evaluated: mend that, or add --keep-going to go on all the same"
            )

    def _take_results(
        self, executor: Executor, check: Callable[[Evaluation], None] = lambda _: None
    ) -> None:
        """Wait until something is done, take note of it, and save it."""
        self._notify(executor.n_workers)
        for job, outcome in executor.wait() if self._dispatch.running else ():
            self._dispatch.settle(job, outcome, check)
        self._schedule.journal.flush_if_due()

    def _notify(self, n_workers: int) -> None:
        forecast = self._schedule.forecast
        self._observe(
            Progress(
                workers=n_workers,
                done=forecast.finished,
                total=forecast.total,
                running=tuple(self._dispatch.at_work),
                best=dict(self._schedule.best),
                notes=tuple(self._dispatch.notes),
                seconds_left=self._estimate(n_workers) if forecast.is_measured else None,
            )
        )

    def _estimate(self, n_workers: int) -> float:
        """Seconds left, if workers go on to be as busy as they were since they are there."""
        forecast = self._schedule.forecast
        running = sum(job.seconds for job in self._dispatch.at_work)
        pace = self._pace_of(n_workers, forecast.busy_seconds + running)
        left = max(0.0, forecast.seconds_of_work() - running)
        return left * pace / max(n_workers, 1)

    def _pace_of(self, n_workers: int, busy: float) -> float:
        """Seconds that workers were there, of those that they were `busy`, if these are enough."""
        elapsed = time.monotonic() - self._opened
        return max(1.0, elapsed * n_workers / busy) if busy > TRUSTED_SECONDS else self._pace


def first_again(schedule: Schedule, settings: Settings, problem: Evaluator) -> Task | None:
    """The default point of the first seed, to be evaluated last, unless that was done.

    In place of one without a score, the first that has one.
    """
    default = make_task(EvaluationKind.VALIDATION, settings.first_seed, problem.default, 0)
    done = schedule.journal.done
    scored = {
        trial.task.key: trial
        for run in schedule.runs.values()
        for trial in run.trials.values()
        if done[trial.task.key][1].score is not None
    }
    first = scored.get(default.key) or next(iter(scored.values()), None)
    if first is None:
        return None
    repeat = replace(first.task, kind=EvaluationKind.REPEAT, seed=first.seed)
    return None if repeat.key in done else repeat
