"""The plots of what a study took: frame and axes in, axes out."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from study.core.formatting import SECONDS, unit_of
from study.plots.comparisons import row_labels
from study.plots.labels import fold, legend_above
from study.plots.scales import round_ticks
from study.plots.style import FAINT, INK, PAPER, looks
from study.plots.winners import FEW_SEEDS


def time_per_call(runs: pd.DataFrame, axes: Axes) -> Axes:
    """A row per method: mean seconds per call, hatched the overhead on top of evaluating.

    A stroke per seed for the sum; of more than 20 seeds, their range.
    """
    methods, parts = list(runs["method"].unique()), ["train_seconds", "propose_seconds"]
    look = looks(methods)
    total = runs[parts].sum(axis=1)
    unit = unit_of(float(total.max()))
    means = runs.groupby("method", sort=False)[parts].mean() / SECONDS[unit]
    tints = [look[method].colour for method in methods]
    style: dict[str, Any] = {"color": tints, "height": 0.34, "zorder": 2}
    evaluating, suggesting = (means[part] for part in parts)
    places = np.arange(len(methods)) + 0.14
    axes.barh(places, evaluating, label="evaluating", **style)
    axes.barh(
        *(places, suggesting), left=evaluating, hatch="/////", edgecolor=PAPER, label="suggesting",
        **style,
    )  # fmt: skip
    for place, method in enumerate(methods):
        own = total[runs["method"] == method] / SECONDS[unit]
        _seeds(own, place + 0.14, axes)
        told = f"{_short(evaluating[method] * SECONDS[unit])} evaluating"
        if suggesting[method] > 0:
            told += f", {_short(suggesting[method] * SECONDS[unit])} suggesting"
        where: dict[str, Any] = {"xytext": (2, 0), "textcoords": "offset points", "va": "center"}
        axes.annotate(told, (0, place - 0.24), zorder=4, **where)
    axes.set_xlim(0, float(total.max()) / SECONDS[unit] * 1.05 or 1.0)
    round_ticks(axes.xaxis)
    row_labels(axes, list(map(fold, methods)))
    names = {"s": "seconds", "ms": "milliseconds", "µs": "microseconds"}
    axes.set(xlabel=f"{names[unit]} per call", ylabel="")
    _key(axes)
    return axes


def _short(seconds: float) -> str:
    """A duration in a unit of its own."""
    unit = unit_of(seconds)
    number = seconds / SECONDS[unit]
    return f"{number:,.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"


def _seeds(own: "pd.Series[float]", place: float, axes: Axes) -> None:
    """A stroke per seed, or from the quickest to the slowest."""
    if 1 < len(own) <= FEW_SEEDS:
        axes.plot(own, np.full(len(own), place), "|", color=INK, ms=8, mew=1, zorder=3)
    elif len(own) > FEW_SEEDS:
        axes.hlines(place, own.min(), own.max(), color=INK, lw=1.2, zorder=3)


def _key(axes: Axes) -> None:
    """What plain and hatched bars are, in grey."""
    drawn = [
        axes.barh(0, 0, color=FAINT, label="evaluating"),
        axes.barh(0, 0, color=FAINT, hatch="/////", edgecolor=PAPER, label="suggesting"),
    ]
    labels = [str(one.get_label()) for one in drawn]
    for one in axes.containers[:2]:
        one.set_label("")
    legend_above(axes, entries=labels)
