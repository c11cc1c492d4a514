"""Files of a results folder: replaced at once or not at all, and errors in one line."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from study.core.errors import StudyError, reason_of, translate_errors
from study.core.formatting import join_words

LEDGER = "study.db"
IMPORTANCE = "importance.csv"
REPORTS = ("report.html", "report.md")
STUDY_FILES = (
    *("study.json", "trials.csv", "finals.csv", "trace.csv", "summary.csv", "comparisons.csv"),
    *("equal_time.csv", "search_range.csv", "winners.csv", IMPORTANCE, *REPORTS),
)
"""What a study writes beside its ledger and its plots."""
COLLECTION_TABLES = ("problems", "runs", "verdicts", "methods", "pairs", "budgets", "attainment")
"""What is written of many studies beside reports and plots, in this order, as CSV files."""


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
            f"{path} cannot be written ({reason_of(error, with_path=False)}): make room or make it "
            "writable and run the same command again, or choose another --output; what was "
            "finished is kept"
        ),
    )


def translate_read_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn what reading a folder that is damaged, or no study's, raises into one line."""

    def message(error: Exception) -> str:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return f"{folder} holds no {Path(error.filename).name}: {_advice(folder)}"
        if isinstance(error, RecursionError):
            return f"{folder} holds lists without end: run the study again"
        return f"{folder} cannot be read ({reason_of(error)}): run the study again"

    kinds = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError)
    return translate_errors((*kinds, RecursionError), message)


def _advice(folder: Path) -> str:
    """What to do where a folder holds no study that can be read."""
    if (folder / LEDGER).is_file():
        return "run the same study compare again"
    if inner := studies_within(folder):
        return f"it holds {len(inner)} studies: name one, such as {inner[0]}, or study combine it"
    return "name a results folder"


def require_study_place(folder: Path) -> None:
    """Raise `StudyError` if a study in a folder would replace files that are not its own."""
    _require_no_file(folder)
    if not (folder / LEDGER).exists() and (taken := _present(folder, STUDY_FILES)):
        raise StudyError(
            f"{folder} holds {taken} without the {LEDGER} of a study, which resuming needs: "
            "restore it, or choose another --output"
        )


def require_collection_place(folder: Path) -> None:
    """Raise `StudyError` if a combined report in a folder would replace what is something else."""
    _require_no_file(folder)
    if is_study(folder):
        raise StudyError(
            f"--output {folder} is the folder of a study, whose report would be replaced: choose "
            "another --output"
        )
    names = [*(f"{name}.csv" for name in COLLECTION_TABLES), *REPORTS]
    if not is_collection(folder) and (taken := _present(folder, names)):
        raise StudyError(
            f"--output {folder} holds {taken} of something else, which would be replaced: choose "
            "another --output"
        )


def _require_no_file(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise StudyError(f"--output {folder} is a file: name a folder")


def _present(folder: Path, names: Sequence[str]) -> str:
    """Which files of these names a folder holds, in words."""
    return join_words([name for name in names if (folder / name).exists()])


def is_collection(folder: Path) -> bool:
    """Whether a folder holds what is written of many studies: the first table, if no more yet."""
    try:
        with (folder / f"{COLLECTION_TABLES[0]}.csv").open(encoding="utf-8") as file:
            return file.readline().startswith("problem,folder,seeds,")
    except (OSError, UnicodeError):
        return False


def studies_within(folder: Path) -> list[Path]:
    """The results folders in a folder, in alphabetical order."""
    return sorted(inside for inside in folder.glob("*/") if is_study(inside))


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study."""
    return (folder / LEDGER).is_file() or (folder / "study.json").is_file()
