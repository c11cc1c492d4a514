from pathlib import Path
from typing import Any

import pytest

from study import Categorical, Integer, Ordinal, Problem, Real
from study.core.dimensions import Dimension
from study.core.errors import StudyError
from study.core.records import make_rng
from study.core.settings import Settings
from study.core.space import Space
from study.execution.plan import StudyRequest, make_plan
from study.execution.runs import initial_design
from study.execution.start import read_points
from study.execution.suite_plan import make_suite_plan
from study.report.notes import facts
from study.results import Results, load
from tests.shared import studied

SPACE: list[Dimension] = [
    Real(name="rate", low=1e-4, high=1.0, log=True),
    Integer(name="units", low=1, high=64),
    Ordinal(name="batch", choices=(8, 16, 32)),
    Categorical(name="layers", choices=((64,), (32, 32), None)),
]
DEFAULT = {"rate": 0.1, "units": 10, "batch": 8, "layers": (64,)}
FIRST = {"rate": 0.01, "units": 20, "batch": 16, "layers": (32, 32)}
SECOND = {"rate": 0.02, "units": 30, "batch": 32, "layers": None}
TABLE = """\
who,rate,units,batch,layers
ada,0.01,20,16,"(32, 32)"

bob,0.02,30.0,32.0,None
ada,0.1,10,8,"(64,)"
bob,0.02,30,32,None
"""


def value(configuration: dict[str, Any], seed: int) -> float:
    units, rate = int(configuration["units"]), float(configuration["rate"])
    return -abs(units - 40) - rate + (seed % 100) / 1e3


PROBLEM = Problem(name="plain", space=SPACE, default=DEFAULT, evaluate=value)


def request(folder: Path, **changes: Any) -> StudyRequest:
    settings = {
        "methods": ["baseline", "random", "quasi-random"],
        "seeds": 2,
        "calls": 6,
        "retrain": 1,
        "initial_points": 4,
        "workers": 1,
        "problem": PROBLEM,
        "output": folder / "out",
    }
    return StudyRequest(**{**settings, **changes})


def run(folder: Path, **changes: Any) -> Results:
    return studied(**vars(request(folder, **changes)))


def designs(results: Results) -> list[list[dict[Any, Any]]]:
    """The configurations of the initial design of each search."""
    rows = results.trials[results.trials["phase"] == "initial"]
    return [
        own[list(DEFAULT)].astype(object).to_dict("records")
        for _, own in rows.groupby(["method", "seed"], sort=False)
    ]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    path.write_text(TABLE)
    return path


@pytest.mark.slow
def test_own_points_follow_the_default_in_every_search_and_at_every_seed(
    tmp_path: Path, table: Path
) -> None:
    methods = ["baseline", "random", "forest"]
    results = run(tmp_path, start_from=table, methods=methods)
    plain = run(tmp_path / "plain", methods=methods)
    assert len(designs(results)) == 4
    for own, random in zip(designs(results), designs(plain), strict=True):
        assert own == [DEFAULT, FIRST, SECOND, random[3]]  # the rest as it is without them
    (check,) = (check for check in results.checks if check.rule == "same initial design")
    assert check.passed
    assert check.figures.endswith(f"; 2 own points from {table}")
    assert facts(results.info)["start"].startswith(f"2 own points from {table}, after the default")
    assert f"--start-from {table}" in results.info.command
    assert "start" not in facts(plain.info)
    assert "--start-from" not in plain.info.command


def test_without_own_points_the_design_is_what_it_was() -> None:
    settings, rng = Settings(initial_points=4, calls=6), make_rng(3, "design")
    problem = make_plan(StudyRequest(problem=PROBLEM, workers=1)).problem
    drawn = [Space(tuple(SPACE)).sample(rng) for _ in range(3)]
    assert initial_design(problem, settings, 3) == [DEFAULT, *drawn]


@pytest.mark.slow
def test_a_study_goes_on_with_its_own_points(tmp_path: Path, table: Path) -> None:
    begun = run(tmp_path, start_from=table, seeds=1)
    table.unlink()
    grown = run(tmp_path)
    assert [own[:3] for own in designs(grown)] == [[DEFAULT, FIRST, SECOND]] * 4
    assert grown.info.settings.start == begun.info.settings.start
    assert load(grown.folder).info == grown.info
    table.write_text(TABLE)
    assert run(tmp_path, start_from=table).info.calls == grown.info.calls


@pytest.mark.parametrize(
    ("begun", "told"),
    [(None, "none, now 1 own point from"), (TABLE, "now others; without start_from it goes on")],
)
def test_other_points_are_another_study(
    tmp_path: Path, table: Path, begun: str | None, told: str
) -> None:
    run(tmp_path, start_from=table if begun else None, seeds=1)
    table.write_text("rate,units,batch,layers\n0.5,2,8,None\n")
    with pytest.raises(
        StudyError, match=rf"holds a study with other settings \(start-from .*{told}"
    ):
        run(tmp_path, start_from=table)


