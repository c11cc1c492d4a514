"""The dimensions of a search space: numbers, and choices with and without an order."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from msgspec.structs import force_setattr, replace

SHOWN_CHOICES = 10  # that a table names before it counts

Prior = Literal["uniform", "log", "logit"]
Scalar = bool | int | float | str | None
Choice = Scalar | tuple[Any, ...]


class _Range(Struct, frozen=True, kw_only=True):
    """What dimensions with a range of numbers have in common."""

    name: str
    low: Any
    high: Any

    @property
    def first(self) -> Any:
        """The lowest value; of a constant, the only one."""
        return self.low

    @property
    def is_constant(self) -> bool:
        return bool(self.low == self.high)

    @property
    def allowed(self) -> str:
        """The values, in words."""
        return f"{self.low:.6g} .. {self.high:.6g}"


class Real(_Range, frozen=True, kw_only=True, tag_field="kind", tag="real"):
    """A real interval, ends included, sampled uniformly, or uniformly on another scale.

    Raises
    ------
    ValueError
        If `log` and `prior` contradict each other.
    """

    low: float
    high: float
    log: bool = False
    """Short for the prior "log"."""
    prior: Prior = "uniform"
    """What is sampled uniformly: the value, its logarithm, or, of a share between 0 and 1, its
    log-odds ln(x / (1 - x))."""

    def __post_init__(self) -> None:
        _to_native(self, "low", "high", "log")
        if type(self.log) is not bool:
            return  # told when the space is checked
        if self.log and self.prior == "logit":
            raise ValueError(f"{self.name}: log=True and prior='logit' exclude each other")
        prior = "log" if self.log else self.prior
        force_setattr(self, "prior", prior)
        force_setattr(self, "log", prior == "log")

    @property
    def scaled(self) -> tuple[float, float]:
        """Both ends, on the scale that is uniform."""
        to_scale, _ = SCALES[self.prior]
        return to_scale(self.low), to_scale(self.high)

    def from_scaled(self, place: float) -> float:
        """The value at a place of that scale."""
        _, from_scale = SCALES[self.prior]
        value = from_scale(place)
        return min(max(value, self.low), self.high)  # exp(log(x)) may miss x by one ulp

    def sample(self, rng: np.random.Generator) -> float:
        return self.from_scaled(rng.uniform(*self.scaled))

    def cast(self, value: Any) -> Any:
        """`value` as a native float if it is a number; anything else comes back as it is."""
        native = to_native(value)
        try:
            return float(native) if type(native) in (int, float) else native
        except OverflowError:  # a whole number of hundreds of digits
            return native

    def __contains__(self, value: object) -> bool:
        return isinstance(value, float) and self.low <= value <= self.high


class Integer(_Range, frozen=True, kw_only=True, tag_field="kind", tag="integer"):
    """The whole numbers from `low` to `high`, both included, sampled uniformly, or by logarithm.

    By logarithm, each number has the share of the interval half a unit around it, as in Optuna.
    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _to_native(self, "low", "high", "log")

    @property
    def scaled(self) -> tuple[float, float]:
        """The ends of the logarithmic scale."""
        return math.log(self.low - 0.5), math.log(self.high + 0.5)

    def from_scaled(self, place: float) -> int:
        """The number at a place of that scale."""
        return min(max(round(math.exp(place)), self.low), self.high)

    def sample(self, rng: np.random.Generator) -> int:
        if not self.log:
            return int(rng.integers(self.low, self.high, endpoint=True))
        return self.from_scaled(rng.uniform(*self.scaled))

    def cast(self, value: Any) -> Any:
        """`value` as a native int if it is a whole number; anything else comes back as it is."""
        native = to_native(value)
        return int(native) if type(native) is float and native.is_integer() else native

    def __contains__(self, value: object) -> bool:
        return type(value) is int and self.low <= value <= self.high


