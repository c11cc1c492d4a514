"""What the terminal shows of a collection of studies, 80 columns wide."""

from pathlib import Path

from rich.markup import escape
from rich.padding import Padding

from study.cli.console import console, make_table
from study.collection import Collection
from study.report import across_words as words
from study.report.tables import or_dash


def print_collection(collection: Collection, folder: Path) -> None:
    """Everything that a collection says: table, pairs, answer and paths."""
    console.print()
    print_methods(collection)
    print_pairs(collection)
    console.print()
    for line in words.answer(collection):
        console.print(f"[bold]{escape(line)}[/]")
    for line in collection.left_out:
        console.print(f"[yellow]Left out: {escape(line)}[/]")
    console.print()
    console.print(f"[bold]{escape(str(folder / 'report.html'))}[/]", soft_wrap=True)
    tables = ", ".join(sorted(path.stem for path in folder.glob("*.csv")))
    console.print(f"tables  {escape(tables)} (.csv)")


def print_methods(collection: Collection) -> None:
    """A row per method."""
    table = make_table("method")
    for column in ("normalised\nregret", "on these\nproblems", "on problems\nlike these"):
        table.add_column(column, justify="right")
    for column in ("mean\nrank", "on problems\nlike these"):
        table.add_column(column, justify="right")
    regret = "normalised_regret"
    for row in collection.method_table.to_dict("records"):
        table.add_row(
            escape(row["method"]),
            or_dash(row[regret], "{:.2f}".format),
            escape(words.interval(row, f"{regret}_here_low", f"{regret}_here_high")),
            escape(words.interval(row, f"{regret}_like_low", f"{regret}_like_high")),
            f"{row['rank']:.2f}",
            escape(words.interval(row, "rank_like_low", "rank_like_high")),
        )
    console.print(table)
    console.print(
        f"Normalised regret: 0 is the best known value of a problem, 1 the median run of "
        f"{collection.control}. Intervals at 95 %.",
        style="dim",
    )


def print_pairs(collection: Collection) -> None:
    """A line per pair: on how many problems which verdict, and the verdicts over all."""
    console.print(f"\n[bold]Pair by pair, over {len(collection.scores)} problems[/]")
    table = make_table("", gap=1)
    for column in ("better", "worse", "same", "undecided"):
        table.add_column(column, justify="right")
    for column in ("on these", "like these"):
        table.add_column(column)
    for row in collection.pairs.to_dict("records"):
        counts = row["better"], row["worse"], row["equivalent"] + row["tied"], row["undecided"]
        table.add_row(
            escape(f"{row['method']} - {row['other']}"),
            *(str(count or "") for count in counts),
            row["verdict_here"],
            row["verdict_like"],
        )
    console.print(Padding(table, (0, 0, 0, 2)))