def test_a_design_with_other_points_fails_the_check(tmp_path: Path, table: Path) -> None:
    results = run(tmp_path, start_from=table, methods=["random"])
    lines = (results.folder / "trials.csv").read_text()
    (results.folder / "trials.csv").write_text(lines.replace(",0.01,20,16,", ",0.01,21,16,"))
    (results.folder / "study.db").unlink()
    (check,) = load(results.folder).failed_checks[:1]
    assert check.figures == "2 calls of the initial design are not the own points expected there"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("who,rate,", "who,rte,", "lacks the column rate: a row is a point"),
        ("who,rate,", "rate,rate,", "has the column rate twice"),
        ("bob,0.02,30.0", "bob,2,30.0", r"line 4: rate is '2', allowed is 0.0001 .. 1"),
        ("bob,0.02,30.0", "bob,x,30.0", "line 4: rate is 'x'"),
        ("bob,0.02,30.0", "bob,nan,30.0", "line 4: rate is 'nan'"),
        ("bob,0.02,30.0", "bob,0.02,30.5", "line 4: units is '30.5', allowed is 1 .. 64"),
        ("32.0,None", "12,None", "line 4: batch is '12', allowed is 8, 16, 32"),
        ("32.0,None", "32,none", r"line 4: layers is 'none', allowed is \(64,\), \(32, 32\), None"),
        ("32.0,None", "32", "line 4: layers is ''"),
    ],
)
def test_what_the_space_lacks_is_told_with_its_place(
    table: Path, old: str, new: str, told: str
) -> None:
    table.write_text(TABLE.replace(old, new, 1))
    with pytest.raises(StudyError, match=told) as caught:
        read_points(table, Space(tuple(SPACE)))
    assert "\n" not in str(caught.value)
    assert caught.value.command_line.startswith(f"--start-from {table}")


@pytest.mark.parametrize(
    ("content", "changes", "told"),
    [
        (TABLE, {"initial_points": 2}, "2 different points, and initial_points 2 has room for 1"),
        ("\n".join(TABLE.splitlines()[::4]), {}, "no other point than the default"),
        (b"\xff\xfe\x00", {}, "cannot be read"),
        (None, {}, "cannot be read .no such file or folder.: name a CSV file or a results"),
    ],
)
def test_a_table_that_gives_no_design_is_told(
    tmp_path: Path, content: str | bytes | None, changes: dict[str, Any], told: str
) -> None:
    path = tmp_path / "points.csv"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(StudyError, match=told):
        make_plan(request(tmp_path, start_from=path, **changes))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_table_of_another_study_is_one(tmp_path: Path) -> None:
    """trials.csv is read as it is; its text of a value is the value."""
    earlier = run(tmp_path, seeds=1, methods=["random"])
    results = run(
        tmp_path / "next", start_from=earlier.folder / "trials.csv", initial_points=7, calls=7
    )
    (known,) = (own for own in designs(results)[:1])
    assert known[:6] == earlier.trials[list(DEFAULT)].astype(object).to_dict("records")


@pytest.mark.slow
def test_a_folder_gives_its_best_winners(tmp_path: Path) -> None:
    earlier = run(tmp_path, seeds=6, calls=8, retrain=3)
    again = earlier.finals[earlier.finals["kind"] == "reevaluated"]
    means = again.groupby("configuration")["observed_value"].mean().sort_values(ascending=False)
    results = run(tmp_path / "next", start_from=earlier.folder, initial_points=3)
    start = results.info.settings.start
    assert start is not None
    assert start.offered == len(means) - ('"units": 10' in str(list(means.index)))
    texts = [text for text in means.index if '"units": 10,' not in text]
    units = [int(text.split('"units": ')[1].rstrip("}")) for text in texts[:2]]
    assert [point["units"] for point in start.points] == units
    assert f", the best of its {start.offered} winners" in facts(results.info)["start"]


def test_a_folder_of_another_space_is_told(tmp_path: Path) -> None:
    earlier = run(tmp_path, seeds=1, methods=["random"])
    other = Problem(
        name="other", space=[Real(name="x", low=0.0, high=1.0)], default={"x": 0.5}, evaluate=value
    )
    with pytest.raises(StudyError, match="a study whose space lacks x"):
        make_plan(request(tmp_path, problem=other, start_from=earlier.folder))
    narrow = Problem(
        name="narrow",
        space=[Real(name="rate", low=2.0, high=3.0), *SPACE[1:]],
        default={**DEFAULT, "rate": 2.5},
        evaluate=value,
    )
    with pytest.raises(StudyError, match=r"no winner that lies in the space: rate is .* 2 \.\. 3"):
        make_plan(request(tmp_path, problem=narrow, start_from=earlier.folder))


def test_a_suite_has_no_own_points(table: Path) -> None:
    with pytest.raises(StudyError, match=r"start_from .*points.csv is for one problem"):
        make_suite_plan("functions", StudyRequest(start_from=table))
