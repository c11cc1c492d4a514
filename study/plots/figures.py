"""The figures of a study: a row each."""

from collections.abc import Iterable
from pathlib import Path

from study.core.formatting import format_seeds, pluralize, shorten
from study.plots import captions, panels
from study.plots.drawing import DrawnFigure, FigureSpec, draw_specs, single
from study.plots.effects_figures import EFFECT_FIGURES
from study.results import Results


def _has_pairs(results: Results) -> bool:
    return len(results.info.methods) > 1


FIGURES: tuple[FigureSpec[Results], ...] = (
    FigureSpec(
        name="comparisons",
        section="Which method is better",
        title="Which method is better",
        caption=captions.comparisons,
        draw=panels.comparisons_figure,
        applies=_has_pairs,
    ),
    FigureSpec(
        name="final",
        section="Which method is better",
        title="{objective.final_label} by method",
        caption=captions.final,
        draw=panels.final_figure,
    ),
    FigureSpec(
        name="convergence",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by call",
        caption=captions.convergence,
        draw=panels.convergence_figure,
    ),
    FigureSpec(
        name="convergence_seconds",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by time",
        caption=captions.convergence_seconds,
        draw=panels.convergence_time_figure,
        applies=lambda results: not results.scores.instant,
    ),
    FigureSpec(
        name="size",
        section="Model size",
        title="{objective.size} and {objective.final_label}",
        caption=captions.size,
        draw=panels.size_figure,
        applies=lambda results: bool(results.objective.size),
    ),
    FigureSpec(
        name="winners_curse",
        section="Variance",
        title="The winner's curse",
        caption=captions.winners_curse,
        draw=panels.winners_curse_figure,
        applies=lambda results: not results.scores.deterministic,
    ),
    FigureSpec(
        name="time_per_call",
        section="Cost",
        title="What a call takes",
        caption=captions.time_per_call,
        draw=single(panels.time_per_call, lambda results: 1.5 + 0.58 * len(results.info.methods)),
    ),
    *EFFECT_FIGURES,
)
"""Every figure, in the order of the report."""


def draw_figures(
    results: Results, specs: Iterable[FigureSpec[Results]] = FIGURES
) -> list[DrawnFigure]:
    """The figures that a study has, titled: what each shows, and below it what it is about.

    A study of which every evaluation failed has none.
    """
    if len(results.scores.trials) and results.scores.trials["validation_score"].isna().all():
        return []
    return draw_specs(results, specs, title_details(results), objective=results.objective)


def remove_undrawn(drawn: Iterable[DrawnFigure], folder: Path) -> None:
    """Remove from a folder the files of figures that a study had once, and has no longer."""
    for name in {spec.name for spec in FIGURES} - {one.name for one in drawn}:
        for ending in (".png", ".svg"):
            (folder / f"{name}{ending}").unlink(missing_ok=True)


def title_details(results: Results) -> str:
    """On which data a study is, at which budget, finished or not."""
    settings, problem = results.info.settings, results.info.problem
    parts = [
        f"{shorten(problem.words.subject)} {shorten(problem.name)}",
        format_seeds(settings.seed_numbers),
        f"{pluralize(settings.calls, 'call')} per run",
        shorten(problem.words.detail),
    ]
    if unavailable := results.info.data.instead_of:
        parts.append(f"instead of {shorten(unavailable)}, which was unavailable")
    unfinished = "" if results.finished else f"\nUNFINISHED: {results.progress}"
    return " · ".join(filter(None, parts)) + unfinished
