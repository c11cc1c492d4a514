"""A problem that takes no time, for tests of everything but training."""

import contextlib
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.core.dimensions import Categorical, Integer, Real
from study.core.objective import ACCURACY
from study.core.records import (
    Evaluation,
    EvaluationKind,
    Retraining,
    Status,
    Task,
    Trial,
    make_task,
)
from study.core.settings import Settings
from study.core.space import Configuration, Space
from study.core.study_info import Count, DataInfo, ProblemInfo, ProblemWords, Session, StudyInfo
from study.execution.executor import Executor, InProcessExecutor
from study.execution.resume import save_metadata
from study.execution.runner import StudyRunner
from study.methods.selection import describe_methods, parse_methods
from study.results import Results, from_ledger, write_tables
from study.storage import frames
from study.storage.ledger import Ledger
from study.storage.rows import Evaluations

Frames = tuple[pd.DataFrame, pd.DataFrame]

NO_TRACE = frames.trace_frame([], [], {}, [])

DATA = DataInfo(dataset="toy", source="made up")
SESSION = Session(began="2026-01-01T00:00:00+00:00", workers=1, versions={"numpy": "2.0"})
SETTINGS = Settings(
    seeds=2, calls=7, initial_points=3, retrain=2, methods=("baseline", "random", "gp", "forest")
)


SPACE = Space(
    (
        Real(name="rate", low=1e-4, high=1e-1, log=True),
        Integer(name="units", low=1, high=40),
        Categorical(name="kind", choices=("relu", "sigmoid")),
    )
)


@dataclass(frozen=True, eq=False)
class Toy:
    """Accuracy peaks at rate 0.01 and 30 units; a little noise comes from the training seed."""

    before: Callable[[Task], None] = lambda _: None
    """Called first; may raise."""
    seconds: float = 0.02
    """What an evaluation says that it took."""
    evaluated: list[str] = field(default_factory=list)
    """Keys of all tasks, in order."""

    space = SPACE
    objective = ACCURACY
    default: Configuration = field(
        default_factory=lambda: {"rate": 0.001, "units": 10, "kind": "relu"}
    )
    baseline: Configuration = field(
        default_factory=lambda: {"rate": 0.001, "units": 2, "kind": "relu"}
    )

    def warm_up(self) -> None:
        """Nothing to prepare."""

    def evaluate(self, task: Task) -> Evaluation:
        self.evaluated.append(task.key)
        self.before(task)
        rate, units = float(task.configuration["rate"]), int(task.configuration["units"])
        noise = np.random.default_rng(task.training_seed).normal(0, 0.002)
        miss = (math.log10(rate) + 2) ** 2 / 20 + ((units - 30) / 40) ** 2 / 5
        accuracy = max(0.0, 0.98 - miss + noise)
        return Evaluation(
            status=Status.OK,
            score=accuracy,
            size=10 * units,
            initial_loss=2.3,
            losses=(2.0, 1.0),
            accuracies=(0.5, accuracy) if task.kind is EvaluationKind.VALIDATION else (),
            seconds=self.seconds,
        )

    def expected_seconds(self, task: Task) -> float:
        return float(task.configuration["units"])

    def describe(self) -> ProblemInfo:
        return ProblemInfo(
            name="toy",
            fingerprint="0123456789abcdef",
            facts={"epochs": 1},
            classes=10,
            words=ProblemWords(
                subject="dataset",
                description="100 training images (15 of them validate), 20 test images; 1 epoch",
                detail="1 epoch",
                work="train",
                judged="retrained on all training images and scored on the test images",
            ),
            objective=ACCURACY,
            space=self.space.dimensions,
            default=self.default,
            baseline=self.baseline,
        )


def in_process(toy: Toy) -> Callable[[], AbstractContextManager[Executor]]:
    return lambda: nullcontext(InProcessExecutor(toy))


