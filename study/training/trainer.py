"""Training, an epoch at a time in compiled code; see `steps` and `layout`.

Keras `fit` spends most of its time between steps. The Keras model gives the initial weights and
takes the trained ones.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from study.core.space import Configuration
from study.data.sources import Dataset
from study.training.kernel.epoch import score, train_epoch
from study.training.kernel.layout import batch_of, images_of, network_of, packed, unpacked, zeros
from study.training.kernel.lazy_adam import BETA_1, BETA_2, pace
from study.training.network import build, tensorflow, widths

SCORED = 128  # images scored at once


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """What one training did."""

    model: Any
    """The trained Keras model."""
    initial_loss: float
    """Mean cross-entropy on the scored images before the first step; ln(classes) if fresh."""
    losses: tuple[float, ...]
    """Training loss per epoch: the mean over its images, each before its own step."""
    accuracies: tuple[float, ...]
    """Accuracy on the scored images after each epoch, 0 to 1."""


class Trainer:
    """A dataset as the compiled steps take it.

    It remembers nothing of a training, so no evaluation can influence another: weights and Adam's
    moments are set anew at each start.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        # A pixel that is 0 in every image moves no weight, as 67 of MNIST's 784: leave it out.
        self._lit = np.flatnonzero(dataset.x_train.any(axis=0))
        self._images = images_of(dataset.x_train[:, self._lit], dataset.y_train, dataset.scale)
        self._compile()

    def _compile(self) -> None:
        """Compile, or load what is: the first training must not take longer than the next."""
        network = network_of([len(self._lit), 1, self.dataset.classes], relu=True)
        weights, order = zeros(network.kernels[-1]), np.arange(1)
        batch, rates = batch_of(network, order.size), np.zeros(order.size, np.float32)
        state = weights, zeros(weights.size), zeros(weights.size)
        train_epoch(self._images, state, network, batch, order, order.size, pace(rates))
        score(self._images, weights, network, batch, order, order.size)

    def train(
        self,
        configuration: Configuration,
        rng: np.random.Generator,
        epochs: int,
        images: int | None = None,
        *,
        going_on: tuple[Any, int] | None = None,
    ) -> Training:
        """Train a fresh network on the first `images` training images (default: all of them).

        The loss before the first step and the accuracies are those of the last 15 % of the
        training images, which validate as long as they are not trained on.

        Each epoch goes through the images in a new random order. As in Keras `fit`, a smaller
        last batch is a step of its own, its loss the mean over its own images.

        `going_on` is for showing what a comparison must not do: (a trained model, the steps made
        before) trains that model instead of a fresh one, the decay going on from there.
        """
        data = self.dataset
        model, before = going_on or (build(configuration, data.inputs, data.classes, rng), 0)
        count, size = images or len(data.x_train), int(configuration["batch_size"])
        each = -(-count // size)
        rates = learning_rates(configuration, epochs * each, before).reshape(epochs, each)
        units = [len(self._lit), *widths(configuration), data.classes]
        network = network_of(units, relu=configuration["activation"] == "relu")
        kernel, *others = model.get_weights()
        weights = packed([kernel[self._lit], *others])
        state = weights, zeros(weights.size), zeros(weights.size)
        batch = batch_of(network, max(min(size, count), SCORED))
        scored = np.arange(data.fitted, len(data.x_train))
        losses, scores = [], [score(self._images, weights, network, batch, scored, SCORED)]
        for epoch in rates:
            order = rng.permutation(count)
            losses.append(
                train_epoch(self._images, state, network, batch, order, size, pace(epoch))
            )
            scores.append(score(self._images, weights, network, batch, scored, SCORED))
        kernel[self._lit], *others = unpacked(weights, network)
        model.set_weights([kernel, *others])
        return Training(
            model=model,
            initial_loss=scores[0][0],
            losses=tuple(losses),
            accuracies=tuple(right / len(scored) for _, right in scores[1:]),
        )

    def test_accuracy(self, model: Any) -> float:
        """Share of the test images that a Keras model classifies right, 0 to 1."""
        data, tf = self.dataset, tensorflow()
        with tf.device("CPU:0"):
            pixels = tf.cast(data.x_test, tf.float32) * data.scale
            predicted = tf.argmax(model(pixels, training=False), axis=1).numpy()
        return float(np.mean(predicted == data.y_test))


def learning_rates(configuration: Configuration, steps: int, before: int = 0) -> np.ndarray:
    """Adam's step size at each step, float32 of shape (steps,).

    The rate of step t (from 0) is rate / (1 + decay * t), Keras 2's `decay`, times Adam's
    correction sqrt(1 - beta_2^(t+1)) / (1 - beta_1^(t+1)) (Kingma and Ba 2015, section 2). The
    decay counts the steps made `before`, too.
    """
    step = np.arange(steps, dtype=np.float64)
    rate, decay = float(configuration["learning_rate"]), float(configuration["adam_decay"])
    correction = np.sqrt(1 - BETA_2 ** (step + 1)) / (1 - BETA_1 ** (step + 1))
    return (rate / (1 + decay * (before + step)) * correction).astype(np.float32)
