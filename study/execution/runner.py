"""The flow of a study: designs, searches, retrainings, as independent as they can be.

Nothing here trains or proposes: `engine` does. The runner decides what is next, and nothing is
next before what is finished is in the ledger.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.core.memory import collecting_later
from study.core.records import Evaluation, Final, Part, Status, Task, Trial, task
from study.core.settings import Settings
from study.core.space import Configuration
from study.execution.executor import Engine
from study.execution.runs import (
    FINAL_PARTS,
    Run,
    designed_calls,
    incumbent,
    known_beforehand,
    retrainings,
    start,
    trial,
)
from study.methods.propose import Proposal, propose
from study.methods.selection import Chosen, choose_all
from study.problems.network import Evaluator, evaluate
from study.storage.ledger import Ledger

PROPOSE_SECONDS = 0.3  # what a proposal takes, roughly


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """How far a study is, for whoever watches."""

    workers: int
    """How many jobs can run at once; 0 before and after."""
    done: int
    """Calls and retrainings finished, of `total`."""
    total: int
    running: tuple[str, ...]
    """What is being done right now, in words."""
    best: dict[str, float]
    """Best score so far, by method."""
    seconds_left: float


@dataclass(frozen=True, kw_only=True)
class Extra:
    """An evaluation that belongs to no run, such as that of somebody's claim."""

    name: str
    task: Task
    how: Callable[[Any, Task], Evaluation] = evaluate
    """Called with the problem and the task, wherever there is a free worker."""
    seconds: float | None = None
    """About how long it takes, if not what the problem expects."""


Use = Trial | Final | Extra
"""What an evaluation is made for."""


@dataclass(frozen=True, eq=False)
class _Propose:
    run: Run