def points(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Everything of the trials and finals but the time that proposing took."""
    done = ledger.evaluations()
    trials = [
        (t.method, t.seed, t.call, t.task.key, t.duplicate, done[t.task.key][1].score)
        for t in ledger.trials(done)
    ]
    finals = [(f.method, f.seed, f.repeat, f.task.key) for f in ledger.finals(done)]
    return trials + finals


def evaluations(folder: Path) -> int:
    """How many of them a results folder's ledger holds."""
    with Ledger(folder / "study.db", create=False) as ledger:
        return len(ledger.evaluations())


def stopping_at(number: int) -> Callable[[Task], None]:
    """Interrupts before the evaluation of that number, from 0."""
    left = [number]

    def interrupt(_: Task) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    return interrupt


def study_in(
    folder: Path,
    before: Callable[[Task], None] = lambda _: None,
    settings: Settings = SETTINGS,
) -> Results:
    """A study of the toy problem, or the rest of it.

    `before` is called with each task, and may raise.
    """
    folder.mkdir(exist_ok=True)
    toy = Toy(before=before)
    with Ledger(folder / "study.db") as ledger:
        save_metadata(ledger, settings, toy, DATA, parse_methods(settings.methods))
        ledger.begin_session(SESSION)
        runner = StudyRunner(toy, settings, ledger)
        with contextlib.suppress(KeyboardInterrupt):
            runner.run(in_process(toy))
        results = from_ledger(folder, ledger, runner.errors)
    write_tables(results)
    return results


def two_methods() -> Frames:
    """Trials and finals of two methods at two seeds, three calls each; the first is shared."""
    done: Evaluations = {}
    trials: list[Trial] = []
    scores: dict[tuple[str, int], list[float | None]] = {
        ("gp", 0): [0.5, None, 0.7],
        ("gp", 1): [0.6, 0.9, 0.8],
        ("random", 0): [0.5, 0.4, 0.45],
        ("random", 1): [0.6, 0.5, 0.7],
    }

    def evaluated(
        part: EvaluationKind, seed: int, n: int, repeat: int, accuracy: float | None, **more: Any
    ) -> Task:
        failed = {"status": Status.FAILED, "reason": "ValueError: no"}
        ok = {"status": Status.OK, "size": 10, "initial_loss": 2.3}
        wanted = make_task(part, seed, {"n": n}, repeat)
        how = (failed if accuracy is None else ok) | more
        done.setdefault(wanted.key, (wanted, Evaluation(score=accuracy, **how)))
        return wanted

    for number, ((method, seed), accuracies) in enumerate(scores.items()):
        for call, accuracy in enumerate(accuracies, 1):
            n = 1 if call == 1 else 10 * number + call
            wanted = evaluated(EvaluationKind.VALIDATION, seed, n, 0, accuracy, seconds=float(call))
            trials.append(
                Trial(method=method, seed=seed, call=call, task=wanted, propose_seconds=0.5)
            )
    finals = []
    tested = {("gp", 0): 0.6, ("gp", 1): 0.8, ("random", 0): 0.5, ("random", 1): 0.7}
    winners = {("gp", 0): 3, ("gp", 1): 12, ("random", 0): 1, ("random", 1): 33}
    for number, (run, accuracy) in enumerate(tested.items()):
        for part, better in ((EvaluationKind.TEST, 0.0), (EvaluationKind.REEVALUATED, 0.05)):
            for repeat, delta in ((1, -0.01), (2, 0.01)):
                wanted = evaluated(
                    *(part, run[1], winners[run], repeat, accuracy + better + delta),
                    size=100 * (number + 1),
                )
                finals.append(Retraining(method=run[0], seed=run[1], repeat=repeat, task=wanted))
    designed = {"random": 1, "gp": 1}
    return (
        frames.trial_frame(trials[::-1], done, designed, space=[Integer(name="n", low=0, high=99)]),
        frames.retraining_frame(finals[::-1], done, list(designed)),
    )


def make_info(**changes: Any) -> StudyInfo:
    """What study.json says of a finished study of the toy problem."""
    settings = changes.pop("settings", SETTINGS)
    methods = describe_methods(parse_methods(settings.methods))
    runs = len(settings.methods) * settings.seeds
    done = {
        "finished": True,
        "calls": Count(done=runs * settings.calls, of=runs * settings.calls),
        "retrainings": Count(done=runs * settings.retrain * 2, of=runs * settings.retrain * 2),
        "evaluated": {"validation": runs * settings.calls, "test": runs * settings.retrain},
        "settings": settings,
        "methods": methods,
        "problem": Toy().describe(),
        "data": DATA,
        "command": "study compare --dataset toy",
        "seconds": 1.0,
        "sessions": [SESSION],
    }
    return StudyInfo(**done | changes)
