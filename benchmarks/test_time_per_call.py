"""A whole run of each method at each seed: seconds per call, and what they buy."""

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from typing import Any

import pytest

from study.analysis.summary import run_frame
from study.core.settings import Settings
from study.data.dataset import Dataset
from study.execution.executor import InProcessExecutor
from study.execution.runner import StudyRunner
from study.problems.network import NetworkProblem
from study.storage.frames import retraining_frame, trial_frame
from study.storage.ledger import Ledger


@pytest.fixture(scope="module")
def ledgers(request: pytest.FixtureRequest) -> Iterator[dict[str, Ledger]]:
    """A ledger per method: what it holds of earlier seeds is not trained again."""
    with ExitStack() as stack:
        methods = request.config.getoption("--methods").split(",")
        yield {method: stack.enter_context(Ledger(None)) for method in methods}


def test_run(
    benchmark: Any,
    dataset: Dataset,
    method: str,
    seed: int,
    ledgers: dict[str, Ledger],
    request: pytest.FixtureRequest,
) -> None:
    """One method alone, on one thread; no other run has trained anything for it."""
    calls = request.config.getoption("--calls")
    settings = Settings(
        seeds=seed + 1, calls=calls, initial_points=min(5, calls), retrain=1, methods=(method,)
    )
    problem = NetworkProblem(dataset, dataset.default_epochs)
    assert problem.loaded_trainer  # images are sorted before the clock starts

    def run() -> None:
        runner = StudyRunner(problem, settings, ledgers[method])
        runner.run(lambda: nullcontext(InProcessExecutor(problem)))

    benchmark.pedantic(run, rounds=1, iterations=1)
    row = last_run(ledgers[method], method, settings.initial_points, problem)
    benchmark.extra_info |= {
        "method": method,
        "seed": seed,
        "calls": int(row["calls"]),
        "propose_seconds": float(row["propose_seconds"]),
        "train_seconds": float(row["train_seconds"]),
        "seconds_per_call": float(row["propose_seconds"] + row["train_seconds"]),
        "validation_accuracy": float(row["validation_score"]),
        "test_accuracy": float(row["test_score"]),
        "parameters": int(row["size"]),
    }


def last_run(ledger: Ledger, method: str, initial: int, problem: NetworkProblem) -> dict[Any, Any]:
    """What the newest run of a ledger came to; see `study.analysis.summary.run_frame`."""
    done = ledger.evaluations()
    trials = trial_frame(ledger.trials(done), done, {method: initial}, problem.space.dimensions)
    runs = run_frame(trials, retraining_frame(ledger.finals(done), done, [method]))
    return runs.to_dict("records")[-1]
