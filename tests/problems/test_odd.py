"""Problems that no search likes: every method makes all its calls, and the study is reported.

A report is written of each kind of problem once, with few methods, for drawing takes seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from study.core.dimensions import Categorical, Integer
from study.core.records import Evaluation, Status, Task
from study.core.settings import Settings
from study.core.space import Configuration, Space
from study.execution.resume import save_metadata
from study.execution.runner import StudyRunner
from study.methods.registry import METHODS, missing_packages
from study.methods.selection import parse_methods
from study.report.study_page import write_report
from study.results import Results, from_ledger, load, write_tables
from study.storage.ledger import Ledger
from tests.toy import DATA, SESSION, SPACE, Toy, in_process

pytestmark = pytest.mark.slow


@dataclass(frozen=True, eq=False)
class Odd(Toy):
    """The toy problem with a score and a space of one's own."""

    score: Callable[[Task], Evaluation] = lambda _: ok(0.5)
    space: Space = SPACE

    def evaluate(self, task: Task) -> Evaluation:
        return self.score(task)

    def expected_seconds(self, task: Task) -> float:
        return 1.0


def ok(accuracy: float) -> Evaluation:
    return Evaluation(status=Status.OK, score=accuracy, size=5, initial_loss=2.3, seconds=0.001)


def studied(folder: Path, settings: Settings, toy: Odd) -> Results:
    """Run the study to its end, write everything, and count what must be there."""
    with Ledger(folder / "study.db") as ledger:
        save_metadata(ledger, settings, toy, DATA, parse_methods(settings.methods))
        ledger.begin_session(SESSION)
        runner = StudyRunner(toy, settings, ledger)
        runner.run(in_process(toy))
        results = from_ledger(folder, ledger, runner.errors)
    write_tables(results)
    if settings.methods == FEW:
        write_report(results)
    assert runner.errors == []
    assert results.finished
    assert (results.trials.groupby(["method", "seed"]).size() == settings.calls).all()
    assert len(results.trials) == len(settings.methods) * settings.seeds * settings.calls
    assert set(results.trials["status"]) <= set(Status)
    load(folder)  # what was written is accepted again
    return results


FEW = ("baseline", "random", "gp")
ALL = tuple(name for name in METHODS if not missing_packages(METHODS[name]))
few_or_all = pytest.mark.parametrize("methods", [FEW, ALL], ids=["reported", "all methods"])


def settings(**changed: Any) -> Settings:
    usual: dict[str, Any] = {"seeds": 1, "calls": 7, "initial_points": 5, "retrain": 1}
    return Settings(**usual | {"methods": ALL} | changed)


@pytest.mark.parametrize(("accuracy", "methods"), [(0.0, FEW), (0.0, ALL), (1.0, ALL)])
def test_a_constant_objective(tmp_path: Path, accuracy: float, methods: tuple[str, ...]) -> None:
    chosen = settings(seeds=2, methods=methods)
    results = studied(tmp_path, chosen, Odd(score=lambda _: ok(accuracy)))
    assert (results.trials["validation_accuracy"] == accuracy).all()
    assert (results.comparisons["mean_difference"] == 0).all()
    assert (results.comparisons["verdict"] == "tied").all()


NUMBERS = Integer(name="x", low=1, high=3)
CHOICES = Categorical(name="x", choices=("1", "2", "3"))


@pytest.mark.parametrize(
    ("dimension", "initial", "methods"),
    [(NUMBERS, 1, ALL), (CHOICES, 1, ALL), (CHOICES, 5, FEW), (CHOICES, 5, ALL)],
)
def test_a_space_of_three_points_and_twelve_calls(
    tmp_path: Path, dimension: Categorical | Integer, initial: int, methods: tuple[str, ...]
) -> None:
    space = Space((dimension,))
    point: Configuration = {"x": "2" if isinstance(dimension, Categorical) else 2}
    toy = Odd(
        space=space,
        default=point,
        baseline=point,
        score=lambda task: ok(float(task.configuration["x"]) / 10),
    )
    results = studied(tmp_path, settings(calls=12, initial_points=initial, methods=methods), toy)
    repeated = results.trials.duplicated(["method", "seed", "x"])
    assert results.trials["duplicate"][repeated].all()
    learners = [name for name in ("gp", "gbrt", "forest") if name in methods]
    learned = results.summary.set_index("method").loc[learners]
    assert (learned["validation_accuracy"] == 0.3).all()
    assert results.valid


