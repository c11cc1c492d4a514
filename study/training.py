"""Training as one compiled program.

Keras `fit` spends most of its time between steps. Here a whole training, all epochs and their
validation, is one XLA program over data that stay in memory; see `_program`.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.datasets import Dataset
from study.network import build, tensorflow
from study.space import Configuration

ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}  # Keras's defaults


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
    """A dataset held in TensorFlow's memory, and the programs compiled for it.

    It remembers nothing of a training but the compiled code, which depends on shapes only, so
    no evaluation can influence another.
    """

    def __init__(self, dataset: Dataset) -> None:
        tf = tensorflow()
        self.dataset = dataset
        with tf.device("CPU:0"):
            images, labels = tf.constant(dataset.x_train), tf.constant(dataset.y_train)
            scored = (self._pixels(images[dataset.fitted :]), labels[dataset.fitted :])
        self._compiled = functools.lru_cache(maxsize=64)(
            functools.partial(_program, self._pixels, (images, labels), scored)
        )

    @property
    def compilations(self) -> int:
        """How many programs were compiled so far."""
        return int(self._compiled.cache_info().misses)

    def _pixels(self, images: Any) -> Any:
        """Stored images as float32 in 0..1."""
        tf = tensorflow()
        return tf.cast(images, tf.float32) * self.dataset.scale

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
        tf = tensorflow()
        data = self.dataset
        model, before = going_on or (build(configuration, data.inputs, data.classes, rng), 0)
        weights = model.get_weights()
        count, batch = images or len(data.x_train), int(configuration["batch_size"])
        order = batches(rng, count, batch, epochs)
        rates = learning_rates(configuration, order.shape[0] * order.shape[1], before)
        shapes = tuple(w.shape for w in weights)
        run = self._compiled(shapes, str(configuration["activation"]), count, order.shape)
        with tf.device("CPU:0"):
            rest = np.concatenate([w.ravel() for w in weights[1:]])
            inputs = (tf.constant(array) for array in (weights[0], rest, order, rates))
            kernel, rest, initial_loss, losses, correct = run(*inputs)
        model.set_weights([kernel.numpy(), *_unflatten(rest.numpy(), shapes[1:])])
        return Training(
            model=model,
            initial_loss=float(initial_loss),
            losses=tuple(losses.numpy().tolist()),
            accuracies=tuple((correct.numpy() / (len(data.x_train) - data.fitted)).tolist()),
        )

    def test_accuracy(self, model: Any) -> float:
        """Share of the test images that a Keras model classifies right, 0 to 1."""
        data, tf = self.dataset, tensorflow()
        with tf.device("CPU:0"):
            scores = model(self._pixels(tf.constant(data.x_test)), training=False)
            predicted = tf.argmax(scores, axis=1).numpy()
        return float(np.mean(predicted == data.y_test))


def learning_rates(configuration: Configuration, steps: int, before: int = 0) -> np.ndarray:
    """Adam's step size at each step, float32 of shape (steps,).

    The rate of step t (from 0) is rate / (1 + decay * t), Keras 2's `decay`, times Adam's
    correction sqrt(1 - beta_2^(t+1)) / (1 - beta_1^(t+1)) (Kingma and Ba 2015, section 2). The
    decay counts the steps made `before`, too.
    """
    step = np.arange(steps, dtype=np.float64)
    rate, decay = float(configuration["learning_rate"]), float(configuration["adam_decay"])
    correction = np.sqrt(1 - ADAM["beta_2"] ** (step + 1)) / (1 - ADAM["beta_1"] ** (step + 1))
    return (rate / (1 + decay * (before + step)) * correction).astype(np.float32)


def batches(rng: np.random.Generator, count: int, batch: int, epochs: int) -> np.ndarray:
    """Image numbers, int32 of shape (epochs, steps, batch), reshuffled for each epoch.

    The last batch is filled up with image 0, which `_program` gives no weight.
    """
    steps = -(-count // batch)
    order = np.zeros((epochs, steps * batch), np.int32)
    for epoch in order:
        epoch[:count] = rng.permutation(count)
    return order.reshape(epochs, steps, batch)


def _unflatten(flat: Any, shapes: tuple[tuple[int, ...], ...]) -> list[Any]:
    """Cut a flat vector (numpy or tensor) into arrays of the given shapes."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes]).tolist()
    starts = [0, *ends[:-1]]
    pieces = (flat[a:b] for a, b in zip(starts, ends, strict=True))
    if isinstance(flat, np.ndarray):
        return [p.reshape(s) for p, s in zip(pieces, shapes, strict=True)]
    tf = tensorflow()
    return [tf.reshape(p, s) for p, s in zip(pieces, shapes, strict=True)]


