"""What a search method is: ask for a configuration, tell what it scored. Nothing else.

A method never counts calls, never evaluates and never sees the test set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from study.core.plugins import ObjectReference

if TYPE_CHECKING:
    import numpy as np

    from study.core.space import Configuration, Space


class Method(Protocol):
    """A way of choosing the next configuration."""

    def ask(self) -> "Configuration":
        """Propose a configuration, in native Python values."""

    def tell(self, configuration: "Configuration", score: float) -> None:
        """Take note of a score: the higher, the better."""


@dataclass(frozen=True, kw_only=True)
class SearchContext:
    """What a method is built from."""

    space: "Space"
    baseline: "Configuration"
    initial_points: int
    """How many outcomes of the shared initial design it is told before the first ask; one with
    `uses_initial_design = False` is told none of them."""
    rng: "np.random.Generator"
    """The method's own."""


@dataclass(frozen=True, kw_only=True)
class MethodSpec:
    """A row of the method table."""

    summary: str
    reference: ObjectReference
    """A class or function, called with a `SearchContext`, and with options as keyword-only
    arguments: their defaults and annotations tell which there are and what is allowed."""
    adaptive: bool = True
    """Whether proposals depend on what it was told; if not, all are evaluated at once."""
    uses_initial_design: bool = True
    """Whether its run begins with the shared initial design."""
    requires: tuple[str, ...] = ()
    """Packages that it needs and that `study` does not install by itself, as they are installed."""
    extra: str = ""
    """The extra that installs them."""

    @property
    def create(self) -> Callable[..., Method]:
        """What makes a new search; its module is imported when it is first needed.

        Raises `StudyError` if it is neither a class nor a function, or its module fails.
        """
        return self.reference.load_callable()


def method_row(summary: str, module: str, name: str, **facts: Any) -> MethodSpec:
    """A row for a function or class of a module in this package."""
    return MethodSpec(
        summary=summary,
        reference=ObjectReference(module=f"study.methods.{module}", name=name),
        **facts,
    )
