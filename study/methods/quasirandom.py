"""Quasi-random search: draws that leave no large gaps, as independent ones do."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scipy.stats import qmc

from study.core.dimensions import Dimension, Integer, Listed, expit, logit
from study.core.space import Configuration, Space
from study.methods.base import SearchContext

Scale = tuple[Callable[[float], float], Callable[[float], float]]
SCALES: dict[str, Scale] = {
    "uniform": (float, float),
    "log": (math.log, math.exp),
    "logit": (logit, expit),
}
"""What a prior is uniform in, and back."""


@dataclass(frozen=True)
class QuasiRandomSearch:
    """Points of a scrambled Sobol sequence, one after another."""

    space: Space
    sequence: qmc.Sobol

    def ask(self) -> Configuration:
        (shares,) = self.sequence.random()
        dimensions = self.space.dimensions
        return self.space.to_configuration(list(map(at_share, dimensions, map(float, shares))))

    def tell(self, configuration: Configuration, score: float) -> None:
        """Nothing to learn."""


def create_quasirandom(context: SearchContext) -> QuasiRandomSearch:
    """Quasi-random search, `scipy.stats.qmc.Sobol` with scrambling."""
    dimensions = len(context.space.dimensions)
    return QuasiRandomSearch(context.space, qmc.Sobol(dimensions, rng=context.rng))


def at_share(dimension: Dimension, share: float) -> Any:
    """The value below which that share of a dimension's draws lies, 0 <= share < 1."""
    if isinstance(dimension, Listed):
        return dimension.choices[int(share * len(dimension.choices))]
    low, high = dimension.low, dimension.high
    if isinstance(dimension, Integer):
        if not dimension.log:
            return low + int(share * (high - low + 1))
        low, high = low - 0.5, high + 0.5
    to_scale, from_scale = SCALES["log" if isinstance(dimension, Integer) else dimension.prior]
    drawn = from_scale(to_scale(low) + share * (to_scale(high) - to_scale(low)))
    value = round(drawn) if isinstance(dimension, Integer) else drawn
    return min(max(value, dimension.low), dimension.high)  # exp(log(x)) may miss x by one ulp
