"""How long a study still takes."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from study.core.records import RETRAINING_KINDS, Evaluation, EvaluationKind, Task, make_task
from study.core.settings import Settings
from study.execution.durations import Durations
from study.execution.progress import ExtraEvaluation
from study.problems.base import Evaluator

PROPOSE_SECONDS = 0.3  # what a proposal takes, roughly
MEASURED = 5  # evaluations after which what was measured counts
RECENT = 50  # proposals whose mean stands for the next ones: they take longer and longer
JOB_SECONDS = 0.5  # what a job is worth taking, as each costs some 10 ms to hand out
LARGEST_BLOCK = 500
WINNER = 1.25  # times the mean: what a winner takes to evaluate, unless more is known
DRAWS = 200  # configurations whose mean stands for what is not chosen yet


class ProposalTimes:
    """What proposals take, by method: as measured lately, or in another study."""

    def __init__(self, remembered: Mapping[str, float]) -> None:
        self._remembered = remembered
        self._measured: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=RECENT))

    def add(self, method: str, seconds: float) -> None:
        """Take note of one."""
        self._measured[method].append(seconds)

    def means(self) -> dict[str, float]:
        """Mean seconds of the latest ones, of the methods that made any here."""
        return {method: float(np.mean(own)) for method, own in self._measured.items()}

    def expected(self, method: str) -> float:
        """Seconds of the next one; of a method that nothing is known of, as of the others."""
        means = self.means()
        known = {**self._remembered, **means}
        others = float(np.mean(list(means.values()))) if means else PROPOSE_SECONDS
        return known.get(method, others)


class EvaluationTimes:
    """What evaluations took, by kind, beside what was expected of them."""

    def __init__(self) -> None:
        self._kinds: dict[EvaluationKind, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])

    def add(self, kind: EvaluationKind, seconds: float, expected: float) -> None:
        """Take note of one."""
        for place, value in enumerate((1, seconds, expected)):
            self._kinds[kind][place] += value

    def count(self, *kinds: EvaluationKind) -> int:
        """How many there are of these kinds, or of all."""
        return int(sum(self._kinds[kind][0] for kind in kinds or self._kinds))

    @property
    def seconds(self) -> float:
        """What all took."""
        return sum(seconds for _, seconds, _ in self._kinds.values())

    @property
    def expected(self) -> float:
        """What was expected of all."""
        return sum(expected for *_, expected in self._kinds.values())

    def means(self) -> dict[EvaluationKind, float]:
        """Mean seconds by kind."""
        return {kind: took / count for kind, (count, took, _) in self._kinds.items() if count}


class Incumbents:
    """What runs would have retrained if they ended now."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, int], str] = {}
        self._seconds: dict[str, dict[EvaluationKind, float]] = {}

    def note(self, method: str, task: Task, expected_seconds: Callable[[Task], float]) -> None:
        """Take over the new incumbent of a method at the task's seed."""
        seed = task.seed or 0
        again = {kind: make_task(kind, seed, task.configuration, 0) for kind in RETRAINING_KINDS}
        key = again[RETRAINING_KINDS[0]].key
        self._tasks[method, seed] = key
        if key not in self._seconds:
            self._seconds[key] = {kind: expected_seconds(one) for kind, one in again.items()}

    @property
    def distinct_share(self) -> float | None:
        """How many there will be, as a share of the runs; None if nothing is known yet.

        Half-way between those that there are and one of each run: searches still find others.
        """
        if not self._tasks:
            return None
        return (1 + len(set(self._tasks.values())) / len(self._tasks)) / 2

    def expected_seconds(self, kind: EvaluationKind) -> float | None:
        """What one takes on average; None if there are none yet."""
        keys = sorted(set(self._tasks.values()))
        return float(np.mean([self._seconds[key][kind] for key in keys])) if keys else None


