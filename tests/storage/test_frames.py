from pathlib import Path

import pandas as pd
import pytest

from study.core.dimensions import Integer
from study.core.objective import ACCURACY, Objective
from study.storage import csv, frames
from tests.toy import NO_TRACE, Frames

ERROR = Objective(name="error", maximise=False, size="number of trees")
SPACE = [Integer(name="n", low=1, high=50)]


def test_trials_are_ordered_and_incumbents_never_fall(two_methods: Frames) -> None:
    trials, _ = two_methods
    keys = list(zip(trials["method"], trials["seed"], trials["call"], strict=True))
    assert keys == [(m, s, c) for m in ("random", "gp") for s in (0, 1) for c in (1, 2, 3)]
    incumbents = trials["incumbent_score"].tolist()
    assert incumbents == [0.5, 0.5, 0.5, 0.6, 0.6, 0.7, 0.5, 0.5, 0.7, 0.6, 0.9, 0.9]
    assert trials["phase"].tolist() == ["initial", "search", "search"] * 4


def test_seconds_add_up_within_a_run(two_methods: Frames) -> None:
    trials, _ = two_methods
    own = trials[(trials["method"] == "gp") & (trials["seed"] == 1)]
    assert own["elapsed_seconds"].tolist() == [1.5, 4.0, 7.5]


def test_a_shared_evaluation_is_marked_where_it_stands_again(two_methods: Frames) -> None:
    trials, _ = two_methods
    reused = trials[trials["reused"]]
    assert list(zip(reused["method"], reused["call"], strict=True)) == [("gp", 1), ("gp", 1)]


def test_finals_hold_one_score_each_by_their_kind(two_methods: Frames) -> None:
    _, finals = two_methods
    assert finals["kind"].tolist() == ["test", "test", "reevaluated", "reevaluated"] * 4
    tested = finals["kind"] == "test"
    assert finals["test_score"].notna().tolist() == tested.tolist()
    assert finals["validation_score"].notna().tolist() == (~tested).tolist()


def test_what_failed_is_listed(two_methods: Frames) -> None:
    assert frames.failures(*two_methods, NO_TRACE) == ["gp seed 0 call 2: failed, ValueError: no"]


def test_csv_files_give_the_frames_back(two_methods: Frames, tmp_path: Path) -> None:
    trials, finals = two_methods
    for objective in (ACCURACY, ERROR):
        frames.to_public_columns(trials, objective).to_csv(tmp_path / "trials.csv", index=False)
        frames.to_public_columns(finals, objective).to_csv(tmp_path / "finals.csv", index=False)
        read = csv.read_trials(tmp_path / "trials.csv", SPACE, objective)
        pd.testing.assert_frame_equal(read, trials)
        read = csv.read_finals(tmp_path / "finals.csv", objective)
        pd.testing.assert_frame_equal(read, finals)


def test_files_have_the_problems_own_names_and_values(two_methods: Frames) -> None:
    trials, finals = two_methods
    accuracies, errors = (
        frames.to_public_columns(trials, ACCURACY),
        frames.to_public_columns(trials, ERROR),
    )
    assert accuracies["validation_accuracy"].tolist()[0] == trials["validation_score"].tolist()[0]
    assert (errors["observed_error"].dropna() == -trials["validation_score"].dropna()).all()
    assert {"parameters", "incumbent_accuracy"} <= set(accuracies.columns)
    assert {"number_of_trees", "incumbent_error"} <= set(errors.columns)
    assert {"test_accuracy"} <= set(frames.to_public_columns(finals, ACCURACY).columns)
    assert {"final_error"} <= set(frames.to_public_columns(finals, ERROR).columns)
    assert str(accuracies["parameters"].dtype) == "Int64"


def test_a_missing_column_is_named(two_methods: Frames, tmp_path: Path) -> None:
    whole = frames.to_public_columns(two_methods[0], ACCURACY)
    whole.drop(columns="status").to_csv(tmp_path / "trials.csv", index=False)
    with pytest.raises(ValueError, match=r"trials\.csv lacks status"):
        csv.read_trials(tmp_path / "trials.csv", SPACE, ACCURACY)
