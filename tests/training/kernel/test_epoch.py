"""The compiled epochs against the reference in double precision."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.training.kernel import (
    adam_schedules,
    allocate_batch,
    evaluate,
    network_shape,
    pack_weights,
    prepare_images,
    reference,
    train_epoch,
    unpack_weights,
)

Arrays = list[np.ndarray]

SHAPES = st.lists(st.integers(1, 150), min_size=3, max_size=5)  # several blocks, and parts of one
RATE, DECAY, EPOCHS = 1e-3, 1e-2, 2


def random_weights(units: list[int], rng: np.random.Generator) -> Arrays:
    """A kernel and a bias for each layer."""
    sizes = [size for pair in itertools.pairwise(units) for size in (pair, pair[1:])]
    return [rng.normal(0, 0.3, size).astype(np.float32) for size in sizes]


def random_images(
    units: list[int], count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Images of which half the pixels are 0, and their labels."""
    x = rng.integers(0, 256, (count, units[0])) * (rng.random((count, units[0])) < 0.5)
    return x.astype(np.uint8), rng.integers(0, units[-1], count).astype(np.int32)


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.integers(1, 300), st.integers(1, 70), st.booleans(), st.integers(0, 2**32))
def test_epochs_are_those_of_the_reference(
    units: list[int], count: int, size: int, relu: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    arrays, (x, y) = random_weights(units, rng), random_images(units, count, rng)
    orders, steps = [rng.permutation(count) for _ in range(EPOCHS)], -(-count // size)
    shape, images = network_shape(units, relu=relu), prepare_images(x, y, 1 / 255)
    state, batch = pack_weights(arrays), allocate_batch(shape, size)
    loss, hits = evaluate(images, state, shape, batch, orders[0])
    losses = [
        train_epoch(images, state, shape, batch, order, size, schedule)
        for order, schedule in zip(orders, adam_schedules(RATE, DECAY, EPOCHS, steps), strict=True)
    ]

    exact, pixels = [array.astype(float) for array in arrays], x / 255
    means, squares = ([np.zeros_like(array) for array in exact] for _ in range(2))
    logits = reference.forward(exact, pixels, relu)[-1]
    assert loss == pytest.approx(reference.backward(exact, pixels, y, relu)[0], rel=1e-4)
    assert hits == pytest.approx(int((logits.argmax(axis=1) == y).sum()), abs=1)
    for epoch, order in enumerate(orders):
        sizes = [reference.step_size(RATE, DECAY, epoch * steps + step) for step in range(steps)]
        expected = reference.train_epoch(
            (exact, means, squares), pixels[order], y[order], size, sizes, relu
        )
        assert losses[epoch] == pytest.approx(expected, rel=1e-3)
    for ours, theirs in zip(unpack_weights(state, shape), exact, strict=True):
        # Adam moves a weight by its rate however small the gradient: the last digits count.
        assert np.abs(ours - theirs).mean() < 1e-5


@settings(deadline=None)  # the first example compiles
@given(SHAPES, st.integers(0, 2**32))
def test_weights_come_back_as_they_were(units: list[int], seed: int) -> None:
    arrays = random_weights(units, np.random.default_rng(seed))
    unpacked = unpack_weights(pack_weights(arrays), network_shape(units, relu=True))
    for ours, theirs in zip(unpacked, arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_nan_reaches_the_loss(relu: bool, layer: int) -> None:
    """Nothing between a weight and the loss may turn NaN into a number."""
    units, rng = [5, 4, 3, 3], np.random.default_rng(0)
    arrays, (x, y) = random_weights(units, rng), random_images(units, 6, rng)
    arrays[2 * layer + 1][:] = np.nan
    shape, images = network_shape(units, relu=relu), prepare_images(x, y, 1 / 255)
    batch = allocate_batch(shape, 6)
    loss, _ = evaluate(images, pack_weights(arrays), shape, batch, np.arange(6))
    assert np.isnan(loss)


def test_evaluation_changes_nothing() -> None:
    units, rng = [30, 20, 3], np.random.default_rng(0)
    x, y = random_images(units, 200, rng)
    shape, images = network_shape(units, relu=True), prepare_images(x, y, 1 / 255)
    trained = []
    for evaluated in (False, True):
        state = pack_weights(random_weights(units, np.random.default_rng(1)))
        batch = allocate_batch(shape, 7)
        for schedule in adam_schedules(RATE, DECAY, EPOCHS, 29):
            train_epoch(images, state, shape, batch, np.arange(200), 7, schedule)
            if evaluated:
                before = [array.copy() for array in state]
                evaluate(images, state, shape, batch, np.arange(200))
                assert all(map(np.array_equal, before, state))
        trained.append(state.weights.tobytes())
    assert trained[0] == trained[1]


def test_images_of_real_numbers_are_trained_on_as_well() -> None:
    units, rng = [7, 20, 3], np.random.default_rng(0)
    arrays, (x, y) = random_weights(units, rng), random_images(units, 30, rng)
    shape, found = network_shape(units, relu=True), []
    for pixels, scale in ((x, 1 / 255), ((x / 255).astype(np.float32), 1.0)):
        images, batch = prepare_images(pixels, y, scale), allocate_batch(shape, 30)
        found.append(evaluate(images, pack_weights(arrays), shape, batch, np.arange(30))[0])
    assert found[0] == pytest.approx(found[1], rel=1e-6)
