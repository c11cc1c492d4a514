"""How scores depend on a dimension: what draws with this value are expected to score.

Partial dependence (Friedman, Annals of Statistics 29, 2001). Forests that lack one fold of seeds
each say how uncertain it is, by the grouped jackknife.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.analysis.surrogate import Surrogate, to_scale
from study.core.dimensions import Dimension, Integer, Listed, scale_of

POINTS = 15  # of a curve
CELLS = 9  # of a map, along each side
BACKGROUND = 40  # evaluations that the other dimensions' values are taken from

CURVES = {
    "dimension": "str",
    "value": "float64",
    "score": "float64",
    "low": "float64",
    "high": "float64",
}
"""Columns; `value` is a number or the place of a choice, low to high the 95 % interval."""
MAPS = {
    "dimension": "str",
    "other": "str",
    "value": "float64",
    "other_value": "float64",
    "score": "float64",
}
"""Columns; the same for each combination of two dimensions' values."""


def curves(surrogate: Surrogate) -> pd.DataFrame:
    """A row per dimension and value; the columns are `CURVES`."""
    tables = [_curve(surrogate, column) for column in range(len(surrogate.space))]
    return pd.concat(tables, ignore_index=True)


def _curve(surrogate: Surrogate, column: int) -> pd.DataFrame:
    values, places = grid(surrogate.space[column], POINTS)
    score, half = jackknife(expected_scores(surrogate, [column], places[:, None]))
    low, high = score - half, score + half
    name = surrogate.space[column].name
    return pd.DataFrame(
        {"dimension": name, "value": values, "score": score, "low": low, "high": high}
    )


def surface(surrogate: Surrogate, pair: tuple[str, str]) -> pd.DataFrame:
    """A row per combination of the values of two dimensions, by name; the columns are `MAPS`."""
    names = [dimension.name for dimension in surrogate.space]
    columns = [names.index(name) for name in pair]
    (first, x), (second, y) = (grid(surrogate.space[column], CELLS) for column in columns)
    places = np.column_stack([np.repeat(x, len(y)), np.tile(y, len(x))])
    return pd.DataFrame(
        {
            "dimension": pair[0],
            "other": pair[1],
            "value": np.repeat(first, len(second)),
            "other_value": np.tile(second, len(first)),
            "score": expected_scores(surrogate, columns, places).mean(axis=0),
        }
    )


def grid(dimension: Dimension, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Values, spread evenly on the scale that is drawn evenly, and their places on it.

    Of a choice, the values are places.
    """
    if isinstance(dimension, Listed):
        places = np.arange(len(dimension.choices), dtype=float)
        return places, places
    low, high = to_scale(pd.Series([dimension.low, dimension.high]), dimension)
    places = np.linspace(low, high, points)
    _, back = scale_of(dimension)
    values = np.array([back(place) for place in places])
    if not isinstance(dimension, Integer):
        return values, places
    values = np.unique(np.rint(values))
    return values, to_scale(pd.Series(values), dimension)


def expected_scores(surrogate: Surrogate, columns: Sequence[int], places: np.ndarray) -> np.ndarray:
    """What each forest expects, (folds, points), of evaluations that have these (points, columns).

    Their other values are as they are; of many evaluations, some are taken at equal distances.
    """
    rows = np.linspace(0, len(surrogate.places) - 1, BACKGROUND).round().astype(int)
    background = surrogate.places[np.unique(rows)]
    asked = np.tile(background, (len(places), 1))
    asked[:, columns] = np.repeat(places, len(background), axis=0)
    expected = [surrogate.predict(fold, asked) for fold in range(len(surrogate.models))]
    by_point = np.array(expected).reshape(len(expected), len(places), -1)
    return np.asarray(by_point.mean(axis=2))


def jackknife(by_fold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of (folds, points), each without one fold, and half its 95 % interval."""
    from scipy.stats import t

    folds = len(by_fold)
    middle = by_fold.mean(axis=0)
    error = np.sqrt((folds - 1) / folds * ((by_fold - middle) ** 2).sum(axis=0))
    return middle, t.ppf(0.975, folds - 1) * error
