"""The tables of a study as CSV files, which need not come from this program."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.core.dimensions import Dimension, Integer, Listed
from study.core.errors import to_plain_line
from study.core.objective import Objective
from study.core.records import CALL_COLUMNS, OUTCOME_COLUMNS, RETRAINING_COLUMNS, TRACE_COLUMNS
from study.storage.files import write_atomically
from study.storage.frames import PROBLEM_COLUMNS, flip_sign

PANDAS = tuple(map(int, pd.__version__.split(".")[:2]))  # 3.1 reads numbers exactly by itself


def escape_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame to write as CSV: no reason is a formula for a spreadsheet that opens the file.

    One that begins like a formula, or with an apostrophe, gets an apostrophe before it, which
    reading takes off again.
    """
    if "reason" not in frame:
        return frame
    risky = frame["reason"].str.startswith(("=", "+", "-", "@", "'"))
    return frame.assign(reason=frame["reason"].mask(risky, "'" + frame["reason"]))


def read_trials(
    path: Path, space: Sequence[Dimension], objective: Objective, metrics: Sequence[str] = ()
) -> pd.DataFrame:
    """What `trial_frame` gave, from its CSV file. Raises ValueError if it is damaged."""
    dimensions = {dimension.name: _dtype(dimension) for dimension in space}
    columns = {**CALL_COLUMNS, **dimensions, **OUTCOME_COLUMNS}
    return _read(path, columns | dict.fromkeys(metrics, "float64"), objective)


def _dtype(dimension: Dimension) -> str:
    if isinstance(dimension, Listed):
        return "str"
    return "int64" if isinstance(dimension, Integer) else "float64"


def read_finals(path: Path, objective: Objective, metrics: Sequence[str] = ()) -> pd.DataFrame:
    """What `retraining_frame` gave, from its CSV file. Raises ValueError if it is damaged."""
    return _read(path, RETRAINING_COLUMNS | dict.fromkeys(metrics, "float64"), objective)


def read_trace(path: Path, objective: Objective) -> pd.DataFrame:
    """What `trace_frame` gave, from its CSV file. Raises ValueError if it is damaged."""
    return _read(path, TRACE_COLUMNS, objective)


def _read(path: Path, neutral: dict[str, str], objective: Objective) -> pd.DataFrame:
    own = {
        name: objective.column_name(name) if name in PROBLEM_COLUMNS else name for name in neutral
    }
    types = {own[name]: kind for name, kind in neutral.items()}
    columns = list(pd.read_csv(path, nrows=0).columns)
    if missing := set(types) - set(columns):
        raise ValueError(f"{path.name} lacks {', '.join(sorted(missing))}")
    if columns != list(types):
        raise ValueError(f"the columns of {path.name} are not {', '.join(types)}")
    exact: Any = {} if PANDAS >= (3, 1) else {"float_precision": "round_trip"}
    with np.errstate(invalid="ignore"):  # a whole number out of range is an error without it, too
        # Only an empty cell is a missing value: a choice may be called None.
        frame: pd.DataFrame = pd.read_csv(
            path, dtype=types, keep_default_na=False, na_values=[""], **exact
        ).fillna({"reason": ""})
    reasons = frame["reason"].str.removeprefix("'").map(to_plain_line)
    frame = frame.assign(reason=reasons).astype({"reason": types["reason"]})
    frame = frame.rename(columns={column: name for name, column in own.items()})
    return frame.assign(**flip_sign(frame, objective))


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as CSV, no free text a formula; see `write_atomically`."""
    return write_atomically(
        path, partial(escape_formulas(frame).to_csv, index=False, lineterminator="\n")
    )
