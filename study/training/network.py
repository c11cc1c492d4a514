"""The tutorial's search space, and the Keras network of a configuration."""

import itertools
from typing import Any

import numpy as np

from study.core.dimensions import Categorical, Integer, Real
from study.core.space import Configuration, Space
from study.training.initial import glorot_uniform
from study.training.tensorflow import import_tensorflow

Weights = list[np.ndarray]
"""The kernel, (inputs, units), and the bias, (units,), of each layer, float32: what Keras's
`get_weights` returns."""

ACTIVATIONS = ("relu", "sigmoid")
SPACE = Space(
    (
        Real(name="learning_rate", low=1e-4, high=1e-2, log=True),
        Integer(name="num_dense_layers", low=1, high=5),
        Integer(name="num_input_nodes", low=1, high=512),
        Integer(name="num_dense_nodes", low=1, high=28),
        Categorical(name="activation", choices=ACTIVATIONS),
        Integer(name="batch_size", low=1, high=128),
        Real(name="adam_decay", low=1e-6, high=1e-2),
    )
)
DEFAULT = SPACE.to_configuration([1e-3, 1, 512, 13, "relu", 64, 1e-3])
BASELINE = SPACE.to_configuration([1e-3, 1, 16, 16, "relu", 128, 0.0])


def hidden_units(configuration: Configuration) -> list[int]:
    """Units of each hidden layer: the input layer, then the dense layers."""
    layers, nodes = configuration["num_dense_layers"], configuration["num_dense_nodes"]
    return [int(configuration["num_input_nodes"]), *[int(nodes)] * int(layers)]


def parameter_count(configuration: Configuration, inputs: int, classes: int) -> int:
    """Trainable parameters, without building the network: weights and biases of each layer."""
    sizes = [inputs, *hidden_units(configuration), classes]
    return sum((a + 1) * b for a, b in itertools.pairwise(sizes))


def initial_weights(
    configuration: Configuration, inputs: int, classes: int, rng: np.random.Generator
) -> Weights:
    """Fresh weights by Keras's default initialisers: Glorot's kernels, seeded from `rng`, and 0."""
    weights = []
    for n_in, n_out in itertools.pairwise([inputs, *hidden_units(configuration), classes]):
        kernel = glorot_uniform(n_in, n_out, int(rng.integers(2**31)))
        weights += [kernel, np.zeros(n_out, np.float32)]
    return weights


def make_network(
    configuration: Configuration, inputs: int, classes: int, name: str | None = None
) -> Any:
    """The network as a Keras model of that name, with weights that Keras draws."""
    import_tensorflow()
    import keras

    activation = str(configuration["activation"])
    layers = [keras.layers.Dense(n, activation=activation) for n in hidden_units(configuration)]
    output = keras.layers.Dense(classes, activation="softmax")
    return keras.Sequential([keras.Input((inputs,)), *layers, output], name=name)


def build_network(configuration: Configuration, inputs: int, classes: int, weights: Weights) -> Any:
    """The network as a Keras model, with these weights."""
    model = make_network(configuration, inputs, classes)
    model.set_weights(weights)
    return model


def summary_text(model: Any, width: int) -> str:
    """Keras's own table of a model: layers, output shapes and parameters."""
    written: list[str] = []
    model.summary(print_fn=lambda text, **_: written.append(text), line_length=width)
    return "\n".join(written)
