"""Names that compiled code looks up, and modules that it imports when it runs."""

import dis
import types
from collections.abc import Iterator

from study.core.fingerprint import imported_names

GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
FREE = {"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"}
"""Instructions that look up a name among the globals, and among what a function closes over."""


def _inner(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function's code, and that of those within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _inner(constant)


def _instructions(code: types.CodeType) -> list[dis.Instruction]:
    return [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]


def dotted_names(code: types.CodeType, instructions: set[str]) -> set[str]:
    """Names that these instructions look up, with the attributes after them: a, a.b, a.b.c."""
    found = set()
    for own in _inner(code):
        dotted = ""
        for step in _instructions(own):
            if step.opname in instructions:
                dotted = step.argval
            elif dotted and step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                dotted += f".{step.argval}"
            else:
                dotted = ""
            found.add(dotted)
    return found - {""}


def imports(code: types.CodeType, package: str) -> Iterator[str]:
    """Dotted names of what is imported when the code runs."""
    for own in _inner(code):
        steps = _instructions(own)
        for level, names, step in zip(steps, steps[1:], steps[2:], strict=False):
            if step.opname == "IMPORT_NAME":
                yield from imported_names(step.argval, names.argval or (), level.argval, package)
