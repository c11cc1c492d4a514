"""One method at one seed: what it starts from, and which evaluation each of its calls asks for."""

import functools
from dataclasses import dataclass, field

from study.core.records import Final, Part, Trial, generator, task
from study.core.settings import Settings
from study.core.space import Configuration
from study.methods.registry import Entry, Start
from study.methods.selection import Chosen
from study.problems.network import Evaluator

FINAL_PARTS = (Part.TEST, Part.REMEASURED)


@dataclass(eq=False)
class Run:
    """A run on its way."""

    chosen: Chosen
    seed: int
    trials: dict[int, Trial] = field(default_factory=dict)
    """Finished calls by number."""
    state: bytes | None = None
    """The pickled search, as its last proposal left it."""

    @property
    def method(self) -> str:
        return self.chosen.name

    @functools.cached_property
    def entry(self) -> Entry:
        """The method's row; finding one that needs other packages takes a look at the disk."""
        return self.chosen.entry

    @property
    def learns(self) -> bool:
        return self.entry.learns

    def configurations(self) -> list[Configuration]:
        """What was evaluated, in order of calls."""
        return [self.trials[call].task.configuration for call in sorted(self.trials)]


def designed_calls(run: Run, settings: Settings) -> int:
    """How many calls of a run are the shared initial design."""
    return settings.initial_points if run.entry.designed else 0


def design(problem: Evaluator, settings: Settings, seed: int) -> list[Configuration]:
    """The first points of all searches at a seed: the default point, then random ones."""
    rng = generator(seed, "design")
    drawn = [problem.space.sample(rng) for _ in range(settings.initial_points - 1)]
    return [problem.default, *drawn]


def start(problem: Evaluator, settings: Settings, run: Run) -> Start:
    """What the method of a run is built from, its generator fresh.

    It does not depend on the method's settings: two of one method share what is left to chance.
    """
    return Start(
        space=problem.space,
        baseline=problem.baseline,
        initial_points=settings.initial_points,
        rng=generator(run.seed, run.chosen.base),
    )


def known_beforehand(problem: Evaluator, settings: Settings, run: Run) -> list[Configuration]:
    """The configurations of the first calls, as many as need no outcome to be chosen."""
    known = design(problem, settings, run.seed)[: designed_calls(run, settings)]
    if run.learns:
        return known
    search = run.chosen.create(start(problem, settings, run))
    asked = [search.ask() for _ in range(settings.calls - len(known))]
    return known + [problem.space.arranged(configuration) for configuration in asked]


def trial(
    run: Run,
    earlier: list[Configuration],
    configuration: Configuration,
    *,
    duplicate: bool = False,
    propose_seconds: float = 0.0,
) -> Trial:
    """The call that follows `earlier`; what stands there is trained anew, with a fresh seed."""
    repeat = earlier.count(configuration)
    return Trial(
        method=run.method,
        seed=run.seed,
        call=len(earlier) + 1,
        task=task(Part.VALIDATION, run.seed, configuration, repeat),
        duplicate=duplicate or repeat > 0,
        propose_seconds=propose_seconds,
    )


def retrainings(run: Run, settings: Settings, winner: Configuration) -> list[Final]:
    """What a finished run asks for: its winner tested, and its validation score again.

    The best of many noisy measurements flatters, so that only a new one can be believed.
    """
    return [
        Final(
            method=run.method,
            seed=run.seed,
            repeat=repeat,
            task=task(part, run.seed, winner, repeat - 1),
        )
        for part in FINAL_PARTS
        for repeat in range(1, settings.retrain + 1)
    ]


def incumbent(outcomes: list[tuple[Configuration, float | None]]) -> Configuration | None:
    """The configuration of the best score, the first of equals; None if nothing succeeded."""
    scored = [(c, a) for c, a in outcomes if a is not None]
    return max(scored, key=lambda pair: pair[1])[0] if scored else None
