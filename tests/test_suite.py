"""Suites: many problems on the same workers, each a study that goes on as any."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import study
from study.cli.main import main
from study.combining import collect
from study.execution.plan import StudyRequest, make_plan
from study.execution.progress import Progress
from study.execution.suite_plan import make_suite_plan
from study.storage.ledger import Ledger
from study.suite import run_suite
from tests.shared import studied
from tests.toy import evaluations, points

SETTINGS: dict[str, Any] = {
    "methods": ("random", "quasi-random", "gp"),
    "seeds": 2,
    "calls": 5,
    "initial_points": 3,
    "retrain": 1,
    "workers": 1,
}
PROBLEMS = ["branin", "mixed", "goldstein_price"]


def outcome(folder: Path) -> list[Any]:
    """Everything that a study found, but for times."""
    with Ledger(folder / "study.db", create=False) as ledger:
        return points(ledger)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same problems, each studied by itself."""
    folder = tmp_path_factory.mktemp("alone")
    for problem in PROBLEMS:
        studied(**SETTINGS, problem=problem, output=folder / problem)
    return folder


def run(output: Path, observe: Any = lambda _: None, **changes: Any) -> study.Collection:
    request = StudyRequest(**{**SETTINGS, **changes}, output=output)
    return collect(run_suite(make_suite_plan(PROBLEMS, request), observe).results)


class Whole(NamedTuple):
    """A finished suite."""

    folder: Path
    collection: study.Collection
    told: list[Progress]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    told: list[Progress] = []
    folder = tmp_path_factory.mktemp("whole") / "suite"
    return Whole(folder, run(folder, told.append), told)


@pytest.mark.slow
def test_each_problem_is_the_study_that_it_would_be_alone(alone: Path, whole: Whole) -> None:
    assert sorted(whole.collection.studies) == sorted(PROBLEMS)
    for problem in PROBLEMS:
        assert outcome(whole.folder / problem) == outcome(alone / problem)
        assert (whole.folder / problem / "summary.csv").is_file()
    pd.testing.assert_frame_equal(whole.collection.pairs, study.combine([alone]).pairs)


@pytest.mark.slow
def test_two_workers_find_the_same(alone: Path, tmp_path: Path) -> None:
    run(tmp_path / "suite", workers=2)
    for problem in PROBLEMS:
        assert outcome(tmp_path / "suite" / problem) == outcome(alone / problem)


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 45])
def test_interrupted_anywhere_it_goes_on_to_the_same_end(
    number: int, alone: Path, tmp_path: Path
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done >= number:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "suite", interrupt)
    told: list[Progress] = []
    run(tmp_path / "suite", told.append)
    assert told[0].done >= number - 1
    for problem in PROBLEMS:
        assert outcome(tmp_path / "suite" / problem) == outcome(alone / problem)


@pytest.mark.slow
@pytest.mark.long
def test_killed_it_goes_on_to_the_same_end(alone: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"SUITE = {PROBLEMS!r}")
    command = [
        *(sys.executable, "-m", "study", "compare", "--suite", "mine.py:SUITE", "--seeds", "2"),
        *("--methods", "random,quasi-random,gp", "--calls", "5", "--initial-points", "3"),
        *("--retrain", "1", "--workers", "2"),
    ]
    folder = tmp_path / "results" / "SUITE"
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    while process.poll() is None:
        ledgers = [folder / problem / "study.db" for problem in PROBLEMS]
        if sum(evaluations(ledger.parent) for ledger in ledgers if ledger.exists()) >= 10:
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    assert process.wait() == -signal.SIGKILL
    subprocess.run(command, cwd=tmp_path, check=True)
    for problem in PROBLEMS:
        assert outcome(folder / problem) == outcome(alone / problem)
    assert (folder / "report.html").is_file()


def test_progress_is_over_all_problems(whole: Whole) -> None:
    told = whole.told
    assert told[0].total == 3 * 3 * 2 * (5 + 2)
    assert told[-1].done == told[-1].total == told[0].total + 3  # the first one again, of each
    assert told[-1].workers == 0
    assert {job.description.split(":")[0] for one in told for job in one.running} == set(PROBLEMS)


def test_a_finished_suite_evaluates_nothing_again(whole: Whole) -> None:
    told: list[Progress] = []
    collection = run(whole.folder, told.append)
    assert told == []
    assert collection.finished


