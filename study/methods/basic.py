"""Methods that learn nothing."""

from dataclasses import dataclass

import numpy as np

from study.core.space import Configuration, Space
from study.methods.base import SearchContext


@dataclass(frozen=True)
class FixedConfiguration:
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


def create_baseline(context: SearchContext) -> FixedConfiguration:
    """What a user would take without searching."""
    return FixedConfiguration(context.baseline)


def create_random(context: SearchContext) -> RandomSearch:
    """Uniform random search."""
    return RandomSearch(context.space, context.rng)
