"""The exceptions that mean: the user can mend this; and the one way to turn others into them."""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any, Self

OPTIONS = (
    *("seeds", "calls", "initial-points", "retrain", "margin", "methods", "problem", "suite"),
    *("dataset", "target", "epochs", "trainer", "workers", "threads", "scheduler", "data-dir"),
    *("output", "timeout", "keep-going", "retry-failed", "trace", "resample-splits"),
    "start-from",
)
"""The settings of a study as the command line has them, without the dashes."""
WINNER_OPTIONS = ("method", "seed")
"""Those of `study winner`, whose names Python's `results.best_of` has, too."""
_OPTION = re.compile(rf"--({'|'.join([*OPTIONS, *WINNER_OPTIONS])})(?![\w-])")


class StudyError(Exception):
    """Bad input or a broken environment, told in one line that says what to do next.

    A message is written with options (`--initial-points`), which is how the command line prints it,
    without a traceback and with exit code 2. In Python its text speaks of `initial_points`.
    """

    def __init__(self, message: str) -> None:
        self.command_line = to_plain_line(message)
        """The message with options."""
        super().__init__(_OPTION.sub(lambda found: found[1].replace("-", "_"), self.command_line))

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.command_line,)


class ExitError(Exception):
    """Somebody's code called `sys.exit`: a failure like another, which must not end a study."""


class OverdueError(Exception):
    """A job was given up, for it took longer than it may."""


class ClusterError(StudyError):
    """A Dask cluster cannot be worked on, or no longer. What was finished is kept."""


@contextlib.contextmanager
def exits_as_errors() -> Iterator[None]:
    """Turn the `SystemExit` of somebody's code into an `ExitError`, which says its code."""
    try:
        yield
    except SystemExit as exit_:
        code = "" if exit_.code is None else repr(exit_.code)
        raise ExitError(f"sys.exit({code}) was called") from exit_


@contextlib.contextmanager
def translate_errors(
    kinds: type[Exception] | tuple[type[Exception], ...],
    message: Callable[[Any], str],
    error: type[StudyError] = StudyError,
) -> Iterator[None]:
    """Raise errors of these kinds as `error`, with what `message` makes of them.

    A `StudyError` passes as it is.
    """
    try:
        yield
    except StudyError:
        raise
    except kinds as cause:
        raise error(message(cause)) from cause


def describe_error(error: BaseException) -> str:
    """An exception in one line: its kind and what it says."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def to_plain_line(text: str) -> str:
    """Text as one line that a terminal, a page and a plot show and do not obey.

    White space becomes single blanks, and every other character that is not printable, such as an
    escape, a mark that turns the direction of writing or half a surrogate pair, becomes \ufffd.
    """
    flat = " ".join(text.split())
    return flat if flat.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in flat)
