"""What is left of a damaged ledger: every row that is whole, wherever it stands in the file.

SQLite itself gives up at the first damaged page. Here every page is looked at on its own, and a row
counts if its checksum is right, so that no other page needs to be whole.
The file's format: https://www.sqlite.org/fileformat2.html, sections 1.6 (pages) and 2.1 (records).
"""

import contextlib
import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from study.core.errors import StudyError
from study.storage.database import PAGE, DamagedError, write_ledger
from study.storage.files import LEDGER, translate_write_errors
from study.storage.ledger import Ledger, study_lock
from study.storage.rows import TABLES, Row, checksum

FACTS = ("settings", "problem", "data", "methods")  # of a study; a ledger has them all
LEAF = 13  # a page of a table that holds rows
FILE_HEADER = 100  # bytes before the first page's own header
INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # serial type: bytes


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What was saved of a ledger."""

    kept: dict[str, int]
    """How many evaluations, calls and retrainings."""
    damaged: Path | None
    """Where the damaged file lies now; None if there was no damage."""


def recover(folder: Path) -> Recovered:
    """Replace a damaged ledger by one with every row of it that is whole.

    Evaluations are all kept. A call is kept if its evaluation is, and the calls before it in its
    run; the others are asked for again when the study goes on, which finds their evaluations.

    Raises
    ------
    StudyError
        If there is no such file, it is of another format, or nothing in it can be used.
    """
    path = folder / LEDGER
    if not path.is_file():
        raise StudyError(f"{path} does not exist: name a results folder")
    with translate_write_errors(folder), study_lock(folder):
        with contextlib.suppress(DamagedError), Ledger(path, create=False) as whole:
            whole.check()
            tables = {table: whole.rows(table) for table in TABLES}
            return Recovered(kept=_counts(tables), damaged=None)
        tables = consistent_subset(
            read_intact_rows(path.read_bytes()), _facts(folder / "study.json")
        )
        names = (f"{LEDGER}.damaged{number}" for number in ("", *range(2, 1000)))
        aside = next(folder / name for name in names if not (folder / name).exists())
        shutil.copy2(path, aside)
        write_ledger(path, tables)
    return Recovered(kept=_counts(tables), damaged=aside)


def _counts(tables: dict[str, list[Row]]) -> dict[str, int]:
    words = {"evaluations": "evaluations", "trials": "calls", "finals": "retrainings"}
    return {word: len(tables[table]) for table, word in words.items()}


def _facts(file: Path) -> list[Row]:
    """The study's facts as its results tell them, if they do."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        info = json.loads(file.read_text(encoding="utf-8"))
        return [(name, json.dumps(info[name])) for name in FACTS]
    return []


def consistent_subset(
    tables: dict[str, list[Row]], fallback_facts: list[Row]
) -> dict[str, list[Row]]:
    """The rows that a study can go on from; `fallback_facts` are facts for those that are lost.

    Raises `StudyError` if it is unknown what was studied.
    """
    intact = {name for name, _ in tables["facts"]}
    facts = [*(row for row in fallback_facts if row[0] not in intact), *tables["facts"]]
    if not set(FACTS) <= {name for name, _ in facts}:
        raise StudyError(
            "nothing of this ledger can be used, for it does not tell what was studied, and there "
            "is no study.json to tell it: run the study again in another --output"
        )
    keys = {row[0] for row in tables["evaluations"]}
    trials: list[Row] = []
    last: Row = ()
    for row in sorted(tables["trials"], key=lambda row: row[:3]):
        method, seed, call, key, *_ = row
        follows = last[:3] == (method, seed, call - 1) if call > 1 else True
        if key in keys and follows:
            trials.append(row)
            last = row
    finals = [row for row in tables["finals"] if row[4] in keys]
    return tables | {"facts": facts, "trials": trials, "finals": finals}


def read_intact_rows(data: bytes) -> dict[str, list[Row]]:
    """The whole rows of a ledger's bytes by table, in the order in which they were written."""
    widths = {len(columns) + 1: table for table, columns in TABLES.items()}
    found: dict[str, set[tuple[int, Row]]] = {table: set() for table in TABLES}
    for start in range(0, len(data), PAGE):
        for rowid, payload in _cells(data, start):
            with contextlib.suppress(ValueError, IndexError, struct.error):
                *values, check = _record(payload)
                table = widths.get(len(values) + 1)
                if table and check == checksum(table, tuple(values)):
                    found[table].add((rowid, tuple(values)))
    return {
        table: [row for _, row in sorted(rows, key=lambda numbered: numbered[0])]
        for table, rows in found.items()
    }


def _cells(data: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Row numbers and payloads of a page, as far as they can be read."""
    page = data[start : start + PAGE].ljust(PAGE, b"\0")
    header = FILE_HEADER if start == 0 else 0
    if page[header] != LEAF:
        return
    (count,) = struct.unpack_from(">H", page, header + 3)
    for number in range(min(count, PAGE // 4)):
        with contextlib.suppress(IndexError, struct.error):
            (at,) = struct.unpack_from(">H", page, header + 8 + 2 * number)
            size, at = _varint(page, at)
            rowid, at = _varint(page, at)
            yield rowid, _payload(data, page, at, size)


def _payload(data: bytes, page: bytes, at: int, size: int) -> bytes:
    """A row's bytes, of which a page holds only so many; the others follow on other pages."""
    most, least = PAGE - 35, (PAGE - 12) * 32 // 255 - 23
    local = least + (size - least) % (PAGE - 4)
    local = size if size <= most else local if local <= most else least
    payload = page[at : at + local]
    following = page[at + local : at + local + 4]
    while len(payload) < size and len(payload) < len(data):
        start = (struct.unpack(">I", following)[0] - 1) * PAGE
        overflow = data[start : start + PAGE]
        following = overflow[:4]
        payload += overflow[4 : 4 + size - len(payload)]
    return payload


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next begins."""
    value = 0
    for _ in range(8):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | data[at], at + 1


def _record(payload: bytes) -> list[object]:
    """The values of a record: a header of types, then the values."""
    end, at = _varint(payload, 0)
    types = []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    return list(_values(payload, end, types))


def _values(payload: bytes, at: int, types: list[int]) -> Iterator[object]:
    for kind in types:
        if kind == 0:
            yield None
        elif kind in (8, 9):
            yield kind - 8
        elif kind == 7:
            yield struct.unpack_from(">d", payload, at)[0]
            at += 8
        elif kind in INTEGERS:
            yield int.from_bytes(payload[at : at + INTEGERS[kind]], "big", signed=True)
            at += INTEGERS[kind]
        elif kind >= 13 and kind % 2:
            yield payload[at : at + (kind - 13) // 2].decode()
            at += (kind - 13) // 2
        else:
            raise ValueError(f"no row of a ledger has a value of type {kind}")
