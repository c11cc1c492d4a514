"""Tables of one's own: a CSV file, one column of which holds the classes."""

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from study.core.errors import StudyError, to_plain_line, translate_errors
from study.core.formatting import pluralize
from study.core.validation import safe_repr
from study.data.columns import (
    refuse_copy,
    refuse_numbers_as_text,
    refuse_row_numbers,
    tells_rows_apart,
)
from study.data.dataset import Dataset, make_dataset, validation_order
from study.data.folders import list_names
from study.data.split import count_fitted, stratified_order

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = ",;\t"
INFINITE = ("inf", "-inf", "Infinity", "-Infinity")  # as good as missing
NO_CLASS = ("", "NA", "NaN", "nan")
"""Cells of the target without a class. In other columns all that pandas takes for missing is; here
None may well be a class."""
MIN_ROWS = 50  # of fewer, six would validate
MIN_CLASS_ROWS = 5  # of fewer, a part could have none
MAX_NUMBERS = 100  # different ones of a target: more are measured, and no classes
MAX_CATEGORIES = 300  # different texts of a column: more name the rows, and are no kinds of them
MAX_EXACT = 2.0**53  # beyond, not every whole number is a float
TEST_SHARE = 0.2

Columns = list[np.ndarray]
"""What the network sees of a column of the table: (rows,) each, 0 to 1."""


def is_table(name: str) -> bool:
    """Whether a dataset's name is that of a CSV file."""
    return Path(name).suffix.lower() == ".csv"


def load_table(path: Path, target: str | None) -> Dataset:
    """A dataset of the rows of a table; the column `target` holds their classes.

    20 % of the rows are the test part, and 15 % of the others validate: fixed random draws with
    their share of each class. What the network sees of a column depends on the rows that are fitted
    during a search, by the split that all seeds share. Numbers become 0..1 by their range, and
    other rows' numbers are clipped to it; a missing or infinite one becomes the median, with one
    more column that is 1 where it was missing. Of text and truth values each kind becomes a column
    of 0 and 1, missing ones being a kind of their own; other rows' new kinds are 0 in all. Constant
    columns are left out, and so are rows without a class. `source` tells how many.

    Raises
    ------
    StudyError
        If the file is no table, or a small one; if it has no such column, or that holds measured
        numbers or too few rows of a class; and if another column names or numbers the rows, is a
        copy of the target, or holds numbers that read as text.
    """
    table, classes = _read(path, target)
    with translate_errors(ValueError, lambda error: f"--dataset {path}: {error}"):
        known = ~classes.isin(NO_CLASS).to_numpy()
        labels = _to_labels(classes, known)
        for cells in (table[name] for name in table.columns):
            refuse_row_numbers(cells)
            refuse_numbers_as_text(cells)
            refuse_copy(cells[known], labels)
        table = table[known]
        training, test = _split(labels)
        fitted = training[: count_fitted(len(training))]
        inputs = {str(name): _encode(cells, fitted) for name, cells in table.items()}
        if not any(inputs.values()):
            raise ValueError("no column besides the target differs between rows")
    x = np.column_stack([column for columns in inputs.values() for column in columns])
    arrays = {"x_train": x[training], "x_test": x[test]}
    arrays |= {"y_train": labels[training], "y_test": labels[test]}
    facts = [f"the table {path.name}, target {target}", *_describe(table, inputs, known)]
    name = to_plain_line(path.stem).strip(". ") or "table"
    dataset = make_dataset(name, arrays, to_plain_line("; ".join(facts)), scale=1.0)
    return replace(dataset, official_test=False, items="rows")


def _read(path: Path, target: str | None) -> "tuple[pd.DataFrame, pd.Series[str]]":
    """All columns but the target, and the target's cells as text."""
    import pandas as pd

    def message(error: Exception) -> str:
        return (
            f"--dataset {path} cannot be read as a table ({error}): save it as UTF-8 text with the "
            "names of the columns in the first line, and a comma, semicolon or tab between cells"
        )

    with translate_errors((ValueError, MemoryError), message):
        with path.open(encoding="utf-8-sig") as file:
            header = next((line for line in file if line.strip()), "")
        options: dict[str, Any] = {
            "sep": max(SEPARATORS, key=re.sub(r'"[^"]*"', "", header).count),
            "encoding": "utf-8-sig",
            "skipinitialspace": True,
        }
        columns = [str(name) for name in pd.read_csv(path, nrows=0, **options).columns]
        named = _require_column(path, target, columns)
        as_written: dict[str, Any] = {"header": None, "dtype": str, "keep_default_na": False}
        names = pd.read_csv(path, nrows=1, **as_written, **options).iloc[0].to_list()
        name = names[columns.index(named)]
        if names.count(name) > 1:
            raise StudyError(
                f"--target {target}: {path} has {names.count(name)} columns of the name {name}: "
                "rename or leave out all but one"
            )
        table = pd.read_csv(path, na_values=INFINITE, low_memory=False, **options)
        if not isinstance(table.index, pd.RangeIndex):
            raise ValueError("rows have more cells than there are names")
        as_text: dict[str, Any] = {"usecols": [named], "dtype": str, "keep_default_na": False}
        classes = pd.read_csv(path, **as_text, **options)[named].str.strip()
    return table.drop(columns=named), classes


