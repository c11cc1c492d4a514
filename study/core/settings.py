"""The frozen, validated settings of a study."""

import re
import reprlib
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from study.core.errors import StudyError

CALLS_AT_MOST = 10_000  # a search that learns takes minutes per call long before
TRAININGS_AT_MOST = 1_000_000  # of a study: days, and more than a list of them should hold
EPOCHS_AT_MOST = 100_000
NAME = re.compile(r"[^\W_][\w.+ /()-]{0,29}")  # of a dimension, a choice or an objective
METHOD = re.compile(r"[^\W_][\w.+ /()-]{0,29}(\[[\w.+=,-]{1,99}\])?")  # settings in brackets
MARGIN_AT_MOST = 1e15  # in units of a problem's own; 100 percentage points


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is compared, and at which budget.

    Raises
    ------
    StudyError
        If a number is out of its range; the message names it, its value and what is allowed.
    """

    seeds: int = 5
    """Replicates of the whole comparison: seeds 0 to seeds - 1."""
    calls: int = 12
    """Evaluations per method and seed."""
    initial_points: int = 5
    """How many of the calls are the shared initial design, the default point included."""
    retrain: int = 3
    """Times that the winner of each run is retrained and scored on the test set."""
    methods: tuple[str, ...] = ("baseline", "random", "gp", "gbrt")
    """Rows of the method table."""
    margin: float = 0.1
    """Methods that differ by less than this, in percentage points or as the problem's values do,
    count as equivalent. Set before the results are known, as everything here."""

    def __post_init__(self) -> None:
        for name in ("seeds", "calls", "initial_points", "retrain"):
            most = CALLS_AT_MOST if name == "calls" else TRAININGS_AT_MOST
            value = at_least_one(name.replace("_", "-"), getattr(self, name), most)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "margin", positive("margin", self.margin))
        object.__setattr__(self, "methods", names("methods", self.methods))
        if self.calls < self.initial_points:
            raise StudyError(
                f"--calls is {self.calls}, fewer than the --initial-points {self.initial_points} "
                "that every search starts with: raise --calls or lower --initial-points"
            )
        trainings = len(self.methods) * self.seeds * (self.calls + 2 * self.retrain)
        if trainings > TRAININGS_AT_MOST:
            raise StudyError(
                f"--seeds {self.seeds}, --calls {self.calls} and --retrain {self.retrain} make "
                f"{trainings:,} trainings, at most {TRAININGS_AT_MOST:,} are allowed: lower one"
            )


def at_least_one(option: str, value: Any, most: int = TRAININGS_AT_MOST) -> int:
    """`value` as an int; raises `StudyError` unless it is a whole number from 1 to `most`."""
    number = isinstance(value, Integral) and not isinstance(value, bool)
    if not (number and 1 <= int(value) <= most):
        raise StudyError(
            f"--{option} is {shown(value)}: it must be a whole number, 1 or more and at most {most}"
        )
    return int(value)


def positive(option: str, value: Any, most: float = MARGIN_AT_MOST) -> float:
    """`value` as a float; raises `StudyError` unless it is above 0 and at most `most`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not (number and 0 < value <= most and float(value) > 0):
        allowed = f"a number above 0, at most {most:g}"
        raise StudyError(f"--{option} is {shown(value)}: it must be {allowed}")
    return float(value)


def names(option: str, value: Any) -> tuple[str, ...]:
    """`value` as a tuple; raises `StudyError` unless it lists different texts, one at least."""
    if not isinstance(value, (tuple, list)) or not all(isinstance(name, str) for name in value):
        raise StudyError(f"--{option} is {shown(value)}: give a list of names")
    if not value:
        raise StudyError(f"--{option} is empty: name at least one, such as baseline,random,gp")
    doubled = sorted(name for name, times in Counter(value).items() if times > 1)
    if doubled:
        raise StudyError(f"--{option} names {', '.join(doubled)} more than once: name each once")
    return tuple(value)


def shown(value: Any) -> str:
    """A value as a message names it: shortened, and whatever its own text does."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python spells no number of thousands of digits
        return f"a huge {type(value).__name__}"


def unknown(option: str, value: str, known: list[str]) -> StudyError:
    """The error for a name that is in no table, with the nearest name that is."""
    near = get_close_matches(value, known, n=1)
    hint = f"did you mean {near[0]!r}? Known" if near else "known"
    return StudyError(f"--{option} {value!r} is unknown: {hint} are {', '.join(known)}")
