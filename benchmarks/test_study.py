"""A whole study, from command to report, on 1, 2 and all cores; and the tutorial's way.

A small one, or with `--whole-study 2` one of the default size with so many seeds.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from study.core.environment import available_cores
from study.core.records import EvaluationKind
from study.results import Results, load
from study.storage.ledger import Ledger

WORKERS = sorted({1, 2, available_cores()})
SMALL = (
    *("--methods", "random,gp", "--seeds", "1", "--calls", "5", "--initial-points", "4"),
    *("--retrain", "1"),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the studies are written."""
    return tmp_path_factory.mktemp("studies")


def python(*arguments: str) -> str:
    """Run a program in a process of its own, without what this one told TensorFlow."""
    prefixes = ("TF_", "OMP_", "OPENBLAS_", "MKL_", "XLA_", "CUDA_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(prefixes)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("workers", WORKERS)
def test_study(benchmark: Any, request: pytest.FixtureRequest, folders: Path, workers: int) -> None:
    """Starting Python, TensorFlow and the workers, drawing plots: all of it counts."""
    name, output = request.config.getoption("--dataset"), folders / str(workers)
    seeds = request.config.getoption("--whole-study")
    size = ("--seeds", seeds) if seeds else SMALL
    command = (
        *("-m", "study", "compare", "--dataset", name, *size),
        *("--workers", str(workers), "--output", str(output)),
    )
    benchmark.pedantic(python, args=command, rounds=1, iterations=1)
    results: Results = load(output)
    benchmark.extra_info |= {
        "workers": workers,
        "how": "study",
        "evaluations": sum(results.info.evaluated.values()),
        "working_seconds": results.info.sessions[0].seconds,
        **first_call(output),
        "work_seconds": work_seconds(results),
    }


def first_call(output: Path) -> dict[str, float]:
    """How long the first evaluation took, and the same one at the end, when all is warm."""
    with Ledger(output / "study.db") as ledger:
        done = ledger.evaluations()
    ((task, again),) = (d for d in done.values() if d[0].kind is EvaluationKind.REPEAT)
    first = done[replace(task, kind=EvaluationKind.VALIDATION).key][1]
    return {"first_seconds": first.seconds, "again_seconds": again.seconds}


def work_seconds(results: Results) -> float:
    """Evaluations and proposals, each once."""
    calls, finals = results.trials, results.finals
    evaluated = [rows.loc[~rows["reused"], "train_seconds"].sum() for rows in (calls, finals)]
    return float(sum(evaluated) + calls["propose_seconds"].sum())


def test_tutorial_way(benchmark: Any, request: pytest.FixtureRequest, folders: Path) -> None:
    """The same calls and retrainings, one after the other by Keras `fit`.

    Also those that the study trained once for several methods, for the tutorial shares nothing. Its
    seconds are those of its own clock: starting Python is left out, and there are no plots.
    """
    script = Path(__file__).with_name("tutorial_way.py")
    name = request.config.getoption("--dataset")
    study = folders / str(WORKERS[0])
    if not (study / "trials.csv").is_file():
        pytest.skip("test_study did not run")
    arguments = (str(script), str(study), name)
    text = benchmark.pedantic(python, args=arguments, rounds=1, iterations=1)
    benchmark.extra_info |= {"how": "tutorial", "workers": 1, **json.loads(text.splitlines()[-1])}