def _require_column(path: Path, target: str | None, columns: list[str]) -> str:
    """The target; raises `StudyError` if none is named, or there is none of that name."""
    held = f"has {list_names(columns)}"
    if target is None:
        raise StudyError(
            f"--dataset {path} is a table, which needs --target: name the column that holds the "
            f"classes; it {held}"
        )
    if target not in columns and len(columns) == 1:
        raise StudyError(
            f"--dataset {path} has one column, {columns[0]!r}: put the names of the columns into "
            "the first line, and a comma, semicolon or tab between cells"
        )
    if target not in columns:
        folded = {name.casefold(): name for name in columns}
        near = get_close_matches(str(target).casefold(), folded, n=1)
        hint = f"did you mean {folded[near[0]]!r}? It" if near else "it"
        raise StudyError(f"--target {target} is no column of {path}: {hint} {held}")
    return target


def _to_labels(classes: "pd.Series[str]", known: np.ndarray) -> np.ndarray:
    """The known classes as whole numbers if all of them are, else as text."""
    import pandas as pd

    cells = classes[known]
    if len(cells) < MIN_ROWS:
        raise ValueError(f"it has {len(cells)} rows with a class, {MIN_ROWS} at least are needed")
    try:
        numbers = pd.to_numeric(cells).to_numpy(np.float64)
    except ValueError:
        refuse_numbers_as_text(classes.where(known))
        return np.array(cells.to_list(), dtype=str)
    different = len(np.unique(numbers))
    whole = (np.abs(numbers) < MAX_EXACT) & (numbers == np.trunc(numbers))
    if different > MAX_NUMBERS or not whole.all():
        raise ValueError(
            f"the target {cells.name!r} holds measured numbers, {different:,} different ones such "
            f"as {numbers[0]:g}, but the network tells classes apart: name a column of classes, or "
            "group the numbers"
        )
    return numbers.astype(np.int64)


def _split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The training rows, of which the last ones validate, and the test rows."""
    kinds, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rarest = safe_repr(kinds[counts.argmin()].item())
    if len(kinds) < 2:
        raise ValueError(f"the target holds only the class {rarest}: two at least are needed")
    if counts.min() < MIN_CLASS_ROWS:
        raise ValueError(
            f"the class {rarest} has {pluralize(int(counts.min()), 'row')}, {MIN_CLASS_ROWS} at "
            "least are needed: leave its rows out, or join it with another class"
        )
    rng = np.random.default_rng(0)
    n_test = round(TEST_SHARE * len(labels))
    training, test = np.split(stratified_order(codes, n_test, rng), [len(labels) - n_test])
    return training[validation_order(codes[training], rng)], test


def _encode(cells: "pd.Series[Any]", fitted: np.ndarray) -> Columns:
    """What the network sees of a column; nothing if the fitted rows do not differ in it."""
    if cells.dtype.kind in "iuf":
        return _scale(cells.to_numpy(np.float64), fitted)
    return _one_hot(cells, fitted)


def _scale(values: np.ndarray, fitted: np.ndarray) -> Columns:
    """Of numbers (rows,), NaN where missing."""
    missing = np.isnan(values)
    known = values[fitted][~missing[fitted]]
    columns = [missing.astype(np.float32)] if 0 < known.size < fitted.size else []
    if known.size and known.min() < known.max():
        low, high = known.min(), known.max()
        inside = np.where(missing, np.median(known), values).clip(low, high)
        columns.insert(0, ((inside - low) / (high - low)).astype(np.float32))
    return columns


def _one_hot(cells: "pd.Series[Any]", fitted: np.ndarray) -> Columns:
    """Of text, truth values, and what is missing among them."""
    import pandas as pd

    codes, kinds = pd.factorize(cells, use_na_sentinel=False)
    most = min(MAX_CATEGORIES, len(cells) // 2)
    if len(kinds) > most:
        raise ValueError(
            f"column {cells.name!r} has {len(kinds):,} different texts in {len(cells):,} rows, "
            f"allowed are {most}: if they name the rows, as {safe_repr(kinds[0])} may, leave the "
            "column out of the file; if they are numbers write these alone, as 3.14; else join "
            "rare ones"
        )
    found = np.unique(codes[fitted])
    return [(codes == code).astype(np.float32) for code in found] if len(found) > 1 else []


def _describe(table: "pd.DataFrame", inputs: Mapping[str, Columns], known: np.ndarray) -> list[str]:
    """What became of the columns, the missing cells and the rows without a class, in words."""
    seen, constant = sum(map(len, inputs.values())), [name for name in inputs if not inputs[name]]
    missing = table.isna().to_numpy()
    cells = pluralize(int(missing.sum()), "missing cell")
    rows = pluralize(int(missing.any(axis=1).sum()), "row")
    unknown = pluralize(int((~known).sum()), "row")
    distinct = [str(name) for name, column in table.items() if tells_rows_apart(column)]
    facts = {
        f"{pluralize(len(inputs) - len(constant), 'column')} as {pluralize(seen, 'input')}, "
        "numbers by the range of the fitted rows, clipped to it": True,
        f"constant and left out: {list_names(constant)}": bool(constant),
        f"perhaps row numbers, for each row has another whole one: {list_names(distinct)}": bool(
            distinct
        ),
        f"{cells} in {rows}": bool(missing.any()),
        f"{unknown} without a class left out": not known.all(),
    }
    return [words for words, told in facts.items() if told]
