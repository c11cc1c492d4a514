"""What the terminal shows of results: tables, sentences, checks and paths, 80 columns wide."""

import sys
from pathlib import Path

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from benchmarks.report.measurements import read_benchmarks
from benchmarks.report.page import ratio_rows
from study.cli.progress import console, error
from study.core.formatting import plural, sizes
from study.report.conclusions import answer, sentences
from study.report.tables import Rows, claim_rows, claims_text
from study.results import Results
from study.storage.schema import is_network


def show(results: Results) -> None:
    """Everything that a study says: table, answer, comparisons, claims, checks."""
    console.print()
    console.print(_summary(results))
    console.print(_legend(results), style="dim")
    if len(results.comparisons):
        unit = " (pp: percentage points)" if results.objective.percent else ""
        unit += " (positive: the first is better)" if results.objective.sign < 0 else ""
        heading = escape(f"{results.objective.final.capitalize()}, pair by pair")
        console.print(f"\n[bold]{heading}[/]{unit}")
        for line in sentences(results.comparisons, results.objective):
            console.print(_indented(escape(line)))
    if results.replication:
        console.print("\n[bold]The tutorial's claims[/]")
        console.print(_table(claim_rows(results)))
        console.print(escape(claims_text(results)))
    console.print("\n[bold]Checks[/]")
    for check in results.checks:
        state = "[green]passed[/]" if check.passed else "[bold red]FAILED[/]"
        console.print(_indented(f"{state} {check.rule}: {escape(check.figures)}"))
    console.print()
    failed = [check.rule for check in results.checks if not check.passed]
    for line in answer(results.summary, results.comparisons, results.info, failed):
        console.print(f"[bold]{escape(line)}[/]")
    if not results.finished:
        console.print(f"[bold yellow]Unfinished: {results.progress}.[/]")


def _indented(line: str) -> Padding:
    return Padding(line, (0, 0, 0, 2))


def _summary(results: Results) -> Table:
    objective = results.objective
    percent = " %" if objective.percent else ""
    columns = {
        f"best\n{'val.' if objective.tested else 'seen'}{percent}": "validation_score",
        f"again\n{percent.strip()}": "remeasured_score",
    }
    judged = f"{'test' if objective.tested else objective.final}{percent}\nmean ± sd"
    costs = [f"{objective.cost}\n(range)"] if objective.cost else []
    shown = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    shown.add_column("method")
    work = "train" if is_network(results.info["problem"]) else "evaluate"
    seconds = (f"{what}\ns/call" for what in ("propose", work, "total"))
    for column in (*columns, judged, *costs, *seconds):
        shown.add_column(escape(column), justify="right")
    for row in results.summary.to_dict("records"):
        seconds = (row[name] for name in ("propose_seconds", "train_seconds", "seconds_per_call"))
        shown.add_row(
            escape(row["method"]),
            *(bare(objective.text(row[name])) for name in columns.values()),
            bare(objective.text(row["test_score"], row["test_sd"])),
            *(sizes(row).replace(" (", "\n(") for _ in costs),
            *(f"{s:.2f}" for s in seconds),
        )
    return shown


def bare(text: str) -> str:
    """Without the sign for percent: the column's heading has it."""
    return text.removesuffix(" %")


def _legend(results: Results) -> str:
    settings, objective = results.info["settings"], results.objective
    workers = max((session["workers"] for session in results.info["sessions"]), default=1)
    beside = f" Seconds: {workers} workers side by side." if workers > 1 else ""
    times = plural(settings["retrain"], "time")
    judged = f"{objective.final.capitalize()}: as often, with other seeds"
    if objective.tested:
        judged = "Test: as often, on data kept apart"
        if is_network(results.info["problem"]):
            judged = "Test: retrained as often on all training images, scored on the test images"
    costs = f" {objective.cost.capitalize()}: median of the winners." if objective.cost else ""
    return (
        f"Means over {plural(settings['seeds'], 'seed')}, {plural(settings['calls'], 'call')} per "
        f"run. Again: each run's winner evaluated with fresh seeds, {times}. {judged}."
        f"{costs}{beside}"
    )


def _table(rows: Rows) -> Table:
    shown = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for number, name in enumerate(rows[0]):
        shown.add_column(name, justify="right" if number else "left")
    for row in rows:
        shown.add_row(*map(escape, row.values()))
    return shown


def catalogue(rows: list[tuple[str, str, str]], more: str) -> None:
    """Names, where they come from, and a line about each."""
    shown = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("name", "from", "what it is"):
        shown.add_column(heading)
    for row in rows:
        shown.add_row(*map(escape, row))
    console.print(shown)
    console.print(escape(more), style="dim")


def ratios(files: list[Path]) -> None:
    """The figures that matter of the last benchmark file."""
    console.print()
    console.print(_table(ratio_rows(read_benchmarks(files[-1:]))))


def written(results: Results) -> None:
    """Where everything is."""
    folder = results.folder
    console.print()
    console.print(f"[bold]{escape(str(folder / 'report.html'))}[/]", soft_wrap=True)
    tables = ", ".join(sorted(path.stem for path in folder.glob("*.csv")))
    drawings = ", ".join(sorted(path.stem for path in (folder / "plots").glob("*.png")))
    files = Table.grid(padding=(0, 2))
    files.add_row("tables", escape(f"{tables} (.csv)"))
    files.add_row("plots", escape(f"{drawings} (.png, .svg)"))
    files.add_row("also", "report.md, study.json, and study.db, which the study goes on from")
    console.print(files)


def outcome(results: Results) -> int:
    """List on standard error what failed; the exit code."""
    for line in results.failures:
        error(f"failed: {line}")
    if results.failures:
        error("what failed is kept as it is; to try again, name another --output")
    for check in results.checks:
        if not check.passed:
            error(f"check failed: {check.rule}: {check.figures}")
    sys.stderr.flush()
    return 0 if results.valid and not results.failures else 1
