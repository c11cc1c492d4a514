"""What trains the tutorial's network on a dataset: the interface of all trainers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.core.space import Configuration
from study.data.dataset import Dataset
from study.training.tensorflow import import_tensorflow


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """What one training did."""

    model: Any
    """The trained Keras model."""
    initial_loss: float
    """Mean cross-entropy, in nats, on the validation images before the first step; about
    ln(classes) for fresh weights. NaN if nothing validated."""
    losses: tuple[float, ...]
    """Training loss of each epoch: the mean over its images, each before its own step."""
    accuracies: tuple[float, ...]
    """Accuracy on the validation images after each epoch, 0 to 1; empty if nothing validated."""


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
    ) -> Training:
        """Train the network of a configuration.

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

    def test_accuracy(self, model: Any) -> float:
        """Share of the test images that a Keras model classifies right, 0 to 1."""
        data, tf = self.dataset, import_tensorflow()
        with tf.device("CPU:0"):
            pixels = tf.cast(data.x_test, tf.float32) * data.scale
            predicted = tf.argmax(model(pixels, training=False), axis=1).numpy()
        return float(np.mean(predicted == data.y_test))
