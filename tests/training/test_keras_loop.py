"""Own Keras models, trained without what `fit` does between steps: to the same weights."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from study import Integer, keras_problem
from study.data.dataset import Dataset
from study.training import keras_loop
from study.training.keras_fit import fit, start_session, to_pixels
from study.training.keras_loop import evaluate_loss, is_ordinary, predict, train
from study.training.tensorflow import import_tensorflow

IMAGES, BATCH_SIZE = 200, 32  # the last batch is smaller
LOSS = "sparse_categorical_crossentropy"


def network(*layers: Any, kind: type = keras.Sequential, **compiled: Any) -> Any:
    model = kind([keras.Input((64,)), *layers, keras.layers.Dense(10, "softmax")])
    model.compile(**{"optimizer": "adam", "loss": LOSS, **compiled})
    return model


def convolutional() -> Any:
    inner = keras.layers
    return network(inner.Reshape((8, 8, 1)), inner.Conv2D(4, 3), inner.Flatten(), metrics=["acc"])


def noisy() -> Any:
    """What remembers, and what draws by chance, in every step."""
    inner = keras.layers
    averaging = keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True)
    return network(inner.BatchNormalization(), inner.Dropout(0.5), optimizer=averaging)


def regularised() -> Any:
    """Unbuilt until the first step."""
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, 3, 0.9)
    decaying = keras.layers.Dense(8, "relu", kernel_regularizer="l2")
    model = keras.Sequential([decaying, keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, clipnorm=0.1), loss)
    return model


class OwnStep(keras.Sequential):  # type: ignore[misc]
    """Trains twice in each step."""

    def train_step(self, data: Any) -> Any:
        super().train_step(data)
        return super().train_step(data)


def own_step() -> Any:
    return network(kind=OwnStep)


def compiled_by_xla() -> Any:
    return network(keras.layers.Dense(8, "relu"), jit_compile=True)


@pytest.fixture
def images(digits: Dataset) -> tuple[np.ndarray, np.ndarray]:
    return to_pixels(digits.x_train[:IMAGES], digits), digits.y_train[:IMAGES]


@pytest.mark.parametrize("build", [convolutional, noisy, regularised, own_step, compiled_by_xla])
def test_weights_are_those_of_fit(
    build: Callable[[], Any], images: tuple[np.ndarray, np.ndarray]
) -> None:
    def weights(trainer: Callable[..., Any]) -> list[np.ndarray]:
        start_session(3, collect=False)
        model = build()
        assert is_ordinary(model)
        model.build((None, 64))
        evaluate_loss(model, *images)  # which must change nothing
        trainer(model, *images, batch_size=BATCH_SIZE, epochs=2, rng=np.random.default_rng(3))
        return [variable.numpy() for variable in model.variables]

    for ours, theirs in zip(weights(train), weights(fit), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_scores_are_those_of_keras(digits: Dataset) -> None:
    x, y = to_pixels(digits.x_train, digits), digits.y_train
    start_session(3, collect=False)
    model = regularised()
    assert len(keras_loop.large_batches(900)) <= keras_loop.FEW_BATCHES
    assert len(keras_loop.large_batches(len(x))) > keras_loop.FEW_BATCHES
    loss = evaluate_loss(model, x, y)
    assert loss == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-5)
    for count in (900, len(x)):
        ours = predict(model, x[:count])
        np.testing.assert_allclose(ours, model.predict(x[:count], verbose=0), rtol=1e-4, atol=1e-5)


class OwnFit(keras.Sequential):  # type: ignore[misc]
    def fit(self, *arguments: Any, **options: Any) -> Any:
        self.fitted = True
        return super().fit(*arguments, **options)


@pytest.mark.slow
def test_a_model_that_is_not_ordinary_is_fitted_by_keras(
    images: tuple[np.ndarray, np.ndarray],
) -> None:
    how: dict[str, Any] = {"batch_size": 100, "epochs": 1, "rng": np.random.default_rng(0)}
    own = network(kind=OwnFit)
    eager = network(run_eagerly=True)
    with import_tensorflow().distribute.MirroredStrategy().scope():
        mirrored = network()
    for model in (own, eager, mirrored):
        assert not is_ordinary(model)
        before = evaluate_loss(model, *images)
        train(model, *images, **how)
        assert evaluate_loss(model, *images) < before
        assert predict(model, images[0]).shape == (IMAGES, 10)
    assert own.fitted


def test_an_evaluation_is_the_same_at_any_place_and_leaves_no_model() -> None:
    made: list[Any] = []

    def build(configuration: Any) -> Any:
        model = noisy()
        made.append(weakref.ref(model))
        if configuration["n"] == 2:
            raise ValueError("no")
        return model

    problem = keras_problem(
        build, space=[Integer(name="n", low=1, high=3)], default={"n": 1}, epochs=1
    )
    first = problem.evaluate({"n": 1}, 5)
    with pytest.raises(ValueError, match="no"):
        problem.evaluate({"n": 2}, 5)
    assert problem.evaluate({"n": 1}, 6) != first
    assert problem.evaluate({"n": 1}, 5) == first
    assert [reference() for reference in made] == [None] * 4
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
