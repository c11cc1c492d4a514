"""The ledger: every finished evaluation, in SQLite, on disk before the next one starts.

Rows are only ever added. Each carries a checksum, and their number is kept apart, so that damage is
noticed wherever it hits; `recovery` reads what is left of a damaged file.
"""

import contextlib
import json
import math
import os
import sqlite3
import textwrap
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from study.core.errors import StudyError
from study.core.records import Evaluation, Final, Part, Status, Task, Trial

Row = tuple[Any, ...]
"""Values of SQLite: None, int, float or str."""

APPLICATION_ID = 0x53545544  # "STUD", in the header of the file
FORMAT = 4
PAGE = 4096  # bytes
TABLES = {
    "facts": ("name", "value"),
    "sessions": ("number", "began", "about"),
    "evaluations": (
        *("key", "part", "configuration", "training_seed", "status", "reason", "score"),
        *("cost", "initial_loss", "losses", "accuracies", "seconds"),
        *("session", "session_seconds"),
    ),
    "trials": ("method", "seed", "call", "key", "duplicate", "propose_seconds"),
    "finals": ("method", "seed", "part", "repeat", "key"),
}
"""Columns of each table, to which a checksum is added. SQLite keeps values of any type as given."""
UNIQUE = {
    "evaluations": ("key",),
    "trials": ("method", "seed", "call"),
    "finals": ("method", "seed", "part", "repeat"),
}
# What reading rows can raise that are whole, but not by this program.
ALTERED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError)
BUSY_SECONDS = 60  # how long a writer waits for a reader, and the other way round


def checksum(table: str, row: Row) -> int:
    """Of a row's values, in their table: what a changed byte changes."""
    return zlib.crc32(repr((table, *row)).encode())


class DamagedError(StudyError):
    """A ledger is not as it was written."""


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
        with self._telling():
            if path and not path.is_file():
                if not create:
                    raise StudyError(f"{self.path} does not exist: run study compare first")
                write_ledger(path, {})
            self._db = _connect(self.path)
            try:
                if not path:
                    _lay_out(self._db)
                self._check()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _check(self) -> None:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise self._damaged("its first page is another file's, or empty")
        if version != FORMAT:
            newer = "update study" if version > FORMAT else "an older study wrote it: use that one"
            raise StudyError(
                f"{self.path} has format {version}, this program writes {FORMAT}: {newer}, "
                "or name another --output"
            )

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn SQLite's errors into one line that says what to do."""
        try:
            yield
        except (sqlite3.Error, *ALTERED) as error:
            text = str(error)
            if "full" in text or "disk I/O" in text:
                advice = "free some space and run the same command again; nothing saved is lost"
            elif "locked" in text:
                advice = "another study is writing there: wait for it, or name another --output"
            elif "unable to open" in text or "readonly" in text:
                advice = "make the folder writable, or name another --output"
            else:
                raise self._damaged(text) from error
            raise StudyError(f"{self.path}: {text}; {advice}") from error

    def _damaged(self, what: str) -> DamagedError:
        told = textwrap.shorten(ascii(what)[1:-1], 80)
        return DamagedError(
            f"{self.path} is damaged or no ledger ({told}): restore it, or let study recover "
            f"{self.path.parent} keep every row that is whole, or name another --output"
        )

    @contextlib.contextmanager
    def _committed(self) -> Iterator[None]:
        """One transaction: all of it is on disk at the end, or nothing of it ever."""
        with self._telling():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, table: str, order: str = "rowid") -> list[Row]:
        """All rows of a table, without their checksums.

        Raises `StudyError` unless they are as they were written, and all there.
        """
        with self._telling(), self.unchanging():
            full = self._db.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()  # noqa: S608 (a name of TABLES)
            counted = self._db.execute("SELECT rows FROM counts WHERE name = ?", (table,))
            (count,) = counted.fetchone() or (-1,)
        rows = [row[:-1] for row in full if row[-1] == checksum(table, row[:-1])]
        if not len(rows) == len(full) == count:
            raise self._damaged(f"{len(rows)} of {max(count, len(full))} {table} are whole")
        return rows

    def check(self) -> None:
        """Raise `StudyError` if anything is damaged, be it an index that nobody reads."""
        with self._telling():
            (found,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise self._damaged(found)

    @contextlib.contextmanager
    def unchanging(self) -> Iterator[None]:
        """Read what belongs together: nobody writes meanwhile."""
        if self._db.in_transaction:
            yield
            return
        with self._telling():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    def read(self, name: str) -> Any:
        """A fact of the study (its settings, its problem), or None."""
        with self._telling():
            texts: dict[str, str] = dict(self.rows("facts"))  # the last of a name counts
            return json.loads(texts[name]) if name in texts else None

    def write(self, **facts: Any) -> None:
        """Store facts of the study, JSON-ready values, in place of older ones."""
        with self._committed():
            _add(self._db, "facts", [(name, json.dumps(value)) for name, value in facts.items()])

    def begin_session(self, began: str, about: dict[str, Any]) -> None:
        """Note who writes from now on: versions, machine, command."""
        self._session = 1 + max((row[0] for row in self.rows("sessions")), default=0)
        self._opened = time.monotonic()
        with self._committed():
            _add(self._db, "sessions", [(self._session, began, json.dumps(about))])

    def amend_session(self, **facts: Any) -> None:
        """Change what the session tells about itself."""
        _, began, about = self.rows("sessions")[-1]
        with self._committed():
            changed = json.dumps(json.loads(about) | facts)
            _add(self._db, "sessions", [(self._session, began, changed)])

    def sessions(self) -> list[dict[str, Any]]:
        """All sessions, oldest first: began, seconds, and what they told about themselves.

        The seconds are those to the last evaluation.
        """
        newest = {number: (began, about) for number, began, about in self.rows("sessions")}
        with self._telling():
            latest = self._db.execute(
                "SELECT session, max(session_seconds) FROM evaluations GROUP BY session"
            )
            seconds = dict(latest.fetchall())
            return [
                {"began": began, "seconds": seconds.get(number, 0.0), **json.loads(about)}
                for number, (began, about) in newest.items()
            ]

    def record(
        self,
        done: Iterable[tuple[Task, Evaluation]] = (),
        trials: Iterable[Trial] = (),
        finals: Iterable[Final] = (),
    ) -> None:
        """Store finished evaluations and the calls that they serve, all or nothing."""
        now = (self._session, time.monotonic() - self._opened)
        with self._committed():
            _add(self._db, "evaluations", [(*_evaluation_row(*pair), *now) for pair in done])
            _add(self._db, "trials", [_trial_row(trial) for trial in trials])
            _add(self._db, "finals", [_final_row(final) for final in finals])

    def evaluations(self) -> dict[str, tuple[Task, Evaluation]]:
        """Everything that was ever evaluated, by key."""
        with self._telling():
            return {row[0]: _evaluation(row[1:12]) for row in self.rows("evaluations")}

    def trials(self, done: dict[str, tuple[Task, Evaluation]]) -> list[Trial]:
        """All calls, by method, seed and call; `done` is what `evaluations` returned."""
        with self._telling():
            return [
                Trial(
                    method=method,
                    seed=seed,
                    call=call,
                    task=done[key][0],
                    duplicate=bool(duplicate),
                    propose_seconds=seconds,
                )
                for method, seed, call, key, duplicate, seconds in self.rows(
                    "trials", "method, seed, call"
                )
            ]

    def finals(self, done: dict[str, tuple[Task, Evaluation]]) -> list[Final]:
        """All retrainings, by method, seed, part and repeat."""
        with self._telling():
            return [
                Final(method=method, seed=seed, repeat=repeat, task=done[key][0])
                for method, seed, _, repeat, key in self.rows(
                    "finals", "method, seed, part, repeat"
                )
            ]


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)


