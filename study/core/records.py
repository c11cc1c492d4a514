"""The records of a study: what was evaluated, and which call of which run it served."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from study.core.space import Configuration, canonical

HUGE = 1e15  # no score, cost, loss or number of seconds gets there


class Status(StrEnum):
    """How an evaluation ended."""

    OK = "ok"
    DIVERGED = "diverged"
    """The training loss, or the value, is not finite; there is no score."""
    FAILED = "failed"
    """It raised, or its worker died; the reason says how."""


class Part(StrEnum):
    """What an evaluation trains on, and therefore what its score means."""

    VALIDATION = "validation"
    """A call: trained without the validation images, scored on them."""
    TEST = "test"
    """Trained on all training images, scored once on the test images."""
    REMEASURED = "remeasured"
    """A winner's call again: trained without the validation images, scored on them."""
    CLAIM = "claim"
    """As TEST, of a network that somebody reported, not of a run's winner."""
    CLAIM_FITTED = "claim-fitted"
    """As CLAIM, but trained without the validation images."""
    LEAK = "leak"
    """Many trainings of one network after another, scored on the validation images."""

    @property
    def fits_all(self) -> bool:
        """Whether the validation images are trained on too."""
        return self in (Part.TEST, Part.CLAIM)

    @property
    def scored_on_test(self) -> bool:
        """Whether the score is that on the test images."""
        return self in (Part.TEST, Part.CLAIM, Part.CLAIM_FITTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One finished training, or whatever else a problem does to score a configuration."""

    status: Status
    reason: str = ""
    score: float | None = None
    """Higher is better, see `study.core.objective`; None unless the status is ok."""
    cost: float | None = None
    """What the problem counts as one, such as a network's trainable parameters."""
    initial_loss: float | None = None
    """Of a network: cross-entropy before the first step, in nats."""
    losses: tuple[float, ...] = ()
    """Training loss of each epoch, in nats."""
    accuracies: tuple[float, ...] = ()
    """Validation accuracy after each epoch; empty for the test part."""
    seconds: float = 0.0
    """Building, training and scoring."""

    def __post_init__(self) -> None:
        for name, value in (("score", self.score), ("cost", self.cost)):
            if value is not None and not abs(value) <= HUGE:
                raise ValueError(f"{name} is {value}: it must lie between -{HUGE:g} and {HUGE:g}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """An evaluation to make; equal tasks have equal outcomes on one machine."""

    part: Part
    configuration: Configuration
    training_seed: int
    """Seeds initial weights and shuffles; 63 bits."""
    key: str = field(init=False)
    """What the ledger knows the evaluation by, within its problem and training length."""

    def __post_init__(self) -> None:
        key = f"{self.part} {self.training_seed} {canonical(self.configuration)}"
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
class Final:
    """One retraining of the incumbent of a finished run."""

    method: str
    seed: int
    repeat: int
    """Counted from 1, within its part."""
    task: Task


def task(part: Part, seed: int, configuration: Configuration, repeat: int) -> Task:
    """The `repeat`-th (from 0) evaluation of a configuration at a seed.

    Its training seed depends on nothing else: methods that come to the same configuration at
    the same seed share the evaluation.
    """
    digest = hashlib.sha256(f"{part} {canonical(configuration)}".encode()).digest()
    words = np.frombuffer(digest, "<u4").tolist()
    state = np.random.SeedSequence([seed, repeat, *words]).generate_state(1, np.uint64)
    return Task(part=part, configuration=configuration, training_seed=int(state[0] >> 1))


def generator(seed: int, stream: str) -> np.random.Generator:
    """The random generator of one purpose (such as "design", or a method's name) at a seed."""
    words = np.frombuffer(hashlib.sha256(stream.encode()).digest(), "<u4").tolist()
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(words)))
