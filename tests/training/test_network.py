import math
from typing import Any

import keras
import numpy as np
import pytest
from scipy import stats

from study.core.space import Configuration
from study.replication.claims import GBRT_WINNER, GP_WINNER
from study.training.initial import glorot_uniform
from study.training.network import (
    BASELINE,
    DEFAULT,
    build_network,
    initial_weights,
    parameter_count,
)


@pytest.mark.parametrize(
    ("configuration", "count"),
    [(BASELINE, 13_002), (GP_WINNER, 5_637), (GBRT_WINNER, 316_581), (DEFAULT, 408_729)],
)
def test_networks_have_the_tutorials_parameters(configuration: Configuration, count: int) -> None:
    model = fresh(configuration)
    assert model.count_params() == parameter_count(configuration, 784, 10) == count


def fresh(configuration: Configuration) -> Any:
    """The Keras model with fresh weights."""
    weights = initial_weights(configuration, 784, 10, np.random.default_rng(0))
    return build_network(configuration, 784, 10, weights)


def test_layers_are_the_tutorials() -> None:
    model = fresh(GP_WINNER)
    assert [layer.units for layer in model.layers] == [7, 4, 4, 4, 4, 10]
    activations = [layer.activation.__name__ for layer in model.layers]
    assert activations == ["sigmoid"] * 5 + ["softmax"]


def test_initial_weights_are_kerass_bit_for_bit() -> None:
    """Those of `Dense` with an initialiser of the seed that a layer has."""
    seeds = np.random.default_rng(3)
    weights = initial_weights(DEFAULT, 784, 10, np.random.default_rng(3))
    assert [array.dtype for array in weights] == ["float32"] * len(weights)
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        initializer = keras.initializers.GlorotUniform(seed=int(seeds.integers(2**31)))
        layer = keras.layers.Dense(kernel.shape[1], kernel_initializer=initializer)
        layer.build((None, kernel.shape[0]))
        assert [array.tobytes() for array in layer.get_weights()] == [
            kernel.tobytes(),
            bias.tobytes(),
        ]


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (2, 1), (64, 512), (28, 28)])
@pytest.mark.parametrize("seed", [0, 1, 2**24 + 1, 1_234_567_890, 2**31 - 3, 2**31 - 2, 2**31 - 1])
def test_any_kernel_of_any_seed_is_kerass(shape: tuple[int, int], seed: int) -> None:
    expected = keras.initializers.GlorotUniform(seed=seed)(shape).numpy()
    assert glorot_uniform(*shape, seed).tobytes() == expected.tobytes()


def test_initial_weights_are_glorots_and_the_seeds_own() -> None:
    first, again, other = (
        initial_weights(DEFAULT, 784, 10, np.random.default_rng(seed))[0] for seed in (0, 0, 1)
    )
    limit = math.sqrt(6 / (784 + 512))
    assert stats.kstest((first.ravel()[:5000] / limit + 1) / 2, "uniform").pvalue > 0.001
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    square = initial_weights({**DEFAULT, "num_input_nodes": 13}, 13, 13, np.random.default_rng(0))
    assert not np.array_equal(square[0], square[2])
