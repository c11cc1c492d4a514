"""Checks of what a user gives: each returns the value, or says in one line what is allowed."""

import os
import re
import reprlib
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from study.core.dimensions import join_choices
from study.core.errors import StudyError, to_plain_line

MAX_NUMBER = 1e15  # no score, size, bound, loss or number of seconds gets there
MAX_TRAININGS = 1_000_000  # of a study: days, and more than a list of them should hold
NAME_PATTERN = re.compile(r"[^\W_][\w.+ /()-]{0,29}")  # of a dimension, a choice or an objective
NAME_RULE = (
    "a name begins with a letter or digit and has at most 30 letters, digits, blanks and . + - _ / "
    "( ), no two blanks together and none at its end"
)
# The same, and options in brackets.
METHOD_PATTERN = re.compile(r"[^\W_][\w.+ /()-]{0,29}(\[[\w.+=,-]{1,99}\])?")
DEFAULT_MARGIN = 0.1  # percentage points, or in the unit of a value that is not a share


def require_count(option: str, value: Any, most: int = MAX_TRAININGS, least: int = 1) -> int:
    """`value` as an int; raises `StudyError` unless it is a whole number from `least` to `most`."""
    number = isinstance(value, Integral) and not isinstance(value, bool)
    if not (number and least <= int(value) <= most):
        raise StudyError(
            f"--{option} is {safe_repr(value)}: it must be a whole number from {least} to {most:,}"
        )
    return int(value)


def require_flag(option: str, value: Any) -> None:
    """Raise `StudyError` unless a value is true or false."""
    if type(value) is not bool:
        raise StudyError(f"--{option} is {safe_repr(value)}: it must be True or False")


def to_path(name: str, value: Any) -> Path:
    """`value` as a path, whose `~` is the home folder, also where no shell has replaced it.

    Raises `StudyError` unless it is a text or a path.
    """
    if not isinstance(value, str | os.PathLike):
        raise StudyError(f"{name} is {safe_repr(value)}: give a path, as a text or a pathlib.Path")
    return Path(os.path.expanduser(value))  # Path's own raises for an unknown user


def require_positive(option: str, value: Any, most: float = MAX_NUMBER) -> float:
    """`value` as a float; raises `StudyError` unless it is above 0 and at most `most`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not (number and 0 < value <= most and float(value) > 0):
        allowed = f"a number above 0, at most {most:g}"
        raise StudyError(f"--{option} is {safe_repr(value)}: it must be {allowed}")
    return float(value)


def require_unique_names(option: str, value: Any) -> tuple[str, ...]:
    """`value` as a tuple; raises `StudyError` unless it lists different texts, one at least."""
    if not isinstance(value, (tuple, list)) or not all(isinstance(name, str) for name in value):
        raise StudyError(f"--{option} is {safe_repr(value)}: give a list of names")
    if not value:
        raise StudyError(f"--{option} is empty: name at least one, such as baseline,random,gp")
    doubled = sorted(name for name, times in Counter(value).items() if times > 1)
    if doubled:
        raise StudyError(f"--{option} names {', '.join(doubled)} more than once: name each once")
    return tuple(value)


def is_name(value: Any) -> bool:
    """Whether a value is a text that keeps to `NAME_RULE`, and is read as it was written."""
    if not (isinstance(value, str) and NAME_PATTERN.fullmatch(value)):
        return False
    return value == to_plain_line(value)


def safe_repr(value: Any) -> str:
    """A value as a message names it: shortened, and whatever its own text does."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python spells no number of thousands of digits
        return f"a huge {type(value).__name__}"


def near_names(value: Any, known: Sequence[str]) -> str:
    """What a message says of a name that is in no table: the nearest that is, and some others."""
    near = get_close_matches(str(value), known, n=1)
    hint = f"did you mean {near[0]!r}? Known" if near else "known"
    return f"{hint} are {join_choices(known)}"


def unknown_name_error(option: str, value: str, known: list[str]) -> StudyError:
    """The error for a name that is in no table, with the nearest name that is."""
    return StudyError(f"--{option} {value!r} is unknown: {near_names(value, known)}")
