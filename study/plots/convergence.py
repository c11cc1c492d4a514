"""The plots of what is found by call and by time: frame and axes in, axes out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from study.analysis.anytime import anytime_curve, ci_half_width
from study.core.objective import Objective
from study.plots.labels import label_ends, legend_above, legend_entry
from study.plots.scales import log_axis, score_axis
from study.plots.style import BAND, Look, by_method, line, looks, mark
from study.plots.winners import INTERVAL_FROM

MARKS = 5  # along a line
POINTS = 100  # of a line by seconds


def convergence(
    trials: pd.DataFrame,
    objective: Objective,
    initial_points: int,
    measured: pd.DataFrame | None,
    axes: Axes,
    methods: Sequence[str] = (),
) -> Axes:
    """Incumbents by call: mean over seeds, its 95 % t interval; of two to five the runs themselves.

    The shared initial design is shaded. If incumbents were re-evaluated, dots show the mean of the
    incumbents as `measured`. Of some `methods` alone, the axes show what they find after it.
    """
    look = looks(trials["method"].unique())
    own = trials[trials["method"].isin(methods or list(look))]
    shown = search_values(own, objective, initial_points if methods else 0)
    if measured is not None:
        measured = measured[measured["method"].isin(own["method"])]
        best = (
            measured.groupby(["method", "call"])["incumbent_score"].mean().groupby("method").max()
        )
        shown = np.append(shown, objective.to_display(best))
    score_axis(axes.yaxis, objective, shown, _label(objective))
    ends, start = {}, 0
    for number, (method, rows) in enumerate(by_method(own)):
        wide = rows.pivot(index="call", columns="seed", values="incumbent_score")
        _spread(wide[wide.index >= start], objective, look[method], axes)
        if (rows["phase"] == "initial").any():  # the design's interval once, not one on another
            start = initial_points
        ends[method] = _curve(wide, objective, look[method], number, method, axes)
    if measured is not None:
        draw_measured(measured, objective, look, axes)
    last = int(trials["call"].max())
    axes.axvspan(0.5, initial_points + 0.5, color=BAND, lw=0, zorder=0)
    axes.set_xlim(min(initial_points, last - 1) if methods else 0.5, last + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]))
    design = "" if methods else " (shaded: the initial design, which searches share)"
    axes.set(xlabel=f"call{design}")
    label_ends(axes, ends, look)
    return axes


def search_values(trials: pd.DataFrame, objective: Objective, after: int) -> np.ndarray:
    """What lines show from a call on: means, and fewer than six runs themselves."""
    rows = trials[trials["call"] >= min(max(after, 1), trials["call"].max())]
    means = rows.groupby(["method", "call"])["incumbent_score"].mean()
    found = [*means, *(rows["incumbent_score"] if _few(trials) else ())]
    shown: np.ndarray = objective.to_display(np.array(found))
    return shown


def _few(trials: pd.DataFrame) -> bool:
    """Whether the runs themselves are drawn."""
    return bool(trials["seed"].nunique() < INTERVAL_FROM)


def _label(objective: Objective) -> str:
    return f"{objective.search_label}{objective.unit}"


def _spread(wide: pd.DataFrame, objective: Objective, look: Look, axes: Axes) -> None:
    """The runs of one method if they are two to five, of more the interval of their mean."""
    mean, half = wide.mean(axis=1), ci_half_width(wide)
    if 1 < wide.shape[1] < INTERVAL_FROM:
        runs = objective.to_display(wide)
        style = {**line(look, 0.9), "drawstyle": "steps-mid", "alpha": 0.5}
        axes.plot(wide.index, runs, zorder=1, **style)
    elif wide.shape[1] >= INTERVAL_FROM:
        low, high = objective.to_display(mean - half), objective.to_display(mean + half)
        tint: dict[str, Any] = {"color": look.colour, "alpha": 0.15, "lw": 0}
        axes.fill_between(wide.index, low, high, step="mid", zorder=2, **tint)


def _curve(
    wide: pd.DataFrame, objective: Objective, look: Look, number: int, name: str, axes: Axes
) -> float:
    """The mean of one method; where it ends, as it is shown."""
    shown = objective.to_display(wide.mean(axis=1))
    style = {**line(look), **mark(look), "markevery": marks_along(len(shown), number)}
    axes.plot(wide.index, shown, label=name, drawstyle="steps-mid", zorder=3, **style)
    return float(shown.iloc[-1])


def marks_along(points: int, number: int) -> list[int]:
    """Which points of a line have a mark: a few, elsewhere for each number of a line."""
    step = max(points // MARKS, 1)
    return list(range((number * max(step // 4, 1)) % step, points, step))


def draw_measured(
    measured: pd.DataFrame, objective: Objective, look: dict[str, Look], axes: Axes
) -> None:
    """Dotted lines of mean incumbents as they were measured."""
    for method, own in by_method(measured):
        mean = objective.to_display(own.groupby("call")["incumbent_score"].mean())
        style: dict[str, Any] = {"color": look[method].colour, "lw": 1.2, "ls": ":"}
        axes.plot(mean.index, mean, drawstyle="steps-mid", zorder=2, **style)
    legend_entry(axes, "re-evaluated")
    legend_entry(axes, "as measured, which flatters", ls=":", lw=1.2)
    legend_above(axes, entries=("re-evaluated", "as measured, which flatters"))


def convergence_seconds(
    trials: pd.DataFrame, objective: Objective, axes: Axes, methods: Sequence[str] = ()
) -> Axes:
    """Incumbents by seconds of the run's own work (log axis).

    Mean over seeds with its 95 % t interval, from the moment when every seed has an incumbent
    until the first seed is through; from there a thin line leads to the name. Of some `methods`
    alone, the axis shows what they find in the later half.
    """
    look = looks(trials["method"].unique())
    curves = anytime_curve(trials, POINTS)
    own = curves[curves["method"].isin(methods or list(look))]
    if methods:
        own = own[own.groupby("method").cumcount() >= POINTS // 2]
    score_axis(axes.yaxis, objective, objective.to_display(own["mean"]), _label(objective))
    low, high = float(own["seconds"].min()), float(own["seconds"].max())
    log_axis(axes.xaxis, low, max(high * 1.02, low * 1.5))
    several, ends = not _few(trials), {}
    for number, (method, rows) in enumerate(by_method(own)):
        x, mean = rows["seconds"], objective.to_display(rows["mean"])
        low, high = (objective.to_display(rows[end]) for end in ("low", "high"))
        if several:
            tint: dict[str, Any] = {"color": look[method].colour, "alpha": 0.15, "lw": 0}
            axes.fill_between(x, low, high, step="mid", **tint)
        some = marks_along(len(x), number)
        style = {**line(look[method]), **mark(look[method])}
        axes.plot(x, mean, drawstyle="steps-mid", markevery=some, label=method, **style)
        ends[method] = float(mean.iloc[-1])
        lead = [x.iloc[-1], axes.get_xlim()[1]]
        axes.plot(lead, [ends[method]] * 2, color=look[method].colour, lw=0.7, alpha=0.7)
    axes.set(xlabel="seconds of one worker, suggestions and evaluations (log scale)")
    label_ends(axes, ends, look)
    return axes
