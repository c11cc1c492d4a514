"""What the terminal shows of results: tables, sentences, checks and paths, 80 columns wide."""

import sys

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from study.cli.console import console, error, make_table
from study.core.formatting import format_sizes, pluralize
from study.replication.tables import claim_rows, paragraph, read_replication
from study.report.conclusions import answer, collapse_counts, pair_sentences
from study.report.notes import clock_note, look_note, regret_note
from study.report.tables import TextTable
from study.report.winner_words import best_rows, best_sentences, choice_note
from study.results import Results

MAX_FAILURES = 10  # that a terminal lists
GAP = 2  # blanks between columns
INDENT = 2


def print_results(results: Results) -> None:
    """Everything that a study says: table, answer, comparisons, claims, checks."""
    scores = results.scores
    console.print()
    console.print(_summary(results))
    console.print(_legend(results), style="dim")
    if len(scores.comparisons):
        unit = " (pp: percentage points)" if results.objective.percent else ""
        unit += " (positive: the first is better)" if results.objective.sign < 0 else ""
        heading = escape(f"{results.objective.final_label.capitalize()}, pair by pair")
        console.print(f"\n[bold]{heading}[/]{unit}")
        collapsed = collapse_counts(scores.summary)
        for line in pair_sentences(scores.comparisons, results.objective, collapsed):
            console.print(_indented(escape(line)))
        if results.info.looks:
            console.print(look_note(results.info), style="dim")
    print_best(results)
    if found := read_replication(results.folder):
        console.print("\n[bold]The tutorial's claims[/]")
        console.print(text_table(claim_rows(found)))
        console.print(escape(paragraph(found, results)))
    console.print("\n[bold]Integrity checks[/]")
    for check in results.checks:
        state = f"[green]passed[/] {check.rule}" if check.passed else "[bold red]FAILED[/]"
        console.print(_indented(f"{state}: {escape(check.figures)}"))
    console.print()
    for line in answer(results):
        console.print(f"[bold]{escape(line)}[/]")
    for line in best_sentences(results):
        console.print(escape(line))
    if not results.finished:
        console.print(f"[bold yellow]Unfinished: {results.progress}.[/]")


def print_best(results: Results) -> None:
    """The best configuration of each method, a column each, in one table or several."""
    if rows := best_rows(results):
        console.print("\n[bold]The best configuration of each method[/]")
        for some in fitting(rows, console.width - INDENT):
            console.print(_indented(text_table(transposed(some))))
        console.print(escape(choice_note(results)), style="dim")


def fitting(rows: TextTable, width: int) -> list[TextTable]:
    """Rows in groups that fit into so many characters as columns, one at least in each."""
    heading = max(map(len, rows[0])) + GAP
    groups: list[TextTable] = []
    used = width
    for row in rows:
        needed = max(map(len, row.values())) + GAP
        if used + needed > width:
            groups.append([])
            used = heading
        groups[-1].append(row)
        used += needed
    return groups


def transposed(rows: TextTable) -> TextTable:
    """A table with a column for each row, headed by its first cell."""
    first, *others = rows[0]
    return [{first: name, **{row[first]: row[name] for row in rows}} for name in others]


def _indented(line: str | Table) -> Padding:
    return Padding(line, (0, 0, 0, INDENT))


def _summary(results: Results) -> Table:
    objective = results.objective
    percent = " %" if objective.percent else ""
    columns = {
        f"best\n{'val.' if objective.tested else 'seen'}{percent}": "validation_score",
        f"re-eval.\n{percent.strip()}": "reevaluated_score",
    }
    judged = f"{'test' if objective.tested else objective.final_label}{percent}\nmean ± sd"
    sizes = [f"{objective.size}\n(range)"] if objective.size else []
    work = results.info.problem.words.work
    seconds = (f"{what}\ns/call" for what in ("overhead", work, "total"))
    table = make_table("method", gap=1)  # or 80 columns do not suffice
    for column in (*columns, judged, *sizes, *seconds):
        table.add_column(escape(column), justify="right")
    for row in results.scores.summary.to_dict("records"):
        seconds = (row[name] for name in ("propose_seconds", "train_seconds", "seconds_per_call"))
        table.add_row(
            escape(row["method"]),
            *(strip_percent(objective.format_score(row[name])) for name in columns.values()),
            strip_percent(objective.format_score(row["test_score"], row["test_sd"])),
            *(format_sizes(row).replace(" (", "\n(") for _ in sizes),
            *(f"{s:.2f}" for s in seconds),
        )
    return table


def strip_percent(text: str) -> str:
    """Without the sign for percent: the column's heading has it."""
    return text.removesuffix(" %")


def _legend(results: Results) -> str:
    info, objective = results.info, results.objective
    settings = info.settings
    workers = max((session.workers for session in info.sessions), default=1)
    beside = f" Seconds: {workers} workers in parallel." if workers > 1 else ""
    seconds = clock_note(info) or beside
    times = pluralize(settings.retrain, "time")
    seeds = f"Means over {settings.seeds:,} seeds" if settings.seeds > 1 else "One seed"
    sizes = f" {objective.size.capitalize()}: median of the winners." if objective.size else ""
    return (
        f"{seeds}, {pluralize(settings.calls, 'call')} per run. Re-eval.: each run's winner "
        f"re-evaluated with fresh seeds, {times}. "
        f"{objective.final_label.capitalize()}: {info.problem.words.judged}, as many times.{sizes} "
        f"Overhead: suggesting a configuration.{seconds}{_beyond(results)}"
    )


def _beyond(results: Results) -> str:
    """What regrets below 0 are, if the table has any."""
    observed = results.scores.summary[["validation_score", "reevaluated_score"]]
    return regret_note(results.objective) if (observed > 0).to_numpy().any() else ""


def text_table(rows: TextTable) -> Table:
    """Rows of text as a terminal shows them."""
    first, *others = rows[0]
    table = make_table(first)
    for name in others:
        table.add_column(escape(name), justify="right")
    for row in rows:
        table.add_row(*map(escape, row.values()))
    return table


def print_paths(results: Results) -> None:
    """Where everything is."""
    folder = results.folder
    console.print()
    console.print(f"[bold]{escape(str(folder / 'report.html'))}[/]", soft_wrap=True)
    tables = ", ".join(sorted(path.stem for path in folder.glob("*.csv")))
    drawings = ", ".join(sorted(path.stem for path in (folder / "plots").glob("*.png")))
    files = Table.grid(padding=(0, 2))
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
