"""Optuna's own samplers, driven by ask and tell; Optuna is an optional dependency.

Optuna proposes through an `optuna.Study`: a list of trials in memory and a sampler that reads it.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from study.core.settings import at_least_one
from study.core.space import Configuration, Dimension, Integer, Real, Space, Value


@dataclass(frozen=True)
class OptunaSearch:
    """One search: `optuna.Study.ask` and `tell`."""

    space: Space
    trials: optuna.Study

    def ask(self) -> Configuration:
        """Propose a configuration, in native Python values."""
        with _quiet(), _one_thread():
            return self._configuration(self.trials.ask(distributions(self.space)).params)

    def tell(self, configuration: Configuration, score: float) -> None:
        """Take note of a score, the higher the better; of a point never asked for as well.

        Such a point, as those of the shared initial design, is enqueued first: that is how
        Optuna evaluates what its user chose.
        """
        with _quiet(), _one_thread():
            number = self._running(configuration)
            if number is None:
                self.trials.enqueue_trial(configuration)
                number = self.trials.ask(distributions(self.space)).number
            self.trials.tell(number, score)

    def _running(self, configuration: Configuration) -> int | None:
        """The number of the trial that proposed it and was not told yet."""
        running = self.trials.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return next(
            (t.number for t in running if self._configuration(t.params) == configuration), None
        )

    def _configuration(self, params: dict[str, Any]) -> Configuration:
        return self.space.configuration([_inside(d, params[d.name]) for d in self.space.dimensions])


def tpe(
    space: Space,
    initial_points: int,
    seed: int,
    *,
    multivariate: bool = True,
    n_ei_candidates: int = 24,
) -> OptunaSearch:
    """Tree-structured Parzen estimator, `optuna.samplers.TPESampler`.

    Parameters
    ----------
    space
        What to search.
    initial_points
        How many points it is told before the first ask.
    seed
        0 to 2**32 - 1.
    multivariate
        Whether one density covers all dimensions, or each has its own. Optuna's default is True
        from version 5 on.
    n_ei_candidates
        How many points drawn from the density of good ones are compared.

    Raises
    ------
    StudyError
        If there are no candidates.
    """
    candidates = at_least_one("methods tpe[n_ei_candidates]", n_ei_candidates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=seed,
            n_startup_trials=_startup(initial_points),
            multivariate=multivariate,
            n_ei_candidates=candidates,
        )
    return _search(space, sampler)


def gp(space: Space, initial_points: int, seed: int) -> OptunaSearch:
    """Gaussian process with log expected improvement, `optuna.samplers.GPSampler`.

    Parameters are those of `tpe`.
    """
    # Loaded here, so that no proposal is charged for it: Optuna loads it when it first fits.
    import torch  # noqa: F401

    sampler = optuna.samplers.GPSampler(seed=seed, n_startup_trials=_startup(initial_points))
    return _search(space, sampler)


def _startup(initial_points: int) -> int:
    """How many trials a sampler waits for before it uses its model; Optuna's default is 10.

    The shared design is what is random. With more, the first calls that are the search's own
    would be random once again, and a budget of 12 calls would hardly see the method.
    """
    return initial_points


def _search(space: Space, sampler: optuna.samplers.BaseSampler) -> OptunaSearch:
    with _quiet():
        return OptunaSearch(space, optuna.create_study(sampler=sampler, direction="maximize"))


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Optuna's name for each dimension of a space, in its order."""
    return {d.name: _distribution(d) for d in space.dimensions}


def _distribution(dimension: Dimension) -> BaseDistribution:
    if isinstance(dimension, Real):
        return FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    if isinstance(dimension, Integer):
        return IntDistribution(dimension.low, dimension.high)
    return CategoricalDistribution(dimension.choices)


def _inside(dimension: Dimension, value: Value) -> Value:
    """`value`, for TPE's exp(log(x)) may miss the end of an interval by one ulp."""
    if isinstance(dimension, Real):
        return min(max(float(value), dimension.low), dimension.high)
    return value


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna logs to standard error from INFO on; here it does so from ERROR on."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


@contextmanager
def _one_thread() -> Iterator[None]:
    """PyTorch's sums must not depend on the number of cores; Optuna limits some of them only."""
    torch: Any = sys.modules.get("torch")  # TPE does without it
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
