"""A Keras model of one's own as a problem, trained by Keras `fit`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from study.core.dimensions import Dimension
from study.core.objective import ACCURACY
from study.core.space import Configuration
from study.data.sources import load_dataset
from study.problems.user import Measurement, Problem
from study.training.keras_fit import fit, start_session, to_pixels, undisturbed_seeds

CHECKED = 1_000  # images on which the loss before the first step is measured
BATCH_SIZE = 32  # Keras's own, for spaces without a dimension batch_size


def keras_problem(
    build: Callable[[Configuration], Any],
    *,
    space: Sequence[Dimension],
    default: Configuration,
    baseline: Configuration | None = None,
    dataset: str = "digits",
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
    dataset
        As `--dataset`; the last 15 % of its training images validate.
    epochs
        By default the dataset's, as in the study of the tutorial's network.

    Raises
    ------
    StudyError
        If the data cannot be had.
    """
    data = load_dataset(dataset)
    n_epochs = epochs or data.default_epochs

    def train_model(configuration: Configuration, seed: int, images: int) -> tuple[Any, Any]:
        """A model trained on the first so many training images, and its loss before."""
        start_session(seed)
        with undisturbed_seeds(seed):
            model = build(configuration)
        size = int(configuration.get("batch_size", BATCH_SIZE))
        x, y = to_pixels(data.x_train[:images], data), data.y_train[:images]
        # Once seeded, Keras would go through the images in one and the same order in all epochs.
        orders, before = np.random.default_rng(seed), initial_loss(model, x, y)
        return fit(model, x, y, batch_size=size, epochs=n_epochs, rng=orders).model, before

    def evaluate(configuration: Configuration, seed: int) -> Measurement:
        trained, x = train_model(configuration, seed, data.n_fitted), data.x_train[data.n_fitted :]
        return measure(*trained, to_pixels(x, data), data.y_train[data.n_fitted :])

    def test(configuration: Configuration, seed: int) -> Measurement:
        trained, x = train_model(configuration, seed, len(data.x_train)), data.x_test
        return measure(*trained, to_pixels(x, data), data.y_test)

    return Problem(
        space=space,
        default=default,
        baseline=baseline or default,
        evaluate=evaluate,
        test=test,
        objective=ACCURACY,
        classes=data.classes,
    )


def measure(model: Any, before: float | None, x: np.ndarray, y: np.ndarray) -> Measurement:
    """The accuracy of a trained model on some images, its size, and its loss before."""
    predicted = model.predict(x, verbose=0).argmax(axis=1)
    return Measurement(
        value=float(np.mean(predicted == y)), size=model.count_params(), initial_loss=before
    )


def initial_loss(model: Any, x: np.ndarray, y: np.ndarray) -> float | None:
    """The loss before the first step on some images; None if it is no cross-entropy of classes."""
    named = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    if named.replace("_", "").lower() != "sparsecategoricalcrossentropy":
        return None
    found = model.evaluate(x[:CHECKED], y[:CHECKED], verbose=0)
    return float(found[0] if isinstance(found, list) else found)
