"""What trains the tutorial's network on a dataset: the interface of all trainers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from study.core.space import Configuration
from study.data.dataset import Dataset
from study.training.network import Weights


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """What one training did."""

    initial_loss: float
    """Mean cross-entropy, in nats, on the validation images before the first step; about
    ln(classes) for fresh weights. NaN if nothing validated."""
    losses: tuple[float, ...]
    """Training loss of each epoch: the mean over its images, each before its own step."""
    accuracies: tuple[float, ...]
    """Accuracy on the validation images after each epoch, 0 to 1; empty if nothing validated."""
    validation_losses: tuple[float, ...]
    """Mean cross-entropy on them, in nats, likewise."""
    epoch_seconds: tuple[float, ...]
    """What each epoch took, training and validating."""


class Trainer(ABC):
    """Trains networks on one dataset, from fresh weights.

    It remembers nothing of a training, so no evaluation can influence another.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    @abstractmethod
    def train(
        self,
        configuration: Configuration,
        rng: np.random.Generator,
        epochs: int,
        images: int | None = None,
    ) -> tuple[Weights, Training]:
        """Train the network of a configuration; its weights, and what the training did.

        Adam's rate in step t, counted from 0, is learning_rate / (1 + adam_decay * t), Keras 2's
        `decay`. Each epoch goes through the images in a new random order; a smaller last batch is
        a step of its own. The last 15 % of the training images validate, also if they are trained
        on.

        Parameters
        ----------
        configuration
            A point of `study.training.network.SPACE`, or the same names with other values.
        rng
            Where initial weights and order come from.
        epochs
            How often to go through the images.
        images
            How many training images, from the first one on; by default all of them.
        """

    @abstractmethod
    def test_accuracy(self, configuration: Configuration, weights: Weights) -> float:
        """Share of the test images that the network classifies right, 0 to 1."""
