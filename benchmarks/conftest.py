"""What all benchmarks share: their options, quiet machines, and plain numbers."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from study.core.environment import available_cores
from study.data.dataset import Dataset
from study.data.sources import load_dataset
from study.training.registry import make_trainer
from study.training.tensorflow import import_tensorflow


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options after `--` of `nox -s benchmark`."""
    group = parser.getgroup("study")
    group.addoption("--dataset", default="digits", help="digits, mnist, fashion-mnist or a folder")
    group.addoption("--seeds", type=int, default=3, help="seeds of each method")
    group.addoption("--calls", type=int, default=12, help="calls of each run")
    group.addoption(
        "--whole-study", metavar="SEEDS", help="a study of the default size; see docs/speed.md"
    )
    group.addoption("--methods", default="baseline,random,gp,gbrt", help="methods, comma between")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Seeds vary slowest: a machine that drifts hits all methods alike."""
    if {"method", "seed"} <= set(metafunc.fixturenames):
        methods = metafunc.config.getoption("--methods").split(",")
        runs = itertools.product(range(metafunc.config.getoption("--seeds")), methods)
        metafunc.parametrize("method,seed", [(method, seed) for seed, method in runs])


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """The machine in general terms: files may be published."""
    general = {key: machine_info[key] for key in ("system", "machine", "python_version")}
    machine_info.clear()
    machine_info.update(general, cpu={"count": available_cores()})


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Have `pytest-benchmark compare --group-by=param:method` find one in every benchmark."""
    for entry in output_json["benchmarks"]:
        method = entry["extra_info"].get("how", "random")
        entry["params"] = {"method": method} | (entry["params"] or {})


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest-benchmark's own, which saves
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Leave out a benchmark that Ctrl-C broke off: pytest-benchmark would save none at all."""
    benchmarks = session.config._benchmarksession.benchmarks  # type: ignore[attr-defined]
    benchmarks[:] = [benchmark for benchmark in benchmarks if benchmark.stats.data]
    return (yield)


@pytest.fixture(scope="session")
def dataset(request: pytest.FixtureRequest) -> Dataset:
    """The images, with TensorFlow imported and the training compiled before anything is timed."""
    import_tensorflow()
    dataset = load_dataset(request.config.getoption("--dataset"))
    make_trainer("compiled", dataset)
    return dataset


@pytest.fixture(autouse=True)
def facts(request: pytest.FixtureRequest) -> Any:
    """Every benchmark is grouped by dataset, and says on which it ran."""
    benchmark = request.getfixturevalue("benchmark")
    name = request.config.getoption("--dataset").rstrip("/").rpartition("/")[2]
    benchmark.group = f"{request.node.module.__name__.rpartition('test_')[2]} on {name}"
    benchmark.extra_info["dataset"] = name
    return benchmark
