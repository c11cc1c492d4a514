import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from study.core.environment import available_cores
from study.core.errors import ClusterError, OverdueError, StudyError
from study.core.records import EvaluationKind, Task, make_task
from study.core.settings import Settings
from study.execution.dask_workers import DaskExecutor
from study.execution.executor import Executor, open_executor
from study.execution.runner import StudyRunner
from study.storage.ledger import Ledger
from tests.test_layers import loaded
from tests.toy import Toy


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    with open_executor(Toy(), 2) as engine:
        yield engine


@pytest.fixture(params=[1, 2])
def engine(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """In process, and two workers."""
    if request.param == 2:
        yield request.getfixturevalue("workers")
        return
    with open_executor(Toy(), 1) as made:
        yield made


def outcomes(engine: Executor, count: int) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    while len(found) < count:
        found.update(engine.wait())
    return found


def add(a: int, b: int) -> int:
    return a + b


def fail(message: str) -> None:
    raise ValueError(message)


def default_rate(problem: Toy) -> Any:
    return problem.default["rate"]


def environment() -> tuple[int, dict[str, str]]:
    return os.getpid(), dict(os.environ)


def die_once(marker: str) -> str:
    path = Path(marker)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_jobs_come_back_under_their_tickets(engine: Executor) -> None:
    for number in range(5):
        engine.submit(number, add, number, 10)
    assert outcomes(engine, 5) == {number: number + 10 for number in range(5)}


def test_an_exception_is_an_outcome(engine: Executor) -> None:
    engine.submit("bad", fail, "no luck")
    engine.submit("good", add, 1, 1)
    found = outcomes(engine, 2)
    assert found["good"] == 2
    assert isinstance(found["bad"], ValueError)
    assert str(found["bad"]) == "no luck"


def test_jobs_get_the_problem(engine: Executor) -> None:
    engine.submit("rate", default_rate, engine.problem)
    assert outcomes(engine, 1) == {"rate": 0.001}


def test_workers_are_other_processes_of_one_thread(workers: Executor) -> None:
    workers.submit("who", environment)
    process, variables = outcomes(workers, 1)["who"]
    assert process != os.getpid()
    assert variables["TF_NUM_INTRAOP_THREADS"] == variables["OMP_NUM_THREADS"] == "1"


def test_a_killed_worker_is_replaced_and_its_job_done_again(
    workers: Executor, tmp_path: Path
) -> None:
    workers.submit("job", die_once, str(tmp_path / "marker"))
    assert outcomes(workers, 1) == {"job": "survived"}


@pytest.mark.slow
def test_a_job_that_kills_every_worker_is_an_outcome_and_the_rest_goes_on(
    workers: Executor,
) -> None:
    workers.submit("deadly", die)
    outcome = outcomes(workers, 1)["deadly"]
    assert isinstance(outcome, Exception)
    assert "127.0.0.1" not in str(outcome)  # it may end up in a report
    workers.submit("after", add, 2, 2)
    assert outcomes(workers, 1) == {"after": 4}
    workers.submit("rate", default_rate, workers.problem)
    assert outcomes(workers, 1) == {"rate": 0.001}


@pytest.mark.slow
def test_workers_that_do_not_come_back_end_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.execution.dask_local.RESTART_SECONDS", 2)
    with open_executor(Toy(), 2) as executor:
        cluster: Any = executor._client.cluster  # type: ignore[attr-defined]
        cluster.scale(0)
        executor.submit("never", add, 1, 1)
        with pytest.raises(ClusterError, match="the worker processes died"):
            outcomes(executor, 1)


def deadly(task: Task) -> None:
    """Kill the worker that is to evaluate the baseline's third call."""
    if task == repeated_baseline(2):
        os.kill(os.getpid(), signal.SIGKILL)


def repeated_baseline(repeat: int) -> Task:
    return make_task(EvaluationKind.VALIDATION, 0, Toy().baseline, repeat)


@pytest.mark.slow
def test_an_evaluation_that_kills_its_workers_is_a_row_and_the_study_goes_on() -> None:
    settings = Settings(
        seeds=1, calls=4, initial_points=2, retrain=1, methods=("baseline", "random")
    )
    toy = Toy(before=deadly)
    with Ledger(None) as ledger:
        StudyRunner(toy, settings, ledger).run(lambda: open_executor(toy, 2))
        done = ledger.evaluations()
        statuses = [done[t.task.key][1].status for t in ledger.trials(done)]
        assert len(ledger.finals(done)) == 2 * 2
        assert "every worker that tried it died" in done[repeated_baseline(2).key][1].reason
    assert statuses == ["ok", "ok", "failed", "ok"] + ["ok"] * 4


@pytest.mark.slow
def test_the_callers_main_module_is_left_as_it_was() -> None:
    before = dict(vars(sys.modules["__main__"]))
    with open_executor(Toy(), 2):
        pass
    assert dict(vars(sys.modules["__main__"])) == before


def test_at_least_one_worker() -> None:
    with pytest.raises(StudyError, match="workers is 0"), open_executor(Toy(), 0):
        pass
    assert available_cores() >= 1


class Counted(Toy):
    """A problem that tells how often it is pickled."""

    pickled = 0

    def __reduce__(self) -> Any:
        Counted.pickled += 1
        return Counted, ()


@pytest.mark.slow
def test_the_problem_is_sent_once_however_many_evaluations_there_are() -> None:
    def pickled(seeds: int) -> int:
        settings = Settings(seeds=seeds, calls=4, initial_points=2, retrain=1, methods=("random",))
        problem, Counted.pickled = Counted(), 0
        with Ledger(None) as ledger:
            StudyRunner(problem, settings, ledger).run(lambda: open_executor(problem, 2))
        return Counted.pickled

    assert pickled(seeds=1) == pickled(seeds=4) <= 2


@pytest.mark.slow
def test_the_network_is_trained_without_tensorflow(tmp_path: Path) -> None:
    code = (
        "from study.api import run_plan\n"
        "from study.execution.plan import StudyRequest, make_plan\n"
        "size = dict(seeds=1, calls=1, initial_points=1, retrain=1, epochs=1, workers=1)\n"
        f"request = dict(dataset='digits', methods=['baseline'], output={str(tmp_path)!r})\n"
        "run_plan(make_plan(StudyRequest(**size, **request)), print)"
    )
    assert not loaded(code) & {"tensorflow", "keras"}


def note_and_sleep(file: Path) -> None:
    with file.open("a") as notes:
        notes.write("began\n")
    time.sleep(60)


@pytest.mark.slow
def test_a_job_that_is_given_up_is_not_handed_to_the_next_worker(tmp_path: Path) -> None:
    """Also where Dask tells its scheduler late that nobody wants the job any more."""
    with open_executor(Toy(), 2, timed=True) as engine:
        assert isinstance(engine, DaskExecutor)
        engine._client.scheduler_comm.interval = 3.0
        engine.submit("endless", note_and_sleep, tmp_path / "notes", timeout=0.5)
        assert isinstance(outcomes(engine, 1)["endless"], OverdueError)
        for number in range(4):
            engine.submit(number, add, number, 1, timeout=60)
        assert outcomes(engine, 4) == {0: 1, 1: 2, 2: 3, 3: 4}
        assert (tmp_path / "notes").read_text() == "began\n"
