"""Search spaces: named dimensions, and configurations as plain dictionaries."""

import json
import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from study.core.validation import MAX_NUMBER, NAME_PATTERN, safe_repr

MIN_LOG_BOUND = 1e-100  # what stands on a logarithmic axis

Value = float | int | str
Configuration = dict[str, Value]
"""One point of a space: dimension name to native Python value."""


class Real(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="real"):
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


class Integer(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="integer"):
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


class Categorical(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="categorical"):
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

    @property
    def names(self) -> list[str]:
        """Of the dimensions, in their order."""
        return [d.name for d in self.dimensions]

    def sample(self, rng: np.random.Generator) -> Configuration:
        """Draw every dimension independently; `rng` advances."""
        return {d.name: d.sample(rng) for d in self.dimensions}

    def to_point(self, configuration: Configuration) -> list[Value]:
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
        values = (configuration[name] for name in self.names)
        native = (v.item() if isinstance(v, np.generic) else v for v in values)
        return dict(zip(self.names, native, strict=True))

    def __contains__(self, configuration: object) -> bool:
        return (
            isinstance(configuration, dict)
            and list(configuration) == self.names
            and all(configuration[d.name] in d for d in self.dimensions)
        )


def validate_dimensions(dimensions: Sequence[Dimension], reserved: Collection[str]) -> None:
    """Raise ValueError unless dimensions have different names, none reserved, and real ranges."""
    if not dimensions:
        raise ValueError("the space is empty")
    for dimension in dimensions:
        _validate_dimension(dimension)
    counts = Counter(d.name for d in dimensions)
    taken = [name for name in counts if counts[name] > 1 or name in reserved]
    if taken:
        raise ValueError(f"{', '.join(taken)} cannot be a dimension: the name is taken")


def _validate_dimension(dimension: Dimension) -> None:
    name = dimension.name
    if not _is_name(name):
        raise ValueError(
            f"{safe_repr(name)} cannot be the name of a dimension: use letters and digits"
        )
    if isinstance(dimension, Categorical):
        choices = dimension.choices
        named = isinstance(choices, list | tuple) and bool(choices) and all(map(_is_name, choices))
        if not named:
            raise ValueError(f"{name} has choices {safe_repr(choices)}: give a list of names")
        return
    kinds = (int,) if isinstance(dimension, Integer) else (int, float)
    if any(type(bound) not in kinds for bound in (dimension.low, dimension.high)):
        raise ValueError(f"{name} has a bound that is not a number of its kind")
    logarithmic = isinstance(dimension, Real) and dimension.log
    least = MIN_LOG_BOUND if logarithmic else -MAX_NUMBER
    if not least <= dimension.low <= dimension.high <= MAX_NUMBER:
        raise ValueError(f"{name} has no such range: {dimension.low} to {dimension.high}")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(NAME_PATTERN.fullmatch(value))


def canonical(configuration: Configuration) -> str:
    """The text that identifies a configuration: sorted JSON, floats at full precision."""
    return json.dumps(configuration, sort_keys=True)
