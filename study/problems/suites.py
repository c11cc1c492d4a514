"""Suites: lists of problems on which one question is asked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from study.core.errors import StudyError
from study.core.formatting import pluralize
from study.core.plugins import Listing, entry_point_objects, parse_reference
from study.core.validation import safe_repr, unknown_name_error
from study.problems import bayesmark, tabular
from study.problems.synthetic import FUNCTIONS

GROUP = "study.suites"  # of entry points


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Problems that are studied side by side."""

    summary: str
    problems: tuple[Any, ...] = ()
    """What `--problem` takes, or objects that are problems."""
    datasets: tuple[str, ...] = ()
    """What `--dataset` takes, for the network on images."""

    def __len__(self) -> int:
        return len(self.problems) + len(self.datasets)


SUITES: dict[str, Suite] = {
    "functions": Suite(
        summary="test functions of known optimum, 2 to 20 dimensions, one of them noisy",
        problems=tuple(FUNCTIONS),
    ),
    "tabular": Suite(
        summary="tables of known optimum, of HPOBench, HPOLib and NAS-Bench-201 (extra tabular)",
        problems=tuple(tabular.TABLES.summaries),
    ),
    "sklearn": Suite(
        summary="a selection of bayesmark's, for those without hours",
        problems=bayesmark.SMALL,
    ),
    "sklearn-all": Suite(
        summary="bayesmark's scikit-learn problems, without those on Boston's houses",
        problems=tuple(bayesmark.NAMES),
    ),
    "mnist-like": Suite(
        summary="the network on digits, MNIST and Fashion-MNIST, whole and in small parts",
        datasets=(
            *("digits", "digits-500", "mnist", "mnist-500", "mnist-5000"),
            *("fashion-mnist", "fashion-mnist-500", "fashion-mnist-5000"),
        ),
    ),
}
"""Those that are built in, by name."""


def get(named: Any) -> tuple[str, Suite]:
    """A suite with its name: of `SUITES`, of entry points `study.suites`, or one's own.

    One's own is a list of names and problems: FILE.py:NAME, package.module:NAME, or the list
    itself.

    Raises
    ------
    StudyError
        If there is no such suite, or it is no list of two or more problems.
    """
    if not isinstance(named, str):
        return "suite", as_suite("suite", named)
    if named in SUITES:
        return named, SUITES[named]
    installed = entry_point_objects(GROUP)
    reference = parse_reference("suite", named) if ":" in named else installed.get(named)
    if reference is None:
        raise unknown_name_error("suite", named, [*SUITES, *installed, "FILE.py:NAME"])
    name = reference.name if ":" in named else named
    suite = as_suite(named, reference.load())
    # Workers need not have the file: each problem travels as the text that defines it.
    place = named if ":" in named else f"{reference.module}:{reference.name}"
    problems = [
        problem if isinstance(problem, str) else f"{place}[{number}]"
        for number, problem in enumerate(suite.problems)
    ]
    return name, replace(suite, problems=tuple(problems))


def as_suite(named: str, given: Any) -> Suite:
    """A list of problems as a suite; raises `StudyError` if it is none."""
    if isinstance(given, Suite):
        return given
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise StudyError(
            f"--suite {named}: {safe_repr(given)} is no list of problems: give names that study "
            "problems lists, FILE.py:NAME, or study.Problem objects"
        )
    problems = tuple(given)
    if len(problems) < 2:
        count = pluralize(len(problems), "problem")
        raise StudyError(f"--suite {named} has {count}: list two or more")
    return Suite(summary="your own", problems=problems)


def available() -> list[Listing]:
    """Every suite that `--suite` knows by name."""
    rows = [
        Listing(name=name, origin="built in", summary=f"{len(suite)} problems: {suite.summary}")
        for name, suite in SUITES.items()
    ]
    for name, reference in entry_point_objects(GROUP).items():
        try:
            summary = pluralize(len(as_suite(name, reference.load())), "problem")
        except StudyError as error:
            summary = error.command_line
        rows.append(Listing(name=name, origin=reference.origin, summary=summary))
    return rows
