"""Files of a results folder: replaced at once or not at all, and errors in one line."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from study.core.errors import translate_errors

LEDGER = "study.db"


def write_atomically(path: Path, write_to: Callable[[Path], Any]) -> Path:
    """Let `write_to` write a file beside `path`, then put it in its place.

    The ending stays, for libraries that go by it. Raises `StudyError` if there is no room or
    no right to write.
    """
    with translate_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
        try:
            write_to(beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    return path


def translate_write_errors(path: Path) -> AbstractContextManager[None]:
    """Turn the operating system's errors about `path` into one line that says what to do."""
    return translate_errors(
        OSError,
        lambda error: (
            f"{path} cannot be written ({error.strerror or error}): make room or make it writable "
            "and run the same command again, or choose another --output; what was finished is kept"
        ),
    )


def translate_read_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn what reading a folder that is damaged, or no study's, raises into one line."""

    def message(error: Exception) -> str:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            interrupted = (folder / LEDGER).is_file()
            advice = "run the same study compare again" if interrupted else "name a results folder"
            return f"{folder} holds no {Path(error.filename).name}: {advice}"
        if isinstance(error, RecursionError):
            return f"{folder} holds lists without end: run the study again"
        return f"{folder} cannot be read ({error}): run the study again"

    kinds = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError)
    return translate_errors((*kinds, RecursionError), message)
