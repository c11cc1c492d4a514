"""What no column of a table may be: row numbers, the target again, or numbers that read as text."""

from typing import TYPE_CHECKING, Any

import numpy as np

from study.core.validation import safe_repr

if TYPE_CHECKING:
    import pandas as pd

NEARLY_ALL = 0.95  # of the cells of a column, or of the different ones among them
WITH_COMMA = r"\s*[+-]?[\d.,]*,\d[\d.,]*(?:[eE][+-]?\d+)?\s*"  # 3,14 or 1,234.5 or 1.234,5
KINDS = "; if they are kinds, let each begin with a letter"


def refuse_row_numbers(cells: "pd.Series[Any]") -> None:
    """Raise ValueError for a column that counts: in a sorted file it gives the classes away.

    Whole numbers that rise or fall from row to row do, with gaps or without, and so do those from
    one number to another in whatever order.
    """
    if not tells_rows_apart(cells):
        return
    known = cells.dropna()
    wrong = f"column {cells.name!r} numbers the rows: leave it out of the file"
    if int(known.max()) - int(known.min()) == len(known) - 1:
        raise ValueError(wrong)
    if known.is_monotonic_increasing or known.is_monotonic_decreasing:
        raise ValueError(f"{wrong}, or if it was measured, shuffle the rows")


def tells_rows_apart(cells: "pd.Series[Any]") -> bool:
    """Whether most cells hold a number, all of these are whole, and no two are equal."""
    known = cells.dropna()
    if cells.dtype.kind not in "iuf" or 2 * len(known) <= len(cells):
        return False
    return bool((known % 1 == 0).all()) and known.is_unique


def refuse_copy(cells: "pd.Series[Any]", labels: np.ndarray) -> None:
    """Raise ValueError for a column that has one value for each class, and another for another."""
    import pandas as pd

    values, kinds = pd.factorize(cells, use_na_sentinel=False)
    classes, codes = np.unique(labels, return_inverse=True)
    if len(kinds) != len(classes):
        return
    if len(np.unique(values * len(classes) + codes)) == len(classes):
        raise ValueError(
            f"column {cells.name!r} has one value for each class, as a copy of the target has: "
            "leave it out of the file"
        )


def refuse_numbers_as_text(cells: "pd.Series[Any]") -> None:
    """Raise ValueError if nearly all cells of a column are numbers, but not as they must be.

    Of numbers beside a few words, or with a comma, each would be a kind of its own.
    """
    import pandas as pd

    texts = cells.dropna()
    if texts.empty or not pd.api.types.is_string_dtype(texts):
        return
    counts = texts.value_counts()
    kinds = pd.Series(counts.index.to_list())
    number = pd.to_numeric(kinds, errors="coerce").notna().to_numpy()
    comma = kinds.str.fullmatch(WITH_COMMA).to_numpy(bool)

    def nearly_all(which: np.ndarray) -> bool:
        share = counts[which].sum() / len(texts)
        return bool(max(share, which.mean()) >= NEARLY_ALL)

    def first(which: np.ndarray) -> str:
        row = int(np.argmax(cells.isin(kinds[which])))
        return (
            f"column {cells.name!r} has {safe_repr(cells.iloc[row])} in row {row + 1} of the data"
        )

    if comma.any() and nearly_all(number | comma):
        raise ValueError(
            f"{first(comma)}: write numbers with a decimal point, and without separators of "
            f"thousands{KINDS}"
        )
    if not number.all() and nearly_all(number):
        raise ValueError(
            f"{first(~number)} among numbers: write a number there, or nothing if it is missing"
            f"{KINDS}"
        )