class Flow:
    """One study on its way. Making one plans and writes nothing; `run` finishes the study."""

    @collecting_later()
    def __init__(
        self,
        problem: Evaluator,
        settings: Settings,
        ledger: Ledger,
        observe: Callable[[Snapshot], None] = lambda _: None,
        *,
        extras: Sequence[Extra] = (),
        methods: Mapping[str, Chosen] | None = None,
    ) -> None:
        self._problem, self._settings = problem, settings
        self._ledger, self._observe = ledger, observe
        with ledger.unchanging():
            self._done = ledger.evaluations()
            self._held = {(t.method, t.seed, t.call): t for t in ledger.trials(self._done)}
            self._held_finals = {_place(final) for final in ledger.finals(self._done)}
        self._fresh: list[tuple[Task, Evaluation]] = []  # not in the ledger yet
        self._unrecorded: list[Use] = []  # nor are these
        self._waiting: dict[str, list[Use]] = defaultdict(list)  # by key of their task
        self._extras = {extra.task.key: extra for extra in extras}
        self._ready: list[tuple[float, int, Task | _Propose]] = []  # a heap, most urgent first
        self._numbers = itertools.count()
        self._running: dict[Task | _Propose, str] = {}
        self._finished = 0
        self._best: dict[str, float] = {}
        self._spent = self._expected = 0.0  # seconds, of what was evaluated by this flow
        self._ahead = 0.0  # expected seconds of what is waited for
        self._uses = 0  # of what is waited for
        self._typical = self._typical_seconds()
        self.errors: list[str] = []
        """Searches that broke off, in words."""
        chosen = methods or choose_all(settings.methods)
        self._runs = {
            (name, seed): Run(chosen[name], seed)
            for seed in range(settings.seeds)
            for name in settings.methods
        }
        for run in self._runs.values():
            self._begin(run)
        for extra in extras:
            if extra.task.key in self._done:
                self._settle(extra)
            else:
                self._request(extra)

    @property
    def unfinished(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._ready or self._unrecorded)

    def run(self, open_engine: Callable[[], AbstractContextManager[Engine]]) -> None:
        """Do everything that is left; no engine is opened if nothing is to be evaluated.

        Raises
        ------
        StudyError
            If the ledger cannot be written. Everything finished before is in it.
        """
        self._flush()
        if not self._ready:
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
                self._flush()
        self._tell(0)

    # What is next

    def _begin(self, run: Run) -> None:
        """Take over what is held, and ask for everything that can be known beforehand."""
        known = known_beforehand(self._problem, self._settings, run)
        for call in range(1, self._settings.calls + 1):
            if held := self._held.get((run.method, run.seed, call)):
                self._settle(held)
            elif call <= len(known):
                self._request(trial(run, known[: call - 1], known[call - 1]))
        if not known and not run.trials:
            self._advance(run)

    def _request(self, use: Use) -> None:
        """Have what `use` needs evaluated, unless it is known or on its way."""
        key = use.task.key
        if key in self._done:
            self._unrecorded.append(use)
            self._settle(use)
            return
        expected = self._expected_seconds(use.task)
        if key not in self._waiting:
            self._ahead += expected
        self._waiting[key].append(use)
        self._uses += 1
        # The most urgent of its uses counts; the other entries are stale when they come up.
        self._push(use.task, expected + self._after(use))

    def _after(self, use: Use) -> float:
        """Seconds of work that can only follow `use`: the longest chains start first."""
        if not isinstance(use, Trial):
            return 0.0
        run = self._runs[use.method, use.seed]
        chosen = max(use.call, designed_calls(run, self._settings))
        steps = self._settings.calls - chosen if run.learns else 0
        return (steps + 1) * self._typical

    def _push(self, job: Task | _Propose, urgency: float) -> None:
        heapq.heappush(self._ready, (-urgency, next(self._numbers), job))

    def _stale(self, job: Task | _Propose) -> bool:
        return isinstance(job, Task) and (job in self._running or job.key in self._done)

    def _settle(self, use: Use) -> None:
        """Count a use whose evaluation is known, and go on from it."""
        self._finished += 1
        outcome = self._done[use.task.key][1]
        if isinstance(use, Extra) and outcome.status is not Status.OK:
            self.errors.append(f"{use.name}: {outcome.status}, {outcome.reason}")
        if not isinstance(use, Trial):
            return
        run = self._runs[use.method, use.seed]
        run.trials[use.call] = use
        if outcome.score is not None:
            best = self._best.get(use.method, outcome.score)
            self._best[use.method] = max(outcome.score, best)
        self._advance(run)

    def _advance(self, run: Run) -> None:
        """Retrain the winner of a finished run, or ask a search for its next call."""
        made, calls = len(run.trials), self._settings.calls
        if made == calls:
            self._retrain(run)
        elif (
            run.learns
            and made >= designed_calls(run, self._settings)
            and (run.method, run.seed, made + 1) not in self._held
        ):
            self._push(_Propose(run), PROPOSE_SECONDS + (calls - made + 1) * self._typical)

    def _retrain(self, run: Run) -> None:
        run.state = None
        winner = incumbent(self._outcomes(run))
        if winner is None:
            return
        for final in retrainings(run, self._settings, winner):
            if _place(final) in self._held_finals:
                self._settle(final)
            else:
                self._request(final)

    def _outcomes(self, run: Run) -> list[tuple[Configuration, float | None]]:
        tasks = [run.trials[call].task for call in sorted(run.trials)]
        return [(task.configuration, self._done[task.key][1].score) for task in tasks]

    # Doing it

    def _submit(self, engine: Engine, job: Task | _Propose) -> None:
        if isinstance(job, Task):
            self._running[job] = _words(self._waiting[job.key][0])
            extra = self._extras.get(job.key)
            engine.submit(job, extra.how if extra else evaluate, engine.problem, job)
            return
        run = job.run
        outcomes = self._outcomes(run)
        told = self._problem.objective.penalised([score for _, score in outcomes])
        history = [(c, score) for (c, _), score in zip(outcomes, told, strict=True)]
        self._running[job] = f"{run.method} seed {run.seed} proposing call {len(history) + 1}"
        begin = start(self._problem, self._settings, run)
        engine.submit(job, propose, run.chosen, begin, history, run.state)

    def _take(self, job: Task | _Propose, outcome: object) -> None:
        if isinstance(job, _Propose):
            self._proposed(job.run, outcome)
        else:
            self._evaluated(job, outcome)

    def _evaluated(self, job: Task, outcome: object) -> None:
        if not isinstance(outcome, Evaluation):
            reason = f"{type(outcome).__name__}: {outcome}"
            outcome = Evaluation(status=Status.FAILED, reason=reason)
        self._spent += outcome.seconds
        expected = self._expected_seconds(job)
        self._expected += expected
        self._ahead -= expected
        self._done[job.key] = (job, outcome)
        self._fresh.append((job, outcome))
        uses = self._waiting.pop(job.key)
        self._uses -= len(uses)
        self._unrecorded += uses
        for use in uses:
            self._settle(use)

    def _proposed(self, run: Run, outcome: object) -> None:
        earlier = run.configurations()
        if not isinstance(outcome, Proposal):
            self._break_off(run, f"proposing: {outcome}")
            return
        if outcome.configuration not in self._problem.space:
            self._break_off(run, f"proposed {outcome.configuration}, outside the space")
            return
        run.state = outcome.state
        self._request(
            trial(
                run,
                earlier,
                outcome.configuration,
                duplicate=outcome.duplicate,
                propose_seconds=outcome.seconds,
            )
        )

    def _break_off(self, run: Run, why: str) -> None:
        call = len(run.trials) + 1
        self.errors.append(f"{run.method} seed {run.seed} call {call}: {why}")

    def _flush(self) -> None:
        """Write down what is finished, before anything else begins."""
        if self._fresh or self._unrecorded:
            trials = [use for use in self._unrecorded if isinstance(use, Trial)]
            finals = [use for use in self._unrecorded if isinstance(use, Final)]
            self._ledger.record(self._fresh, trials, finals)
            self._fresh, self._unrecorded = [], []

    # Telling

    def _tell(self, slots: int) -> None:
        self._observe(
            Snapshot(
                workers=slots,
                done=self._finished,
                total=self._total(),
                running=tuple(self._running.values()),
                best=dict(self._best),
                seconds_left=self.seconds_left(max(slots, 1)),
            )
        )

    def _total(self) -> int:
        each = self._settings.calls + len(FINAL_PARTS) * self._settings.retrain
        return len(self._runs) * each + len(self._extras)

    def seconds_left(self, workers: int) -> float:
        """A forecast: work known of, work still to be chosen, corrected by what was measured."""
        unknown = self._total() - self._finished - self._uses
        correction = self._spent / self._expected if self._expected > 10 else 1.0
        return max(0.0, self._ahead + unknown * self._typical) * correction / workers

    def _expected_seconds(self, wanted: Task) -> float:
        extra = self._extras.get(wanted.key)
        return (extra and extra.seconds) or self._problem.expected_seconds(wanted)

    def _typical_seconds(self) -> float:
        """Mean expected seconds over the space."""
        rng = np.random.default_rng(0)
        drawn = [self._problem.space.sample(rng) for _ in range(200)]
        tasks = [task(Part.VALIDATION, 0, configuration, 0) for configuration in drawn]
        return float(np.mean([self._problem.expected_seconds(t) for t in tasks]))

    def held(self, method: str) -> tuple[int, int]:
        """How many calls and retrainings of a method the ledger held at the start."""
        calls = sum(key[0] == method for key in self._held)
        return calls, sum(key[0] == method for key in self._held_finals)


def _place(final: Final) -> tuple[str, int, str, int]:
    """What tells a retraining from all others."""
    return final.method, final.seed, final.task.part, final.repeat


def _words(use: Use) -> str:
    if isinstance(use, Extra):
        return use.name
    if isinstance(use, Trial):
        return f"{use.method} seed {use.seed} call {use.call}"
    again = "retraining" if use.task.part is Part.TEST else "measuring again"
    return f"{use.method} seed {use.seed} {again} {use.repeat}"
