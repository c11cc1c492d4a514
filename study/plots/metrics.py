"""The plot of a further measurement against the score: frame and axes in, axes out."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.analysis.winners import winners
from study.core.errors import StudyError
from study.core.fingerprint import checksum
from study.core.objective import Objective
from study.core.validation import safe_repr
from study.plots.drawing import FigureSpec, save_figures, single_axes_figure
from study.plots.figures import draw_figures
from study.plots.labels import legend_above
from study.plots.scales import round_ticks, score_axis
from study.plots.style import INK, POINTS_AS_SHAPES, by_method, looks, mark
from study.results import Results


def save_metric_plot(results: Results, metric: str) -> list[Path]:
    """Draw a metric against the score into the folder's plots/; the paths written.

    Raises `StudyError` if the study has no such metric, or a file cannot be written.
    """
    known = results.info.metrics
    if metric not in known:
        has = f"it measured {', '.join(known)}" if known else "its evaluations returned no metrics"
        raise StudyError(f"--metric is {safe_repr(metric)}: {has}")
    spec = FigureSpec(
        name=f"metric_{file_name(metric, known)}",
        section="",
        title=f"{metric} and {results.objective.search_label}",
        caption="Each faint point is a call, each large one the winner of a run.",
        draw=partial(_draw, metric=metric),
    )
    return save_figures(draw_figures(results, [spec]), results.folder / "plots")


def file_name(metric: str, metrics: Sequence[str]) -> str:
    """What a metric is called in the name of a file: no two of a study's are called the same."""

    def plain(name: str) -> str:
        return re.sub(r"\W+", "_", name)

    same = [name for name in metrics if plain(name).casefold() == plain(metric).casefold()]
    return plain(metric) if len(same) == 1 else f"{plain(metric)}_{checksum(metric)[:6]}"


def _draw(results: Results, metric: str) -> Figure:
    rows = results.scores.trials.dropna(subset=[metric, "validation_score"])
    return single_axes_figure(metric_points, rows, metric, results.objective)


def metric_points(trials: pd.DataFrame, metric: str, objective: Objective, axes: Axes) -> Axes:
    """A faint point per call, the metric across and the score up; winners of runs are large."""
    look = looks(trials["method"].unique())
    points = trials.assign(value=objective.to_display(trials["validation_score"]))
    for method, own in by_method(points):
        style = {**mark(look[method], 4), "ls": "", "alpha": 0.4, "mew": 0}
        axes.plot(own[metric], own["value"], rasterized=len(own) > POINTS_AS_SHAPES, **style)
    for method, own in by_method(points):
        best = winners(own)
        style = {**mark(look[method], 8), "ls": "", "mec": INK, "mew": 1.0, "zorder": 3}
        axes.plot(best[metric], best["value"], label=method, **style)
    label = f"{objective.search_label} of the call{objective.unit}"
    score_axis(axes.yaxis, objective, points["value"], label, wide=True)
    round_ticks(axes.xaxis)
    axes.set(xlabel=metric)
    legend_above(axes, "winner of each run")
    return axes
