"""scikit-optimize's Optimizer, which proposes the same points in a fraction of the time."""

import warnings
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import fmin_l_bfgs_b
from sklearn.base import clone
from skopt import Optimizer
from skopt.learning import ExtraTreesRegressor, GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import HammingKernel, Matern, Product

from study.methods.quick.acquisition import Acquisition
from study.methods.quick.candidates import draw_candidates
from study.methods.quick.posterior import Floats, Posterior, fit_posterior
from study.methods.quick.trees import predict_forest
from study.methods.skopt_compat import QuantileRegressor


class Surrogate(Protocol):
    """A model of the values."""

    def mean(self, points: NDArray[Any]) -> Floats:
        """Shape (m,), of transformed points (m, d)."""

    def predict(self, points: NDArray[Any]) -> tuple[Floats, Floats]:
        """Mean and standard deviation, shapes (m,)."""


@dataclass(frozen=True)
class Trees:
    """A fitted regressor of trees."""

    estimator: Any

    def mean(self, points: NDArray[Any]) -> Floats:
        return self.estimator.predict(points)  # type: ignore[no-any-return]

    def predict(self, points: NDArray[Any]) -> tuple[Floats, Floats]:
        if isinstance(self.estimator, ExtraTreesRegressor):
            return predict_forest(self.estimator, points)
        return self.estimator.predict(points, return_std=True)  # type: ignore[no-any-return]


class QuickOptimizer(Optimizer):  # type: ignore[misc]
    """An Optimizer that needs less time where its surrogate is known here."""

    def _tell(self, x: Any, y: Any, fit: bool = True) -> Any:
        if not self.is_known():
            return super()._tell(x, y, fit=fit)
        told = super()._tell(x, y, fit=False)
        if fit and self._n_initial_points <= 0:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.choose()
        return told

    def is_known(self) -> bool:
        """Whether the points can be had here, which are then those of scikit-optimize."""
        functions = {"EI", "LCB", "PI"}
        return functions.issuperset(self.cand_acq_funcs_) and has_known_surrogate(
            self.base_estimator_
        )

    def choose(self) -> None:
        """Fit the surrogate to what was told, and decide what `ask` returns."""
        model = self.fit_surrogate()
        if hasattr(self, "next_xs_") and self.acq_func == "gp_hedge":
            self.gains_ -= model.mean(np.vstack(self.next_xs_))
        self.models = [model]
        acquisition = Acquisition(
            best=np.min(self.yi),
            xi=self.acq_func_kwargs["xi"],
            kappa=self.acq_func_kwargs["kappa"],
        )
        candidates = draw_candidates(self.space, self.n_points, self.rng)
        mean, std = model.predict(candidates)
        self.next_xs_ = []
        for function in self.cand_acq_funcs_:
            values = acquisition.values(function, mean, std)
            if self.acq_optimizer == "sampling":
                point = candidates[np.argmin(values)]
            else:
                starts = candidates[np.argsort(values)[: self.n_restarts_optimizer]]
                point = self.descend(function, acquisition, model, starts)
            self.next_xs_.append(self.within_bounds(point))
        chosen = self.next_xs_[self.draw_function()]
        self._next_x = self.space.inverse_transform(chosen.reshape((1, -1)))[0]

    def fit_surrogate(self) -> Any:
        """The model of the points and values told so far."""
        points = self.space.transform(self.Xi)
        if isinstance(self.base_estimator_, GaussianProcessRegressor):
            return fit_posterior(self.base_estimator_, points, np.asarray(self.yi))
        return Trees(clone(self.base_estimator_).fit(points, self.yi))

    def descend(
        self, function: str, acquisition: Acquisition, model: Posterior, starts: Floats
    ) -> Floats:
        """The best of the local minima next to each of the starts, shape (s, d)."""

        def loss(point: Floats) -> tuple[float, Floats]:
            return acquisition.value_and_slope(function, model.predict_at(point))

        bounds = self.space.transformed_bounds
        found = [fmin_l_bfgs_b(loss, start, bounds=bounds, maxiter=20) for start in starts]
        return found[np.argmin([value for _, value, _ in found])][0]  # type: ignore[no-any-return]

    def within_bounds(self, point: Floats) -> Floats:
        """The point, without what rounding put outside of the space."""
        if self.space.is_categorical:
            return point
        low, high = np.array(self.space.transformed_bounds).T
        return np.clip(point, low, high)

    def draw_function(self) -> int:
        """Which acquisition function's point is taken: with hedging, the better the likelier."""
        if self.acq_func != "gp_hedge":
            return 0
        gains = self.eta * (self.gains_ - np.max(self.gains_))
        odds = np.exp(gains)
        return int(np.argmax(self.rng.multinomial(1, odds / np.sum(odds))))


def has_known_surrogate(estimator: Any) -> bool:
    """Whether it is one that `gp`, `gbrt` or `forest` build."""
    if isinstance(estimator, GaussianProcessRegressor):
        kernel = estimator.kernel
        return isinstance(kernel, Product) and isinstance(kernel.k2, Matern | HammingKernel)
    return isinstance(estimator, ExtraTreesRegressor | QuantileRegressor)
