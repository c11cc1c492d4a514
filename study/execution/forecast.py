"""How long a study still takes."""

import math
from collections.abc import Iterable

import numpy as np

from study.core.records import Evaluation, EvaluationKind, Task, make_task
from study.execution.journal import QUICK_SECONDS
from study.execution.progress import ExtraEvaluation
from study.problems.base import Evaluator

PROPOSE_SECONDS = 0.3  # what a proposal takes, roughly
TRUSTED_SECONDS = 10.0  # of expected work, after which measured seconds correct what is expected
MEASURED = 5  # evaluations after which it is known whether they are quick
BLOCK_SECONDS = 0.2
LARGEST_BLOCK = 500
DRAWS = 200  # configurations whose mean stands for what is not chosen yet


class Forecast:
    """Work known of, and work still to be chosen, corrected by what was measured."""

    def __init__(self, problem: Evaluator, extras: Iterable[ExtraEvaluation], total: int) -> None:
        self.total = total
        """Calls, retrainings and extra evaluations of the study."""
        self.finished = 0
        self._n_waiting = 0  # consumers of what is waited for
        self._problem = problem
        self._known = {extra.task.key: extra.seconds for extra in extras if extra.seconds}
        self._pending_seconds = 0.0  # expected, of what is waited for
        self._measured_seconds = self._expected_seconds = 0.0  # of what was evaluated meanwhile
        self._n_measured = 0
        rng = np.random.default_rng(0)
        drawn = [problem.space.sample(rng) for _ in range(DRAWS)]
        tasks = [make_task(EvaluationKind.VALIDATION, 0, point, 0) for point in drawn]
        self.typical_seconds = float(np.mean([self.expected_seconds(task) for task in tasks]))
        """Expected seconds of an evaluation: the mean over the space."""

    def expected_seconds(self, task: Task) -> float:
        """Roughly what an evaluation takes."""
        return self._known.get(task.key) or self._problem.expected_seconds(task)

    def wait_for(self, task: Task, *, new: bool) -> None:
        """Count one more consumer of an evaluation that is waited for, or `new` among these."""
        self._n_waiting += 1
        if new:
            self._pending_seconds += self.expected_seconds(task)

    def measure(self, task: Task, evaluation: Evaluation, consumers: int) -> None:
        """Take note of an evaluation that so many waited for."""
        self._n_waiting -= consumers
        expected = self.expected_seconds(task)
        self._pending_seconds -= expected
        self._measured_seconds += evaluation.seconds
        self._n_measured += 1
        self._expected_seconds += expected

    @property
    def block_size(self) -> int:
        """How many evaluations make a job worth its way to a worker: one, unless they are quick."""
        if self._n_measured < MEASURED:
            return 1
        mean = self._measured_seconds / self._n_measured
        return 1 if mean > QUICK_SECONDS else min(LARGEST_BLOCK, math.ceil(BLOCK_SECONDS / mean))

    def seconds_left(self, workers: int) -> float:
        """With so many workers."""
        unknown = self.total - self.finished - self._n_waiting
        left = max(0.0, self._pending_seconds + unknown * self.typical_seconds)
        if self._expected_seconds > TRUSTED_SECONDS:
            left *= self._measured_seconds / self._expected_seconds
        return left / workers
