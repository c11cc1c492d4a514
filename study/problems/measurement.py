"""What an evaluation of a user's problem returns, and how that is read."""

import inspect
from dataclasses import dataclass
from numbers import Real as Number
from pathlib import Path
from typing import Any

from study.core.dimensions import to_native
from study.core.validation import safe_repr


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


Outcome = float | tuple[float, float] | Measurement
"""A value, or (value, size) if the objective names one."""


def read_outcome(outcome: Any, function: Any, size: str, simulated: bool) -> Measurement:
    """What a user's function returned.

    `size` is what the objective counts as one, if it does; `simulated` says whether the problem has
    a simulated clock. Raises TypeError, naming the function's line, if the outcome is of another
    form.
    """
    where = definition_line(function)
    if isinstance(outcome, Measurement):
        found = _native(outcome, where)
    else:
        found = _from_numbers(outcome, size, where)
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


def _native(given: Measurement, where: str) -> Measurement:
    """The same in Python's own numbers."""
    parts = {name: to_native(value) for name, value in vars(given).items()}
    for name, value in parts.items():
        if not is_number(value) and (value is not None or name == "value"):
            raise TypeError(
                f"evaluate returned a Measurement whose {name} is {safe_repr(value)}: it must be a "
                f"number{where}"
            )
    return Measurement(**parts)


def _from_numbers(outcome: Any, size: str, where: str) -> Measurement:
    parts = outcome if isinstance(outcome, tuple) else (outcome,)
    if len(parts) != 1 + bool(size) or not all(map(is_number, parts)):
        wanted = f"(value, {size})" if size else "a number"
        raise TypeError(f"evaluate returned {safe_repr(outcome)}: it must be {wanted}{where}")
    return Measurement(value=float(parts[0]), size=float(parts[1]) if size else None)


def definition_line(function: Any) -> str:
    """Where a function is defined, in brackets; nothing if that is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f" ({Path(code.co_filename).name}, line {code.co_firstlineno})" if code else ""


def is_number(value: Any) -> bool:
    """Whether a value is a real number, and not a flag."""
    return isinstance(value, Number) and not isinstance(value, bool)
