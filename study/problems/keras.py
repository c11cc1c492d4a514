"""A Keras model of one's own as a problem, trained as by Keras `fit`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from study.core.dimensions import Dimension
from study.core.objective import ACCURACY
from study.core.space import Configuration
from study.data.sources import load_dataset
from study.problems.measurement import Measurement
from study.problems.user import Problem
from study.training.keras_fit import to_pixels, undisturbed_seeds
from study.training.keras_loop import evaluate_loss, fresh_session, predict, train

CHECKED = 1_000  # images on which the loss before the first step is measured
BATCH_SIZE = 32  # Keras's own, for spaces without a dimension batch_size

Images = tuple[np.ndarray, np.ndarray]
"""float32 of shape (count, inputs), 0 to 1, and their labels."""


def keras_problem(
    build: Callable[[Configuration], Any],
    *,
    space: Sequence[Dimension],
    default: Configuration,
    baseline: Configuration | None = None,
    dataset: str = "digits",
    target: str | None = None,
    epochs: int | None = None,
) -> Problem:
    """The validation accuracy of a model, to be maximised; winners are scored on the test images.

    Parameters
    ----------
    build
        Called with a configuration; returns a compiled Keras model that takes flattened images,
        (count, inputs) in 0..1, and gives a score per class, as for the loss
        "sparse_categorical_crossentropy". Weights are seeded before it is called.
    space, default, baseline
        As in `study.Problem`. A dimension `batch_size` is the batch size of `fit`, by default 32.
    dataset, target
        As `--dataset`, whose last 15 % of training images validate, and of a table `--target`.
    epochs
        By default the dataset's, as in the study of the tutorial's network.

    Raises
    ------
    StudyError
        If the data cannot be had.
    """
    data = load_dataset(dataset, target=target)
    n_epochs = epochs or data.default_epochs

    def score(configuration: Configuration, seed: int, images: int, x: Any, y: Any) -> Measurement:
        """Train on the first so many training images, and score on others."""
        with undisturbed_seeds(seed):
            model = build(configuration)
        size = int(configuration.get("batch_size", BATCH_SIZE))
        fitted = to_pixels(data.x_train[:images], data), data.y_train[:images]
        return train_and_score(model, fitted, (to_pixels(x, data), y), size, n_epochs, seed)

    def evaluate(configuration: Configuration, seed: int) -> Measurement:
        n = data.n_fitted
        with fresh_session(seed):
            return score(configuration, seed, n, data.x_train[n:], data.y_train[n:])

    def test(configuration: Configuration, seed: int) -> Measurement:
        with fresh_session(seed):
            return score(configuration, seed, len(data.x_train), data.x_test, data.y_test)

    return Problem(
        space=space,
        default=default,
        baseline=baseline or default,
        evaluate=evaluate,
        test=test,
        objective=ACCURACY,
        build=build,
        classes=data.classes,
    )


def train_and_score(
    model: Any, fitted: Images, others: Images, batch_size: int, epochs: int, seed: int
) -> Measurement:
    """Train a compiled model, and measure its accuracy on other images."""
    before = initial_loss(model, *fitted)
    # Once seeded, Keras would go through the images in one and the same order in all epochs.
    orders = np.random.default_rng(seed)
    train(model, *fitted, batch_size=batch_size, epochs=epochs, rng=orders)
    x, y = others
    accuracy = float(np.mean(predict(model, x).argmax(axis=1) == y))
    return Measurement(value=accuracy, size=model.count_params(), initial_loss=before)


def initial_loss(model: Any, x: np.ndarray, y: np.ndarray) -> float | None:
    """The loss before the first step on some images; None if it is no cross-entropy of classes."""
    found = evaluate_loss(model, x[:CHECKED], y[:CHECKED])
    named = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    of_classes = named.replace("_", "").lower() == "sparsecategoricalcrossentropy"
    return found if of_classes else None
