"""The frozen, validated settings of a study."""

import re
from dataclasses import dataclass
from typing import Any

from study.core.dimensions import Choice
from study.core.errors import StudyError
from study.core.formatting import pluralize
from study.core.validation import (
    DEFAULT_MARGIN,
    MAX_TRAININGS,
    require_count,
    require_flag,
    require_positive,
    require_unique_names,
    safe_repr,
    unknown_name_error,
)

MAX_CALLS = 10_000  # a search that learns takes minutes per call long before
MAX_EPOCHS = 100_000
MAX_THREADS = 1_024
TRAINERS = ("compiled", "keras")
"""What can train the network; the first is the default."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """Own first points of the shared design, which follow the default point."""

    source: str
    """The table or results folder that they come from, as it was named."""
    offered: int
    """How many different points that has; of a study's winners the best few are taken."""
    points: tuple[dict[str, Choice], ...]
    """Configurations, in the order in which they are evaluated."""

    @property
    def description(self) -> str:
        """How many there are, and where from."""
        taken = len(self.points)
        best = f", the best of its {self.offered:,} winners" if self.offered > taken else ""
        return f"{pluralize(taken, 'own point')} from {self.source}{best}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is compared, and at which budget.

    Raises
    ------
    StudyError
        If a number is out of its range; the message names it, its value and what is allowed.
    """

    seeds: int = 5
    """Replicates of the whole comparison."""
    first_seed: int = 0
    """Seeds are numbered from here; other ones than an earlier study's are a fresh look."""
    calls: int = 12
    """Evaluations per method and seed."""
    initial_points: int = 5
    """How many of the calls are the shared initial design, the default point included."""
    retrain: int = 3
    """Times that the winner of each run is retrained and scored on the test set."""
    methods: tuple[str, ...] = ("baseline", "random", "gp", "gbrt")
    """Rows of the method table."""
    margin: float | None = DEFAULT_MARGIN
    """Methods that differ by less than this, in percentage points or as the problem's values do,
    count as equivalent; None: never. Set before the results are known, as everything here."""
    trace: bool = False
    """Whether every incumbent of a run is re-evaluated like its winner, `retrain` times."""
    threads: int = 1
    """On which an evaluation may compute; last digits depend on it."""
    start: Start | None = None
    """Own points of the shared design, in place of its first random ones."""

    @property
    def seed_numbers(self) -> range:
        """The seeds themselves."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def require_run(self, method: str | None, seed: int | None) -> None:
        """Raise `StudyError` unless the study has such a method and such a seed, if named."""
        if method is not None and method not in self.methods:
            raise unknown_name_error("method", method, list(self.methods))
        if seed is not None and seed not in (numbers := self.seed_numbers):
            there = f"the seeds {numbers[0]} to {numbers[-1]}" if self.seeds > 1 else "one seed"
            there += "" if self.seeds > 1 else f", {numbers[0]}"
            raise StudyError(f"--seed is {safe_repr(seed)}: this study has {there}")

    def __post_init__(self) -> None:
        for name in ("seeds", "calls", "initial_points", "retrain"):
            most = MAX_CALLS if name == "calls" else MAX_TRAININGS
            value = require_count(name.replace("_", "-"), getattr(self, name), most)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "threads", require_count("threads", self.threads, MAX_THREADS))
        if self.margin is not None:
            object.__setattr__(self, "margin", require_positive("margin", self.margin))
        require_flag("trace", self.trace)
        object.__setattr__(self, "first_seed", require_count("seeds", self.first_seed, least=0))
        object.__setattr__(self, "methods", require_unique_names("methods", self.methods))
        if self.calls < self.initial_points:
            raise StudyError(
                f"--calls is {self.calls}, fewer than the --initial-points {self.initial_points} "
                "that every search starts with: raise --calls or lower --initial-points"
            )
        if not isinstance(self.start, Start | None):
            raise StudyError(
                f"--start-from is {safe_repr(self.start)}: name a table or a results folder"
            )
        if self.start and len(self.start.points) >= self.initial_points:
            raise StudyError(
                f"--start-from {self.start.source} has "
                f"{pluralize(len(self.start.points), 'different point')}, and --initial-points "
                f"{self.initial_points} has room for {self.initial_points - 1} beside the default "
                "point: raise --initial-points, or name fewer points"
            )
        trainings = len(self.methods) * self.seeds * (self.calls + 2 * self.retrain)
        if trainings > MAX_TRAININGS:
            raise StudyError(
                f"--seeds {self.seeds}, --calls {self.calls} and --retrain {self.retrain} make "
                f"{trainings:,} trainings, at most {MAX_TRAININGS:,} are allowed: lower one"
            )


def parse_seeds(value: Any) -> tuple[int, int]:
    """The first seed and how many there are: of a number N those from 0 on, or of a range A-B.

    Raises `StudyError` if `value` is neither.
    """
    if isinstance(value, range) and value.step == 1 and value:
        value = f"{value[0]}-{value[-1]}"
    if not isinstance(value, str):
        return 0, require_count("seeds", value)
    written = re.fullmatch(r"(?:(\d{1,9})-)?(\d{1,9})", value.strip())
    if written is None:
        raise StudyError(
            f"--seeds is {safe_repr(value)}: it must be a whole number from 1 to "
            f"{MAX_TRAININGS:,}, or a range such as 60-159"
        )
    first, last = (int(number) if number else 0 for number in written.groups())
    if written[1] is None:
        return 0, require_count("seeds", last)
    if last < first:
        raise StudyError(f"--seeds is {safe_repr(value)}: the range ends before it begins")
    return first, require_count("seeds", last - first + 1)
