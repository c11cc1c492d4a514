"""What an evaluation of a user's problem returns, and how that is read."""

import inspect
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from numbers import Real as Number
from pathlib import Path
from typing import Any

from study.core.dimensions import to_native
from study.core.formatting import join_words
from study.core.objective import Objective
from study.core.validation import MAX_NUMBER, NAME_RULE, is_name, safe_repr


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What `evaluate` may return in place of a number, to tell more."""

    value: float
    size: float | None = None
    initial_loss: float | None = None
    """Cross-entropy before the first step, in nats, of a classifier."""
    seconds: float | None = None
    """How long the evaluation took when it was recorded, if the problem has a simulated clock:
    what tables and plots then show in place of the time that passes here."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What else was measured, by name: a column each in the tables. NaN is a missing value."""


Outcome = float | tuple[float, float] | Mapping[str, float] | Measurement
"""A value, or (value, size) if the objective names one, or all by name: "value", the size as the
objective calls it, "initial_loss", "seconds", and any metrics."""
FIELDS = ("value", "initial_loss", "seconds")
"""Names that are no metrics."""


def read_outcome(
    outcome: Any, function: Any, objective: Objective, simulated: bool, taken: Collection[str]
) -> Measurement:
    """What a user's function returned.

    `simulated` says whether the problem has a simulated clock; no metric may have a `taken` name.
    Raises TypeError if the outcome is of another form, and ValueError if a number of it lies where
    none can; both name the function's line.
    """
    where, size = definition_line(function), objective.size
    if isinstance(outcome, Mapping):
        found = _native(_from_mapping(outcome, size, where), taken, where)
    elif isinstance(outcome, Measurement):
        found = _native(outcome, taken, where)
    else:
        found = _from_numbers(outcome, size, where)
    _require_ranges(found, objective, where)
    if simulated and found.seconds is None:
        raise TypeError(
            f"evaluate returned {safe_repr(outcome)}: with simulated_clock=True it must be a "
            f"study.Measurement that tells seconds{where}"
        )
    if found.seconds is not None and not simulated:
        raise TypeError(
            "evaluate returned a Measurement that tells seconds: give the problem "
            f"simulated_clock=True, so that reports say that they are simulated{where}"
        )
    return found


def _from_mapping(outcome: Mapping[Any, Any], size: str, where: str) -> Measurement:
    """What was returned by name, still unchecked."""
    parts = dict(outcome)
    if missing := [name for name in ("value", size) if name and name not in parts]:
        raise TypeError(
            f"evaluate returned {safe_repr(outcome)}: it must name {join_words(missing)}{where}"
        )
    own = {name: parts.pop(name) for name in FIELDS if name in parts}
    return Measurement(**own, size=parts.pop(size) if size else None, metrics=parts)


def _native(given: Measurement, taken: Collection[str], where: str) -> Measurement:
    """The same in Python's own numbers, without metrics that are missing."""
    parts = {name: to_native(value) for name, value in vars(given).items() if name != "metrics"}
    metrics = {name: to_native(value) for name, value in dict(given.metrics).items()}
    for name, value in [*parts.items(), *metrics.items()]:
        may_lack = name in parts and name != "value"
        if not is_number(value) and not (value is None and may_lack):
            raise TypeError(
                f"evaluate returned {safe_repr(name)} as {safe_repr(value)}: it must be a "
                f"number{where}"
            )
    for name in metrics:
        if not is_name(name) or name in taken:
            why = NAME_RULE if not is_name(name) else "that is another column of the tables"
            raise TypeError(f"evaluate returned the metric {safe_repr(name)}: {why}{where}")
    known = {name: float(value) for name, value in metrics.items() if value == value}  # noqa: PLR0124 (not NaN)
    optional = {n: x if x is None else float(x) for n, x in parts.items() if n != "value"}
    return Measurement(value=float(parts["value"]), metrics=known, **optional)


def _from_numbers(outcome: Any, size: str, where: str) -> Measurement:
    parts = tuple(map(to_native, outcome if isinstance(outcome, tuple) else (outcome,)))
    if len(parts) != 1 + bool(size) or not all(map(is_number, parts)):
        wanted = f"(value, {size})" if size else "a number, or a dictionary with a value"
        raise TypeError(f"evaluate returned {safe_repr(outcome)}: it must be {wanted}{where}")
    return Measurement(value=float(parts[0]), size=float(parts[1]) if size else None)


def _require_ranges(found: Measurement, objective: Objective, where: str) -> None:
    """Raise ValueError for a share beyond 0 and 1, a size below 0, and what is huge.

    A value that is not finite is none of these: it has diverged.
    """
    value = found.value if abs(found.value) < math.inf else None
    least, most = (0, 1) if objective.percent else (-MAX_NUMBER, MAX_NUMBER)
    for name, number, low, high in (
        (objective.name, value, least, most),
        (objective.size or "size", found.size, 0, MAX_NUMBER),
        *((name, number, -MAX_NUMBER, MAX_NUMBER) for name, number in found.metrics.items()),
    ):
        if number is not None and not low <= number <= high:
            raise ValueError(
                f"{name} is {safe_repr(number)}: {'a share' if high == 1 else 'it'} must lie "
                f"between {low:g} and {high:g}{where}"
            )


def definition_line(function: Any) -> str:
    """Where a function is defined, in brackets; nothing if that is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f" ({Path(code.co_filename).name}, line {code.co_firstlineno})" if code else ""


def is_number(value: Any) -> bool:
    """Whether a value is a real number, and not a flag."""
    return isinstance(value, Number) and not isinstance(value, bool)
