"""Plots of a study in one panel or two: all methods, and enlarged what the baseline squeezes."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.core.tutorial import reported_results
from study.plots import comparisons as pairs
from study.plots import convergence, effort, winners
from study.plots.convergence import search_values
from study.plots.drawing import draw_rows, empty_figure, new_figure, stacked
from study.plots.scales import scale_scores, squeezed
from study.results import Results

BASELINE = "baseline"
ENLARGED, AFTER = "Without the baseline, enlarged", "After the initial design, enlarged"
ROW, PAIR = 0.5, 0.34  # inches of a method, of a pair
LINE_INCHES = 0.17  # of a further line of a name
SQUEEZED = 0.55  # a smaller share of the axis is enlarged

Draw = Callable[[Results, Axes, Sequence[str]], Axes]


def comparisons(results: Results, axes: Axes) -> Axes:
    """The typical difference of every pair, its intervals and the verdict."""
    return draw_rows(pairs.comparisons, known_pairs(results), results.objective, axes=axes)


def known_pairs(results: Results) -> pd.DataFrame:
    """Pairs that have been compared."""
    return results.scores.comparisons.dropna(subset=["typical_difference"])


def comparisons_figure(results: Results) -> Figure:
    """The same; comparisons with the baseline in a panel of their own."""
    rows = known_pairs(results)
    if rows.empty:
        return empty_figure()
    against = (rows[["method", "other"]] == BASELINE).any(axis=1)
    parts = {"Against the baseline": rows[against], "Among the searches": rows[~against]}
    parts = {title: own for title, own in parts.items() if len(own)}
    figure, panels = stacked([0.95 + _height_of_pairs(own) for own in parts.values()])
    for axes, (title, own) in zip(panels, parts.items(), strict=True):
        pairs.comparisons(own, results.objective, axes)
        if len(parts) > 1:
            axes.set_title(title)
    for axes in panels[:-1]:
        axes.set_xlabel("")
    return figure


def _height_of_pairs(rows: pd.DataFrame) -> float:
    """Inches: a line for each, or for long names as many as they need."""
    lines = [pairs.pair_label(*own).count("\n") for own in rows[["method", "other"]].to_numpy()]
    return (PAIR + LINE_INCHES * max(lines)) * len(rows)


def _runs(results: Results, column: str) -> pd.DataFrame:
    return results.scores.runs.dropna(subset=[column])


def final(results: Results, axes: Axes, methods: Sequence[str] = ()) -> Axes:
    """What each run's winner scores in the end, seeds joined."""
    draw = winners.final
    return draw_rows(
        lambda rows, objective, on: draw(rows, objective, on, methods),
        *(_runs(results, "test_score"), results.objective),
        axes=axes,
    )


def final_figure(results: Results) -> Figure:
    """The same, the searches enlarged if the baseline squeezes them."""
    runs = _runs(results, "test_score")

    def shown(methods: Sequence[str]) -> np.ndarray:
        scores = runs["test_score"][runs["method"].isin(methods)].to_numpy(float)
        values: np.ndarray = results.objective.to_display(scores)
        return values

    return _by_row(final, results, runs, shown)


def winners_curse(results: Results, axes: Axes, methods: Sequence[str] = ()) -> Axes:
    """Winners as observed, re-evaluated, and at last."""
    runs, scores = _runs(results, "test_score"), results.scores
    draw = winners.winners_curse
    return draw_rows(
        lambda rows, on: draw(rows, scores.summary, results.objective, on, methods),
        runs,
        axes=axes,
    )


def winners_curse_figure(results: Results) -> Figure:
    """The same, the searches enlarged if the baseline squeezes them."""
    runs = _runs(results, "test_score")
    shown = partial(winners.stage_values, runs, results.objective)
    return _by_row(winners_curse, results, runs, shown, extra=0.75)


def _by_row(
    draw: Draw,
    results: Results,
    runs: pd.DataFrame,
    shown: Callable[[Sequence[str]], np.ndarray],
    extra: float = 0.0,
) -> Figure:
    """A row per method, and again one per search if they are squeezed.

    `shown` tells what is drawn of methods; the first panel is so many inches higher, for its key.
    """
    every = list(runs["method"].unique())
    searches = [method for method in every if method != BASELINE]
    heights = [0.8 + extra + ROW * max(len(every), 1)]
    if 0 < len(searches) < len(every) and _squeezes(results, shown(searches), shown(every)):
        heights.append(0.8 + ROW * 1.3 * len(searches))
    figure, panels = stacked(heights)
    return _draw_both(draw, results, figure, panels, searches)


