"""What studies took on this machine, as forecasts go by it."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from study.core.records import RETRAINING_KINDS, EvaluationKind, make_task
from study.core.settings import Settings
from study.data.dataset import Dataset
from study.execution import durations
from study.execution.durations import Durations, recall, remember
from study.execution.forecast import WINNER, Forecast
from study.execution.plan import StudyRequest, make_plan
from study.execution.preview import preview
from study.problems.network import NetworkProblem
from study.problems.registry import get
from tests.shared import studied
from tests.toy import Toy

MEASURED = Durations(
    shares={EvaluationKind.VALIDATION: 2.0, **dict.fromkeys(map(str, RETRAINING_KINDS), 5.0)},
    proposals={"gp": 0.5},
    start=2.0,
    pace=1.25,
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(durations, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "durations.json"


def test_what_was_measured_is_kept_by_problem() -> None:
    branin, _ = get("branin")
    hartmann, _ = get("hartmann6")
    assert recall(branin) is None
    remember(branin, MEASURED)
    remember(Toy(), None)
    assert (recall(branin), recall(hartmann), recall(Toy())) == (MEASURED, None, None)


def test_a_forecast_of_what_is_not_begun_goes_by_it() -> None:
    """Two runs of 3 calls, each with 2 re-evaluations and 2 test scores."""
    settings = Settings(seeds=1, calls=3, initial_points=3, retrain=2, methods=("random", "gp"))
    plain, known = (Forecast(Toy(), settings, (), (), given) for given in (None, MEASURED))
    one = plain.typical_seconds
    assert plain.seconds_of_work() == pytest.approx((6 + 8 * WINNER) * one)
    assert known.seconds_of_work() == pytest.approx((6 * 2 + 8 * 5) * one)
    plain.proposals_left["gp"] = known.proposals_left["gp"] = 4
    assert known.seconds_of_work() == pytest.approx((6 * 2 + 8 * 5) * one + 4 * 0.5)
    known.measure_proposal("gp", 2.0)
    known.measure_proposal("tpe", 0.1)
    known.proposals_left["tpe"] = 10
    assert known.seconds_of_work() == pytest.approx((6 * 2 + 8 * 5) * one + 4 * 2.0 + 10 * 0.1)


def test_of_another_dataset_only_what_does_not_depend_on_it_is_known(digits: Dataset) -> None:
    here, there = (
        NetworkProblem(replace(digits, name=name), epochs=1) for name in ("here", "there")
    )
    remember(here, msgspec.structs.replace(MEASURED, distinct=0.5))
    assert recall(here) == msgspec.structs.replace(MEASURED, distinct=0.5)
    near = recall(there)
    assert near is not None
    assert (near.distinct, near.shares) == (None, {"validation": 2.0})
    assert (near.proposals, near.start, near.pace) == ({"gp": 0.5}, 2.0, 1.25)


def test_retrainings_to_come_are_those_of_the_incumbents() -> None:
    """Of three runs, two of which would retrain the same: 2.5 different ones are expected."""
    settings = Settings(seeds=1, calls=1, initial_points=1, retrain=2, methods=("a", "b", "c"))
    toy = Toy()
    forecast = Forecast(toy, settings, (), ())
    small, large = {**toy.default, "units": 1}, {**toy.default, "units": 50}
    for method, point in (("a", large), ("b", small), ("c", small), ("a", small), ("c", large)):
        task = make_task(EvaluationKind.VALIDATION, 0, point, 0)
        forecast.note_incumbent(method, task)
    each = [
        forecast.expected_seconds(make_task(kind, 0, point, 0))
        for kind in RETRAINING_KINDS
        for point in (small, large)
    ]
    calls = 3 * forecast.typical_seconds
    assert forecast.seconds_of_work() == pytest.approx(
        calls + 2.5 / 2 * settings.retrain * sum(each)
    )


def test_a_study_leaves_what_it_took_for_the_next(tmp_path: Path, cache: Path) -> None:
    request = StudyRequest(
        problem="branin", methods=("random",), seeds=2, calls=5, workers=1, output=tmp_path / "a"
    )
    assert not preview(make_plan(request)).measured
    studied(
        problem="branin", methods=["random"], seeds=2, calls=5, workers=1, output=tmp_path / "b"
    )
    found = preview(make_plan(request))
    assert found.measured
    known = recall(get("branin")[0])
    assert known is not None
    assert known.shares["validation"] < 0.1  # of the 0.1 s that a guess would be
    for damaged in (b"", b"[]", b'{"a": 1}'):
        cache.write_bytes(damaged)
        assert not preview(make_plan(request)).measured
    cache.unlink()
    cache.mkdir()  # cannot be written
    remember(get("branin")[0], MEASURED)
    assert recall(get("branin")[0]) is None
