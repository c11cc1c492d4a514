"""A ledger under attack: used as it was, or told to be damaged, with all that is whole saved."""

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from study.core.errors import StudyError
from study.core.records import Evaluation, EvaluationKind, Status, make_task
from study.execution.runner import StudyRunner
from study.results import Results
from study.storage.database import PAGE
from study.storage.ledger import Ledger
from study.storage.recovery import read_intact_rows, recover
from study.storage.rows import TABLES
from tests.toy import SETTINGS, Toy, evaluations, in_process, points


@pytest.fixture
def folder(finished: Results) -> Path:
    """A finished study's."""
    return finished.folder


def damaged(folder: Path, to: Path, data: bytes) -> Path:
    """The study with other bytes as its ledger."""
    to.mkdir()
    for name in ("study.json", "trials.csv", "finals.csv"):
        (to / name).write_bytes((folder / name).read_bytes())
    (to / "study.db").write_bytes(data)
    return to


def read(folder: Path) -> list[tuple[object, ...]]:
    with Ledger(folder / "study.db", create=False) as ledger:
        return points(ledger)


def go_on(folder: Path) -> int:
    """Run the study again; how many evaluations that takes."""
    toy = Toy()
    with Ledger(folder / "study.db", create=False) as ledger:
        StudyRunner(toy, SETTINGS, ledger).run(in_process(toy))
    return len(toy.evaluated)


def flipped(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice([1, 1, 4, 30])):
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def test_every_changed_byte_is_harmless_or_told(folder: Path, tmp_path: Path) -> None:
    data, whole = (folder / "study.db").read_bytes(), read(folder)
    told = []
    for number in range(200):
        (tmp_path / "study.db").write_bytes(flipped(data, random.Random(number)))
        try:
            assert read(tmp_path) == whole
        except StudyError as error:
            told.append(str(error))
    assert len(told) > 100  # the others hit unused bytes and indices
    assert all(len(message.splitlines()) == 1 for message in told)


@pytest.mark.slow
def test_a_ledger_cut_off_anywhere_is_told_and_its_rows_are_saved(
    folder: Path, tmp_path: Path
) -> None:
    data, whole, total = (folder / "study.db").read_bytes(), read(folder), evaluations(folder)
    saved = []
    for size in range(0, len(data), 3 * PAGE):
        cut = damaged(folder, tmp_path / str(size), data[:size])
        with pytest.raises(StudyError, match="study recover"):
            read(cut)
        saved.append(recover(cut).kept["evaluations"])
        assert go_on(cut) == total - saved[-1]
        assert read(cut) == whole
        assert (cut / "study.db.damaged").read_bytes() == data[:size]
    assert saved == sorted(saved)
    assert saved[0] == 0


def test_whatever_page_is_lost_the_study_goes_on_after_it_was_recovered(
    folder: Path, tmp_path: Path
) -> None:
    """Pages of indices, too: nothing is told to be damaged that cannot be mended."""
    data, whole = (folder / "study.db").read_bytes(), read(folder)
    for page in range(len(data) // PAGE):
        start = page * PAGE + 200
        lost = data[:start] + b"x" * 600 + data[start + 600 :]
        study = damaged(folder, tmp_path / str(page), lost)
        recover(study)
        assert set(read(study)) <= set(whole)
        with Ledger(study / "study.db") as ledger:
            ledger.check()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(12))
def test_the_pages_that_are_left_are_saved_whichever_they_are(
    folder: Path, tmp_path: Path, number: int
) -> None:
    data, draw = bytearray((folder / "study.db").read_bytes()), random.Random(number)
    for page in draw.sample(range(len(data) // PAGE), 1 + number % 4):
        data[page * PAGE : (page + 1) * PAGE] = draw.randbytes(PAGE)
    study = damaged(folder, tmp_path / "out", bytes(data))
    kept = recover(study).kept["evaluations"]
    assert go_on(study) == evaluations(folder) - kept
    assert read(study) == read(folder)


def test_rows_of_any_length_are_found_without_sqlite(tmp_path: Path) -> None:
    """Long ones spill over to further pages."""
    long = [
        make_task(EvaluationKind.VALIDATION, 0, {"name": "x" * 10**size}, 0) for size in range(6)
    ]
    with Ledger(tmp_path / "study.db") as ledger:
        ledger.write(settings={"seeds": 5})
        ledger.record([(t, Evaluation(status=Status.FAILED, reason="ä\n'")) for t in long])
        tables = {table: ledger.rows(table) for table in TABLES}
    assert read_intact_rows((tmp_path / "study.db").read_bytes()) == tables


def test_an_undamaged_ledger_is_left_alone(folder: Path) -> None:
    before = (folder / "study.db").read_bytes()
    saved = recover(folder)
    assert saved.damaged is None
    assert saved.kept["calls"] == 4 * 2 * 7
    assert (folder / "study.db").read_bytes() == before


def test_a_ledger_of_another_format_is_not_taken_for_a_damaged_one(
    folder: Path, tmp_path: Path
) -> None:
    study = damaged(folder, tmp_path / "newer", (folder / "study.db").read_bytes())
    with contextlib.closing(sqlite3.connect(study / "study.db")) as db:
        db.execute("PRAGMA user_version = 99")
    before = (study / "study.db").read_bytes()
    with pytest.raises(StudyError, match="has format 99"):
        recover(study)
    assert (study / "study.db").read_bytes() == before


def test_nothing_is_taken_for_a_study_that_is_unknown(tmp_path: Path) -> None:
    """Its evaluations could be those of another problem."""
    (tmp_path / "study.db").write_text("method,seed\n")
    with pytest.raises(StudyError, match="does not tell what was studied"):
        recover(tmp_path)
    with pytest.raises(StudyError, match="does not exist"):
        recover(tmp_path / "nowhere")
    assert (tmp_path / "study.db").read_text() == "method,seed\n"