def _squeezes(results: Results, part: np.ndarray, whole: np.ndarray) -> bool:
    """Whether what differs in a part of the values is lost on an axis of all of them."""
    axes = new_figure().subplots()
    scale_scores(axes.yaxis, results.objective, whole)
    part, whole = (values[np.isfinite(values)] for values in (part, whole))
    return squeezed(part, whole, axes.yaxis, SQUEEZED)


def _draw_both(
    draw: Draw, results: Results, figure: Figure, panels: Sequence[Axes], searches: Sequence[str]
) -> Figure:
    draw(results, panels[0], ())
    if len(panels) > 1:
        draw(results, panels[1], searches)
        panels[1].set_title(ENLARGED)
        if panels[0].get_xscale() == "linear":  # any other scale is named on each axis
            panels[0].set_xlabel("")
        if legend := panels[1].get_legend():
            legend.remove()
    return figure


def _incumbents(results: Results) -> pd.DataFrame:
    return results.scores.incumbents.dropna(subset=["incumbent_score"])


def convergence_by_call(results: Results, axes: Axes, methods: Sequence[str] = ()) -> Axes:
    """The best so far, by call."""
    settings, scores = results.info.settings, results.scores
    measured = scores.trials.dropna(subset=["incumbent_score"]) if settings.trace else None
    draw = convergence.convergence
    return draw_rows(
        lambda rows, on: draw(
            rows, results.objective, settings.initial_points, measured, on, methods
        ),
        _incumbents(results),
        axes=axes,
    )


def convergence_figure(results: Results) -> Figure:
    """The same, what searches find after the design enlarged."""
    return _by_line(convergence_by_call, results, results.info.settings.initial_points)


def convergence_by_time(results: Results, axes: Axes, methods: Sequence[str] = ()) -> Axes:
    """The same by seconds."""
    draw = convergence.convergence_seconds
    return draw_rows(
        lambda rows, on: draw(rows, results.objective, on, methods),
        _incumbents(results),
        axes=axes,
    )


def convergence_time_figure(results: Results) -> Figure:
    """The same by seconds, what searches find later enlarged."""
    return _by_line(convergence_by_time, results, results.info.settings.initial_points)


def _by_line(draw: Draw, results: Results, after: int) -> Figure:
    trials, objective = _incumbents(results), results.objective
    every = list(trials["method"].unique())
    searches = [method for method in every if method != BASELINE] or every
    heights = [3.6]
    if len(trials):
        part = search_values(trials[trials["method"].isin(searches)], objective, after)
        if _squeezes(results, part, search_values(trials, objective, 0)):
            heights = [2.6, 3.4]
    figure, panels = stacked(heights)
    _draw_both(draw, results, figure, panels, searches)
    if len(panels) > 1 and len(searches) == len(every):
        panels[1].set_title(AFTER)
    elif len(panels) > 1 and draw is convergence_by_call:
        panels[1].set_title("Without the baseline, after the initial design")
    return figure


def size(results: Results, axes: Axes, methods: Sequence[str] = ()) -> Axes:
    """Size and final score of each run's winner."""
    runs = _runs(results, "test_score").dropna(subset=["size"])
    reported = reported_results(results.info.problem.fingerprint)
    draw = winners.sizes
    return draw_rows(
        lambda rows, on: draw(rows, results.objective, reported, on, methods), runs, axes=axes
    )


def size_figure(results: Results) -> Figure:
    """The same, the searches enlarged if the baseline squeezes them."""
    runs = _runs(results, "test_score").dropna(subset=["size"])
    every = list(runs["method"].unique())
    searches = [method for method in every if method != BASELINE]
    shown = results.objective.to_display(runs["test_score"])
    own = shown[runs["method"].isin(searches)]
    two = 0 < len(own) < len(shown) and _squeezes(results, own.to_numpy(), shown.to_numpy())
    figure, panels = stacked([3.6, 3.3] if two else [4.2])
    return _draw_both(size, results, figure, panels, searches)


def time_per_call(results: Results, axes: Axes) -> Axes:
    """Seconds of evaluating and of suggesting."""
    return draw_rows(effort.time_per_call, results.scores.runs, axes=axes)
