"""A user's own Keras model as `fit` trains it, without what `fit` does between steps.

The model's own `train_step`, `test_step` and `predict_step` do the work. Of each only what pays is
compiled: all steps of an epoch as one function, and a few large batches not at all.
"""

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from study.core.memory import new_garbage_collected
from study.training.keras_fit import fit, start_session
from study.training.tensorflow import import_tensorflow

LARGE_BATCH = 512  # images that are scored at once; more would take memory and no less time
FEW_BATCHES = 2  # to compile takes as long as to score some more of them uncompiled
REPLACEABLE = (
    *("fit", "evaluate", "predict"),
    *("make_train_function", "make_test_function", "make_predict_function"),
)
"""Methods of a Keras model of which this module knows what Keras's own do."""


@contextlib.contextmanager
def fresh_session(seed: int) -> Iterator[None]:
    """Repeat all randomness from a seed, and release the models that the body makes and drops."""
    import_tensorflow()
    with new_garbage_collected():
        start_session(seed, collect=False)
        yield


def is_ordinary(model: Any) -> bool:
    """Whether a compiled model takes steps as Keras's do: compiled, on one device, not its own."""
    import keras

    tf = import_tensorflow()
    replaced = any(getattr(type(model), n) is not getattr(keras.Model, n) for n in REPLACEABLE)
    one_device = model.distribute_strategy is tf.distribute.get_strategy()
    return one_device and not (replaced or model.run_eagerly)


def evaluate_loss(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    """The loss on images and labels, as by Keras's `evaluate`; builds what is not built yet."""
    if not is_ordinary(model):
        return float(model.evaluate(x, y, verbose=0, return_dict=True)["loss"])
    tf = import_tensorflow()
    model.reset_metrics()
    for some in large_batches(len(x)):
        logs = model.test_step((tf.constant(x[some]), tf.constant(y[some])))
    return float(logs["loss"])


def predict(model: Any, x: np.ndarray) -> np.ndarray:
    """The outputs for images, as by Keras's `predict`."""
    batches = large_batches(len(x))
    if len(batches) > FEW_BATCHES or not is_ordinary(model):
        found: np.ndarray = model.predict(x, LARGE_BATCH, verbose=0)
        return found
    tf = import_tensorflow()
    return np.concatenate([model.predict_step((tf.constant(x[some]),)) for some in batches])


def large_batches(count: int) -> list[slice]:
    """So many images in batches of `LARGE_BATCH`."""
    return [slice(first, first + LARGE_BATCH) for first in range(0, count, LARGE_BATCH)]


def train(
    model: Any,
    x: np.ndarray,
    y: np.ndarray,
    *,
    batch_size: int,
    epochs: int,
    rng: np.random.Generator,
) -> None:
    """Train a compiled Keras model in place, as `fit` of `keras_fit` does with the same arguments.

    To the same weights but for rounding; a model that is not ordinary is trained by that.
    """
    if not is_ordinary(model):
        fit(model, x, y, batch_size=batch_size, epochs=epochs, rng=rng)
        return
    tf = import_tensorflow()
    if model.built:  # else the first step would create the optimizer's state, and be traced twice
        model.optimizer.build(model.trainable_variables)
    images, labels, steps = tf.constant(x), tf.constant(y), math.ceil(len(x) / batch_size)
    step = model.train_step
    if model.jit_compile:
        step = tf.function(step, jit_compile=True, autograph=False, reduce_retracing=True)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator, unused-ignore]
    def take_steps(order: Any) -> None:
        """One epoch; each step must end before the next begins."""

        def take_step(number: Any) -> tuple[Any]:
            chosen = order[number * batch_size : (number + 1) * batch_size]
            step((tf.gather(images, chosen), tf.gather(labels, chosen)))
            return (number + 1,)

        first = (tf.constant(0),)
        tf.while_loop(lambda number: number < steps, take_step, first, parallel_iterations=1)

    for _ in range(epochs):
        model.reset_metrics()
        take_steps(tf.constant(rng.permutation(len(x))))
    model.optimizer.finalize_variable_values(model.trainable_variables)
