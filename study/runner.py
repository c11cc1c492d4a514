"""The flow of a study: designs, searches, retrainings, as independent as they can be.

Nothing here trains or proposes: `engine` does. The runner decides what is next, and nothing is
next before what is finished is in the ledger.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np

from study.engine import Engine
from study.ledger import Ledger
from study.methods import FAILED_ACCURACY, Proposal, Start, lookup, propose
from study.problems import Problem, evaluate
from study.settings import Settings
from study.space import Configuration
from study.trials import Evaluation, Final, Part, Status, Task, Trial, generator, task

PROPOSE_SECONDS = 0.3  # what a proposal takes, roughly


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """How far a study is, for whoever watches."""

    done: int
    """Calls and retrainings finished, of `total`."""
    total: int
    running: tuple[str, ...]
    """What is being done right now, in words."""
    best: dict[str, float]
    """Best validation accuracy so far, by method."""
    seconds_left: float


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What a method still has to do, before anything is started."""

    method: str
    calls: int
    calls_held: int
    retrainings: int
    retrainings_held: int


@dataclass
class _Run:
    """One method at one seed."""

    method: str
    seed: int
    trials: dict[int, Trial] = field(default_factory=dict)
    """Finished calls by number."""
    state: bytes | None = None
    """The pickled search, as its last proposal left it."""


@dataclass(frozen=True, eq=False)
class _Propose:
    run: _Run


