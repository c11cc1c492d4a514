"""A Keras model of one's own: an evaluation by `study`, and by Keras's own functions."""

from typing import Any

import keras
import numpy as np
import pytest

from study import Integer, keras_problem
from study.data.dataset import Dataset
from study.training.keras_fit import fit, start_session, to_pixels

EPOCHS, BATCH_SIZE, ROUNDS = 5, 32, 5


def build(_: Any) -> Any:
    """A tiny convolutional network."""
    inner = keras.layers
    layers = [inner.Reshape((8, 8, 1)), inner.Conv2D(16, 3, activation="relu"), inner.Flatten()]
    model = keras.Sequential([keras.Input((64,)), *layers, inner.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("how", ["study", "keras"])
def test_evaluation(benchmark: Any, dataset: Dataset, how: str) -> None:
    """Building, training and scoring one; always on digits, whatever the others train on."""
    if dataset.name != "digits":
        pytest.skip("the network is one for digits")
    problem = keras_problem(
        build,
        space=[Integer(name="n", low=1, high=9)],
        default={"n": 1},
        epochs=EPOCHS,
    )
    n = dataset.n_fitted
    x, y = to_pixels(dataset.x_train, dataset), dataset.y_train

    def by_keras() -> float:
        start_session(0)
        model, orders = build(None), np.random.default_rng(0)
        fit(model, x[:n], y[:n], batch_size=BATCH_SIZE, epochs=EPOCHS, rng=orders)
        return float(np.mean(model.predict(x[n:], verbose=0).argmax(axis=1) == y[n:]))

    def by_study() -> Any:
        return problem.evaluate(problem.default, 0)

    work = by_study if how == "study" else by_keras
    benchmark.pedantic(work, rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info |= {"how": how}
