"""One proposal of a search, wherever it is made: going on from a pickle, or replayed."""

import functools
import pickle
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from study.core.errors import exits_as_errors, translate_errors
from study.core.memory import keep_freed_memory
from study.core.plugins import describe_own_error
from study.core.space import Configuration
from study.methods.base import Method, SearchContext
from study.methods.selection import MethodSelection

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a search asks to be evaluated next."""

    configuration: Configuration
    duplicate: bool
    """Whether the method came back to a configuration that it had been told."""
    seconds: float
    """Telling the last outcome, fitting the surrogate and choosing the configuration. Imports
    and a replay of what was told before are not counted: no user waits for them at each call."""
    state: bytes
    """The pickled method, to go on from."""
    note: str = ""
    """What a user should know of how it was made."""


def propose(
    method: MethodSelection,
    context: SearchContext,
    history: Sequence[tuple[Configuration, float]],
    state: bytes | None = None,
) -> Proposal:
    """The next configuration of a search: a function of its arguments, wherever it runs.

    Parameters
    ----------
    method
        Which method searches.
    context
        What the method is built from; its generator must be fresh.
    history
        Every (configuration, score) of the run so far, the initial design first.
    state
        `Proposal.state` of the call before. Without it the whole search is replayed from its
        seed: asked again, and told what is known. That gives the same points as a search that
        was never interrupted; a scikit-optimize that is merely given old points does not.

    Raises
    ------
    RuntimeError
        If a replayed search asks for another configuration than it did the first time.
    StudyError
        If the method raises something or calls `sys.exit`; the message says in which of its calls.
    """
    if method.reference:
        method.reference.load()  # its module, which the pickle refers to
    # Sums must not depend on the number of cores.
    with thread_pools().limit(limits=1):
        search = (
            replay(method, context, history)
            if state is None
            else _call("reading its pickle", pickle.loads, state)
        )
        began = time.perf_counter()
        if history:
            _tell(search, *history[-1])
        proposed, replaced = _ask(search)
        seconds = time.perf_counter() - began
    configuration = context.space.in_order(proposed)
    return Proposal(
        configuration=configuration,
        duplicate=replaced or any(configuration == earlier for earlier, _ in history),
        seconds=seconds,
        state=_call("pickling it", pickle.dumps, search),
        note=getattr(search, "note", ""),
    )


def _call(what: str, function: Callable[..., T], *arguments: Any) -> T:
    """What a part of a method returns; whatever it raises is a `StudyError` that says which."""
    with (
        translate_errors(Exception, lambda error: f"{what} failed: {describe_own_error(error)}"),
        exits_as_errors(),
    ):
        return function(*arguments)


@functools.cache
def thread_pools() -> Any:
    """The thread pools of everything that a search calculates with; finding them takes 7 ms.

    Side effect: see `study.core.memory`.
    """
    import skopt  # noqa: F401 (loads them)
    from threadpoolctl import ThreadpoolController

    keep_freed_memory()
    return ThreadpoolController()


def count_designed(method: MethodSelection, context: SearchContext) -> int:
    """How many outcomes a search is told before it is asked."""
    return context.initial_points if method.method_spec.uses_initial_design else 0


def replay(
    method: MethodSelection, context: SearchContext, history: Sequence[tuple[Configuration, float]]
) -> Method:
    """A search as it was before it was told the last outcome of `history`."""
    search = _call("creating it", method.create, context)
    n_initial = count_designed(method, context)
    for number, (configuration, score) in enumerate(history):
        if number >= n_initial and context.space.in_order(_ask(search)[0]) != configuration:
            raise RuntimeError(
                f"replaying {method.name} gave another call {number + 1} than the one stored: "
                "it has changed, or scikit-optimize, scikit-learn or numpy have"
            )
        if number < len(history) - 1:
            _tell(search, configuration, score)
    return search


def _tell(search: Method, configuration: Configuration, score: float) -> None:
    _call("tell", search.tell, dict(configuration), score)  # its own: it may write into it


def _ask(search: Method) -> tuple[Configuration, bool]:
    """A proposal, and whether scikit-optimize says that it replaced a repeated one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        configuration = _call("ask", search.ask)
    return configuration, any("evaluated at" in str(w.message) for w in caught)
