import math

import numpy as np
import pytest
from scipy import stats

from study.core.space import Configuration
from study.replication.claims import GBRT_WINNER, GP_WINNER
from study.training.network import BASELINE, DEFAULT, build_network, parameter_count


@pytest.mark.parametrize(
    ("configuration", "count"),
    [(BASELINE, 13_002), (GP_WINNER, 5_637), (GBRT_WINNER, 316_581), (DEFAULT, 408_729)],
)
def test_networks_have_the_tutorials_parameters(configuration: Configuration, count: int) -> None:
    model = build_network(configuration, 784, 10, np.random.default_rng(0))
    assert model.count_params() == parameter_count(configuration, 784, 10) == count


def test_layers_are_the_tutorials() -> None:
    model = build_network(GP_WINNER, 784, 10, np.random.default_rng(0))
    assert [layer.units for layer in model.layers] == [7, 4, 4, 4, 4, 10]
    activations = [layer.activation.__name__ for layer in model.layers]
    assert activations == ["sigmoid"] * 5 + ["softmax"]


def test_initial_weights_are_glorots_and_the_seeds_own() -> None:
    first, again, other = (
        build_network(DEFAULT, 784, 10, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    kernel = first.get_weights()[0]
    limit = math.sqrt(6 / (784 + 512))
    assert stats.kstest((kernel.ravel()[:5000] / limit + 1) / 2, "uniform").pvalue > 0.001
    assert np.array_equal(kernel, again.get_weights()[0])
    assert not np.array_equal(kernel, other.get_weights()[0])
    layers = build_network({**DEFAULT, "num_input_nodes": 13}, 13, 13, np.random.default_rng(0))
    assert not np.array_equal(layers.get_weights()[0], layers.get_weights()[2])