class _Choices(Struct, frozen=True, kw_only=True):
    """What dimensions with a list of values have in common."""

    name: str
    choices: tuple[Choice, ...]
    """Texts, numbers, flags, None, or tuples of these; no two of them equal."""

    def __post_init__(self) -> None:
        force_setattr(self, "choices", to_native(self.choices))

    @property
    def first(self) -> Choice:
        """The first choice; of a constant, the only one."""
        return self.choices[0]

    @property
    def is_constant(self) -> bool:
        return len(self.choices) == 1

    @property
    def labels(self) -> dict[Choice, str]:
        """Choice to text, as tables and plots show it: no two choices have the same."""
        plain = {c: c if isinstance(c, str) else repr(c) for c in self.choices}
        return plain if len(set(plain.values())) == len(plain) else {c: repr(c) for c in plain}

    @property
    def allowed(self) -> str:
        """The values, in words."""
        return join_choices(list(self.labels.values()))

    def sample(self, rng: np.random.Generator) -> Choice:
        return self.choices[int(rng.integers(len(self.choices)))]

    def cast(self, value: Any) -> Any:
        """The choice that equals `value`; what equals none comes back as it is."""
        native = to_native(value)
        place = self._place(native)
        return native if place is None else self.choices[place]

    def __contains__(self, value: object) -> bool:
        place = self._place(value)
        return place is not None and type(self.choices[place]) is type(value)

    def _place(self, value: Any) -> int | None:
        """Where a choice stands; True is not 1, though Python holds them for equal."""
        if not is_choice(value) or value not in self.choices:
            return None
        place = self.choices.index(value)
        return place if isinstance(self.choices[place], bool) == isinstance(value, bool) else None


class Categorical(_Choices, frozen=True, kw_only=True, tag_field="kind", tag="categorical"):
    """One of a few values without an order, sampled uniformly."""


class Ordinal(_Choices, frozen=True, kw_only=True, tag_field="kind", tag="ordinal"):
    """One of a few values in the order given, such as 8, 16, 32 and 64, sampled uniformly.

    Searches see the place in the list, as a whole number.
    """


Dimension = Real | Integer | Categorical | Ordinal
Listed = Categorical | Ordinal


def join_choices(labels: Sequence[str]) -> str:
    """Labels in a line; of many the first few, and how many there are."""
    if len(labels) <= SHOWN_CHOICES:
        return ", ".join(labels)
    return f"{', '.join(labels[: SHOWN_CHOICES - 1])}, ... ({len(labels):,} choices)"


def logit(share: float) -> float:
    """The log-odds of a share, 0 < share < 1."""
    return math.log(share / (1 - share))


def expit(odds: float) -> float:
    """The inverse of `logit`."""
    return 1 / (1 + math.exp(-odds))


SCALES: dict[Prior, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "uniform": (float, float),
    "log": (math.log, math.exp),
    "logit": (logit, expit),
}
"""To the scale that a prior is uniform on, and back."""


def scale_of(dimension: Dimension) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """From a dimension's numbers, or the places of its choices, to the even scale, and back."""
    if isinstance(dimension, Real):
        return SCALES[dimension.prior]
    return SCALES["log" if isinstance(dimension, Integer) and dimension.log else "uniform"]


def is_choice(value: Any) -> bool:
    """Whether a value is of a kind that choices can be of."""
    parts = value if isinstance(value, tuple) else (value,)
    return all(isinstance(part, Scalar) for part in parts)


def to_native(value: Any) -> Any:
    """A numpy scalar as Python's own, and a list or array as a tuple, whose content likewise."""
    if isinstance(value, np.inexact):  # of which the long ones are their own `tolist`
        return float(value) if isinstance(value, np.floating) else complex(value)
    if isinstance(value, np.generic | np.ndarray):
        return to_native(value.tolist())
    return tuple(map(to_native, value)) if isinstance(value, list | tuple) else value


def _to_native(dimension: Real | Integer, *fields: str) -> None:
    for field in fields:
        force_setattr(dimension, field, dimension.cast(getattr(dimension, field)))


def can_join(dimension: Listed, value: Any) -> bool:
    """Whether a table can hold a value beside the choices: not 3 beside "3", nor True beside 1."""
    return (
        is_choice(value)
        and value not in dimension.choices
        and to_cells(dimension, [value])[0] not in dimension.labels.values()
    )


def including(dimension: Dimension, value: Any) -> Dimension:
    """A dimension with one choice more, if it lists choices and the value is none of them."""
    if isinstance(dimension, Listed) and can_join(dimension, value):
        return replace(dimension, choices=(*dimension.choices, value))
    return dimension


def to_cells(dimension: Dimension, values: Iterable[Any]) -> list[Any]:
    """Values as tables have them: of choices their labels, else the values themselves."""
    if not isinstance(dimension, Listed):
        return list(values)
    labels = dimension.labels
    # A baseline may lie outside the space.
    return [labels[v] if v in dimension else v if isinstance(v, str) else repr(v) for v in values]


def from_cells(dimension: Dimension, cells: Iterable[Any]) -> list[Any]:
    """The inverse of `to_cells`; what is no label of the dimension comes back as it is."""
    if not isinstance(dimension, Listed):
        return list(cells)
    choices = {label: choice for choice, label in dimension.labels.items()}
    return [choices.get(cell, cell) for cell in cells]
