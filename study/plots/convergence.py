"""The plots of what is found by call and by time: frame and axes in, axes out."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from study.analysis.anytime import anytime_curve, ci_half_width
from study.core.objective import Objective
from study.plots.style import (
    MAX_LINES,
    by_method,
    colours,
    legend_beside,
    line_style,
    log_axis,
    score_axis,
)

CALLS_AS_POINTS = 60  # more of them would be one thick line


def convergence(
    trials: pd.DataFrame,
    objective: Objective,
    initial_points: int,
    measured: pd.DataFrame | None,
    axes: Axes,
) -> Axes:
    """Incumbents by call: mean over seeds with its 95 % t interval.

    One faint line per seed; the shared initial design is shaded; the axis is cut where the
    means begin, so that 97 % and 98 % can be told apart. If incumbents were re-evaluated, dots
    show the mean of the incumbents as `measured`.
    """
    colour = colours(list(trials["method"].unique()))
    for method, own in by_method(trials):
        wide = own.pivot(index="call", columns="seed", values="incumbent_score")
        if wide.shape[1] <= MAX_LINES:
            lines = objective.to_display(wide)
            axes.plot(wide.index, lines, color=colour[method], alpha=0.25, lw=0.8, zorder=1)
        mean, half = wide.mean(axis=1), ci_half_width(wide)
        low, high = objective.to_display(mean - half), objective.to_display(mean + half)
        axes.fill_between(wide.index, low, high, color=colour[method], alpha=0.13, lw=0, zorder=2)
        axes.plot(
            wide.index,
            objective.to_display(mean),
            color=colour[method],
            lw=2.2,
            ls=line_style(method),
            marker="" if method == "baseline" or len(wide) > CALLS_AS_POINTS else "o",
            ms=4,
            label=method,
            zorder=3,
        )
    means = trials.groupby(["method", "call"])["incumbent_score"].mean()
    best = trials["incumbent_score"].max()
    if measured is not None:
        best = max(best, draw_measured(measured, objective, axes))
    score_axis(axes, objective, objective.to_display(np.array([*means, best])))
    axes.axvspan(0.5, initial_points + 0.5, color="0.5", alpha=0.08, lw=0, zorder=0)
    axes.text(
        0.5,
        1.01,
        "shared initial design",
        transform=axes.get_xaxis_transform(),
        color="0.4",
        fontsize=9,
    )
    axes.set(xlabel="call", ylabel=f"{objective.search_label} of the incumbent{objective.unit}")
    axes.set_xlim(0.5, trials["call"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    fresh = "" if measured is None else "re-evaluated: "
    legend_beside(axes, f"{fresh}mean and 95 % interval,\na faint line per seed")
    return axes


def draw_measured(measured: pd.DataFrame, objective: Objective, axes: Axes) -> float:
    """Dotted lines of mean incumbents as they were measured; the best of their scores."""
    colour, best = colours(list(measured["method"].unique())), -math.inf
    for method, own in by_method(measured):
        mean = own.groupby("call")["incumbent_score"].mean()
        best = max(best, float(mean.max()))
        shown = objective.to_display(mean)
        label = "as measured" if method == measured["method"].iloc[0] else None
        axes.plot(mean.index, shown, color=colour[method], lw=1.2, ls=":", label=label, zorder=2)
    return best


def convergence_seconds(trials: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """Incumbents by seconds of the run's own work (log axis).

    Mean over seeds with its 95 % t interval, from the moment when every seed has an incumbent
    until the first seed is through.
    """
    curves = anytime_curve(trials)
    colour = colours(list(trials["method"].unique()))
    for method, own in by_method(curves):
        x, mean = own["seconds"], objective.to_display(own["mean"])
        low, high = (objective.to_display(own[end]) for end in ("low", "high"))
        axes.fill_between(x, low, high, color=colour[method], alpha=0.13, lw=0)
        style = line_style(method)
        axes.plot(x, mean, color=colour[method], lw=2.2, ls=style, label=method)
        axes.plot(x.iloc[-1], mean.iloc[-1], "o", color=colour[method], ms=5)
    log_axis(axes.xaxis, (1, 2, 5), "{:g}".format)
    best = max(curves["mean"].max(), trials["incumbent_score"].max())
    score_axis(axes, objective, objective.to_display(np.array([*curves["mean"], best])))
    axes.set(
        xlabel="seconds of one worker: suggestion overhead and evaluations",
        ylabel=f"{objective.search_label} of the incumbent{objective.unit}",
    )
    legend_beside(axes, "mean and 95 % interval;\nthe point: first seed finished")
    return axes
