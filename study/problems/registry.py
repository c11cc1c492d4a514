"""Which problems there are: built in, installed with other packages, one's own."""

import functools
import inspect
from typing import Any

from study.core.errors import StudyError, translate_errors
from study.core.fingerprint import checksum, installed_version, is_installed
from study.core.object_fingerprint import (
    UnknownStateError,
    fingerprint_data,
    fingerprint_object,
)
from study.core.plugins import Listing, ObjectReference, entry_point_objects, parse_reference
from study.core.validation import unknown_name_error
from study.data.sources import SOURCES
from study.problems import bayesmark, tabular
from study.problems.families import Family
from study.problems.synthetic import FUNCTIONS
from study.problems.user import PYTHON, UserProblem

GROUP = "study.problems"  # of entry points

FAMILIES: tuple[Family, ...] = (tabular.TABLES, bayesmark.FAMILY)


def get(named: Any) -> tuple[UserProblem, str]:
    """A problem by its name, or an object that is one; and what names it on a command line.

    Names are those of `study.problems.synthetic`, of `FAMILIES`, of entry points `study.problems`,
    FILE.py:NAME and package.module:NAME.

    Raises
    ------
    StudyError
        If there is no such problem, or it is not in order.
    """
    if not isinstance(named, str):
        name = name_of(named)
        fingerprint, unknown = object_fingerprint(named)
        problem = UserProblem(name, PYTHON, fingerprint, instance=named, unknown=unknown)
        return problem, f"<{name}>"
    if named in FUNCTIONS:
        function = FUNCTIONS[named]
        problem = UserProblem(named, "built in", source_fingerprint(function), instance=function)
        return problem, named
    families = {name: family for family in FAMILIES for name in family.summaries}
    if named in families:
        return families[named].get(named), named
    installed = entry_point_objects(GROUP)
    reference = parse_reference("problem", named) if ":" in named else installed.get(named)
    if reference is None:
        known = [*FUNCTIONS, *installed, "FILE.py:NAME", *families]
        raise unknown_name_error("problem", named, known)
    name, fingerprint = reference.name if ":" in named else named, ""
    if reference.item is not None:  # other items of the list may change
        own = reference.load()
        name, (fingerprint, _) = name_of(own), object_fingerprint(own)
    if not fingerprint:
        reference.load()  # which may say where it imports from
        source = reference.fingerprint
        fingerprint = "-".join(filter(None, (source, loaded_state(reference, source))))
    return UserProblem(name, reference.origin, fingerprint, reference=reference), named


def find_again(named: str, fingerprint: str) -> UserProblem | None:
    """The problem that an earlier study named so, or None if it is not here, or another one now.

    No code is run before it is known to be the same; what was handed over as an object, or stands
    in a list, cannot be known.
    """
    try:
        if ":" in named:
            reference = parse_reference("problem", named)
            source = fingerprint.partition("-")[0]
            if reference.item is not None or reference.fingerprint != source:
                return None
        found, _ = get(named)
    except (StudyError, OSError, ValueError):  # a module may be there, and its source not
        return None
    return found if found.fingerprint == fingerprint else None


def name_of(problem: Any) -> str:
    """What an object is called: its own name, or that of its function, or of its class."""
    named = getattr(problem, "name", "")
    function = getattr(getattr(problem, "evaluate", None), "__name__", "")
    telling = function if function.isidentifier() and function != "evaluate" else ""
    return str(named or telling or type(problem).__name__)


def object_fingerprint(problem: Any) -> tuple[str, str]:
    """The fingerprint of an object, and why there is none: one of both is empty."""
    if version := getattr(problem, "version", ""):
        return checksum("version", str(version)), ""
    makers = type(problem), getattr(problem, "evaluate", None)
    modules = {getattr(maker, "__module__", None) or "" for maker in makers}
    versions = [installed_version(module) for module in sorted(modules) if is_installed(module)]
    try:
        return checksum(fingerprint_object(problem), *filter(None, versions)), ""
    except UnknownStateError as error:
        return "", str(error)


@functools.cache  # evaluations in this process may write into what was loaded
def loaded_state(reference: ObjectReference, source: str) -> str:  # noqa: ARG001 (once for each)
    """A checksum of a problem's version, or else of the data that its module has loaded.

    `source`: the fingerprint of the code with which it was.
    """
    problem = reference.load()
    version = getattr(problem, "version", "")
    with translate_errors(
        UnknownStateError,
        lambda error: (
            f"whether the data of {reference.origin} change cannot be told ({error}): give the "
            "problem a version, and another one when they do"
        ),
    ):
        return checksum("version", str(version)) if version else fingerprint_data(problem)


def source_fingerprint(problem: Any) -> str:
    """A checksum of the source of a built-in problem."""
    return checksum(inspect.getsource(inspect.getmodule(problem.evaluate) or problem.evaluate))


def available() -> list[Listing]:
    """What can be tuned."""
    datasets = " | ".join(SOURCES)
    network = (
        f"the tutorial's dense Keras network on images: --dataset {datasets} | FOLDER (a number: "
        "so many training images), or on a table: --dataset FILE.csv --target COLUMN"
    )
    rows = [Listing(name="(default)", origin="built in", summary=network)]
    for name, problem in FUNCTIONS.items():
        summary = _first_line(problem.evaluate)
        rows.append(Listing(name=name, origin="built in", summary=summary))
    for family in FAMILIES:
        rows += family_listings(family)
    for name, reference in entry_point_objects(GROUP).items():
        try:
            summary = _first_line(reference.load().evaluate)
        except StudyError as error:
            summary = error.command_line
        rows.append(Listing(name=name, origin=reference.origin, summary=summary))
    return rows


def family_listings(family: Family) -> list[Listing]:
    """A row per problem of a family; if it is not installed, the first one tells how to do so."""
    origin = f"the extra {family.extra}" if family.extra else "built in"
    lacking = "" if family.is_installed else f"; {family.requirement}"
    rows = []
    for name, summary in family.summaries.items():
        rows.append(Listing(name=name, origin=origin, summary=summary + lacking))
        lacking = "; not installed here" if lacking else ""
    return rows


def _first_line(thing: Any) -> str:
    """Of what its author wrote about it."""
    return (inspect.getdoc(thing) or "no description").splitlines()[0].rstrip(".")
