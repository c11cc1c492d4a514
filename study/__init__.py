"""An honest, fast comparison of hyper-parameter search methods.

>>> from study import compare, load
>>> results = compare(dataset="digits", methods=["baseline", "random", "gp"], seeds=5)
>>> results.summary
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.api import compare, load
    from study.core.objective import Objective
    from study.core.space import Categorical, Integer, Real
    from study.problems.keras import keras_problem
    from study.problems.user import Problem

__all__ = [
    "Categorical",
    "Integer",
    "Objective",
    "Problem",
    "Real",
    "compare",
    "keras_problem",
    "load",
]

_MODULES = {
    "Categorical": "core.space",
    "Integer": "core.space",
    "Objective": "core.objective",
    "Problem": "problems.user",
    "Real": "core.space",
    "compare": "api",
    "keras_problem": "problems.keras",
    "load": "api",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `study --help` needs none of them."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f"study.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'study' has no attribute {name!r}")
