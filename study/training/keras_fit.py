"""Plain Keras `fit`, for the tutorial's network as a comparison, and for unusual own models."""

import contextlib
import math
import random
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from study.core.space import Configuration
from study.data.dataset import Dataset
from study.training.network import Weights, build_network, initial_weights
from study.training.tensorflow import import_tensorflow
from study.training.trainer import Trainer, Training


def to_pixels(images: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Images of a dataset as Keras trains on them: float32 of the same shape, 0 to 1."""
    return np.asarray(images * np.float32(dataset.scale), np.float32)


def start_session(seed: int | None = None, *, collect: bool = True) -> None:
    """Release the models of earlier trainings; with a seed, 0 to 2**32 - 1, repeat all randomness.

    Unless they are to `collect`, those that refer to themselves stay until Python looks for them.

    Side effect of a seed: seeds the global generators of Python, numpy and TensorFlow, from which
    Keras draws initial weights, dropout and order. From then on, `fit` goes through the images in
    the same shuffled order in every epoch: TensorFlow restarts its generator with each.
    """
    import_tensorflow()
    import keras

    keras.backend.clear_session(free_memory=collect)
    if seed is not None:
        keras.utils.set_random_seed(seed)


@contextlib.contextmanager
def undisturbed_seeds(seed: int) -> Iterator[None]:
    """Have Keras draw the seeds of new layers from a generator of their own.

    It draws the same ones from Python's global generator, but there a thread of Dask's or of
    somebody else's may draw in between.
    """
    from keras.src.random import seed_generator

    shared = seed_generator.python_random
    seed_generator.python_random = random.Random(seed)  # noqa: S311 (no secret)
    try:
        yield
    finally:
        seed_generator.python_random = shared


def compiled_network(
    configuration: Configuration, dataset: Dataset, rng: np.random.Generator
) -> Any:
    """The tutorial's network, fresh and ready for `fit`: Adam with Keras 2's decay, cross-entropy.

    Keras 2's `decay` is rate / (1 + decay * t) in step t, counted from 0.
    """
    sizes = dataset.inputs, dataset.classes
    weights = initial_weights(configuration, *sizes, rng)
    model = build_network(configuration, *sizes, weights)
    import keras

    rate, decay = float(configuration["learning_rate"]), float(configuration["adam_decay"])
    schedule = keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)
    adam = keras.optimizers.Adam(schedule)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(
    model: Any,
    x: np.ndarray,
    y: np.ndarray,
    *,
    batch_size: int,
    epochs: int,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    evaluate_first: bool = False,
    rng: np.random.Generator | None = None,
) -> Training:
    """Train a Keras model by its `fit`, in place.

    Parameters
    ----------
    model
        Compiled; if there are validation images, with the metrics ["accuracy"].
    x, y
        Images, float32 of shape (count, inputs), see `to_pixels`; labels, int32 of shape (count,).
    batch_size, epochs
        As for Keras; a smaller last batch is a step of its own.
    validation
        Images and labels on which to validate after each epoch, in batches of the same size.
    evaluate_first
        Whether to measure the loss on them before the first step, too.
    rng
        Draws the order of the images in each epoch; by default Keras shuffles, see
        `start_session`.
    """
    initial_loss = math.nan
    if evaluate_first and validation is not None:
        initial_loss, _ = model.evaluate(*validation, batch_size=batch_size, verbose=0)
    clock = epoch_clock()
    options = {
        "validation_data": validation,
        "validation_batch_size": batch_size,
        "callbacks": [clock],
        "verbose": 0,
    }
    if rng is None:
        history = model.fit(x, y, epochs=epochs, batch_size=batch_size, **options).history
    else:
        batches = shuffled_batches(x, y, batch_size, epochs, rng)
        steps = math.ceil(len(x) / batch_size)
        history = model.fit(
            batches, epochs=epochs, steps_per_epoch=steps, shuffle=False, **options
        ).history
    return Training(
        initial_loss=float(initial_loss),
        losses=tuple(map(float, history["loss"])),
        accuracies=tuple(map(float, history.get("val_accuracy", ()))),
        validation_losses=tuple(map(float, history.get("val_loss", ()))),
        epoch_seconds=tuple(clock.seconds),
    )


def epoch_clock() -> Any:
    """A Keras callback whose list `seconds` has what each epoch took, training and validating."""
    import keras

    class EpochClock(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.seconds: list[float] = []
            self._began = 0.0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's)
            self._began = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras's)
            self.seconds.append(time.perf_counter() - self._began)

    return EpochClock()


def shuffled_batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, epochs: int, rng: np.random.Generator
) -> Any:
    """All batches of all epochs, each epoch in an order of its own, as a TensorFlow dataset."""
    tf = import_tensorflow()
    images, labels = tf.constant(x), tf.constant(y)
    orders = np.array([rng.permutation(len(x)) for _ in range(epochs)])

    def to_batches(order: Any) -> Any:
        return tf.data.Dataset.from_tensor_slices(order).batch(batch_size)

    indices = tf.data.Dataset.from_tensor_slices(orders).flat_map(to_batches)
    return indices.map(lambda chosen: (tf.gather(images, chosen), tf.gather(labels, chosen)))


class KerasTrainer(Trainer):
    """The tutorial's network by plain Keras `fit`: what the compiled trainer is held to.

    Initial weights and orders are those that the compiled trainer draws from the same generator.
    A model is released when the next training begins, all but some 5 MB that TensorFlow keeps of
    every model that it compiled.
    """

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self._pixels = to_pixels(dataset.x_train, dataset)
        import_tensorflow()

    def train(
        self,
        configuration: Configuration,
        rng: np.random.Generator,
        epochs: int,
        images: int | None = None,
    ) -> tuple[Weights, Training]:
        data, pixels = self.dataset, self._pixels
        start_session()
        model = compiled_network(configuration, data, rng)
        training = fit(
            model,
            pixels[:images],
            data.y_train[:images],
            batch_size=int(configuration["batch_size"]),
            epochs=epochs,
            validation=(pixels[data.n_fitted :], data.y_train[data.n_fitted :]),
            evaluate_first=True,
            rng=rng,
        )
        return model.get_weights(), training

    def test_accuracy(self, configuration: Configuration, weights: Weights) -> float:
        data, tf = self.dataset, import_tensorflow()
        model = build_network(configuration, data.inputs, data.classes, weights)
        with tf.device("CPU:0"):
            probabilities = model(to_pixels(data.x_test, data), training=False).numpy()
        return float(np.mean(probabilities.argmax(axis=1) == data.y_test))
