"""The packages and processors that results depend on."""

import contextlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

DISTRIBUTION = "hpo-study"
"""The name on the package index; the import name is `study`."""

OPTIONAL = ("optuna", "torch", "greenlet")  # some methods compute with them
COMPUTING = (
    *(DISTRIBUTION, "numba", "llvmlite", "tensorflow", "keras", "scikit-optimize"),
    *("scikit-learn", "numpy", "scipy", "distributed"),
)


def package_version() -> str:
    """The version of this package as it is installed."""
    return version(DISTRIBUTION)


def install_hint(extra: str) -> str:
    """The command that installs the package with an extra."""
    return f"python -m pip install '{DISTRIBUTION}[{extra}]'"


def available_cores() -> int:
    """Those that this process may use."""
    with contextlib.suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions() -> dict[str, str]:
    """Version of Python and of every package that computes; a missing package has none."""
    found = {"Python": platform.python_version()}
    for name in (*COMPUTING, *OPTIONAL):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def incompatibility(
    worker: str, threads: int, there: Mapping[str, str], here: Mapping[str, str]
) -> str:
    """Why the worker of that address must not compute for this process; empty if it may.

    `there` and `here` are `versions` of the worker and of this process.
    """
    if threads != 1:
        return (
            f"the worker {worker} has {threads} threads, which would share one network: start it "
            "with --nthreads 1, several of them with --nworkers"
        )
    differing = [
        f"{name} {there[name]} (here {here[name]})" if name in there else f"no {name}"
        for name in here
        if there.get(name) != here[name]
    ]
    if not differing:
        return ""
    return (
        f"the worker {worker} has {', '.join(differing)}: install the versions of this side "
        f"there ({DISTRIBUTION} {here[DISTRIBUTION]}), start the worker again, and run the same "
        "command"
    )