class Forecast:
    """Work known of, and work still to be chosen, by what was measured of its kind."""

    def __init__(
        self,
        problem: Evaluator,
        settings: Settings,
        extras: Iterable[ExtraEvaluation],
        done: Iterable[tuple[Task, Evaluation]],
        remembered: Durations | None = None,
    ) -> None:
        runs = settings.seeds * len(settings.methods)
        self._total = Counter(extra.task.kind for extra in extras)
        self._total[EvaluationKind.VALIDATION] += runs * settings.calls
        for kind in RETRAINING_KINDS:
            self._total[kind] += runs * settings.retrain
        self._finished = Counter[EvaluationKind]()
        self._waiting = Counter[EvaluationKind]()  # consumers of what is waited for
        self._problem, self._remembered = problem, remembered
        self._known = {extra.task.key: extra.seconds for extra in extras if extra.seconds}
        self._pending_seconds = 0.0  # expected, of what is waited for
        self._measured = EvaluationTimes()
        self._incumbents = Incumbents()
        self._proposals = ProposalTimes(remembered.proposals if remembered else {})
        for task, evaluation in done:
            self._learn(task, evaluation)
        self.busy_seconds = 0.0
        """What evaluations and proposals took since workers are there, added up."""
        self.proposals_left = Counter[str]()
        """By method."""
        rng = np.random.default_rng(0)
        drawn = [problem.space.sample(rng) for _ in range(DRAWS)]
        tasks = [make_task(EvaluationKind.VALIDATION, 0, point, 0) for point in drawn]
        self.typical_seconds = float(np.mean([self.expected_seconds(task) for task in tasks]))
        """Expected seconds of an evaluation: the mean over the space."""

    @property
    def total(self) -> int:
        """Calls, retrainings and other evaluations of the study."""
        return self._total.total()

    @property
    def finished(self) -> int:
        """How many of them are."""
        return self._finished.total()

    def expected_seconds(self, task: Task) -> float:
        """Roughly what an evaluation takes."""
        return self._known.get(task.key) or self._problem.expected_seconds(task)

    def add(self, kind: EvaluationKind, number: int = 1) -> None:
        """Count more evaluations that are to be made."""
        self._total[kind] += number

    def finish(self, task: Task) -> None:
        """Count a finished consumer."""
        self._finished[task.kind] += 1

    def wait_for(self, task: Task, *, new: bool) -> None:
        """Count one more consumer of an evaluation that is waited for, or `new` among these."""
        self._waiting[task.kind] += 1
        if new:
            self._pending_seconds += self.expected_seconds(task)

    def measure(self, task: Task, evaluation: Evaluation, consumers: int) -> None:
        """Take note of an evaluation that so many waited for."""
        self._waiting[task.kind] -= consumers
        self._pending_seconds -= self.expected_seconds(task)
        self.busy_seconds += evaluation.seconds
        self._learn(task, evaluation)

    def _learn(self, task: Task, evaluation: Evaluation) -> None:
        """Take note of what an evaluation took, be it in an earlier session."""
        self._measured.add(task.kind, evaluation.seconds, self.expected_seconds(task))

    def note_incumbent(self, method: str, task: Task) -> None:
        """Take note of what a run found best so far."""
        self._incumbents.note(method, task, self.expected_seconds)

    def measure_proposal(self, method: str, seconds: float) -> None:
        """Take note of what a proposal took."""
        self.busy_seconds += seconds
        self._proposals.add(method, seconds)

    @property
    def is_measured(self) -> bool:
        """Whether enough is known for an estimate."""
        return self._measured.count() >= MEASURED

    @property
    def block_size(self) -> int:
        """How many evaluations make a job worth its way to a worker: one, unless they are short."""
        if not self.is_measured:
            return 1
        mean = self._measured.seconds / self._measured.count()
        mean = max(mean, JOB_SECONDS / LARGEST_BLOCK)
        return max(1, int(JOB_SECONDS / mean))

    @property
    def _correction(self) -> float:
        """By how much what is expected is wrong."""
        if self.is_measured and self._measured.expected:
            return self._measured.seconds / self._measured.expected
        return self._remembered_share(EvaluationKind.VALIDATION) or 1.0

    def _remembered_share(self, kind: EvaluationKind) -> float | None:
        return self._remembered.shares.get(kind) if self._remembered else None

    def _mean_seconds(self, kind: EvaluationKind) -> float:
        """Of an evaluation of that kind that is not chosen yet.

        The mean of those that are made would be too high: the longest are made first.
        """
        mean = self.typical_seconds * self._correction
        if kind is EvaluationKind.VALIDATION:
            return mean
        share, first = (self._remembered_share(k) for k in (kind, EvaluationKind.VALIDATION))
        if share and first:
            return mean * share / first
        incumbents = self._incumbents.expected_seconds(kind) if kind in RETRAINING_KINDS else None
        return mean * WINNER if incumbents is None else incumbents * self._correction

    def _distinct_share(self, kind: EvaluationKind) -> float:
        """How many evaluations a consumer that is not known yet will ask for: 1, if not shared."""
        if kind not in RETRAINING_KINDS:
            return 1.0
        asked = sum(self._finished[k] for k in RETRAINING_KINDS)
        if asked >= MEASURED:
            return min(1.0, self._measured.count(*RETRAINING_KINDS) / asked)
        remembered = self._remembered.distinct if self._remembered else None
        return remembered or self._incumbents.distinct_share or 1.0

    def durations(self, start: float, pace: float) -> Durations | None:
        """What other studies may go by; None if too little was measured."""
        if not self.is_measured:
            return None
        means = self._measured.means()
        return Durations(
            shares={str(kind): mean / self.typical_seconds for kind, mean in means.items()},
            proposals=self._proposals.means(),
            distinct=self._distinct_share(RETRAINING_KINDS[0]),
            start=start,
            pace=pace,
        )

    def seconds_of_work(self) -> float:
        """What is left, for one worker that does nothing else."""
        unknown = {k: self._total[k] - self._finished[k] - self._waiting[k] for k in self._total}
        evaluating = sum(
            count * self._mean_seconds(kind) * self._distinct_share(kind)
            for kind, count in unknown.items()
        )
        proposing = sum(
            count * self._proposals.expected(method)
            for method, count in self.proposals_left.items()
        )
        pending = max(0.0, self._pending_seconds) * self._correction
        return pending + evaluating + proposing
