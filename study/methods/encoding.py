"""Dimensions that a library lacks, told to it as ones that it has.

An ordinal is the whole number of its place, a share is its log-odds, a choice that is no text is
its label, and what has but one value is not searched at all.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec

from study.core.dimensions import (
    Categorical,
    Dimension,
    Integer,
    Ordinal,
    Real,
    expit,
    from_cells,
    logit,
)
from study.core.space import Configuration, Space
from study.methods.base import Method, SearchContext
from study.methods.basic import FixedConfiguration

P = ParamSpec("P")


def with_library_space(
    create: Callable[Concatenate[SearchContext, P], Method],
) -> Callable[Concatenate[SearchContext, P], Method]:
    """Have a method that a library brings see uniform and log ranges and named choices only.

    Where there is nothing to search, it is not asked.
    """

    @functools.wraps(create)
    def created(context: SearchContext, *args: P.args, **kwargs: P.kwargs) -> Method:
        space = library_space(context.space)
        if not space.dimensions:
            return FixedConfiguration({d.name: d.first for d in context.space.dimensions})
        search = create(replace(context, space=space), *args, **kwargs)
        return search if space == context.space else EncodedSearch(context.space, search)

    return created  # type: ignore[return-value]  # the same signature, which wraps hides


@dataclass
class EncodedSearch:
    """A search that sees a space as `library_space` gives it."""

    space: Space
    search: Method
    asked: tuple[Configuration, Configuration] = field(default_factory=lambda: ({}, {}))
    """The last proposal, as the study and as the search know it: decoding a number and encoding it
    again may miss its last digit, by which a search knows its own proposals."""

    def ask(self) -> Configuration:
        encoded = self.search.ask()
        configuration = {
            d.name: d.first if d.is_constant else decode(d, encoded[d.name])
            for d in self.space.dimensions
        }
        self.asked = configuration, encoded
        return dict(configuration)

    def tell(self, configuration: Configuration, score: float) -> None:
        proposed, encoded = self.asked
        if configuration != proposed:
            encoded = {
                d.name: encode(d, configuration[d.name])
                for d in self.space.dimensions
                if not d.is_constant
            }
        self.search.tell(encoded, score)


def library_space(space: Space) -> Space:
    """The dimensions that are searched, as a library knows them."""
    searched = (_to_library(d) for d in space.dimensions if not d.is_constant)
    return Space(tuple(searched))


def _to_library(dimension: Dimension) -> Dimension:
    if isinstance(dimension, Ordinal):
        return Integer(name=dimension.name, low=0, high=len(dimension.choices) - 1)
    if isinstance(dimension, Categorical):
        return Categorical(name=dimension.name, choices=tuple(dimension.labels.values()))
    if isinstance(dimension, Real) and dimension.prior == "logit":
        return Real(name=dimension.name, low=logit(dimension.low), high=logit(dimension.high))
    return dimension


def encode(dimension: Dimension, value: Any) -> Any:
    """A value as a library is told it."""
    if isinstance(dimension, Ordinal):
        return dimension.choices.index(value)
    if isinstance(dimension, Categorical):
        return dimension.labels[value]
    if isinstance(dimension, Real) and dimension.prior == "logit":
        return logit(value)
    return value


def decode(dimension: Dimension, value: Any) -> Any:
    """The inverse of `encode`."""
    if isinstance(dimension, Ordinal):
        return dimension.choices[value]
    if isinstance(dimension, Categorical):
        return from_cells(dimension, [value])[0]
    if isinstance(dimension, Real) and dimension.prior == "logit":
        return clip(dimension, expit(value))
    return value


def clip(dimension: Dimension, value: Any) -> Any:
    """`value`, for exp(log(x)) may miss the end of an interval by one ulp."""
    if isinstance(dimension, Real):
        return min(max(float(value), dimension.low), dimension.high)
    return value
