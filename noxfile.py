"""The project's chores. `nox -l` lists them; CI runs lint, types and tests."""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "tests"]

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
    session.install(".", *dependencies("types"), *dependencies("tests"), "nox")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; what needs MNIST is skipped unless STUDY_DATA names a folder with it."""
    session.install(".", *dependencies("tests"))
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that pyproject.toml allows."""
    session.install("uv")
    session.run("uv", "pip", "install", "--resolution", "lowest-direct", ".")
    session.install(*dependencies("tests"))
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def simulation(session: nox.Session) -> None:
    """Check the statistics on made-up studies: nox -s simulation -- --studies 2000."""
    session.install(".")
    session.run("python", "benchmarks/simulation.py", *session.posargs)


@nox.session(default=False)
def compare(session: nox.Session) -> None:
    """Run a study: nox -s compare -- --seeds 5."""
    session.install(".")
    session.run("study", "compare", *session.posargs)
