"""The plots of what a study found: frame and axes in, axes out."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from study.analysis import by_seconds, half_interval, pareto
from study.drawing import (
    BASELINE_COLOUR,
    LINES_AT_MOST,
    by_method,
    colours,
    error_axis,
    legend_beside,
    line_style,
    log_axis,
)
from study.wording import thousands


def convergence(trials: pd.DataFrame, initial_points: int, axes: Axes) -> Axes:
    """Incumbent validation accuracy by call: mean over seeds with its 95 % t interval.

    One faint line per seed; the shared initial design is shaded; the axis is cut where the
    means begin, so that 97 % and 98 % can be told apart.
    """
    colour = colours(list(trials["method"].unique()))
    for method, own in by_method(trials):
        wide = own.pivot(index="call", columns="seed", values="incumbent_accuracy") * 100
        if wide.shape[1] <= LINES_AT_MOST:
            axes.plot(wide.index, wide, color=colour[method], alpha=0.25, lw=0.8, zorder=1)
        mean, half = wide.mean(axis=1), half_interval(wide)
        axes.fill_between(
            wide.index, mean - half, mean + half, color=colour[method], alpha=0.13, lw=0, zorder=2
        )
        axes.plot(
            wide.index,
            mean,
            color=colour[method],
            lw=2.2,
            ls=line_style(method),
            marker="" if method == "baseline" else "o",
            ms=4,
            label=method,
            zorder=3,
        )
    lowest = trials.groupby(["method", "call"])["incumbent_accuracy"].mean().min()
    error_axis(axes, float(lowest) * 100, float(trials["incumbent_accuracy"].max()) * 100)
    axes.axvspan(0.5, initial_points + 0.5, color="0.5", alpha=0.08, lw=0, zorder=0)
    axes.text(
        0.5,
        1.01,
        "shared initial design",
        transform=axes.get_xaxis_transform(),
        color="0.4",
        fontsize=9,
    )
    axes.set(xlabel="call", ylabel="validation accuracy of the incumbent (%)")
    axes.set_xlim(0.5, trials["call"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_beside(axes, "mean and 95 % interval,\na faint line per seed")
    return axes


def convergence_seconds(trials: pd.DataFrame, axes: Axes) -> Axes:
    """Incumbent validation accuracy by seconds of the run's own work (log axis).

    Mean over seeds with its 95 % t interval, from the moment when every seed has an incumbent
    until the first seed is through.
    """
    curves = by_seconds(trials)
    colour = colours(list(trials["method"].unique()))
    for method, own in by_method(curves):
        x, mean = own["seconds"], own["mean"] * 100
        axes.fill_between(
            x, own["low"] * 100, own["high"] * 100, color=colour[method], alpha=0.13, lw=0
        )
        style = line_style(method)
        axes.plot(x, mean, color=colour[method], lw=2.2, ls=style, label=method)
        axes.plot(x.iloc[-1], mean.iloc[-1], "o", color=colour[method], ms=5)
    log_axis(axes.xaxis, (1, 2, 5), "{:g}".format)
    highest = float(curves["high"].clip(0, 1).max())
    error_axis(axes, float(curves["mean"].min()) * 100, highest * 100)
    axes.set(
        xlabel="seconds of one worker, proposing and training",
        ylabel="validation accuracy of the incumbent (%)",
    )
    legend_beside(axes, "mean and 95 % interval;\nthe point: first seed through")
    return axes


def comparisons(frame: pd.DataFrame, axes: Axes) -> Axes:
    """A row per pair: mean difference in test accuracy with its 95 % interval, and the verdict.

    Grey: within the margin of equivalence. The axis is linear near 0 and logarithmic beyond,
    so that four points and a tenth of one can both be read.
    """
    rows = frame.dropna(subset=["mean_difference"])
    margin = float(frame["margin"].iloc[0])
    axes.axvspan(-margin, margin, color="0.5", alpha=0.15, lw=0, zorder=0)
    axes.axvline(0, color="0.3", lw=0.8, zorder=1)
    tint = {"better": "#0072b2", "worse": "#d55e00", "equivalent": "#009e73", "undecided": "0.45"}
    tints = rows["verdict"].map(tint).tolist()
    places = np.arange(len(rows))
    axes.hlines(places, rows["low"], rows["high"], colors=tints, lw=2.5)
    axes.scatter(rows["mean_difference"], places, c=tints, s=50, zorder=3)
    axes.set_xscale("symlog", linthresh=1.0)
    reach = np.nanmax(np.abs(rows[["mean_difference", "low", "high"]].to_numpy(float)))
    reach = max(float(reach) * 1.3, 3 * margin)
    axes.set_xlim(-reach, reach)
    steps = [1, 3, 10, 30, 100] if reach > 10 else [0.5, 1, 2, 5] if reach > 1 else [0.1, 0.2, 0.5]
    ticks = [0.0] + [sign * step for step in steps if step < reach for sign in (-1, 1)]
    axes.set_xticks(ticks, [f"{tick:+g}" if tick else "0" for tick in ticks])
    axes.set_xticks([], minor=True)
    names = [f"{row.method} - {row.other}" for row in rows.itertuples()]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(rows)), [str(row.verdict) for row in rows.itertuples()])
    right.tick_params(length=0)
    axes.set(xlabel="difference in test accuracy (percentage points)", ylabel="")
    return axes


def winners_curse(summary: pd.DataFrame, axes: Axes) -> Axes:
    """Mean accuracy of each method's winners: as observed, measured again, and on the test set."""
    stages = ["validation_accuracy", "remeasured_accuracy", "test_accuracy"]
    colour = colours(list(summary["method"]))
    values = summary.set_index("method")[stages] * 100
    for method, row in values.iterrows():
        name = str(method)
        axes.plot(
            range(3), row, marker="o", color=colour[name], lw=2, ls=line_style(name), label=name
        )
    error_axis(axes, float(values.min().min()), float(values.max().max()))
    labels = ["as observed\n(best of the calls)", "measured again\n(fresh seeds)", "test set\n"]
    axes.set_xticks(range(3), [*labels[:2], labels[2] + "(all training images)"])
    axes.set(xlabel="", ylabel="accuracy of the winners (%)")
    axes.set_xlim(-0.3, 2.3)
    legend_beside(axes, "mean over seeds")
    return axes


