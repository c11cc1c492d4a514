"""The frozen, validated settings of a study."""

import math
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from typing import Any

from study.errors import StudyError


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
    """Methods whose accuracies differ by less than this, in percentage points, count as
    equivalent. Set before the results are known, as everything here."""

    def __post_init__(self) -> None:
        for name in ("seeds", "calls", "initial_points", "retrain"):
            value = at_least_one(name.replace("_", "-"), getattr(self, name))
            object.__setattr__(self, name, value)
        if not 0 < self.margin < math.inf:
            raise StudyError(f"--margin is {self.margin}: it must be a number above 0")
        if self.calls < self.initial_points:
            raise StudyError(
                f"--calls is {self.calls}, fewer than the --initial-points {self.initial_points} "
                "that every search starts with: raise --calls or lower --initial-points"
            )
        if not self.methods:
            raise StudyError("--methods is empty: name at least one, such as baseline,random,gp")
        doubled = {m for m in self.methods if self.methods.count(m) > 1}
        if doubled:
            raise StudyError(
                f"--methods names {', '.join(sorted(doubled))} more than once: name each once"
            )


def at_least_one(option: str, value: Any) -> int:
    """`value` as an int; raises `StudyError` unless it is a whole number from 1 up."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise StudyError(f"--{option} is {value!r}: it must be a whole number, 1 or more")
    return int(value)


def unknown(option: str, value: str, known: list[str]) -> StudyError:
    """The error for a name that is in no table, with the nearest name that is."""
    near = get_close_matches(value, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return StudyError(f"--{option} {value!r} is unknown: {hint}Known are {', '.join(known)}")
