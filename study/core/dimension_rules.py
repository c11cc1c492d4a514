"""What dimensions must be for a study to search them."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from study.core.dimensions import Choice, Dimension, Integer, Listed, Real, Scalar, can_join
from study.core.validation import MAX_NUMBER, NAME_RULE, is_name, safe_repr

MIN_LOG_BOUND = 1e-100  # what stands on a logarithmic axis


def validate_dimensions(dimensions: Sequence[Dimension], reserved: Collection[str]) -> None:
    """Raise ValueError unless dimensions have different names, none reserved, and real ranges."""
    if not dimensions:
        raise ValueError("the space is empty")
    for dimension in dimensions:
        _validate_dimension(dimension)
    counts = Counter(d.name for d in dimensions)
    taken = [name for name in counts if counts[name] > 1 or name in reserved]
    if taken:
        raise ValueError(f"{', '.join(taken)} cannot be a dimension: the name is taken")
    if all(d.is_constant for d in dimensions):
        raise ValueError("every dimension has but one value, so that there is nothing to search")


def _validate_dimension(dimension: Dimension) -> None:
    name = dimension.name
    if not is_name(name):
        raise ValueError(f"{safe_repr(name)} cannot be the name of a dimension: {NAME_RULE}")
    if isinstance(dimension, Listed):
        _validate_choices(dimension)
        return
    if type(dimension.log) is not bool:
        raise ValueError(f"{name} has log={safe_repr(dimension.log)}: give True or False")
    prior = "log" if dimension.log else getattr(dimension, "prior", "uniform")
    if prior not in ("uniform", "log", "logit"):
        raise ValueError(f"{name} has prior={prior!r}: give uniform, log or logit")
    for which, bound in (("low", dimension.low), ("high", dimension.high)):
        if wrong := _wrong_bound(bound, prior, whole=isinstance(dimension, Integer)):
            raise ValueError(f"{name} has {which}={safe_repr(bound)}{wrong}")
    if dimension.low > dimension.high:
        raise ValueError(
            f"{name} has low={dimension.low!r} above high={dimension.high!r}: exchange them"
        )


def _wrong_bound(bound: Any, prior: str, *, whole: bool) -> str:
    """What a message says of one end of a range; nothing if it is in order."""
    kinds = (int,) if whole else (int, float)
    if type(bound) not in kinds or (type(bound) is float and math.isnan(bound)):
        return f": give a {'whole ' if whole else ''}number"
    if prior == "logit":
        return "" if 0 < bound < 1 else " and prior='logit': give a number above 0 and below 1"
    if prior == "log" and bound < (1 if whole else MIN_LOG_BOUND):
        least = "1 or more" if whole else f"{MIN_LOG_BOUND:g} or more, such as 1e-6"
        return f" on a logarithmic scale, which begins above 0: give {least}, or drop log"
    if not -MAX_NUMBER <= bound <= MAX_NUMBER:
        return f": give a number from {-MAX_NUMBER:g} to {MAX_NUMBER:g}"
    return ""


def _validate_choices(dimension: Listed) -> None:
    name, choices = dimension.name, dimension.choices
    if not (isinstance(choices, tuple) and choices):
        order = ", for a set has no order" if isinstance(choices, set | frozenset) else ""
        raise ValueError(f"{name} has choices {safe_repr(choices)}: give a list of values{order}")
    for choice in choices:
        if wrong := _wrong_choice(choice):
            raise ValueError(f"{name} has the choice {safe_repr(choice)}: {wrong}")
    if len(set(choices)) < len(choices):
        equal = next(choice for choice, count in Counter(choices).items() if count > 1)
        raise ValueError(f"{name} has two choices equal to {safe_repr(equal)}: name each once")


def _wrong_choice(choice: Choice) -> str:
    """What is wrong with a choice, in words."""
    for part in choice if isinstance(choice, tuple) else (choice,):
        if isinstance(part, str) and not is_name(part):
            return NAME_RULE
        if not isinstance(part, Scalar) or (isinstance(part, float) and not math.isfinite(part)):
            return "give texts, finite numbers, True, False, None, or tuples of these"
    return ""


def wrong_outside(dimension: Dimension, value: Any) -> str:
    """Why tables and plots cannot show a value that may lie outside a dimension, in words."""
    if isinstance(dimension, Listed):
        if (wrong := _wrong_choice(value)) or value in dimension or can_join(dimension, value):
            return wrong
        return "tables could not tell it from a choice: give that one, or what is written otherwise"
    if type(value) is not (int if isinstance(dimension, Integer) else float):
        return f"give a {'whole ' * isinstance(dimension, Integer)}number"
    low, high = allowed_outside(dimension)
    return "" if low <= value <= high else f"it must lie between {low:g} and {high:g}"


def allowed_outside(dimension: Dimension) -> tuple[float, float]:
    """Between which numbers a value lies that tables and plots can show."""
    logarithmic = isinstance(dimension, Real) and dimension.log
    return (MIN_LOG_BOUND if logarithmic else -MAX_NUMBER), MAX_NUMBER
