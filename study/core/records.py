"""The records of a study: what was evaluated, and which call of which run it served.

And the columns of the tables that are made of them; a record of a call is one row of trials.csv.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Self

import numpy as np

from study.core.space import Configuration, canonical
from study.core.validation import MAX_NUMBER


class Status(StrEnum):
    """How an evaluation ended."""

    OK = "ok"
    DIVERGED = "diverged"
    """The training loss, or the value, is not finite; there is no score."""
    FAILED = "failed"
    """It raised, or its worker died; the reason says how."""
    TIMEOUT = "timeout"
    """It took longer than `--timeout`, and was given up."""


class EvaluationKind(StrEnum):
    """What an evaluation trains on and is scored on, and therefore what its score means.

    Of a problem without data of its own, `trained_on` says nothing; `scored_on` test asks for the
    problem's `test`, if it has one.
    """

    trained_on: Literal["fitted", "all"]
    """The images that are fitted during a search, or those that validate too."""
    scored_on: Literal["validation", "test"]

    def __new__(cls, value: str, trained_on: str = "fitted", scored_on: str = "validation") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.trained_on, member.scored_on = trained_on, scored_on  # type: ignore[assignment]
        return member

    VALIDATION = "validation"
    """A call."""
    REPEAT = "repeat"
    """A call once more, with the same seed, after everything else: it must score the same."""
    TEST = "test", "all", "test"
    """A winner on test data."""
    REEVALUATED = "reevaluated"
    """A winner's call again, with a fresh seed."""
    CLAIM = "claim", "all", "test"
    """A configuration that somebody reported, which no run chose."""
    CLAIM_FITTED = "claim-fitted", "fitted", "test"
    """As CLAIM, trained without the validation images."""
    LEAK = "leak"
    """Many trainings of one network after another."""


RETRIED = (Status.FAILED, Status.TIMEOUT)
"""What `--retry-failed` evaluates again; what diverged would diverge again."""

RETRAINING_KINDS = (EvaluationKind.TEST, EvaluationKind.REEVALUATED)
"""What becomes of each run's winner."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One finished training, or whatever else a problem does to score a configuration."""

    status: Status
    reason: str = ""
    score: float | None = None
    """Higher is better, see `study.core.objective`; None unless the status is ok."""
    size: float | None = None
    """What the problem counts as one, such as a network's trainable parameters."""
    initial_loss: float | None = None
    """Of a network: cross-entropy before the first step, in nats."""
    losses: tuple[float, ...] = ()
    """Training loss of each epoch, in nats."""
    accuracies: tuple[float, ...] = ()
    """Validation accuracy after each epoch; empty if scored on test data."""
    validation_losses: tuple[float, ...] = ()
    """Cross-entropy on the validation images after each epoch, in nats; empty like accuracies."""
    epoch_seconds: tuple[float, ...] = ()
    """Of training and validating, for each epoch."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What else was measured, by name."""
    seconds: float = 0.0
    """Building, training and scoring."""
    recorded_seconds: float | None = None
    """Of a problem with a simulated clock: how long it took when it was recorded."""

    @property
    def shown_seconds(self) -> float:
        """What tables and plots tell; work is planned by the `seconds` that passed here."""
        return self.seconds if self.recorded_seconds is None else self.recorded_seconds

    def __post_init__(self) -> None:
        recorded = self.recorded_seconds
        if recorded is not None and not 0 <= recorded <= MAX_NUMBER:
            raise ValueError(f"seconds are {recorded}: they must lie between 0 and {MAX_NUMBER:g}")
        named = {"score": self.score, "size": self.size, **self.metrics}
        for name, value in named.items():
            if value is not None and not abs(value) <= MAX_NUMBER:
                raise ValueError(
                    f"{name} is {value}: it must lie between -{MAX_NUMBER:g} and {MAX_NUMBER:g}"
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """An evaluation to make; equal tasks have equal outcomes on one machine."""

    kind: EvaluationKind
    configuration: Configuration
    training_seed: int
    """Seeds initial weights and shuffles; 63 bits."""
    seed: int | None = field(default=None, compare=False)
    """That of the runs it is made for, which may say how data are split; a ledger does not tell."""
    key: str = field(init=False)
    """What the ledger knows the evaluation by, within its problem and training length."""

    def __post_init__(self) -> None:
        key = f"{self.kind} {self.training_seed} {canonical(self.configuration)}"
        object.__setattr__(self, "key", key)

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One call of one run: which evaluation it asked for, and what proposing that took."""

    method: str
    seed: int
    call: int
    """Counted from 1."""
    task: Task
    duplicate: bool = False
    """The method proposed what its run had tried before. A search by scikit-optimize then
    takes another point in its place; a method of another kind trains anew, with a fresh seed."""
    propose_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Retraining:
    """One retraining of the incumbent of a finished run."""

    method: str
    seed: int
    repeat: int
    """Counted from 1, within its kind."""
    task: Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Reevaluation:
    """A fresh measurement of what a run would have returned after some call, its incumbent."""

    method: str
    seed: int
    call: int
    """The one that found it, counted from 1."""
    repeat: int
    """Counted from 1."""
    task: Task


def make_task(kind: EvaluationKind, seed: int, configuration: Configuration, repeat: int) -> Task:
    """The `repeat`-th (from 0) evaluation of a configuration at a seed.

    Its training seed depends on nothing else: methods that come to the same configuration at
    the same seed share the evaluation.
    """
    # Older studies called it so: under another name every reevaluation would draw other seeds.
    stream = "remeasured" if kind is EvaluationKind.REEVALUATED else kind
    digest = hashlib.sha256(f"{stream} {canonical(configuration)}".encode()).digest()
    words = np.frombuffer(digest, "<u4").tolist()
    state = np.random.SeedSequence([seed, repeat, *words]).generate_state(1, np.uint64)
    training_seed = int(state[0] >> 1)
    return Task(kind=kind, configuration=configuration, training_seed=training_seed, seed=seed)


def make_rng(seed: int, stream: str) -> np.random.Generator:
    """The random generator of one purpose (such as "design", or a method's name) at a seed."""
    words = np.frombuffer(hashlib.sha256(stream.encode()).digest(), "<u4").tolist()
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(words)))


