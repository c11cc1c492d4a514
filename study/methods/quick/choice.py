"""The next point of scikit-optimize's Optimizer, from the same numbers in a fraction of the time.

`choose_next` does what `Optimizer._tell` does after it took note of a value. What is left out:
kernels as objects, checks of their arguments, lists of candidates, and predictions that were
made already for another acquisition function.
"""

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import fmin_l_bfgs_b
from skopt import Optimizer
from skopt.learning import ExtraTreesRegressor, GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import HammingKernel, Matern, Product

from study.methods.quick.acquisition import Acquisition
from study.methods.quick.candidates import draw_candidates
from study.methods.quick.covariance import Floats
from study.methods.quick.posterior import Posterior, fit_posterior
from study.methods.quick.trees import Forest, Quantiles, fit_forest, fit_quantiles
from study.methods.skopt_compat import QuantileRegressor

Surrogate = Literal["gp", "gbrt", "forest"]


def surrogate_of(optimizer: Optimizer) -> Surrogate | None:
    """Which of the package's searches it is, as far as its next point can be chosen here."""
    estimator, function = optimizer.base_estimator_, optimizer.acq_func
    if optimizer.space.constraint or optimizer.acq_func_kwargs.keys() != {"xi", "kappa"}:
        return None
    if isinstance(estimator, GaussianProcessRegressor):
        known = function in {"gp_hedge", "EI", "LCB", "PI"} and has_known_kernel(estimator)
        return "gp" if known else None
    if function not in {"EI", "LCB", "PI"}:
        return None
    if isinstance(estimator, ExtraTreesRegressor):
        return "forest"
    return "gbrt" if isinstance(estimator, QuantileRegressor) else None


def has_known_kernel(estimator: GaussianProcessRegressor) -> bool:
    """Whether it is one that `gp` builds, whose noise is a given number."""
    kernel = estimator.kernel
    if not isinstance(kernel, Product) or not isinstance(estimator.noise, float | int):
        return False
    return isinstance(kernel.k2, HammingKernel) or (
        isinstance(kernel.k2, Matern) and kernel.k2.nu == 2.5
    )


def choose_next(optimizer: Optimizer) -> None:
    """Fit the surrogate to all that was told, and decide what `ask` returns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as scikit-optimize does, of what its libraries say
        model = fit_surrogate(optimizer)
        optimizer.models = [model]
        hedged = optimizer.acq_func == "gp_hedge" and hasattr(optimizer, "next_xs_")
        if hedged and isinstance(model, Posterior):
            optimizer.gains_ -= model.mean(np.vstack(optimizer.next_xs_))
        optimizer.next_xs_ = promising_points(optimizer, model)
        chosen = optimizer.next_xs_[draw_function(optimizer)]
    optimizer._next_x = optimizer.space.inverse_transform(chosen.reshape((1, -1)))[0]


def fit_surrogate(optimizer: Optimizer) -> Posterior | Forest | Quantiles:
    """A model of the values that were told."""
    estimator, values = optimizer.base_estimator_, optimizer.yi
    points = optimizer.space.transform(optimizer.Xi)
    if isinstance(estimator, GaussianProcessRegressor):
        return fit_posterior(estimator, points, np.asarray(values))
    if isinstance(estimator, ExtraTreesRegressor):
        return fit_forest(estimator, points, values)
    return fit_quantiles(estimator, points, values)


def promising_points(
    optimizer: Optimizer, model: Posterior | Forest | Quantiles
) -> list[NDArray[Any]]:
    """For each acquisition function the best transformed point that is found, shape (d,)."""
    space = optimizer.space
    low, high = np.array(space.transformed_bounds).T
    acquisition = Acquisition(best=np.min(optimizer.yi), **optimizer.acq_func_kwargs)
    candidates = draw_candidates(space, optimizer.n_points, optimizer.rng)
    mean, std = model.predict(candidates)
    found = []
    for function in optimizer.cand_acq_funcs_:
        values = acquisition.values(function, mean, std)
        if isinstance(model, Posterior) and optimizer.acq_optimizer == "lbfgs":
            starts = candidates[np.argsort(values)[: optimizer.n_restarts_optimizer]]
            point = descend(function, acquisition, model, starts, space.transformed_bounds)
        else:
            point = candidates[np.argmin(values)]
        found.append(point if space.is_categorical else np.clip(point, low, high))
    return found


def descend(
    function: str, acquisition: Acquisition, model: Posterior, starts: Floats, bounds: Any
) -> Floats:
    """The best of the local minima next to each of the starts, shape (s, d)."""

    def loss(point: Floats) -> tuple[float, Floats]:
        return acquisition.value_and_slope(function, model.predict_at(point))

    found = [fmin_l_bfgs_b(loss, start, bounds=bounds, maxiter=20) for start in starts]
    return found[np.argmin([value for _, value, _ in found])][0]  # type: ignore[no-any-return]


def draw_function(optimizer: Optimizer) -> int:
    """Which acquisition function's point is taken: when hedging, the more it gained the likelier.

    After Hoffman, Brochu and de Freitas, Portfolio allocation for Bayesian optimization (2011).
    """
    if optimizer.acq_func != "gp_hedge":
        return 0
    odds = np.exp(optimizer.eta * (optimizer.gains_ - np.max(optimizer.gains_)))
    return int(np.argmax(optimizer.rng.multinomial(1, odds / np.sum(odds))))
