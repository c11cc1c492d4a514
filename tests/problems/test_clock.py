"""A simulated clock: tables tell the seconds that were recorded, and work is planned by real ones.

The values are shares with noise, which takes some of them beyond the known optimum.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study import Measurement, Objective, Problem, Real, Results
from study.cli.tables import print_results
from study.execution.plan import StudyRequest, make_plan
from study.problems.measurement import read_outcome
from study.report import notes
from study.results import load
from study.storage.ledger import Ledger
from tests.shared import evaluated, studied

OPTIMUM = 0.6


def value(configuration: Any) -> float:
    return OPTIMUM - (float(configuration["x"]) - 0.3) ** 2


def evaluate(configuration: Any, seed: int) -> Measurement:
    """Takes an hour or so, longer the larger x is."""
    noise = np.random.default_rng(seed).normal(0, 0.05)
    return Measurement(value=value(configuration) + noise, seconds=3600 * (1 + configuration["x"]))


def exact(configuration: Any, _seed: int) -> Measurement:
    return Measurement(value=value(configuration), seconds=60)


def problem(evaluate: Any, **facts: Any) -> Problem:
    return Problem(
        space=[Real(name="x", low=0.0, high=1.0)],
        default={"x": 0.5},
        evaluate=evaluate,
        objective=Objective(name="accuracy", percent=True, optimum=OPTIMUM),
        name="hours",
        version="1",
        **facts,
    )


def ran(tuned: Problem, folder: Path) -> Results:
    return studied(
        problem=tuned, methods=("baseline", "random", "quasi-random"), seeds=3, calls=6,
        initial_points=2, retrain=2, workers=1, output=folder, keep_going=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("clock") / "hours"
    return ran(problem(evaluate, test=exact, simulated_clock=True), folder)


def test_tables_tell_the_recorded_seconds(simulated: Results) -> None:
    trials = simulated.scores.trials
    assert trials["train_seconds"].tolist() == (3600 * (1 + trials["x"])).tolist()
    finals = simulated.scores.finals
    assert finals[finals["kind"] == "test"]["train_seconds"].eq(60).all()
    for _, run in trials.groupby(["method", "seed"]):
        spent = (run["train_seconds"] + run["propose_seconds"]).cumsum()
        assert run["elapsed_seconds"].tolist() == pytest.approx(spent.tolist())
    per_call = simulated.scores.summary.set_index("method")["seconds_per_call"]
    assert per_call["baseline"] == pytest.approx(3600 * 1.5, abs=1)


def test_time_is_equal_by_the_recorded_seconds(simulated: Results) -> None:
    trials, pairs = simulated.scores.trials, simulated.scores.equal_time
    assert set(pairs["other"]) | set(pairs["method"]) == set(trials["method"])
    runs = trials.groupby(["method", "seed"])["train_seconds"].sum()
    by_seed = runs.drop("baseline", level="method").groupby("seed").min()
    limit = trials["seed"].map(by_seed) + 60  # proposals take no minute
    then = trials[trials["elapsed_seconds"] <= limit].groupby(["method", "seed"])
    wide = then["incumbent_score"].last().unstack("method")
    row = pairs[(pairs["method"] == "quasi-random") & (pairs["other"] == "random")]
    expected = 100 * (wide["quasi-random"] - wide["random"]).mean()
    assert row["mean_difference"].item() == pytest.approx(expected)


def test_real_seconds_stay_real(simulated: Results) -> None:
    assert simulated.info.seconds < 60
    with Ledger(simulated.folder / "study.db", create=False) as ledger:
        done = [evaluation for _, evaluation in ledger.evaluations().values()]
    assert all(e.seconds < 1 <= 60 <= (e.recorded_seconds or 0) for e in done)
    assert simulated.scores.trials["propose_seconds"].max() < 10


def test_everything_that_speaks_of_seconds_says_so(
    simulated: Results, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_results(simulated)
    told = [
        " ".join(capsys.readouterr().out.split()),
        notes.summary_note(simulated.info),
        notes.equal_time_note(simulated.info),
        notes.clock_note(simulated.info),
    ]
    assert all("Seconds of evaluating are simulated" in text for text in told)
    assert simulated.info.problem.words.detail == "evaluations timed as recorded"
    plain = make_plan(StudyRequest(problem="branin", methods=("random",))).problem.describe()
    assert (plain.words.clock, plain.words.detail) == ("", "")


def test_a_value_beyond_the_optimum_has_a_regret_below_0_and_is_read_again(
    simulated: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    again = load(simulated.folder)
    assert again.trials["observed_regret"].min() < 0 <= again.finals["final_regret"].min()
    assert again.trials.equals(simulated.trials)
    print_results(again)
    assert "below 0 where noise takes" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("returned", "simulated_clock", "told"),
    [
        (0.5, True, "evaluate returned 0.5: with simulated_clock=True it must be a"),
        (Measurement(value=0.5), True, "it must be a study.Measurement that tells seconds"),
        (Measurement(value=0.5, seconds=1), False, "give the problem simulated_clock=True"),
        (Measurement(value=0.5, seconds=-1), True, "seconds are -1.0: they must lie between 0"),
        (Measurement(value="0.5"), False, "returned 'value' as '0.5': it must be a number"),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_the_clock_is_told(
    returned: Any, simulated_clock: bool, told: str
) -> None:
    tuned = problem(lambda configuration, seed: returned, simulated_clock=simulated_clock)
    with pytest.raises((TypeError, ValueError), match=re.escape(told)):
        evaluated(tuned)


@pytest.mark.parametrize(
    "returned", [np.array(0.5), (np.array(0.5), np.int64(7)), {"value": np.array(0.5), "m": 1}]
)
def test_an_array_without_dimensions_is_a_number(returned: Any) -> None:
    objective = Objective(size="trees" if isinstance(returned, tuple) else "")
    found = read_outcome(returned, ran, objective, simulated=False, taken=())
    assert type(found.value) is float
    with pytest.raises(TypeError, match="a number"):
        read_outcome(np.array([0.5]), ran, Objective(), simulated=False, taken=())


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    def measured(configuration: Any, seed: int) -> Measurement:
        parts = {"value": np.float32(0.5), "size": np.int64(7), "seconds": np.float64(9)}
        return Measurement(**parts)  # type: ignore[arg-type]

    results = ran(problem(measured, simulated_clock=True), tmp_path / "out")
    assert results.scores.trials["status"].eq("ok").all()
    assert results.scores.trials["train_seconds"].eq(9).all()
