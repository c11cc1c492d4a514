"""`study methods`, `study problems` and `study suites`: what can be named on a command line."""

from collections.abc import Iterable

from rich.markup import escape

from study.cli.console import console, make_table
from study.core.plugins import Listing

MORE = "or FILE.py:NAME, package.module:NAME"


def methods() -> None:
    """List the search methods that --methods knows, and where each comes from."""
    from study.methods.registry import available

    print_listing(available())


def problems() -> None:
    """List the problems that --problem knows, and where each comes from."""
    from study.problems.registry import available

    print_listing(available())


def suites() -> None:
    """List the suites of problems that --suite knows, and where each comes from."""
    from study.problems.suites import available

    print_listing(available())


def print_listing(rows: Iterable[Listing]) -> None:
    """Names, where they come from, and a line about each."""
    table = make_table("name")
    for heading in ("from", "what it is"):
        table.add_column(heading)
    for row in rows:
        table.add_row(escape(row.name), escape(row.origin), escape(row.summary))
    console.print(table)
    console.print(escape(MORE), style="dim")
