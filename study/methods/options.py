"""Options of a method, written in brackets: `gp[acq_func=EI,kappa=2]`."""

import inspect
import math
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from study.core.errors import StudyError
from study.core.validation import unknown_name_error
from study.methods.base import MethodSpec

OptionValue = float | int | str


def format_options(options: tuple[tuple[str, OptionValue], ...]) -> str:
    """Options as they stand behind a method's name, in brackets; nothing if there are none."""

    def written(value: OptionValue) -> str:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    inside = ",".join(f"{name}={written(value)}" for name, value in options)
    return f"[{inside}]" if inside else ""


def parse_options(method: str, spec: MethodSpec, text: str) -> dict[str, OptionValue]:
    """The options between brackets, of the types that the method declares."""
    known = option_types(spec)
    found: dict[str, OptionValue] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name in found:
            raise StudyError(f"--methods {method}[{text}]: write each option once, as a=b")
        if name not in known:
            if not known:
                raise StudyError(f"--methods {method} takes no options, so not {name!r}")
            raise unknown_name_error(f"methods {method}: option", name, sorted(known))
        found[name] = parse_option(f"--methods {method}: {name}", value, known[name])
    return found


def option_types(spec: MethodSpec) -> dict[str, Any]:
    """The types of a method's options: its keyword-only arguments."""
    create: Any = spec.create
    parameters = inspect.signature(create).parameters.values()
    of = create.__init__ if inspect.isclass(create) else create
    try:
        hints = get_type_hints(of)
    except NameError:  # an annotation that only a type checker understands
        hints = {}
    return {
        p.name: hints.get(p.name, type(p.default))
        for p in parameters
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    }


def parse_option(option: str, text: str, kind: Any) -> OptionValue:
    """`text` as a value of an option; raises `StudyError` unless it is one."""
    if isinstance(kind, UnionType) or get_origin(kind) is Union:  # such as int | None
        kind, *others = [one for one in get_args(kind) if one is not NoneType]
        if others:
            raise StudyError(f"{option}: its type must be one of bool, int, float and str")
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise StudyError(f"{option} is {text!r}: it must be one of {', '.join(get_args(kind))}")
        return text
    if kind is bool:
        if text not in ("True", "False"):
            raise StudyError(f"{option} is {text!r}: it must be True or False")
        return text == "True"
    if kind not in (int, float):
        return text
    try:
        number: float | int = kind(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        what = "a whole number" if kind is int else "a number"
        raise StudyError(f"{option} is {text!r}: it must be {what}")
    return number
