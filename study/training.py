"""Training as one program.

Keras `fit` spends most of its time between steps. Here a whole training, all epochs and their
validation, is one TensorFlow function over data that stay in memory; see `_program`. XLA compiles
it where a network makes so many steps that this pays.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.datasets import Dataset
from study.network import build, tensorflow, widths
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
    """A dataset held in TensorFlow's memory, and the programs built for it.

    It remembers nothing of a training but the program, which depends on shapes only, so no
    evaluation can influence another: weights and Adam's moments are set anew at each start.
    """

    def __init__(self, dataset: Dataset) -> None:
        tf = tensorflow()
        self.dataset = dataset
        with tf.device("CPU:0"):
            images, labels = tf.constant(dataset.x_train), tf.constant(dataset.y_train)
            scored = (self._pixels(images[dataset.fitted :]), labels[dataset.fitted :])
            self._state = [_variables() for _ in range(3)]
        self._built = functools.lru_cache(maxsize=64)(
            functools.partial(_program, self._pixels, (images, labels), scored, self._state)
        )

    @property
    def programs(self) -> int:
        """How many programs were built so far."""
        return int(self._built.cache_info().misses)

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
        kernel, *others = model.get_weights()
        rest = np.concatenate([array.ravel() for array in others])
        count, batch = images or len(data.x_train), int(configuration["batch_size"])
        order = batches(rng, count, batch, epochs)
        rates = learning_rates(configuration, order.shape[0] * order.shape[1], before)
        units = (data.inputs, *widths(configuration), data.classes)
        pays = worth_compiling(len(rates), kernel.size + rest.size, len(units))
        fixed = (units, order.shape) if pays else None
        run = self._built(len(units), str(configuration["activation"]), fixed)
        with tf.device("CPU:0"):
            nothing = np.zeros_like(kernel), np.zeros_like(rest)
            for variables, values in zip(
                self._state, ((kernel, rest), nothing, nothing), strict=True
            ):
                for variable, value in zip(variables, values, strict=True):
                    variable.assign(value)
            inputs = np.array(units, np.int32), order, shares(count, order.shape), rates
            initial_loss, losses, correct = run(*map(tf.constant, inputs))
            kernel, rest = (variable.numpy() for variable in self._state[0])
        parts = np.split(rest, np.cumsum([array.size for array in others])[:-1])
        trained = [part.reshape(array.shape) for part, array in zip(parts, others, strict=True)]
        model.set_weights([kernel, *trained])
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


def shares(count: int, shape: tuple[int, ...]) -> np.ndarray:
    """What each image counts for in its batch's mean loss, float32 of shape (steps, batch).

    `shape` is that of `batches`; what fills up the last batch counts for nothing.
    """
    _, steps, batch = shape
    share = np.full((steps, batch), 1 / batch, np.float32)
    if last := count % batch:
        share[-1] = np.where(np.arange(batch) < last, 1 / last, 0)
    return share


def worth_compiling(steps: int, weights: int, layers: int) -> bool:
    """Whether XLA saves more time than it takes to compile a network of its own.

    `layers` counts the input, too. Fits by eye to seconds of one core on MNIST and digits:
    compiling takes 0.4 and 0.05 per layer; every step of compiled code saves 8 microseconds per
    layer and 0.15 nanoseconds per weight.
    """
    return steps * (8e-6 * layers + 0.15e-9 * weights) > 0.4 + 0.05 * layers


def _variables() -> list[Any]:
    """A matrix and a vector of any size: a value for each weight of the networks that follow.

    The first kernel is the matrix, all else is one flat vector: far fewer operations than one
    Adam update per array.
    """
    tf = tensorflow()
    return [
        tf.Variable(tf.zeros([0] * rank), shape=tf.TensorShape([None] * rank)) for rank in (2, 1)
    ]


def _unflatten(flat: Any, units: Any) -> list[Any]:
    """Cut a flat vector into the first bias, then kernel and bias of each further layer.

    `units` are those of the input and each layer, numbers or tensors.
    """
    tf = tensorflow()
    pairs = list(itertools.pairwise(units[1:]))
    lengths = [units[1], *(length for a, b in pairs for length in (a * b, b))]
    bias, *others = tf.split(flat, tf.stack(lengths), num=len(lengths))
    kernels = [tf.reshape(k, pair) for k, pair in zip(others[::2], pairs, strict=True)]
    return [bias, *itertools.chain(*zip(kernels, others[1::2], strict=True))]


def _adam(weights: Any, mean: Any, square: Any, gradient: Any, rate: Any) -> None:
    """One step of Adam, in place: one pass over memory, which is what a large network costs.

    TensorFlow's operation corrects the moments from powers of beta; here that is in the rate, see
    `learning_rates`.
    """
    tensorflow().raw_ops.ResourceApplyAdam(
        var=weights.handle,
        m=mean.handle,
        v=square.handle,
        beta1_power=0.0,
        beta2_power=0.0,
        lr=rate,
        beta1=ADAM["beta_1"],
        beta2=ADAM["beta_2"],
        epsilon=ADAM["epsilon"],
        grad=gradient,
    )


def _program(  # noqa: PLR0917 (lru_cache counts f(a, b=1) and f(a, 1) as two)
    pixels: Callable[[Any], Any],
    images: tuple[Any, Any],
    scored: tuple[Any, Any],
    state: Sequence[Sequence[Any]],
    layers: int,
    activation: str,
    fixed: tuple[tuple[int, ...], tuple[int, ...]] | None,
) -> Any:
    """Build a whole training: all epochs, and the validation after each, as one function.

    `images` are all training images as stored, and their labels; `scored` those whose loss and
    accuracy are followed, as pixels; `layers` counts the network's layers and its input. With
    `fixed`, (units of each layer, shape of the batches), XLA compiles it for these; without, it
    is a graph that takes any, so that all networks of that depth and activation share it.

    `state` is the weights, and Adam's means and squares of each; see `_variables`. The function
    trains in place what is there. It takes the units, batches, shares and step sizes: learning
    rate, decay and seed are inputs. It returns the loss before the first step, the mean loss of
    each epoch and how many scored images are right after it.
    """
    tf = tensorflow()
    squash = getattr(tf.nn, activation)
    sizes: Any
    epochs: Any
    sizes, (epochs, steps, batch) = fixed or ((None,) * layers, (None,) * 3)
    signature = (
        tf.TensorSpec([layers], tf.int32),
        tf.TensorSpec([epochs, steps, batch], tf.int32),
        tf.TensorSpec([steps, batch]),
        tf.TensorSpec([epochs * steps if fixed else None]),
    )
    weights = state[0]

    def logits(x: Any, units: Any) -> Any:
        bias, *others = _unflatten(weights[1], units)
        signal = tf.matmul(x, weights[0]) + bias
        for kernel, bias in zip(others[::2], others[1::2], strict=True):
            signal = tf.matmul(squash(signal), kernel) + bias
        return signal

    def entropy(y: Any, scores: Any) -> Any:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores)

    def run(units: Any, order: Any, share: Any, rates: Any) -> Any:
        units = sizes if fixed else tf.unstack(units)
        epochs, steps, batch = fixed[1] if fixed else tf.unstack(tf.shape(order))
        order = tf.reshape(order, (epochs * steps, batch))
        seen = tf.reduce_sum(tf.cast(share > 0, tf.float32), axis=1)

        def step(t: Any, total: Any) -> Any:
            x, y = (tf.gather(stored, order[t]) for stored in images)
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(entropy(y, logits(pixels(x), units)) * share[t % steps])
            gradients = tape.gradient(loss, weights)
            for kept, mean, square, gradient in zip(*state, gradients, strict=True):
                _adam(kept, mean, square, gradient, rates[t])
            return t + 1, total + loss * seen[t % steps]

        def epoch(e: Any, t: Any, losses: Any, correct: Any) -> Any:
            t, total = tf.while_loop(lambda t, *_: t < (e + 1) * steps, step, (t, 0.0))
            best = tf.argmax(logits(scored[0], units), axis=1, output_type=tf.int32)
            right = tf.reduce_sum(tf.cast(best == scored[1], tf.int32))
            losses = tf.tensor_scatter_nd_update(losses, [[e]], [total / tf.reduce_sum(seen)])
            correct = tf.tensor_scatter_nd_update(correct, [[e]], [right])
            return e + 1, t, losses, correct

        initial_loss = tf.reduce_mean(entropy(scored[1], logits(scored[0], units)))
        told = tf.zeros([epochs]), tf.zeros([epochs], tf.int32)
        end = tf.while_loop(lambda e, *_: e < epochs, epoch, (0, 0, *told))
        return initial_loss, *end[2:]

    built = tf.function(run, input_signature=signature, jit_compile=bool(fixed), autograph=False)
    return built.get_concrete_function()
