"""Studies for tests; what many look at and none changes is made once for all processes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from study.api import run_plan
from study.core.records import Evaluation, EvaluationKind, Task
from study.execution.plan import StudyRequest, make_plan
from study.problems.registry import get
from study.results import Results, write_run_tables

SMALL = (
    *("compare", "--dataset", "digits", "--epochs", "2", "--seeds", "2", "--calls", "5"),
    *("--initial-points", "3", "--retrain", "1", "--methods", "baseline,random,gp"),
)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` that `make` fills, by whichever process comes first; others wait."""
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = root / name, root / f"{name}.done"
    with FileLock(root / f"{name}.lock"):
        if not done.exists():
            make(folder)
            done.touch()
    return folder


def python(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, without this session's data and caches."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=bare_environment() | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def printed_in_two_processes(code: str) -> set[str]:
    """What a program prints, run twice with other hashes of texts; it must end well."""
    root = Path(__file__).parents[1]
    runs = [python("-c", code, cwd=root, PYTHONHASHSEED=seed, ADDED=seed) for seed in ("1", "2")]
    assert [run.returncode for run in runs] == [0, 0], [run.stderr for run in runs]
    return {run.stdout for run in runs}


def bare_environment() -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if k not in ("STUDY_DATA", "COVERAGE_PROCESS_START")
    }
    return kept | {"COLUMNS": "80", "KERAS_HOME": "/nonexistent"}


def run_small_study(folder: Path) -> None:
    """Run `study SMALL` as a user does, on one worker, into `out`; what it says is in `stdout`."""
    folder.mkdir()
    run = python("-m", "study", *SMALL, "--workers", "1", "--output", "out", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    (folder / "stdout").write_text(run.stdout)


def studied(**request: Any) -> Results:
    """The study that `study.compare` makes of this, without importance, plots and report."""
    results = run_plan(make_plan(StudyRequest(**request)), lambda _: None)
    write_run_tables(results)
    return results


def evaluated(problem: Any) -> Evaluation:
    """One evaluation of a user's problem as a worker makes it, at its default configuration."""
    tuned, _ = get(problem)
    kind = EvaluationKind.VALIDATION
    return tuned.evaluate(Task(kind=kind, configuration=tuned.default, training_seed=0))
