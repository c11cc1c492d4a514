"""Keras `fit` as this package calls it."""

import math
import random
from typing import Any

import keras
import numpy as np
import pytest

from study.data.dataset import Dataset
from study.training.keras_fit import (
    compiled_network,
    fit,
    start_session,
    to_pixels,
    undisturbed_seeds,
)
from study.training.kernel.reference import BETA_1, BETA_2, step_size
from study.training.network import BASELINE, DEFAULT
from study.training.tensorflow import import_tensorflow


def test_pixels_lie_between_0_and_1(digits: Dataset) -> None:
    pixels = to_pixels(digits.x_train, digits)
    assert pixels.dtype == np.float32
    assert pixels.shape == digits.x_train.shape
    assert (pixels.min(), pixels.max()) == (0, 1)


def test_adam_is_keras_2s(digits: Dataset) -> None:
    """One weight, gradient 1 at every step: what Adam subtracts is the step size."""
    tf = import_tensorflow()
    configuration = {**BASELINE, "learning_rate": 0.01, "adam_decay": 0.1}
    optimizer = compiled_network(configuration, digits, np.random.default_rng(0)).optimizer
    lone = keras.optimizers.Adam.from_config(optimizer.get_config())
    weight, steps = keras.Variable(0.0), []
    for _ in range(20):
        before = float(weight.value)
        lone.apply([tf.constant(1.0)], [weight])
        steps.append(before - float(weight.value))
    # With gradient 1, both corrected moments are 1 but for epsilon.
    k = np.arange(1, 21)
    moments = (1 - BETA_1**k) / np.sqrt(1 - BETA_2**k)
    expected = [step_size(0.01, 0.1, step) for step in range(20)]
    np.testing.assert_allclose(steps, expected * moments, rtol=1e-4)


def test_without_validation_there_is_nothing_to_report_of_it(digits: Dataset) -> None:
    start_session(0)
    model = compiled_network(BASELINE, digits, np.random.default_rng(0))
    pixels = to_pixels(digits.x_train, digits)
    done = fit(model, pixels, digits.y_train, batch_size=128, epochs=2, evaluate_first=True)
    assert math.isnan(done.initial_loss)
    assert done.accuracies == ()
    assert done.losses[1] < done.losses[0]


@pytest.mark.slow
def test_the_validation_images_are_those_of_validation_split(digits: Dataset) -> None:
    """Keras's own way to name them, as the tutorial does."""
    pixels, images, labels = to_pixels(digits.x_train, digits), digits.n_fitted, digits.y_train
    start_session(0)
    model = compiled_network(DEFAULT, digits, np.random.default_rng(0))
    validation = pixels[images:], labels[images:]
    ours = fit(
        model, pixels[:images], labels[:images], batch_size=64, epochs=2, validation=validation
    )
    start_session(0)
    model = compiled_network(DEFAULT, digits, np.random.default_rng(0))
    theirs = model.fit(pixels, labels, 64, 2, validation_split=0.15, verbose=0).history
    assert ours.losses == tuple(theirs["loss"])
    assert ours.accuracies == tuple(theirs["val_accuracy"])


def test_every_epoch_has_an_order_of_its_own() -> None:
    """Which Keras's own shuffling has not once it is seeded."""
    tf = import_tensorflow()
    seen: list[int] = []

    class Recorder(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            tf.py_function(lambda images: seen.extend(map(int, images.numpy()[:, 0])), [x], [])
            return x

    x = np.arange(30, dtype=np.float32)[:, None]
    model = keras.Sequential([keras.Input((1,)), Recorder(), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    fit(model, x, x, batch_size=8, epochs=3, rng=np.random.default_rng(0))
    rng = np.random.default_rng(0)
    assert seen == [image for _ in range(3) for image in rng.permutation(30)]


def test_another_thread_does_not_change_the_seeds_of_layers() -> None:
    """They are those of Keras's own `set_random_seed`, whoever draws from the global generator."""

    def weights(disturb: bool) -> list[np.ndarray]:
        start_session(7)
        first = keras.layers.Dense(4)
        if disturb:
            random.random()
        model = keras.Sequential([keras.Input((3,)), first, keras.layers.Dense(2)])
        return model.get_weights()  # type: ignore[no-any-return]

    plain, disturbed = weights(disturb=False), weights(disturb=True)
    assert any((a != b).any() for a, b in zip(plain, disturbed, strict=True))
    with undisturbed_seeds(7):
        assert all((a == b).all() for a, b in zip(plain, weights(disturb=False), strict=True))
    with undisturbed_seeds(7):
        assert all((a == b).all() for a, b in zip(plain, weights(disturb=True), strict=True))
