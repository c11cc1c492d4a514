"""What is known of a study: what its ledger holds, and what is not written there yet."""

import time
from collections import defaultdict

from study.core.records import Evaluation, EvaluationKind, Reevaluation, Retraining, Task, Trial
from study.execution.progress import Consumer
from study.storage.ledger import Ledger

SYNC_SECONDS = 0.25
QUICK_SECONDS = 0.02  # an evaluation that takes longer is on disk before anything else is done


class Journal:
    """Evaluations by key, and the calls and retrainings that the ledger held at the start."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        with ledger.read_transaction():
            self.done = ledger.evaluations()
            stored = ledger.trials(self.done)
            self._stored = {(t.method, t.seed, t.call): t for t in stored}
            self._stored_retrainings = {_place(final) for final in ledger.finals(self.done)}
        seeds = {trial.task.key: trial.seed for trial in stored}
        self._scores: dict[int | None, dict[int, float | None]] = defaultdict(dict)
        for key, (task, evaluation) in self.done.items():
            self._note_score(seeds.get(key), task, evaluation)
        self._unsaved: list[tuple[Task, Evaluation]] = []
        self._unrecorded: list[Consumer] = []
        self._flushed = time.monotonic()

    @property
    def has_score(self) -> bool:
        """Whether any evaluation has one."""
        return any(evaluation.score is not None for _, evaluation in self.done.values())

    @property
    def unsaved(self) -> bool:
        """Whether anything is not in the ledger yet."""
        return bool(self._unsaved or self._unrecorded)

    def stored_trial(self, method: str, seed: int, call: int) -> Trial | None:
        """A call as the ledger held it."""
        return self._stored.get((method, seed, call))

    def holds(self, consumer: Retraining | Reevaluation) -> bool:
        """Whether the ledger held it; a re-evaluation is recorded nowhere but as an evaluation."""
        if isinstance(consumer, Reevaluation):
            return consumer.task.key in self.done
        return _place(consumer) in self._stored_retrainings

    def add(self, task: Task, evaluation: Evaluation) -> None:
        """A finished evaluation, to be saved."""
        self.done[task.key] = (task, evaluation)
        self._note_score(task.seed, task, evaluation)
        self._unsaved.append((task, evaluation))

    def _note_score(self, seed: int | None, task: Task, evaluation: Evaluation) -> None:
        if task.kind is EvaluationKind.VALIDATION:
            self._scores[seed][task.training_seed] = evaluation.score

    def known_scores(self, seed: int) -> dict[int, float | None]:
        """Of calls at a seed, by training seed, and of those that no recorded run made."""
        return self._scores[None] | self._scores[seed]

    def attribute(self, consumer: Consumer) -> None:
        """A consumer of a finished evaluation, to be recorded."""
        self._unrecorded.append(consumer)

    def flush_if_due(self) -> None:
        """Write down what is finished, but quick evaluations together, every fraction of a second.

        A synced write takes as long as a thousand evaluations of a test function.
        """
        waited = time.monotonic() - self._flushed
        if waited > SYNC_SECONDS or any(e.seconds > QUICK_SECONDS for _, e in self._unsaved):
            self.flush()

    def flush(self) -> None:
        """Write down what is finished; raises `StudyError` if the ledger cannot be written."""
        self._flushed = time.monotonic()
        if not self.unsaved:
            return
        trials = [use for use in self._unrecorded if isinstance(use, Trial)]
        finals = [use for use in self._unrecorded if isinstance(use, Retraining)]
        self._ledger.record(self._unsaved, trials, finals)
        self._unsaved, self._unrecorded = [], []

    def n_stored(self, method: str) -> tuple[int, int]:
        """How many calls and retrainings of a method the ledger held at the start."""
        calls = sum(key[0] == method for key in self._stored)
        return calls, sum(key[0] == method for key in self._stored_retrainings)


def _place(retraining: Retraining) -> tuple[str, int, str, int]:
    """What tells a retraining from all others."""
    return retraining.method, retraining.seed, retraining.task.kind, retraining.repeat
