"""The exceptions that mean: the user can mend this; and the one way to turn others into them."""

import contextlib
import errno
import os
import re
import socket
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
PLAIN_WORDS = {
    errno.ENOENT: "no such file or folder",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EEXIST: "it exists already",
    errno.EACCES: "no permission",
    errno.EPERM: "not permitted",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ETIMEDOUT: "no answer in time",
    errno.ECONNREFUSED: "the connection was refused",
    errno.ECONNRESET: "the connection was broken off",
    errno.ENETUNREACH: "there is no network",
    errno.EHOSTUNREACH: "the host cannot be reached",
}
"""What the operating system's errors mean, by number."""
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
    return f"{type(error).__name__}: {reason_of(error)}"


def reason_of(error: BaseException, *, with_path: bool = True) -> str:
    """What an exception says, in one line; one of the operating system in words.

    Those come without its number, and without the file where the sentence around them names it.
    """
    if not isinstance(error, OSError):
        return " ".join(str(error).split())
    words, path = _system_words(error), error.filename
    if with_path and isinstance(path, str | bytes) and "://" not in str(path):
        words = f"{os.fsdecode(path)}: {words}"
    return " ".join(words.split())


def _system_words(error: OSError) -> str:
    """An error of the operating system or of a connection in words."""
    from urllib.error import HTTPError, URLError  # slower to import than all the rest of this

    if isinstance(error, HTTPError):
        return f"{error.url} was answered with {error.code} {error.reason}".rstrip()
    if isinstance(error, URLError):
        inner = error.reason
        return reason_of(inner) if isinstance(inner, BaseException) else str(inner)
    if isinstance(error, socket.gaierror):
        return "the name of the host cannot be resolved, as without a network"
    if untrusted := getattr(error, "verify_message", ""):  # of ssl.SSLCertVerificationError
        return f"the certificate is not trusted ({untrusted})"
    told = error.strerror or str(error)
    return PLAIN_WORDS.get(error.errno or 0) or told[:1].lower() + told[1:] or "no reason given"


def to_plain_line(text: str) -> str:
    """Text as one line that a terminal, a page and a plot show and do not obey.

    White space becomes single blanks, and every other character that is not printable, such as an
    escape, a mark that turns the direction of writing or half a surrogate pair, becomes \ufffd.
    """
    flat = " ".join(text.split())
    return flat if flat.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in flat)
