"""Imports run one way, and what is slow to import is imported late."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import study

PACKAGE = Path(study.__file__).parent
LAYERS = [
    {"errors", "vectors"},
    {"settings", "space", "wording", "loading", "adam"},
    {"files", "trials", "paired", "benchmarks", "packages", "objective", "memory", "layout"},
    {"datasets", "methods", "skopt_compat", "optuna_search", "claims", "first_layer"},
    {"chosen"},
    {"network", "frames", "proposing", "steps"},
    {"training", "analysis", "inspection"},
    {"own", "problems", "validity"},
    {"functions"},
    {"catalogue", "own_keras"},
    {"ledger", "workers", "runs"},
    {"cluster"},
    {"engine"},
    {"runner", "planning"},
    {"results", "answer"},
    {"recovery", "rows"},
    {"drawing"},
    {"plots", "plots_effort", "plots_claims", "plots_benchmarks"},
    {"figures"},
    {"report"},
    {"api", "benchmark_report"},
    {"replicate", "display"},
    {"tables"},
    {"cli"},
    {"__init__", "__main__"},
]


def imported(path: Path) -> set[str]:
    """Modules of the package that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "study":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("study."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("study.")}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_imports_go_down_the_layers_only(path: Path) -> None:
    (own,) = [number for number, layer in enumerate(LAYERS) if path.stem in layer]
    below = set().union(*LAYERS[:own])
    same = LAYERS[own] - {path.stem} if path.stem in {"methods", "datasets"} else set()
    assert imported(path) <= below | same


SLOW = (
    *("tensorflow", "keras", "skopt", "sklearn", "optuna", "torch"),
    *("seaborn", "matplotlib", "pandas", "distributed"),
)


def loaded(code: str) -> set[str]:
    """Which slow packages a new interpreter has imported after running `code`."""
    script = f"{code}\nimport sys\nprint(*[m for m in {SLOW!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300
    )
    return set(run.stdout.split("\n")[-2].split())


def test_importing_the_package_loads_nothing_slow() -> None:
    assert loaded("import study") == set()


@pytest.mark.parametrize("arguments", [["--help"], ["compare", "--help"], ["plot", "--help"]])
def test_help_loads_nothing_slow(arguments: list[str]) -> None:
    code = (
        "import contextlib\nfrom study.cli.main import app\n"
        f"with contextlib.suppress(SystemExit):\n    app({arguments!r})"
    )
    assert loaded(code) == set()


def test_the_library_loads_tensorflow_and_scikit_optimize_only_to_work() -> None:
    assert not loaded("from study import compare, load") & {"tensorflow", "keras", "skopt"}
