"""A model of scores by configuration, which is asked of seeds only that it was not fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from study.core.dimensions import Categorical, Dimension, Listed, scale_of

TREES = 50
FOLDS = 5
LEAST_SEEDS = 3  # fewer tell nothing of how an importance differs from seed to seed
MOST_ROWS = 1_500  # more of them only take longer
MOST_CHOICES = 30  # of a dimension without an order; what is rarer counts as one


@dataclass(frozen=True, kw_only=True, eq=False)
class Surrogate:
    """Forests, each fitted to all seeds but those of one fold."""

    space: tuple[Dimension, ...]
    """The dimensions that are not constant, as the columns of `places` are."""
    places: np.ndarray
    """(rows, dimensions) of evaluations: numbers on the scale that is uniform, choices by place."""
    scores: np.ndarray
    """(rows,)"""
    seeds: np.ndarray
    """(rows,)"""
    folds: np.ndarray
    """(rows,) the number of the forest that has not seen the row's seed."""
    models: list[Any]

    def predict(self, fold: int, places: np.ndarray) -> np.ndarray:
        """The scores, (rows,), that the forest of a fold expects at (rows, dimensions) places."""
        expected: np.ndarray = self.models[fold].predict(to_features(places, self.space))
        return expected


def fit_surrogate(
    rows: pd.DataFrame, scores: "pd.Series[float]", space: Sequence[Dimension]
) -> Surrogate | None:
    """Forests of extremely randomised trees (Geurts, Ernst & Wehenkel, 2006), one per fold.

    `rows` has a column `seed` and one per dimension; of very many rows as many drawn by chance
    count. None if there are fewer than three seeds, or nothing that differs.
    """
    varied = tuple(dimension for dimension in space if not dimension.is_constant)
    rows = rows.sample(min(len(rows), MOST_ROWS), random_state=0).sort_index()
    values = scores[rows.index].to_numpy()
    differ = len(set(values)) > 1 and values.var() > 0  # 5e-324 differs from 0, its square does not
    if rows["seed"].nunique() < LEAST_SEEDS or not varied or not differ:
        return None
    places = to_places(rows, varied)
    codes = rows["seed"].rank(method="dense").to_numpy(int) - 1
    folds = codes % min(FOLDS, codes.max() + 1)
    features = to_features(places, varied)
    return Surrogate(
        space=varied,
        places=places,
        scores=values,
        seeds=codes,
        folds=folds,
        models=[_fit(features[folds != k], values[folds != k]) for k in range(folds.max() + 1)],
    )


def _fit(features: np.ndarray, scores: np.ndarray) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(TREES, random_state=0).fit(features, scores)


def to_places(rows: pd.DataFrame, space: Sequence[Dimension]) -> np.ndarray:
    """(rows, dimensions): numbers on the scale that is uniform, choices by their place."""
    return np.column_stack([to_scale(rows[d.name], d) for d in space])


def to_scale(values: "pd.Series[Any]", dimension: Dimension) -> np.ndarray:
    """Values as in a table, on the scale on which their dimension is drawn evenly."""
    if isinstance(dimension, Listed):
        order = {label: place for place, label in enumerate(dimension.labels.values())}
        return np.asarray(values.map(order), float)
    inside = values.clip(dimension.low, dimension.high)
    to, _ = scale_of(dimension)
    return np.asarray(inside.map(to), float)


def to_features(places: np.ndarray, space: Sequence[Dimension]) -> np.ndarray:
    """(rows, features): places, and for each choice without an order a column of 0 and 1."""
    columns = [_columns(column, d) for column, d in zip(places.T, space, strict=True)]
    return np.column_stack(columns)


def _columns(column: np.ndarray, dimension: Dimension) -> np.ndarray:
    if not isinstance(dimension, Categorical):
        return column[:, None]
    return np.asarray(column[:, None] == np.arange(min(len(dimension.choices), MOST_CHOICES)))
