"""What the terminal shows of results: tables, sentences, checks and paths, at any width."""

import sys
import textwrap
from functools import partial

from rich.markup import escape
from rich.padding import Padding
from rich.table import Column, Table

from study.cli.console import console, error
from study.cli.layout import INDENT, print_rows
from study.core.formatting import format_pair, format_seconds, format_sizes, pluralize
from study.replication.tables import claim_rows, paragraph, read_replication
from study.report.conclusions import Row, answer, decided_first, needed_seeds
from study.report.notes import clock_note, look_note, regret_note, substitute_note, work_fact
from study.report.tables import TextTable, difference_decimals, from_columns, interval, or_dash
from study.report.winner_words import best_rows, best_sentences, choice_note
from study.results import Results

MAX_FAILURES = 10  # that a terminal lists
CLAIM_WIDTH = 20  # characters of a claim's line


def print_results(results: Results) -> None:
    """Everything that a study says: table, answer, comparisons, claims, checks."""
    print_summary(results)
    print_pairs(results)
    print_best(results)
    print_claims(results)
    print_checks(results)
    print_answer(results)


def print_summary(results: Results) -> None:
    """The main table: a row per method, and how to read it."""
    console.print()
    print_rows(summary_rows(results), gap=1)  # or 80 columns do not suffice
    console.print(_legend(results), style="dim")


def print_pairs(results: Results) -> None:
    """A row per pair of methods, what is decided first."""
    if not len(results.scores.comparisons):
        return
    label = results.objective.final_label
    heading = escape(f"{label.capitalize()}, pair by pair")
    console.print(f"\n[bold]{heading}[/]")
    rows = pair_rows(results)
    print_rows(rows, gap=1, indent=INDENT)
    unit = "pp: percentage points. " if results.objective.percent else ""
    better = "" if results.objective.sign > 0 else "Advantage: positive if the first is better. "
    needed = " Needed: about how many seeds would decide." if "needed" in rows[0] else ""
    told = f"{unit}{better}Won, tied, lost: seeds, as the first of a pair has it.{needed}"
    console.print(told, style="dim")
    if results.info.looks:
        console.print(look_note(results.info), style="dim")


def print_claims(results: Results) -> None:
    """What `study replicate` measured of the tutorial's claims, if it did."""
    if found := read_replication(results.folder):
        console.print("\n[bold]The tutorial's claims[/]")
        print_rows(claim_rows(found), gap=1, fold=partial(textwrap.fill, width=CLAIM_WIDTH))
        console.print(escape(paragraph(found, results)))


def print_checks(results: Results) -> None:
    """Each integrity check, passed or not."""
    console.print("\n[bold]Integrity checks[/]")
    for check in results.checks:
        state = f"[green]passed[/] {check.rule}" if check.passed else "[bold red]FAILED[/]"
        line = f"{state}: {escape(check.figures)}"
        console.print(Padding(line, (0, 0, 0, INDENT), expand=False))


def print_answer(results: Results) -> None:
    """What came out, in sentences, the answer first."""
    first, *others = answer(results)
    console.print(f"\n[bold]{escape(first)}[/]")
    for line in [*others, *best_sentences(results), substitute_note(results.info.data)]:
        if line:
            console.print(escape(line))
    if not results.finished:
        console.print(f"[bold yellow]Unfinished: {results.progress}.[/]")


def print_best(results: Results) -> None:
    """The best configuration of each method, a column each."""
    if rows := best_rows(results):
        console.print("\n[bold]The best configuration of each method[/]")
        print_rows(transposed(rows), indent=INDENT)
        console.print(escape(choice_note(results)), style="dim")


def transposed(rows: TextTable) -> TextTable:
    """A table with a column for each row, headed by its first cell."""
    first, *others = rows[0]
    return [{first: name, **{row[first]: row[name] for row in rows}} for name in others]


def summary_rows(results: Results) -> TextTable:
    """The main table: scores, sizes and seconds, those of a column with as many decimals."""
    objective, summary = results.objective, results.scores.summary
    percent = " %" if objective.percent else ""
    observed = f"best\n{'val.' if objective.tested else 'seen'}{percent}"
    judged = f"{'test' if objective.tested else objective.final_label}{percent}\nmean ± sd"
    sizes = [format_sizes(row).replace(" (", "\n(") for row in summary.to_dict("records")]
    parts = {
        "total": "seconds_per_call",
        "overhead": "propose_seconds",
        results.info.problem.words.work: "train_seconds",
    }
    unit, seconds = format_seconds([list(summary[name]) for name in parts.values()])
    return from_columns(
        {
            "method": list(summary["method"]),
            observed: _scores(results, "validation_score"),
            f"re-eval.\n{percent.strip()}": _scores(results, "reevaluated_score"),
            judged: _scores(results, "test_score", "test_sd"),
            **({f"{objective.size}\n(range)": sizes} if objective.size else {}),
            **{f"{part}\n{unit}/call": cells for part, cells in zip(parts, seconds, strict=True)},
        }
    )


