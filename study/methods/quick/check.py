"""Whether the quick way leads to the very points of scikit-optimize, among the libraries here.

Another scikit-learn, numpy or scipy may add up in another order. So each process compares, once
for each surrogate and with a small made-up history, before it goes the quick way.
"""

import copy
import functools
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
from skopt import Optimizer
from skopt.learning import ExtraTreesRegressor
from skopt.utils import cook_estimator, normalize_dimensions
from threadpoolctl import threadpool_limits

from study.methods.quick.choice import Surrogate, choose_next, surrogate_of
from study.methods.skopt_compat import gbrt_estimator

LIBRARIES = ("scikit-optimize", "scikit-learn", "numpy", "scipy")
NUMBERS = [(1e-4, 1e-2, "log-uniform"), (1, 512)]
CHOICES = [list("abcdefg"), ["yes", "no"]]
POINTS = 14


def tell(optimizer: Optimizer, point: list[Any], value: float) -> None:
    """`optimizer.tell(point, value)`, the quick way where that gives the same."""
    if not goes_quickly(optimizer) or not np.isfinite([*optimizer.yi, value]).all():
        optimizer.tell(point, value)
        return
    optimizer.tell(point, value, fit=False)
    if optimizer._n_initial_points <= 0:
        choose_next(optimizer)


def goes_quickly(optimizer: Optimizer) -> bool:
    """Whether this search goes the quick way here."""
    surrogate = surrogate_of(optimizer)
    return surrogate is not None and not objection(surrogate)


def why_slow(optimizer: Optimizer) -> str:
    """Why a search that has a quick way does not go it here, in words; empty if it does."""
    surrogate = surrogate_of(optimizer)
    reason = objection(surrogate) if surrogate else ""
    return (
        f"{surrogate} proposes by scikit-optimize's own code, which takes several times as long: "
        f"the quick way was tried, and {reason}"
        if reason
        else ""
    )


@functools.cache
def objection(surrogate: Surrogate) -> str:
    """Why proposals with this surrogate are not made the quick way here; nothing if they are."""
    used = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    try:
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            same = all(chooses_the_same(optimizer) for optimizer in examples(surrogate))
    except Exception as error:  # noqa: BLE001 (whatever fails, scikit-optimize's own way is left)
        return f"it fails with {used}: {type(error).__name__}: {error}"
    return "" if same else f"it gives other digits with {used}"


def chooses_the_same(optimizer: Optimizer) -> bool:
    """Whether both ways choose the same after the last value, to the last bit."""
    (point,) = optimizer.space.rvs(random_state=2)
    own, quick = copy.deepcopy(optimizer), copy.deepcopy(optimizer)
    own.tell(point, 0.5)
    quick.tell(point, 0.5, fit=False)
    choose_next(quick)
    return outcome(own) == outcome(quick)


def outcome(optimizer: Optimizer) -> list[Any]:
    """All that a choice leaves behind."""
    arrays = [*optimizer.next_xs_, getattr(optimizer, "gains_", np.zeros(0))]
    return [
        *(array.tobytes() for array in arrays),
        optimizer._next_x,
        optimizer.rng.random_sample(),
    ]


def examples(surrogate: Surrogate) -> Iterator[Optimizer]:
    """Small searches that take all paths of the quick way, one value before their first choice."""
    if surrogate == "forest":
        estimator = ExtraTreesRegressor(n_estimators=5, min_samples_leaf=3, random_state=0)
        yield example([*NUMBERS, *CHOICES], estimator, "EI")
    elif surrogate == "gbrt":
        estimator = gbrt_estimator(np.random.RandomState(0))
        estimator.base_estimator.set_params(n_estimators=3)
        yield example([*NUMBERS, *CHOICES], estimator, "LCB")
    else:
        for dimensions in ([*NUMBERS, *CHOICES], NUMBERS, NUMBERS[:1], CHOICES):
            space = normalize_dimensions(dimensions)
            estimator = cook_estimator("GP", space=space, random_state=0, noise=0.01)
            yield example(space, estimator.set_params(n_restarts_optimizer=0), "gp_hedge")


def example(dimensions: Any, estimator: Any, function: str) -> Optimizer:
    """A search that was told all but the last of its initial values, and hedges as if it went on.

    Its candidates and restarts are few, so that this takes milliseconds.
    """
    optimizer = Optimizer(
        dimensions,
        estimator,
        n_initial_points=POINTS,
        random_state=0,
        acq_func=function,
        acq_func_kwargs={"xi": 0.01, "kappa": 2.0},
        acq_optimizer_kwargs={"n_points": 30, "n_restarts_optimizer": 1},
    )
    rng = np.random.RandomState(0)
    for point in optimizer.space.rvs(POINTS - 1, random_state=1):
        optimizer.tell(point, rng.uniform(), fit=False)
    if function == "gp_hedge":
        optimizer.next_xs_ = list(optimizer.space.transform(optimizer.Xi[:3]))
    return optimizer
