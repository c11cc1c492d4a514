"""Random points of a space, drawn and transformed column by column."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skopt.space import Categorical, Dimension, Space


def draw_candidates(space: Space, count: int, rng: np.random.RandomState) -> NDArray[Any]:
    """What `space.transform(space.rvs(count, rng))` returns, without a list per point.

    Shape (count, transformed dimensions). The generator ends in the same state.
    """
    columns = [_draw_column(dimension, count, rng) for dimension in space.dimensions]
    return np.hstack([np.asarray(column).reshape(count, -1) for column in columns])


def _draw_column(dimension: Dimension, count: int, rng: np.random.RandomState) -> Any:
    if not isinstance(dimension, Categorical):
        return dimension.transform(dimension.rvs(n_samples=count, random_state=rng))
    encoded = np.asarray(dimension.transform(list(dimension.categories)))
    return encoded[dimension._rvs.rvs(size=count, random_state=rng)]
