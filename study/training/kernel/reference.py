"""The kernel's mathematics, dense and in NumPy: what the compiled code is held to."""

import numpy as np

Arrays = list[np.ndarray]  # a kernel, (inputs, units), and a bias, (units,), of each layer
State = tuple[Arrays, Arrays, Arrays]  # the weights, and Adam's first and second moments
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


def forward(arrays: Arrays, x: np.ndarray, relu: bool) -> Arrays:
    """The images, the output of each hidden layer, and the logits; each (images, units)."""
    outputs = [x, x @ arrays[0] + arrays[1]]
    for kernel, bias in zip(arrays[2::2], arrays[3::2], strict=True):
        outputs[-1] = np.maximum(outputs[-1], 0) if relu else 1 / (1 + np.exp(-outputs[-1]))
        outputs.append(outputs[-1] @ kernel + bias)
    return outputs


def backward(arrays: Arrays, x: np.ndarray, y: np.ndarray, relu: bool) -> tuple[float, Arrays]:
    """The mean softmax cross-entropy, and its gradient with respect to every array."""
    *outputs, logits = forward(arrays, x, relu)
    delta = np.exp(logits - logits.max(axis=1, keepdims=True))
    delta /= delta.sum(axis=1, keepdims=True)
    loss = -float(np.log(delta[np.arange(len(y)), y]).mean())
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    gradients: Arrays = []
    for below, kernel in zip(reversed(outputs), arrays[-2::-2], strict=True):
        gradients = [below.T @ delta, delta.sum(axis=0), *gradients]
        delta = (delta @ kernel.T) * ((below > 0) if relu else below * (1 - below))
    return loss, gradients


def step_size(learning_rate: float, decay: float, step: int) -> float:
    """Adam's, in a step counted from 0: Keras 2's decay times the bias correction."""
    correction = float(np.sqrt(1 - BETA_2 ** (step + 1)) / (1 - BETA_1 ** (step + 1)))
    return learning_rate / (1 + decay * step) * correction


def adam_step(state: State, gradients: Arrays, size: float) -> None:
    """One step of that size, in place."""
    for array, mean, square, gradient in zip(*state, gradients, strict=True):
        mean[:] += (1 - BETA_1) * (gradient - mean)
        square[:] += (1 - BETA_2) * (gradient**2 - square)
        array[:] -= size * mean / (np.sqrt(square) + EPSILON)


def train_epoch(
    state: State, x: np.ndarray, y: np.ndarray, batch_size: int, sizes: list[float], relu: bool
) -> float:
    """Train in place on images in this order, a step of each size; return their mean loss."""
    losses = []
    for start, size in zip(range(0, len(x), batch_size), sizes, strict=True):
        batch = slice(start, start + batch_size)
        loss, gradients = backward(state[0], x[batch], y[batch], relu)
        adam_step(state, gradients, size)
        losses += [loss] * len(y[batch])
    return float(np.mean(losses))
