"""The report of one study: the answer, the picture that shows it, the winner, and all details."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from study.analysis.checks import doubts
from study.core.formatting import pluralize
from study.plots.drawing import DrawnFigure
from study.plots.figures import draw_figures, remove_undrawn
from study.report import notes
from study.report.alt import describe
from study.report.beside import about, advice
from study.report.conclusions import answer
from study.report.effects_words import effect_rows, effect_sentences, effects_note
from study.report.page import (
    Notice,
    Section,
    Sheet,
    columns_first,
    if_written,
    to_sections,
    write_report_pages,
)
from study.report.tables import (
    TextTable,
    comparison_rows,
    cost_rows,
    equal_time_rows,
    summary_rows,
    variance_rows,
)
from study.report.winner_words import best_rows, best_sentences, choice_note
from study.results import Results

ANSWERING = "comparisons"  # the figure that shows the answer
SAME_AGAIN = "The problem is deterministic: re-evaluations give the same values."
NO_CLOCK = "A call takes milliseconds: methods are not compared at equal time."


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """What a report begins with, if there is more to a folder than a study."""

    title: str
    """Of the whole report."""
    sections: list[Section]
    alts: Mapping[str, str]
    continuation: str
    """The heading of the study's own answer, which follows."""


def write_report(results: Results, chapter: Chapter | None = None) -> list[Path]:
    """Draw all plots, and write report.html and report.md; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    drawn = draw_figures(results)
    remove_undrawn(drawn, results.folder / "plots")
    title = f"{results.info.problem.name}: which search is better?"
    own, alts = contents(results, drawn), describe(results)
    if chapter is not None:
        title, alts = chapter.title, {**alts, **chapter.alts}
        own = [*chapter.sections, *contents(results, drawn, chapter.continuation)]
    return write_report_pages(results.folder, title, own, alts, notices(results))


def notices(results: Results) -> list[Notice]:
    """What must be known before the answer."""
    told = []
    if not results.finished:
        known = "Everything below is what is known so far."
        told.append(Notice(kind="warning", text=f"Unfinished: {results.progress}. {known}"))
    serious = doubts(results.failed_checks)
    if figures := [check.figures for check in serious]:
        told.append(Notice(kind="alarm", text=f"Not to be relied on: {'; '.join(figures)}."))
    others = [check.figures for check in results.failed_checks if check not in serious]
    told.extend(Notice(kind="warning", text=f"{figure}.") for figure in others)
    if note := notes.substitute_note(results.info.data):
        told.append(Notice(kind="note", text=note))
    return told


def contents(results: Results, drawn: list[DrawnFigure], heading: str = "") -> list[Section]:
    """All that a report says of a study: under a `heading` the answer, then the details."""
    return [front(results, drawn, heading), *sections(results, drawn)]


def front(results: Results, drawn: list[DrawnFigure], heading: str) -> Section:
    """The answer, the picture that shows it, and the winner."""
    objective = results.objective
    best = Sheet(
        title="The best configuration of each method",
        rows=columns_first(best_rows(results), "method", objective.final_label, "re-evaluated"),
        file=if_written(results.folder, "winners.csv"),
        note=choice_note(results),
    )
    return Section(
        heading=heading,
        answer=answer(results)[0],
        about=about(results.info),
        sentences=best_sentences(results),
        figures=[one for one in drawn if one.name == ANSWERING],
        sheets=[best] if best.rows else [],
    )


def sections(results: Results, drawn: list[DrawnFigure]) -> list[Section]:
    """What stands behind the answer: the main table, a section per kind of figure, the rules."""
    return [
        *([summary_section(results)] if len(results.scores.summary) else []),
        *to_sections([one for one in drawn if one.name != ANSWERING], details(results)),
        Section(
            heading="Integrity checks",
            checks=results.checks,
            list_title="Failed:",
            items=results.failures,
        ),
        Section(
            heading="How to repeat it",
            command=results.info.command,
            facts={**notes.facts(results.info), "versions": notes.versions(results.info)},
        ),
    ]


def summary_section(results: Results) -> Section:
    """The main table; of a deterministic problem without what is twice the same."""
    objective, info = results.objective, results.info
    rows = columns_first(
        summary_rows(results.scores.summary, objective), "method", objective.final_label
    )
    note, told = notes.summary_note(info), []
    if results.scores.deterministic:
        twice = {f"best {objective.search_label}", "re-evaluated"}
        rows = [{head: row[head] for head in row if head not in twice} for row in rows]
        about_values = f"{notes.regret_note(objective)}{notes.clock_note(info)}"
        note, told = f"Mean ± standard deviation over seeds.{about_values}", [SAME_AGAIN]
    sheet = Sheet(
        title="Each method, over all seeds",
        rows=rows,
        file=if_written(results.folder, "summary.csv"),
        note=note,
        folded=False,
    )
    return Section(heading="Summary", sentences=told, sheets=[sheet])


def details(results: Results) -> dict[str, dict[str, Any]]:
    """What stands beside the figures, by heading."""
    info, scores, objective = results.info, results.scores, results.objective

    def sheet(
        title: str, rows: TextTable, file: str, note: str, folded: bool = False
    ) -> dict[str, Any]:
        there, told = if_written(results.folder, file), note.strip()
        own = Sheet(title=title, rows=rows, file=there, note=told, folded=folded)
        return {"sheets": [own] if rows else []}

    pairs = pluralize(len(scores.comparisons), "pair")
    at_equal_time = equal_time_rows(scores.equal_time, objective)
    return {
        "Which method is better": {
            "sentences": advice(results),
            **sheet(
                f"Differences, intervals and p-values of {pairs}",
                comparison_rows(scores.comparisons, objective),
                "comparisons.csv",
                notes.comparisons_note(info),
                folded=True,
            ),
        },
        "Convergence": {"sentences": [NO_CLOCK]}
        if scores.instant
        else sheet(
            f"Differences at equal time, {pairs}",
            columns_first(at_equal_time, "pair", "verdict"),
            "equal_time.csv",
            notes.equal_time_note(info),
            folded=True,
        ),
        "Variance": sheet(
            "How much the best flatters, and where the spread comes from",
            variance_rows(scores.summary, objective),
            "summary.csv",
            notes.variance_note(info),
        ),
        "Cost": sheet(
            "What calls took, and how many were needed",
            cost_rows(scores.summary, objective),
            "summary.csv",
            notes.clock_note(info),
        ),
        "What mattered": {
            "sentences": effect_sentences(scores.effects.importance, scores.draws, objective),
            **sheet(
                "The share in which each dimension takes part",
                effect_rows(scores.effects.importance),
                "importance.csv",
                effects_note(scores.effects.importance),
            ),
        },
    }
