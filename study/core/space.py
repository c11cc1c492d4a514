"""Search spaces: named dimensions, and configurations as plain dictionaries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.core.dimensions import Dimension, from_cells, to_native

Configuration = dict[str, Any]
"""One point of a space: dimension name to native Python value."""


@dataclass(frozen=True)
class Space:
    """An ordered set of dimensions."""

    dimensions: tuple[Dimension, ...]

    @property
    def names(self) -> list[str]:
        """Of the dimensions, in their order."""
        return [d.name for d in self.dimensions]

    def sample(self, rng: np.random.Generator) -> Configuration:
        """Draw every dimension independently; `rng` advances."""
        return {d.name: d.sample(rng) for d in self.dimensions}

    def to_point(self, configuration: Configuration) -> list[Any]:
        """The values of a configuration in the order of the dimensions."""
        return [configuration[name] for name in self.names]

    def to_configuration(self, point: Sequence[Any]) -> Configuration:
        """The inverse of `to_point`; numpy scalars become native Python values."""
        return {d.name: d.cast(v) for d, v in zip(self.dimensions, point, strict=True)}

    def in_order(self, configuration: Configuration) -> Configuration:
        """A configuration in the order of the dimensions, numpy scalars as native Python values.

        What does not name exactly the dimensions comes back as it is.
        """
        if not isinstance(configuration, dict) or set(configuration) != set(self.names):
            return configuration
        return {name: to_native(configuration[name]) for name in self.names}

    def __contains__(self, configuration: object) -> bool:
        return (
            isinstance(configuration, dict)
            and list(configuration) == self.names
            and all(configuration[d.name] in d for d in self.dimensions)
        )


def from_row(dimensions: Sequence[Dimension], row: Mapping[Any, Any]) -> Configuration:
    """The configuration in a row of a table, see `study.core.dimensions.to_cells`."""
    return {d.name: from_cells(d, [row[d.name]])[0] for d in dimensions}


def canonical(configuration: Configuration) -> str:
    """The text that identifies a configuration: sorted JSON, floats at full precision."""
    return json.dumps(configuration, sort_keys=True)


def parse(text: str) -> Configuration:
    """The inverse of `canonical`; raises ValueError if the text is no configuration."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"{text[:60]!r} is no configuration")
    return {name: to_native(value) for name, value in found.items()}
