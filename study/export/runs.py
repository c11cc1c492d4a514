"""The runs of a study as other tools take them: rows, configurations, and a space around them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from study.core.dimensions import Categorical, Dimension, Integer, Listed, Real
from study.core.errors import StudyError
from study.core.records import RUN
from study.core.space import Configuration, Space, from_row
from study.core.study_info import StudyInfo

Run = tuple[str, int, pd.DataFrame]
"""Method, seed and rows."""
Track = Callable[[Sequence[Run]], Iterable[Run]]
"""Passes runs on, and may tell of each."""


def each_run(trials: pd.DataFrame, track: Track = iter) -> Iterator[Run]:
    """Each run that has any rows, in the order of the table."""
    groups = (rows for _, rows in trials.groupby(RUN, sort=False))
    runs = [(str(rows["method"].iloc[0]), int(rows["seed"].iloc[0]), rows) for rows in groups]
    yield from track(runs)


def rows_of(trials: pd.DataFrame, info: StudyInfo, method: str, seed: int) -> pd.DataFrame:
    """The rows of one run; raises `StudyError` if there is no such run, or nothing of it yet."""
    info.settings.require_run(method, seed)
    rows = trials[(trials["method"] == method) & (trials["seed"] == seed)]
    if rows.empty:
        raise StudyError(f"{method} at seed {seed} has made no call yet: let the study go on")
    return rows


def configurations(rows: pd.DataFrame, space: Sequence[Dimension]) -> list[Configuration]:
    """What each row evaluated, in native Python values."""
    cells = rows[[d.name for d in space]].astype(object).to_dict("records")
    return [from_row(space, row) for row in cells]


def labelled(dimension: Listed) -> Categorical:
    """A dimension whose choices are their texts, as tables have them."""
    return Categorical(name=dimension.name, choices=tuple(dimension.labels.values()))


def space_around(space: Sequence[Dimension], points: Sequence[Configuration]) -> Space:
    """A space as other tools know one, which holds all points: a baseline may lie outside its own.

    A range is plain or logarithmic, and reaches as far as the points; it is plain if they reach
    beyond 0. Ordered choices are choices, and such as are not among them are added.
    """
    return Space(tuple(_around(d, [point[d.name] for point in points]) for d in space))


def _around(dimension: Dimension, values: Sequence[Any]) -> Dimension:
    if isinstance(dimension, Listed):
        others = dict.fromkeys(value for value in values if value not in dimension)
        return Categorical(name=dimension.name, choices=(*dimension.choices, *others))
    kind = Real if isinstance(dimension, Real) else Integer
    low, high = min([dimension.low, *values]), max([dimension.high, *values])
    return kind(name=dimension.name, low=low, high=high, log=dimension.log and low > 0)
