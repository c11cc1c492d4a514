"""The tutorial's search space, and the Keras network of a configuration."""

import itertools
from typing import Any

import numpy as np

from study.core.dimensions import Categorical, Integer, Real
from study.core.space import Configuration, Space
from study.training.tensorflow import import_tensorflow

SPACE = Space(
    (
        Real(name="learning_rate", low=1e-4, high=1e-2, log=True),
        Integer(name="num_dense_layers", low=1, high=5),
        Integer(name="num_input_nodes", low=1, high=512),
        Integer(name="num_dense_nodes", low=1, high=28),
        Categorical(name="activation", choices=("relu", "sigmoid")),
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


def build_network(
    configuration: Configuration, inputs: int, classes: int, rng: np.random.Generator
) -> Any:
    """A fresh Keras model with Keras's default initialisers, seeded from `rng`."""
    import_tensorflow()
    import keras

    def dense(units: int, activation: str) -> Any:
        seed = int(rng.integers(2**31))
        glorot = keras.initializers.GlorotUniform(seed=seed)
        return keras.layers.Dense(units, activation=activation, kernel_initializer=glorot)

    activation = str(configuration["activation"])
    hidden = [dense(units, activation) for units in hidden_units(configuration)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, dense(classes, "softmax")])
