import math
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy import stats

from study.core.records import EvaluationKind, Status, Task, make_task
from study.core.space import Configuration
from study.data.dataset import Dataset
from study.problems.base import evaluate
from study.problems.network import NetworkProblem
from study.replication.claims import GBRT_WINNER, GP_WINNER
from study.training.kernel import epoch
from study.training.kernel.lazy_adam import BETA_1, BETA_2
from study.training.network import (
    BASELINE,
    DEFAULT,
    SPACE,
    build_network,
    import_tensorflow,
    parameter_count,
)
from study.training.trainer import Trainer, learning_rates


@pytest.fixture(scope="module")
def trainer(digits: Dataset) -> Trainer:
    return Trainer(digits)


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
        build_network(DEFAULT, 784, 10, np.random.default_rng(s)) for s in (0, 0, 1)
    )
    kernel = first.get_weights()[0]
    limit = math.sqrt(6 / (784 + 512))
    assert stats.kstest((kernel.ravel()[:5000] / limit + 1) / 2, "uniform").pvalue > 0.001
    assert np.array_equal(kernel, again.get_weights()[0])
    assert not np.array_equal(kernel, other.get_weights()[0])
    layers = build_network({**DEFAULT, "num_input_nodes": 13}, 13, 13, np.random.default_rng(0))
    assert not np.array_equal(layers.get_weights()[0], layers.get_weights()[2])