def _program(  # noqa: PLR0917 (lru_cache counts f(a, b=1) and f(a, 1) as two)
    pixels: Callable[[Any], Any],
    images: tuple[Any, Any],
    scored: tuple[Any, Any],
    shapes: tuple[tuple[int, ...], ...],
    activation: str,
    count: int,
    batches: tuple[int, int, int],
) -> Any:
    """Compile the training of one network shape on `count` images.

    `images` are all training images as stored, and their labels; `scored` those whose
    loss and accuracy are followed, as pixels; `shapes` those of Keras's weights; `batches` is
    (epochs, steps, images per step).

    The program takes the first kernel, all other weights as one flat vector (far fewer
    operations to compile than one Adam update per array), the batches and the step sizes; it
    returns the trained weights, the loss before the first step, the mean loss of each epoch
    and how many scored images are right after it. Learning rate, decay and seed are inputs, so
    a network that differs in them only is not compiled again.
    """
    tf = tensorflow()
    epochs, steps, batch = batches
    share = np.full((steps, batch), 1 / batch, np.float32)  # of an image in its batch's mean
    if last := count % batch:
        share[-1] = np.where(np.arange(batch) < last, 1 / last, 0)
    weights = tf.TensorSpec(shapes[0]), tf.TensorSpec([sum(map(math.prod, shapes[1:]))])
    signature = *weights, tf.TensorSpec(batches, tf.int32), tf.TensorSpec([epochs * steps])
    squash = getattr(tf.nn, activation)

    def logits(x: Any, kernel: Any, rest: Any) -> Any:
        bias, *others = _unflatten(rest, shapes[1:])
        signal = tf.matmul(x, kernel) + bias
        for weights, bias in zip(others[::2], others[1::2], strict=True):
            signal = tf.matmul(squash(signal), weights) + bias
        return signal

    def entropy(y: Any, scores: Any) -> Any:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores)

    def descend(weights: Any, x: Any, y: Any, shares: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss = tf.reduce_sum(entropy(y, logits(x, *weights)) * shares)
        return loss, tape.gradient(loss, weights)

    def adam(weights: Any, means: Any, squares: Any, gradient: Any, rate: Any) -> Any:
        b1, b2, epsilon = ADAM.values()
        means = [m + (g - m) * (1 - b1) for m, g in zip(means, gradient, strict=True)]
        squares = [s + (g * g - s) * (1 - b2) for s, g in zip(squares, gradient, strict=True)]
        moments = zip(weights, means, squares, strict=True)
        return [w - rate * m / (tf.sqrt(s) + epsilon) for w, m, s in moments], means, squares

    def run(kernel: Any, rest: Any, order: Any, rates: Any) -> Any:
        order = tf.reshape(order, (epochs * steps, batch))

        def step(t: Any, weights: Any, means: Any, squares: Any, total: Any) -> Any:
            x, y = (tf.gather(stored, order[t]) for stored in images)
            loss, gradient = descend(weights, pixels(x), y, tf.constant(share)[t % steps])
            state = adam(weights, means, squares, gradient, rates[t])
            seen = tf.where(t % steps == steps - 1, float(last or batch), float(batch))
            return t + 1, *state, total + loss * seen

        def epoch(e: Any, t: Any, *carried: Any) -> Any:
            *state, losses, correct = carried
            t, *state, total = tf.while_loop(
                lambda t, *_: t < (e + 1) * steps, step, (t, *state, 0.0)
            )
            best = tf.argmax(logits(scored[0], *state[0]), axis=1, output_type=tf.int32)
            right = tf.reduce_sum(tf.cast(best == scored[1], tf.int32))
            losses = tf.tensor_scatter_nd_update(losses, [[e]], [total / count])
            correct = tf.tensor_scatter_nd_update(correct, [[e]], [right])
            return e + 1, t, *state, losses, correct

        zeros = [tf.zeros_like(kernel), tf.zeros_like(rest)]
        initial_loss = tf.reduce_mean(entropy(scored[1], logits(scored[0], kernel, rest)))
        start = (0, 0, [kernel, rest], zeros, zeros, tf.zeros(epochs), tf.zeros(epochs, tf.int32))
        end = tf.while_loop(lambda e, *_: e < epochs, epoch, start)
        return *end[2], initial_loss, *end[5:]

    compiled = tf.function(run, input_signature=signature, jit_compile=True, autograph=False)
    return compiled.get_concrete_function()
