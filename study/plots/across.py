"""The plots of methods over many problems: frames and axes in, axes out."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from study.core.objective import Objective
from study.plots.style import (
    by_method,
    colours,
    legend_beside,
    line_style,
    log_axis,
    score_axis,
)

REGRET_LABEL = "normalised regret (0: best known, 1: median run of {})"
WORST_SHOWN = 1.5  # where the colours of a heat map end
HEAT_TINT = sns.color_palette("colorblind")[0]


def wins(pairs: pd.DataFrame, methods: list[str], axes: Axes) -> Axes:
    """On how many problems the method of a row is better and worse than that of a column."""
    balance = pd.DataFrame(np.nan, index=methods, columns=methods)
    text = pd.DataFrame("", index=methods, columns=methods)
    for row in pairs.to_dict("records"):
        better, worse, problems = row["better"], row["worse"], row["problems"]
        one, two = row["method"], row["other"]
        balance.loc[one, two] = (better - worse) / problems
        balance.loc[two, one] = (worse - better) / problems
        text.loc[one, two], text.loc[two, one] = f"{better} : {worse}", f"{worse} : {better}"
    sns.heatmap(
        balance,
        annot=text,
        fmt="",
        cmap=sns.diverging_palette(20, 250, s=75, l=60, as_cmap=True),
        vmin=-1,
        vmax=1,
        cbar_kws={"label": "share of problems: better minus worse"},
        linewidths=1,
        ax=axes,
    )
    axes.set(xlabel="against", ylabel="")
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=0 if len(methods) < 7 else 45)
    return axes


def scores(runs: pd.DataFrame, table: pd.DataFrame, control: str, axes: Axes) -> Axes:
    """Normalised regret by method: a mark per problem, the mean with both intervals."""
    means = runs.groupby(["problem", "method"], sort=False)["normalised_regret"].mean()
    marks = means.dropna().reset_index()
    methods = _by_mean(table, "normalised_regret")
    tints = colours(list(table["method"]))
    sns.stripplot(
        marks,
        x="normalised_regret",
        y="method",
        order=methods,
        hue="method",
        palette=tints,
        alpha=0.55,
        size=5,
        jitter=0.22,
        legend=False,
        ax=axes,
    )
    _mean_with_intervals(table, "normalised_regret", methods, axes)
    axes.axvline(1.0, color="0.3", lw=0.9, ls="--", zorder=0)
    axes.set(xlabel=REGRET_LABEL.format(control), ylabel="")
    axes.set_xlim(left=min(-0.02, axes.get_xlim()[0]))
    return axes


def ranks(table: pd.DataFrame, axes: Axes) -> Axes:
    """The mean rank by method, with both intervals."""
    methods = _by_mean(table, "rank")
    _mean_with_intervals(table, "rank", methods, axes)
    axes.set_yticks(range(len(methods)), methods)
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_xlim(1 - 0.1, len(methods) + 0.1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="mean rank over problems and seeds (1: the best)", ylabel="")
    return axes


def _by_mean(table: pd.DataFrame, measure: str) -> list[str]:
    """The methods, the best first."""
    return list(table.sort_values(measure, kind="stable")["method"])


def _mean_with_intervals(table: pd.DataFrame, measure: str, methods: list[str], axes: Axes) -> None:
    """A diamond per method; thick its interval on these problems, thin on problems like these."""
    tints, rows = colours(list(table["method"])), table.set_index("method")
    for place, method in enumerate(methods):
        row, tint = rows.loc[method], tints[method]
        for kind, width in (("like", 1.4), ("here", 4.5)):
            ends = row[f"{measure}_{kind}_low"], row[f"{measure}_{kind}_high"]
            axes.plot(ends, [place, place], color=tint, lw=width, solid_capstyle="butt", zorder=3)
        axes.plot(row[measure], place, "D", ms=8, color=tint, markeredgecolor="white", zorder=4)


def problem_heat(runs: pd.DataFrame, methods: list[str], control: str, axes: Axes) -> Axes:
    """Mean normalised regret by problem and method; empty where the control leaves none."""
    means = runs.groupby(["problem", "method"], sort=False)["normalised_regret"].mean()
    wide = means.unstack()[methods].reindex(runs["problem"].unique())
    sns.heatmap(
        wide,
        annot=True,
        fmt=".2f",
        cmap=sns.light_palette(HEAT_TINT, as_cmap=True, reverse=True),
        vmin=0,
        vmax=WORST_SHOWN,
        cbar_kws={"label": REGRET_LABEL.format(control)},
        linewidths=1,
        ax=axes,
    )
    axes.set(xlabel="", ylabel="")
    axes.tick_params(axis="y", rotation=0)
    return axes


def attainment(frame: pd.DataFrame, by: str, axes: Axes) -> Axes:
    """The share of targets reached, by call or by seconds (log axis)."""
    own = frame[frame["by"] == by]
    tints = colours(list(frame["method"].unique()))
    for method, rows in by_method(own):
        axes.step(
            rows["at"],
            rows["share"],
            where="post",
            color=tints[method],
            lw=2,
            ls=line_style(method),
            label=method,
        )
    if by == "second":
        log_axis(axes.xaxis, (1,), "{:g}".format)
    axes.set_ylim(-0.02, 1.02)
    what = "call" if by == "call" else "seconds of one worker"
    axes.set(xlabel=what, ylabel="share of targets reached")
    return axes


def profile(frame: pd.DataFrame, control: str, axes: Axes) -> Axes:
    """The share of runs whose normalised regret is at most some value."""
    tints = colours(list(frame["method"].unique()))
    for method, rows in by_method(frame):
        axes.plot(
            rows["at"],
            rows["share"],
            color=tints[method],
            lw=2,
            ls=line_style(method),
            label=method,
        )
    axes.axvline(1.0, color="0.3", lw=0.9, ls="--", zorder=0)
    axes.set_ylim(-0.02, 1.02)
    axes.set(
        xlabel=REGRET_LABEL.format(control), ylabel="share of runs at most as far from the best"
    )
    legend_beside(axes, "problems alike")
    return axes


def budgets(frame: pd.DataFrame, control: str, methods: list[str], axes: Axes) -> Axes:
    """How much better than the control each method is after so many calls, with its interval."""
    tints, places = colours(methods), {n: i for i, n in enumerate(frame["calls"].unique())}
    others = [method for method in methods if method != control]
    for number, method in enumerate(others):
        own = frame[frame["method"] == method]
        x = own["calls"].map(places) + 0.12 * (number - (len(others) - 1) / 2)
        low, high = (own[f"normalised_regret_like_{end}"] for end in ("low", "high"))
        axes.vlines(x, low, high, color=tints[method], lw=1.6)
        axes.plot(x, own["normalised_regret"], "o-", color=tints[method], lw=1, label=method)
    axes.axhline(0.0, color="0.3", lw=0.9)
    axes.set_xticks(range(len(places)), [f"{n:,}" for n in places])
    axes.set(
        xlabel="calls per run",
        ylabel=f"normalised regret less than that of {control}",
    )
    legend_beside(axes, "95 % intervals,\nproblems drawn")
    return axes


def small_convergence(
    trials: pd.DataFrame, problem: str, objective: Objective, initial_points: int, axes: Axes
) -> Axes:
    """Mean incumbents by call on one problem, without a legend."""
    tints = colours(list(trials["method"].unique()))
    means = objective.to_display(
        trials.groupby(["method", "call"], sort=False)["incumbent_score"].mean()
    )
    for method in tints:
        own, style = means[method], line_style(method)
        axes.plot(own.index, own, color=tints[method], lw=1.5, ls=style, label=method)
    score_axis(axes, objective, means)
    axes.axvspan(0.5, initial_points + 0.5, color="0.5", alpha=0.08, lw=0, zorder=0)
    axes.set_title(problem, fontsize=9)
    axes.tick_params(labelsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return axes
