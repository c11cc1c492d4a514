"""Where a study stands, for whoever watches: scores by method, and what finished last."""

import time
from collections import Counter, defaultdict, deque
from math import inf

from study.core.records import Evaluation, EvaluationKind, Retraining, Trial
from study.execution.progress import RECENT, Consumer, FinishedCall, describe


class Standing:
    """What is known of each method, from evaluations as they are counted."""

    def __init__(self) -> None:
        self.best: dict[str, float] = {}
        """Best score of a call so far, by method."""
        self.latest: dict[str, float] = {}
        """Score of the call that was counted last, by method."""
        self.recent: deque[FinishedCall] = deque(maxlen=RECENT)
        """The calls that finished last, the last one first."""
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[str] = Counter()

    @property
    def reevaluated(self) -> dict[str, float]:
        """Mean score of the re-evaluations of winners so far, by method."""
        return {method: self._sums[method] / n for method, n in self._counts.items()}

    def note(self, consumer: Consumer, evaluation: Evaluation) -> None:
        """Take note of what an evaluation, made now or before, is counted for."""
        if evaluation.score is None:
            return
        if isinstance(consumer, Trial):
            best = self.best.get(consumer.method, -inf)
            self.best[consumer.method] = max(best, evaluation.score)
            self.latest[consumer.method] = evaluation.score
        elif isinstance(consumer, Retraining) and consumer.task.kind is EvaluationKind.REEVALUATED:
            self._sums[consumer.method] += evaluation.score
            self._counts[consumer.method] += 1

    def note_finished(self, consumer: Consumer, evaluation: Evaluation) -> None:
        """Take note of a call that was made just now."""
        if isinstance(consumer, Trial):
            self.recent.appendleft(
                FinishedCall(
                    description=describe(consumer),
                    score=evaluation.score,
                    seconds=evaluation.seconds,
                    ended=time.monotonic(),
                )
            )
