"""Search methods: ask for a configuration, tell what it scored. Nothing else.

A method never counts calls, never evaluates and never sees the test set. To add one, write a
class with `ask` and `tell`, or a function that sets up a scikit-optimize `Optimizer`, and give
it a row in `METHODS`.
"""

import functools
import pickle
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from study.settings import unknown
from study.space import Configuration, Integer, Real, Space

FAILED_ACCURACY = 0.0  # what a search is told of an evaluation that has no accuracy


class Method(Protocol):
    """A way of choosing the next configuration."""

    def ask(self) -> Configuration:
        """Propose a configuration, in native Python values."""

    def tell(self, configuration: Configuration, accuracy: float) -> None:
        """Take note of a validation accuracy, 0 to 1."""


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

    def tell(self, configuration: Configuration, accuracy: float) -> None:
        """Nothing to learn."""


@dataclass(frozen=True)
class RandomSearch:
    """Independent draws from the space."""

    space: Space
    rng: np.random.Generator

    def ask(self) -> Configuration:
        return self.space.sample(self.rng)

    def tell(self, configuration: Configuration, accuracy: float) -> None:
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

    def tell(self, configuration: Configuration, accuracy: float) -> None:
        self.optimizer.tell(self.space.point(configuration), -accuracy)


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


def _gp(start: Start) -> Method:
    from skopt.utils import cook_estimator, normalize_dimensions

    space = normalize_dimensions(_dimensions(start.space))
    state = _legacy(start.rng)
    seed = state.randint(0, np.iinfo(np.int32).max)
    estimator = cook_estimator("GP", space=space, random_state=seed, noise=0.01)
    exploring = {"xi": 0.01, "kappa": 5}
    return _skopt(start, space, estimator, state, acq_func="gp_hedge", acq_func_kwargs=exploring)


def _gbrt(start: Start) -> Method:
    from study.skopt_compat import gbrt_estimator

    seed = int(start.rng.integers(2**31))
    estimator = gbrt_estimator(np.random.RandomState(seed))  # gbrt_minimize seeds both alike
    return _trees(start, estimator, np.random.RandomState(seed))


def _forest(start: Start) -> Method:
    return _trees(start, "ET", _legacy(start.rng))


def _trees(start: Start, estimator: Any, state: np.random.RandomState) -> Method:
    expected_improvement = {"acq_func": "EI", "acq_func_kwargs": {"xi": 0.01, "kappa": 1.96}}
    return _skopt(
        start,
        _dimensions(start.space),
        estimator,
        state,
        acq_optimizer="sampling",
        **expected_improvement,
    )


def _legacy(rng: np.random.Generator) -> np.random.RandomState:
    """The older kind of generator, which scikit-optimize needs."""
    return np.random.RandomState(int(rng.integers(2**31)))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of the method table."""

    summary: str
    create: Callable[[Start], Method]
    learns: bool = True
    """Whether proposals depend on what it was told; if not, all are evaluated at once."""
    designed: bool = True
    """Whether its run begins with the shared initial design."""


METHODS: dict[str, Entry] = {
    "baseline": Entry(
        summary="the baseline network, trained anew at every call",
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
    "gbrt": Entry(summary="gradient-boosted quantile trees, EI", create=_gbrt),
    "forest": Entry(summary="extremely randomised trees, EI", create=_forest),
}


def lookup(name: str) -> Entry:
    """The row of a method; raises `StudyError` with the nearest name if there is none."""
    if name not in METHODS:
        raise unknown("methods", name, list(METHODS))
    return METHODS[name]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a search asks to be evaluated next."""

    configuration: Configuration
    duplicate: bool
    """Whether the method came back to a configuration that it had been told."""
    seconds: float
    """Telling the last outcome, fitting the surrogate and choosing the configuration. Imports
    and a replay of what was told before are not counted: no user waits for them at each call."""
    state: bytes
    """The pickled method, to go on from."""


def propose(
    name: str,
    start: Start,
    history: Sequence[tuple[Configuration, float]],
    state: bytes | None = None,
) -> Proposal:
    """The next configuration of a search: a function of its arguments, wherever it runs.

    Parameters
    ----------
    name
        A row of `METHODS`.
    start
        What the method is built from; its generator must be fresh.
    history
        Every (configuration, accuracy) of the run so far, the initial design first.
    state
        `Proposal.state` of the call before. Without it the whole search is replayed from its
        seed: asked again, and told what is known. That gives the same points as a search that
        was never interrupted; a scikit-optimize that is merely given old points does not.

    Raises
    ------
    RuntimeError
        If a replayed search asks for another configuration than it did the first time.
    """
    with _threads().limit(limits=1):  # sums must not depend on the number of cores
        method = (
            _replayed(name, start, history) if state is None else pickle.loads(state)  # noqa: S301 (it comes from `propose` in this study)
        )
        began = time.perf_counter()
        if history:
            method.tell(*history[-1])
        configuration, swapped = _ask(method)
        seconds = time.perf_counter() - began
    return Proposal(
        configuration=configuration,
        duplicate=swapped or any(configuration == told for told, _ in history),
        seconds=seconds,
        state=pickle.dumps(method),
    )


@functools.cache
def _threads() -> Any:
    """The thread pools of everything that a search calculates with; finding them takes 7 ms."""
    import skopt  # noqa: F401 (loads them)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _replayed(name: str, start: Start, history: Sequence[tuple[Configuration, float]]) -> Method:
    """A method as it was before it was told the last outcome of `history`."""
    method = lookup(name).create(start)
    designed = start.initial_points if lookup(name).designed else 0
    for number, (configuration, accuracy) in enumerate(history):
        if number >= designed and _ask(method)[0] != configuration:
            raise RuntimeError(
                f"replaying {name} gave another call {number + 1} than the one stored: "
                "the versions of scikit-optimize, scikit-learn or numpy have changed"
            )
        if number < len(history) - 1:
            method.tell(configuration, accuracy)
    return method


def _ask(method: Method) -> tuple[Configuration, bool]:
    """A proposal, and whether scikit-optimize says that it replaced a repeated one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        configuration = method.ask()
    return configuration, any("evaluated at" in str(w.message) for w in caught)
