"""Search methods: ask for a configuration, tell what it scored. Nothing else.

A method never counts calls, never evaluates and never sees the test set. To add one, write a
class with `ask` and `tell`, or a function that sets up a scikit-optimize `Optimizer`, and give
it a row in `METHODS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, Protocol

import numpy as np

from study.core.errors import StudyError
from study.core.settings import unknown
from study.core.space import Configuration, Integer, Real, Space

Acquisition = Literal["EI", "LCB", "PI"]
Hedged = Literal["gp_hedge", "EI", "LCB", "PI"]


class Method(Protocol):
    """A way of choosing the next configuration."""

    def ask(self) -> Configuration:
        """Propose a configuration, in native Python values."""

    def tell(self, configuration: Configuration, score: float) -> None:
        """Take note of a score: the higher, the better."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a method is built from."""

    space: Space
    baseline: Configuration
    initial_points: int
    """How many outcomes of the shared initial design it is told before the first ask."""
    rng: np.random.Generator
    """The method's own."""


@dataclass(frozen=True)
class Fixed:
    """The same configuration again and again."""

    configuration: Configuration

    def ask(self) -> Configuration:
        return dict(self.configuration)

    def tell(self, configuration: Configuration, score: float) -> None:
        """Nothing to learn."""


@dataclass(frozen=True)
class RandomSearch:
    """Independent draws from the space."""

    space: Space
    rng: np.random.Generator

    def ask(self) -> Configuration:
        return self.space.sample(self.rng)

    def tell(self, configuration: Configuration, score: float) -> None:
        """Nothing to learn."""


@dataclass(frozen=True)
class SkoptSearch:
    """scikit-optimize's Optimizer, driven as its `*_minimize` functions drive it."""

    space: Space
    optimizer: Any

    def ask(self) -> Configuration:
        configuration = self.space.configuration(self.optimizer.ask())
        self.optimizer.models.clear()  # the next outcome makes a new one; pickles stay small
        return configuration

    def tell(self, configuration: Configuration, score: float) -> None:
        self.optimizer.tell(self.space.point(configuration), -score)


def _dimensions(space: Space) -> list[Any]:
    from skopt import space as skopt_space

    def convert(d: Any) -> Any:
        if isinstance(d, Real):
            prior = "log-uniform" if d.log else "uniform"
            return skopt_space.Real(d.low, d.high, prior=prior, name=d.name)
        if isinstance(d, Integer):
            return skopt_space.Integer(d.low, d.high, name=d.name)
        return skopt_space.Categorical(d.choices, name=d.name)

    return [convert(d) for d in space.dimensions]


def _skopt(start: Start, dimensions: Any, estimator: Any, random_state: Any, **how: Any) -> Method:
    """What `base_minimize(n_initial_points=0, x0=design, y0=...)` sets up.

    Its defaults: 10,000 sampled candidates, 5 restarts. Only the newest surrogate is kept, for
    proposals need no older one.
    """
    from skopt import Optimizer

    optimizer = Optimizer(
        dimensions,
        estimator,
        n_initial_points=start.initial_points,
        random_state=random_state,
        acq_optimizer_kwargs={"n_points": 10_000, "n_restarts_optimizer": 5, "n_jobs": 1},
        model_queue_size=1,
        **how,
    )
    return SkoptSearch(start.space, optimizer)


def _acquisition(function: str, xi: float, kappa: float) -> dict[str, Any]:
    """How the `Optimizer` is told what to look for."""
    return {"acq_func": function, "acq_func_kwargs": {"xi": xi, "kappa": kappa}}


def _gp(
    start: Start,
    *,
    acq_func: Hedged = "gp_hedge",
    noise: float = 0.01,
    xi: float = 0.01,
    kappa: float = 5.0,
) -> Method:
    from skopt.utils import cook_estimator, normalize_dimensions

    if noise <= 0:
        raise ValueError(f"noise is {noise:g}: it must be above 0, for it is a variance")
    space = normalize_dimensions(_dimensions(start.space))
    state = _legacy(start.rng)
    seed = state.randint(0, np.iinfo(np.int32).max)
    estimator = cook_estimator("GP", space=space, random_state=seed, noise=noise)
    return _skopt(start, space, estimator, state, **_acquisition(acq_func, xi, kappa))