class Flow:
    """One study on its way. `run` finishes it; `outline` only looks."""

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        ledger: Ledger,
        observe: Callable[[Snapshot], None] = lambda _: None,
    ) -> None:
        self._problem, self._settings = problem, settings
        self._ledger, self._observe = ledger, observe
        self._done = ledger.evaluations()
        self._held = {(t.method, t.seed, t.call): t for t in ledger.trials(self._done)}
        self._held_finals = {(f.method, f.seed, f.repeat) for f in ledger.finals(self._done)}
        self._waiting: dict[str, list[Trial | Final]] = defaultdict(list)
        self._ready: list[tuple[float, int, Task | _Propose]] = []
        self._numbers = itertools.count()
        self._runs = {
            (method, seed): _Run(method, seed)
            for seed in range(settings.seeds)
            for method in settings.methods
        }
        self._finished = 0
        self._best: dict[str, float] = {}
        self._running: dict[Task | _Propose, str] = {}
        self._spent = self._expected = 0.0  # of what was evaluated now, to correct forecasts
        self.errors: list[str] = []
        """Searches that broke off, in words."""
        self._typical = self._typical_seconds()
        for run in self._runs.values():
            self._start(run)

    # Planning

    def _start(self, run: _Run) -> None:
        """Ask for everything that this run can know of now."""
        designed = self._designed(run.method)
        known = self._design(run.seed)[:designed]
        if not lookup(run.method).learns:
            method = lookup(run.method).create(self._method_start(run))
            known += [method.ask() for _ in range(self._settings.calls - len(known))]
        for call in range(1, self._settings.calls + 1):
            if held := self._held.get((run.method, run.seed, call)):
                self._settle(held)
            elif call <= len(known):
                self._request(self._trial(run, known[call - 1], known[: call - 1]))
        if not known and not run.trials:
            self._advance(run)

    def _designed(self, method: str) -> int:
        return self._settings.initial_points if lookup(method).designed else 0

    def _design(self, seed: int) -> list[Configuration]:
        """The shared first points of all searches at a seed."""
        rng = generator(seed, "design")
        drawn = [self._problem.space.sample(rng) for _ in range(self._settings.initial_points - 1)]
        return [self._problem.default, *drawn]

    def _method_start(self, run: _Run) -> Start:
        return Start(
            space=self._problem.space,
            baseline=self._problem.baseline,
            initial_points=self._settings.initial_points,
            rng=generator(run.seed, run.method),
        )

    def _trial(
        self,
        run: _Run,
        configuration: Configuration,
        earlier: list[Configuration],
        *,
        duplicate: bool = False,
        seconds: float = 0.0,
    ) -> Trial:
        """A run's next call; what it tried before is trained with a fresh seed, not looked up."""
        repeat = earlier.count(configuration)
        return Trial(
            method=run.method,
            seed=run.seed,
            call=len(earlier) + 1,
            task=task(Part.VALIDATION, run.seed, configuration, repeat),
            duplicate=duplicate or repeat > 0,
            propose_seconds=seconds,
        )

    def _request(self, use: Trial | Final) -> None:
        """Have what `use` needs evaluated, unless it is known or on its way."""
        key = use.task.key
        if key in self._done:
            self._record(None, [use])
            self._settle(use)
            return
        self._waiting[key].append(use)
        # The most urgent of its uses counts; the other entries are stale when they come up.
        self._push(use.task, self._problem.expected_seconds(use.task) + self._after(use))

    def _after(self, use: Trial | Final) -> float:
        """Seconds of work that can only follow `use`: the longest chains start first."""
        if isinstance(use, Final):
            return 0.0
        steps = 1
        if lookup(use.method).learns:
            steps += self._settings.calls - max(use.call, self._settings.initial_points)
        return steps * self._typical

    def _push(self, job: Task | _Propose, urgency: float) -> None:
        heapq.heappush(self._ready, (-urgency, next(self._numbers), job))

    def _typical_seconds(self) -> float:
        """Mean expected seconds over the space."""
        rng = np.random.default_rng(0)
        drawn = [self._problem.space.sample(rng) for _ in range(200)]
        tasks = [task(Part.VALIDATION, 0, configuration, 0) for configuration in drawn]
        return float(np.mean([self._problem.expected_seconds(t) for t in tasks]))

    # Going on from what is finished

    def _record(self, done: tuple[Task, Evaluation] | None, uses: list[Trial | Final]) -> None:
        trials = [use for use in uses if isinstance(use, Trial)]
        finals = [use for use in uses if isinstance(use, Final)]
        self._ledger.record(done, trials, finals)

    def _settle(self, use: Trial | Final) -> None:
        """Count a use whose evaluation is in the ledger, and go on from it."""
        self._finished += 1
        if isinstance(use, Final):
            return
        run = self._runs[use.method, use.seed]
        run.trials[use.call] = use
        accuracy = self._done[use.task.key][1].accuracy
        if accuracy is not None:
            self._best[use.method] = max(accuracy, self._best.get(use.method, 0.0))
        self._advance(run)

    def _advance(self, run: _Run) -> None:
        """Retrain the winner of a finished run, or ask a search for its next call."""
        made = len(run.trials)
        if made == self._settings.calls:
            self._retrain(run)
        elif (
            lookup(run.method).learns
            and made >= self._designed(run.method)
            and (run.method, run.seed, made + 1) not in self._held
        ):
            steps = self._settings.calls - made + 1
            self._push(_Propose(run), PROPOSE_SECONDS + steps * self._typical)

    def _retrain(self, run: _Run) -> None:
        run.state = None
        best = incumbent([self._outcome(trial) for trial in _in_order(run)])
        if best is None:
            return
        for repeat in range(1, self._settings.retrain + 1):
            again = task(Part.TEST, run.seed, best, repeat - 1)
            final = Final(method=run.method, seed=run.seed, repeat=repeat, task=again)
            if (run.method, run.seed, repeat) in self._held_finals:
                self._settle(final)
            else:
                self._request(final)

    def _outcome(self, trial: Trial) -> tuple[Configuration, float | None]:
        return trial.task.configuration, self._done[trial.task.key][1].accuracy

    # Running

    @property
    def unfinished(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._ready)

    def run(self, open_engine: Callable[[], AbstractContextManager[Engine]]) -> None:
        """Do everything that is left; no engine is opened if nothing is.

        Raises
        ------
        StudyError
            If the ledger cannot be written. Everything finished before is in it.
        """
        if not self.unfinished:
            return
        self._tell(0)
        with open_engine() as engine:
            while self._ready or self._running:
                while self._ready and len(self._running) < engine.slots:
                    job = heapq.heappop(self._ready)[2]
                    if not self._stale(job):
                        self._submit(engine, job)
                self._tell(engine.slots)
                for job, outcome in engine.wait() if self._running else ():
                    del self._running[job]
                    self._take(job, outcome)
        self._tell(0)

    def _stale(self, job: Task | _Propose) -> bool:
        return isinstance(job, Task) and (job in self._running or job.key in self._done)

    def _submit(self, engine: Engine, job: Task | _Propose) -> None:
        if isinstance(job, Task):
            self._running[job] = _words(self._waiting[job.key][0])
            engine.submit(job, evaluate, engine.problem, job)
            return
        run = job.run
        told = [self._outcome(trial) for trial in _in_order(run)]
        history = [(c, FAILED_ACCURACY if a is None else a) for c, a in told]
        self._running[job] = f"{run.method} seed {run.seed} proposing call {len(history) + 1}"
        engine.submit(job, propose, run.method, self._method_start(run), history, run.state)

    def _take(self, job: Task | _Propose, outcome: Evaluation | Proposal | Exception) -> None:
        if isinstance(job, _Propose):
            self._proposed(job.run, outcome)
            return
        if not isinstance(outcome, Evaluation):  # its worker died, again and again
            outcome = Evaluation(status=Status.FAILED, reason=type(outcome).__name__)
        self._spent += outcome.seconds
        self._expected += self._problem.expected_seconds(job)
        self._done[job.key] = (job, outcome)
        uses = self._waiting.pop(job.key)
        self._record((job, outcome), uses)
        for use in uses:
            self._settle(use)

    def _proposed(self, run: _Run, outcome: object) -> None:
        earlier = [trial.task.configuration for trial in _in_order(run)]
        if not isinstance(outcome, Proposal):
            call = len(earlier) + 1
            self.errors.append(f"{run.method} seed {run.seed} call {call}: proposing: {outcome}")
            return
        run.state = outcome.state
        self._request(
            self._trial(
                run,
                outcome.configuration,
                earlier,
                duplicate=outcome.duplicate,
                seconds=outcome.seconds,
            )
        )

    # Telling

    def _total(self) -> int:
        return len(self._runs) * (self._settings.calls + self._settings.retrain)

    def _tell(self, slots: int) -> None:
        self._observe(
            Snapshot(
                done=self._finished,
                total=self._total(),
                running=tuple(self._running.values()),
                best=dict(self._best),
                seconds_left=self.seconds_left(max(slots, 1)),
            )
        )

    def seconds_left(self, workers: int) -> float:
        """A forecast: work known of, work still to be chosen, corrected by what was measured."""
        waiting = {job for *_, job in self._ready if not self._stale(job)}
        jobs = [*waiting, *self._running]
        known = [self._problem.expected_seconds(job) for job in jobs if isinstance(job, Task)]
        unknown = self._total() - self._finished - sum(map(len, self._waiting.values()))
        correction = self._spent / self._expected if self._expected > 10 else 1.0
        return (sum(known) + unknown * self._typical) * correction / workers

    def outline(self) -> list[Outline]:
        """A row per method: what would be done, and what the ledger holds."""
        seeds = self._settings.seeds
        return [
            Outline(
                method=method,
                calls=seeds * self._settings.calls,
                calls_held=sum(k[0] == method for k in self._held),
                retrainings=seeds * self._settings.retrain,
                retrainings_held=sum(k[0] == method for k in self._held_finals),
            )
            for method in self._settings.methods
        ]


def incumbent(outcomes: list[tuple[Configuration, float | None]]) -> Configuration | None:
    """The configuration of the best accuracy, the first of equals; None if nothing succeeded."""
    scored = [(c, a) for c, a in outcomes if a is not None]
    return max(scored, key=lambda pair: pair[1])[0] if scored else None


def _in_order(run: _Run) -> list[Trial]:
    return [run.trials[call] for call in sorted(run.trials)]


def _words(use: Trial | Final) -> str:
    what = f"call {use.call}" if isinstance(use, Trial) else f"retraining {use.repeat}"
    return f"{use.method} seed {use.seed} {what}"
