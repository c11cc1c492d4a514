"""The ledger: every finished evaluation, in SQLite, on disk before the next one starts.

Rows are only ever added, but for what failed and is evaluated again. Each carries a checksum, and
their number is kept apart, so that damage is noticed wherever it hits; `recovery` reads what is
left of a damaged file.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
from filelock import FileLock, Timeout

from study.core.errors import StudyError, translate_errors
from study.core.records import Evaluation, Retraining, Task, Trial
from study.core.study_info import Session
from study.storage import rows
from study.storage.database import (
    check_format,
    connect,
    create_tables,
    damaged_error,
    delete_rows,
    insert_rows,
    select_rows,
    translate_database_errors,
    write_ledger,
)
from study.storage.rows import Evaluations, Row
from study.storage.schema import convert

T = TypeVar("T")


class Ledger:
    """One study's file. Every write is committed, and synced, before the call returns.

    Opening creates the file unless `create` is False; without a path the ledger lives in
    memory. Use as a context manager.

    Raises
    ------
    StudyError
        From any method: the file is damaged, no ledger, of another format, or cannot be
        written (a full disk, a missing right). What was written before stays.
    """

    def __init__(self, path: Path | None, *, create: bool = True) -> None:
        self.path = path or Path(":memory:")
        self._session = 0
        self._opened = time.monotonic()
        with translate_database_errors(self.path):
            if path and not path.is_file():
                if not create:
                    raise StudyError(f"{self.path} does not exist: run study compare first")
                write_ledger(path, {})
            self._db = connect(self.path)
            try:
                if not path:
                    create_tables(self._db)
                check_format(self._db, self.path)
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _write_transaction(self) -> Iterator[None]:
        """One transaction: all of it is on disk at the end, or nothing of it ever."""
        with translate_database_errors(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def read_transaction(self) -> Iterator[None]:
        """Read what belongs together: nobody writes meanwhile."""
        with translate_database_errors(self.path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    def rows(self, table: str, order: str = "rowid") -> list[Row]:
        """All rows of a table, without their checksums.

        Raises `StudyError` unless they are as they were written, and all there.
        """
        with self.read_transaction():
            return select_rows(self._db, self.path, table, order)

    def check(self) -> None:
        """Raise `StudyError` if anything is damaged, be it an index that nobody reads."""
        with translate_database_errors(self.path):
            (found,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise damaged_error(self.path, found)

    def read(self, name: str, kind: type[T]) -> T | None:
        """A fact of the study (its settings, its problem) as a typed record, or None."""
        with self.read_transaction():
            texts: dict[str, str] = dict(self.rows("facts"))  # the last of a name counts
            return convert(json.loads(texts[name]), kind, name) if name in texts else None

    def write(self, **facts: Any) -> None:
        """Store facts of the study, JSON-ready values or records, in place of older ones."""
        texts = [(name, json.dumps(msgspec.to_builtins(fact))) for name, fact in facts.items()]
        with self._write_transaction():
            insert_rows(self._db, "facts", texts)

    def begin_session(self, session: Session) -> None:
        """Note who writes from now on."""
        self._session = 1 + max((row[0] for row in self.rows("sessions")), default=0)
        self._opened = time.monotonic()
        self._write_session(session)

    def amend_session(self, **facts: Any) -> None:
        """Change what the session tells about itself."""
        self._write_session(msgspec.structs.replace(self.sessions()[-1], **facts))

    def _write_session(self, session: Session) -> None:
        about = json.dumps(msgspec.to_builtins(session))
        with self._write_transaction():
            insert_rows(self._db, "sessions", [(self._session, session.began, about)])

    def sessions(self) -> list[Session]:
        """All sessions, oldest first, with the seconds until their last evaluation."""
        with self.read_transaction():
            newest = {number: about for number, _, about in self.rows("sessions")}
            latest = self._db.execute(
                "SELECT session, max(session_seconds) FROM evaluations GROUP BY session"
            )
            seconds = dict(latest.fetchall())
            return [
                convert(
                    json.loads(about) | {"seconds": seconds.get(number, 0.0)}, Session, "session"
                )
                for number, about in newest.items()
            ]

    def record(
        self,
        done: Iterable[tuple[Task, Evaluation]] = (),
        trials: Iterable[Trial] = (),
        finals: Iterable[Retraining] = (),
    ) -> None:
        """Store finished evaluations and the calls that they serve, all or nothing."""
        now = (self._session, time.monotonic() - self._opened)
        evaluated = [(*rows.evaluation_to_row(*pair), *now) for pair in done]
        with self._write_transaction():
            insert_rows(self._db, "evaluations", evaluated)
            insert_rows(self._db, "trials", map(rows.trial_to_row, trials))
            insert_rows(self._db, "finals", map(rows.retraining_to_row, finals))

    def forget(self, **keys: Iterable[Row]) -> None:
        """Remove the rows with these unique keys, by table."""
        with self._write_transaction():
            for table, some in keys.items():
                delete_rows(self._db, table, some)

    def evaluations(self) -> Evaluations:
        """Everything that was ever evaluated, by key."""
        with self.read_transaction():
            return {row[0]: rows.evaluation_from_row(row) for row in self.rows("evaluations")}

    def trials(self, done: Evaluations) -> list[Trial]:
        """All calls, by method, seed and call; `done` is what `evaluations` returned."""
        with self.read_transaction():
            found = self.rows("trials", "method, seed, call")
            return [rows.trial_from_row(row, done) for row in found]

    def finals(self, done: Evaluations) -> list[Retraining]:
        """All retrainings, by method, seed, kind and repeat."""
        with self.read_transaction():
            found = self.rows("finals", "method, seed, kind, repeat")
            return [rows.retraining_from_row(row, done) for row in found]


def has_evaluations(ledger: Ledger) -> bool:
    """Whether anything was evaluated; a look that does not read the rows."""
    with translate_database_errors(ledger.path):
        return ledger._db.execute("SELECT 1 FROM evaluations").fetchone() is not None


def to_memory(ledger: Ledger) -> Ledger:
    """A copy of a ledger that can be changed without a trace, to be closed like the original."""
    copy = Ledger(None)
    with translate_database_errors(ledger.path):
        ledger._db.backup(copy._db)
    return copy


@contextlib.contextmanager
def study_lock(folder: Path) -> Iterator[None]:
    """Keep other studies out of a folder; the system lets go of it if this process dies.

    Raises `StudyError` if one is writing there.
    """
    busy = f"another study is writing to {folder}: wait until it ends, or choose another --output"
    lock = FileLock(folder / ".lock", blocking=False)
    with translate_errors(Timeout, lambda _: busy):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
