"""Problems of one's own: a space, where to start, and a function that scores a configuration."""

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from numbers import Real as Number
from typing import Any

from study.core.errors import StudyError, plain
from study.core.objective import Objective
from study.core.plugins import Code
from study.core.records import Evaluation, Status, Task
from study.core.settings import NAME, shown
from study.core.space import Categorical, Configuration, Dimension, Integer, Real, Space
from study.storage.schema import inspect_space

SEEDS = 2**32  # what numpy's older generator, and with it scikit-learn, takes

Outcome = float | tuple[float, float]
"""A value, or (value, cost) if the objective names a cost."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is tuned.

    Any object with these attributes does as well; those with a default may be missing.
    """

    space: Sequence[Dimension]
    """The dimensions that are searched: `Real`, `Integer` and `Categorical`."""
    default: Configuration
    """The first point of every search; inside the space."""
    evaluate: Callable[[Configuration, int], Outcome]
    """Called with a configuration and a seed, 0 to 2**32 - 1, from which all its randomness must
    come: at the same seed the same value."""
    baseline: Configuration = field(default_factory=dict)
    """What a user would take without searching; by default the default point."""
    test: Callable[[Configuration, int], Outcome] | None = None
    """The same on data that `evaluate` never sees, for winners only; without it winners are
    evaluated anew."""
    objective: Objective = field(default_factory=Objective)
    """What the value is, and whether it is maximised."""


@dataclass(frozen=True, eq=False)
class OwnProblem:
    """Somebody's problem as a study needs it; goes to workers, which need not have its file.

    Raises
    ------
    StudyError
        If the problem lacks something, or what it has is not in order.
    """

    name: str
    origin: str
    """Where it comes from, in words."""
    fingerprint: str
    """A checksum of its code."""
    code: Code | None = None
    held: Any = None
    """The problem itself, if it is not defined by code."""

    def __post_init__(self) -> None:
        checked(self)

    def __reduce__(self) -> Any:
        held = None if self.code else self.held
        return type(self), (self.name, self.origin, self.fingerprint, self.code, held)

    @functools.cached_property
    def problem(self) -> Any:
        """What the user wrote."""
        return self.code.load() if self.code else self.held

    @functools.cached_property
    def space(self) -> Space:
        given = self.problem.space
        return given if isinstance(given, Space) else Space(tuple(given))

    @functools.cached_property
    def default(self) -> Configuration:
        return _ordered(self.space, self.problem.default)

    @functools.cached_property
    def baseline(self) -> Configuration:
        given = getattr(self.problem, "baseline", None)
        return _ordered(self.space, given) if given else self.default

    @property
    def objective(self) -> Objective:
        found: Objective = getattr(self.problem, "objective", Objective())
        return found

    def evaluate(self, task: Task) -> Evaluation:
        """Call the user's function; what it returns is checked, what it raises is not caught."""
        test = getattr(self.problem, "test", None)
        score = test if test and task.part.scored_on_test else self.problem.evaluate
        began = time.perf_counter()
        outcome = score(dict(task.configuration), task.training_seed % SEEDS)
        seconds = time.perf_counter() - began
        value, cost = self._read(outcome)
        finite = math.isfinite(value)
        if self.objective.percent and finite and not 0 <= value <= 1:
            raise ValueError(f"{self.objective.name} is {value}: a share must lie between 0 and 1")
        return Evaluation(
            status=Status.OK if finite else Status.DIVERGED,
            reason="" if finite else f"{self.objective.name} {value}",
            score=self.objective.score(value) if finite else None,
            cost=cost,
            seconds=seconds,
        )

    def _read(self, outcome: Any) -> tuple[float, float | None]:
        named = self.objective.cost
        parts = outcome if isinstance(outcome, tuple) else (outcome,)
        if len(parts) != 1 + bool(named) or not all(map(_number, parts)):
            wanted = f"(value, {named})" if named else "a number"
            raise TypeError(f"evaluate returned {shown(outcome)}: it must be {wanted}")
        return float(parts[0]), float(parts[1]) if named else None

    def expected_seconds(self, task: Task) -> float:  # noqa: ARG002 (nobody knows)
        """A guess, which forecasts correct as soon as there are measured times."""
        return 0.1

    def describe(self) -> dict[str, Any]:
        """Name, code and everything that is searched."""
        return {
            "name": self.name,
            "origin": self.origin,
            "fingerprint": self.fingerprint,
            "objective": asdict(self.objective),
            "space": self.space.describe(),
            "default": self.default,
            "baseline": self.baseline,
        }


def _number(value: Any) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)


def _ordered(space: Space, given: Any) -> Configuration:
    """A configuration in the order of the dimensions and in their types, if it is a full one."""
    try:
        return {d.name: d.cast(given[d.name]) for d in space.dimensions}
    except (KeyError, TypeError, ValueError):
        return dict(given) if isinstance(given, dict) else {}


def checked(own: OwnProblem) -> None:
    """Raise `StudyError` unless a problem has what it needs, in order."""
    problem = own.problem

    def require(right: bool, wrong: str) -> None:
        if not right:
            raise StudyError(f"--problem {own.name} ({own.origin}): {wrong}")

    lacking = [n for n in ("space", "default", "evaluate") if not hasattr(problem, n)]
    require(not lacking, f"it has no {', '.join(lacking)}: see README, your own problem")
    require(callable(problem.evaluate), "its evaluate is no function")
    test = getattr(problem, "test", None)
    require(test is None or callable(test), "its test is no function")
    require(isinstance(own.objective, Objective), "its objective is no study.Objective")
    for text in (own.name, own.objective.name, own.objective.cost or "none"):
        require(bool(NAME.fullmatch(text)), f"{plain(text)!r} is no name: take letters and digits")
    kinds = isinstance(problem.space, Sequence | Space)
    dimensions = own.space.dimensions if kinds else ()
    ours = all(isinstance(d, Real | Integer | Categorical) for d in dimensions)
    require(bool(dimensions) and ours, "its space is no list of Real, Integer and Categorical")
    try:
        inspect_space(own.space.describe(), "its space")
    except ValueError as error:
        require(False, str(error))
    names = [d.name for d in dimensions]
    require(own.default in own.space, f"its default {problem.default} is not in the space {names}")
    require(list(own.baseline) == names, f"its baseline does not name {', '.join(names)}")
