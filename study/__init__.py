"""An honest, fast comparison of hyper-parameter search methods.

>>> from study import compare, load
>>> results = compare(dataset="digits", methods=["baseline", "random", "gp"], seeds=5)
>>> results.summary
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.api import compare, load

__all__ = ["compare", "load"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `study --help` needs none of them."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("study.api"), name)
    raise AttributeError(f"module 'study' has no attribute {name!r}")
