"""Quasi-random search: draws that leave no large gaps, as independent ones do."""

from dataclasses import dataclass
from typing import Any

from scipy.stats import qmc

from study.core.dimensions import Dimension, Integer, Listed
from study.core.space import Configuration, Space
from study.methods.base import SearchContext


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
    if isinstance(dimension, Integer) and not dimension.log:
        return dimension.low + int(share * (dimension.high - dimension.low + 1))
    first, last = dimension.scaled
    return dimension.from_scaled(first + share * (last - first))
