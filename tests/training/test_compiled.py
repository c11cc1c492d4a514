"""The compiled trainer against Keras `fit`, step by step."""

import dataclasses

import numpy as np
import pytest

from study.core.space import Configuration
from study.data.dataset import Dataset
from study.replication.claims import GBRT_WINNER, GP_WINNER
from study.training.compiled import CompiledTrainer
from study.training.keras_fit import KerasTrainer
from study.training.kernel.epoch import evaluate, train_epoch
from study.training.network import BASELINE, DEFAULT, SPACE


@pytest.fixture(scope="module")
def trainer(digits: Dataset) -> CompiledTrainer:
    return CompiledTrainer(digits)


@pytest.mark.slow
@pytest.mark.parametrize(
    "configuration",
    [
        BASELINE,  # 1,221 images in batches of 128: the last has 69
        {**DEFAULT, "num_input_nodes": 40, "adam_decay": 0.01},
        {**GP_WINNER, "batch_size": 7},
        {**GBRT_WINNER, "num_input_nodes": 30, "batch_size": 407},  # no smaller last batch
        {**BASELINE, "batch_size": 2000},  # one batch, smaller than its size
        {**DEFAULT, "num_input_nodes": 200, "num_dense_nodes": 83, "activation": "sigmoid"},
        {**GP_WINNER, "num_input_nodes": 64, "num_dense_nodes": 100, "batch_size": 1},
    ],
)
def test_a_training_is_keras_fits_step_by_step(
    trainer: CompiledTrainer, configuration: Configuration
) -> None:
    """From the same initial weights, in the same order, both end in the same network."""
    images = trainer.dataset.n_fitted
    by_keras = KerasTrainer(trainer.dataset)
    (our_weights, ours), (their_weights, theirs) = (
        each.train(configuration, np.random.default_rng(5), 2, images)
        for each in (trainer, by_keras)
    )
    assert ours.initial_loss == pytest.approx(theirs.initial_loss, rel=1e-5)
    assert ours.losses == pytest.approx(theirs.losses, rel=1e-3)
    assert ours.accuracies == pytest.approx(theirs.accuracies, abs=0.006)
    assert ours.validation_losses == pytest.approx(theirs.validation_losses, rel=2e-3)
    assert len(ours.epoch_seconds) == len(theirs.epoch_seconds) == 2
    assert min(*ours.epoch_seconds, *theirs.epoch_seconds) > 0
    assert trainer.test_accuracy(configuration, our_weights) == pytest.approx(
        by_keras.test_accuracy(configuration, their_weights), abs=0.006
    )
    for our_array, array in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(our_array, array, atol=2e-3)


@pytest.mark.parametrize("configuration", [BASELINE, {**DEFAULT, "activation": "sigmoid"}])
def test_keras_classifies_the_test_images_alike(
    digits: Dataset, configuration: Configuration
) -> None:
    """Also where pixels are active that are 0 in all training images."""
    x_train = digits.x_train.copy()
    x_train[:, 18:24] = 0
    narrow = dataclasses.replace(digits, x_train=x_train)
    rng, trainer, by_keras = np.random.default_rng(0), CompiledTrainer(narrow), KerasTrainer(narrow)
    for epochs in (1, 10):
        weights, _ = trainer.train(configuration, rng, epochs)
        accuracy = trainer.test_accuracy(configuration, weights)
        assert accuracy == by_keras.test_accuracy(configuration, weights)


def test_compiled_code_serves_every_network(trainer: CompiledTrainer) -> None:
    """Nothing is compiled for an evaluation: the functions know no sizes."""
    rng = np.random.default_rng(0)
    trainer.train(BASELINE, rng, 1)
    before = [len(function.signatures) for function in (train_epoch, evaluate)]
    for _ in range(8):
        trainer.train(SPACE.sample(rng), rng, 1, trainer.dataset.n_fitted)
    assert before == [len(function.signatures) for function in (train_epoch, evaluate)]


def test_a_model_that_is_trained_on_starts_where_it_stopped(trainer: CompiledTrainer) -> None:
    images = trainer.dataset.n_fitted
    weights, first = trainer.train(DEFAULT, np.random.default_rng(0), 2, images)
    accuracy = trainer.test_accuracy(DEFAULT, weights)
    before = [array.tobytes() for array in weights]
    rng = np.random.default_rng(1)
    after, again = trainer.train_on(weights, DEFAULT, rng, 2, images, steps_before=40)
    assert first.initial_loss > 2
    assert again.initial_loss < 0.9 * first.initial_loss
    assert again.losses[0] < first.losses[-1]
    assert [array.tobytes() for array in weights] == before
    assert trainer.test_accuracy(DEFAULT, after) > accuracy
