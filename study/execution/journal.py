"""What is known of a study: what its ledger holds, and what is not written there yet."""

from study.core.records import Evaluation, Reevaluation, Retraining, Task, Trial
from study.execution.progress import Consumer
from study.storage.ledger import Ledger


class Journal:
    """Evaluations by key, and the calls and retrainings that the ledger held at the start."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        with ledger.read_transaction():
            self.done = ledger.evaluations()
            stored = ledger.trials(self.done)
            self._stored = {(t.method, t.seed, t.call): t for t in stored}
            self._stored_retrainings = {_place(final) for final in ledger.finals(self.done)}
        self._unsaved: list[tuple[Task, Evaluation]] = []
        self._unrecorded: list[Consumer] = []

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
        self._unsaved.append((task, evaluation))

    def attribute(self, consumer: Consumer) -> None:
        """A consumer of a finished evaluation, to be recorded."""
        self._unrecorded.append(consumer)

    def flush(self) -> None:
        """Write down what is finished; raises `StudyError` if the ledger cannot be written."""
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
