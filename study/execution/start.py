"""Own first points of the shared design: from a table, or the winners of a study that exists."""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from study.core.dimensions import Dimension, from_cells
from study.core.errors import StudyError, reason_of, translate_errors
from study.core.formatting import join_words
from study.core.settings import Start
from study.core.space import Configuration, Space, canonical, from_row
from study.core.validation import safe_repr, to_path
from study.problems.base import Evaluator
from study.results import load


def read_start(
    named: str | os.PathLike[str] | None, problem: Evaluator, initial_points: int
) -> Start | None:
    """The own points in a table or a results folder; None if none is named.

    A point counts once, and the default point, with which every search begins, not at all. Of a
    folder as many are taken as the design has room for; of a table all.

    Raises
    ------
    StudyError
        If it cannot be read, has no other point than the default, or one that the space lacks.
    """
    if named is None:
        return None
    path = to_path("--start-from", named)
    found = best_winners(path, problem.space) if path.is_dir() else read_points(path, problem.space)
    different = {canonical(point): point for point in found}
    different.pop(canonical(problem.default), None)
    if not different:
        raise StudyError(
            f"--start-from {path} has no other point than the default, with which every search "
            "begins: name another one, or drop it"
        )
    points = tuple(different.values())
    room = max(1, initial_points - 1) if path.is_dir() else len(points)
    return Start(source=str(path), offered=len(points), points=points[:room])


def read_points(path: Path, space: Space) -> list[Configuration]:
    """The configurations in a CSV file with a column per dimension; others are ignored.

    Values stand there as in trials.csv. Raises `StudyError` naming line, column, value and what is
    allowed.
    """
    with (
        translate_errors(
            (OSError, ValueError, csv.Error),
            lambda e: (
                f"--start-from {path} cannot be read ({reason_of(e, with_path=False)}): name a "
                "CSV file or a results folder"
            ),
        ),
        path.open(encoding="utf-8-sig", newline="") as file,
    ):
        rows = csv.reader(file)
        columns = [name.strip() for name in next(rows, [])]
        require_columns(path, columns, space)
        return [
            parse_row(f"{path}, line {rows.line_num}", columns, row, space) for row in rows if row
        ]


def require_columns(path: Path, columns: Sequence[str], space: Space) -> None:
    """Raise `StudyError` unless a table has each dimension as a column, and once."""
    counts = Counter(columns)
    if missing := [name for name in space.names if not counts[name]]:
        raise StudyError(
            f"--start-from {path} lacks the column {join_words(missing)}: a row is a point, with a "
            f"column for each of {join_words(space.names)}"
        )
    if doubled := [name for name in space.names if counts[name] > 1]:
        raise StudyError(f"--start-from {path} has the column {doubled[0]} twice: drop one")


def parse_row(place: str, columns: list[str], row: list[str], space: Space) -> Configuration:
    """The configuration in a row; raises `StudyError` if the space lacks it."""
    cells = dict(zip(columns, row, strict=False))
    point = {d.name: parse_cell(d, cells.get(d.name, "").strip()) for d in space.dimensions}
    for name, wrong in outside(point, space):
        raise StudyError(
            f"--start-from {place}: {name} is {safe_repr(cells.get(name, ''))}, {wrong}"
        )
    return point


def parse_cell(dimension: Dimension, text: str) -> Any:
    """The value that a text stands for: a choice by its label, else a number; else the text."""
    (value,) = from_cells(dimension, [text])
    if value in dimension:
        return value
    try:
        return dimension.cast(float(text))
    except ValueError:
        return text


def outside(point: Configuration, space: Space) -> Iterator[tuple[str, str]]:
    """Which values of a point are not in the space, each with what is allowed, in words."""
    for d in space.dimensions:
        if point[d.name] not in d:
            yield d.name, f"allowed is {d.allowed}"


def best_winners(folder: Path, space: Space) -> list[Configuration]:
    """The different winners of a study that lie in a space, in the order of `best_first`.

    Raises `StudyError` if there are none.
    """
    results = load(folder)
    own = results.info.problem.table_space
    if missing := [name for name in space.names if name not in {d.name for d in own}]:
        raise StudyError(
            f"--start-from {folder} holds a study whose space lacks {join_words(missing)}: "
            "name one of the same space, or a table"
        )
    ranked = results.scores.best_first.dropna(subset=["reevaluated_score"])
    known = ranked.astype(object).to_dict("records")
    points = [to_point(from_row(own, row), space) for row in known]
    inside = {canonical(point): point for point in points if point in space}
    if not inside:
        wrong = next((f": {n} is {p[n]!r}, {w}" for p in points for n, w in outside(p, space)), "")
        raise StudyError(f"--start-from {folder} has no winner that lies in the space{wrong}")
    return list(inside.values())


def to_point(configuration: Configuration, space: Space) -> Configuration:
    """A configuration of another study with the dimensions of a space, in its types."""
    return {d.name: d.cast(configuration[d.name]) for d in space.dimensions}
