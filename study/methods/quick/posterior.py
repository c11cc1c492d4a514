"""The Gaussian process of `gp_minimize`: its likelihood, its fit and its predictions.

After Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), algorithm 2.1 and
equation 5.9, by the operations of `GaussianProcessRegressor` in scikit-learn and scikit-optimize
and in their order, so that results are the same to the last bit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotrf, dpotrs
from scipy.optimize import minimize
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import HammingKernel

from study.methods.quick.acquisition import Prediction
from study.methods.quick.covariance import Covariance, Floats, Hamming, Matern, matern_slope
from study.methods.quick.quadratic import quadratic_forms


class Likelihood:
    """The logarithm of the marginal likelihood, as a function of the parameters' logarithms."""

    def __init__(self, covariance: Covariance, values: Floats, noise: float, jitter: float) -> None:
        self.covariance = covariance
        self.values = values[:, np.newaxis]
        self.noise = noise
        self.jitter = jitter
        n = len(values)
        pairs = n * (n - 1) // 2
        self.place = np.full((n, n), pairs)  # the diagonal stands behind the pairs
        upper = np.triu_indices(n, 1)
        self.place[upper] = self.place.T[upper] = np.arange(pairs)

    def matrix(self, parameters: Floats, of_pairs: Floats) -> Floats:
        """The covariance of what was measured, shape (n, n)."""
        diagonal = parameters[0] + self.noise + self.jitter
        matrix: Floats = np.append(of_pairs, diagonal)[self.place]
        return matrix

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        """The value and its derivatives; minus infinity and 0 where there is none."""
        parameters = np.exp(logs)
        of_pairs = self.covariance.of_pairs(parameters)
        # The transpose, which is the same, lies in memory as LAPACK wants it.
        lower, failed = dpotrf(self.matrix(parameters, of_pairs).T, lower=1, overwrite_a=1)
        if failed:
            return -np.inf, np.zeros_like(logs)
        weights, _ = dpotrs(lower, self.values, lower=1)
        n = len(self.values)
        value = -0.5 * np.einsum("ik,ik->k", self.values, weights)[0]
        value -= np.log(np.diag(lower)).sum()
        value -= n / 2 * np.log(2 * np.pi)
        inverse, _ = dpotrs(lower, np.eye(n, order="F"), lower=1, overwrite_b=1)
        inner = np.einsum("ik,jk->ijk", weights, weights)
        inner -= inverse[..., np.newaxis]
        slopes = self.slopes(parameters, of_pairs)
        return value, 0.5 * np.einsum("ijl,jik->kl", inner, slopes)[:, 0]

    def slopes(self, parameters: Floats, of_pairs: Floats) -> Floats:
        """The derivatives of the matrix by the logarithms, shape (n, n, parameters)."""
        rows = np.zeros((len(of_pairs) + 1, len(parameters)))
        rows[:-1] = self.covariance.pair_slopes(parameters, of_pairs).T
        rows[-1, 0] = parameters[0]
        return np.take(rows, self.place, axis=0)


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """What is believed after n values were told."""

    covariance: Covariance
    parameters: Floats
    weights: Floats
    """The inverse covariance matrix times the scaled values, shape (n,)."""
    inverse: Floats
    """Of the covariance matrix, shape (n, n)."""
    offset: np.float64
    """The mean of the values, which were scaled by it and by `scale`."""
    scale: np.float64
    """Their standard deviation."""

    def mean(self, points: NDArray[Any]) -> Floats:
        """Shape (m,), of points of the shape (m, d)."""
        return self._mean(self.covariance.between(self.parameters, points))

    def predict(self, points: NDArray[Any]) -> tuple[Floats, Floats]:
        """Mean and standard deviation, shapes (m,)."""
        covariance = self.covariance.between(self.parameters, points)
        return self._mean(covariance), self._std(covariance)

    def predict_at(self, point: Floats) -> Prediction:
        """Mean, deviation and their derivatives; there are none where all are choices."""
        constant, lengths = self.parameters[0], self.parameters[1:]
        covariance = self.covariance.between(self.parameters, point[np.newaxis])
        std = self._std(covariance)
        slope = matern_slope(point[:, np.newaxis] - self.covariance.told.T, lengths)
        slope *= constant
        slope += 0.0  # other kernels add their 0 to it, and make -0 of it 0
        mean_slope = np.dot(slope.T, self.weights) * self.scale
        std_slope = np.zeros(len(point))
        if not abs(std[0]) <= 1e-8:
            std_slope = -np.dot(covariance, np.dot(self.inverse, slope))[0] / std
            std_slope = std_slope * self.scale**2
        return Prediction(float(self._mean(covariance)[0]), float(std[0]), mean_slope, std_slope)

    def _mean(self, covariance: Floats) -> Floats:
        mean: Floats = self.scale * covariance.dot(self.weights) + self.offset
        return mean

    def _std(self, covariance: Floats) -> Floats:
        known = quadratic_forms(covariance, self.inverse)
        variance = self.parameters[0] - known
        variance[variance < 0] = 0.0
        std: Floats = np.sqrt(variance * self.scale**2)
        return std


def fit_posterior(
    estimator: GaussianProcessRegressor, points: NDArray[Any], values: Floats
) -> Posterior:
    """What `estimator.fit` finds, of transformed points (n, d) and their values (n,)."""
    offset, scale = np.float64(np.mean(values)), np.float64(np.std(values) or 1.0)
    scaled = (values - offset) / scale
    choices = isinstance(estimator.kernel.k2, HammingKernel)
    covariance: Covariance = Hamming(points) if choices else Matern(points)
    likelihood = Likelihood(covariance, scaled, estimator.noise, estimator.alpha)
    parameters = np.exp(most_likely(likelihood, estimator))
    matrix = likelihood.matrix(parameters, covariance.of_pairs(parameters))
    lower = cholesky(matrix, lower=True, check_finite=False)
    upper_inverse = solve_triangular(lower.T, np.eye(len(points)))
    return Posterior(
        covariance=covariance,
        parameters=parameters,
        weights=cho_solve((lower, True), scaled, check_finite=False),
        inverse=upper_inverse.dot(upper_inverse.T),
        offset=offset,
        scale=scale,
    )


def most_likely(likelihood: Likelihood, estimator: GaussianProcessRegressor) -> Floats:
    """The best of several ascents: from the kernel's own parameters, then from random ones."""
    bounds = estimator.kernel.bounds
    rng = np.random.RandomState(estimator.random_state)
    restarts = range(estimator.n_restarts_optimizer)
    starts = [estimator.kernel.theta, *(rng.uniform(*bounds.T) for _ in restarts)]

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, slope = likelihood(logs)
        return -value, -slope

    found = [minimize(loss, s, method="L-BFGS-B", jac=True, bounds=bounds) for s in starts]
    return found[np.argmin([result.fun for result in found])].x  # type: ignore[no-any-return]