def parameters(runs: pd.DataFrame, claims: dict[str, tuple[int, float]], axes: Axes) -> Axes:
    """Trainable parameters (log axis) against test accuracy: a point per run, and the Pareto front.

    Claims are crosses: (parameters, test accuracy in percent) by method.
    """
    colour = colours(list(runs["method"].unique()))
    shown = runs.assign(
        accuracy=runs["test_accuracy"] * 100,
        parameters=runs["parameters"].astype(float).clip(lower=1),  # a log axis has no 0
    )
    log_axis(axes.xaxis, (1, 3), thousands)
    for place, (method, own) in enumerate(by_method(shown)):
        # Methods often choose the same network: smaller points on top show all of them.
        size = 120 * 0.62**place
        axes.scatter(
            own["parameters"], own["accuracy"], color=colour[method], s=size, lw=0, label=method
        )
    front = pareto(shown)
    axes.plot(
        front["parameters"],
        front["accuracy"],
        color="0.6",
        lw=1,
        drawstyle="steps-post",
        zorder=0,
        label="Pareto front",
    )
    for method, (count, accuracy_claimed) in claims.items():
        axes.scatter(
            count,
            accuracy_claimed,
            marker="X",
            s=90,
            color=colour.get(method, "0.7"),
            edgecolor="black",
            linewidth=0.9,
            label=f"{method}: the tutorial's claim",
            zorder=4,
        )
    claimed = [value for _, value in claims.values()]
    everything = [*shown["accuracy"], *claimed]
    error_axis(axes, min(everything), max(everything))
    axes.set(xlabel="trainable parameters", ylabel="test accuracy (%)")
    legend_beside(axes, "chosen network of each run")
    return axes


def accuracy(runs: pd.DataFrame, axes: Axes) -> Axes:
    """Test accuracy by method: a point per seed (mean over its retrainings), seeds joined.

    The bar is the mean over seeds; the dashed line is the baseline's.
    """
    methods = list(runs["method"].unique())
    colour = colours(methods)
    shown = runs.assign(accuracy=runs["test_accuracy"] * 100)
    wide = shown.pivot(index="seed", columns="method", values="accuracy")[methods]
    if len(wide) <= LINES_AT_MOST:
        axes.plot(range(len(methods)), wide.T, color="0.75", lw=0.8, zorder=1)
    sns.stripplot(
        shown,
        x="method",
        y="accuracy",
        hue="method",
        order=methods,
        palette=colour,
        jitter=False,
        size=7,
        alpha=0.85,
        legend=False,
        zorder=2,
        ax=axes,
    )
    for place, method in enumerate(methods):
        mean = wide[method].mean()
        axes.plot([place - 0.22, place + 0.22], [mean, mean], color=colour[method], lw=3, zorder=3)
        axes.annotate(
            f"{mean:.2f} %",
            (place + 0.25, mean),
            xytext=(0, 2),
            textcoords="offset points",
            fontsize=9,
            color=colour[method],
            fontweight="bold",
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1},
        )
    if "baseline" in methods:
        axes.axhline(wide["baseline"].mean(), color=BASELINE_COLOUR, ls="--", lw=1, zorder=0)
    error_axis(axes, float(shown["accuracy"].min()), float(shown["accuracy"].max()))
    axes.set(xlabel="", ylabel="test accuracy (%)")
    axes.set_xlim(-0.5, len(methods) - 0.3)
    return axes
