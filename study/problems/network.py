"""Problems: a search space, where to start, and how to evaluate a configuration."""

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.core.formatting import pluralize
from study.core.objective import ACCURACY
from study.core.records import Evaluation, Status, Task
from study.core.settings import TRAINERS
from study.core.study_info import ProblemInfo, ProblemWords
from study.data.dataset import Dataset, resample_split
from study.training import network
from study.training.registry import make_trainer
from study.training.trainer import Trainer

WARM_UP = 256  # images
KEPT_SPLITS = 2  # laid out in a process: on MNIST each takes some hundred megabytes


@dataclass(frozen=True, eq=False)
class NetworkProblem:
    """The tutorial's problem: a dense Keras network on images, trained for a few epochs.

    The rows of a table are images to it.
    """

    dataset: Dataset
    epochs: int
    trainer: str = TRAINERS[0]
    """What trains: one of `study.core.settings.TRAINERS`."""
    resample_splits: bool = False
    """Whether each seed draws its own split of the dataset."""

    space = network.SPACE
    default = network.DEFAULT
    baseline = network.BASELINE
    objective = ACCURACY

    @property
    def name(self) -> str:
        """The dataset's."""
        return self.dataset.name

    @property
    def folder(self) -> str:
        """Where results go by default."""
        return self.name

    @functools.cached_property
    def loaded_trainer(self) -> Trainer:
        """The trainer with the dataset laid out for it, made once in each process."""
        return make_trainer(self.trainer, self.dataset)

    @functools.cached_property
    def trainer_of_seed(self) -> Callable[[int], Trainer]:
        """The same with a seed's own split; a process keeps those of the last few seeds."""

        @functools.lru_cache(maxsize=KEPT_SPLITS)
        def lay_out(seed: int) -> Trainer:
            return make_trainer(self.trainer, resample_split(self.dataset, seed))

        return lay_out

    def _trainer_for(self, task: Task) -> Trainer:
        if not self.resample_splits:
            return self.loaded_trainer
        if task.seed is None:
            raise ValueError(f"{task.key} belongs to no seed, so that nothing says how to split")
        return self.trainer_of_seed(task.seed)

    def __reduce__(self) -> Any:
        return type(self), (self.dataset, self.epochs, self.trainer, self.resample_splits)

    def warm_up(self) -> None:
        """Train and score once, briefly: the first evaluation must take no longer than others."""
        trainer = self.trainer_of_seed(0) if self.resample_splits else self.loaded_trainer
        images = min(WARM_UP, self.dataset.n_fitted)
        weights, _ = trainer.train(self.default, np.random.default_rng(0), epochs=1, images=images)
        trainer.test_accuracy(self.default, weights)

    def evaluate(self, task: Task) -> Evaluation:
        """Train the network of the task's configuration from fresh weights."""
        trainer = self._trainer_for(task)
        began = time.perf_counter()
        images = None if task.kind.trained_on == "all" else self.dataset.n_fitted
        rng = np.random.default_rng(task.training_seed)
        weights, trained = trainer.train(task.configuration, rng, self.epochs, images)
        finite = all(map(math.isfinite, trained.losses))
        if task.kind.scored_on == "test":
            validated: dict[str, Any] = {}
            accuracy = trainer.test_accuracy(task.configuration, weights) if finite else None
        else:
            validated = {
                "accuracies": trained.accuracies,
                "validation_losses": trained.validation_losses,
                "metrics": {"validation_loss": trained.validation_losses[-1]} if finite else {},
            }
            accuracy = trained.accuracies[-1] if finite else None
        data = self.dataset
        size = network.parameter_count(task.configuration, data.inputs, data.classes)
        return Evaluation(
            status=Status.OK if finite else Status.DIVERGED,
            reason="" if finite else f"training loss {trained.losses[-1]}",
            score=accuracy,
            size=size,
            initial_loss=trained.initial_loss,
            losses=trained.losses,
            epoch_seconds=trained.epoch_seconds,
            **validated,
            seconds=time.perf_counter() - began,
        )

    def expected_seconds(self, task: Task) -> float:
        """Fitted to 165 trainings on digits and MNIST, each to about 15 %."""
        data = self.dataset
        images = len(data.x_train) if task.kind.trained_on == "all" else data.n_fitted
        steps = math.ceil(images / int(task.configuration["batch_size"]))
        weights = network.parameter_count(task.configuration, data.inputs, data.classes)
        units = sum(network.hidden_units(task.configuration))
        by_image = 4.4e-7 + 1.15e-9 * data.inputs + 3e-9 * units + 1e-11 * weights
        return self.epochs * (images * by_image + steps * (2.9e-6 + 4.2e-10 * weights))

    def describe(self) -> ProblemInfo:
        """Dataset with checksum, network and training length."""
        data = self.dataset
        validating = len(data.x_train) - data.n_fitted
        items = data.items
        counts = {
            f"training_{items}": len(data.x_train),
            f"validation_{items}": validating,
            f"test_{items}": len(data.x_test),
        }
        epochs = pluralize(self.epochs, "epoch")
        own_splits = "a split of its own for each seed" if self.resample_splits else ""
        words = ProblemWords(
            subject="dataset",
            description=f"{len(data.x_train):,} training {items} ({validating:,} of them "
            f"validate), {len(data.x_test):,} test {items}; "
            + "; ".join(filter(None, [epochs, own_splits])),
            detail=" · ".join(filter(None, [epochs, own_splits])),
            work="train",
            judged=f"retrained on all training {items} and scored on the test {items}",
        )
        return ProblemInfo(
            name=data.name,
            fingerprint=data.fingerprint(),
            facts={
                **counts,
                "inputs": data.inputs,
                "epochs": self.epochs,
                "trainer": self.trainer,
                **({"resample_splits": 1} if self.resample_splits else {}),
            },
            classes=data.classes,
            split=data.split,
            words=words,
            objective=self.objective,
            space=self.space.dimensions,
            default=self.default,
            baseline=self.baseline,
        )
