"""Training by the package's own compiled code, many times as fast as Keras `fit`.

Keras `fit` spends most of its time between steps, and its import takes longer than many trainings.
Here initial weights are drawn as Keras draws them, and `study.training.kernel` does the rest.
"""

import time

import numpy as np

from study.core.space import Configuration
from study.data.dataset import Dataset
from study.training.kernel import (
    NetworkShape,
    State,
    adam_schedules,
    allocate_batch,
    evaluate,
    network_shape,
    pack_weights,
    prepare_images,
    train_epoch,
    unpack_weights,
)
from study.training.network import ACTIVATIONS, Weights, initial_weights
from study.training.trainer import Trainer, Training


class CompiledTrainer(Trainer):
    """A dataset laid out for the compiled kernel."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        # A pixel that is 0 in every image changes no weight, as 67 of MNIST's 784: leave it out.
        self._used = np.flatnonzero(dataset.x_train.any(axis=0))
        pixels = dataset.x_train[:, self._used]
        self._images = prepare_images(pixels, dataset.y_train, dataset.scale)
        self._test_images = prepare_images(dataset.x_test, dataset.y_test, dataset.scale)
        self._compile()

    def _compile(self) -> None:
        """Compile, or load what was compiled: the first training must not take longer."""
        units = [len(self._used), 1, self.dataset.classes]
        shape, image = network_shape(units, relu=True), np.arange(1)
        sizes = (units[:2], units[1:2], units[1:], units[2:])
        state = pack_weights([np.zeros(size, np.float32) for size in sizes])
        batch = allocate_batch(shape, image.size)
        (schedule,) = adam_schedules(0.0, 0.0, epochs=1, steps=1)
        train_epoch(self._images, state, shape, batch, image, image.size, schedule)
        evaluate(self._images, state, shape, batch, image)

    def train(
        self,
        configuration: Configuration,
        rng: np.random.Generator,
        epochs: int,
        images: int | None = None,
    ) -> tuple[Weights, Training]:
        weights = initial_weights(configuration, self.dataset.inputs, self.dataset.classes, rng)
        return self.train_on(weights, configuration, rng, epochs, images)

    def train_on(
        self,
        weights: Weights,
        configuration: Configuration,
        rng: np.random.Generator,
        epochs: int,
        images: int | None = None,
        *,
        steps_before: int = 0,
    ) -> tuple[Weights, Training]:
        """Train a network on from the weights that it has; see `train`.

        Adam's moments start at 0. `steps_before` are steps that the decay counts as made.
        """
        data = self.dataset
        count, batch_size = images or len(data.x_train), int(configuration["batch_size"])
        kernel, *others = weights
        shape, state = lay_out(configuration, [kernel[self._used], *others])
        batch = allocate_batch(shape, min(batch_size, count))
        validation = np.arange(data.n_fitted, len(data.x_train))
        rate, decay = float(configuration["learning_rate"]), float(configuration["adam_decay"])
        steps = -(-count // batch_size)
        initial_loss, _ = evaluate(self._images, state, shape, batch, validation)
        losses, accuracies, validation_losses, seconds = [], [], [], []
        for schedule in adam_schedules(rate, decay, epochs, steps, steps_before):
            began = time.perf_counter()
            order = rng.permutation(count)
            losses.append(
                train_epoch(self._images, state, shape, batch, order, batch_size, schedule)
            )
            loss, hits = evaluate(self._images, state, shape, batch, validation)
            accuracies.append(hits / len(validation))
            validation_losses.append(loss)
            seconds.append(time.perf_counter() - began)
        trained, kernel = unpack_weights(state, shape), kernel.copy()
        kernel[self._used] = trained[0]
        training = Training(
            initial_loss=initial_loss,
            losses=tuple(losses),
            accuracies=tuple(accuracies),
            validation_losses=tuple(validation_losses),
            epoch_seconds=tuple(seconds),
        )
        return [kernel, *trained[1:]], training

    def test_accuracy(self, configuration: Configuration, weights: Weights) -> float:
        shape, state = lay_out(configuration, weights)
        everything = np.arange(len(self.dataset.x_test))
        batch = allocate_batch(shape, 1)
        _, hits = evaluate(self._test_images, state, shape, batch, everything)
        return float(hits / everything.size)


def lay_out(configuration: Configuration, weights: Weights) -> tuple[NetworkShape, State]:
    """A network as the kernel takes it; `weights` may lack inputs that are not used."""
    activation = configuration["activation"]
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}: it must be {' or '.join(ACTIVATIONS)}")
    units = [len(weights[0]), *(len(bias) for bias in weights[1::2])]
    return network_shape(units, relu=activation == "relu"), pack_weights(weights)
