"""One method at one seed: what it starts from, and which evaluation each of its calls asks for."""

import functools
import math
from dataclasses import dataclass, field

from study.core.errors import exits_as_errors, translate_errors
from study.core.plugins import describe_own_error
from study.core.records import (
    RETRAINING_KINDS,
    EvaluationKind,
    Reevaluation,
    Retraining,
    Task,
    Trial,
    make_rng,
    make_task,
    reevaluations,
)
from study.core.settings import Settings
from study.core.space import Configuration
from study.methods.base import MethodSpec, SearchContext
from study.methods.selection import MethodSelection
from study.problems.base import Evaluator


@dataclass(eq=False)
class Run:
    """A run on its way."""

    selection: MethodSelection
    seed: int
    trials: dict[int, Trial] = field(default_factory=dict)
    """Finished calls by number."""
    best: float = -math.inf
    """Its best score so far."""
    state: bytes | None = None
    """The pickled search, as its last proposal left it."""
    carried: bool = False
    """Whether its calls come in one after another, each with its evaluation."""
    one_by_one: bool = False
    """Whether what carried it forward died of it, so that it goes step by step."""

    @property
    def method(self) -> str:
        return self.selection.name

    @functools.cached_property
    def method_spec(self) -> MethodSpec:
        """The method's row; finding one that needs other packages takes a look at the disk."""
        return self.selection.method_spec

    @property
    def adaptive(self) -> bool:
        return self.method_spec.adaptive

    def tasks(self) -> list[Task]:
        """What was evaluated, in order of calls."""
        return [self.trials[call].task for call in sorted(self.trials)]

    def configurations(self) -> list[Configuration]:
        """The configurations of `tasks`."""
        return [task.configuration for task in self.tasks()]


def n_initial(run: Run, settings: Settings) -> int:
    """How many calls of a run are the shared initial design."""
    return settings.initial_points if run.method_spec.uses_initial_design else 0


def initial_design(problem: Evaluator, settings: Settings, seed: int) -> list[Configuration]:
    """The first points of all searches at a seed: the default point, own ones, then random ones.

    Own points stand in place of the first random ones, so that the others are what they are
    without them.
    """
    rng = make_rng(seed, "design")
    drawn = [problem.space.sample(rng) for _ in range(settings.initial_points - 1)]
    own = list(settings.start.points) if settings.start else []
    return [dict(problem.default), *map(dict, own), *drawn[len(own) :]]


def make_context(problem: Evaluator, settings: Settings, run: Run) -> SearchContext:
    """What the method of a run is built from, its generator fresh.

    It does not depend on the method's settings: two of one method share what is left to chance.
    Somebody's own method shares it with nothing else, whatever it is called.
    """
    base = run.selection.base
    stream = f"method {base}" if run.selection.reference else base
    return SearchContext(
        space=problem.space,
        baseline=dict(problem.baseline),
        initial_points=settings.initial_points,
        rng=make_rng(run.seed, stream),
    )


def predetermined_configurations(
    problem: Evaluator, settings: Settings, run: Run
) -> list[Configuration]:
    """The configurations of the first calls, as many as need no outcome to be chosen.

    Raises `StudyError` if somebody's own method cannot propose them.
    """
    known = initial_design(problem, settings, run.seed)[: n_initial(run, settings)]
    if run.adaptive:
        return known
    failed = f"--methods {run.method} cannot propose at seed {run.seed}"
    with (
        translate_errors(Exception, lambda e: f"{failed} ({describe_own_error(e)})"),
        exits_as_errors(),
    ):
        search = run.selection.create(make_context(problem, settings, run))
        asked = [search.ask() for _ in range(settings.calls - len(known))]
        asked = [problem.space.in_order(configuration) for configuration in asked]
        for configuration in asked if run.selection.reference else ():
            if configuration not in problem.space:
                raise ValueError(f"proposed {configuration}, outside the space")
    return known + asked


def next_trial(
    run: Run,
    earlier: list[Configuration],
    configuration: Configuration,
    *,
    duplicate: bool = False,
    propose_seconds: float = 0.0,
) -> Trial:
    """The call that follows `earlier`."""
    return Trial(
        method=run.method,
        seed=run.seed,
        call=len(earlier) + 1,
        task=next_task(run.seed, earlier, configuration),
        duplicate=duplicate or configuration in earlier,
        propose_seconds=propose_seconds,
    )


def next_task(seed: int, earlier: list[Configuration], configuration: Configuration) -> Task:
    """What the call after `earlier` evaluates; what stands there, again with a fresh seed."""
    repeat = earlier.count(configuration)
    return make_task(EvaluationKind.VALIDATION, seed, configuration, repeat)


def follow_ups(
    run: Run, settings: Settings, scores: list[float | None], place: int
) -> list[Retraining | Reevaluation]:
    """What a finished run asks for: its winner tested, and its validation score again.

    The best of many noisy measurements flatters, so that only a new one can be believed. If the
    study traces, that of all earlier incumbents, too. `place` is the winner's among the scores.
    """
    trials = [run.trials[call] for call in sorted(run.trials)]
    winner = trials[place].task.configuration
    asked: list[Retraining | Reevaluation] = [
        Retraining(
            method=run.method,
            seed=run.seed,
            repeat=repeat,
            task=make_task(kind, run.seed, winner, repeat - 1),
        )
        for kind in RETRAINING_KINDS
        for repeat in range(1, settings.retrain + 1)
    ]
    traced = reevaluations(trials, scores, settings.retrain) if settings.trace else []
    return [*asked, *traced]
