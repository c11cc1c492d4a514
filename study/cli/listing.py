"""`study methods`, `study problems` and `study suites`: what can be named on a command line."""

from collections.abc import Iterable

from rich.markup import escape
from rich.table import Table

from study.cli.console import console
from study.core.plugins import Listing

BUILT_IN = "built in"
WIDE = 72  # characters, from which on there is room for a column of origins
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
    wide = console.width >= WIDE
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("name", no_wrap=True)
    if wide:
        table.add_column("from", no_wrap=True)
    table.add_column("what it is", ratio=1)  # takes what room is left
    for row in rows:
        origin = "" if row.origin == BUILT_IN else f" ({row.origin})"
        cells = [row.origin, row.summary] if wide else [row.summary + origin]
        table.add_row(*map(escape, [row.name, *cells]))
    console.print(table)
    console.print(escape(MORE), style="dim")
