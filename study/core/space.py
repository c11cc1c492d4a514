"""Search spaces: named dimensions, and configurations as plain dictionaries."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Value = float | int | str
Configuration = dict[str, Value]
"""One point of a space: dimension name to native Python value."""


@dataclass(frozen=True, kw_only=True)
class Real:
    """A real interval, ends included, sampled uniformly or uniformly in the logarithm."""

    name: str
    low: float
    high: float
    log: bool = False

    def sample(self, rng: np.random.Generator) -> float:
        if not self.log:
            return float(rng.uniform(self.low, self.high))
        drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return min(max(drawn, self.low), self.high)  # exp(log(x)) may miss x by one ulp

    def cast(self, value: Any) -> float:
        return float(value)

    def __contains__(self, value: Value) -> bool:
        return isinstance(value, float) and self.low <= value <= self.high


@dataclass(frozen=True, kw_only=True)
class Integer:
    """The whole numbers from `low` to `high`, both included, sampled uniformly."""

    name: str
    low: int
    high: int

    def sample(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.low, self.high, endpoint=True))

    def cast(self, value: Any) -> int:
        return int(value)

    def __contains__(self, value: Value) -> bool:
        return type(value) is int and self.low <= value <= self.high


@dataclass(frozen=True, kw_only=True)
class Categorical:
    """One of a few names, sampled uniformly."""

    name: str
    choices: tuple[str, ...]

    def sample(self, rng: np.random.Generator) -> str:
        return self.choices[int(rng.integers(len(self.choices)))]

    def cast(self, value: Any) -> str:
        return str(value)

    def __contains__(self, value: Value) -> bool:
        return value in self.choices


Dimension = Real | Integer | Categorical


@dataclass(frozen=True)
class Space:
    """An ordered set of dimensions."""

    dimensions: tuple[Dimension, ...]

    def sample(self, rng: np.random.Generator) -> Configuration:
        """Draw every dimension independently; `rng` advances."""
        return {d.name: d.sample(rng) for d in self.dimensions}

    def point(self, configuration: Configuration) -> list[Value]:
        """The values of a configuration in the order of the dimensions."""
        return [configuration[d.name] for d in self.dimensions]

    def configuration(self, point: Sequence[Any]) -> Configuration:
        """The inverse of `point`; numpy scalars become native Python values."""
        return {d.name: d.cast(v) for d, v in zip(self.dimensions, point, strict=True)}

    def arranged(self, configuration: Configuration) -> Configuration:
        """A configuration in the order of the dimensions, numpy scalars as native Python values.

        What does not name exactly the dimensions comes back as it is.
        """
        names = [d.name for d in self.dimensions]
        if not isinstance(configuration, dict) or set(configuration) != set(names):
            return configuration
        values = (configuration[name] for name in names)
        native = (v.item() if isinstance(v, np.generic) else v for v in values)
        return dict(zip(names, native, strict=True))

    def __contains__(self, configuration: object) -> bool:
        names = [d.name for d in self.dimensions]
        return (
            isinstance(configuration, dict)
            and list(configuration) == names
            and all(configuration[d.name] in d for d in self.dimensions)
        )

    def describe(self) -> list[dict[str, Any]]:
        """A JSON-ready row per dimension: name, kind, and range or choices."""
        return [
            {
                "kind": type(d).__name__.lower(),
                **{k: list(v) if k == "choices" else v for k, v in vars(d).items()},
            }
            for d in self.dimensions
        ]


def canonical(configuration: Configuration) -> str:
    """The text that identifies a configuration: sorted JSON, floats at full precision."""
    return json.dumps(configuration, sort_keys=True)
