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
from study.plots.style import AS_DRAWN, legend_beside, score_axis
from study.plots.values import (
    BINS,
    axis_values,
    bin_edges,
    end_labels,
    has_steps,
    number_label,
    unit_places,
    value_axis,
)

DENSE = 300  # points that a small panel shows one by one
MANY = 1_000  # lines that take less room as pixels
LETTERS = 18  # that fit below a small panel
DRAWS = "random draws"


def slice_plot(
    rows: pd.DataFrame, dimension: Dimension, objective: Objective, colour: Any, axes: Axes
) -> Axes:
    """Value against score, a point per evaluation; of more than 300 their density.

    The axis of scores must be scaled already, for it is what bins of a density go by.
    """
    x = axis_values(rows[dimension.name], dimension)
    y = objective.to_display(rows["validation_score"]).to_numpy()
    value_axis(axes.xaxis, dimension, LETTERS)
    if len(rows) <= DENSE:
        spread = 0.25 if has_steps(dimension) else 0.0
        x = x + np.random.default_rng(0).uniform(-spread, spread, len(x))
        axes.scatter(x, y, s=5, color=colour, alpha=0.5, lw=0)
        return axes
    edges = bin_edges(dimension), even_edges(axes.yaxis)
    counts, *_ = np.histogram2d(x, y, edges)
    tints = LinearSegmentedColormap.from_list("tints", [(0.96, 0.96, 0.96), colour, "black"])
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
    """A line per row through its values, and at the end its score; `tints` are their colours.

    Each dimension runs from its lowest value or first choice, below, to its highest.
    """
    rng = np.random.default_rng(0)
    columns = [
        unit_places(rows[d.name], d) + rng.uniform(-0.02, 0.02, len(rows)) * has_steps(d)
        for d in space
    ]
    scores = rows["validation_score"].to_numpy()
    low, high = scores.min(), scores.max()
    columns.append((scores - low) / ((high - low) or 1.0))
    lines = np.dstack(
        [np.broadcast_to(range(len(columns)), (len(rows), len(columns))), np.column_stack(columns)]
    )
    axes.add_collection(
        LineCollection(
            list(lines), colors=list(tints), lw=0.8, alpha=0.55, rasterized=len(rows) > MANY
        )
    )
    ends = [end_labels(d) for d in space]
    worst, best = (number_label(objective.to_display(score) + 0.0) for score in (low, high))
    ends.append((worst, best))
    _upright_axes(axes, [*(d.name for d in space), objective.search_label], ends)
    return axes


def _upright_axes(axes: Axes, names: Sequence[str], ends: Sequence[tuple[str, str]]) -> None:
    for place, (low, high) in enumerate(ends):
        axes.axvline(place, color="0.5", lw=0.8, zorder=0)
        for text, y, side in ((low, -0.05, "top"), (high, 1.05, "bottom")):
            axes.text(place, y, text, ha="center", va=side, fontsize=8, color="0.35")
    axes.set_xticks(range(len(names)), names, rotation=15, rotation_mode="anchor", ha="right")
    axes.tick_params(axis="x", pad=14)
    axes.set(xlim=(-0.4, len(names) - 0.6), ylim=(-0.05, 1.05), yticks=[])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def score_distribution(
    groups: dict[str, "pd.Series[float]"],
    default: tuple[float, float],
    objective: Objective,
    tints: dict[str, Any],
    axes: Axes,
) -> Axes:
    """The scores of each group from the worst to the best: its empirical distribution, turned.

    `default` is the default point's score and the share of draws that are better; NaN if unknown.
    """
    for name, scores in groups.items():
        ordered = np.sort(scores.to_numpy())
        share = (np.arange(len(ordered)) + 0.5) / len(ordered)
        label = f"{name}: median {objective.format_score(float(np.median(ordered)))}"
        axes.plot(share, objective.to_display(ordered), color=tints[name], lw=2, label=label)
    shown = objective.to_display(pd.concat(list(groups.values())))
    score, better = default
    if np.isfinite(score):
        told = f", {100 * better:.0f} % of draws are better" if np.isfinite(better) else ""
        label = f"default: {objective.format_score(score)}{told}"
        axes.axhline(objective.to_display(score), color="0.2", ls=":", lw=1.5, label=label)
        shown = pd.concat([shown, pd.Series([objective.to_display(score)])])
    score_axis(axes, objective, shown)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlabel="share of evaluations that scored worse", xlim=(0, 1))
    axes.set_ylabel(f"{objective.search_label}{objective.unit}")
    legend_beside(axes, "evaluations")
    return axes


def key(tints: dict[str, Any], title: str, axes: Axes) -> None:
    """A legend of colours beside the axes."""
    for name, colour in tints.items():
        axes.plot([], [], color=colour, lw=2, label=name)
    legend_beside(axes, title)
