"""Somebody's code that ends the process: a failure like another, never the end of a study."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from study import StudyError, compare
from tests.shared import studied

PROBLEM = """
import sys
from study import Problem, Real

def evaluate(configuration, seed):
    if configuration["x"] > 0.75:
        sys.exit()
    if configuration["x"] > 0.5:
        sys.exit(0)
    if configuration["x"] < 0.25:
        raise SystemExit(3)
    return configuration["x"]

problem = Problem(space=[Real(name="x", low=0.0, high=1.0)], default={"x": 0.5}, evaluate=evaluate)
"""
METHOD = """
import sys

class Leaver:
    '''Proposes nothing.'''
    adaptive = {adaptive}

    def __init__(self, context):
        if {at_once}:
            sys.exit("no")

    def ask(self):
        sys.exit(0)

    def tell(self, configuration, score):
        pass
"""
SMALL = ("--seeds", "1", "--calls", "6", "--initial-points", "3", "--retrain", "1")


def study(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "study", "compare", *arguments, *SMALL, "--output", "out"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def outcomes(folder: Path) -> list[list[object]]:
    columns = ["method", "seed", "call", "x", "status", "reason"]
    return pd.read_csv(folder / "out" / "trials.csv")[columns].fillna("").to_numpy().tolist()


@pytest.mark.slow
def test_an_evaluation_that_exits_is_a_failed_row_with_any_number_of_workers(
    tmp_path: Path,
) -> None:
    found = []
    for workers in ("1", "2"):
        folder = tmp_path / workers
        folder.mkdir()
        (folder / "mine.py").write_text(PROBLEM)
        problem = ("--problem", "mine.py:problem", "--methods", "random,forest")
        run = study(folder, *problem, "--workers", workers)
        assert run.returncode == 1
        assert "failed, ExitError: sys.exit(" in run.stderr
        assert "method" in run.stdout  # the tables are printed all the same
        found.append(outcomes(folder))
    assert found[0] == found[1]
    assert {row[4] for row in found[0]} == {"ok", "failed"}
    assert {row[5] for row in found[0]} == {
        "",
        "ExitError: sys.exit() was called (mine.py, line 7)",
        "ExitError: sys.exit(0) was called (mine.py, line 9)",
        "ExitError: sys.exit(3) was called (mine.py, line 11)",
    }


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_search_that_exits_breaks_off_its_run(tmp_path: Path, workers: str) -> None:
    (tmp_path / "mine.py").write_text(METHOD.format(adaptive=True, at_once=False))
    methods = ("--methods", "random,mine.py:Leaver", "--workers", workers)
    run = study(tmp_path, "--problem", "branin", *methods)
    assert run.returncode == 1
    assert (
        "Leaver seed 0 call 4: ask failed: ExitError: sys.exit(0) was called (mine.py" in run.stderr
    )


@pytest.mark.parametrize(
    ("adaptive", "at_once", "message"),
    [
        (True, True, "cannot be created (ExitError: sys.exit('no') was called (mine.py, line 10))"),
        (
            False,
            False,
            "cannot propose at seed 0 (ExitError: sys.exit(0) was called (mine.py, line 13))",
        ),
    ],
)
def test_a_method_that_exits_before_anything_is_evaluated_is_one_line(
    tmp_path: Path, adaptive: bool, at_once: bool, message: str
) -> None:
    (tmp_path / "mine.py").write_text(METHOD.format(adaptive=adaptive, at_once=at_once))
    run = study(tmp_path, "--problem", "branin", "--methods", "random,mine.py:Leaver")
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert line.startswith("study: --methods Leaver")
    assert message in line


def test_a_file_that_parses_arguments_when_it_is_imported_is_one_line(tmp_path: Path) -> None:
    parsing = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('file')\np.parse_args()"
    )
    (tmp_path / "program.py").write_text(parsing)
    run = study(tmp_path, "--problem", "program.py:problem")
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert "the file program.py ends the process when it is imported (sys.exit(2) was" in line
    assert "usage" not in run.stderr


def test_ctrl_c_is_no_failure_of_an_evaluation(tmp_path: Path) -> None:
    from tests.toy import stopping_at, study_in

    results = study_in(tmp_path / "toy", before=stopping_at(5))
    assert not results.finished
    assert results.failures == []


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_reserves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be used"):
        compare(problem="branin", seeds=1, scheduler="tcp://127.0.0.1:9", output=tmp_path / "out")
    results = studied(
        problem="branin", seeds=1, methods=["random"], calls=3, initial_points=3, retrain=1,
        workers=1, output=tmp_path / "out",
    )  # fmt: skip
    assert results.finished
