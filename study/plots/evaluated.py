"""The plots of what was evaluated and what came of it: frame and axes in, axes out."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import PercentFormatter

from study.core.dimensions import Dimension
from study.core.objective import Objective
from study.plots.labels import fold, legend_above, legend_entry
from study.plots.scales import score_axis
from study.plots.style import AS_DRAWN, AXIS, INK, Look, line
from study.plots.values import (
    BINS,
    axis_values,
    bin_edges,
    end_labels,
    has_steps,
    named_scale,
    number_label,
    unit_places,
    value_axis,
)

DENSE = 300  # points that a small panel shows one by one
SHAPES = 60  # points of a small panel that are shapes within an SVG file
MANY = 1_000  # lines that take less room as pixels
LIGHTEST, DARKEST = "#f5f4f2", "#07070a"  # of a density; no pure greys, for they are cells
DRAWS = "random draws"


def slice_plot(
    rows: pd.DataFrame, dimension: Dimension, objective: Objective, colour: Any, axes: Axes
) -> Axes:
    """Value against score, a point per evaluation; of more than 300 their density.

    The axis of scores must be scaled already, for it is what bins of a density go by.
    """
    x = axis_values(rows[dimension.name], dimension)
    y = objective.to_display(rows["validation_score"]).to_numpy()
    value_axis(axes.xaxis, dimension)
    if len(rows) <= DENSE:
        spread = 0.25 if has_steps(dimension) else 0.0
        x = x + np.random.default_rng(0).uniform(-spread, spread, len(x))
        axes.scatter(x, y, s=7, color=colour, alpha=0.6, lw=0, rasterized=len(rows) > SHAPES)
        return axes
    edges = bin_edges(dimension), even_edges(axes.yaxis)
    counts, *_ = np.histogram2d(x, y, edges)
    tints = LinearSegmentedColormap.from_list("tints", [LIGHTEST, colour, DARKEST])
    filled = np.ma.masked_equal(counts.T, 0)
    axes.pcolormesh(*edges, np.sqrt(filled), cmap=tints, vmin=0, rasterized=True)
    axes.patch.set_gid(AS_DRAWN)  # light is few, and white is none, on a dark page, too
    return axes


def even_edges(axis: Axis) -> np.ndarray:
    """Edges of bins that are equally wide as they are drawn, over all that an axis shows."""
    scale = axis.get_transform()
    low, high = scale.transform(np.array(sorted(axis.get_view_interval())))
    edges: np.ndarray = scale.inverted().transform(np.linspace(low, high, 2 * BINS + 1))
    return edges


def parallel_coordinates(
    rows: pd.DataFrame,
    space: Sequence[Dimension],
    objective: Objective,
    tints: Iterable[Any],
    axes: Axes,
) -> Axes:
    """A line per row from top to bottom through its values, and at last its score.

    Each dimension runs from its lowest value or first choice, on the left, to its highest; `tints`
    are the lines' colours.
    """
    rng = np.random.default_rng(0)
    columns = [
        unit_places(rows[d.name], d) + rng.uniform(-0.02, 0.02, len(rows)) * has_steps(d)
        for d in space
    ]
    scores = rows["validation_score"].to_numpy()
    low, high = scores.min(), scores.max()
    columns.append((scores - low) / ((high - low) or 1.0))
    heights = np.broadcast_to(range(len(columns)), (len(rows), len(columns)))
    lines = LineCollection(
        list(np.dstack([np.column_stack(columns), heights])),
        colors=list(tints),
        lw=0.8,
        alpha=0.6,
        rasterized=len(rows) > MANY,
    )
    axes.add_collection(lines)
    ends = [(low, high + named_scale(d)) for d in space for low, high in (end_labels(d),)]
    worst, best = (number_label(objective.to_display(score) + 0.0) for score in (low, high))
    ends.append((worst, best))
    _level_axes(axes, [*(d.name for d in space), objective.search_label], ends)
    return axes


def _level_axes(axes: Axes, names: Sequence[str], ends: Sequence[tuple[str, str]]) -> None:
    """An axis per row, named with its ends."""
    for place in range(len(names)):
        axes.axhline(place, color=AXIS, lw=0.8, zorder=0)
    told = [f"{fold(name)}\n{a} … {b}" for name, (a, b) in zip(names, ends, strict=True)]
    axes.set_yticks(range(len(names)), told, linespacing=1.05, parse_math=False)
    axes.set(xlim=(-0.04, 1.04), ylim=(len(names) - 0.6, -0.4))
    axes.set_xticks([0, 1], ["lowest, first, worst", "highest, last, best"])
    first, last = axes.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def score_distribution(
    groups: dict[str, "pd.Series[float]"],
    default: tuple[float, float],
    objective: Objective,
    look: dict[str, Look],
    axes: Axes,
) -> Axes:
    """The scores of each group from the worst to the best: its empirical distribution, turned.

    `default` is the default point's score and the share of draws that are better; NaN if unknown.
    """
    for name, scores in groups.items():
        ordered = np.sort(scores.to_numpy())
        share = (np.arange(len(ordered)) + 0.5) / len(ordered)
        label = f"{name}: median {objective.format_score(float(np.median(ordered)))}"
        axes.plot(share, objective.to_display(ordered), label=label, **line(look[name]))
    shown = objective.to_display(pd.concat(list(groups.values())))
    score, better = default
    if np.isfinite(score):
        told = f", {100 * better:.0f} % of draws are better" if np.isfinite(better) else ""
        label = f"default: {objective.format_score(score)}{told}"
        axes.axhline(objective.to_display(score), color=INK, lw=1.0, label=label)
        shown = pd.concat([shown, pd.Series([objective.to_display(score)])])
    label = f"{objective.search_label}{objective.unit}"
    score_axis(axes.yaxis, objective, shown, label, wide=True)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlabel="share of evaluations that scored worse", xlim=(0, 1))
    legend_above(axes)
    return axes


def key(look: dict[str, Any], axes: Axes) -> None:
    """A legend of colours above the axes."""
    for name, colour in look.items():
        legend_entry(axes, name, color=colour)
    legend_above(axes)
