"""The plots of the benchmarks: frame and axes in, axes out."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from benchmarks.report.measurements import geometric_mean
from study.core.objective import ACCURACY
from study.plots.comparisons import row_labels
from study.plots.labels import fold, legend_above, legend_entry
from study.plots.scales import log_axis, round_ticks, score_axis, set_ticks
from study.plots.style import BLUE, INK, NEUTRAL, ORANGE, by_method, line, looks, mark


def time_per_call(runs: pd.DataFrame, axes: Axes) -> Axes:
    """A row per method: seconds per call, a point per seed, and the mean as a stroke."""
    look = looks(runs["method"].unique())
    means = []
    for place, (method, own) in enumerate(by_method(runs)):
        seconds = own["seconds_per_call"]
        axes.plot(seconds, np.full(len(own), place), ls="", alpha=0.8, **mark(look[method], 7))
        means.append(float(seconds.mean()))
        axes.plot([means[-1]] * 2, [place - 0.25, place + 0.25], color=INK, lw=2)
    axes.set_xlim(0, runs["seconds_per_call"].max() * 1.06)
    round_ticks(axes.xaxis)
    row_labels(axes, [fold(method) for method in look], [f"{mean:.2f} s" for mean in means])
    axes.set(xlabel="seconds per call, one worker alone", ylabel="")
    return axes


def accuracy_time(runs: pd.DataFrame, axes: Axes) -> Axes:
    """Test accuracy of each run's winner against its seconds per call (log axis)."""
    look = looks(runs["method"].unique())
    for method, own in by_method(runs):
        style = {**mark(look[method], 7), "ls": "", "alpha": 0.85}
        axes.plot(own["seconds_per_call"], 100 * own["test_accuracy"], label=method, **style)
    seconds = runs["seconds_per_call"]
    log_axis(axes.xaxis, seconds.min() / 1.2, seconds.max() * 1.2)
    score_axis(axes.yaxis, ACCURACY, 100 * runs["test_accuracy"], "test accuracy (%)")
    axes.set(xlabel="seconds per call (log scale)")
    legend_above(axes)
    return axes


def proposals(rows: pd.DataFrame, axes: Axes) -> Axes:
    """Seconds of one tell and ask by length of history, both logarithmic."""
    look = looks(rows["method"].unique())
    for (method, how), own in rows.groupby(["method", "how"], sort=False):
        means = own.groupby("length")["seconds"].mean()
        style = {**line(look[str(method)]), **mark(look[str(method)], 7)}
        other = {} if how == "study" else {"ls": "--", "mfc": "none", "mec": style["color"]}
        axes.plot(means, **{**style, "ls": "-", "mew": 1.2, **other})
    log_axis(axes.yaxis, rows["seconds"].min() / 1.3, rows["seconds"].max() * 1.3)
    lengths = sorted(rows["length"].unique())
    log_axis(axes.xaxis, lengths[0] / 1.1, lengths[-1] * 1.1)
    set_ticks(axes.xaxis, [lengths[0], lengths[-1], *lengths], "{:g}".format)
    for method in look:
        legend_entry(axes, method, look[method], ls="")
    legend_entry(axes, "this package", ls="-")
    legend_entry(axes, "scikit-optimize", ls="--")
    axes.set(xlabel="calls made so far (log scale)", ylabel="seconds to tell and ask\n(log scale)")
    legend_above(axes)
    return axes


def speedup(networks: pd.DataFrame, axes: Axes) -> Axes:
    """A row per network: how many times faster than Keras `fit` it is trained (log axis)."""
    factors = networks["speedup"]
    log_axis(axes.xaxis, min(1.0, float(factors.min())) / 1.1, float(factors.max()) * 1.3)
    axes.axvline(1.0, color=INK, lw=1.0)
    for own, tint, marker, whose in (
        (True, BLUE, "o", "the tutorial's networks"),
        (False, ORANGE, "s", "random networks"),
    ):
        speed = factors.reset_index(drop=True)[(networks["tutorial"] == own).to_numpy()]
        axes.hlines(speed.index, 1.0, speed, color=tint, lw=2.5)
        axes.plot(speed, speed.index, marker, color=tint, ms=8)
        if len(speed):
            label = f"{whose}: mean {geometric_mean(speed):.1f}×"
            legend_entry(axes, label, color=tint, marker=marker, ms=8, lw=2.5)
    told = [
        f"{row.speedup:.1f}×\n{row.keras:.1f} s / {row.study:.1f} s"
        for row in networks.itertuples()
    ]
    row_labels(axes, [fold(str(name)) for name in networks["network"]], told)
    axes.set(xlabel="times as fast as Keras fit, one thread (log scale)", ylabel="")
    legend_above(axes)
    return axes


def scaling(rows: pd.DataFrame, axes: Axes) -> Axes:
    """Trainings per minute by number of workers, and what perfect scaling would be."""
    workers, rate = rows["workers"], 60 * rows["evaluations"] / rows["seconds"]
    ideal = rate.iloc[0] / workers.iloc[0] * workers
    axes.plot(workers, ideal, "--", color=NEUTRAL, label="perfect scaling")
    axes.plot(workers, rate, "o-", color=BLUE, lw=2, label="measured")
    told = [f"{count:g}\n{share:.0%}" for count, share in zip(workers, rate / ideal, strict=True)]
    axes.set_xticks(workers, told)
    axes.margins(x=0.08)
    axes.set_ylim(0, max(ideal.max(), rate.max()) * 1.1)
    axes.set(xlabel="workers, and their efficiency", ylabel="trainings per minute")
    legend_above(axes)
    return axes
