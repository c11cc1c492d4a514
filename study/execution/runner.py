"""The loop of a study: jobs to workers, outcomes to the ledger.

Nothing here trains or proposes: an executor does. `schedule` decides what is next, and nothing is
next before what is finished is in the ledger.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from study.core.errors import StudyError
from study.core.memory import gc_paused
from study.core.records import RETRIED, Evaluation, EvaluationKind, Task, make_task
from study.core.settings import Settings
from study.execution.dispatch import Dispatch
from study.execution.durations import Durations
from study.execution.executor import Executor, Workers
from study.execution.job_queue import Block, ProposalJob
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
        self._check: Callable[[Evaluation], None] = no_check
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

    def note_workers(self, start: float, pace: float) -> None:
        """Take over, for `durations`, what workers took that several studies shared."""
        self._start, self._pace = start, pace

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
        self._schedule.journal.flush()
        if not self._schedule.queue:
            return
        self.notify(0)
        began = time.monotonic()
        try:
            with open_executor() as executor:
                self._opened = time.monotonic()
                self._start = self._opened - began
                for _ in self.work(executor):
                    self.notify(executor.n_workers)
                    for job, outcome in executor.wait() if self._dispatch.running else ():
                        self.settle(job, outcome)
                there = (time.monotonic() - self._opened) * executor.n_workers
                self._pace = pace(there, self.busy_seconds, self._pace)
        finally:
            self._schedule.journal.flush()
        self.notify(0)

    def work(self, executor: Workers) -> Iterator[None]:
        """Hand out jobs; where no more can be, wait until whoever iterates has called `settle`."""
        queue, dispatch = self._schedule.queue, self._dispatch
        if not (self._keep_going or self._schedule.journal.has_score):
            yield from self._evaluate_first(executor)
        while queue or dispatch.running:
            dispatch.submit_next(executor)
            yield
        if self._repeat and (task := first_again(self._schedule, self._settings, self._problem)):
            self._schedule.forecast.add(task.kind)
            self._schedule.request(ExtraEvaluation(name="the first one again", task=task))
            dispatch.submit(executor, Block((task,)))
            while dispatch.running:
                yield

    def settle(self, job: Block | ProposalJob, outcome: object) -> None:
        """Take note of what a job came to, and save it if that is due."""
        self._dispatch.settle(job, outcome, self._check)
        self._schedule.journal.flush_if_due()

    def flush(self) -> None:
        """Have everything that is finished in the ledger."""
        self._schedule.journal.flush()

    def _evaluate_first(self, executor: Workers) -> Iterator[None]:
        """Evaluate the default point alone: what fails there would fail everywhere, later."""
        if (task := self._schedule.queue.first_task(self._problem.default)) is None:
            return
        self._check = require_success
        self._dispatch.submit(executor, Block((task,)))
        while self._dispatch.running:
            yield
        self._check = no_check

    def notify(self, n_workers: int) -> None:
        """Tell how far the study is."""
        self._observe(self.progress(n_workers))

    def progress(self, n_workers: int) -> Progress:
        """How far the study is."""
        forecast, standing = self._schedule.forecast, self._schedule.standing
        return Progress(
            workers=n_workers,
            done=forecast.finished,
            total=forecast.total,
            running=tuple(self._dispatch.at_work),
            best=dict(standing.best),
            latest=dict(standing.latest),
            reevaluated=standing.reevaluated,
            finished=tuple(standing.recent),
            notes=tuple(self._dispatch.notes),
            seconds_left=self._estimate(n_workers) if forecast.is_measured else None,
        )

    @property
    def busy_seconds(self) -> float:
        """What its evaluations and proposals took since workers are there, added up."""
        return self._schedule.forecast.busy_seconds

    @property
    def work_left(self) -> float:
        """Seconds of work that are not done yet, for one worker that does nothing else."""
        running = sum(job.seconds for job in self._dispatch.at_work)
        return max(0.0, self._schedule.forecast.seconds_of_work() - running)

    def _estimate(self, n_workers: int) -> float:
        """Seconds left, if workers go on to be as busy as they were since they are there."""
        running = sum(job.seconds for job in self._dispatch.at_work)
        there = (time.monotonic() - self._opened) * n_workers
        slower = pace(there, self.busy_seconds + running, self._pace)
        return self.work_left * slower / max(n_workers, 1)


def pace(there: float, busy: float, before: float = 1.0) -> float:
    """Seconds that workers were there, of those that they were busy; if few, as it was before."""
    return max(1.0, there / busy) if busy > TRUSTED_SECONDS else before


def no_check(_: Evaluation) -> None:
    """Take any evaluation."""


def require_success(evaluation: Evaluation) -> None:
    """Raise `StudyError` if the first evaluation failed."""
    if evaluation.status in RETRIED:
        raise StudyError(
            f"the first evaluation failed ({evaluation.reason}), and "
            "nothing else was evaluated: mend that, or add --keep-going to go on all the same"
        )


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