def _gbrt(
    start: Start, *, acq_func: Acquisition = "LCB", xi: float = 0.01, kappa: float = 1.96
) -> Method:
    from study.methods.skopt_compat import gbrt_estimator

    seed = int(start.rng.integers(2**31))
    estimator = gbrt_estimator(np.random.RandomState(seed))  # gbrt_minimize seeds both alike
    how = _acquisition(acq_func, xi, kappa)
    return _trees(start, estimator, np.random.RandomState(seed), **how)


def _forest(
    start: Start, *, acq_func: Acquisition = "EI", xi: float = 0.01, kappa: float = 1.96
) -> Method:
    return _trees(start, "ET", _legacy(start.rng), **_acquisition(acq_func, xi, kappa))


def _trees(start: Start, estimator: Any, state: np.random.RandomState, **how: Any) -> Method:
    dimensions = _dimensions(start.space)
    return _skopt(start, dimensions, estimator, state, acq_optimizer="sampling", **how)


def _tpe(start: Start, *, multivariate: bool = True, n_ei_candidates: int = 24) -> Method:
    from study.methods.optuna import tpe

    return tpe(
        start.space,
        start.initial_points,
        seed=int(start.rng.integers(2**31)),
        multivariate=multivariate,
        n_ei_candidates=n_ei_candidates,
    )


def _optuna_gp(start: Start) -> Method:
    from study.methods.optuna import gp

    return gp(start.space, start.initial_points, seed=int(start.rng.integers(2**31)))


def _legacy(rng: np.random.Generator) -> np.random.RandomState:
    """The older kind of generator, which scikit-optimize needs."""
    return np.random.RandomState(int(rng.integers(2**31)))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of the method table."""

    summary: str
    create: Callable[..., Method]
    """Called with a `Start`, and with settings as keyword-only arguments: their defaults and
    annotations tell which there are and what is allowed."""
    learns: bool = True
    """Whether proposals depend on what it was told; if not, all are evaluated at once."""
    designed: bool = True
    """Whether its run begins with the shared initial design."""
    needs: tuple[str, ...] = ()
    """Packages that it imports and that `study` does not install by itself."""
    extra: str = ""
    """The extra of `study` that installs them."""


METHODS: dict[str, Entry] = {
    "baseline": Entry(
        summary="the baseline configuration, evaluated anew at every call",
        create=lambda start: Fixed(start.baseline),
        learns=False,
        designed=False,
    ),
    "random": Entry(
        summary="uniform random search",
        create=lambda start: RandomSearch(start.space, start.rng),
        learns=False,
    ),
    "gp": Entry(
        summary="Gaussian process, gp_hedge (EI, LCB, PI), noise 0.01, kappa 5",
        create=_gp,
    ),
    "gbrt": Entry(summary="gradient-boosted quantile trees, LCB, kappa 1.96", create=_gbrt),
    "forest": Entry(summary="extremely randomised trees, EI", create=_forest),
    "tpe": Entry(
        summary="tree-structured Parzen estimator, Optuna's TPESampler",
        create=_tpe,
        needs=("optuna",),
        extra="tpe",
    ),
    "optuna-gp": Entry(
        summary="Gaussian process, log EI, Optuna's GPSampler",
        create=_optuna_gp,
        needs=("optuna", "torch", "greenlet"),
        extra="optuna",
    ),
}


def lookup(name: str, more: tuple[str, ...] = ()) -> Entry:
    """The row of a method; `more` are names that are known elsewhere.

    Raises `StudyError` with the nearest name if there is none, or with what to install.
    """
    if name not in METHODS:
        raise unknown("methods", name, [*METHODS, *more])
    entry = METHODS[name]
    if lacking := missing(name):
        raise StudyError(
            f"--methods {name!r} needs {', '.join(lacking)}, not installed here: "
            f"python -m pip install 'study[{entry.extra}]'"
        )
    return entry


def missing(name: str) -> list[str]:
    """The packages that a row of `METHODS` needs and that are not installed."""
    return [package for package in METHODS[name].needs if find_spec(package) is None]
