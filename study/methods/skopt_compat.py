"""What current numpy and scikit-learn need of scikit-optimize 0.10.2.

Its quantile regressor lists scikit-learn's mixins in an order that scikit-learn from 1.6 on no
longer takes for a regressor, and calls `numpy.in1d`, which numpy 2.4 removed. Everything else
that the study uses runs as it is.
"""

from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from skopt.learning import GradientBoostingQuantileRegressor


class QuantileRegressor(GradientBoostingQuantileRegressor):  # type: ignore[misc]
    """scikit-optimize's regressor of the 16, 50 and 84 % quantiles, made to run today."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor"
        return tags

    def predict(
        self,
        X: Any,  # noqa: N803 (scikit-learn's name)
        return_std: bool = False,
        return_quantiles: bool = False,
    ) -> Any:
        """The median; with `return_std` also half the distance of the outer quantiles."""
        if not return_std:
            return super().predict(X, return_quantiles=return_quantiles)
        low, median, high = super().predict(X, return_quantiles=True).T
        return median, (high - low) / 2.0


def gbrt_estimator(random_state: np.random.RandomState) -> QuantileRegressor:
    """The surrogate that `gbrt_minimize` builds: 30 trees per quantile."""
    trees = GradientBoostingRegressor(n_estimators=30, loss="quantile")
    return QuantileRegressor(base_estimator=trees, random_state=random_state)
