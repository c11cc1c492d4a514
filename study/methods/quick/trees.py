"""Ensembles of trees, fitted and asked with less around it."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor
from skopt.learning import ExtraTreesRegressor

from study.methods.skopt_compat import QuantileRegressor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forest:
    """Extremely randomised trees, which were fitted."""

    estimator: ExtraTreesRegressor

    def predict(self, points: NDArray[Any]) -> tuple[Floats, Floats]:
        """Mean and standard deviation, shapes (m,), by one descent of each tree instead of three.

        The deviation is by the law of total variance: Hutter et al., Algorithm runtime prediction
        (2014), section 4.3.2.
        """
        single = np.ascontiguousarray(points, dtype=np.float32)  # as trees compare
        mean, std = np.zeros(len(points)), np.zeros(len(points))
        for tree in (member.tree_ for member in self.estimator.estimators_):
            leaves = tree.apply(single)
            values = tree.value[:, 0, 0]
            variances = np.maximum(tree.impurity, self.estimator.min_variance)
            mean += values[leaves]
            std += (variances + values**2)[leaves]
        mean /= len(self.estimator.estimators_)
        std /= len(self.estimator.estimators_)
        std -= mean**2
        std[std < 0.0] = 0.0
        return mean, np.sqrt(std)


@dataclass(frozen=True)
class Quantiles:
    """Boosted trees for the 16, 50 and 84 % quantiles, which were fitted."""

    estimator: QuantileRegressor

    def predict(self, points: NDArray[Any]) -> tuple[Floats, Floats]:
        """The median and half the distance of the outer quantiles, shapes (m,)."""
        return self.estimator.predict(points, return_std=True)  # type: ignore[no-any-return]


def fit_forest(estimator: ExtraTreesRegressor, points: NDArray[Any], values: list[float]) -> Forest:
    """Of transformed points (n, d) and their values."""
    return Forest(clone(estimator).fit(points, values))


def fit_quantiles(
    estimator: QuantileRegressor, points: NDArray[Any], values: list[float]
) -> Quantiles:
    """Of transformed points (n, d) and their values."""
    boosting = QuickBoosting(**estimator.base_estimator.get_params())
    quick = clone(estimator).set_params(base_estimator=boosting)
    return Quantiles(quick.fit(points, values))


class QuickBoosting(GradientBoostingRegressor):  # type: ignore[misc]
    """Boosting of a quantile, whose leaves are found without weights: all weigh the same here."""

    def _get_loss(self, sample_weight: Any) -> Any:
        loss = super()._get_loss(sample_weight=sample_weight)
        loss.fit_intercept_only = self.leaf_value
        return loss

    def leaf_value(self, y_true: Floats, sample_weight: Any = None) -> float:  # noqa: ARG002
        """The least value that no less than the share `alpha` of the values reach."""
        rank = math.ceil(100 * self.alpha / 100 * len(y_true))
        return float(np.sort(y_true)[max(rank, 1) - 1])
