"""The plot of a further measurement against the score: frame and axes in, axes out."""

import re
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.analysis.summary import winners
from study.core.errors import StudyError
from study.core.objective import Objective
from study.core.validation import safe_repr
from study.plots.figures import FigureSpec, draw_figures, save_figures, single_axes_figure
from study.plots.style import by_method, colours, legend_beside, score_axis
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
        name="metric_" + re.sub(r"\W+", "_", metric),
        section="",
        title=f"{metric} and {results.objective.search_label}",
        caption="Each point is a call, each ring the winner of a run.",
        draw=partial(_draw, metric=metric),
    )
    return save_figures(draw_figures(results, [spec]), results.folder / "plots")


def _draw(results: Results, metric: str) -> Figure:
    rows = results.scores.trials.dropna(subset=[metric, "validation_score"])
    return single_axes_figure(metric_points, rows, metric, results.objective)


def metric_points(trials: pd.DataFrame, metric: str, objective: Objective, axes: Axes) -> Axes:
    """A point per call, the metric across and the score up; the winner of each run is ringed."""
    colour = colours(list(trials["method"].unique()))
    points = trials.assign(value=objective.to_display(trials["validation_score"]))
    for method, own in by_method(points):
        axes.scatter(own[metric], own["value"], color=colour[method], s=14, alpha=0.5, lw=0)
        best = winners(own)
        tints = {"facecolor": "none", "edgecolor": colour[method], "linewidth": 1.5}
        axes.scatter(best[metric], best["value"], s=70, label=method, **tints)
    score_axis(axes, objective, points["value"])
    axes.set(xlabel=metric, ylabel=f"{objective.search_label} of the call{objective.unit}")
    legend_beside(axes, "winner of each run")
    return axes
