"""The SQLite file of a ledger: its tables, its format, and its errors in one line."""

import contextlib
import os
import sqlite3
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from study.core.errors import StudyError
from study.storage.rows import TABLES, UNIQUE, Row, checksum, nan_to_null

APPLICATION_ID = 0x53545544  # "STUD", in the header of the file
FORMAT = 7
PAGE = 4096  # bytes
BUSY_SECONDS = 60  # how long a writer waits for a reader, and the other way round
# What reading rows can raise that are whole, but not by this program.
ALTERED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError)


class DamagedError(StudyError):
    """A ledger is not as it was written."""


def damaged_error(path: Path, what: str) -> DamagedError:
    """The error for a file that is damaged, or no ledger."""
    shown = textwrap.shorten(ascii(what)[1:-1], 80)
    return DamagedError(
        f"{path} is damaged or no ledger ({shown}): restore it, or let study recover "
        f"{path.parent} keep every row that is whole, or choose another --output"
    )


@contextlib.contextmanager
def translate_database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors, and those of altered rows, into one line that says what to do."""
    try:
        yield
    except (sqlite3.Error, *ALTERED) as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            advice = "free some space and run the same command again; nothing saved is lost"
        elif "locked" in text:
            advice = "another study is writing there: wait for it, or choose another --output"
        elif "unable to open" in text or "readonly" in text:
            advice = "make the folder writable, or choose another --output"
        else:
            raise damaged_error(path, text) from error
        raise StudyError(f"{path}: {text}; {advice}") from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection that commits when it is told to."""
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)


def check_format(db: sqlite3.Connection, path: Path) -> None:
    """Raise `StudyError` unless the file is a ledger that this program writes."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise damaged_error(path, "its first page is another file's, or empty")
    if version != FORMAT:
        newer = "update study" if version > FORMAT else "an older study wrote it: use that one"
        raise StudyError(
            f"{path} has format {version}, this program writes {FORMAT}: {newer}, "
            "or choose another --output"
        )


def create_tables(db: sqlite3.Connection) -> None:
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


def insert_rows(db: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Add rows, within a transaction; those whose key is there already are left out."""
    full = [(*row, checksum(table, row)) for row in map(nan_to_null, rows)]
    if full:
        places = ", ".join("?" * len(full[0]))
        added = db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", full)  # noqa: S608 (a name of TABLES)
        db.execute("UPDATE counts SET rows = rows + ? WHERE name = ?", (added.rowcount, table))


def delete_rows(db: sqlite3.Connection, table: str, keys: Iterable[Row]) -> None:
    """Remove the rows with these unique keys, within a transaction."""
    where = " AND ".join(f"{name} = ?" for name in UNIQUE[table])
    removed = db.executemany(f"DELETE FROM {table} WHERE {where}", keys)  # noqa: S608 (names of TABLES)
    db.execute("UPDATE counts SET rows = rows - ? WHERE name = ?", (removed.rowcount, table))


def select_rows(db: sqlite3.Connection, path: Path, table: str, order: str) -> list[Row]:
    """All rows of a table, without their checksums, within a transaction.

    Raises `DamagedError` unless they are as they were written, and all there.
    """
    full = db.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()  # noqa: S608 (a name of TABLES)
    (count,) = db.execute("SELECT rows FROM counts WHERE name = ?", (table,)).fetchone() or (-1,)
    rows = [row[:-1] for row in full if row[-1] == checksum(table, row[:-1])]
    if not len(rows) == len(full) == count:
        raise damaged_error(path, f"{len(rows)} of {max(count, len(full))} {table} are whole")
    return rows


def write_ledger(path: Path, tables: dict[str, list[Row]]) -> None:
    """Write a ledger that holds these rows; it appears whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with contextlib.closing(connect(beside)) as db:
            create_tables(db)
            db.execute("BEGIN")
            for table, rows in tables.items():
                insert_rows(db, table, rows)
            db.execute("COMMIT")
        beside.replace(path)
        sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, too."""
    with contextlib.suppress(OSError):  # not on Windows
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
