"""The plots of what a study found: frame and axes in, axes out."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from study.analysis.summary import by_seconds, half_interval, pareto
from study.core.formatting import thousands
from study.core.objective import Objective
from study.plots.style import (
    BASELINE_COLOUR,
    LINES_AT_MOST,
    by_method,
    colours,
    drawable,
    legend_beside,
    line_style,
    log_axis,
    score_axis,
)

CALLS_AS_POINTS = 60  # more of them would be one thick line
LEAST = 1e-6  # of the highest cost: what a logarithmic axis shows


def convergence(
    trials: pd.DataFrame, objective: Objective, initial_points: int, axes: Axes
) -> Axes:
    """Incumbents by call: mean over seeds with its 95 % t interval.

    One faint line per seed; the shared initial design is shaded; the axis is cut where the
    means begin, so that 97 % and 98 % can be told apart.
    """
    colour = colours(list(trials["method"].unique()))
    for method, own in by_method(trials):
        wide = own.pivot(index="call", columns="seed", values="incumbent_score")
        if wide.shape[1] <= LINES_AT_MOST:
            lines = drawable(objective, wide)
            axes.plot(wide.index, lines, color=colour[method], alpha=0.25, lw=0.8, zorder=1)
        mean, half = wide.mean(axis=1), half_interval(wide)
        low, high = drawable(objective, mean - half), drawable(objective, mean + half)
        axes.fill_between(wide.index, low, high, color=colour[method], alpha=0.13, lw=0, zorder=2)
        axes.plot(
            wide.index,
            drawable(objective, mean),
            color=colour[method],
            lw=2.2,
            ls=line_style(method),
            marker="" if method == "baseline" or len(wide) > CALLS_AS_POINTS else "o",
            ms=4,
            label=method,
            zorder=3,
        )
    worst = trials.groupby(["method", "call"])["incumbent_score"].mean().min()
    ends = pd.Series([worst, trials["incumbent_score"].max()])
    score_axis(axes, objective, drawable(objective, ends))
    axes.axvspan(0.5, initial_points + 0.5, color="0.5", alpha=0.08, lw=0, zorder=0)
    axes.text(
        0.5,
        1.01,
        "shared initial design",
        transform=axes.get_xaxis_transform(),
        color="0.4",
        fontsize=9,
    )
    axes.set(xlabel="call", ylabel=f"{objective.seen} of the incumbent{objective.unit}")
    axes.set_xlim(0.5, trials["call"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_beside(axes, "mean and 95 % interval,\na faint line per seed")
    return axes


def convergence_seconds(trials: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """Incumbents by seconds of the run's own work (log axis).

    Mean over seeds with its 95 % t interval, from the moment when every seed has an incumbent
    until the first seed is through.
    """
    curves = by_seconds(trials)
    colour = colours(list(trials["method"].unique()))
    for method, own in by_method(curves):
        x, mean = own["seconds"], drawable(objective, own["mean"])
        low, high = (drawable(objective, own[end]) for end in ("low", "high"))
        axes.fill_between(x, low, high, color=colour[method], alpha=0.13, lw=0)
        style = line_style(method)
        axes.plot(x, mean, color=colour[method], lw=2.2, ls=style, label=method)
        axes.plot(x.iloc[-1], mean.iloc[-1], "o", color=colour[method], ms=5)
    log_axis(axes.xaxis, (1, 2, 5), "{:g}".format)
    best = max(curves["mean"].max(), trials["incumbent_score"].max())
    score_axis(axes, objective, drawable(objective, pd.Series([curves["mean"].min(), best])))
    axes.set(
        xlabel="seconds of one worker, proposing and training",
        ylabel=f"{objective.seen} of the incumbent{objective.unit}",
    )
    legend_beside(axes, "mean and 95 % interval;\nthe point: first seed through")
    return axes


def comparisons(frame: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """A row per pair: mean difference in test score with its 95 % interval, and the verdict.

    Grey: within the margin of equivalence. The axis of percentage points is linear near 0 and
    logarithmic beyond, so that four points and a tenth of one can both be read.
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
    reach = np.nanmax(np.abs(rows[["mean_difference", "low", "high"]].to_numpy(float)))
    reach = max(float(reach) * 1.3, 3 * margin)
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
    axes.set(xlabel=f"{head} in {objective.final}{unit}", ylabel="")
    return axes


