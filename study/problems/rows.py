"""Which rows of a table an estimator is fitted on, and which are kept apart for the winners."""

from typing import Any

import numpy as np

from study.core.errors import StudyError, translate_errors
from study.core.validation import safe_repr

TEST_SHARE = 0.2  # of the rows, kept apart for the winners

Data = tuple[Any, Any]
"""A table of shape (rows, features), and what is to be predicted of each row."""


def split(x: Any, y: Any, test_data: Data | None) -> tuple[Data, Data]:
    """The rows to fit on, and those that winners are scored on; raises `StudyError`."""
    require_rows("X and y", x, y)
    if test_data is None:
        return hold_out(x, y)
    if not isinstance(test_data, tuple | list) or len(test_data) != 2:
        raise StudyError(f"test_data is {safe_repr(test_data)}: give a pair (X, y)")
    x_test, y_test = test_data
    require_rows("X and y of test_data", x_test, y_test)
    wide, own = row_shape(x), row_shape(x_test)
    if None not in (wide, own) and wide != own:
        raise StudyError(f"a row of X has the shape {wide}, one of test_data {own}: give the same")
    return (x, y), (x_test, y_test)


def row_shape(table: Any) -> tuple[int, ...] | None:
    """Of each row, if all have the same, which lists of words have not."""
    try:
        return tuple(np.shape(table)[1:])
    except ValueError:
        return None


def require_rows(what: str, x: Any, y: Any) -> None:
    """Raise `StudyError` unless there is one value for each row."""
    from sklearn.utils import indexable

    with translate_errors(
        (TypeError, ValueError),
        lambda error: f"{what} differ in length: give one value for each row ({error})",
    ):
        indexable(x, y)


def hold_out(x: Any, y: Any) -> tuple[Data, Data]:
    """Four fifths of the rows and the rest, by a random draw that is always the same."""
    from sklearn.model_selection import train_test_split

    with translate_errors(
        (TypeError, ValueError), lambda error: f"X and y cannot be split ({error})"
    ):
        x_fitted, x_apart, y_fitted, y_apart = train_test_split(
            x, y, test_size=TEST_SHARE, random_state=0, shuffle=True
        )
    return (x_fitted, y_fitted), (x_apart, y_apart)
