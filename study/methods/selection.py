"""The methods of a study: rows of the table or somebody's own, with settings if they have any.

`gp`, `gp[acq_func=EI,kappa=2]`, `my_file.py:MyMethod`, `package.module:name[rate=3]`, or the name
of an entry point `study.methods`.
"""

import functools
import inspect
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from study.core.errors import StudyError
from study.core.plugins import Code, installed, read_code
from study.core.settings import METHOD, names, unknown
from study.core.space import Value
from study.methods.registry import METHODS, Entry, Method, Start, lookup

GROUP = "study.methods"  # of entry points
WRITTEN = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A method as a study names it; goes to workers, which need not have its file."""

    base: str
    """A row of `METHODS`, or what somebody's own object is called."""
    settings: tuple[tuple[str, Value], ...] = ()
    """By name, in alphabetical order."""
    code: Code | None = None
    """Somebody's own object; None for a row of `METHODS`."""
    typed: str
    """What names it on a command line."""

    @property
    def name(self) -> str:
        """In tables and plots."""
        return self.base + _bracket(self.settings)

    @property
    def entry(self) -> Entry:
        """Raises `StudyError` if somebody's own code fails or is no method."""
        return lookup(self.base) if self.code is None else _own_entry(self.code)

    @property
    def summary(self) -> str:
        """What it does, and where it comes from unless it is built in."""
        settings = f"; {_bracket(self.settings)[1:-1]}" if self.settings else ""
        origin = f" ({self.code.origin})" if self.code else ""
        return self.entry.summary + settings + origin

    def create(self, start: Start) -> Method:
        """A new search."""
        return self.entry.create(start, **dict(self.settings))


def choose(typed: str) -> Chosen:
    """What a name stands for, settings and all.

    Raises
    ------
    StudyError
        If there is no such method, it has no such setting, or a value is not allowed.
    """
    written = WRITTEN.fullmatch(typed.strip())
    if written is None:
        raise StudyError(f"--methods {typed!r}: write NAME or NAME[setting=value,setting=value]")
    named, text = written[1].strip(), written[2]
    base, code = _found(named)
    bare = Chosen(base=base, code=code, typed=named)
    if text is None:
        return bare
    settings = tuple(sorted(_settings(bare, text).items()))
    return Chosen(base=base, settings=settings, code=code, typed=named + _bracket(settings))


def _found(named: str) -> tuple[str, Code | None]:
    """What a method is called, and its code unless it is a row of the table."""
    if ":" in named:
        code = read_code("methods", named)
        return code.name, code
    more = installed(GROUP)
    if named in METHODS or named not in more:
        lookup(named, tuple(more))
        return named, None
    return named, more[named]


def choose_all(typed: Sequence[str]) -> dict[str, Chosen]:
    """The methods of a study by name; raises `StudyError` if two have the same, or one is wrong."""
    chosen = [choose(text) for text in names("methods", typed)]
    names("methods", [method.name for method in chosen])
    for method in chosen:
        if not METHOD.fullmatch(method.name):
            raise StudyError(
                f"--methods {method.name!r}: a name has at most 30 letters, digits and . + -, its "
                "settings have at most 99; call it something else"
            )
    return {method.name: method for method in chosen}


def listed_methods(text: str) -> list[str]:
    """The names in a list with commas between, but for those within brackets."""
    return [name.strip() for name in re.split(r",(?![^\[]*\])", text) if name.strip()]


def described(methods: Mapping[str, Chosen]) -> dict[str, dict[str, Any]]:
    """What results tell of their methods, JSON-ready."""
    return {
        name: {
            "summary": method.summary,
            "typed": method.typed,
            "designed": method.entry.designed,
            "fingerprint": method.code.fingerprint if method.code else "",
        }
        for name, method in methods.items()
    }


def try_out(methods: Mapping[str, Chosen], start: Start) -> None:
    """Create every method that is not a plain row of the table.

    Raises `StudyError` if one cannot be, which is better told before anything is evaluated.
    """
    for name, method in methods.items():
        if method.code or method.settings:
            try:
                made = method.create(start)
            except StudyError:
                raise
            except Exception as error:
                raise StudyError(
                    f"--methods {name} cannot be created ({type(error).__name__}: {error})"
                ) from error
            if not (callable(getattr(made, "ask", None)) and callable(getattr(made, "tell", None))):
                raise StudyError(f"--methods {name} has no ask and tell: see README, own methods")


def _bracket(settings: tuple[tuple[str, Value], ...]) -> str:
    def written(value: Value) -> str:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    inside = ",".join(f"{name}={written(value)}" for name, value in settings)
    return f"[{inside}]" if inside else ""


@functools.cache
def _own_entry(code: Code) -> Entry:
    """A row for somebody's own method: a class, or a function that returns an object."""
    create = code.load()
    if not callable(create):
        raise StudyError(f"--methods {code.name} in {code.origin} is no class and no function")
    return Entry(
        summary=(inspect.getdoc(create) or "no description").splitlines()[0].rstrip("."),
        create=create,
        learns=bool(getattr(create, "learns", True)),
        designed=bool(getattr(create, "designed", True)),
    )


def _settings(method: Chosen, text: str) -> dict[str, Value]:
    """The settings between brackets, of the types that the method declares."""
    known = _declared(method.entry)
    found: dict[str, Value] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name in found:
            raise StudyError(f"--methods {method.base}[{text}]: write each setting once, as a=b")
        if name not in known:
            if not known:
                raise StudyError(f"--methods {method.base} has no settings, not even {name!r}")
            raise unknown(f"methods {method.base}: setting", name, sorted(known))
        found[name] = _value(f"--methods {method.base}: {name}", value, known[name])
    return found


def _declared(entry: Entry) -> dict[str, Any]:
    """The types of an entry's settings: its keyword-only arguments."""
    parameters = inspect.signature(entry.create).parameters.values()
    of = entry.create.__init__ if inspect.isclass(entry.create) else entry.create
    try:
        hints = get_type_hints(of)
    except NameError:  # an annotation that only a type checker understands
        hints = {}
    return {
        p.name: hints.get(p.name, type(p.default))
        for p in parameters
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    }


def _value(setting: str, text: str, kind: Any) -> Value:
    """`text` as a value of a setting; raises `StudyError` unless it is one."""
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise StudyError(
                f"{setting} is {text!r}: it must be one of {', '.join(get_args(kind))}"
            )
        return text
    if kind is bool:
        if text not in ("True", "False"):
            raise StudyError(f"{setting} is {text!r}: it must be True or False")
        return text == "True"
    if kind not in (int, float):
        return text
    try:
        number: float | int = kind(text)
    except ValueError:
        number = math.nan
    if not np.isfinite(number):
        what = "a whole number" if kind is int else "a number"
        raise StudyError(f"{setting} is {text!r}: it must be {what}")
    return number
