"""The figures of a study: a row each, and their files."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.core.formatting import pluralize, shorten
from study.core.tutorial import reported_results
from study.plots import comparisons, convergence, effort, winners
from study.plots.style import MAX_POINTS, own_style, rasterize_dense_points
from study.results import Results
from study.storage.files import write_atomically

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class FigureSpec(Generic[T]):
    """One figure of a study, or of something else.

    `title` is filled in with words such as the study's `objective`.
    """

    name: str
    """Of its files."""
    section: str
    """Of the report, under whose heading it stands."""
    title: str
    caption: str
    """What to see, in a sentence."""
    draw: Callable[[T], Figure]
    """What has no data yet says so instead of staying empty."""
    applies: Callable[[T], bool] = lambda _: True
    """Whether a study has this figure."""


@dataclass(frozen=True, kw_only=True)
class DrawnFigure:
    """A figure of one study, with its words."""

    name: str
    section: str
    title: str
    caption: str
    figure: Figure


def single_axes_figure(
    draw: Callable[..., Axes], frame: pd.DataFrame, *more: Any, height: float = 5.0
) -> Figure:
    """A figure of one plot, or of a line that there is nothing to show."""
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots()
    if frame.empty:
        axes.text(
            0.5, 0.5, "nothing to show yet", ha="center", va="center", transform=axes.transAxes
        )
        axes.set_axis_off()
    else:
        draw(frame, *more, axes)
    return figure


def _comparisons(results: Results) -> Figure:
    rows = results.scores.comparisons.dropna(subset=["typical_difference"])
    height = 1.6 + 0.45 * len(rows)
    return single_axes_figure(comparisons.comparisons, rows, results.objective, height=height)


def _final(results: Results) -> Figure:
    runs = results.scores.runs.dropna(subset=["test_score"])
    return single_axes_figure(winners.final, runs, results.objective)


def _convergence(results: Results) -> Figure:
    settings, scores = results.info.settings, results.scores
    trials, measured = (
        frame.dropna(subset=["incumbent_score"]) for frame in (scores.incumbents, scores.trials)
    )
    more = results.objective, settings.initial_points, measured if settings.trace else None
    return single_axes_figure(convergence.convergence, trials, *more)


def _convergence_seconds(results: Results) -> Figure:
    trials = results.scores.incumbents.dropna(subset=["incumbent_score"])
    return single_axes_figure(convergence.convergence_seconds, trials, results.objective)


def _sizes(results: Results) -> Figure:
    runs = results.scores.runs.dropna(subset=["test_score", "size"])
    reported = reported_results(results.info.problem.fingerprint)
    return single_axes_figure(winners.sizes, runs, results.objective, reported)


def _winners_curse(results: Results) -> Figure:
    rows = results.scores.summary.dropna(subset=["test_score"])
    return single_axes_figure(winners.winners_curse, rows, results.objective)


def _search_range(results: Results) -> Figure:
    trials, objective = results.scores.trials, results.objective
    if trials.empty:
        return single_axes_figure(effort.search_range, trials)
    return effort.search_range_panels(trials, results.info.problem.space, objective)


FIGURES: tuple[FigureSpec[Results], ...] = (
    FigureSpec(
        name="comparisons",
        section="Which method is better",
        title="Which method is better",
        caption="Points are typical differences, rings mean ones. The thick bar is the pair's own "
        "95 % interval (of fewer than six seeds, their range), the thin one holds for all pairs "
        "together: if it leaves out 0, the two are told apart; if it lies inside the grey band, "
        "they are equivalent. Grey bars decide nothing.",
        draw=_comparisons,
    ),
    FigureSpec(
        name="final",
        section="Which method is better",
        title="{objective.final_label} by method",
        caption="Each point is one seed's winner, each grey line one seed: lines that cross mean "
        "that luck, not the method, put one before the other.",
        draw=_final,
    ),
    FigureSpec(
        name="convergence",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by call",
        caption="Within the shaded design all searches are the same; what a method adds by "
        "choosing is what it gains to the right of it.",
        draw=_convergence,
    ),
    FigureSpec(
        name="convergence_seconds",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by time",
        caption="The same against the clock: a method that chooses what is slow moves to the "
        "right, however few calls it needs.",
        draw=_convergence_seconds,
    ),
    FigureSpec(
        name="size",
        section="Model size",
        title="{objective.size} and {objective.final_label}",
        caption="No winner is both smaller and better than one on the grey line.",
        draw=_sizes,
        applies=lambda results: bool(results.objective.size),
    ),
    FigureSpec(
        name="winners_curse",
        section="Variance",
        title="The winner's curse",
        caption="The drop from left to middle is how much the best of many noisy evaluations "
        "flatters; only a re-evaluation with fresh seeds can be believed.",
        draw=_winners_curse,
    ),
    FigureSpec(
        name="time_per_call",
        section="Cost",
        title="Seconds per call",
        caption="What a method costs depends on the configurations it picks and on its overhead "
        "(hatched).",
        draw=lambda results: single_axes_figure(effort.time_per_call, results.scores.runs),
    ),
    FigureSpec(
        name="search_range",
        section="What was tried",
        title="What each method tried",
        caption="Dark points scored best: where a method's points crowd, it exploits; where they "
        f"spread evenly, it explores or draws by chance. At most {MAX_POINTS:,} calls are shown.",
        draw=_search_range,
    ),
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


def draw_specs(
    subject: T, specs: Iterable[FigureSpec[T]], about: str, **words: object
) -> list[DrawnFigure]:
    """Those figures that a subject has, titled with `words`, and below the title `about`."""
    drawn = []
    with own_style():
        for spec in specs:
            if spec.applies(subject):
                title = spec.title.format(**words)
                title = title[:1].upper() + title[1:]
                drawn.append(
                    DrawnFigure(
                        name=spec.name,
                        section=spec.section,
                        title=title,
                        caption=spec.caption,
                        figure=add_title(spec.draw(subject), title, about),
                    )
                )
    return drawn


def add_title(figure: Figure, title: str, about: str) -> Figure:
    """A figure with its title, and below it, smaller, what it is about."""
    rasterize_dense_points(figure)
    below = "\n" * (about.count("\n") + 1)
    figure.suptitle(title + below, x=0.01, ha="left", fontsize=13, fontweight="bold")
    place = 0.01, 1 - 0.28 / figure.get_figheight()
    figure.text(*place, about, fontsize=9.5, color="0.35", va="top", parse_math=False)
    return figure


def title_details(results: Results) -> str:
    """On which data a study is, at which budget, finished or not."""
    settings, problem = results.info.settings, results.info.problem
    parts = [
        f"{problem.words.subject} {shorten(problem.name)}",
        pluralize(settings.seeds, "seed"),
        f"from {settings.first_seed:,} on" if settings.first_seed else "",
        f"{pluralize(settings.calls, 'call')} per run",
        problem.words.detail,
    ]
    if unavailable := results.info.data.instead_of:
        parts.append(f"NOT {unavailable}, which was unavailable")
    unfinished = "" if results.finished else f"\nUNFINISHED: {results.progress}"
    return " · ".join(filter(None, parts)) + unfinished


def svg_bytes(figure: Figure) -> bytes:
    """A figure as the content of an SVG file."""
    content = io.BytesIO()
    with own_style():
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()


def save_figures(drawn: Iterable[DrawnFigure], folder: Path) -> list[Path]:
    """Save figures as PNG and SVG into a folder; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    return [path for one in drawn for path in save(one.figure, folder / one.name)]


def save(figure: Figure, stem: Path) -> Iterator[Path]:
    """Save a figure under a name as PNG and as SVG."""
    with own_style():  # once for both files; to lay out takes longer than to draw
        figure.draw_without_rendering()
        figure.set_layout_engine(None)
    for ending, metadata in ((".png", {}), (".svg", {"Date": None})):
        draw = partial(figure.savefig, metadata=metadata)
        with own_style():
            yield write_atomically(stem.with_suffix(ending), draw)
