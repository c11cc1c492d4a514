"""The plots of each run's winner: frame and axes in, axes out."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from study.analysis.summary import pareto
from study.core.formatting import format_thousands
from study.core.objective import Objective
from study.plots.style import (
    BASELINE_COLOUR,
    MAX_LINES,
    by_method,
    colours,
    legend_beside,
    line_style,
    log_axis,
    score_axis,
)

LEAST = 1e-6  # of the largest size: what a logarithmic axis shows


def winners_curse(summary: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """Mean score of each method's winners: as observed, re-evaluated, and on test data."""
    stages = ["validation_score", "reevaluated_score", "test_score"]
    colour = colours(list(summary["method"]))
    values = objective.to_display(summary.set_index("method")[stages])
    for method, row in values.iterrows():
        name = str(method)
        axes.plot(
            range(3), row, marker="o", color=colour[name], lw=2, ls=line_style(name), label=name
        )
    score_axis(axes, objective, values)
    last = "test\n(data kept apart)" if objective.tested else "final"
    axes.set_xticks(
        range(3), ["as observed\n(best of the calls)", "re-evaluated\n(fresh seeds)", last]
    )
    axes.set(xlabel="", ylabel=f"{objective.label} of the winners{objective.unit}")
    axes.set_xlim(-0.3, 2.3)
    legend_beside(axes, "mean over seeds")
    return axes


def sizes(
    runs: pd.DataFrame, objective: Objective, reported: dict[str, tuple[int, float]], axes: Axes
) -> Axes:
    """Size (log axis), such as parameters, against test score: a point per run, the Pareto front.

    What was `reported` are crosses: (size, test score as it is shown) by method.
    """
    colour = colours(list(runs["method"].unique()))
    points = runs.assign(
        value=objective.to_display(runs["test_score"]),
        size=runs["size"].clip(lower=LEAST * runs["size"].max() or 1.0),  # a log axis has no 0
    )
    log_axis(axes.xaxis, (1, 3), format_thousands)
    for place, (method, own) in enumerate(by_method(points)):
        # Methods often choose the same network: smaller points on top show all of them.
        size = 120 * 0.62**place
        axes.scatter(own["size"], own["value"], color=colour[method], s=size, lw=0, label=method)
    front = pareto(points)
    axes.plot(
        front["size"],
        front["value"],
        color="0.6",
        lw=1,
        drawstyle="steps-post",
        zorder=0,
        label="Pareto front",
    )
    for method, (count, claimed) in reported.items():
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
    score_axis(axes, objective, [*points["value"], *(value for _, value in reported.values())])
    axes.set(xlabel=objective.size, ylabel=f"{objective.final_label}{objective.unit}")
    legend_beside(axes, "winner of each run")
    return axes


def final(runs: pd.DataFrame, objective: Objective, axes: Axes) -> Axes:
    """Test scores by method: a point per seed (mean over its retrainings), seeds joined.

    The bar is the mean over seeds; the dashed line is the baseline's.
    """
    methods = list(runs["method"].unique())
    colour = colours(methods)
    points = runs.assign(value=objective.to_display(runs["test_score"]))
    wide = points.pivot(index="seed", columns="method", values="value")[methods]
    if len(wide) <= MAX_LINES:
        axes.plot(range(len(methods)), wide.T, color="0.75", lw=0.8, zorder=1)
    sns.stripplot(
        points,
        x="method",
        y="value",
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
            objective.format_score(score),
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
    score_axis(axes, objective, points["value"])
    axes.set(xlabel="", ylabel=f"{objective.final_label}{objective.unit}")
    axes.set_xlim(-0.5, len(methods) - 0.3)
    return axes
