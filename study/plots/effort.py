"""The plots of what a study took and tried: frame and axes in, axes out."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.core.dimensions import Choice, Dimension, Integer, Listed, Real
from study.core.objective import Objective
from study.plots.style import MAX_POINTS, colours

MAX_TICKS = 12  # choices that an axis names; of more, every so many
TICK_LETTERS = 12
LINE_LETTERS = 50  # that fit below a panel


def time_per_call(runs: pd.DataFrame, axes: Axes) -> Axes:
    """Mean seconds per call, overhead on top of evaluating; a point per seed for the sum."""
    methods = list(runs["method"].unique())
    colour = colours(methods)
    means = runs.groupby("method", sort=False)[["train_seconds", "propose_seconds"]].mean()
    tints = [colour[method] for method in methods]
    axes.bar(methods, means["train_seconds"], color=tints, alpha=0.55, width=0.6)
    axes.bar(
        methods,
        means["propose_seconds"],
        bottom=means["train_seconds"],
        color=tints,
        hatch="////",
        edgecolor="white",
        width=0.6,
    )
    total = runs["train_seconds"] + runs["propose_seconds"]
    places = runs["method"].map(methods.index)
    axes.scatter(places, total, color="black", s=14, alpha=0.6, zorder=3)
    for place, method in enumerate(methods):
        train, ask = means.loc[method]
        axes.annotate(
            f"{train:.2f} s evaluating\n{ask:.3f} s suggesting",
            (place, total[places == place].max()),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )
    axes.set_ylim(0, (total.max() or 1.0) * 1.25)
    axes.set(xlabel="", ylabel="seconds per call (evaluating; hatched: suggestion overhead)")
    axes.grid(axis="x", visible=False)
    return axes


def search_range(trials: pd.DataFrame, dimension: Dimension, axes: Axes) -> Axes:
    """Every value of one dimension that each method tried, darker the better it scored.

    Of more than 20,000 calls, as many drawn by chance.
    """
    name, methods = dimension.name, list(trials["method"].unique())
    shades = score_ranks(trials["validation_score"])
    trials = trials.sample(min(len(trials), MAX_POINTS), random_state=0).sort_index()
    if isinstance(dimension, Listed):
        axis = {label: number for number, label in enumerate(dimension.labels.values())}
        values = trials[name].map(axis).astype(float)
        choice_axis(axes, dimension)
        spread = 0.3
    else:
        values = trials[name].astype(float)
        spread = 0.25 if isinstance(dimension, Integer) and dimension.high <= 10 else 0.0
        if dimension.log:
            axes.set_xscale("log")
        elif isinstance(dimension, Real) and dimension.prior == "logit":
            axes.set_xscale("logit")
    rng = np.random.default_rng(0)
    across = values + rng.uniform(-spread, spread, len(values))
    down = trials["method"].map(methods.index) + rng.uniform(-0.28, 0.28, len(values))
    axes.scatter(
        across,
        down,
        c=shades[trials.index],
        cmap="viridis_r",
        vmin=0,
        vmax=1,
        s=13,
        alpha=0.8,
        lw=0,
    )
    axes.set_yticks(range(len(methods)), methods)
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_title(name)
    axes.grid(axis="y", visible=False)
    return axes


def choice_axis(axes: Axes, dimension: Listed) -> None:
    """A place for each choice; what does not fit beside each other is turned."""
    every = math.ceil(len(dimension.choices) / MAX_TICKS)
    texts = [tick_label(*pair) for pair in list(dimension.labels.items())[::every]]
    wide = len(texts) * (1 + max(map(len, texts))) > LINE_LETTERS
    turned: dict[str, Any] = (
        {"rotation": 30, "rotation_mode": "anchor", "ha": "right"} if wide else {}
    )
    axes.set_xticks(range(0, len(dimension.choices), every), texts, **turned)
    axes.set_xlim(-0.5, len(dimension.choices) - 0.5)


def tick_label(choice: Choice, label: str) -> str:
    """A choice's label, short enough for a tick."""
    if isinstance(choice, float):
        return f"{choice:.3g}"
    return label if len(label) <= TICK_LETTERS else label[: TICK_LETTERS - 1] + "…"


def score_ranks(scores: "pd.Series[float]") -> "pd.Series[float]":
    """0 for the worst to 1 for the best; what has no score counts as the worst."""
    return scores.fillna(-np.inf).rank(pct=True)


def search_range_panels(
    trials: pd.DataFrame, space: Sequence[Dimension], objective: Objective
) -> Figure:
    """A panel per dimension that is not constant, and one for the colour key."""
    space = [dimension for dimension in space if not dimension.is_constant]
    rows = len(space) // 2 + 1
    figure = Figure(figsize=(9, 2.5 * rows + 0.6), layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, dimension in zip(grid, space, strict=False):
        search_range(trials, dimension, axes)
    spare = grid[len(space) :]
    for axes in spare:
        axes.set_axis_off()
    shades = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), "viridis_r")
    bar = figure.colorbar(shades, ax=spare[0], orientation="horizontal", fraction=0.3, aspect=15)
    scores = trials["validation_score"].dropna()
    ticks = [0, 0.25, 0.5, 0.75, 1]
    values = [objective.to_display(scores.quantile(q)) for q in ticks]
    digits = ".1f" if objective.percent else ".3g"
    bar.set_ticks(ticks, labels=[f"{value + 0.0:{digits}}" for value in values])
    bar.set_label(f"{objective.search_label} of the call{objective.unit}, by rank")
    return figure