@pytest.mark.slow
def test_seeds_are_added_to_every_problem(whole: Whole, tmp_path: Path) -> None:
    collection = run(shutil.copytree(whole.folder, tmp_path / "suite"), seeds=3)
    assert [len(scores) for scores in collection.scores.values()] == [3, 3, 3]


BROKEN = """
from study import Problem, Real

def broken(configuration, seed):
    raise ValueError("no")

def fine(configuration, seed):
    return configuration["x"] ** 2

SPACE = [Real(name="x", low=-1.0, high=1.0)]
problem = Problem(space=SPACE, default={"x": 0.5}, evaluate=broken)
parabola = Problem(space=SPACE, default={"x": 0.5}, evaluate=fine)
SUITE = ["branin", problem, parabola]
"""


@pytest.mark.slow
def test_a_problem_that_cannot_be_evaluated_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    arguments = "--methods random,quasi-random --seeds 2 --calls 4 --initial-points 2 --workers 1"
    with pytest.raises(SystemExit) as exited:
        main(["compare", "--suite", "mine.py:SUITE", "--retrain", "1", *arguments.split()])
    assert exited.value.code == 1
    shown = capsys.readouterr()
    assert "failed: broken: the first evaluation failed (ValueError: no" in shown.err
    assert "Over 2 problems, with 4 calls per run" in shown.out
    folder = tmp_path / "results" / "SUITE"
    assert (folder / "report.html").is_file()
    assert (folder / "branin" / "report.html").is_file()
    assert (folder / "fine" / "report.html").is_file()


@pytest.mark.slow
def test_workers_need_not_have_the_file_of_a_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    request = StudyRequest(**{**SETTINGS, "workers": 2}, output=tmp_path / "suite")
    done = run_suite(make_suite_plan("mine.py:SUITE", request), lambda _: None)
    found = {results.info.problem.name: results for results in done.results}
    assert set(found) == {"branin", "fine"}
    assert found["fine"].info.data.problem == "mine.py:SUITE[2]"
    assert list(done.failed) == ["broken"]


def test_one_problem_of_a_suite_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BROKEN)
    request = StudyRequest(problem=f"{tmp_path / 'mine.py'}:SUITE[2]")
    assert make_plan(request).problem.name == "fine"
    with pytest.raises(study.StudyError, match=r"SUITE\[7\] in the file mine.py is no item"):
        make_plan(StudyRequest(problem=f"{tmp_path / 'mine.py'}:SUITE[7]"))


def test_two_problems_of_one_name_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(study.StudyError, match="has two problems named branin: rename one"):
        make_suite_plan(["branin", "branin"], StudyRequest(output=tmp_path))


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ("function", r"did you mean 'functions'\?"),
        ("branin", "'branin' is unknown"),
        (["branin"], "has 1 problem: list two or more"),
    ],
)
def test_what_is_no_suite_is_one_clear_line(suite: Any, message: str) -> None:
    with pytest.raises(study.StudyError, match=message):
        make_suite_plan(suite, StudyRequest())


def test_a_suite_and_a_problem_exclude_each_other() -> None:
    with pytest.raises(study.StudyError, match="suite and problem exclude each other"):
        make_suite_plan("functions", StudyRequest(problem="branin"))


def test_a_wrong_setting_names_the_nearest() -> None:
    with pytest.raises(TypeError, match="did you mean 'methods'"):
        study.compare_suite("functions", method=["random"])


def test_a_dry_run_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exited:
        main(["compare", "--suite", "functions", "--seeds", "2", "--dry-run"])
    assert exited.value.code == 0
    assert "Nothing was evaluated" in " ".join(capsys.readouterr().out.split())
    assert list(tmp_path.iterdir()) == []


def test_datasets_that_cannot_be_had_are_left_out(offline: Path, tmp_path: Path) -> None:
    from study.problems.suites import Suite

    suite = Suite(summary="", datasets=("digits", "mnist"), problems=("branin",))
    request = StudyRequest(output=tmp_path, epochs=None)
    planned = make_suite_plan(suite, request)
    assert list(planned.plans) == ["branin", "digits"]
    (line,) = planned.left_out
    assert line.startswith("mnist: unavailable")
