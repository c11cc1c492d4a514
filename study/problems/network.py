"""Problems: a search space, where to start, and how to evaluate a configuration."""

import functools
import math
import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from study.core.objective import ACCURACY, Objective
from study.core.records import Evaluation, Status, Task
from study.core.space import Configuration, Space
from study.data.sources import Dataset
from study.training import network
from study.training.trainer import Trainer


class Evaluator(Protocol):
    """What a study needs to know of the thing that it tunes."""

    @property
    def space(self) -> Space:
        """What is searched."""

    @property
    def default(self) -> Configuration:
        """The first point of every search."""

    @property
    def baseline(self) -> Configuration:
        """What a user would take without searching; it may lie outside the space."""

    @property
    def objective(self) -> Objective:
        """What the scores of `evaluate` stand for."""

    def evaluate(self, task: Task) -> Evaluation:
        """Train and score; the outcome depends on the task alone, seconds aside."""

    def expected_seconds(self, task: Task) -> float:
        """Roughly what `evaluate` takes on one thread; orders the work and predicts its end."""

    def describe(self) -> dict[str, Any]:
        """What makes this problem another than the next, JSON-ready."""


@dataclass(frozen=True, eq=False)
class NetworkProblem:
    """The tutorial's problem: a dense Keras network on images, trained for a few epochs."""

    dataset: Dataset
    epochs: int

    space = network.SPACE
    default = network.DEFAULT
    baseline = network.BASELINE
    objective = ACCURACY

    @property
    def name(self) -> str:
        """The dataset's."""
        return self.dataset.name

    @functools.cached_property
    def trainer(self) -> Trainer:
        """What trains in this process."""
        return Trainer(self.dataset)

    def __reduce__(self) -> Any:
        return type(self), (self.dataset, self.epochs)  # the trainer stays where it is

    def evaluate(self, task: Task) -> Evaluation:
        """Train the network of the task's configuration from fresh weights."""
        trainer = self.trainer
        began = time.perf_counter()
        images = None if task.part.fits_all else self.dataset.fitted
        rng = np.random.default_rng(task.training_seed)
        trained = trainer.train(task.configuration, rng, self.epochs, images)
        finite = all(map(math.isfinite, trained.losses))
        if task.part.scored_on_test:
            accuracies: tuple[float, ...] = ()
            accuracy = trainer.test_accuracy(trained.model) if finite else None
        else:
            accuracies = trained.accuracies
            accuracy = accuracies[-1] if finite else None
        return Evaluation(
            status=Status.OK if finite else Status.DIVERGED,
            reason="" if finite else f"training loss {trained.losses[-1]}",
            score=accuracy,
            cost=trained.model.count_params(),
            initial_loss=trained.initial_loss,
            losses=trained.losses,
            accuracies=accuracies,
            seconds=time.perf_counter() - began,
        )

    def expected_seconds(self, task: Task) -> float:
        """A fit by eye to measured times: a cost per step, weight and image."""
        data = self.dataset
        images = len(data.x_train) if task.part.fits_all else data.fitted
        steps = math.ceil(images / int(task.configuration["batch_size"]))
        weights = network.parameter_count(task.configuration, data.inputs, data.classes)
        by_image, by_step = 0.45e-9 * data.inputs + 8e-12 * weights, 6e-6 + 0.09e-9 * weights
        return 0.03 + self.epochs * (images * by_image + steps * by_step)

    def describe(self) -> dict[str, Any]:
        """Dataset with checksum, network and training length."""
        data = self.dataset
        return {
            "name": data.name,
            "dataset": data.name,
            "objective": asdict(self.objective),
            "fingerprint": data.fingerprint(),
            "training_images": len(data.x_train),
            "validation_images": len(data.x_train) - data.fitted,
            "test_images": len(data.x_test),
            "inputs": data.inputs,
            "classes": data.classes,
            "epochs": self.epochs,
            "space": self.space.describe(),
            "default": self.default,
            "baseline": self.baseline,
        }


MACHINES_FAULTS = {"MemoryError", "OSError", "ResourceExhaustedError"}  # the last is TensorFlow's


def evaluate(problem: Evaluator, task: Task) -> Evaluation:
    """Evaluate; whatever goes wrong becomes a record with status failed and the reason.

    What can be the machine's fault, such as too little memory, is tried once more.
    """
    began = time.perf_counter()
    first = _attempt(problem, task)
    if isinstance(first, Evaluation):
        return first
    kinds = {kind.__name__ for kind in type(first).__mro__}
    second = _attempt(problem, task) if kinds & MACHINES_FAULTS else first
    if isinstance(second, Evaluation):
        return second
    reason = " ".join(f"{type(second).__name__}: {second}".split())
    return Evaluation(status=Status.FAILED, reason=reason, seconds=time.perf_counter() - began)


def _attempt(problem: Evaluator, task: Task) -> Evaluation | Exception:
    try:
        return problem.evaluate(task)
    except Exception as error:  # noqa: BLE001 (whatever fails is a result, not an end)
        return error
