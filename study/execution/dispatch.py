"""Jobs for workers, and what becomes of their outcomes."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from study.core.errors import OverdueError, StudyError, describe_error
from study.core.records import Evaluation, Status, Task
from study.core.settings import Settings
from study.execution.executor import Workers
from study.execution.forecast import JOB_SECONDS
from study.execution.job_queue import Block, ProposalJob
from study.execution.progress import Consumer, ExtraEvaluation, RunningJob, describe
from study.execution.pursuit import Pursuit, evaluate_all, pursue
from study.execution.runs import Run, make_context
from study.execution.schedule import Schedule
from study.problems.base import Evaluator


class Dispatch:
    """What runs, and what is handed out next.

    Expensive evaluations and proposals go out one by one, short evaluations in blocks; where they
    are short, a worker carries a search forward by itself. What ends its worker is tried alone.
    """

    def __init__(
        self,
        problem: Evaluator,
        settings: Settings,
        schedule: Schedule,
        extras: Mapping[str, ExtraEvaluation],
        timeout: float | None,
    ) -> None:
        self._problem, self._settings, self._schedule = problem, settings, schedule
        self._extras, self._timeout = extras, timeout
        self.running: dict[Block | ProposalJob, RunningJob] = {}
        self._waiting: set[Block | ProposalJob] = set()  # behind others, at their workers
        self.notes: list[str] = []
        """What a user should know of proposals."""
        self._died = False  # whether a block or a carried search did
        self._evaluating: set[str] = set()  # keys of what is running
        self._alone = set(extras)  # keys of what is not evaluated in a block with others

    def submit_next(self, executor: Workers) -> None:
        """Have every worker busy, and with short evaluations know what it does next."""
        queue = self._schedule.queue
        while queue:
            # What waits for a worker that dies counts as having died with it, in Dask.
            ahead = self._block_size > 1 and not self._died and isinstance(queue.first, Task)
            if len(self.running) >= executor.n_workers * (2 if ahead else 1):
                return
            if job := self._next_job(executor.n_workers):
                self.submit(executor, job)
                if len(self.running) > executor.n_workers:
                    self._waiting.add(job)

    def _next_job(self, n_workers: int) -> Block | ProposalJob | None:
        """The most urgent proposal, or as many evaluations as are worth a job.

        None if all of them are done; towards the end of a study every worker gets some.
        """
        queue, tasks = self._schedule.queue, list[Task]()
        size = min(self._block_size, math.ceil(len(queue) / n_workers / 2))
        while queue and len(tasks) < max(1, size):
            if isinstance(queue.first, ProposalJob) and tasks:
                break
            job = queue.pop()
            if isinstance(job, ProposalJob):
                return job
            if job.key in self._evaluating or job.key in self._schedule.journal.done:
                continue
            if tasks and job.key in self._alone:
                queue.push(job, math.inf)
                break
            tasks.append(job)
            self._evaluating.add(job.key)
            if job.key in self._alone:
                break
        return Block(tuple(tasks)) if tasks else None

    def settle(
        self,
        job: Block | ProposalJob,
        outcome: object,
        check: Callable[[Evaluation], None] = lambda _: None,
    ) -> None:
        """Take note of what a job came to; `check` gets each evaluation first, and may raise."""
        del self.running[job]
        self._waiting.discard(job)
        if first := next((other for other in self.running if other in self._waiting), None):
            self._waiting.remove(first)
            self.running[first] = replace(self.running[first], began=time.monotonic())
        if isinstance(job, ProposalJob):
            self._on_pursuit(job, outcome)
        else:
            self._on_block(job, outcome, check)

    def _on_pursuit(self, job: ProposalJob, outcome: object) -> None:
        """Take note of what a search proposed and evaluated; what is not evaluated is asked for."""
        run, schedule = job.run, self._schedule
        if isinstance(outcome, Exception) and self._carries(run):
            run.one_by_one = self._died = True
            schedule.queue.push(job, math.inf)
            return
        if not isinstance(outcome, Pursuit):
            told = isinstance(outcome, StudyError)
            schedule.abort_run(run, str(outcome) if told else f"proposing: {outcome}")
            return
        run.carried, made = True, len(run.trials)
        for proposal, evaluation in outcome.steps:
            schedule.forecast.measure_proposal(run.method, proposal.seconds)
            if proposal.note and proposal.note not in self.notes:
                self.notes.append(proposal.note)
            trial = schedule.on_proposal(run, proposal)
            if trial is None:
                return
            known = schedule.journal.done.get(trial.task.key)
            if known and evaluation and known[1].score != evaluation.score:
                run.carried, run.state = False, None  # told another score, it is replayed
                schedule.request(trial)
                return
            if known or evaluation is None:
                schedule.request(trial)
            else:
                schedule.expect(trial)
                schedule.on_evaluation(trial.task, evaluation)
        run.carried, run.state = False, outcome.state
        if len(run.trials) == made + len(outcome.steps):  # else its last call is to be evaluated
            schedule.advance(run)

    def _on_block(self, block: Block, outcome: object, check: Callable[[Evaluation], None]) -> None:
        """Take note of evaluations; those of a block that failed as a whole are made alone."""
        self._evaluating.difference_update(task.key for task in block.tasks)
        if isinstance(outcome, Exception) and len(block.tasks) > 1:
            self._died = True
            for task in block.tasks:
                self._alone.add(task.key)
                self._schedule.queue.push(task, math.inf)
            return
        outcomes = outcome if isinstance(outcome, list) else [outcome]
        for task, one in zip(block.tasks, outcomes, strict=True):
            evaluation = to_evaluation(one, self._timeout)
            check(evaluation)
            self._schedule.on_evaluation(task, evaluation)

    def _carries(self, run: Run) -> bool:
        """Whether a worker evaluates, tells and asks by itself: if evaluations are short."""
        return self._block_size > 1 and not run.one_by_one

    @property
    def at_work(self) -> list[RunningJob]:
        """What is being done right now, not what waits at a busy worker."""
        return [told for job, told in self.running.items() if job not in self._waiting]

    @property
    def _block_size(self) -> int:
        """How many evaluations go out together; one, if each has its own time to end."""
        return 1 if self._timeout is not None else self._schedule.forecast.block_size

    def submit(self, executor: Workers, job: Block | ProposalJob) -> None:
        """Hand a job to a worker."""
        description = describe_job(job, self._schedule.waiting)
        self.running[job] = RunningJob(description=description, began=time.monotonic())
        if isinstance(job, ProposalJob):
            run, seconds = job.run, JOB_SECONDS if self._carries(job.run) else 0.0
            context = make_context(self._problem, self._settings, run)
            known = self._schedule.journal.known_scores(run.seed) if seconds else {}
            about = run.selection, context, run.seed, self._schedule.history(run), run.state, known
            work = partial(pursue, calls=self._settings.calls, seconds=seconds)
            executor.submit(job, work, executor.problem, *about)
            return
        self._evaluating.update(task.key for task in job.tasks)
        if extra := self._extras.get(job.tasks[0].key):
            extra_work = executor.problem, job.tasks[0]
            executor.submit(job, extra.evaluate, *extra_work, timeout=self._timeout)
        else:
            executor.submit(job, evaluate_all, executor.problem, job.tasks, timeout=self._timeout)


def describe_job(job: Block | ProposalJob, waiting: Mapping[str, Sequence[Consumer]]) -> str:
    """What a progress display says of a job; `waiting` is what waits for evaluations, by key."""
    if isinstance(job, ProposalJob):
        return f"{job.run.method} seed {job.run.seed} proposing call {len(job.run.trials) + 1}"
    more = f" and {len(job.tasks) - 1:,} more" if len(job.tasks) > 1 else ""
    return describe(waiting[job.tasks[0].key][0]) + more


def to_evaluation(outcome: object, timeout: float | None = None) -> Evaluation:
    """What a job returned; what it raised, such as that its worker died, is a failed evaluation."""
    if isinstance(outcome, Evaluation):
        return outcome
    if isinstance(outcome, OverdueError) and timeout is not None:
        reason = f"no result after {timeout:g} s"
        return Evaluation(status=Status.TIMEOUT, reason=reason, seconds=timeout)
    reason = describe_error(outcome) if isinstance(outcome, Exception) else repr(outcome)
    return Evaluation(status=Status.FAILED, reason=reason)
