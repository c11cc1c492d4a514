"""Training, an epoch in one program.

Keras `fit` spends most of its time between steps. Here all steps of an epoch are one TensorFlow
function over data that stay in memory; see `_epoch_program`. XLA compiles it where a network makes
so many steps that this pays.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.datasets import Dataset
from study.network import build, parameter_count, tensorflow, widths
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

    It remembers nothing of a training but the programs, which depend on shapes only, so no
    evaluation can influence another: weights and Adam's moments are set anew at each start.
    """

    def __init__(self, dataset: Dataset) -> None:
        tf = tensorflow()
        self.dataset = dataset
        # A pixel that is 0 in every image moves no weight, as 67 of MNIST's 784: leave it out. One
        # stays in any case, for blank images.
        self._lit = np.union1d([0], np.flatnonzero(dataset.x_train.any(axis=0)))
        with tf.device("CPU:0"):
            images = tf.constant(dataset.x_train[:, self._lit]), tf.constant(dataset.y_train)
            scored = self._pixels(images[0][dataset.fitted :]), images[1][dataset.fitted :]
            self._state = [_variables() for _ in range(3)]
        self._stepping = functools.lru_cache(maxsize=64)(
            functools.partial(_epoch_program, self._pixels, images, self._state)
        )
        self._scoring = functools.lru_cache(maxsize=64)(
            functools.partial(_scoring_program, scored, self._state[0])
        )

    @property
    def programs(self) -> int:
        """How many programs were built so far, to train and to score."""
        return sum(built.cache_info().misses for built in (self._stepping, self._scoring))

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
        tf, data = tensorflow(), self.dataset
        model, before = going_on or (build(configuration, data.inputs, data.classes, rng), 0)
        count, batch = images or len(data.x_train), int(configuration["batch_size"])
        order = batches(rng, count, batch, epochs)
        steps = order.shape[1]
        rates = learning_rates(configuration, epochs * steps, before).reshape(epochs, steps)
        units = (len(self._lit), *widths(configuration), data.classes)
        network = len(units), str(configuration["activation"])
        with tf.device("CPU:0"):
            self._take_weights(model)
            weights = parameter_count(configuration, len(self._lit), data.classes)
            pays = worth_compiling(epochs * steps, weights, len(units), batch)
            step = self._stepping(*network, (units, order.shape[1:]) if pays else None)
            score = self._scoring(*network)
            sizes, share = tf.constant(units), tf.constant(shares(count, order.shape[1:]))
            losses, scores = [], [score(sizes)]
            for epoch in zip(order, rates, strict=True):
                losses.append(step(sizes, share, *map(tf.constant, epoch)))
                scores.append(score(sizes))
            self._give_weights(model)
        return Training(
            model=model,
            initial_loss=float(scores[0][0]),
            losses=tuple(map(float, losses)),
            accuracies=tuple(
                int(right) / (len(data.x_train) - data.fitted) for _, right in scores[1:]
            ),
        )

    def _take_weights(self, model: Any) -> None:
        """Start from a model's weights, and Adam's moments from 0."""
        kernel, *others = model.get_weights()
        values = kernel[self._lit], np.concatenate([array.ravel() for array in others])
        for number, variables in enumerate(self._state):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(np.zeros_like(value) if number else value)

    def _give_weights(self, model: Any) -> None:
        """Put the trained weights into a model."""
        kernel, *others = model.get_weights()
        kernel[self._lit], rest = (variable.numpy() for variable in self._state[0])
        parts = np.split(rest, np.cumsum([array.size for array in others])[:-1])
        trained = [part.reshape(array.shape) for part, array in zip(parts, others, strict=True)]
        model.set_weights([kernel, *trained])

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

    The last batch is filled up with image 0, which `shares` gives no weight.
    """
    steps = -(-count // batch)
    order = np.zeros((epochs, steps * batch), np.int32)
    for epoch in order:
        epoch[:count] = rng.permutation(count)
    return order.reshape(epochs, steps, batch)


def shares(count: int, shape: tuple[int, int]) -> np.ndarray:
    """What each image counts for in its batch's mean loss, float32 of shape (steps, batch).

    `shape` is that of an epoch of `batches`; what fills up the last batch counts for nothing.
    """
    share = np.full(shape, 1 / shape[1], np.float32)
    if last := count % shape[1]:
        share[-1] = np.where(np.arange(shape[1]) < last, 1 / last, 0)
    return share


def compile_seconds(layers: int) -> float:
    """What XLA takes to compile a network, on one core; `layers` counts the input, too.

    A fit by eye to measured times on MNIST and digits, as is what `worth_compiling` expects.
    """
    return 0.3 + 0.05 * layers


def worth_compiling(steps: int, weights: int, layers: int, batch: int) -> bool:
    """Whether XLA saves more time than it takes to compile a network of its own.

    Every step of compiled code saves 7 microseconds per layer and, in small batches, 0.25
    nanoseconds per weight.
    """
    return steps * (7e-6 * layers + 0.25e-9 * weights / batch) > compile_seconds(layers)


def _variables() -> list[Any]:
    """A matrix and a vector of any size: a value for each weight of the networks that follow.

    The first kernel is the matrix, all else is one flat vector: far fewer operations than one
    Adam update per array.
    """
    tf = tensorflow()
    return [
        tf.Variable(tf.zeros([0] * rank), shape=tf.TensorShape([None] * rank)) for rank in (2, 1)
    ]


def _sizes(units: Sequence[Any], stack: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """Lengths of the parts of the flat vector, and the shapes of the kernels in it.

    `units` are those of the input and each layer, numbers or tensors, which `stack` joins.
    """
    pairs = list(itertools.pairwise(units[1:]))
    lengths = [units[1], *(length for a, b in pairs for length in (a * b, b))]
    return stack(lengths), [stack(pair) for pair in pairs]


def _arrays(weights: Sequence[Any], lengths: Any, shapes: Sequence[Any]) -> list[Any]:
    """Kernel and bias of each layer: the matrix, and what the flat vector is cut into."""
    tf = tensorflow()
    first, flat = (variable.read_value() for variable in weights)
    bias, *others = tf.split(flat, lengths, num=2 * len(shapes) + 1)
    kernels = [tf.reshape(k, shape) for k, shape in zip(others[::2], shapes, strict=True)]
    return [first, bias, *itertools.chain(*zip(kernels, others[1::2], strict=True))]


def _logits(arrays: Sequence[Any], activation: str, signal: Any) -> Any:
    """What the network answers to a batch: a row per image, a column per class."""
    tf = tensorflow()
    squash = getattr(tf.nn, activation)
    for layer, (kernel, bias) in enumerate(zip(arrays[::2], arrays[1::2], strict=True)):
        signal = tf.nn.bias_add(tf.matmul(squash(signal) if layer else signal, kernel), bias)
    return signal


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


def _scoring_program(
    scored: tuple[Any, Any], weights: Sequence[Any], layers: int, activation: str
) -> Any:
    """Build what scores networks of that depth and activation.

    `scored` are images, as pixels, and their labels; `layers` counts the input, too. The function
    takes the units of each layer and returns the mean loss and how many images are right.
    """
    tf = tensorflow()

    def score(units: Any) -> Any:
        arrays = _arrays(weights, *_sizes(tf.unstack(units), tf.stack))
        answers = _logits(arrays, activation, scored[0])
        right = tf.argmax(answers, axis=1, output_type=tf.int32) == scored[1]
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(scored[1], answers)
        return tf.reduce_mean(loss), tf.reduce_sum(tf.cast(right, tf.int32))

    signature = (tf.TensorSpec([layers], tf.int32),)
    return tf.function(score, input_signature=signature, autograph=False).get_concrete_function()


def _epoch_program(  # noqa: PLR0917 (lru_cache counts f(a, b=1) and f(a, 1) as two)
    pixels: Callable[[Any], Any],
    images: tuple[Any, Any],
    state: Sequence[Sequence[Any]],
    layers: int,
    activation: str,
    fixed: tuple[tuple[int, ...], tuple[int, int]] | None,
) -> Any:
    """Build an epoch of training as one function.

    `images` are all training images as stored, and their labels; `layers` counts the network's
    layers and its input. With `fixed`, (units of each layer, shape of the batches), XLA compiles it
    for these; without, it is a graph that takes any, so that all networks of that depth and
    activation share it. Scoring is a program of its own: it would double what there is to compile.

    `state` is the weights, and Adam's means and squares of each; see `_variables`. The function
    trains in place what is there. It takes the units, shares, batches and step sizes: learning
    rate, decay and seed are inputs. It returns the mean loss.
    """
    tf = tensorflow()
    known, (steps, batch) = fixed or (None, (None, None))
    signature = (
        tf.TensorSpec([layers], tf.int32),
        tf.TensorSpec([steps, batch]),
        tf.TensorSpec([steps, batch], tf.int32),
        tf.TensorSpec([steps]),
    )

    def run(units: Any, share: Any, order: Any, rates: Any) -> Any:
        sizes = _sizes(known, list) if known else _sizes(tf.unstack(units), tf.stack)
        seen = tf.reduce_sum(tf.cast(share > 0, tf.float32), axis=1)

        def step(t: Any, total: Any) -> Any:
            chosen = tf.gather(order, t)
            x, y = (tf.gather(stored, chosen) for stored in images)
            counts, arrays = tf.gather(share, t), _arrays(state[0], *sizes)
            with tf.GradientTape() as tape:
                tape.watch(arrays)
                answers = _logits(arrays, activation, pixels(x))
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(y, answers)
            first, *others = tape.gradient(loss, arrays, output_gradients=counts)
            gradients = first, tf.concat([tf.reshape(other, [-1]) for other in others], axis=0)
            for kept, mean, square, gradient in zip(*state, gradients, strict=True):
                _adam(kept, mean, square, gradient, tf.gather(rates, t))
            return t + 1, total + tf.reduce_sum(loss * counts) * tf.gather(seen, t)

        end = steps or tf.shape(order)[0]
        _, total = tf.while_loop(lambda t, *_: t < end, step, (0, 0.0))
        return total / tf.reduce_sum(seen)

    built = tf.function(run, input_signature=signature, jit_compile=bool(fixed), autograph=False)
    return built.get_concrete_function()
