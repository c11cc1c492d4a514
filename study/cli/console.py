"""The terminal: what everything is printed with, and errors in one line."""

from collections.abc import Callable, Iterable
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from study.core.errors import StudyError

console = Console(highlight=False, emoji=False)  # a name with :smile: in it is a name


def error(message: str) -> None:
    """One line on standard error."""
    line = Text.assemble(("study:", "red"), " ", message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)


def exit_on_error(command: Callable[[], int]) -> None:
    """Run a command and exit with its code; a `StudyError` is one line and exit code 2."""
    try:
        code = command()
    except StudyError as wrong:
        error(wrong.command_line)
        code = 2
    raise typer.Exit(code)


def print_line(text: object) -> None:
    """Text as it is, on one line however long."""
    console.print(str(text), soft_wrap=True, markup=False)


def print_files(paths: Iterable[Path]) -> None:
    """Files that were written, a line each."""
    for path in paths:
        print_line(path)
