"""The Gaussian process of `bayes_opt`, driven by ask and tell.

Its distribution, bayesian-optimization, is an optional dependency.
"""

import contextlib
import io
import math
import warnings
from dataclasses import dataclass
from typing import Any

from bayes_opt import BayesianOptimization
from bayes_opt.acquisition import UpperConfidenceBound

from study.core.dimensions import Dimension, Integer, Real
from study.core.space import Configuration, Space
from study.core.validation import require_positive
from study.methods.base import SearchContext
from study.methods.encoding import with_library_space
from study.methods.skopt import to_random_state

Bounds = tuple[float, float] | list[str]


@dataclass(frozen=True)
class BayesOptSearch:
    """One search: `BayesianOptimization.suggest` and `register`."""

    space: Space
    optimizer: BayesianOptimization

    def ask(self) -> Configuration:
        found = self.optimizer.suggest()
        return {d.name: _from_share(d, found[d.name]) for d in self.space.dimensions}

    def tell(self, configuration: Configuration, score: float) -> None:
        point = {d.name: _to_share(d, configuration[d.name]) for d in self.space.dimensions}
        with contextlib.redirect_stdout(io.StringIO()):  # it prints that a point came twice
            self.optimizer.register(point, score)


@with_library_space
def create_bayes_opt(context: SearchContext, *, kappa: float = 2.576) -> BayesOptSearch:
    """Gaussian process with an upper confidence bound, `bayes_opt.BayesianOptimization`.

    Its kernel has one length for all dimensions, so that numbers are told as shares of their
    interval, 0 to 1, by logarithm where the space says so. `kappa`: how many standard deviations
    the bound lies above the mean. Raises `StudyError` unless it is positive.
    """
    bound = UpperConfidenceBound(kappa=require_positive("methods bayes-opt[kappa]", kappa))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of choices it says that they are experimental
        optimizer = BayesianOptimization(
            None,
            {d.name: _bounds(d) for d in context.space.dimensions},
            acquisition_function=bound,
            random_state=to_random_state(context.rng),
            verbose=0,
            allow_duplicate_points=True,
        )
    return BayesOptSearch(context.space, optimizer)


def _bounds(dimension: Dimension) -> Bounds:
    if isinstance(dimension, Real | Integer):
        return 0.0, 1.0
    return list(map(str, dimension.choices))


def _ends(dimension: Real | Integer) -> tuple[float, float]:
    """Of the interval, on the scale on which it is uniform."""
    if isinstance(dimension, Real) or dimension.log:
        return dimension.scaled
    return dimension.low, dimension.high


def _to_share(dimension: Dimension, value: Any) -> Any:
    """How far along the interval a number lies; a choice as it is."""
    if not isinstance(dimension, Real | Integer):
        return value
    low, high = _ends(dimension)
    place = math.log(value) if dimension.log else value
    return min(max((place - low) / (high - low), 0.0), 1.0)


def _from_share(dimension: Dimension, share: Any) -> Any:
    """The inverse of `_to_share`, in native Python values."""
    if not isinstance(dimension, Real | Integer):
        return share
    low, high = _ends(dimension)
    place = float(low + share * (high - low))
    scaled = isinstance(dimension, Real) or dimension.log
    return dimension.from_scaled(place) if scaled else round(place)
