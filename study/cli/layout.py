"""Tables that fit a terminal of any width: whole names, whole figures, whole headings."""

import re
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from study.cli.console import console
from study.report.tables import TextTable

INDENT = 2
MINUS = "\N{MINUS SIGN} "  # between the methods of a pair
LONG_NAME = 24  # characters, above which a method with its options takes several lines


def print_rows(
    rows: TextTable, gap: int = 2, indent: int = 0, fold: Callable[[str], str] | None = None
) -> None:
    """Print a table; if it is too wide, its columns in groups, each beside the first column.

    `fold` lays the first column's cells out on several lines, by default as `fold_name` does.
    """
    names = [(fold or fold_name)(next(iter(row.values()))) for row in rows]
    cells = [[name, *[*row.values()][1:]] for name, row in zip(names, rows, strict=True)]
    headings = [fold_name(name) for name in rows[0]]
    columns = list(zip(headings, *cells, strict=True))
    widths = [max(map(_width, column)) + gap for column in columns]
    for number, group in enumerate(column_groups(widths, console.width - indent + gap)):
        if number:
            console.print()
        table = Table(box=None, header_style="bold", padding=(0, gap, 0, 0), pad_edge=False)
        for place in group:
            table.add_column(
                escape(headings[place]), justify="right" if place else "left", overflow="fold"
            )
        for row in cells:
            table.add_row(*(escape(row[place]) for place in group))
        console.print(Padding(table, (0, 0, 0, indent), expand=False))


def column_groups(widths: Sequence[int], room: int) -> list[list[int]]:
    """Columns in groups that fit into so many characters, the first and one more at least in each.

    `widths` are those of the columns with the gap after them.
    """
    groups, used = [[0]], widths[0]
    for place, width in enumerate(widths[1:], 1):
        if used + width > room and len(groups[-1]) > 1:
            groups.append([0])
            used = widths[0]
        groups[-1].append(place)
        used += width
    return groups


def fold_name(name: str) -> str:
    """A method's name or a pair of them; if long, on lines that begin anew at a minus or comma."""
    if cell_len(name) <= LONG_NAME:
        return name
    return f"\n{MINUS}".join(map(_fold_at_commas, name.split(f" {MINUS}")))


def _fold_at_commas(name: str) -> str:
    lines = [""]
    for piece in re.findall(r"[^,]*,|[^,]+$", name):
        if lines[-1] and cell_len(lines[-1] + piece) > LONG_NAME:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


def _width(cell: str) -> int:
    return max(map(cell_len, cell.split("\n")))