def best_call(scores: Sequence[float | None]) -> int | None:
    """The place of a run's winner among the scores of its calls: the earliest of the best.

    None, or NaN, is the score of a call that failed; None comes back if all did.
    """
    scored = [place for place, score in enumerate(scores) if score is not None and score == score]  # noqa: PLR0124 (not NaN)
    return max(scored, key=lambda place: scores[place] or 0.0) if scored else None


def reevaluations(
    trials: Sequence[Trial], scores: Sequence[float | None], repeats: int
) -> list[Reevaluation]:
    """What tracing a run asks for: each of its incumbents so many times, with fresh seeds.

    `trials` are its calls in order, with their scores. Those of the last incumbent, the winner, are
    its re-evaluations.
    """
    best = -math.inf
    found = []
    for trial, score in zip(trials, scores, strict=True):
        if score is None or score <= best:
            continue
        best = score
        found += [
            Reevaluation(
                method=trial.method,
                seed=trial.seed,
                call=trial.call,
                repeat=repeat,
                task=make_task(
                    EvaluationKind.REEVALUATED, trial.seed, trial.task.configuration, repeat - 1
                ),
            )
            for repeat in range(1, repeats + 1)
        ]
    return found


RUN = ["method", "seed"]
"""The columns that tell one run from another."""

# Column: type. In trials.csv a column per dimension stands between these and the outcomes.
CALL_COLUMNS = {"method": "str", "seed": "int64", "call": "int64", "phase": "str"}
OUTCOME_COLUMNS = {
    "validation_score": "float64",
    "incumbent_score": "float64",
    "size": "float64",
    "initial_loss": "float64",
    "propose_seconds": "float64",
    "train_seconds": "float64",
    "elapsed_seconds": "float64",
    "duplicate": "bool",
    "reused": "bool",
    "status": "str",
    "reason": "str",
}
TRACE_COLUMNS = {
    "method": "str",
    "seed": "int64",
    "call": "int64",
    "repeat": "int64",
    "validation_score": "float64",
    "size": "float64",
    "initial_loss": "float64",
    "train_seconds": "float64",
    "reused": "bool",
    "status": "str",
    "reason": "str",
}
RETRAINING_COLUMNS = {
    "method": "str",
    "seed": "int64",
    "kind": "str",
    "repeat": "int64",
    "configuration": "str",
    "size": "float64",
    "validation_score": "float64",
    "test_score": "float64",
    "initial_loss": "float64",
    "train_seconds": "float64",
    "reused": "bool",
    "status": "str",
    "reason": "str",
}
