"""The methods that a study names: rows of the table or somebody's own, with options if any.

`gp`, `gp[acq_func=EI,kappa=2]`, `my_file.py:MyMethod`, `package.module:name[rate=3]`, or the name
of an entry point `study.methods`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from study.core.errors import StudyError, exits_as_errors, translate_errors
from study.core.plugins import (
    ObjectReference,
    describe_own_error,
    entry_point_objects,
    parse_reference,
)
from study.core.study_info import MethodInfo
from study.core.validation import METHOD_PATTERN, require_unique_names
from study.methods.base import Method, MethodSpec, SearchContext
from study.methods.options import OptionValue, format_options, parse_options
from study.methods.registry import GROUP, METHODS, get, spec_of_object

SPEC_PATTERN = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?")


@dataclass(frozen=True, kw_only=True)
class MethodSelection:
    """A method as a study names it; goes to workers, which need not have its file."""

    base: str
    """A row of `METHODS`, or what somebody's own object is called."""
    options: tuple[tuple[str, OptionValue], ...] = ()
    """By name, in alphabetical order."""
    reference: ObjectReference | None = None
    """Somebody's own object; None for a row of `METHODS`."""
    spec: str
    """What names it on a command line."""

    @property
    def name(self) -> str:
        """In tables and plots."""
        return self.base + format_options(self.options)

    @property
    def method_spec(self) -> MethodSpec:
        """Raises `StudyError` if somebody's own code fails or is no method."""
        return get(self.base) if self.reference is None else spec_of_object(self.reference)

    @property
    def summary(self) -> str:
        """What it does, and where it comes from unless it is built in."""
        options = f"; {format_options(self.options)[1:-1]}" if self.options else ""
        origin = f" ({self.reference.origin})" if self.reference else ""
        return self.method_spec.summary + options + origin

    def create(self, context: SearchContext) -> Method:
        """A new search."""
        return self.method_spec.create(context, **dict(self.options))

    def info(self) -> MethodInfo:
        """What results tell of it."""
        return MethodInfo(
            summary=self.summary,
            spec=self.spec,
            uses_initial_design=self.method_spec.uses_initial_design,
            fingerprint=self.reference.fingerprint if self.reference else "",
        )


def parse_method(text: str) -> MethodSelection:
    """What a name stands for, options and all.

    Raises
    ------
    StudyError
        If there is no such method, it has no such option, or a value is not allowed.
    """
    written = SPEC_PATTERN.fullmatch(text.strip())
    if written is None:
        raise StudyError(f"--methods {text!r}: write NAME or NAME[option=value,option=value]")
    named, inside = written[1].strip(), written[2]
    base, reference = resolve(named)
    bare = MethodSelection(base=base, reference=reference, spec=named)
    if inside is None:
        return bare
    options = tuple(sorted(parse_options(base, bare.method_spec, inside).items()))
    spec = named + format_options(options)
    return MethodSelection(base=base, options=options, reference=reference, spec=spec)


def resolve(named: str) -> tuple[str, ObjectReference | None]:
    """What a method is called, and where it is defined unless it is a row of the table."""
    if ":" in named:
        reference = parse_reference("methods", named)
        return reference.name, reference
    installed = entry_point_objects(GROUP)
    if named in METHODS or named not in installed:
        get(named)
        return named, None
    return named, installed[named]


def parse_methods(texts: Sequence[str]) -> dict[str, MethodSelection]:
    """The methods of a study by name; raises `StudyError` if two have the same, or one is wrong."""
    chosen = [parse_method(text) for text in require_unique_names("methods", texts)]
    require_unique_names("methods", [method.name for method in chosen])
    for method in chosen:
        if not METHOD_PATTERN.fullmatch(method.name):
            raise StudyError(
                f"--methods {method.name!r}: a name has at most 30 letters, digits and . + -, its "
                "options have at most 99; call it something else"
            )
    return {method.name: method for method in chosen}


def split_names(text: str) -> list[str]:
    """The names in a list with commas between, but for those within brackets."""
    return [name.strip() for name in re.split(r",(?![^\[]*\])", text) if name.strip()]


def describe_methods(methods: Mapping[str, MethodSelection]) -> dict[str, MethodInfo]:
    """What results tell of their methods, by name."""
    return {name: method.info() for name, method in methods.items()}


def check_constructible(methods: Mapping[str, MethodSelection], context: SearchContext) -> None:
    """Create every method that is not a plain row of the table.

    Raises `StudyError` if one cannot be, which is better told before anything is evaluated.
    """
    for name, method in methods.items():
        if not (method.reference or method.options):
            continue
        with translate_errors(Exception, partial(_cannot_be_created, name)), exits_as_errors():
            made = method.create(context)
        if not (callable(getattr(made, "ask", None)) and callable(getattr(made, "tell", None))):
            raise StudyError(f"--methods {name} has no ask and tell: see docs/methods.md")


def _cannot_be_created(name: str, error: Exception) -> str:
    return f"--methods {name} cannot be created ({describe_own_error(error)})"
