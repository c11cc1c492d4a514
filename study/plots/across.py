"""The plots of methods over many problems: frames and axes in, axes out."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from study.core.objective import Objective
from study.plots.comparisons import row_labels
from study.plots.convergence import marks_along
from study.plots.labels import fold, label_ends, legend_above
from study.plots.scales import log_axis, scale_scores
from study.plots.style import (
    BAND,
    DARK_ON_COLOUR,
    FONT,
    INK,
    LIGHT_ON_COLOUR,
    by_method,
    line,
    looks,
    mark,
)

REGRET_LABEL = "normalised regret\n(0: best known, 1: median run of {})"
WORST_SHOWN = 1.5  # where the colours of a heat map end
# No colour of a cell is a pure grey: cells stay as they are in the dark.
BALANCE = LinearSegmentedColormap.from_list("balance", ["#c65a1e", "#f4f1ea", "#0173b2"])
NEAR = LinearSegmentedColormap.from_list("near", ["#0173b2", "#f4f1ea"])


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
    _heat(balance, text, BALANCE, (-1.0, 1.0), axes)
    axes.set(xlabel="against", ylabel="")
    return axes


def _heat(
    cells: pd.DataFrame,
    text: pd.DataFrame,
    cmap: LinearSegmentedColormap,
    ends: tuple[float, float],
    axes: Axes,
) -> None:
    """Coloured cells with their text; a missing one stays empty."""
    low, high = ends
    sns.heatmap(cells, cmap=cmap, vmin=low, vmax=high, cbar=False, linewidths=1.5, ax=axes)
    for (row, column), value in np.ndenumerate(cells.to_numpy(float)):
        if np.isfinite(value):
            shade = np.dot(cmap(np.clip((value - low) / (high - low), 0, 1))[:3], [0.3, 0.6, 0.1])
            colour = DARK_ON_COLOUR if shade > 0.5 else LIGHT_ON_COLOUR
            where: dict[str, Any] = {"ha": "center", "va": "center", "color": colour}
            axes.text(column + 0.5, row + 0.5, str(text.iloc[row, column]), **where)
    across = [fold(str(name), 11) for name in cells.columns]
    turned = len(across) * max(len(part) for name in across for part in name.split("\n")) > 46
    style: dict[str, Any] = (
        {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    )
    axes.set_xticks(np.arange(len(across)) + 0.5, across, linespacing=1.05, **style)
    axes.set_yticks(np.arange(len(cells)) + 0.5, [fold(str(name), 24) for name in cells.index])
    axes.tick_params(axis="y", rotation=0)
    axes.grid(visible=False)


def scores(runs: pd.DataFrame, table: pd.DataFrame, control: str, axes: Axes) -> Axes:
    """Normalised regret by method: a mark per problem, the mean with both intervals."""
    means = runs.groupby(["problem", "method"], sort=False)["normalised_regret"].mean()
    marks = means.dropna().reset_index()
    methods = _by_mean(table, "normalised_regret")
    look, rng = looks(table["method"]), np.random.default_rng(0)
    for place, method in enumerate(methods):
        own = marks["normalised_regret"][marks["method"] == method]
        heights = place + 0.18 + rng.uniform(-0.08, 0.08, len(own))
        axes.plot(own, heights, ls="", alpha=0.7, zorder=2, **mark(look[method], 4.5))
    row_labels(axes, [fold(method) for method in methods])
    _mean_with_intervals(table, "normalised_regret", methods, axes)
    axes.axvline(1.0, color=INK, lw=1.0, ls="--", zorder=0)
    axes.set(xlabel=REGRET_LABEL.format(control), ylabel="")
    axes.set_xlim(left=min(-0.02, axes.get_xlim()[0]))
    return axes


def ranks(table: pd.DataFrame, axes: Axes) -> Axes:
    """The mean rank by method, with both intervals."""
    methods = _by_mean(table, "rank")
    _mean_with_intervals(table, "rank", methods, axes)
    row_labels(axes, [fold(method) for method in methods])
    axes.set_xlim(1 - 0.1, len(methods) + 0.1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="mean rank over problems and seeds (1: the best)", ylabel="")
    return axes


def _by_mean(table: pd.DataFrame, measure: str) -> list[str]:
    """The methods, the best first."""
    return list(table.sort_values(measure, kind="stable")["method"])


def _mean_with_intervals(table: pd.DataFrame, measure: str, methods: list[str], axes: Axes) -> None:
    """The mean of each; thick its interval on these problems, thin on problems like these."""
    look, rows = looks(table["method"]), table.set_index("method")
    for place, method in enumerate(methods):
        row = rows.loc[method]
        for kind, width in (("like", 1.4), ("here", 4.5)):
            ends = row[f"{measure}_{kind}_low"], row[f"{measure}_{kind}_high"]
            axes.plot(ends, [place - 0.12] * 2, color=look[method].colour, lw=width, zorder=3)
        edge = {**mark(look[method], 9), "mec": INK, "mew": 1.0}
        axes.plot(row[measure], place - 0.12, zorder=4, **edge)


def problem_heat(runs: pd.DataFrame, methods: list[str], control: str, axes: Axes) -> Axes:
    """Mean normalised regret by problem and method; empty where the control leaves none."""
    means = runs.groupby(["problem", "method"], sort=False)["normalised_regret"].mean()
    wide = means.unstack()[methods].reindex(runs["problem"].unique())
    _heat(wide, wide.map("{:.2f}".format), NEAR, (0.0, WORST_SHOWN), axes)
    axes.set(xlabel=REGRET_LABEL.format(control), ylabel="")
    return axes


def attainment(frame: pd.DataFrame, by: str, axes: Axes) -> Axes:
    """The share of targets reached, by call or by seconds (log axis)."""
    own = frame[frame["by"] == by]
    look, ends = looks(frame["method"].unique()), {}
    axes.set_ylim(-0.02, 1.02)
    for number, (method, rows) in enumerate(by_method(own)):
        style = {**line(look[method]), **mark(look[method], 5)}
        some = marks_along(len(rows), number)
        axes.step(rows["at"], rows["share"], where="post", markevery=some, label=method, **style)
        ends[method] = float(rows["share"].iloc[-1])
    if by == "second":
        log_axis(axes.xaxis, float(own["at"].min()), float(own["at"].max()))
    what = "call" if by == "call" else "seconds of one worker (log scale)"
    axes.set(xlabel=what, ylabel="share of targets reached")
    label_ends(axes, ends, look)
    return axes


def profile(frame: pd.DataFrame, control: str, axes: Axes) -> Axes:
    """The share of runs whose normalised regret is at most some value."""
    look = looks(frame["method"].unique())
    for number, (method, rows) in enumerate(by_method(frame)):
        style = {**line(look[method]), **mark(look[method], 5)}
        some = marks_along(len(rows), number)
        axes.plot(rows["at"], rows["share"], markevery=some, label=method, **style)
    axes.axvline(1.0, color=INK, lw=1.0, ls="--", zorder=0)
    axes.set_ylim(-0.02, 1.02)
    axes.set(xlabel=REGRET_LABEL.format(control), ylabel="share of runs at most as far")
    legend_above(axes)
    return axes


def budgets(frame: pd.DataFrame, control: str, methods: list[str], axes: Axes) -> Axes:
    """How much better than the control each method is after so many calls, with its interval."""
    look, places = looks(methods), {n: i for i, n in enumerate(frame["calls"].unique())}
    others = [method for method in methods if method != control]
    for number, method in enumerate(others):
        own = frame[frame["method"] == method]
        x = own["calls"].map(places) + 0.12 * (number - (len(others) - 1) / 2)
        low, high = (own[f"normalised_regret_like_{end}"] for end in ("low", "high"))
        axes.vlines(x, low, high, color=look[method].colour, lw=1.6)
        style = {**line(look[method], 1.0), **mark(look[method])}
        axes.plot(x, own["normalised_regret"], label=method, **style)
    axes.axhline(0.0, color=INK, lw=1.0)
    axes.set_xticks(range(len(places)), [f"{n:,}" for n in places])
    axes.set(
        xlabel="calls per run",
        ylabel=f"normalised regret\nless than that of {control}",
    )
    legend_above(axes)
    return axes


def small_convergence(
    trials: pd.DataFrame, problem: str, objective: Objective, initial_points: int, axes: Axes
) -> Axes:
    """Mean incumbents by call on one problem, without a legend."""
    look = looks(trials["method"].unique())
    means = objective.to_display(
        trials.groupby(["method", "call"], sort=False)["incumbent_score"].mean()
    )
    told = scale_scores(axes.yaxis, objective, means)
    for number, method in enumerate(look):
        own, style = means[method], {**line(look[method], 1.6), **mark(look[method], 5)}
        some = marks_along(len(own), number)
        axes.plot(own.index, own, markevery=some, label=method, drawstyle="steps-mid", **style)
    axes.axvspan(0.5, initial_points + 0.5, color=BAND, lw=0, zorder=0)
    named = fold(problem, 24)
    unit = "pp" if objective.percent and objective.optimum is not None else "%"
    axes.set_title(f"{named}\n{told}".strip() if told else named, fontsize=FONT, linespacing=1.1)
    axes.set_ylabel(f"{objective.label} ({unit})" if objective.percent else objective.label)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return axes
