"""Every check passes on a sound study, and fires on one that broke its rule."""

import dataclasses
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from study.analysis.checks import (
    Check,
    checks,
    fresh_weights,
    one_machine,
    repeatable,
    sound_split,
)
from study.core.objective import Objective
from study.core.records import Evaluation, EvaluationKind, Status, Task
from study.core.settings import Settings
from study.core.study_info import Repetition, Session, SplitInfo, StudyInfo
from study.data.dataset import Dataset
from study.execution.executor import InProcessExecutor
from study.execution.resume import save_metadata
from study.execution.runner import StudyRunner
from study.methods.selection import parse_methods
from study.problems.network import NetworkProblem
from study.results import Results, from_ledger
from study.storage.ledger import Ledger
from study.training.compiled import CompiledTrainer
from study.training.network import DEFAULT
from tests.toy import DATA, NO_TRACE

Parts = tuple[pd.DataFrame, pd.DataFrame, StudyInfo]


def fired(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> dict[str, Check]:
    return {
        check.rule: check for check in checks(trials, finals, NO_TRACE, info) if not check.passed
    }


def test_a_sound_study_passes_and_gives_figures(finished: Results) -> None:
    found = checks(finished.scores.trials, finished.scores.finals, NO_TRACE, finished.info)
    assert all(check.passed for check in found)
    assert len(found) == 7
    figures = {check.rule: check.figures for check in found}
    assert figures["equal budgets"] == "8 runs of 7 calls"
    assert figures["same initial design"].startswith("3 points at each of 2 seeds, the same in ")
    assert figures["test set scored for winners only"].startswith("16 scores of 8 winners")


def without_a_call(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    return trials.drop(trials.index[-1]), finals, info


def another_design(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    trials.loc[(trials["method"] == "gp") & (trials["call"] == 2), "units"] += 1
    return trials, finals, info


def another_outcome(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    row = (trials["method"] == "gp") & (trials["call"] == 2)
    trials.loc[row, "validation_score"] -= 1e-6
    return trials, finals, info


def trained_before(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    trials.loc[5, "initial_loss"] = 0.3
    return trials, finals, info


def somewhat_trained(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    trials["initial_loss"] = 1.5
    return trials, finals, info


def a_loser_tested(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    tested = finals.index[finals["kind"] == "test"][-1]
    finals.loc[tested, "configuration"] = finals["configuration"].iloc[0]
    return trials, finals, info


def scored_in_secret(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    evaluated = {**info.evaluated, "test": info.evaluated["test"] + 1}
    return trials, finals, msgspec.structs.replace(info, evaluated=evaluated)


def scored_too_often(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    settings = dataclasses.replace(info.settings, retrain=1)
    return trials, finals, msgspec.structs.replace(info, settings=settings)


def one_failed(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    finals.loc[0, "status"] = "diverged"
    return trials, finals, info


def one_broke_off(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    errors = ["gp seed 0 call 6: proposing: no"]
    return trials, finals, msgspec.structs.replace(info, errors=errors)


def a_silent_repeat(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    trials["duplicate"] = False
    return trials, finals, info


def test_a_package_that_a_later_method_needs_is_no_other_version() -> None:
    first = Session(workers=1, versions={"numpy": "2.0"})
    second = Session(workers=1, versions={"numpy": "2.0", "optuna": "5.0.0"})
    third = Session(workers=1, versions={"numpy": "2.0", "optuna": "5.0.1"})
    assert one_machine([first, second]).passed
    assert one_machine([first, second, third]).figures == (
        "the sessions differ in optuna 5.0.0, optuna 5.0.1"
    )


def another_version(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Parts:
    other = msgspec.structs.replace(info.sessions[0], versions={"numpy": "1.0"})
    return trials, finals, msgspec.structs.replace(info, sessions=[*info.sessions, other])


@pytest.mark.parametrize(
    ("tamper", "rule"),
    [
        (without_a_call, "equal budgets"),
        (another_design, "same initial design"),
        (another_outcome, "same initial design"),
        (trained_before, "fresh weights"),
        (somewhat_trained, "fresh weights"),
        (a_loser_tested, "test set scored for winners only"),
        (scored_in_secret, "test set scored for winners only"),
        (scored_too_often, "test set scored for winners only"),
        (one_failed, "no failures"),
        (one_broke_off, "no failures"),
        (a_silent_repeat, "no hidden duplicates"),
        (another_version, "one machine and version set"),
    ],
)
def test_each_check_fires(finished: Results, tamper: Callable[..., Parts], rule: str) -> None:
    scores = finished.scores
    parts = tamper(scores.trials.copy(), scores.finals.copy(), finished.info)
    assert rule in fired(*parts)


class Leaking(NetworkProblem):
    """Trains one network on and on, whatever it is asked for, as the tutorial's notebook did."""

    def evaluate(self, task: Task) -> Evaluation:
        kept = vars(self).setdefault("kept", [])
        rng = np.random.default_rng(task.training_seed)
        trainer, images = CompiledTrainer(self.dataset), self.dataset.n_fitted
        if kept:
            weights, training = trainer.train_on(kept[-1], DEFAULT, rng, self.epochs, images)
        else:
            weights, training = trainer.train(DEFAULT, rng, self.epochs, images)
        kept.append(weights)
        return Evaluation(
            status=Status.OK,
            score=training.accuracies[-1],
            size=sum(array.size for array in weights),
            initial_loss=training.initial_loss,
        )


@pytest.mark.slow
def test_a_leaking_trainer_is_found_out(digits: Dataset, tmp_path: Path) -> None:
    problem = Leaking(digits, epochs=10)
    settings = Settings(seeds=1, calls=3, initial_points=3, retrain=1, methods=("random",))
    with Ledger(tmp_path / "study.db") as ledger:
        save_metadata(ledger, settings, problem, DATA, parse_methods(["random"]))
        StudyRunner(problem, settings, ledger).run(lambda: nullcontext(InProcessExecutor(problem)))
        results = from_ledger(tmp_path, ledger, [])
    assert results.trials["validation_accuracy"].min() > 0.9  # it looks splendid
    check = fresh_weights(results.scores.trials, results.scores.finals, problem.describe())
    assert not check.passed
    assert "4 of 5 began below 1.94: already trained" in check.figures
    assert not results.valid


@pytest.mark.slow
def test_an_honest_trainer_is_not_suspected(digits: Dataset) -> None:
    problem = NetworkProblem(digits, epochs=1)
    rng = np.random.default_rng(0)
    losses = []
    for number in range(6):
        configuration = {**problem.space.sample(rng), "batch_size": 128}
        _, training = problem.loaded_trainer.train(configuration, np.random.default_rng(number), 1)
        losses.append(training.initial_loss)
    frame = pd.DataFrame({"initial_loss": losses})
    assert fresh_weights(frame, frame.head(0), problem.describe()).passed


def test_a_network_that_knows_a_little_is_found_out(digits: Dataset) -> None:
    """One that starts at a loss of 1.51, with 62 % right, passed for a fresh one."""
    problem = NetworkProblem(digits, epochs=1).describe()
    frame = pd.DataFrame({"initial_loss": [2.31, 1.51, 2.29]})
    check = fresh_weights(frame, frame.head(0), problem)
    assert not check.passed
    assert "1 of 3 began below 1.9" in check.figures


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "each class has at least 99 fitted, 16 validation, 21 test images; none is in two"),
        ({"test_in_training": 237}, "237 test images equal training images"),
        ({"validation_in_fitted": 3}, "3 validation images equal fitted images"),
        ({"fewest": {"validation": 0}}, "a class has 0 validation images, 5 at least are needed"),
    ],
)
def test_parts_that_share_images_or_lack_classes_are_told(
    changes: dict[str, Any], told: str
) -> None:
    sound = {"fitted": 99, "validation": 16, "test": 21}
    usual: dict[str, Any] = {
        "fewest": sound,
        "validation_in_fitted": 0,
        "test_in_training": 0,
        "entropy": 2.3,
    }
    check = sound_split(SplitInfo(**usual | changes))
    assert check.passed == (not changes)
    assert told in check.figures


def test_an_evaluation_that_remembers_is_told() -> None:
    objective = Objective(name="loss", maximise=False)
    same = repeatable(Repetition(first=-0.5, again=-0.5 * (1 + 1e-13)), objective)
    assert same.passed
    other = repeatable(Repetition(first=-0.5, again=-0.25), objective)
    assert not other.passed
    assert "the first evaluation gave 0.5, and with the same seed 0.25 at the end" in other.figures


def test_kinds_that_score_the_test_set_are_those_that_say_so() -> None:
    assert {kind for kind in EvaluationKind if kind.scored_on == "test"} == {
        EvaluationKind.TEST,
        EvaluationKind.CLAIM,
        EvaluationKind.CLAIM_FITTED,
    }
