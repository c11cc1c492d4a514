"""`--resample-splits`: each seed draws its own split, which all methods share."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.api import compare
from study.core.errors import StudyError
from study.core.records import EvaluationKind, make_task
from study.data.dataset import Dataset, make_dataset, resample_split
from study.data.split import describe_split
from study.problems.network import NetworkProblem
from study.report.notes import comparisons_note
from study.results import Results
from tests.shared import studied


def images(data: Dataset) -> list[bytes]:
    return sorted(row.tobytes() for row in np.concatenate([data.x_train, data.x_test]))


def test_a_seed_splits_the_same_images_anew_by_class(digits: Dataset) -> None:
    first, again, other = (resample_split(digits, seed) for seed in (0, 0, 1))
    assert first.fingerprint() == again.fingerprint() != other.fingerprint()
    for split in (first, other):
        assert (len(split.x_train), len(split.x_test)) == (1437, 360)
        assert images(split) == images(digits)
        assert split.split.validation_in_fitted == split.split.test_in_training == 0
        whole = np.bincount(np.concatenate([digits.y_train, digits.y_test])) / 1797
        for part in (*np.split(split.y_train, [split.n_fitted]), split.y_test):
            assert np.abs(np.bincount(part) - len(part) * whole).max() < 1.5  # images of a class
    assert not np.array_equal(first.x_test, other.x_test)


def test_official_test_images_stay(digits: Dataset) -> None:
    arrays = {name: getattr(digits, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    own = make_dataset("own", arrays, "a folder", stratify=True)
    assert not digits.official_test
    assert own.official_test
    split = resample_split(own, 3)
    assert np.array_equal(split.x_test, own.x_test)
    assert not np.array_equal(split.x_train, own.x_train)
    assert describe_split(split.x_train, split.y_train, split.x_test, split.y_test).fewest == (
        own.split.fewest
    )


def test_an_evaluation_is_that_of_the_network_on_its_seeds_split(digits: Dataset) -> None:
    problem = NetworkProblem(digits, epochs=1, resample_splits=True)
    for seed in (0, 1, 2, 0):  # more splits than a process keeps
        for kind in (EvaluationKind.VALIDATION, EvaluationKind.TEST):
            task = make_task(kind, seed, problem.default, 0)
            alone = NetworkProblem(resample_split(digits, seed), epochs=1).evaluate(task)
            untimed: dict[str, Any] = {"seconds": 0.0, "epoch_seconds": ()}
            assert replace(problem.evaluate(task), **untimed) == replace(alone, **untimed)
    with pytest.raises(ValueError, match="belongs to no seed"):
        problem.evaluate(replace(task, seed=None))


def study_of(output: Path, *, workers: int = 1, resample_splits: bool = False) -> Results:
    return studied(
        dataset="digits",
        methods=["baseline", "random"],
        seeds=2,
        calls=5,
        retrain=1,
        epochs=1,
        workers=workers,
        output=output,
        resample_splits=resample_splits,
    )


def scores(results: Results) -> pd.DataFrame:
    return results.trials.drop(columns=["propose_seconds", "train_seconds", "elapsed_seconds"])


@pytest.mark.slow
def test_a_study_of_own_splits_says_so_and_does_not_depend_on_who_works(tmp_path: Path) -> None:
    one = study_of(tmp_path / "one", resample_splits=True)
    two = study_of(tmp_path / "two", workers=2, resample_splits=True)
    assert one.valid
    assert scores(one).equals(scores(two))
    assert "--resample-splits" in one.info.command
    assert "of other splits of these images" in comparisons_note(one.info)
    fixed = study_of(tmp_path / "fixed")
    assert not scores(one)["validation_accuracy"].equals(scores(fixed)["validation_accuracy"])
    assert "All seeds share one split" in comparisons_note(fixed.info)
    with pytest.raises(StudyError, match="resample-splits 1, now None"):
        study_of(tmp_path / "one")


def test_only_the_data_of_the_network_are_split(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^resample_splits is for the built-in network only"):
        compare(problem="branin", resample_splits=True, output=tmp_path)
