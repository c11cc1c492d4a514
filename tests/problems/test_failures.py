"""Evaluations that fail: told at once if it is the first, else rows, evaluated again on demand."""

from pathlib import Path
from typing import Any

import pytest

from study import Results, StudyError
from study.api import write_outputs
from study.cli.tables import exit_code, print_results
from tests.shared import studied

HEAD = """
import ctypes, os, pathlib
from study import Objective, Problem, Real

def helper(x):
    return 1 / (x - 0.5)

def evaluate(configuration, seed):
    x = configuration["x"]
"""
TAIL = """
problem = Problem(
    space=[Real(name="x", low=0.0, high=1.0)],
    default={"x": 0.5},
    evaluate=evaluate,
    objective=Objective(maximise=False),
)
"""
CASES = {
    "    return helper(x)": r"ZeroDivisionError: float division by zero \(mine.py, line 6\)",
    "    pass": r"TypeError: evaluate returned None: it must be a number, .* \(mine.py, line 8\)",
    "    return {'x': x}": r"evaluate returned {'x': 0.5}: it must name value \(mine.py, line 8\)",
    "    os._exit(3)": "every worker that tried it died",
}
both = pytest.mark.parametrize("workers", [1, 2])


def write(folder: Path, body: str) -> str:
    file = folder / "mine.py"
    file.write_text(f"{HEAD}{body}\n{TAIL}")
    return f"{file}:problem"


def ran(folder: Path, problem: str, workers: int = 1, **settings: Any) -> Results:
    usual: dict[str, Any] = {"methods": ["random", "forest"], "seeds": 2, "retrain": 1}
    budget = {"calls": 7, "initial_points": 3, "workers": workers}
    return studied(problem=problem, output=folder / "out", **usual | budget | settings)


def rows(results: Results) -> list[list[Any]]:
    """What was evaluated and came out, seconds aside."""
    columns = ["method", "seed", "call", "x", "observed_value", "status", "reason"]
    return results.trials[columns].fillna(-1.0).to_numpy().tolist()


BODIES = list(CASES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "workers"), [*((body, 1) for body in BODIES[:3]), (BODIES[0], 2), (BODIES[3], 2)]
)
def test_a_default_point_that_fails_ends_the_study_with_the_users_own_line(
    tmp_path: Path, body: str, workers: int
) -> None:
    with pytest.raises(StudyError, match=CASES[body]) as caught:
        ran(tmp_path, write(tmp_path, body), workers)
    assert "add --keep-going to go on" in caught.value.command_line
    mended = ran(tmp_path, write(tmp_path, "    return x"))  # nothing was kept to be in the way
    assert mended.finished
    assert mended.valid


@pytest.mark.slow
@both
def test_with_keep_going_everything_that_failed_is_told_and_nothing_is_drawn(
    tmp_path: Path, workers: int, capsys: pytest.CaptureFixture[str]
) -> None:
    results = ran(tmp_path, write(tmp_path, "    return 1 / 0"), workers, keep_going=True)
    write_outputs(results)
    print_results(results)
    assert exit_code(results) == 1
    told = capsys.readouterr()
    # Of 7 calls at 2 seeds, `forest` needs its design to go on, and has it: all were evaluated.
    assert "FAILED: 28 of 28 calls and retrainings failed" in told.out
    assert "Nothing can be said" in told.out
    assert told.err.count("ZeroDivisionError: division by zero (mine.py, line 10)") == 10
    assert "and 18 more like these" in told.err
    assert "add --retry-failed" in told.err
    assert not (results.folder / "plots").exists()
    assert "28 of 28 calls and retrainings failed" in (results.folder / "report.md").read_text()


@pytest.mark.slow
def test_what_failed_is_evaluated_again_and_nothing_shows_that_it_did(tmp_path: Path) -> None:
    workers = 2
    flaky = """
    if x > 0.7 and not pathlib.Path("{0}").exists():
        raise OSError("no licence")
    return (x - 0.4) ** 2"""
    for name in ("once", "twice"):
        (tmp_path / name).mkdir()
    (tmp_path / "licence").touch()
    text = flaky.format(tmp_path / "licence")
    never = ran(tmp_path / "once", write(tmp_path, text), workers)
    (tmp_path / "licence").unlink()
    failed = ran(tmp_path / "twice", write(tmp_path, text), workers)
    assert "OSError: no licence (mine.py, line 12)" in failed.failures[0]
    again = ran(tmp_path / "twice", write(tmp_path, text), workers, retry_failed=True)
    assert rows(again) == rows(failed)  # it fails again, in the same way
    (tmp_path / "licence").touch()
    mended = ran(tmp_path / "twice", write(tmp_path, text), workers, retry_failed=True)
    assert mended.valid
    assert rows(mended) == rows(never) != rows(failed)
    (check,) = [check for check in mended.checks if check.rule == "no failures"]
    assert "evaluations failed before and were made again" in check.figures


@pytest.mark.slow
def test_an_evaluation_without_end_is_given_up(tmp_path: Path) -> None:
    body = "    if x > 0.8:\n        ctypes.CDLL(None).sleep(1000)\n    return x"
    results = ran(tmp_path, write(tmp_path, body), workers=2, timeout=1.0)
    frame = results.trials
    overdue = frame["x"] > 0.8
    assert overdue.any()
    assert (frame["status"] == overdue.map({True: "timeout", False: "ok"})).all()
    assert set(frame["reason"][overdue]) == {"no result after 1 s"}
    assert results.finished
    assert "--timeout 1" in results.info.command
    assert results.failures[0].endswith("timeout, no result after 1 s")


@pytest.mark.parametrize("test", ["", "def test(configuration, seed): return 1.0"])
def test_an_async_function_is_told_before_anything_runs(tmp_path: Path, test: str) -> None:
    body = f"    return x\nasync {test}" if test else "    return x"
    problem = write(tmp_path, body)
    file = tmp_path / "mine.py"
    text = file.read_text().replace("evaluate=evaluate,", "evaluate=evaluate, test=test,")
    file.write_text(
        text if test else file.read_text().replace("def evaluate", "async def evaluate")
    )
    with pytest.raises(StudyError, match=r"its (test|evaluate) is an async function: define it"):
        ran(tmp_path, problem)


@pytest.mark.slow
def test_a_worker_that_may_start_no_processes_says_what_to_do(tmp_path: Path) -> None:
    body = (
        "    import multiprocessing\n    with multiprocessing.Pool(2) as p: return p.map(abs, [x])"
    )
    with pytest.raises(
        StudyError, match=r"children \(mine.py, line 11\): a worker starts no"
    ) as told:
        ran(tmp_path, write(tmp_path, body), workers=2)
    assert "or with --workers 1" in told.value.command_line


def test_a_function_that_takes_something_else_is_told_before_anything_runs(tmp_path: Path) -> None:
    body = "    return x\ndef test(configuration): return 1.0"
    problem = write(tmp_path, body)
    file = tmp_path / "mine.py"
    file.write_text(file.read_text().replace("evaluate=evaluate,", "evaluate=evaluate, test=test,"))
    with pytest.raises(
        StudyError, match="its test cannot be called with a configuration and a seed"
    ):
        ran(tmp_path, problem)