@pytest.mark.parametrize(
    "changed",
    [
        {"calls": 1, "initial_points": 1},
        {"calls": 1, "initial_points": 1, "methods": FEW},
        {"seeds": 2, "calls": 5},
        {"calls": 4, "initial_points": 1},
    ],
    ids=str,
)
def test_the_smallest_budgets(tmp_path: Path, changed: dict[str, Any]) -> None:
    studied(tmp_path, settings(**changed), Odd(score=lambda task: ok(units(task) / 50)))


def units(task: Task) -> float:
    return float(task.configuration["units"])


def fails(_: Task) -> Evaluation:
    raise ValueError("=1+1\n[red]<b>")


def diverges(_: Task) -> Evaluation:
    return Evaluation(status=Status.DIVERGED, reason="training loss nan", initial_loss=2.3)


def of_accuracy(accuracy: float) -> Callable[[Task], Evaluation]:
    return lambda _: ok(accuracy)


@pytest.mark.parametrize(
    ("score", "status", "reason"),
    [
        (fails, "failed", "ValueError: =1+1 [red]<b>"),
        (diverges, "diverged", "training loss nan"),
        (of_accuracy(float("nan")), "failed", "ValueError: score is nan: it must lie"),
        (of_accuracy(float("inf")), "failed", "ValueError: score is inf: it must lie"),
        (of_accuracy(1e300), "failed", "ValueError: score is 1e+300: it must lie"),
    ],
    ids=["failing", "diverging", "nan", "inf", "large"],
)
def test_nothing_but_failures(
    tmp_path: Path, score: Callable[[Task], Evaluation], status: str, reason: str
) -> None:
    methods = FEW if score is fails else ALL
    results = studied(tmp_path, settings(methods=methods), Odd(score=score))
    assert (results.trials["status"] == status).all()
    assert results.trials["reason"].str.startswith(reason).all()
    assert results.finals.empty
    assert len(results.failures) == len(results.trials)
    assert not results.valid


@few_or_all
def test_half_of_the_evaluations_fail(tmp_path: Path, methods: tuple[str, ...]) -> None:
    def half(task: Task) -> Evaluation:
        return ok(units(task) / 50) if task.training_seed % 2 else fails(task)

    chosen = settings(seeds=2, calls=9, methods=methods)
    results = studied(tmp_path, chosen, Odd(score=half))
    assert set(results.trials["status"]) == {"ok", "failed"}
    assert results.trials["incumbent_accuracy"].max() > 0


# At 1e-300 an improvement is so many standard deviations of the trees that its square overflows;
# the density there is 0, as it should be.
@pytest.mark.filterwarnings("ignore:overflow encountered in square:RuntimeWarning")
@pytest.mark.parametrize(
    ("scale", "methods"), [(5e-324, FEW), (1e-300, FEW), (1e-300, ALL), (1e-16, ALL), (1e-9, ALL)]
)
def test_accuracies_that_hardly_differ(
    tmp_path: Path, scale: float, methods: tuple[str, ...]
) -> None:
    toy = Odd(score=lambda task: ok(units(task) * scale))
    results = studied(tmp_path, settings(methods=methods), toy)
    assert (results.trials["status"] == "ok").all()


def test_a_problem_that_counts_neither_parameters_nor_seconds(tmp_path: Path) -> None:
    def bare(task: Task) -> Evaluation:
        return Evaluation(status=Status.OK, score=units(task) / 50)

    results = studied(tmp_path, settings(methods=FEW), Odd(score=bare))
    assert results.trials["parameters"].isna().all()
