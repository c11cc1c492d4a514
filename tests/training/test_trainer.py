"""What every trainer does, and what a problem makes of it."""

import math
import pickle

import numpy as np
import pytest

from study.core.errors import StudyError
from study.core.records import EvaluationKind, Status, Task, make_task
from study.core.settings import TRAINERS
from study.core.space import Configuration
from study.data.dataset import Dataset
from study.problems.base import evaluate
from study.problems.network import NetworkProblem
from study.replication.claims import GBRT_WINNER, GP_WINNER
from study.training.network import BASELINE, DEFAULT, SPACE, parameter_count
from study.training.registry import make_trainer


@pytest.mark.parametrize("name", TRAINERS)
def test_a_training_says_what_it_did(digits: Dataset, name: str) -> None:
    trainer = make_trainer(name, digits)
    weights, done = trainer.train(DEFAULT, np.random.default_rng(0), 3, digits.n_fitted)
    assert done.initial_loss == pytest.approx(math.log(10), abs=0.5)
    assert len(done.losses) == len(done.accuracies) == 3
    assert done.losses[0] > done.losses[-1]
    validation_images = len(digits.x_train) - digits.n_fitted
    hits = done.accuracies[-1] * validation_images
    assert hits == pytest.approx(round(hits), abs=1e-3)
    assert sum(array.size for array in weights) == parameter_count(DEFAULT, 64, 10)
    accuracy = trainer.test_accuracy(DEFAULT, weights)
    assert accuracy == pytest.approx(done.accuracies[-1], abs=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINERS)
def test_a_training_is_a_function_of_its_generator(digits: Dataset, name: str) -> None:
    trainer, found = make_trainer(name, digits), []
    for seed in (0, 1, 0):
        weights, done = trainer.train(BASELINE, np.random.default_rng(seed), 2)
        data = b"".join(array.tobytes() for array in weights)
        found.append((done.losses, done.accuracies, done.initial_loss, data))
    assert found[0] == found[2]
    assert found[0] != found[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "configuration",
    [
        {**BASELINE, "learning_rate": 0.01, "batch_size": 64},
        {**DEFAULT, "num_input_nodes": 64, "learning_rate": 0.005},
    ],
)
def test_the_trainers_agree(digits: Dataset, configuration: Configuration) -> None:
    """At the same seed, to two or three of the 216 validation images after 10 epochs."""
    compiled, by_keras = (make_trainer(name, digits) for name in TRAINERS)
    for seed in range(2):
        (_, ours), (_, theirs) = (
            trainer.train(configuration, np.random.default_rng(seed), 10, digits.n_fitted)
            for trainer in (compiled, by_keras)
        )
        assert ours.accuracies[-1] == pytest.approx(theirs.accuracies[-1], abs=0.015)
        assert ours.losses[-1] == pytest.approx(theirs.losses[-1], rel=0.05)


def test_another_trainer_is_refused(digits: Dataset) -> None:
    with pytest.raises(StudyError, match="compiled, keras"):
        make_trainer("torch", digits)


@pytest.mark.slow
def test_a_problem_trains_by_the_trainer_that_it_names(digits: Dataset) -> None:
    wanted, found = make_task(EvaluationKind.VALIDATION, 0, BASELINE, 0), []
    for name in TRAINERS:
        problem = NetworkProblem(digits, 1, name)
        assert problem.describe().facts["trainer"] == name
        copied = pickle.loads(pickle.dumps(problem))
        assert (copied.epochs, copied.trainer) == (1, name)
        done = copied.evaluate(wanted)
        assert done.losses == problem.evaluate(wanted).losses
        found.append(done)
    assert found[0].losses != found[1].losses
    assert found[0].size == found[1].size


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
