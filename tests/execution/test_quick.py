"""Quick evaluations: many to a job, searches carried forward by workers, rows synced together."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.core.records import Evaluation, EvaluationKind, Task
from study.core.settings import Settings
from study.execution.executor import InProcessExecutor
from study.execution.job_queue import Block, ProposalJob
from study.execution.runner import StudyRunner
from study.methods.selection import parse_methods
from study.storage.ledger import Ledger
from tests.toy import Toy, in_process, points, stopping_at

CLIMBER = f"{Path(__file__).parents[2] / 'examples' / 'climber.py'}:Climber"
METHODS = parse_methods(["random", CLIMBER, f"{CLIMBER}[chance=0.5]"])
SETTINGS = Settings(seeds=3, calls=40, initial_points=3, retrain=2, methods=tuple(METHODS))


class Recording(InProcessExecutor):
    """Remembers how much each job was."""

    def __init__(self, problem: Toy) -> None:
        super().__init__(problem)
        self.toy = problem
        self.blocks: list[int] = []
        self.proposals = 0

    def submit(self, job_id: Any, *arguments: Any, **options: Any) -> None:
        if isinstance(job_id, Block):
            self.blocks.append(len(job_id.tasks))
        self.proposals += isinstance(job_id, ProposalJob)
        super().submit(job_id, *arguments, **options)


def run(ledger: Ledger, **toy: Any) -> Recording:
    problem = Toy(**toy)
    executor = Recording(problem)
    runner = StudyRunner(problem, SETTINGS, ledger, methods=METHODS)
    runner.run(lambda: nullcontext(executor))
    return executor


@pytest.fixture(scope="module")
def slow() -> Any:
    """Evaluated, and proposed, one by one."""
    with Ledger(None) as ledger:
        executor = run(ledger, seconds=1.0)
        yield ledger, executor


def test_blocks_and_carried_searches_come_to_the_same(slow: Any) -> None:
    with Ledger(None) as ledger:
        executor = run(ledger)
        assert points(ledger) == points(slow[0])
    assert set(slow[1].blocks) == {1}
    assert max(executor.blocks) > 20
    assert slow[1].proposals == 2 * 3 * 37
    assert executor.proposals < 30
    evaluated = executor.toy.evaluated
    assert len(evaluated) == len(set(evaluated)) == len(slow[1].toy.evaluated)


def test_a_quick_study_that_stops_anywhere_goes_on_to_the_same_end(
    slow: Any, tmp_path: Path
) -> None:
    total = len(slow[1].toy.evaluated)
    for stop in np.random.default_rng(0).choice(total, 6, replace=False).tolist():
        path = tmp_path / f"{stop}.db"
        with Ledger(path) as broken, pytest.raises(KeyboardInterrupt):
            run(broken, before=stopping_at(stop))
        with Ledger(path) as resumed:
            stored = set(resumed.evaluations())
            rest = run(resumed).toy.evaluated
            assert not stored & set(rest)
            assert points(resumed) == points(slow[0])


def test_quick_rows_are_synced_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    record = Ledger.record

    def counting(self: Ledger, done: Any = (), *more: Any) -> None:
        done = list(done)
        written.append(len(done))
        record(self, done, *more)

    monkeypatch.setattr(Ledger, "record", counting)
    with Ledger(tmp_path / "a.db") as ledger:
        run(ledger)
    assert len(written) < sum(written) / 5


def test_what_ends_a_block_or_a_carried_search_is_found_alone(slow: Any) -> None:
    """An exception that no evaluation catches, as if the worker had died."""
    deadly = slow[1].toy.evaluated[-30]

    class Dying(Toy):
        def evaluate(self, task: Task) -> Evaluation:
            if task.key == deadly:
                raise KeyboardInterrupt  # passes `study.problems.base.evaluate`
            return super().evaluate(task)

    class Surviving(Recording):
        def wait(self) -> list[tuple[Any, Any]]:
            job_id = self._jobs[0][0]
            try:
                return super().wait()
            except KeyboardInterrupt:
                return [(job_id, RuntimeError("its worker died"))]

    problem = Dying()
    with Ledger(None) as ledger:
        executor = Surviving(problem)
        StudyRunner(problem, SETTINGS, ledger, methods=METHODS).run(lambda: nullcontext(executor))
        failed = [key for key, (_, e) in ledger.evaluations().items() if e.score is None]
    assert failed == [deadly]


def test_a_search_that_was_told_another_score_is_replayed() -> None:
    """Of an evaluation that two searches share, the first score counts for both."""
    rng = np.random.default_rng(0)

    class Fickle(Toy):
        def evaluate(self, task: Task) -> Evaluation:
            found = super().evaluate(task)
            return replace(found, score=float(rng.random()))

    problem = Fickle()
    with Ledger(None) as ledger:
        runner = StudyRunner(problem, SETTINGS, ledger, methods=METHODS)
        runner.run(in_process(problem))
        assert not runner.errors
        done = ledger.evaluations()
        assert len(ledger.trials(done)) == 3 * 3 * 40
        assert sum(t.kind is EvaluationKind.TEST for t, _ in done.values()) <= 3 * 3 * 2