def _points_axis(axes: Axes, reach: float) -> None:
    """Percentage points, one as far from 0 as it is from ten."""
    axes.set_xscale("symlog", linthresh=1.0)
    steps = [1, 3, 10, 30, 100] if reach > 10 else [0.5, 1, 2, 5] if reach > 1 else [0.1, 0.2, 0.5]
    ticks = [0.0] + [sign * step for step in steps if step < reach for sign in (-1, 1)]
    axes.set_xticks(ticks, [f"{tick:+g}" if tick else "0" for tick in ticks])
    axes.set_xticks([], minor=True)


def winners_curse(summary: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """Mean score of each method's winners: as observed, measured again, and on test data."""
    stages = ["validation_score", "remeasured_score", "test_score"]
    colour = colours(list(summary["method"]))
    values = drawable(objective, summary.set_index("method")[stages])
    for method, row in values.iterrows():
        name = str(method)
        axes.plot(
            range(3), row, marker="o", color=colour[name], lw=2, ls=line_style(name), label=name
        )
    score_axis(axes, objective, values)
    last = "test\n(data kept apart)" if objective.tested else "final\n(other seeds)"
    axes.set_xticks(
        range(3), ["as observed\n(best of the calls)", "measured again\n(fresh seeds)", last]
    )
    axes.set(xlabel="", ylabel=f"{objective.noun} of the winners{objective.unit}")
    axes.set_xlim(-0.3, 2.3)
    legend_beside(axes, "mean over seeds")
    return axes


def cost(
    runs: pd.DataFrame, objective: Objective, claims: dict[str, tuple[int, float]], axes: Axes
) -> Axes:
    """Cost (log axis), such as parameters, against test score: a point per run, the Pareto front.

    Claims are crosses: (cost, test score as it is shown) by method.
    """
    colour = colours(list(runs["method"].unique()))
    shown = runs.assign(
        shown=drawable(objective, runs["test_score"]),
        cost=runs["cost"].clip(lower=LEAST * runs["cost"].max() or 1.0),  # a log axis has no 0
    )
    log_axis(axes.xaxis, (1, 3), thousands)
    for place, (method, own) in enumerate(by_method(shown)):
        # Methods often choose the same network: smaller points on top show all of them.
        size = 120 * 0.62**place
        axes.scatter(own["cost"], own["shown"], color=colour[method], s=size, lw=0, label=method)
    front = pareto(shown)
    axes.plot(
        front["cost"],
        front["shown"],
        color="0.6",
        lw=1,
        drawstyle="steps-post",
        zorder=0,
        label="Pareto front",
    )
    for method, (count, claimed) in claims.items():
        axes.scatter(
            count,
            claimed,
            marker="X",
            s=90,
            color=colour.get(method, "0.7"),
            edgecolor="black",
            linewidth=0.9,
            label=f"{method}: the tutorial's claim",
            zorder=4,
        )
    score_axis(axes, objective, [*shown["shown"], *(value for _, value in claims.values())])
    axes.set(xlabel=objective.cost, ylabel=f"{objective.final}{objective.unit}")
    legend_beside(axes, "winner of each run")
    return axes


def final(runs: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """Test scores by method: a point per seed (mean over its retrainings), seeds joined.

    The bar is the mean over seeds; the dashed line is the baseline's.
    """
    methods = list(runs["method"].unique())
    colour = colours(methods)
    shown = runs.assign(shown=drawable(objective, runs["test_score"]))
    wide = shown.pivot(index="seed", columns="method", values="shown")[methods]
    if len(wide) <= LINES_AT_MOST:
        axes.plot(range(len(methods)), wide.T, color="0.75", lw=0.8, zorder=1)
    sns.stripplot(
        shown,
        x="method",
        y="shown",
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
        score = runs["test_score"][runs["method"] == method].mean()
        mean = wide[method].mean()
        axes.plot([place - 0.22, place + 0.22], [mean, mean], color=colour[method], lw=3, zorder=3)
        axes.annotate(
            objective.text(score),
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
    score_axis(axes, objective, shown["shown"])
    axes.set(xlabel="", ylabel=f"{objective.final}{objective.unit}")
    axes.set_xlim(-0.5, len(methods) - 0.3)
    return axes
