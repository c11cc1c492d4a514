"""What a notebook, and Python's prompt, show of results."""

from textwrap import shorten
from typing import Any

from study.core.formatting import join_words, pluralize
from study.plots.drawing import svg_bytes
from study.plots.figures import FIGURES, draw_figures
from study.report.alt import comparisons
from study.report.conclusions import answer
from study.report.page import environment
from study.report.pictures import inline_svg
from study.report.tables import summary_rows
from study.report.winner_words import best_sentences
from study.results import Results

WIDTH = 100  # letters of a line


def to_text(results: Results) -> str:
    """Five lines: what was studied, by which methods, what is best, the answer, and where it is."""
    info = results.info
    budget = f"{pluralize(info.settings.seeds, 'seed')} of {pluralize(info.settings.calls, 'call')}"
    state = "finished" if results.finished else f"unfinished: {results.progress}"
    lines = [
        f"{info.problem.words.subject} {info.problem.name}: {budget}, {state}",
        f"methods: {join_words(list(info.methods))}",
        *best_sentences(results)[:1],
        *answer(results)[:1],
        f"tables, plots and report: {results.folder}",
    ]
    return "\n".join(shorten(line, WIDTH, placeholder=" …") for line in lines)


def to_html(results: Results) -> str:
    """The answer, the main table and the first plot, as a notebook shows them."""
    content: dict[str, Any] = {
        "progress": "" if results.finished else results.progress,
        "answer": [answer(results)[0], *best_sentences(results)],
        "summary": summary_rows(results.scores.summary, results.objective),
        "drawn": draw_figures(results, FIGURES[:1]),
        "folder": results.folder,
    }
    content["images"] = {
        one.name: inline_svg(svg_bytes(one.figure), comparisons(results) or one.title, "first-")
        for one in content["drawn"]
    }
    return environment().get_template("notebook.html").render(**content)
