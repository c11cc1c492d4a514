"""The plots of which dimensions matter, and how: frame and axes in, axes out."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from study.core.dimensions import Dimension, Listed
from study.core.formatting import format_r2
from study.core.objective import Objective
from study.plots.style import BLUE, FAINT, INK, by_method, looks, mark, strokes
from study.plots.values import axis_values, cell_edges, has_steps, named_scale, value_axis

BARS = {"drawn": ("random draws", BLUE), "all": ("all evaluations", FAINT)}
"""What bars are of, in words, and their colour."""


def importance(rows: pd.DataFrame, names: list[str], axes: Axes) -> Axes:
    """The share of variance that each of `names` takes part in, with intervals.

    A bar of random draws and one of all evaluations; none where the model explains too little.
    """
    for number, (kind, (words, colour)) in enumerate(BARS.items()):
        own = rows[rows["evaluations"] == kind].set_index("name").reindex(names)
        if not own["r2"].notna().any():
            continue
        enough = bool(own["enough"].eq(True).any())
        places = np.arange(len(names)) + 0.4 * (number - 0.5)
        told = "" if enough else ", too little"
        label = f"{words}\n({format_r2(own['r2'].max())}{told})"
        axes.barh(places, own["importance"] * enough, 0.4, color=colour, label=label)
        if not enough:
            continue
        around = [own["importance"] - own["low"], own["high"] - own["importance"]]
        style: dict[str, Any] = {"fmt": "none", "ecolor": INK, "elinewidth": 1.2, "capsize": 2.5}
        axes.errorbar(own["importance"], places, xerr=around, **style)
    axes.set_yticks(range(len(names)), [name.replace(" × ", "\n× ") for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="share of variance", ylabel="")
    return axes


def dependence(rows: pd.DataFrame, dimension: Dimension, objective: Objective, axes: Axes) -> Axes:
    """What a draw with a value of one dimension is expected to score, with its 95 % band."""
    middle, low, high = (objective.to_display(rows[name]) for name in ("score", "low", "high"))
    value_axis(axes.xaxis, dimension)
    if isinstance(dimension, Listed):
        axes.errorbar(
            *(rows["value"], middle),
            yerr=np.abs([low - middle, high - middle]),
            fmt="o",
            color=BLUE,
            capsize=3,
        )
    else:
        axes.fill_between(rows["value"], low, high, color=BLUE, alpha=0.2, lw=0)
        axes.plot(rows["value"], middle, color=BLUE, lw=2)
    axes.set_title(dimension.name + named_scale(dimension))
    return axes


def mark_winners(winners: pd.DataFrame, dimension: Dimension, axes: Axes) -> None:
    """A stroke at the lower edge for the value of each run's winner."""
    look = looks(winners["method"].unique())
    spread = 0.25 if has_steps(dimension) else 0.0
    for number, (method, own) in enumerate(by_method(winners)):
        values = axis_values(own[dimension.name], dimension)
        values = values + np.linspace(-spread, spread, len(values) + 2)[1:-1]
        low = 0.01 + 0.05 * number
        style = {"label": method, "transform": axes.get_xaxis_transform()}
        strokes(axes, values, low, low + 0.035, look[method].colour, **style)


def dependence_map(
    rows: pd.DataFrame, pair: tuple[Dimension, Dimension], objective: Objective, axes: Axes
) -> Axes:
    """The same for each combination of two dimensions' values: dark is good."""
    across, up = pair
    wide = rows.pivot(index="other_value", columns="value", values="score")
    value_axis(axes.xaxis, across)
    value_axis(axes.yaxis, up)
    edges = (
        cell_edges(wide.columns.to_numpy(float), across),
        cell_edges(wide.index.to_numpy(float), up),
    )
    shown = objective.to_display(wide.to_numpy())
    cmap = "viridis_r" if objective.sign > 0 else "viridis"
    mesh = axes.pcolormesh(*edges, shown, cmap=cmap, rasterized=True)
    axes.figure.colorbar(mesh, ax=axes, label=f"{objective.search_label}{objective.unit}")
    axes.grid(visible=False)
    told = (one.name + named_scale(one, "log scale") for one in pair)
    axes.set(**dict(zip(("xlabel", "ylabel"), told, strict=True)))
    axes.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    return axes


def map_winners(winners: pd.DataFrame, pair: tuple[Dimension, Dimension], axes: Axes) -> None:
    """A point for the configuration of each run's winner."""
    look = looks(winners["method"].unique())
    rng = np.random.default_rng(0)
    spreads = [0.2 if has_steps(dimension) else 0.0 for dimension in pair]
    for method, own in by_method(winners):
        x, y = (
            axis_values(own[dimension.name], dimension) + rng.uniform(-spread, spread, len(own))
            for dimension, spread in zip(pair, spreads, strict=True)
        )
        style: dict[str, Any] = {**mark(look[method], 5.5), "ls": "", "clip_on": False}
        axes.plot(x, y, label=method, zorder=3, **style)
