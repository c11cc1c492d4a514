"""The project's chores. `nox -l` lists them; CI runs lint, types and tests."""

import json
import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "uv|virtualenv"  # uv installs in a fraction of pip's time
os.environ.setdefault("UV_COMPILE_BYTECODE", "1")  # as pip does; else each process might, anew

SIDE_BY_SIDE = ("-n", "auto", "--dist", "worksteal")  # one process per core
QUICK = ("-m", "not slow")
SMALL_STUDY = (
    *("compare", "--dataset", "digits", "--seeds", "2", "--calls", "4", "--initial-points", "3"),
    *("--retrain", "1", "--epochs", "2"),
)
SMALL_EXTRAS = ".[tpe,hyperopt,bayes-opt,tabular]"
PROJECT = nox.project.load_toml("pyproject.toml")


def dependencies(group: str) -> tuple[str, ...]:
    """What a group of pyproject.toml asks for."""
    return nox.project.dependency_groups(PROJECT, group)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*dependencies("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install(*dependencies("types"), *dependencies("tests"))
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests that take little time.

    What needs MNIST is skipped unless STUDY_DATA names a folder with it. The extras are small and
    installed, but for `optuna-gp`'s, which has a session of its own.
    """
    run_tests(session, *QUICK)


@nox.session(name="tests-all", default=False)
def tests_all(session: nox.Session) -> None:
    """Run all tests: kills, clusters, many examples and whole studies; only these: -- -m slow."""
    run_tests(session)


@nox.session(name="tests-3.12", python="3.12", default=False)
def tests_312(session: nox.Session) -> None:
    """Run all tests on Python 3.12, where there is one."""
    run_tests(session)


@nox.session(name="tests-3.13", python="3.13", default=False)
def tests_313(session: nox.Session) -> None:
    """Run all tests on Python 3.13, where there is one."""
    run_tests(session)


def run_tests(session: nox.Session, *options: str) -> None:
    """Install the package and run tests."""
    session.install(SMALL_EXTRAS, *dependencies("tests"))
    session.run("pytest", *SIDE_BY_SIDE, *options, *session.posargs)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build wheel and sdist, and run a small study from the wheel in a fresh environment."""
    session.install("build")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    (wheel,) = Path("dist").glob("*.whl")
    session.run("python", "-m", "venv", "--clear", session.create_tmp())
    python = str(Path(session.create_tmp(), "bin", "python").resolve())
    session.run(python, "-m", "pip", "install", "--quiet", str(wheel.resolve()), external=True)
    session.chdir(session.create_tmp())
    session.run(python, "-m", "study", "--version", external=True)
    session.run(python, "-m", "study", *SMALL_STUDY, external=True)


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that pyproject.toml allows."""
    session.install("uv")
    session.run("uv", "pip", "install", "--resolution", "lowest-direct", SMALL_EXTRAS)
    session.install(*dependencies("tests"))
    session.run("pytest", *SIDE_BY_SIDE, *session.posargs)


@nox.session(default=False)
def optuna(session: nox.Session) -> None:
    """Run the tests of all methods with the whole extra: on Linux, PyTorch's 5 GB."""
    session.install(".[optuna,tabular]", *dependencies("tests"))
    session.run("pytest", *SIDE_BY_SIDE, "tests/methods", "tests/problems", *session.posargs)


@nox.session(default=False)
def benchmark(session: nox.Session) -> None:
    """Measure speed: nox -s benchmark -- --dataset mnist --seeds 5 --calls 12 --fail-slower 20%.

    Writes results/benchmark/NUMBER.json, and a page that compares it with the last run on the same
    dataset.
    """
    session.install(".", *dependencies("tests"), *dependencies("benchmark"))
    folder = Path("results", "benchmark")
    folder.mkdir(parents=True, exist_ok=True)
    earlier = sorted(folder.glob("[0-9]*.json"))
    number = int(earlier[-1].stem) + 1 if earlier else 1
    file = folder / f"{number:04}.json"
    arguments, allowed = pop_option(session.posargs, "--fail-slower")
    session.run(
        *(
            "pytest",
            "benchmarks",
            "--benchmark-only",
            "--benchmark-quiet",
            "-p",
            "no:cacheprovider",
        ),
        *(f"--benchmark-json={file}", *arguments),
        interrupt_timeout=60,  # to save what is measured
    )
    before = [path for path in earlier if dataset_of(path) == dataset_of(file)]
    files = [str(path) for path in [*before[-1:], file]]
    session.run("python", "-m", "benchmarks.report", *files, "--output", str(folder))
    if allowed:
        session.run("python", "-m", "benchmarks.slower", *files, allowed)


def dataset_of(file: Path) -> str | None:
    """What a file of benchmarks was measured on; None if it ended with nothing measured."""
    text = file.read_text(encoding="utf-8")
    benchmarks = json.loads(text)["benchmarks"] if text else []
    return benchmarks[0]["extra_info"]["dataset"] if benchmarks else None


def pop_option(arguments: list[str], option: str) -> tuple[list[str], str | None]:
    """The arguments without an option and its value, and the value."""
    if option not in arguments:
        return arguments, None
    place = arguments.index(option)
    return arguments[:place] + arguments[place + 2 :], arguments[place + 1]


@nox.session(default=False)
def stress(session: nox.Session) -> None:
    """Kill studies at random moments and compare what becomes of them: -- --kills 100."""
    session.install(".", *dependencies("tests"))
    session.run("python", "-m", "tests.stress", *session.posargs)


@nox.session(default=False)
def scale(session: nox.Session) -> None:
    """See how large a study can be: -- --seeds 1000 --workers 1 256, or -- --rows 1000000."""
    session.install(".")
    session.run("python", "benchmarks/scale.py", *session.posargs)


@nox.session(default=False)
def optima(session: nox.Session) -> None:
    """Search for known optima, beside scikit-optimize's published table: -- --seeds 10."""
    session.install(".")
    session.run("python", "-m", "benchmarks.optima", *session.posargs)


@nox.session(default=False)
def published(session: nox.Session) -> None:
    """Hold problems, random search and intervals against what was published, and known laws."""
    session.install(".[tabular]")
    session.run("python", "-m", "benchmarks.published", *session.posargs)


@nox.session(default=False)
def simulation(session: nox.Session) -> None:
    """Check the statistics on made-up studies: nox -s simulation -- --studies 500."""
    session.install(".")
    session.run("python", "benchmarks/simulation.py", *session.posargs)


@nox.session(name="suite-simulation", default=False)
def suite_simulation(session: nox.Session) -> None:
    """Check the statistics over many problems on made-up suites: -- --suites 1000."""
    session.install(".")
    session.run("python", "benchmarks/suite_simulation.py", *session.posargs)


@nox.session(name="importance-simulation", default=False)
def importance_simulation(session: nox.Session) -> None:
    """Check importances on made-up problems: -- --studies 80 --problems linear hartmann6."""
    session.install(".")
    session.run("python", "benchmarks/importance_simulation.py", *session.posargs)


RELEASED = ("scikit-optimize==0.10.2", "numpy<2.4", "scikit-learn<1.6")  # all of it runs there
BEFORE_MOVE = ("scikit-optimize==0.10.2", "scikit-learn<1.9")  # which moves the points of gbrt


@nox.session(default=False)
@nox.parametrize(
    ("libraries", "arguments"),
    [
        nox.param(RELEASED, ("--write",), id="as-released"),
        nox.param(BEFORE_MOVE, ("--mended", "--compare"), id="scikit-learn-1.8"),
        nox.param((), ("--mended", "--compare"), id="newest"),
    ],
)
def reference(session: nox.Session, libraries: tuple[str, ...], arguments: tuple[str, ...]) -> None:
    """Hold the searches against scikit-optimize's own, point for point: -- --jobs 1.

    Needs a Python for which scikit-learn 1.5 has a wheel: 3.11 to 3.13. The points of the first
    environment stay in nox's cache for the others.
    """
    session.install(".", "packaging", *libraries)
    points = str(session.cache_dir / "reference.json")
    session.run("python", "benchmarks/reference.py", *arguments, points, *session.posargs)


@nox.session(default=False)
def compare(session: nox.Session) -> None:
    """Run a study: nox -s compare -- --seeds 5."""
    session.install(".")
    session.run("study", "compare", *session.posargs)
