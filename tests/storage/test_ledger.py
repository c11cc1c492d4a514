import dataclasses
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from study.core.errors import StudyError
from study.core.records import (
    Evaluation,
    EvaluationKind,
    Retraining,
    Status,
    Task,
    Trial,
    make_task,
)
from study.core.settings import Settings
from study.core.study_info import DataInfo, Session
from study.storage.ledger import Ledger

TASK = make_task(EvaluationKind.VALIDATION, 0, {"rate": 0.1 + 0.2, "kind": "relu", "n": 3}, 0)
DONE = Evaluation(
    status=Status.OK,
    score=1 / 3,
    size=7,
    initial_loss=2.302585092994046,
    losses=(2.0, float("inf")),
    accuracies=(0.25, 1 / 3),
    validation_losses=(2.25, 0.1 + 0.2),
    epoch_seconds=(0.75, 0.5),
    metrics={"latency": 1 / 3, "a recall": 1.0},
    seconds=1.5,
    recorded_seconds=0.1 + 0.2,
)
TRIAL = Trial(method="gp", seed=0, call=1, task=TASK, duplicate=True, propose_seconds=0.25)
FINAL = Retraining(method="gp", seed=0, repeat=1, task=TASK)


def test_what_is_recorded_comes_back_as_it_was(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.record([(TASK, DONE)], [TRIAL], [FINAL])
    with Ledger(tmp_path / "a.db", create=False) as ledger:
        done = ledger.evaluations()
        assert done == {TASK.key: (TASK, DONE)}
        assert ledger.trials(done) == [TRIAL]
        assert ledger.finals(done) == [FINAL]


def test_a_second_record_of_the_same_changes_nothing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.record([(TASK, DONE)], [TRIAL], [FINAL])
        other = Evaluation(status=Status.FAILED, reason="later")
        ledger.record([(TASK, other)], [TRIAL], [FINAL])
        assert ledger.evaluations()[TASK.key][1] == DONE


def test_facts_and_sessions(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.write(settings=Settings(seeds=5), data=DataInfo(source="here"))
        ledger.write(settings=Settings(seeds=6))
        ledger.begin_session(Session(began="2026-01-01", workers=1, cores=8))
        ledger.record([(TASK, DONE)])
        ledger.amend_session(workers=3)
        assert ledger.read("settings", Settings) == Settings(seeds=6)
        assert ledger.read("data", DataInfo) == DataInfo(source="here")
        assert ledger.read("nothing", DataInfo) is None
        (session,) = ledger.sessions()
        assert (session.workers, session.cores, session.began) == (3, 8, "2026-01-01")
        assert session.seconds > 0


def test_a_transaction_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    unstorable = Trial(method="gp", seed=0, call=2, task=TASK, propose_seconds=object())  # type: ignore[arg-type]
    with Ledger(tmp_path / "a.db") as ledger:
        with pytest.raises(StudyError):
            ledger.record([(TASK, DONE)], [TRIAL, unstorable])
        assert ledger.evaluations() == {}
        ledger.record([(TASK, DONE)], [TRIAL])
        assert len(ledger.evaluations()) == 1


def make_text(path: Path) -> None:
    path.write_text("method,seed\n" * 200)


def make_foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE songs (name TEXT)")
    db.close()


def make_newer(path: Path) -> None:
    with Ledger(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


def make_empty(path: Path) -> None:
    path.touch()


def make_cut(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.record([(TASK, DONE)], [TRIAL])
    path.write_bytes(path.read_bytes()[:6000])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (make_text, "is damaged or no ledger .file is not a database"),
        (make_foreign, "is damaged or no ledger .its first page is another"),
        (make_empty, "is damaged or no ledger .its first page"),
        (make_newer, "has format 99, this program writes 7"),
        (make_cut, "is damaged or no ledger .database disk image is malformed"),
    ],
)
def test_what_is_no_ledger_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], told: str
) -> None:
    path = tmp_path / "a.db"
    make(path)
    before = path.read_bytes()

    def use() -> None:
        with Ledger(path) as ledger:
            ledger.evaluations()
            ledger.trials({})

    with pytest.raises(StudyError, match=told) as caught:
        use()
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_a_full_disk_is_told_and_nothing_finished_is_lost(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.record([(TASK, DONE)], [TRIAL])
        (pages,) = ledger._db.execute("PRAGMA page_count").fetchone()
        ledger._db.execute(f"PRAGMA max_page_count = {pages}")
        large = make_task(EvaluationKind.VALIDATION, 0, {"name": "x" * 100_000}, 0)
        with pytest.raises(StudyError, match="full; free some space and run the same command"):
            ledger.record([(large, DONE)])
    with Ledger(tmp_path / "a.db") as ledger:
        assert list(ledger.evaluations()) == [TASK.key]


def test_values_come_back_exactly(tmp_path: Path) -> None:
    odd = Evaluation(
        status=Status.DIVERGED,
        reason="'=1+1'\n\x00 \u202e",
        initial_loss=float("nan"),
        losses=(float("nan"), 5e-324, 1.0),
        seconds=1,
    )
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.record([(TASK, odd)])
    with Ledger(tmp_path / "a.db") as ledger:
        found = ledger.evaluations()[TASK.key][1]
    assert found.initial_loss is None  # SQLite knows no NaN
    assert str(found) == str(dataclasses.replace(odd, initial_loss=None))


def test_a_reader_sees_whole_records_while_a_study_writes(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a.db") as ledger, Ledger(tmp_path / "a.db") as reader:
        with reader.read_transaction():
            assert reader.evaluations() == {}
        ledger.record([(TASK, DONE)], [TRIAL])
        with reader.read_transaction():
            done = reader.evaluations()
            assert [trial.task for trial in reader.trials(done)] == [TASK]


def test_a_missing_ledger_is_told(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="does not exist"):
        Ledger(tmp_path / "none.db", create=False)
    with pytest.raises(StudyError, match="unable to open"):
        Ledger(tmp_path / "no folder" / "a.db")


def test_a_key_tells_every_difference() -> None:
    same = Task(kind=TASK.kind, configuration=TASK.configuration, training_seed=TASK.training_seed)
    assert same.key == TASK.key
    assert json.loads(TASK.key.split(" ", 2)[2]) == TASK.configuration
