"""The plots of what a study took: frame and axes in, axes out."""

import pandas as pd
from matplotlib.axes import Axes

from study.plots.style import colours


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
