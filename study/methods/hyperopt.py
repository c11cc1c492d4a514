"""The TPE of hyperopt, driven by ask and tell; hyperopt is an optional dependency.

`hyperopt.tpe.suggest` is a function of a space, the trials so far and a seed.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import hyperopt
import numpy as np
from hyperopt.fmin import generate_trial

from study.core.dimensions import Dimension, Integer, Real
from study.core.space import Configuration, Space
from study.core.validation import require_count
from study.methods.base import SearchContext
from study.methods.encoding import clip, with_library_space


@dataclass(frozen=True)
class HyperoptSearch:
    """One search: what it was told, and the generator that gives `suggest` its seeds."""

    space: Space
    options: dict[str, Any]
    """Of `hyperopt.tpe.suggest`."""
    rng: np.random.Generator
    told: list[tuple[Configuration, float]] = field(default_factory=list)

    def ask(self) -> Configuration:
        """Propose a configuration, in native Python values; seeded as by `hyperopt.fmin`."""
        trials = hyperopt.trials_from_docs([self.to_trial(n) for n in range(len(self.told))])
        domain = hyperopt.Domain(None, {d.name: _prior(d) for d in self.space.dimensions})
        (proposed,) = hyperopt.tpe.suggest(
            [len(self.told)],
            domain,
            trials,
            int(self.rng.integers(2**31 - 1)),
            verbose=False,
            **self.options,
        )
        found = proposed["misc"]["vals"]
        return {d.name: _to_value(d, found[d.name][0]) for d in self.space.dimensions}

    def tell(self, configuration: Configuration, score: float) -> None:
        self.told.append((configuration, score))

    def to_trial(self, number: int) -> dict[str, Any]:
        """What it was told as hyperopt keeps it: a loss, and a value for each label."""
        configuration, score = self.told[number]
        points = {d.name: _to_point(d, configuration[d.name]) for d in self.space.dimensions}
        return {
            **generate_trial(number, points),
            "state": hyperopt.JOB_STATE_DONE,
            "result": {"status": hyperopt.STATUS_OK, "loss": -score},
        }


@with_library_space
def create_hyperopt(context: SearchContext, *, n_ei_candidates: int = 24) -> HyperoptSearch:
    """Tree-structured Parzen estimator as its authors wrote it, `hyperopt.tpe`.

    It looks at one dimension at a time. The shared design is its random start, of which hyperopt
    would make 20. `n_ei_candidates`: how many points drawn from the density of good ones are
    compared. Raises `StudyError` if there are none.
    """
    options = {
        "n_startup_jobs": context.initial_points,
        "n_EI_candidates": require_count("methods hyperopt[n_ei_candidates]", n_ei_candidates),
    }
    return HyperoptSearch(context.space, options, context.rng)


def _prior(dimension: Dimension) -> Any:
    """A dimension as hyperopt's users write it."""
    name, hp = dimension.name, hyperopt.hp
    if isinstance(dimension, Real | Integer):
        low, high = dimension.low, dimension.high
        if dimension.log:
            ends = math.log(low), math.log(high)
            real = isinstance(dimension, Real)
            return hp.loguniform(name, *ends) if real else hp.qloguniform(name, *ends, 1)
        uniform = hp.uniform if isinstance(dimension, Real) else hp.uniformint
        return uniform(name, low, high)
    return hp.choice(name, list(dimension.choices))


def _to_point(dimension: Dimension, value: Any) -> Any:
    """A value as a trial of hyperopt has it: of a choice, its place."""
    return value if isinstance(dimension, Real | Integer) else dimension.choices.index(value)


def _to_value(dimension: Dimension, point: Any) -> Any:
    """The inverse of `_to_point`, in native Python values."""
    if isinstance(dimension, Real | Integer):
        return clip(dimension, float(point) if isinstance(dimension, Real) else round(float(point)))
    return dimension.choices[int(point)]
