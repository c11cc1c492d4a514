"""What is next in a study: designs, searches, retrainings, as independent as they can be."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from study.core.records import (
    RETRAINING_KINDS,
    Evaluation,
    EvaluationKind,
    Status,
    Task,
    Trial,
    best_call,
)
from study.core.settings import Settings
from study.core.space import Configuration
from study.execution.durations import Durations
from study.execution.forecast import PROPOSE_SECONDS, Forecast
from study.execution.job_queue import JobQueue, ProposalJob
from study.execution.journal import Journal
from study.execution.progress import Consumer, ExtraEvaluation
from study.execution.runs import (
    Run,
    follow_ups,
    n_initial,
    next_trial,
    predetermined_configurations,
)
from study.execution.standing import Standing
from study.methods.propose import Proposal
from study.methods.selection import MethodSelection
from study.problems.base import Evaluator
from study.storage.ledger import Ledger


class Schedule:
    """Which jobs can be done now, and what follows from each that is done."""

    def __init__(
        self,
        problem: Evaluator,
        settings: Settings,
        ledger: Ledger,
        extras: Sequence[ExtraEvaluation],
        methods: Mapping[str, MethodSelection],
        remembered: Durations | None = None,
    ) -> None:
        self._problem, self._settings = problem, settings
        self.journal = Journal(ledger)
        done = self.journal.done.values()
        self.forecast = Forecast(problem, settings, extras, done, remembered)
        self.queue = JobQueue()
        self.waiting: dict[str, list[Consumer]] = defaultdict(list)
        """What waits for an evaluation, by key of its task."""
        self.standing = Standing()
        self.errors: list[str] = []
        """Searches that broke off, in words."""
        self.runs = {
            (name, seed): Run(methods[name], seed)
            for seed in settings.seed_numbers
            for name in settings.methods
        }
        for run in self.runs.values():
            self._begin(run)
        for extra in extras:
            if extra.task.key in self.journal.done:
                self._complete(extra)
            else:
                self.request(extra)

    def history(self, run: Run) -> list[tuple[Configuration, float | None]]:
        """What a search has tried in its run: every configuration and its score."""
        return list(zip(run.configurations(), self._scores(run), strict=True))

    def on_evaluation(self, task: Task, evaluation: Evaluation) -> None:
        """Take note of a finished evaluation, and go on from all that waited for it."""
        if task.key in self.journal.done:  # two workers carried searches to the same place
            evaluation = self.journal.done[task.key][1]
        else:
            self.journal.add(task, evaluation)
        consumers = self.waiting.pop(task.key, [])
        if consumers:
            self.forecast.measure(task, evaluation, len(consumers))
        for consumer in consumers:
            self.journal.attribute(consumer)
        for consumer in consumers:
            self.standing.note_finished(consumer, evaluation)
            self._complete(consumer)

    def on_proposal(self, run: Run, proposal: Proposal) -> Trial | None:
        """The next call of a run; None, and the run has broken off, if it cannot be evaluated."""
        if proposal.configuration not in self._problem.space:
            self.abort_run(run, f"proposed {proposal.configuration}, outside the space")
            return None
        return next_trial(
            run,
            run.configurations(),
            proposal.configuration,
            duplicate=proposal.duplicate,
            propose_seconds=proposal.seconds,
        )

    def abort_run(self, run: Run, why: str) -> None:
        """Note that a search broke off."""
        call = len(run.trials) + 1
        self.errors.append(f"{run.method} seed {run.seed} call {call}: {why}")

    def _begin(self, run: Run) -> None:
        """Take over what is stored, and ask for everything that is known beforehand."""
        known = predetermined_configurations(self._problem, self._settings, run)
        self.forecast.proposals_left[run.method] += self._settings.calls - len(known)
        for call in range(1, self._settings.calls + 1):
            if stored := self.journal.stored_trial(run.method, run.seed, call):
                self._complete(stored)
            elif call <= len(known):
                self.request(next_trial(run, known[: call - 1], known[call - 1]))
        if not known and not run.trials:
            self.advance(run)

    def request(self, consumer: Consumer) -> None:
        """Have what a consumer needs evaluated, unless it is known or on its way."""
        task = consumer.task
        if task.key in self.journal.done:
            self.journal.attribute(consumer)
            self._complete(consumer)
            return
        self.expect(consumer)
        # The most urgent of its consumers counts; the other entries are stale when they come up.
        seconds = self.forecast.expected_seconds(task) + self._seconds_after(consumer)
        self.queue.push(task, seconds)

    def expect(self, consumer: Consumer) -> None:
        """Have a consumer wait for its evaluation."""
        key = consumer.task.key
        self.forecast.wait_for(consumer.task, new=key not in self.waiting)
        self.waiting[key].append(consumer)

    def _seconds_after(self, consumer: Consumer) -> float:
        """Seconds of work that can only follow a consumer: the longest chains start first."""
        if not isinstance(consumer, Trial):
            return 0.0
        run = self.runs[consumer.method, consumer.seed]
        chosen = max(consumer.call, n_initial(run, self._settings))
        steps = self._settings.calls - chosen if run.adaptive else 0
        return (steps + 1) * self.forecast.typical_seconds

    def _complete(self, consumer: Consumer) -> None:
        """Count a consumer whose evaluation is known, and go on from it."""
        self.forecast.finish(consumer.task)
        evaluation = self.journal.done[consumer.task.key][1]
        self.standing.note(consumer, evaluation)
        if isinstance(consumer, ExtraEvaluation) and evaluation.status is not Status.OK:
            self.errors.append(f"{consumer.name}: {evaluation.status}, {evaluation.reason}")
        if not isinstance(consumer, Trial):
            return
        run = self.runs[consumer.method, consumer.seed]
        run.trials[consumer.call] = consumer
        if run.adaptive and consumer.call > n_initial(run, self._settings):
            self.forecast.proposals_left[run.method] -= 1
        if evaluation.score is not None and evaluation.score > run.best:
            run.best = evaluation.score
            self.forecast.note_incumbent(run.method, consumer.task)
        if not run.carried:
            self.advance(run)

    def advance(self, run: Run) -> None:
        """Judge the winner of a finished run, or ask a search for its next call."""
        made, calls = len(run.trials), self._settings.calls
        if made == calls:
            self._judge(run)
        elif (
            run.adaptive
            and made >= n_initial(run, self._settings)
            and not self.journal.stored_trial(run.method, run.seed, made + 1)
        ):
            seconds = (calls - made + 1) * self.forecast.typical_seconds
            self.queue.push(ProposalJob(run), PROPOSE_SECONDS + seconds)

    def _judge(self, run: Run) -> None:
        run.state = None
        place = best_call(self._scores(run))
        if place is None:
            return
        asked = follow_ups(run, self._settings, self._scores(run), place)
        traced = len(asked) - len(RETRAINING_KINDS) * self._settings.retrain
        self.forecast.add(EvaluationKind.REEVALUATED, traced)
        for consumer in asked:
            if self.journal.holds(consumer):
                self._complete(consumer)
            else:
                self.request(consumer)

    def _scores(self, run: Run) -> list[float | None]:
        return [self.journal.done[task.key][1].score for task in run.tasks()]
