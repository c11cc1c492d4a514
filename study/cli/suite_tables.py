"""What the terminal shows of a collection of studies, at any width."""

from pathlib import Path

from rich.markup import escape

from study.cli.console import console
from study.cli.layout import INDENT, print_rows
from study.collection import Collection
from study.core.formatting import format_pair, pluralize
from study.report import across_words as words
from study.report.tables import or_dash


def print_collection(collection: Collection, folder: Path) -> None:
    """Everything that a collection says: table, pairs, answer and paths."""
    console.print()
    print_methods(collection)
    print_pairs(collection)
    console.print()
    first, *others = words.answer(collection)
    console.print(f"[bold]{escape(first)}[/]")
    for line in others:
        console.print(escape(line))
    for line in collection.left_out:
        console.print(f"[yellow]Left out: {escape(line)}[/]")
    console.print()
    console.print(f"[bold]{escape(str(folder / 'report.html'))}[/]", soft_wrap=True)
    tables = ", ".join(sorted(path.stem for path in folder.glob("*.csv")))
    console.print(f"tables  {escape(tables)} (.csv)")


def print_methods(collection: Collection) -> None:
    """A row per method."""
    regret = "normalised_regret"
    print_rows(
        [
            {
                "method": row["method"],
                "normalised\nregret": or_dash(row[regret], "{:.2f}".format),
                "on these\nproblems": words.interval(
                    row, f"{regret}_here_low", f"{regret}_here_high"
                ),
                "on problems\nlike these": words.interval(
                    row, f"{regret}_like_low", f"{regret}_like_high"
                ),
                "mean\nrank": f"{row['rank']:.2f}",
                "rank on problems\nlike these": words.interval(
                    row, "rank_like_low", "rank_like_high"
                ),
            }
            for row in collection.method_table.to_dict("records")
        ],
        gap=1,
    )
    console.print(
        f"Normalised regret: 0 is the best known value of a problem, 1 the median run of "
        f"{collection.control}. Intervals at 95 %.",
        style="dim",
    )


def print_pairs(collection: Collection) -> None:
    """A line per pair: on how many problems which verdict, and the verdicts over all."""
    problems = pluralize(len(collection.scores), "problem")
    console.print(f"\n[bold]Pair by pair, over {problems}[/]")
    print_rows(
        [
            {
                "pair": format_pair(row["method"], row["other"]),
                "on these": row["verdict_here"],
                "like these": row["verdict_like"],
                **{word: f"{row[word]:,}" for word in ("better", "worse")},
                "same": f"{row['equivalent'] + row['tied']:,}",
                "undecided": f"{row['undecided']:,}",
            }
            for row in collection.pairs.to_dict("records")
        ],
        gap=1,
        indent=INDENT,
    )
    console.print(
        "On these, like these: the verdict over these problems, and over problems like these. "
        "Better to undecided: on how many problems, as the first of a pair has it.",
        style="dim",
    )
