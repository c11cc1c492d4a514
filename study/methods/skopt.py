"""scikit-optimize's searches as its `*_minimize` functions set them up."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from study.core.dimensions import Categorical, Real
from study.core.space import Configuration, Space
from study.methods.base import Method, SearchContext
from study.methods.encoding import with_library_space

Acquisition = Literal["EI", "LCB", "PI"]
Hedged = Literal["gp_hedge", "EI", "LCB", "PI"]


@dataclass(frozen=True)
class SkoptSearch:
    """scikit-optimize's Optimizer, driven as its `*_minimize` functions drive it."""

    space: Space
    optimizer: Any

    def __post_init__(self) -> None:
        _ = self.note  # what trying the quick way takes belongs to no proposal

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.space, self.optimizer)  # unpickled, it is tried there, too

    @property
    def note(self) -> str:
        """Why proposals take several times as long here as elsewhere, if they do."""
        from study.methods.quick.check import why_slow

        return why_slow(self.optimizer)

    def ask(self) -> Configuration:
        configuration = self.space.to_configuration(self.optimizer.ask())
        self.optimizer.models.clear()  # the next outcome makes a new one; pickles stay small
        return configuration

    def tell(self, configuration: Configuration, score: float) -> None:
        from study.methods.quick.check import tell

        tell(self.optimizer, self.space.to_point(configuration), -score)


def to_skopt_dimensions(space: Space) -> list[Any]:
    """scikit-optimize's own dimensions, in order."""
    from skopt import space as skopt_space

    def convert(d: Any) -> Any:
        if isinstance(d, Categorical):
            return skopt_space.Categorical(d.choices, name=d.name)
        prior = "log-uniform" if d.log else "uniform"
        kind = skopt_space.Real if isinstance(d, Real) else skopt_space.Integer
        return kind(d.low, d.high, prior=prior, name=d.name)

    return [convert(d) for d in space.dimensions]


def make_search(
    context: SearchContext, dimensions: Any, estimator: Any, random_state: Any, **options: Any
) -> Method:
    """What `base_minimize(n_initial_points=0, x0=design, y0=...)` sets up.

    Its defaults: 10,000 sampled candidates, 5 restarts. Only the newest surrogate is kept, for
    proposals need no older one.
    """
    from skopt import Optimizer

    optimizer = Optimizer(
        dimensions,
        estimator,
        n_initial_points=context.initial_points,
        random_state=random_state,
        acq_optimizer_kwargs={"n_points": 10_000, "n_restarts_optimizer": 5, "n_jobs": 1},
        model_queue_size=1,
        **options,
    )
    return SkoptSearch(context.space, optimizer)


def acquisition_options(function: str, xi: float, kappa: float) -> dict[str, Any]:
    """How the `Optimizer` is told what to look for."""
    return {"acq_func": function, "acq_func_kwargs": {"xi": xi, "kappa": kappa}}


@with_library_space
def create_gp(
    context: SearchContext,
    *,
    acq_func: Hedged = "gp_hedge",
    noise: float = 0.01,
    xi: float = 0.01,
    kappa: float = 5.0,
) -> Method:
    """`gp_minimize`'s Gaussian process, by default with the tutorial's settings."""
    from skopt.utils import cook_estimator, normalize_dimensions

    if noise <= 0:
        raise ValueError(f"noise is {noise:g}: it must be above 0, for it is a variance")
    space = normalize_dimensions(to_skopt_dimensions(context.space))
    state = to_random_state(context.rng)
    seed = state.randint(0, np.iinfo(np.int32).max)
    estimator = cook_estimator("GP", space=space, random_state=seed, noise=noise)
    return make_search(context, space, estimator, state, **acquisition_options(acq_func, xi, kappa))


@with_library_space
def create_gbrt(
    context: SearchContext, *, acq_func: Acquisition = "LCB", xi: float = 0.01, kappa: float = 1.96
) -> Method:
    """`gbrt_minimize`'s gradient-boosted quantile trees."""
    from study.methods.skopt_compat import gbrt_estimator

    seed = int(context.rng.integers(2**31))
    estimator = gbrt_estimator(np.random.RandomState(seed))  # gbrt_minimize seeds both alike
    options = acquisition_options(acq_func, xi, kappa)
    return create_tree_search(context, estimator, np.random.RandomState(seed), **options)


@with_library_space
def create_forest(
    context: SearchContext, *, acq_func: Acquisition = "EI", xi: float = 0.01, kappa: float = 1.96
) -> Method:
    """`forest_minimize`'s extremely randomised trees."""
    return create_tree_search(
        context, "ET", to_random_state(context.rng), **acquisition_options(acq_func, xi, kappa)
    )


def create_tree_search(
    context: SearchContext, estimator: Any, state: np.random.RandomState, **options: Any
) -> Method:
    """A search by a tree surrogate, whose acquisition is maximised over sampled candidates."""
    dimensions = to_skopt_dimensions(context.space)
    return make_search(context, dimensions, estimator, state, acq_optimizer="sampling", **options)


def to_random_state(rng: np.random.Generator) -> np.random.RandomState:
    """The older kind of generator, which scikit-optimize needs."""
    return np.random.RandomState(int(rng.integers(2**31)))
