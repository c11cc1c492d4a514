"""The plots of the benchmarks: frame and axes in, axes out."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from benchmarks.report.measurements import geometric_mean
from study.plots.style import BASELINE_COLOUR, colours, error_axis, legend_beside, log_axis


def time_per_call(runs: pd.DataFrame, axes: Axes) -> Axes:
    """Seconds per call by method: a point per seed, and the mean."""
    methods = list(runs["method"].unique())
    palette = colours(methods)
    sns.stripplot(
        runs, x="method", y="seconds_per_call", hue="method", order=methods, palette=palette,
        jitter=False, size=8, alpha=0.8, legend=False, ax=axes,
    )  # fmt: skip
    means = runs.groupby("method")["seconds_per_call"].mean()
    for place, method in enumerate(methods):
        axes.hlines(means[method], place - 0.25, place + 0.25, color=palette[method], lw=3)
        axes.annotate(f"{means[method]:.2f} s", (place + 0.28, means[method]), va="center")
    axes.set_ylim(0, runs["seconds_per_call"].max() * 1.15)
    axes.set_xlim(-0.5, len(methods) - 0.3)
    axes.set(xlabel="", ylabel="seconds per call, one worker alone")
    return axes


def accuracy_time(runs: pd.DataFrame, axes: Axes) -> Axes:
    """Test accuracy of each run's winner against its seconds per call (log axis)."""
    points = runs.assign(accuracy=runs["test_accuracy"] * 100)
    methods = list(runs["method"].unique())
    sns.scatterplot(
        points, x="seconds_per_call", y="accuracy", hue="method", palette=colours(methods),
        s=90, linewidth=0, alpha=0.85, ax=axes,
    )  # fmt: skip
    log_axis(axes.xaxis, (1, 2, 5), "{:g}".format)
    error_axis(axes, float(points["accuracy"].min()), float(points["accuracy"].max()))
    axes.set(xlabel="seconds per call", ylabel="test accuracy (%)")
    legend_beside(axes, "a point per seed")
    return axes


def proposals(rows: pd.DataFrame, axes: Axes) -> Axes:
    """Seconds of one tell and ask by length of history, both logarithmic."""
    methods = list(rows["method"].unique())
    sns.lineplot(
        rows, x="length", y="seconds", hue="method", style="how", markers=True,
        palette=colours(methods), ax=axes,
    )  # fmt: skip
    log_axis(axes.yaxis, (1, 2, 5), "{:g}".format)
    axes.set_xscale("log")
    lengths = sorted(rows["length"].unique())
    axes.set_xticks(lengths, [f"{length:g}" for length in lengths])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="calls made so far", ylabel="seconds to tell and ask once")
    legend_beside(axes, "")
    return axes


def speedup(networks: pd.DataFrame, axes: Axes) -> Axes:
    """How many times faster than Keras `fit` each network is trained (log axis)."""
    bar_colours = ["#0072b2" if own else "#56b4e9" for own in networks["tutorial"]]
    axes.barh(networks["network"], networks["speedup"], color=bar_colours)
    axes.invert_yaxis()
    log_axis(axes.xaxis, (1, 2, 5), "{:g}".format)
    mean = geometric_mean(networks["speedup"][networks["tutorial"]])
    axes.axvline(mean, color="0.3", ls="--", lw=1)
    axes.text(mean, -0.7, f" tutorial's networks: {mean:.1f} x", va="bottom", fontsize=9)
    for place, row in enumerate(networks.itertuples()):
        text = f" {row.speedup:.1f} x  ({row.keras:.1f} s / {row.study:.1f} s)"
        white = {"facecolor": "white", "linewidth": 0, "pad": 1}
        axes.annotate(text, (row.speedup, place), va="center", fontsize=8.5, bbox=white)
    low, high = min(1.0, networks["speedup"].min()), networks["speedup"].max()
    axes.set_xlim(low * 0.8, high * (high / low) ** 0.45)
    axes.set(xlabel="times as fast as Keras fit, one thread", ylabel="")
    axes.grid(axis="y", visible=False)
    return axes


def scaling(rows: pd.DataFrame, axes: Axes) -> Axes:
    """Trainings per minute by number of workers, and what perfect scaling would be."""
    workers, rate = rows["workers"], 60 * rows["evaluations"] / rows["seconds"]
    ideal = rate.iloc[0] / workers.iloc[0] * workers
    axes.plot(workers, ideal, "--", color=BASELINE_COLOUR, label="perfect scaling")
    axes.plot(workers, rate, "o-", color="#0072b2", lw=2, label="measured")
    for count, value, best in zip(workers, rate, ideal, strict=True):
        axes.annotate(
            f"{value / best:.0%}", (count, value), xytext=(6, -14), textcoords="offset points"
        )
    axes.set_xticks(workers, [f"{count:g}" for count in workers])
    axes.set_ylim(0, ideal.max() * 1.1)
    axes.set(xlabel="workers", ylabel="trainings per minute")
    legend_beside(axes, "")
    return axes
