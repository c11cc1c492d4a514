"""An honest, fast comparison of hyper-parameter search methods.

>>> from study import compare, load
>>> results = compare(dataset="digits", methods=["baseline", "random", "gp"], seeds=5)
>>> results.summary
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.api import compare
    from study.collection import Collection
    from study.combining import combine
    from study.core.dimensions import Categorical, Integer, Ordinal, Real
    from study.core.errors import StudyError
    from study.core.objective import Objective
    from study.core.settings import Settings
    from study.core.winner import Winner
    from study.methods.base import Method, SearchContext
    from study.problems.estimator import sklearn_problem
    from study.problems.keras import keras_problem
    from study.problems.measurement import Measurement
    from study.problems.user import Problem
    from study.results import Results, load
    from study.suite import compare_suite

    __version__: str

__all__ = [
    "Categorical",
    "Collection",
    "Integer",
    "Measurement",
    "Method",
    "Objective",
    "Ordinal",
    "Problem",
    "Real",
    "Results",
    "SearchContext",
    "Settings",
    "StudyError",
    "Winner",
    "__version__",
    "combine",
    "compare",
    "compare_suite",
    "keras_problem",
    "load",
    "sklearn_problem",
]

_HOMES = {
    "Categorical": "core.dimensions",
    "Collection": "collection",
    "Integer": "core.dimensions",
    "Measurement": "problems.measurement",
    "Method": "methods.base",
    "Objective": "core.objective",
    "Ordinal": "core.dimensions",
    "Problem": "problems.user",
    "Real": "core.dimensions",
    "Results": "results",
    "SearchContext": "methods.base",
    "Settings": "core.settings",
    "StudyError": "core.errors",
    "Winner": "core.winner",
    "combine": "combining",
    "compare": "api",
    "compare_suite": "suite",
    "keras_problem": "problems.keras",
    "load": "results",
    "sklearn_problem": "problems.estimator",
}


if not TYPE_CHECKING:  # a type checker knows the names from above, and no others

    def __getattr__(name: str) -> Any:
        """Import the public names when they are first used: `study --help` needs none of them."""
        if name in _HOMES:
            from importlib import import_module

            return getattr(import_module(f"study.{_HOMES[name]}"), name)
        if name == "__version__":
            from study.core.environment import package_version

            return package_version()
        raise AttributeError(f"module 'study' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
