"""The plot of how the methods compare: frame and axes in, axes out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from study.core.formatting import format_pair
from study.core.objective import Objective
from study.plots.labels import fold
from study.plots.scales import round_ticks
from study.plots.style import BAND, BLUE, GREEN, INK, NEUTRAL, RED

SIMULTANEOUS = ("simultaneous_low", "simultaneous_high")
VERDICTS = {
    "better": (BLUE, ">"),
    "worse": (RED, "<"),
    "equivalent": (GREEN, "s"),
    "tied": (GREEN, "s"),
    "undecided": (NEUTRAL, "o"),
}
"""The colour and the marker of each."""


def comparisons(frame: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """A row per pair: the typical difference in test score, its intervals, and the verdict.

    Thick: the pair's own 95 % interval; thin: that for all pairs together, by which the verdict
    goes, if so few seeds allow one. A stroke is the mean difference. Grey: within the margin of
    equivalence, if there is one.
    """
    rows = frame.dropna(subset=["typical_difference"])
    margin = float(frame["margin"].iloc[0])
    if np.isfinite(margin):
        axes.axvspan(-margin, margin, color=BAND, lw=0, zorder=0)
    axes.axvline(0, color=INK, lw=1.0, zorder=1)
    places = np.arange(len(rows))
    columns = ["typical_difference", "mean_difference", "low", "high", *SIMULTANEOUS]
    figures = rows[columns].replace([np.inf, -np.inf], np.nan)
    tints = [VERDICTS[verdict][0] for verdict in rows["verdict"]]
    low, high = (figures[name] for name in SIMULTANEOUS)
    axes.hlines(places, low, high, colors=tints, lw=1.4)
    axes.hlines(places, figures["low"], figures["high"], colors=tints, lw=4.5)
    for place, tint, row in zip(places, tints, rows.to_dict("records"), strict=True):
        shape = VERDICTS[row["verdict"]][1]
        axes.plot(row["typical_difference"], place, shape, color=tint, ms=8, zorder=3)
        axes.plot(row["mean_difference"], place, "|", color=INK, ms=11, mew=1.3, zorder=4)
    _differences_axis(axes, figures, margin)
    pairs = [pair_label(row["method"], row["other"]) for row in rows.to_dict("records")]
    row_labels(axes, pairs, [str(verdict) for verdict in rows["verdict"]])
    unit = " (percentage points)" if objective.percent else ""
    head = "difference" if objective.sign > 0 else "advantage"
    named = f"{head} in {objective.final_label}{unit}"
    axes.set(xlabel=f"{named}\nright of 0: the method named first is better", ylabel="")
    return axes


def pair_label(method: str, other: str) -> str:
    """Which is compared with which, on one line if it fits."""
    pair = format_pair(method, other)
    return pair if len(pair) <= 20 else f"{fold(method, 22)}\n− {fold(other, 20)}"


def _differences_axis(axes: Axes, figures: pd.DataFrame, margin: float) -> None:
    """Linear, over all intervals, 0 and the margin on both sides of it."""
    reach = [*figures.to_numpy(float).ravel(), 0.0, 1.5 * margin, -1.5 * margin]
    low, high = float(np.nanmin(reach)), float(np.nanmax(reach))
    room = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - room, high + room)
    round_ticks(axes.xaxis)
    ticks = axes.get_xticks()
    digits = max(len(f"{tick:.10f}".rstrip("0").partition(".")[2]) for tick in ticks)
    texts = [f"{tick:+.{digits}f}" if abs(tick) > 1e-12 else "0" for tick in ticks]
    shown = axes.get_xlim()
    axes.set_xticks(ticks, [text.replace("-", "−") for text in texts])
    axes.set_xlim(shown)


def row_labels(axes: Axes, left: Sequence[str], right: Sequence[str] = ()) -> None:
    """Names of rows, the first one on top, and what is told at their right ends."""
    axes.set_yticks(range(len(left)), left, linespacing=1.15, parse_math=False)
    axes.set_ylim(len(left) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    if right:
        ends = axes.secondary_yaxis("right")
        ends.set_yticks(range(len(right)), right, linespacing=1.15, parse_math=False)
        ends.tick_params(length=0)
        ends.spines["right"].set_visible(False)
