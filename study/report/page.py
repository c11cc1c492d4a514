"""The report: one HTML file that needs nothing else, and its Markdown twin."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)

from study.plots.drawing import DrawnFigure, save
from study.plots.figures import draw_figures
from study.report import notes
from study.report.conclusions import answer, collapse_counts, pair_sentences
from study.report.effects_words import effect_rows, effect_sentences, effects_note
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
from study.storage.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading, and what stands below it."""

    heading: str
    sentences: list[str] = field(default_factory=list)
    table: TextTable = field(default_factory=list)
    note: str = ""
    figures: list[DrawnFigure] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """What a report begins with, before the answer, if there is more to a folder than a study."""

    title: str
    """Of the whole report."""
    text: str
    table: TextTable
    figures: list[DrawnFigure]
    continuation: str
    """The heading of what follows."""


def write_report(results: Results, chapter: Chapter | None = None) -> list[Path]:
    """Draw all plots, and write report.html and report.md; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    drawn = draw_figures(results)
    figures = [*(chapter.figures if chapter else []), *drawn]
    return write_pages("report", results.folder, figures, contents(results, drawn, chapter))


def write_pages(
    name: str,
    folder: Path,
    figures: Iterable[DrawnFigure],
    content: dict[str, Any],
    templates: Path | None = None,
    *,
    template: str = "",
) -> list[Path]:
    """Save figures into a folder's plots/, and render NAME.html and NAME.md beside them.

    The templates of that name, or of another `template`, get `content`, and `images`: the figures
    by name as addresses that hold them. They are looked for in the folder `templates`, then here.
    Returns the paths written; raises `StudyError` if one cannot be.
    """
    saved = {one.name: list(save(one.figure, folder / "plots" / one.name)) for one in figures}
    images = {figure: data_uri(svg.read_bytes()) for figure, (_, svg) in saved.items()}
    known = environment(templates)
    pages = []
    for ending in ("html", "md"):
        text = known.get_template(f"{template or name}.{ending}").render(**content, images=images)
        write_text = partial(Path.write_text, data=text, encoding="utf-8")
        pages.append(write_atomically(folder / f"{name}.{ending}", write_text))
    return [path for paths in saved.values() for path in paths] + pages


def environment(templates: Path | None = None) -> Environment:
    """What renders templates: those of a folder, then the package's own."""
    own = PackageLoader("study.report")
    found = Environment(
        loader=ChoiceLoader([FileSystemLoader(templates), own]) if templates else own,
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["cell"] = markdown_cell
    return found


def data_uri(svg: bytes) -> str:
    """An SVG picture as an address that holds it."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def markdown_cell(text: object) -> str:
    """Text that is safe between the bars of a Markdown table, and no markup."""
    flat = " ".join(str(text).split())
    for sign in "\\`*_[]<>|":
        flat = flat.replace(sign, "\\" + sign)
    return flat


def contents(
    results: Results, drawn: list[DrawnFigure], chapter: Chapter | None = None
) -> dict[str, Any]:
    """Everything that the templates show, as text and rows of text."""
    info, scores = results.info, results.scores
    failed = [check.figures for check in results.failed_checks]
    return {
        "title": chapter.title if chapter else f"{info.problem.name}: which search is better?",
        "chapter": chapter,
        "finished": results.finished,
        "progress": results.progress,
        "failed": failed,
        "dataset": info.data.dataset,
        "instead_of": info.data.instead_of,
        "answer": answer(results),
        "best": best_sentences(results),
        "best_rows": best_rows(results),
        "choice_note": choice_note(results),
        "summary": summary_rows(scores.summary, results.objective),
        "summary_note": notes.summary_note(info),
        "sections": sections(results, drawn),
        "checks": results.checks,
        "failures": results.failures,
        "command": info.command,
        "facts": notes.facts(info),
        "versions": notes.versions(info),
    }


def sections(results: Results, drawn: list[DrawnFigure]) -> list[Section]:
    """The sections of the report, in the order of its figures."""
    info, scores, objective = results.info, results.scores, results.objective
    texts: dict[str, dict[str, Any]] = {
        "Which method is better": {
            "sentences": pair_sentences(
                scores.comparisons, objective, collapse_counts(scores.summary)
            ),
            "table": comparison_rows(scores.comparisons, objective),
            "note": notes.comparisons_note(info),
        },
        "Convergence": {
            "table": equal_time_rows(scores.equal_time, objective),
            "note": notes.equal_time_note(info),
        },
        "Variance": {
            "table": variance_rows(scores.summary, objective),
            "note": notes.variance_note(info),
        },
        "Cost": {
            "table": cost_rows(scores.summary, objective),
            "note": notes.clock_note(info).strip(),
        },
        "What mattered": {
            "sentences": effect_sentences(scores.effects.importance, scores.draws, objective),
            "table": effect_rows(scores.effects.importance),
            "note": effects_note(scores.effects.importance),
        },
    }
    return to_sections(drawn, texts)


def to_sections(drawn: list[DrawnFigure], texts: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    """A section per heading of the figures, in their order, with what stands in `texts` for it."""
    headings = dict.fromkeys(one.section for one in drawn)
    return [
        Section(
            heading=heading,
            figures=[one for one in drawn if one.section == heading],
            **texts.get(heading, {}),
        )
        for heading in headings
    ]
