"""The ledger: every finished evaluation, in SQLite, on disk before the next one starts."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from study.errors import StudyError
from study.trials import Evaluation, Final, Part, Status, Task, Trial

APPLICATION_ID = 0x53545544  # "STUD", in the header of the file
FORMAT = 2
SCHEMA = """
    CREATE TABLE study (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY, began TEXT NOT NULL, seconds REAL NOT NULL,
        about TEXT NOT NULL
    );
    CREATE TABLE evaluations (
        key TEXT PRIMARY KEY, part TEXT NOT NULL, configuration TEXT NOT NULL,
        training_seed INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
        accuracy REAL, parameters INTEGER, initial_loss REAL, losses TEXT NOT NULL,
        accuracies TEXT NOT NULL, seconds REAL NOT NULL, session INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE trials (
        method TEXT, seed INTEGER, call INTEGER, key TEXT NOT NULL,
        duplicate INTEGER NOT NULL, propose_seconds REAL NOT NULL,
        PRIMARY KEY (method, seed, call)
    ) WITHOUT ROWID;
    CREATE TABLE finals (
        method TEXT, seed INTEGER, part TEXT, repeat INTEGER, key TEXT NOT NULL,
        PRIMARY KEY (method, seed, part, repeat)
    ) WITHOUT ROWID;
"""


class Ledger:
    """One study's file. Every write is committed, and synced, before the call returns.

    Opening creates the file unless `create` is False; without a path the ledger lives in
    memory. Use as a context manager.

    Raises
    ------
    StudyError
        From any method: the file is damaged, no ledger, of a newer format, or cannot be
        written (a full disk, a missing right). What was written before stays.
    """

    def __init__(self, path: Path | None, *, create: bool = True) -> None:
        self.path = path or Path(":memory:")
        self._session = 0
        self._opened = time.monotonic()
        if not create and not self.path.is_file():
            raise StudyError(f"{self.path} does not exist: run study compare first")
        with self._telling():
            self._db = sqlite3.connect(self.path, isolation_level=None)
            try:
                self._check()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _check(self) -> None:
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            with self._committed():
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {FORMAT}")
            return
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise StudyError(f"{self.path} is no ledger of a study: name another --output")
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
        except sqlite3.DatabaseError as error:
            text = str(error)
            if "full" in text or "disk I/O" in text:
                advice = "free some space and run the same command again; nothing saved is lost"
            elif "locked" in text:
                advice = "another study is writing there: wait for it, or name another --output"
            elif "unable to open" in text or "readonly" in text:
                advice = "make the folder writable, or name another --output"
            else:
                advice = "it is damaged or no ledger: restore it, or name another --output"
            raise StudyError(f"{self.path}: {text}; {advice}") from error

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

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._telling():
            return self._db.execute(query).fetchall()

    def read(self, name: str) -> Any:
        """A fact of the study (its settings, its problem), or None."""
        texts = dict(self._rows("SELECT name, value FROM study"))
        return json.loads(texts[name]) if name in texts else None

    def write(self, **facts: Any) -> None:
        """Store facts of the study, JSON-ready values, replacing older ones."""
        rows = [(name, json.dumps(value)) for name, value in facts.items()]
        with self._committed():
            self._db.executemany("INSERT OR REPLACE INTO study VALUES (?, ?)", rows)

    def begin_session(self, began: str, about: dict[str, Any]) -> None:
        """Note who writes from now on: versions, machine, command."""
        with self._committed():
            cursor = self._db.execute(
                "INSERT INTO sessions (began, seconds, about) VALUES (?, 0, ?)",
                (began, json.dumps(about)),
            )
        self._session = int(cursor.lastrowid or 0)
        self._opened = time.monotonic()

    def amend_session(self, **facts: Any) -> None:
        """Change what the session tells about itself."""
        with self._committed():
            self._db.execute(
                "UPDATE sessions SET about = json_patch(about, ?) WHERE id = ?",
                (json.dumps(facts), self._session),
            )

    def sessions(self) -> list[dict[str, Any]]:
        """All sessions, oldest first: began, seconds, and what they told about themselves."""
        rows = self._rows("SELECT began, seconds, about FROM sessions ORDER BY id")
        return [{"began": b, "seconds": s, **json.loads(about)} for b, s, about in rows]

    def record(
        self,
        done: tuple[Task, Evaluation] | None = None,
        trials: Iterable[Trial] = (),
        finals: Iterable[Final] = (),
    ) -> None:
        """Store a finished evaluation and the calls that it serves, all or nothing."""
        with self._committed():
            if done is not None:
                self._db.execute(
                    "INSERT OR IGNORE INTO evaluations VALUES "
                    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*_evaluation_row(*done), self._session),
                )
            self._db.executemany(
                "INSERT OR IGNORE INTO trials VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (t.method, t.seed, t.call, t.task.key, t.duplicate, t.propose_seconds)
                    for t in trials
                ],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO finals VALUES (?, ?, ?, ?, ?)",
                [(f.method, f.seed, f.task.part, f.repeat, f.task.key) for f in finals],
            )
            self._db.execute(
                "UPDATE sessions SET seconds = ? WHERE id = ?",
                (time.monotonic() - self._opened, self._session),
            )

    def evaluations(self) -> dict[str, tuple[Task, Evaluation]]:
        """Everything that was ever evaluated, by key."""
        rows = self._rows(
            "SELECT key, part, configuration, training_seed, status, reason, accuracy, "
            "parameters, initial_loss, losses, accuracies, seconds FROM evaluations"
        )
        return {row[0]: _evaluation(row[1:]) for row in rows}

    def trials(self, done: dict[str, tuple[Task, Evaluation]]) -> list[Trial]:
        """All calls, by method, seed and call; `done` is what `evaluations` returned."""
        rows = self._rows("SELECT * FROM trials ORDER BY method, seed, call")
        return [
            Trial(
                method=method,
                seed=seed,
                call=call,
                task=done[key][0],
                duplicate=bool(duplicate),
                propose_seconds=seconds,
            )
            for method, seed, call, key, duplicate, seconds in rows
        ]

    def finals(self, done: dict[str, tuple[Task, Evaluation]]) -> list[Final]:
        """All retrainings, by method, seed, part and repeat."""
        rows = self._rows(
            "SELECT method, seed, repeat, key FROM finals ORDER BY method, seed, part, repeat"
        )
        return [Final(method=m, seed=s, repeat=r, task=done[key][0]) for m, s, r, key in rows]


def _evaluation_row(task: Task, done: Evaluation) -> tuple[Any, ...]:
    return (
        task.key,
        task.part,
        json.dumps(task.configuration),
        task.training_seed,
        done.status,
        done.reason,
        done.accuracy,
        done.parameters,
        done.initial_loss,
        json.dumps(done.losses),
        json.dumps(done.accuracies),
        done.seconds,
    )


def _evaluation(row: tuple[Any, ...]) -> tuple[Task, Evaluation]:
    part, configuration, seed, status, reason, accuracy, *rest = row
    parameters, initial_loss, losses, accuracies, seconds = rest
    return (
        Task(part=Part(part), configuration=json.loads(configuration), training_seed=seed),
        Evaluation(
            status=Status(status),
            reason=reason,
            accuracy=accuracy,
            parameters=parameters,
            initial_loss=initial_loss,
            losses=tuple(json.loads(losses)),
            accuracies=tuple(json.loads(accuracies)),
            seconds=seconds,
        ),
    )