def _scores(results: Results, mean: str, sd: str | None = None) -> list[str]:
    """A column of scores, without the sign for percent, which the column's heading has."""
    summary = results.scores.summary
    spread = None if sd is None else list(summary[sd])
    cells = results.objective.format_scores(list(summary[mean]), spread)
    return [cell.removesuffix(" %") for cell in cells]


def pair_rows(results: Results) -> TextTable:
    """The differences of all pairs, each seen from the side of the winner if there is one."""
    comparisons, objective = results.scores.comparisons, results.objective
    decimals = difference_decimals(comparisons, objective)
    unit = f"\n({objective.difference_unit.strip()})" if objective.percent else ""
    ranges = (comparisons["interval"] == "range").all()
    headings = (
        "pair",
        f"{'difference' if objective.sign > 0 else 'advantage'}{unit}",
        "range" if ranges else "95 %\ninterval",
        *("verdict", "won tied lost", "needed"),  # the counts in one column, to stay together
    )
    signed = partial(objective.format_signed_difference, decimals=decimals)

    def cells(row: Row) -> tuple[str, ...]:
        return (
            format_pair(row["method"], row["other"]),
            or_dash(row["typical_difference"], signed),
            interval(row, "low", "high", objective, decimals),
            row["verdict"],
            f"{row['wins']:>3,} {row['ties']:>4,} {row['losses']:>4,}",
            needed_seeds(row),
        )

    rows = [dict(zip(headings, cells(row), strict=True)) for row in decided_first(comparisons)]
    return rows if any(row["needed"] for row in rows) else without_column(rows, "needed")


def without_column(rows: TextTable, name: str) -> TextTable:
    """A table that lacks a column."""
    return [{head: cell for head, cell in row.items() if head != name} for row in rows]


def _legend(results: Results) -> str:
    info, objective = results.info, results.objective
    settings = info.settings
    times = pluralize(settings.retrain, "time")
    seeds = f"Means over {settings.seeds:,} seeds" if settings.seeds > 1 else "One seed"
    sizes = f" {objective.size.capitalize()}: median of the winners." if objective.size else ""
    return (
        f"{seeds}, {pluralize(settings.calls, 'call')} per run. Re-eval.: each run's winner "
        f"re-evaluated with fresh seeds, {times}. "
        f"{objective.final_label.capitalize()}: {info.problem.words.judged}, as many times.{sizes} "
        f"Overhead: suggesting a configuration.{clock_note(info)}{_beyond(results)} In all "
        f"{work_fact(info)}."
    )


def _beyond(results: Results) -> str:
    """What regrets below 0 are, if the table has any."""
    observed = results.scores.summary[["validation_score", "reevaluated_score"]]
    return regret_note(results.objective) if (observed > 0).to_numpy().any() else ""


def print_paths(results: Results) -> None:
    """Where everything is."""
    folder = results.folder
    console.print()
    console.print(f"[bold]{escape(str(folder / 'report.html'))}[/]", soft_wrap=True)
    tables = ", ".join(sorted(path.stem for path in folder.glob("*.csv")))
    drawings = ", ".join(sorted(path.stem for path in (folder / "plots").glob("*.png")))
    files = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
    files.add_row("tables", escape(f"{tables} (.csv)"))
    files.add_row("plots", escape(f"{drawings} (.png, .svg)"))
    files.add_row("also", "report.md, study.json, and study.db, which resuming needs")
    console.print(files)


def exit_code(results: Results) -> int:
    """List on standard error what failed; the exit code."""
    failed, broken = results.failed_evaluations, results.info.errors
    for line in [*failed[:MAX_FAILURES], *broken[:MAX_FAILURES]]:
        error(f"failed: {line}")
    if more := len(failed[MAX_FAILURES:]) + len(broken[MAX_FAILURES:]):
        error(f"and {more:,} more like these, see {results.folder / 'report.md'}")
    if failed:
        error("what failed is kept as it is; to evaluate it again, add --retry-failed")
    if broken:
        error("a search that broke off goes on with the same command, once its cause is mended")
    for check in results.failed_checks:
        error(f"check failed: {check.figures}")
    sys.stderr.flush()
    return 0 if results.valid and not results.failures else 1
