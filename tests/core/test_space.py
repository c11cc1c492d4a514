from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import stats

from study.core.dimensions import Integer, Real
from study.core.space import Space, canonical
from study.training.network import BASELINE, DEFAULT, SPACE


def test_the_tutorials_space_and_points_are_as_it_has_them() -> None:
    assert msgspec.to_builtins(SPACE.dimensions) == (
        _real("learning_rate", 1e-4, 1e-2, "log"),
        _integer("num_dense_layers", 1, 5),
        _integer("num_input_nodes", 1, 512),
        _integer("num_dense_nodes", 1, 28),
        {"kind": "categorical", "name": "activation", "choices": ("relu", "sigmoid")},
        _integer("batch_size", 1, 128),
        _real("adam_decay", 1e-6, 1e-2, "uniform"),
    )
    assert SPACE.to_point(DEFAULT) == [1e-3, 1, 512, 13, "relu", 64, 1e-3]
    assert SPACE.to_point(BASELINE) == [1e-3, 1, 16, 16, "relu", 128, 0.0]
    assert DEFAULT in SPACE
    assert BASELINE not in SPACE  # its decay, 0, lies below the range


def _real(name: str, low: float, high: float, prior: str) -> dict[str, Any]:
    ends = {"low": low, "high": high}
    return {"kind": "real", "name": name, **ends, "log": prior == "log", "prior": prior}


def _integer(name: str, low: int, high: int) -> dict[str, Any]:
    return {"kind": "integer", "name": name, "low": low, "high": high, "log": False}


def test_samples_lie_in_the_space_and_are_native() -> None:
    rng = np.random.default_rng(0)
    drawn = [SPACE.sample(rng) for _ in range(500)]
    assert all(configuration in SPACE for configuration in drawn)
    assert {type(v) for c in drawn for v in c.values()} == {float, int, str}
    assert {c["num_dense_layers"] for c in drawn} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("log", [False, True])
def test_reals_are_uniform_in_what_they_say(log: bool) -> None:
    rng = np.random.default_rng(1)
    dimension = Real(name="x", low=1e-3, high=10.0, log=log)
    values = np.array([dimension.sample(rng) for _ in range(4000)])
    if log:
        uniform = (np.log(values) - np.log(1e-3)) / (np.log(10) - np.log(1e-3))
    else:
        uniform = (values - 1e-3) / (10 - 1e-3)
    assert stats.kstest(uniform, "uniform").pvalue > 0.001


def test_integers_are_uniform_with_both_ends() -> None:
    rng = np.random.default_rng(2)
    dimension = Integer(name="n", low=3, high=8)
    counts = np.bincount([dimension.sample(rng) for _ in range(6000)], minlength=9)[3:]
    assert stats.chisquare(counts).pvalue > 0.001


def test_a_logarithmic_sample_never_leaves_its_interval() -> None:
    narrow = Real(name="x", low=0.1, high=0.1 * (1 + 1e-15), log=True)
    rng = np.random.default_rng(3)
    assert all(narrow.sample(rng) in narrow for _ in range(1000))


def test_points_and_configurations_are_inverse() -> None:
    point = [np.float64(0.005), np.int64(3), np.int64(7), np.int64(4), np.str_("relu"), 2, 0.001]
    configuration = SPACE.to_configuration(point)
    assert configuration in SPACE
    assert SPACE.to_point(configuration) == point
    assert canonical(configuration) == canonical(dict(reversed(configuration.items())))


def test_a_configuration_outside_is_told_apart() -> None:
    space = Space((Integer(name="n", low=1, high=3),))
    assert {"n": 3} in space
    assert {"n": 4} not in space
    assert {"n": 2.0} not in space
    assert {"n": True} not in space
    assert {"m": 2} not in space
