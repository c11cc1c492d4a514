"""Which problems and methods there are: built in, installed with other packages, one's own."""

import inspect
from hashlib import sha256
from typing import Any

from study.core.errors import StudyError
from study.core.plugins import installed, read_code
from study.core.settings import unknown
from study.data.sources import DATASETS
from study.methods.registry import METHODS, missing
from study.methods.selection import GROUP as METHOD_GROUP
from study.methods.selection import choose
from study.problems.synthetic import FUNCTIONS
from study.problems.user import OwnProblem

GROUP = "study.problems"  # of entry points


def find_problem(named: Any) -> tuple[OwnProblem, str]:
    """A problem by its name, or an object that is one; and what names it on a command line.

    Names are those of `study.problems.synthetic`, of entry points `study.problems`, FILE.py:NAME and
    package.module:NAME.

    Raises
    ------
    StudyError
        If there is no such problem, or it is not in order.
    """
    if not isinstance(named, str):
        name = getattr(named, "name", type(named).__name__)
        return OwnProblem(str(name), "Python", _source(named), held=named), f"<{name}>"
    if named in FUNCTIONS:
        function = FUNCTIONS[named]
        return OwnProblem(named, "built in", _source(function), held=function), named
    code = read_code("problem", named) if ":" in named else installed(GROUP).get(named)
    if code is None:
        raise unknown("problem", named, [*FUNCTIONS, *installed(GROUP), "FILE.py:NAME"])
    name = code.name if ":" in named else named
    return OwnProblem(name, code.origin, code.fingerprint, code=code), named


def _source(problem: Any) -> str:
    """A checksum of the source of what a problem calls; empty if there is none."""
    try:
        text = inspect.getsource(inspect.getmodule(problem.evaluate) or problem.evaluate)
    except (AttributeError, OSError, TypeError):
        return ""
    return sha256(text.encode()).hexdigest()[:16]


def list_problems() -> list[tuple[str, str, str]]:
    """What can be tuned: name, where it comes from, and a line about it."""
    network = "the tutorial's dense Keras network on images: --dataset " + " | ".join(DATASETS)
    rows = [("(none named)", "built in", f"{network} | FOLDER")]
    for name, problem in FUNCTIONS.items():
        rows.append((name, "built in", _first_line(problem.evaluate)))
    for name, code in installed(GROUP).items():
        try:
            rows.append((name, code.origin, _first_line(code.load().evaluate)))
        except StudyError as error:
            rows.append((name, code.origin, str(error)))
    return rows


def list_methods() -> list[tuple[str, str, str]]:
    """Which methods there are: name, where it comes from, and a line about it."""
    rows = []
    for name, entry in METHODS.items():
        lacking = missing(name)
        install = f"; needs {', '.join(lacking)}: pip install 'study[{entry.extra}]'"
        origin = f"study[{entry.extra}]" if entry.extra else "built in"
        rows.append((name, origin, entry.summary + (install if lacking else "")))
    for name, code in installed(METHOD_GROUP).items():
        try:
            rows.append((name, code.origin, choose(name).entry.summary))
        except StudyError as error:
            rows.append((name, code.origin, str(error)))
    return rows


def _first_line(thing: Any) -> str:
    """Of what its author wrote about it."""
    return (inspect.getdoc(thing) or "no description").splitlines()[0]
