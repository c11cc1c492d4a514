"""Problems of one's own: a space, where to start, and a function that scores a configuration."""

import functools
import inspect
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from study.core.dimension_rules import validate_dimensions, wrong_outside
from study.core.dimensions import Dimension, to_native
from study.core.errors import StudyError, exits_as_errors, translate_errors
from study.core.formatting import pluralize
from study.core.objective import Objective
from study.core.plugins import ObjectReference, describe_own_error
from study.core.records import Evaluation, Status, Task
from study.core.space import Configuration, Space
from study.core.study_info import ProblemInfo, ProblemWords, taken_by_calls, taken_by_tables
from study.core.validation import NAME_RULE, is_name, safe_repr
from study.problems.measurement import Outcome, read_outcome

PYTHON = "Python"
"""Where an object comes from that was handed over as it is."""
SIMULATED = {
    "detail": "evaluations timed as recorded",
    "clock": "Seconds of evaluating are simulated: those that were recorded with the values, not "
    "those that passed here. The suggestion overhead is measured here.",
}
"""What `ProblemWords` say of a simulated clock."""
SEEDS = 2**32  # what numpy's older generator, and with it scikit-learn, takes


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is tuned.

    Any object with these attributes does as well; those with a default may be missing.
    """

    space: Sequence[Dimension]
    """The dimensions that are searched: `Real`, `Integer`, `Categorical` and `Ordinal`."""
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
    build: Callable[[Configuration], Any] | None = None
    """Makes of a configuration what is tuned, such as an estimator or a model, not trained: what
    `study winner` shows. No evaluation calls it."""
    name: str = ""
    """In tables, plots and the results folder; by default that of the function. Where a command
    names the problem, as `FILE.py:NAME` or an entry point, it is called what the command says."""
    classes: int | None = None
    """Of a classifier that starts from random weights and tells its `initial_loss`."""
    simulated_clock: bool = False
    """Whether both functions return a `study.Measurement` that tells how many seconds the
    evaluation took when it was recorded: tables and plots then show these."""
    version: str = ""
    """What stands for its code, if that cannot be read, or beside the text of `FILE.py:NAME` for
    the data that this loads: give another one when something changes."""


@dataclass(frozen=True, eq=False)
class UserProblem:
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
    """A checksum of its code, and of what that refers to; empty if it cannot be known."""
    reference: ObjectReference | None = None
    instance: Any = None
    """The problem itself, if it is not defined by code."""
    unknown: str = ""
    """Why there is no fingerprint."""

    def __post_init__(self) -> None:
        with translate_errors(Exception, self._cannot_be_read), exits_as_errors():
            validate(self)

    def _cannot_be_read(self, error: Exception) -> str:
        why = describe_own_error(error)
        return f"--problem {self.name} ({self.origin}): it cannot be read ({why})"

    def __reduce__(self) -> Any:
        instance = None if self.reference else self.instance
        parts = self.name, self.origin, self.fingerprint, self.reference, instance, self.unknown
        return type(self), parts

    @property
    def folder(self) -> str:
        """Where results go by default: of an object of Python, never where another one's are."""
        own, name = self.origin == PYTHON and self.fingerprint, self.name.replace("/", "-")
        return f"{name}-{self.fingerprint[:8]}" if own else name

    @functools.cached_property
    def problem(self) -> Any:
        """What the user wrote."""
        return self.reference.load() if self.reference else self.instance

    @functools.cached_property
    def space(self) -> Space:
        given = self.problem.space
        return given if isinstance(given, Space) else Space(tuple(given))

    @functools.cached_property
    def default(self) -> Configuration:
        return in_space_order(self.space, self.problem.default)

    @functools.cached_property
    def baseline(self) -> Configuration:
        given = getattr(self.problem, "baseline", None)
        return in_space_order(self.space, given) if given else self.default

    @property
    def objective(self) -> Objective:
        found: Objective = getattr(self.problem, "objective", Objective())
        return found

    @functools.cached_property
    def _taken_names(self) -> frozenset[str]:
        """What no metric may be called."""
        return taken_by_tables(self.objective) | frozenset(self.space.names)

    @property
    def _simulated_clock(self) -> bool:
        return bool(getattr(self.problem, "simulated_clock", False))

    def warm_up(self) -> None:
        """Import the user's file."""
        _ = self.problem

    def evaluate(self, task: Task) -> Evaluation:
        """Call the user's function; what it returns is checked, what it raises is not caught."""
        test = getattr(self.problem, "test", None)
        score = test if test and task.kind.scored_on == "test" else self.problem.evaluate
        began = time.perf_counter()
        outcome = score(dict(task.configuration), task.training_seed % SEEDS)
        seconds = time.perf_counter() - began
        objective, taken = self.objective, self._taken_names
        found = read_outcome(outcome, score, objective, self._simulated_clock, taken)
        value = found.value
        finite = math.isfinite(value)
        return Evaluation(
            status=Status.OK if finite else Status.DIVERGED,
            reason="" if finite else f"{objective.name} {value}",
            score=objective.score(value) if finite else None,
            size=found.size,
            initial_loss=found.initial_loss,
            metrics=found.metrics,
            seconds=seconds,
            recorded_seconds=found.seconds,
        )

    def expected_seconds(self, task: Task) -> float:  # noqa: ARG002 (nobody knows)
        """A guess, which forecasts correct as soon as there are measured times."""
        return 0.1

    def _judged(self) -> str:
        """How winners are."""
        if self.objective.tested:
            return "scored on data kept apart"
        own = getattr(self.problem, "test", None)
        return "scored by the problem's own test" if own else "evaluated with other seeds"

    def describe(self) -> ProblemInfo:
        """Name, code and everything that is searched."""
        objective = self.objective
        return ProblemInfo(
            name=self.name,
            fingerprint=self.fingerprint,
            facts={"origin": self.origin},
            classes=to_native(getattr(self.problem, "classes", None)),
            words=ProblemWords(
                description=self._description(),
                judged=self._judged(),
                **(SIMULATED if self._simulated_clock else {}),
            ),
            objective=objective,
            space=self.space.dimensions,
            default=self.default,
            baseline=self.baseline,
        )

    def _description(self) -> str:
        objective = self.objective
        if objective.optimum is None:
            goal = objective.label
        else:
            unit = " %" if objective.percent else ""
            best = f"{objective.scale * objective.optimum:g}{unit}"
            goal = f"regret (the optimal {objective.name} is {best})"
        aim = "maximise" if objective.sign > 0 else "minimise"
        count = pluralize(len(self.space.dimensions), "dimension")
        constant = [d for d in self.space.dimensions if d.is_constant]
        fixed = "".join(f", {d.name} constant at {d.allowed.split(' .. ')[0]}" for d in constant)
        return f"{aim} {goal}; {count}{fixed}"


