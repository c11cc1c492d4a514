"""Independent trainings on 1, 2 and all cores: how much of another worker is gained."""

from contextlib import nullcontext
from typing import Any

import pytest

from study.core.environment import available_cores
from study.core.records import EvaluationKind, make_task
from study.core.settings import Settings
from study.data.dataset import Dataset
from study.execution.executor import open_executor
from study.execution.runner import StudyRunner
from study.problems.base import evaluate
from study.problems.network import NetworkProblem
from study.storage.ledger import Ledger
from study.training.network import BASELINE

WORKERS = sorted({1, 2, available_cores()})
SETTINGS = Settings(seeds=8, calls=12, initial_points=1, retrain=1, methods=("random",))


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("turn", range(3))
def test_trainings(benchmark: Any, dataset: Dataset, turn: int, workers: int) -> None:
    """Random search, on workers that have TensorFlow and the images already.

    They take turns: a machine that drifts hits all alike.
    """
    problem = NetworkProblem(dataset, dataset.default_epochs)
    with open_executor(problem, workers) as executor:
        for number in range(workers):
            executor.submit(
                number,
                evaluate,
                executor.problem,
                make_task(EvaluationKind.CLAIM, number, BASELINE, 0),
            )
        pending = workers
        while pending:
            pending -= len(executor.wait())
        with Ledger(None) as ledger:
            runner = StudyRunner(problem, SETTINGS, ledger)
            benchmark.pedantic(
                runner.run, args=(lambda: nullcontext(executor),), rounds=1, iterations=1
            )
            done = ledger.evaluations().values()
    benchmark.extra_info |= {
        "workers": workers,
        "turn": turn,
        "evaluations": len(done),
        "training_seconds": sum(evaluation.seconds for _, evaluation in done),
    }