def _lay_out(db: sqlite3.Connection) -> None:
    """Make the tables of a new file."""
    db.execute(f"PRAGMA page_size = {PAGE}")
    db.execute("BEGIN")
    db.execute("CREATE TABLE counts (name PRIMARY KEY, rows)")
    for table, columns in TABLES.items():
        unique = f", UNIQUE ({', '.join(UNIQUE[table])})" if table in UNIQUE else ""
        db.execute(f"CREATE TABLE {table} ({', '.join(columns)}, checksum{unique})")
        db.execute("INSERT INTO counts VALUES (?, 0)", (table,))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {FORMAT}")
    db.execute("COMMIT")


def _add(db: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Add rows, within a transaction; those whose key is there already are left out."""
    full = [(*row, checksum(table, row)) for row in map(_plain, rows)]
    if full:
        places = ", ".join("?" * len(full[0]))
        added = db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", full)  # noqa: S608 (a name of TABLES)
        db.execute("UPDATE counts SET rows = rows + ? WHERE name = ?", (added.rowcount, table))


def _plain(row: Row) -> Row:
    """A row as SQLite gives it back: it knows no NaN."""
    return tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row)


def write_ledger(path: Path, tables: dict[str, list[Row]]) -> None:
    """Write a ledger that holds these rows; it appears whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with contextlib.closing(_connect(beside)) as db:
            _lay_out(db)
            db.execute("BEGIN")
            for table, rows in tables.items():
                _add(db, table, rows)
            db.execute("COMMIT")
        beside.replace(path)
        _sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have the names in a folder on disk, too."""
    with contextlib.suppress(OSError):  # not on Windows
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other studies out of a folder; the system lets go of it if this process dies.

    Raises `StudyError` if one is writing there.
    """
    try:
        with FileLock(folder / ".lock", blocking=False):
            yield
    except Timeout as error:
        raise StudyError(
            f"another study is writing to {folder}: wait until it ends, or name another --output"
        ) from error


def _trial_row(trial: Trial) -> Row:
    key, seconds = trial.task.key, trial.propose_seconds
    return trial.method, trial.seed, trial.call, key, int(trial.duplicate), seconds


def _final_row(final: Final) -> Row:
    return final.method, final.seed, str(final.task.part), final.repeat, final.task.key


def _evaluation_row(task: Task, done: Evaluation) -> Row:
    return (
        task.key,
        str(task.part),
        json.dumps(task.configuration),
        task.training_seed,
        str(done.status),
        done.reason,
        done.score,
        done.cost,
        done.initial_loss,
        json.dumps(done.losses),
        json.dumps(done.accuracies),
        done.seconds,
    )


def _evaluation(row: Row) -> tuple[Task, Evaluation]:
    part, configuration, seed, status, reason, score, *rest = row
    cost, initial_loss, losses, accuracies, seconds = rest
    return (
        Task(part=Part(part), configuration=json.loads(configuration), training_seed=seed),
        Evaluation(
            status=Status(status),
            reason=reason,
            score=score,
            cost=cost,
            initial_loss=initial_loss,
            losses=tuple(json.loads(losses)),
            accuracies=tuple(json.loads(accuracies)),
            seconds=seconds,
        ),
    )
