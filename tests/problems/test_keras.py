"""`keras_problem` against plain Keras `fit`, the images in a new order in each epoch."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy import stats

from study import Integer, Measurement, keras_problem
from study.data.dataset import Dataset
from study.training.keras_fit import start_session, to_pixels, undisturbed_seeds
from study.training.keras_loop import evaluate_loss

SEEDS = 16
EPOCHS = 3
NOTICED = 1 / 3  # of a standard deviation over seeds, in four of five such tests
POWER = 2.8  # standard errors


class Reshuffled(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches as Keras's documentation has users shuffle them themselves."""

    def __init__(self, x: np.ndarray, y: np.ndarray, size: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.x, self.y, self.size, self.rng = x, y, size, rng
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.size)

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        some = self.order[place * self.size : (place + 1) * self.size]
        return self.x[some], self.y[some]

    def on_epoch_end(self) -> None:
        self.order = self.rng.permutation(len(self.x))


def make_network() -> tuple[Any, Callable[[Any], Any]]:
    """One network, compiled and traced once, and what returns it with fresh weights."""
    layers = [keras.layers.Dense(16, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((64,)), *layers])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    moments = [v for v in model.optimizer.variables if v.path != model.optimizer.learning_rate.path]

    def build(_: Any) -> Any:
        for variable in moments:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        for layer in layers:
            layer.kernel.assign(keras.initializers.GlorotUniform()(layer.kernel.shape))
            layer.bias.assign(np.zeros(layer.bias.shape))
        return model

    return model, build


@pytest.mark.slow
def test_a_model_learns_as_much_as_by_plain_fit(digits: Dataset) -> None:
    """From the same weights: few epochs, so that few seeds notice a third of their spread."""
    (model, build), size = make_network(), 128
    problem = keras_problem(
        build,
        space=[Integer(name="batch_size", low=1, high=256)],
        default={"batch_size": size},
        epochs=EPOCHS,
    )
    n = digits.n_fitted
    x, y = to_pixels(digits.x_train[:n], digits), digits.y_train[:n]

    def loss() -> float:
        return evaluate_loss(model, x, y)

    ours, theirs = [], []
    for seed in range(SEEDS):
        problem.evaluate(problem.default, seed)
        ours.append(loss())
        start_session(seed, collect=False)
        with undisturbed_seeds(seed):
            build(None)
        batches = Reshuffled(x, y, size, np.random.default_rng(SEEDS + seed))
        model.fit(batches, epochs=EPOCHS, verbose=0)
        theirs.append(loss())
    d = np.subtract(ours, theirs)
    assert POWER * stats.sem(d) < NOTICED * np.std(ours, ddof=1)
    assert stats.ttest_1samp(d, 0.0).pvalue > 0.05


def test_a_table_is_a_dataset_too(tmp_path: Path) -> None:
    from sklearn.datasets import load_iris

    load_iris(as_frame=True).frame.to_csv(tmp_path / "iris.csv", index=False)

    def build(_: Any) -> Any:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
        model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy")
        return model

    problem = keras_problem(
        build,
        space=[Integer(name="unused", low=0, high=1)],
        default={"unused": 0},
        dataset=str(tmp_path / "iris.csv"),
        target="target",
        epochs=20,
    )
    outcome = problem.evaluate({"unused": 0}, 0)
    assert isinstance(outcome, Measurement)
    assert outcome.size == 4 * 3 + 3
    assert outcome.value > 0.8
