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

from study.core.dimensions import Dimension, Integer, Real
from study.core.space import Configuration, Space
from study.core.validation import require_count
from study.methods.base import SearchContext
from study.methods.encoding import clip, with_library_space


@dataclass(frozen=True)
class OptunaSearch:
    """One search: `optuna.Study.ask` and `tell`."""

    space: Space
    trials: optuna.Study

    def ask(self) -> Configuration:
        """Propose a configuration, in native Python values."""
        with quiet_logging(), single_torch_thread():
            return self._configuration(self.trials.ask(distributions(self.space)).params)

    def tell(self, configuration: Configuration, score: float) -> None:
        """Take note of a score, the higher the better; of a point never asked for as well.

        Such a point, as those of the shared initial design, is enqueued first: that is how
        Optuna evaluates what its user chose.
        """
        with quiet_logging(), single_torch_thread():
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
        return self.space.to_configuration([clip(d, params[d.name]) for d in self.space.dimensions])


@with_library_space
def create_tpe(
    context: SearchContext, *, multivariate: bool = True, n_ei_candidates: int = 24
) -> OptunaSearch:
    """Tree-structured Parzen estimator, `optuna.samplers.TPESampler`.

    `multivariate`: whether one density covers all dimensions, or each has its own; Optuna's default
    is True from version 5 on. `n_ei_candidates`: how many points drawn from the density of good
    ones are compared. Raises `StudyError` if there are none.
    """
    candidates = require_count("methods tpe[n_ei_candidates]", n_ei_candidates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            **sampler_options(context), multivariate=multivariate, n_ei_candidates=candidates
        )
    return _search(context, sampler)


@with_library_space
def create_cmaes(context: SearchContext) -> OptunaSearch:
    """Evolution by a normal distribution that adapts itself, `optuna.samplers.CmaEsSampler`.

    It learns from the points that it proposed itself, and begins in the middle of the space.
    """
    options = sampler_options(context)
    chance = optuna.samplers.RandomSampler(seed=options["seed"])
    sampler = optuna.samplers.CmaEsSampler(
        **options, independent_sampler=chance, warn_independent_sampling=False
    )
    return _search(context, sampler)


@with_library_space
def create_gp(context: SearchContext) -> OptunaSearch:
    """Gaussian process with log expected improvement, `optuna.samplers.GPSampler`."""
    # Loaded here, so that no proposal is charged for it: Optuna loads it when it first fits.
    import torch  # noqa: F401

    return _search(context, optuna.samplers.GPSampler(**sampler_options(context)))


def sampler_options(context: SearchContext) -> dict[str, Any]:
    """The seed, and how many trials a sampler waits for before it uses its model.

    Optuna's default is 10. The shared design is what is random here: with more, the first calls
    that are the search's own would be random once again, and a budget of 12 calls would hardly see
    the method.
    """
    seed = int(context.rng.integers(2**31))
    return {"seed": seed, "n_startup_trials": context.initial_points}


def _search(context: SearchContext, sampler: optuna.samplers.BaseSampler) -> OptunaSearch:
    with quiet_logging():
        return OptunaSearch(
            context.space, optuna.create_study(sampler=sampler, direction="maximize")
        )


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Optuna's name for each dimension of a space, in its order."""
    return {d.name: _distribution(d) for d in space.dimensions}


def _distribution(dimension: Dimension) -> BaseDistribution:
    if isinstance(dimension, Real):
        return FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    if isinstance(dimension, Integer):
        return IntDistribution(dimension.low, dimension.high, log=dimension.log)
    choices: Any = dimension.choices
    return CategoricalDistribution(choices)


@contextmanager
def quiet_logging() -> Iterator[None]:
    """Optuna logs to standard error from INFO on; here it does so from ERROR on."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


@contextmanager
def single_torch_thread() -> Iterator[None]:
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
