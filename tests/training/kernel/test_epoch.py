"""The compiled steps against the same mathematics in double precision."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.training.kernel import epoch, layout, lazy_adam
from study.training.kernel.simd import exp

Arrays = list[np.ndarray]

SHAPES = st.lists(st.integers(1, 150), min_size=3, max_size=5)  # several blocks, and parts of one


def network(units: list[int], rng: np.random.Generator) -> Arrays:
    """A kernel and a bias for each layer."""
    sizes = [size for pair in itertools.pairwise(units) for size in (pair, pair[1:])]
    return [rng.normal(0, 0.3, size).astype(np.float32) for size in sizes]


def drawn(units: list[int], count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Images of which half the pixels are 0, and their labels."""
    x = rng.integers(0, 256, (count, units[0])) * (rng.random((count, units[0])) < 0.5)
    return x.astype(np.uint8), rng.integers(0, units[-1], count).astype(np.int32)


def signals(arrays: Arrays, x: np.ndarray, relu: bool) -> Arrays:
    """What each layer puts out, and before that the input; last the logits."""
    found = [x]
    for kernel, bias in zip(arrays[::2], arrays[1::2], strict=True):
        if len(found) > 1:
            z = found[-1]
            found[-1] = np.maximum(z, 0) if relu else 1 / (1 + np.exp(-z))
        found.append(found[-1] @ kernel + bias)
    return found


def cross_entropy(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean, and its derivatives by the logits."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    loss = -float(np.log(shares[np.arange(len(y)), y]).mean())
    shares[np.arange(len(y)), y] -= 1
    return loss, shares / len(y)


def slopes(arrays: Arrays, x: np.ndarray, y: np.ndarray, relu: bool) -> tuple[float, Arrays]:
    """The loss, and its derivatives by every array."""
    found = signals(arrays, x, relu)
    loss, delta = cross_entropy(found[-1], y)
    gradients: Arrays = []
    for layer in range(len(found) - 2, -1, -1):
        below = found[layer]
        gradients = [below.T @ delta, delta.sum(axis=0), *gradients]
        delta = (delta @ arrays[2 * layer].T) * ((below > 0) if relu else below * (1 - below))
    return loss, gradients


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.integers(1, 60), st.integers(1, 70), st.booleans(), st.integers(0, 2**32))
def test_epochs_are_those_of_double_precision(
    units: list[int], count: int, size: int, relu: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    arrays, (x, y) = network(units, rng), drawn(units, count, rng)
    orders = [rng.permutation(count) for _ in range(2)]
    rates = np.full(-(-count // size), 1e-3, np.float32)
    shape = layout.network_of(units, relu=relu)
    images = layout.images_of(x, y, 1 / 255)
    weights = layout.packed(arrays)
    state = weights, layout.zeros(weights.size), layout.zeros(weights.size)
    batch = layout.batch_of(shape, max(size, 16))
    before = epoch.score(images, weights, shape, batch, orders[0], 16)
    pace = lazy_adam.pace(rates)
    losses = [epoch.train_epoch(images, state, shape, batch, order, size, pace) for order in orders]

    exact = [array.astype(float) for array in arrays]
    logits = signals(exact, x / 255, relu)[-1]
    assert before[0] == pytest.approx(cross_entropy(logits, y)[0], rel=1e-4)
    assert before[1] == pytest.approx(int((logits.argmax(axis=1) == y).sum()), abs=1)
    means, squares = ([np.zeros_like(array) for array in exact] for _ in range(2))
    for order, loss in zip(orders, losses, strict=True):
        expected = 0.0
        for start, rate in zip(range(0, count, size), rates, strict=True):
            chosen = order[start : start + size]
            each, gradients = slopes(exact, x[chosen] / 255, y[chosen], relu)
            expected += each * len(chosen) / count
            for array, mean, square, slope in zip(exact, means, squares, gradients, strict=True):
                mean[:] += (1 - lazy_adam.BETA_1) * (slope - mean)
                square[:] += (1 - lazy_adam.BETA_2) * (slope**2 - square)
                array[:] -= float(rate) * mean / (np.sqrt(square) + lazy_adam.EPSILON)
        assert loss == pytest.approx(expected, rel=1e-3)
    for ours, theirs in zip(layout.unpacked(weights, shape), exact, strict=True):
        # Adam moves a weight by its rate however small the slope: last digits count where it is 0.
        assert np.abs(ours - theirs).mean() < 1e-5


@settings(deadline=None)  # the first example compiles
@given(SHAPES, st.integers(0, 2**32))
def test_weights_come_back_as_they_were(units: list[int], seed: int) -> None:
    arrays = network(units, np.random.default_rng(seed))
    shape = layout.network_of(units, relu=True)
    for ours, theirs in zip(layout.unpacked(layout.packed(arrays), shape), arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_what_is_no_number_is_told_by_the_loss(relu: bool, layer: int) -> None:
    """Nothing between a weight and the loss may turn NaN into a number."""
    units, rng = [5, 4, 3, 3], np.random.default_rng(0)
    arrays, (x, y) = network(units, rng), drawn(units, 6, rng)
    arrays[2 * layer + 1][:] = np.nan
    shape = layout.network_of(units, relu=relu)
    weights, batch = layout.packed(arrays), layout.batch_of(shape, 6)
    loss, _ = epoch.score(layout.images_of(x, y, 1 / 255), weights, shape, batch, np.arange(6), 6)
    assert np.isnan(loss)


@settings(deadline=None)  # the first example compiles
@given(st.floats(-87, 88, width=32))
def test_the_exponential_is_exact_to_the_last_digits(x: float) -> None:
    assert exp(np.float32(x)) == pytest.approx(np.exp(x), rel=3e-7)


def test_the_exponential_ends_where_numbers_end() -> None:
    assert 0 < exp(np.float32(-1e9)) < 1e-37
    assert exp(np.float32(1e9)) > 1e38
    assert np.isnan(exp(np.float32(np.nan)))


def test_images_of_real_numbers_are_trained_on_as_well() -> None:
    units, rng = [7, 20, 3], np.random.default_rng(0)
    arrays, (x, y) = network(units, rng), drawn(units, 30, rng)
    shape = layout.network_of(units, relu=True)
    found = []
    for stored, scale in ((x, 1 / 255), ((x / 255).astype(np.float32), 1.0)):
        weights, batch = layout.packed(arrays), layout.batch_of(shape, 30)
        images = layout.images_of(stored, y, scale)
        found.append(epoch.score(images, weights, shape, batch, np.arange(30), 30)[0])
    assert found[0] == pytest.approx(found[1], rel=1e-6)
