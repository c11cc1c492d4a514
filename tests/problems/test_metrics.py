"""What evaluations measure beside the value: further columns, and a plot on request."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import Integer, Measurement, Objective, Problem, StudyError, load
from study.cli.main import main
from study.plots.metrics import file_name, save_metric_plot
from study.results import Results, read_files
from tests.shared import evaluated, studied


def deep_problem(evaluate: Any, **more: Any) -> Problem:
    return Problem(
        space=[Integer(name="depth", low=1, high=50)],
        default={"depth": 7},
        evaluate=evaluate,
        name="deep",
        **more,
    )


def study_of(evaluate: Any, folder: Path, **more: Any) -> Results:
    return studied(
        problem=deep_problem(evaluate, **more),
        methods=["random", "forest"],
        seeds=2,
        calls=6,
        initial_points=4,
        retrain=2,
        workers=1,
        output=folder,
    )


def deep(configuration: dict[str, Any], seed: int) -> dict[str, float]:
    depth = configuration["depth"]
    found = {"value": -abs(depth - 20), "latency": depth / 10, "a recall": 1 / depth}
    return found if depth % 2 else {**found, "latency": float("nan"), "even": 1}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return study_of(deep, tmp_path_factory.mktemp("metrics") / "deep")


def test_named_measurements_are_columns_of_the_tables(results: Results) -> None:
    assert sorted(results.info.metrics) == ["a recall", "even", "latency"]
    trials = pd.read_csv(results.folder / "trials.csv")
    assert list(trials)[-3:] == results.info.metrics
    odd = trials["depth"] % 2 == 1
    assert 0 < odd.sum() < len(trials)
    assert (trials["a recall"] == 1 / trials["depth"]).all()
    assert (trials["latency"][odd] == trials["depth"][odd] / 10).all()
    assert trials["latency"][~odd].isna().all()
    assert (trials["even"].notna() == ~odd).all()
    finals = pd.read_csv(results.folder / "finals.csv")
    depths = finals["configuration"].str.extract(r"(\d+)")[0].astype(int)
    assert (finals["a recall"] == 1 / depths).all()
    for again in (load(results.folder), read_files(results.folder)):
        pd.testing.assert_frame_equal(again.trials, results.trials)
        pd.testing.assert_frame_equal(again.finals, results.finals)


@pytest.mark.slow
def test_a_size_and_a_loss_can_be_named_too(tmp_path: Path) -> None:
    def evaluate(configuration: dict[str, Any], seed: int) -> dict[str, float]:
        return {"value": 0.5, "trees": configuration["depth"], "initial_loss": 0.7, "recall": 0.25}

    objective = Objective(name="accuracy", percent=True, size="trees")
    results = study_of(evaluate, tmp_path / "trees", objective=objective)
    assert results.info.metrics == ["recall"]
    assert (results.trials["trees"] == results.trials["depth"]).all()
    assert (results.trials["initial_loss"] == 0.7).all()


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ({"latency": 1.0}, "it must name value"),
        ({"value": "high"}, "returned 'value' as 'high': it must be a number"),
        ({"value": 1.0, "latency": "long"}, "returned 'latency' as 'long': it must be a number"),
        ({"value": 1.0, "latency": None}, "returned 'latency' as None: it must be a number"),
        ({"value": 1.0, "depth": 1.0}, "the metric 'depth': that is another column of the tables"),
        ({"value": 1.0, "final_value": 1.0}, "the metric 'final_value': that is another column"),
        ({"value": 1.0, "kind": 1.0}, "the metric 'kind': that is another column"),
        ({"value": 1.0, "=1": 1.0}, "the metric '=1': a name begins with a letter or digit"),
        ({"value": 1.0, "a ": 1.0}, "the metric 'a ': a name begins with a letter or digit"),
        ({"value": 1.0, 3: 1.0}, "the metric 3: a name begins with a letter or digit"),
        ({"value": 1.0, "latency": float("inf")}, "latency is inf: it must lie between"),
        (Measurement(value=1.0, metrics={"seed": 3.0}), "the metric 'seed': that is another"),
        ({"value": 1.0, "seconds": 2.0}, "give the problem simulated_clock=True"),
    ],
)
def test_what_is_no_measurement_is_told(outcome: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(said)):
        evaluated(deep_problem(lambda configuration, seed: outcome))


@pytest.mark.parametrize("third", [Fraction(1, 3), np.float32(1 / 3), np.longdouble(1) / 3])
def test_numbers_of_any_kind_are_floats(third: Any) -> None:
    for outcome in (third, {"value": third, "a": third}):
        found = evaluated(deep_problem(lambda configuration, seed, outcome=outcome: outcome))
        assert type(found.score) is float
        assert found.score == pytest.approx(1 / 3)


def test_no_two_metrics_share_a_file() -> None:
    names = ["a b", "a/b", "a_b", "A b", "c d", "é.(1)"]
    files = [file_name(name, names) for name in names]
    assert len({file.casefold() for file in files}) == len(names)
    assert files[4:] == ["c_d", "é_1_"]
    assert all(re.fullmatch(r"\w+", file) for file in files)
    assert files[0] == file_name("a b", ["a_b", "a b"])


def test_a_metric_is_drawn_on_request(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    folder = results.folder
    with pytest.raises(StudyError, match=r"is .speed.: it measured latency, a recall, even"):
        save_metric_plot(results, "speed")
    with pytest.raises(SystemExit) as left:
        main(["plot", str(folder), "--metric", "a recall"])
    assert left.value.code == 0
    assert "metric_a_recall.png" in capsys.readouterr().out.replace("\n", "")
    drawn = (folder / "plots" / "metric_a_recall.svg").read_text()
    assert drawn.count("<use") > len(results.trials)  # a mark per call, and one per winner
