"""`--trace`: what a user would really have got after each call."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import study
from study.analysis.anytime import equal_time, reevaluated_incumbents
from study.cli.tables import exit_code
from study.core.records import EvaluationKind, Task, make_task
from study.core.space import Configuration, from_row
from study.execution.runner import StudyRunner
from study.plots.figures import draw_figures
from study.report.study_page import contents
from study.results import Results, load, read_files
from study.storage.ledger import Ledger
from tests.toy import NO_TRACE, SETTINGS, SPACE, Frames, Toy, evaluations, stopping_at, study_in

TRACED = replace(SETTINGS, methods=("baseline", "random"), trace=True)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return study_in(tmp_path_factory.mktemp("traced") / "toy", settings=TRACED)


def incumbents(results: Results) -> dict[tuple[str, int, int], Configuration]:
    """Of each run, the configuration of every call that beat all calls before it."""
    found = {}
    for row in results.scores.trials.to_dict("records"):
        trials = results.scores.trials
        run = trials[(trials["method"] == row["method"]) & (trials["seed"] == row["seed"])]
        earlier = run["validation_score"][run["call"] < row["call"]]
        if (earlier < row["validation_score"]).all():
            found[row["method"], row["seed"], row["call"]] = from_row(SPACE.dimensions, row)
    return found


def test_every_incumbent_is_evaluated_again_with_fresh_seeds(traced: Results) -> None:
    expected = {
        (*place, repeat): Toy()
        .evaluate(make_task(EvaluationKind.REEVALUATED, place[1], configuration, repeat - 1))
        .score
        for place, configuration in incumbents(traced).items()
        for repeat in (1, 2)
    }
    found = traced.scores.trace.set_index(["method", "seed", "call", "repeat"])
    assert found["validation_score"].to_dict() == expected
    assert traced.finished
    assert traced.valid
    assert f"{len(expected)} of {len(expected)} re-evaluations" in traced.progress


def test_the_last_incumbent_is_the_winner_whose_re_evaluations_serve_twice(traced: Results) -> None:
    trace, finals = traced.scores.trace, traced.scores.finals
    last = trace[trace["call"] == trace.groupby(["method", "seed"])["call"].transform("max")]
    again = finals[finals["kind"] == "reevaluated"]
    assert last["validation_score"].tolist() == again["validation_score"].tolist()
    assert last["reused"].all()
    assert not trace["reused"].all()


def test_curves_times_and_areas_are_of_the_re_evaluations(traced: Results) -> None:
    curve = traced.scores.incumbents
    run = curve[(curve["method"] == "random") & (curve["seed"] == 0)]
    trace = traced.scores.trace
    own = trace[(trace["method"] == "random") & (trace["seed"] == 0)]
    by_call = own.groupby("call")["validation_score"].mean().reindex(range(1, 8)).ffill()
    assert run["incumbent_score"].tolist() == by_call.tolist()
    runs = traced.scores.runs.set_index(["method", "seed"])
    assert runs["anytime_score"]["random", 0] == pytest.approx(by_call.mean(), rel=1e-12)
    at_end = equal_time(curve.assign(elapsed_seconds=curve["call"] * 1.0))
    ends = curve[curve["call"] == 7]["incumbent_score"]
    assert at_end["validation_score"].tolist() == ends.tolist()
    assert "--trace" in traced.info.command


def test_the_measured_curve_flatters_and_the_re_evaluated_one_does_not() -> None:
    """A hundred runs of ten calls of pure noise: what is re-evaluated stays at its mean of 0."""
    rng = np.random.default_rng(0)
    size = 100, 10
    trials = pd.DataFrame(
        {
            "method": "random",
            "seed": np.repeat(range(100), 10),
            "call": np.tile(range(1, 11), 100),
            "validation_score": rng.normal(size=size).ravel(),
        }
    )
    trials["incumbent_score"] = trials.groupby("seed")["validation_score"].cummax()
    trace = trials.assign(validation_score=rng.normal(size=size).ravel())
    fresh = reevaluated_incumbents(trials, trace)
    last = fresh["call"] == 10
    assert trials["incumbent_score"][last].mean() > 1.4  # the expected best of ten is 1.54
    assert abs(fresh["incumbent_score"][last].mean()) < 0.4  # four standard errors


def test_calls_that_failed_change_nothing(two_methods: Frames) -> None:
    trials, _ = two_methods
    trace = trials[["method", "seed", "call"]].assign(validation_score=trials["call"] / 10)
    gp = reevaluated_incumbents(trials, trace).query("method == 'gp'")
    assert gp["incumbent_score"].tolist() == [0.1, 0.1, 0.3, 0.1, 0.2, 0.2]  # call 2 has no score
    none = reevaluated_incumbents(trials, NO_TRACE)
    assert none["incumbent_score"].isna().all()


def test_a_worse_call_after_one_that_failed_is_no_incumbent() -> None:
    trials = pd.DataFrame(
        {"method": "gp", "seed": 0, "call": range(1, 5), "validation_score": [0.9, np.nan, 0.5, 1]}
    )
    trace = pd.DataFrame(
        {"method": "gp", "seed": 0, "call": [1, 4], "validation_score": [0.87, 0.95]}
    )
    found = reevaluated_incumbents(trials, trace)["incumbent_score"]
    assert found.tolist() == [0.87, 0.87, 0.87, 0.95]


def test_a_study_is_traced_afterwards_and_nothing_else_is_evaluated(
    traced: Results, tmp_path: Path
) -> None:
    plain = study_in(tmp_path / "toy", settings=replace(TRACED, trace=False))
    began: list[Task] = []
    later = study_in(tmp_path / "toy", began.append, TRACED)
    assert {task.kind for task in began} == {EvaluationKind.REEVALUATED}
    assert len(plain.scores.trace) == 0
    assert later.scores.trace.drop(columns="train_seconds").equals(
        traced.scores.trace.drop(columns="train_seconds")
    )


@pytest.mark.parametrize("stop", [10, 25, 35, 42])
def test_a_traced_study_that_stops_goes_on_to_the_same_end(
    traced: Results, tmp_path: Path, stop: int
) -> None:
    folder = tmp_path / "toy"
    half = study_in(folder, stopping_at(stop), TRACED)
    assert not half.finished
    assert read_files(folder).scores.trace.equals(half.scores.trace)
    whole = study_in(folder, settings=TRACED)
    assert whole.finished
    seconds = ["train_seconds"]
    assert whole.scores.trace.drop(columns=seconds).equals(
        traced.scores.trace.drop(columns=seconds)
    )
    assert evaluations(folder) == evaluations(traced.folder)
    with Ledger(folder / "study.db") as ledger:
        assert not StudyRunner(Toy(), TRACED, ledger).unfinished


def test_the_csv_file_gives_the_trace_back(traced: Results) -> None:
    assert read_files(traced.folder).scores.trace.equals(traced.scores.trace)
    assert (
        load(traced.folder)
        .trace["validation_accuracy"]
        .equals(traced.scores.trace["validation_score"])
    )


def test_a_re_evaluation_that_fails_is_told(tmp_path: Path) -> None:
    def fail(task: Task) -> None:
        if task.kind is EvaluationKind.REEVALUATED:
            raise OSError("no")

    results = study_in(tmp_path / "toy", fail, TRACED)
    assert any("re-evaluation 1 of call 1: failed" in line for line in results.failures)
    assert exit_code(results) == 1
    assert draw_figures(results)


def test_report_and_plot_show_both_lines(traced: Results) -> None:
    drawn = {one.name: one.figure for one in draw_figures(traced)}
    lines = drawn["convergence"].axes[0].get_lines()
    dotted = [one for one in lines if one.get_linestyle() == ":" and np.size(one.get_xdata())]
    assert len(dotted) == len(TRACED.methods)
    measured = traced.scores.trials.query("method == 'random'").groupby("call")["incumbent_score"]
    shown = [np.asarray(line.get_ydata(), float).tolist() for line in dotted]
    assert [pytest.approx(100 * mean) for mean in measured.mean()] in shown
    (section,) = (s for s in contents(traced, draw_figures(traced)) if s.heading == "Convergence")
    assert "re-evaluated 2 times with fresh seeds" in section.sheets[0].note


@pytest.mark.slow
def test_the_front_door_adds_a_trace_and_keeps_it(tmp_path: Path) -> None:
    def compare(**more: bool) -> Results:
        return study.compare(
            problem="branin",
            methods=["random"],
            seeds=1,
            calls=6,
            workers=1,
            output=tmp_path / "branin",
            **more,  # type: ignore[arg-type]
        )

    assert not compare().info.settings.trace
    assert compare(trace=True).finished
    again = compare()
    assert again.info.settings.trace
    assert (tmp_path / "branin" / "trace.csv").is_file()