def test_step_sizes_are_keras_adams() -> None:
    """One weight, gradient 1 at every step: what Keras's Adam subtracts is the step size."""
    tf = import_tensorflow()
    configuration = {**DEFAULT, "learning_rate": 0.01, "adam_decay": 0.1}
    decayed = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.1)  # Keras 2's decay
    optimizer = keras.optimizers.Adam(decayed)
    weight = keras.Variable(0.0)
    steps: list[float] = []
    for _ in range(20):
        before = float(weight.value)
        optimizer.apply([tf.constant(1.0)], [weight])
        steps.append(before - float(weight.value))
    # With gradient 1, both corrected moments are 1 but for epsilon.
    k = np.arange(1, 21)
    correction = np.sqrt(1 - BETA_2**k) / (1 - BETA_1**k)
    np.testing.assert_allclose(learning_rates(configuration, 20) / correction, steps, rtol=1e-4)


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
    trainer: Trainer, configuration: Configuration
) -> None:
    """The same weights, order and schedule through Keras `fit` end in the same network."""
    data, count = trainer.dataset, trainer.dataset.n_fitted
    ours = trainer.train(configuration, np.random.default_rng(5), epochs=2, images=count)

    rng = np.random.default_rng(5)
    model = build_network(configuration, data.inputs, data.classes, rng)
    size = int(configuration["batch_size"])
    order = [rng.permutation(count) for _ in range(2)]
    rate, decay = float(configuration["learning_rate"]), float(configuration["adam_decay"])
    schedule = keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)
    model.compile(
        keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    pixels = data.x_train.astype(np.float32) * data.scale
    validation = pixels[count:], data.y_train[count:]
    initial_loss, _ = model.evaluate(*validation, verbose=0)
    for epoch in range(2):
        history = model.fit(
            pixels[order[epoch]],
            data.y_train[order[epoch]],
            batch_size=size,
            shuffle=False,
            validation_data=validation,
            verbose=0,
        ).history
        assert history["loss"][0] == pytest.approx(ours.losses[epoch], rel=1e-3)
        assert history["val_accuracy"][0] == pytest.approx(ours.accuracies[epoch], abs=0.006)
    assert initial_loss == pytest.approx(ours.initial_loss, rel=1e-5)
    for theirs, weights in zip(model.get_weights(), ours.model.get_weights(), strict=True):
        np.testing.assert_allclose(weights, theirs, atol=2e-3)


@pytest.mark.parametrize(
    "configuration",
    [
        {**BASELINE, "learning_rate": 0.01, "batch_size": 64},
        {**DEFAULT, "num_input_nodes": 64, "learning_rate": 0.005},
    ],
)
def test_accuracies_are_statistically_keras_fits(
    trainer: Trainer, configuration: Configuration
) -> None:
    """Six trainings by each: Keras with shuffles and initial weights of its own."""
    data, count, epochs = trainer.dataset, trainer.dataset.n_fitted, 12
    ours = [
        trainer.train(configuration, np.random.default_rng(seed), epochs, count).accuracies[-1]
        for seed in range(6)
    ]
    pixels = data.x_train.astype(np.float32) * data.scale
    theirs = []
    for seed in range(6):
        keras.utils.set_random_seed(seed)  # which Keras shuffles by
        model = build_network(
            configuration, data.inputs, data.classes, np.random.default_rng(100 + seed)
        )
        rate, decay = float(configuration["learning_rate"]), float(configuration["adam_decay"])
        schedule = keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)
        model.compile(
            keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        size = int(configuration["batch_size"])
        fitted = model.fit(pixels, data.y_train, size, epochs, validation_split=0.15, verbose=0)
        assert fitted.params["steps"] == math.ceil(count / size)  # validation_split splits alike
        theirs.append(fitted.history["val_accuracy"][-1])
    assert stats.ttest_ind(ours, theirs, equal_var=False).pvalue > 0.001
    assert abs(np.mean(ours) - np.mean(theirs)) < 0.03


def test_fresh_networks_start_near_the_logarithm_of_the_classes(digits: Dataset) -> None:
    problem = NetworkProblem(digits, epochs=1)
    rng = np.random.default_rng(0)
    for repeat in range(4):
        configuration = SPACE.sample(rng) if repeat else DEFAULT
        done = problem.evaluate(make_task(EvaluationKind.VALIDATION, 0, configuration, repeat))
        assert done.initial_loss == pytest.approx(math.log(10), abs=0.5)


def test_an_evaluation_records_what_it_did(digits: Dataset) -> None:
    done = NetworkProblem(digits, epochs=3).evaluate(
        make_task(EvaluationKind.VALIDATION, 0, DEFAULT, 0)
    )
    assert done.status is Status.OK
    assert len(done.losses) == len(done.accuracies) == 3
    assert done.losses[0] > done.losses[-1]
    assert done.score == done.accuracies[-1]
    assert done.score is not None
    assert done.score * 216 == pytest.approx(round(done.score * 216))
    assert done.size == parameter_count(DEFAULT, 64, 10)
    assert done.seconds > 0


def test_an_evaluation_is_a_function_of_its_task(digits: Dataset) -> None:
    """Neither an evaluation in between nor compiled code that is there already changes it."""
    wanted = make_task(EvaluationKind.VALIDATION, 3, DEFAULT, 0)
    one, other = NetworkProblem(digits, epochs=2), NetworkProblem(digits, epochs=2)
    first = one.evaluate(wanted)
    other.evaluate(make_task(EvaluationKind.TEST, 1, {**DEFAULT, "learning_rate": 0.01}, 2))
    for again in (other.evaluate(wanted), one.evaluate(wanted)):
        assert (again.losses, again.accuracies) == (first.losses, first.accuracies)
    assert one.evaluate(make_task(EvaluationKind.VALIDATION, 3, DEFAULT, 1)).losses != first.losses


def test_compiled_code_serves_every_network(digits: Dataset) -> None:
    """Nothing is compiled for an evaluation: numba's functions know no sizes."""
    trainer, rng = Trainer(digits), np.random.default_rng(0)
    trainer.train(BASELINE, rng, 1)
    before = [len(function.signatures) for function in (epoch.train_epoch, epoch.score)]
    for _ in range(8):
        trainer.train(SPACE.sample(rng), rng, 1, digits.n_fitted)
    assert before == [len(function.signatures) for function in (epoch.train_epoch, epoch.score)]


COUNT = """
from study.training.kernel import sparse_layer
from study.training.kernel import simd
from study.data.sources import load_dataset
from study.training.trainer import Trainer
Trainer(load_dataset("digits"))
for function in (sparse_layer.pass_first, sparse_layer.owe_lit, simd.add_product):
    print(len(function.signatures))
"""


def test_what_takes_long_to_compile_is_compiled_once(tmp_path: Path) -> None:
    """numba compiles anew for another constant among the arguments; what it kept counts as none."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["1", "1", "1"]


def test_the_test_part_trains_on_all_images_and_scores_the_test_set(digits: Dataset) -> None:
    problem = NetworkProblem(digits, epochs=25)
    done = problem.evaluate(make_task(EvaluationKind.TEST, 0, DEFAULT, 0))
    assert done.accuracies == ()
    assert done.score is not None
    assert done.score > 0.9
    assert done.score * 360 == pytest.approx(round(done.score * 360))


def test_good_networks_reach_over_90_percent_of_the_digits(digits: Dataset) -> None:
    problem = NetworkProblem(digits, digits.default_epochs)
    done = evaluate(problem, make_task(EvaluationKind.TEST, 0, BASELINE, 0))
    assert done.score is not None
    assert done.score > 0.9


def test_a_diverged_training_has_a_status_and_no_accuracy(digits: Dataset) -> None:
    wild: Configuration = {**DEFAULT, "learning_rate": 1e30}
    done = evaluate(
        NetworkProblem(digits, epochs=2), make_task(EvaluationKind.VALIDATION, 0, wild, 0)
    )
    assert (done.status, done.score) == (Status.DIVERGED, None)
    assert "training loss" in done.reason


def test_a_failed_evaluation_is_a_record_with_its_reason(digits: Dataset) -> None:
    broken: Task = make_task(EvaluationKind.VALIDATION, 0, {**DEFAULT, "activation": "no such"}, 0)
    done = evaluate(NetworkProblem(digits, epochs=1), broken)
    assert done.status is Status.FAILED
    assert "no such" in done.reason
    assert "\n" not in done.reason


def test_the_baseline_on_mnist_is_as_good_as_measured(mnist: Dataset) -> None:
    """8 seeds gave a test accuracy of 93.05 % with a standard deviation of 0.38 points."""
    problem = NetworkProblem(mnist, epochs=3)
    done = [
        problem.evaluate(make_task(EvaluationKind.VALIDATION, seed, BASELINE, 0))
        for seed in range(3)
    ]
    assert np.mean([d.score for d in done if d.score]) == pytest.approx(0.937, abs=0.01)
    assert all(d.initial_loss == pytest.approx(math.log(10), abs=0.5) for d in done)


def test_the_tutorials_winners_on_mnist_are_as_good_as_measured(mnist: Dataset) -> None:
    """Fresh weights gave 23.8 % (sd 2.9) and 97.6 % (sd 0.15), not the 98.1 % claimed of both."""
    problem = NetworkProblem(mnist, epochs=3)
    gp, gbrt = (
        problem.evaluate(make_task(EvaluationKind.TEST, 0, c, 0)) for c in (GP_WINNER, GBRT_WINNER)
    )
    assert gp.score == pytest.approx(0.238, abs=0.1)
    assert gbrt.score == pytest.approx(0.976, abs=0.007)
