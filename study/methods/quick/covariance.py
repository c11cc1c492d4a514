"""The two covariances of the Gaussian process: of numbers, and of choices alone.

Formulas, and the order of the operations, are those of `Matern` in scikit-learn and of
`HammingKernel` in scikit-optimize, which `ConstantKernel` multiplies. `parameters` are the
constant and a length for each of the d transformed dimensions, shape (1 + d,). Pairs are those of
n points, in the order of the upper triangle of an (n, n) matrix.
"""

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

Floats = NDArray[np.float64]
SQRT_5 = math.sqrt(5)


class Covariance(Protocol):
    """Between points that were told, and with others."""

    told: NDArray[Any]
    """Shape (n, d)."""

    def of_pairs(self, parameters: Floats) -> Floats:
        """Of the pairs of points told, shape (pairs,)."""

    def pair_slopes(self, parameters: Floats, of_pairs: Floats) -> Floats:
        """Its derivatives by the logarithms of the parameters, shape (1 + d, pairs)."""

    def between(self, parameters: Floats, points: NDArray[Any]) -> Floats:
        """Of other points, shape (m, d), with those told, shape (m, n)."""


class Matern:
    """Matérn's, 5/2, with a length for each dimension."""

    def __init__(self, told: NDArray[Any]) -> None:
        self.told = told
        first, second = np.triu_indices(len(told), 1)
        self.squares = np.ascontiguousarray((told[first] - told[second]).T) ** 2  # (d, pairs)

    def of_pairs(self, parameters: Floats) -> Floats:
        covariance = matern(pdist(self.told / parameters[1:]))
        covariance *= parameters[0]
        return covariance

    def pair_slopes(self, parameters: Floats, of_pairs: Floats) -> Floats:
        constant, lengths = parameters[0], parameters[1:]
        slopes = np.empty((len(parameters), len(of_pairs)))
        slopes[0] = of_pairs
        scaled = slopes[1:]
        if len(lengths) == 1:  # scikit-learn squares the distance instead
            np.square(pdist(self.told / lengths), out=scaled[0])
        else:
            np.divide(self.squares, (lengths**2)[:, np.newaxis], out=scaled)
        distance = np.sqrt(5 * add_rows(scaled))
        scaled *= 5.0 / 3.0
        scaled *= distance + 1
        scaled *= np.exp(-distance)
        scaled *= constant
        return slopes

    def between(self, parameters: Floats, points: NDArray[Any]) -> Floats:
        lengths = parameters[1:]
        covariance = matern(cdist(points / lengths, self.told / lengths))
        covariance *= parameters[0]
        return covariance


class Hamming:
    """Which falls with every choice that differs; for spaces of nothing but choices."""

    def __init__(self, told: NDArray[Any]) -> None:
        self.told = told
        first, second = np.triu_indices(len(told), 1)
        self.differ = told[first] != told[second]  # shape (pairs, d)

    def of_pairs(self, parameters: Floats) -> Floats:
        covariance = hamming(parameters[1:], self.differ)
        covariance *= parameters[0]
        return covariance

    def pair_slopes(self, parameters: Floats, of_pairs: Floats) -> Floats:
        constant, lengths = parameters[0], parameters[1:]
        slopes = -hamming(lengths, self.differ)[:, np.newaxis] * self.differ
        slopes *= lengths
        slopes *= constant
        return np.vstack([of_pairs, slopes.T])

    def between(self, parameters: Floats, points: NDArray[Any]) -> Floats:
        covariance = hamming(parameters[1:], points[:, np.newaxis] != self.told)
        covariance *= parameters[0]
        return covariance


def matern(distance: Floats) -> Floats:
    """Matérn's correlation, 5/2, at scaled distances, of which it takes the memory."""
    distance *= SQRT_5
    squared = distance**2
    squared /= 3.0
    rising = 1.0 + distance
    rising += squared
    np.negative(distance, out=distance)
    rising *= np.exp(distance, out=distance)
    return rising


def matern_slope(distances: Floats, lengths: Floats) -> Floats:
    """Its derivative by the coordinates of a point.

    `distances` are those of the point from the n told ones along each dimension, shape (d, n).
    The result has the shape (n, d).
    """
    lengths = lengths[:, np.newaxis]
    distances = np.divide(distances, lengths, order="C")
    squared = add_rows(distances**2)
    distance = np.sqrt(squared)
    scaled = SQRT_5 * distance
    rising = (5.0 / 3.0) * squared
    rising += scaled
    rising += 1
    np.reciprocal(distance, out=distance, where=distance != 0.0)
    distance *= SQRT_5
    distances /= lengths
    first = distance * distances
    distances *= 10.0 / 3.0
    distances += first
    falling = np.exp(-scaled)
    distances *= falling
    first *= -falling
    first *= rising
    first += distances
    return np.ascontiguousarray(first.T)


def hamming(lengths: Floats, differ: NDArray[np.bool_]) -> Floats:
    """The correlation of points that differ in these dimensions, the last axis of `differ`."""
    correlation: Floats = np.exp(-np.sum(lengths * differ, axis=-1))
    return correlation


def add_rows(terms: Floats) -> Floats:
    """The sums of the columns of an array (d, n), added up as numpy adds along a last axis.

    That is one after the other if they are fewer than 8; more are added in 8 parts.
    """
    if len(terms) < 8:
        return np.add.reduce(terms, axis=0)  # type: ignore[no-any-return]
    return np.add.reduce(np.ascontiguousarray(terms.T), axis=1)  # type: ignore[no-any-return]
