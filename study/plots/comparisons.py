"""The plot of how the methods compare: frame and axes in, axes out."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from study.core.objective import Objective

SIMULTANEOUS = ("simultaneous_low", "simultaneous_high")
VERDICT_COLOURS = {
    "better": "#0072b2",
    "worse": "#d55e00",
    "equivalent": "#009e73",
    "tied": "#009e73",
    "undecided": "0.45",
}


def comparisons(frame: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """A row per pair: the typical difference in test score, its intervals, and the verdict.

    Thick: the pair's own 95 % interval; thin: that for all pairs together, by which the verdict
    goes, if so few seeds allow one. A ring is the mean difference. Grey: within the margin of
    equivalence, if there is one. The axis of percentage points is linear near 0 and logarithmic
    beyond, so that four points and a tenth of one can both be read.
    """
    rows = frame.dropna(subset=["typical_difference"])
    margin = float(frame["margin"].iloc[0])
    if margin == margin:  # noqa: PLR0124 (not NaN)
        axes.axvspan(-margin, margin, color="0.5", alpha=0.15, lw=0, zorder=0)
    axes.axvline(0, color="0.3", lw=0.8, zorder=1)
    tints = rows["verdict"].map(VERDICT_COLOURS).tolist()
    places = np.arange(len(rows))
    columns = ["typical_difference", "mean_difference", "low", "high", *SIMULTANEOUS]
    figures = rows[columns].replace([np.inf, -np.inf], np.nan)
    low, high = (figures[name] for name in SIMULTANEOUS)
    axes.hlines(places, low, high, colors=tints, lw=1)
    axes.hlines(places, figures["low"], figures["high"], colors=tints, lw=3.5)
    axes.scatter(rows["typical_difference"], places, c=tints, s=50, zorder=3)
    axes.scatter(
        rows["mean_difference"], places, s=28, facecolor="white", edgecolor=tints, zorder=4
    )
    reach = float(np.nanmax([*np.abs(figures.to_numpy(float)).ravel() * 1.3, 3 * margin])) or 1.0
    if objective.percent:
        _points_axis(axes, reach)
    axes.set_xlim(-reach, reach)
    names = [f"{row.method} - {row.other}" for row in rows.itertuples()]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(rows)), [str(row.verdict) for row in rows.itertuples()])
    right.tick_params(length=0)
    unit = " (percentage points)" if objective.percent else ""
    head = "difference" if objective.sign > 0 else "advantage"
    axes.set(xlabel=f"{head} in {objective.final_label}{unit}", ylabel="")
    return axes


def _points_axis(axes: Axes, reach: float) -> None:
    """Percentage points, one as far from 0 as it is from ten."""
    axes.set_xscale("symlog", linthresh=1.0)
    steps = [1, 3, 10, 30, 100] if reach > 10 else [0.5, 1, 2, 5] if reach > 1 else [0.1, 0.2, 0.5]
    ticks = [0.0] + [sign * step for step in steps if step < reach for sign in (-1, 1)]
    axes.set_xticks(ticks, [f"{tick:+g}" if tick else "0" for tick in ticks])
    axes.set_xticks([], minor=True)
