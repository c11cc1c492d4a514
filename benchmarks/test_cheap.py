"""Problems whose evaluations take no time: what `study` itself costs, on one worker and on two."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from study.core.settings import Settings
from study.execution.executor import open_executor
from study.execution.runner import StudyRunner
from study.problems.registry import get
from study.storage.ledger import Ledger

STUDIES = {
    "random": ("branin", Settings(seeds=100, calls=200, retrain=1, methods=("random",))),
    "gp": ("hartmann6", Settings(seeds=6, calls=30, retrain=1, methods=("gp",))),
}
WARM = Settings(seeds=2, calls=7, retrain=1)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("method", list(STUDIES))
@pytest.mark.parametrize("turn", range(3))
def test_quick_evaluations(
    benchmark: Any, tmp_path: Path, turn: int, method: str, workers: int
) -> None:
    """A study on workers that have proposed before, its ledger on disk; they take turns."""
    name, settings = STUDIES[method]
    problem, _ = get(name)
    with open_executor(problem, workers) as executor:
        with Ledger(None) as ledger:
            StudyRunner(problem, WARM, ledger).run(lambda: nullcontext(executor))
        with Ledger(tmp_path / "study.db") as ledger:
            runner = StudyRunner(problem, settings, ledger)
            benchmark.pedantic(
                runner.run, args=(lambda: nullcontext(executor),), rounds=1, iterations=1
            )
            evaluations = len(ledger.evaluations())
    benchmark.extra_info |= {
        "method": method,
        "workers": workers,
        "turn": turn,
        "evaluations": evaluations,
    }
