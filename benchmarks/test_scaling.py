"""Independent trainings on 1, 2 and all cores: how much of another worker is gained."""

from contextlib import nullcontext
from typing import Any

import pytest

from study.core.records import Part, task
from study.core.settings import Settings
from study.data.sources import Dataset
from study.execution.executor import default_workers, open_engine
from study.execution.runner import Flow
from study.problems.network import NetworkProblem, evaluate
from study.storage.ledger import Ledger
from study.training.network import BASELINE

WORKERS = sorted({1, 2, default_workers()})
SETTINGS = Settings(seeds=8, calls=12, initial_points=1, retrain=1, methods=("random",))


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("turn", range(3))
def test_trainings(benchmark: Any, dataset: Dataset, turn: int, workers: int) -> None:
    """Random search, on workers that have TensorFlow and the images already.

    They take turns: a machine that drifts hits all alike.
    """
    problem = NetworkProblem(dataset, dataset.default_epochs)
    with open_engine(problem, workers) as engine:
        for number in range(workers):
            engine.submit(number, evaluate, engine.problem, task(Part.CLAIM, number, BASELINE, 0))
        left = workers
        while left:
            left -= len(engine.wait())
        with Ledger(None) as ledger:
            flow = Flow(problem, SETTINGS, ledger)
            benchmark.pedantic(
                flow.run, args=(lambda: nullcontext(engine),), rounds=1, iterations=1
            )
            done = ledger.evaluations().values()
    benchmark.extra_info |= {
        "workers": workers,
        "turn": turn,
        "evaluations": len(done),
        "training_seconds": sum(evaluation.seconds for _, evaluation in done),
    }