def accepts_two(function: Any) -> bool:
    """Whether a function, if it is one that tells, can be called with two arguments."""
    try:
        inspect.signature(function).bind({}, 0)
    except TypeError as error:
        return "argument" not in str(error)  # else it is no function
    except ValueError:  # of some built-in functions nobody knows
        return True
    return True


def in_space_order(space: Space, given: Any) -> Configuration:
    """A configuration in the order of the dimensions and in their types, if it is a full one."""
    if not isinstance(given, dict):
        return {}
    if set(given) != set(space.names):
        return dict(given)
    return {d.name: d.cast(given[d.name]) for d in space.dimensions}


def validate(problem: UserProblem) -> None:
    """Raise `StudyError` unless a problem has what it needs, in order."""
    given = problem.problem

    def require(right: bool, wrong: str) -> None:
        if not right:
            raise StudyError(f"--problem {problem.name} ({problem.origin}): {wrong}")

    lacking = [n for n in ("space", "default", "evaluate") if not hasattr(given, n)]
    require(not lacking, f"it lacks {', '.join(lacking)}: see docs/problems.md")
    for name in ("evaluate", "test"):
        function = getattr(given, name, None)
        require(function is None or callable(function), f"its {name} is not a function")
        how = f"with a configuration and a seed: define it as {name}(configuration, seed)"
        require(function is None or accepts_two(function), f"its {name} cannot be called {how}")
        require(
            not inspect.iscoroutinefunction(function),
            f"its {name} is an async function: define it with def, and use asyncio.run within",
        )
    build = getattr(given, "build", None)
    require(build is None or callable(build), "its build is not a function")
    objective = problem.objective
    require(isinstance(objective, Objective), "its objective is not a study.Objective")
    clock = getattr(given, "simulated_clock", False)
    require(type(clock) is bool, f"its simulated_clock is {safe_repr(clock)}: give True or False")
    require(is_name(problem.name), f"its name is {safe_repr(problem.name)}: {NAME_RULE}")
    dimensions = problem.space.dimensions if isinstance(given.space, Sequence | Space) else ()
    known = all(isinstance(d, Dimension) for d in dimensions)
    kinds = "Real, Integer, Categorical and Ordinal"
    require(bool(dimensions) and known, f"its space is not a list of {kinds}")
    try:
        validate_dimensions(dimensions, taken_by_calls(objective))  # before a point is read by them
        problem.describe()
    except ValueError as error:
        require(False, str(error))
    for wrong in misplaced(problem):
        require(False, wrong)


def misplaced(problem: UserProblem) -> Iterator[str]:
    """What is wrong with the points that a problem names, in words."""
    names = set(problem.space.names)
    for which, point in (("default", problem.default), ("baseline", problem.baseline)):
        if differing := ", ".join(sorted(map(safe_repr, names ^ set(point)))):
            yield f"its {which} and its space do not both name {differing}"
            return
    for d in problem.space.dimensions:
        if (value := problem.default[d.name]) not in d:
            yield f"its default has {d.name}={safe_repr(value)}, allowed is {d.allowed}"
        if wrong := wrong_outside(d, value := problem.baseline[d.name]):
            yield f"its baseline has {d.name}={safe_repr(value)}: {wrong}"
