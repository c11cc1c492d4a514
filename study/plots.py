"""The plots of a study: frame and axes in, axes out."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from study.analysis import thousands
from study.methods import METHODS

PALETTE = sns.color_palette("colorblind")
BASELINE_COLOUR = (0.35, 0.35, 0.35)
SEARCH_COLOURS = [PALETTE[i] for i in (0, 1, 2, 4, 8, 5, 9)]
LINES_AT_MOST = 30  # more seeds than this make a cloud of lines, not a plot


def colours(methods: list[str]) -> dict[str, Any]:
    """One colour per method, the same in every plot of every study."""
    known = [name for name in METHODS if name != "baseline"]
    order = known + [name for name in methods if name not in METHODS]
    by_name = {m: SEARCH_COLOURS[i % len(SEARCH_COLOURS)] for i, m in enumerate(order)}
    return {m: by_name.get(m, BASELINE_COLOUR) for m in methods}


def _legend(axes: Axes, title: str) -> None:
    """A legend beside the axes, where it hides nothing."""
    legend = axes.legend(title=title, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    legend.set_alignment("left")


def convergence(trials: pd.DataFrame, initial_points: int, axes: Axes) -> Axes:
    """Incumbent validation accuracy by call: mean over seeds with its 95 % t interval.

    One faint line per seed; the shared initial design is shaded; the axis is cut where the
    means begin, so that 97 % and 98 % can be told apart.
    """
    colour = colours(list(trials["method"].unique()))
    for method, own in by_method(trials):
        wide = own.pivot(index="call", columns="seed", values="incumbent_accuracy") * 100
        base = method == "baseline"
        if wide.shape[1] <= LINES_AT_MOST:
            axes.plot(wide.index, wide, color=colour[method], alpha=0.25, lw=0.8, zorder=1)
        mean, half = wide.mean(axis=1), interval(wide)
        axes.fill_between(
            wide.index, mean - half, mean + half, color=colour[method], alpha=0.13, lw=0, zorder=2
        )
        axes.plot(
            wide.index,
            mean,
            color=colour[method],
            lw=2.2,
            ls="--" if base else "-",
            marker="" if base else "o",
            ms=4,
            label=method,
            zorder=3,
        )
    lowest = trials.groupby(["method", "call"])["incumbent_accuracy"].mean().min()
    error_axis(axes, float(lowest) * 100, float(trials["incumbent_accuracy"].max()) * 100)
    axes.axvspan(0.5, initial_points + 0.5, color="0.5", alpha=0.08, lw=0, zorder=0)
    axes.text(
        0.6, 0.015, "initial design", transform=axes.get_xaxis_transform(), color="0.4", fontsize=9
    )
    axes.set(xlabel="call", ylabel="validation accuracy of the incumbent (%)")
    axes.set_xlim(0.5, trials["call"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(axes, "mean and 95 % interval,\na faint line per seed")
    return axes


def by_method(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each method, in order of appearance."""
    return [(name, frame[frame["method"] == name]) for name in frame["method"].unique()]


def interval(wide: pd.DataFrame) -> "pd.Series[float]":
    """Half the 95 % t interval of the mean of each row; 0 where one value has none."""
    from scipy.stats import t

    count = wide.count(axis=1)
    factor = pd.Series(t.ppf(0.975, (count - 1).clip(lower=1)), index=count.index)
    return (wide.std(axis=1) / np.sqrt(count) * factor).fillna(0)


def error_axis(axes: Axes, low: float, high: float) -> None:
    """Scale accuracies in percent by the logarithm of the error, from `low` to above `high`.

    Half the error is the same step everywhere, so 97 and 98 % are as far apart as 94 and 96 %.
    """
    ceiling = min(100.0, high + 0.15 * (100 - high))
    smallest = max(100 - ceiling, 0.05)

    def forward(value: Any) -> Any:
        return -np.log10(np.clip(100 - np.asarray(value, float), smallest / 10, None))

    axes.set_yscale("function", functions=(forward, lambda v: 100 - 10 ** (-np.asarray(v, float))))
    axes.set_ylim(low - 0.15 * (100 - low), 100 - smallest)
    ticks = [0, 20, 40, 60, 70, 80, 85, 90, 92, 94, 95, 96, 97, 97.5, 98, 98.5, 99, 99.5, 99.8]
    bottom, top = axes.get_ylim()
    shown = [tick for tick in ticks if bottom <= tick <= top]
    axes.set_yticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_yticks([], minor=True)


def parameters(runs: pd.DataFrame, claims: dict[str, tuple[int, float]], axes: Axes) -> Axes:
    """Trainable parameters (log axis) against test accuracy: a point per run.

    Claims are crosses: (parameters, test accuracy in percent) by method.
    """
    colour = colours(list(runs["method"].unique()))
    shown = runs.assign(
        accuracy=runs["test_accuracy"] * 100, parameters=runs["parameters"].astype(float)
    )
    axes.set_xscale("log")
    for place, (method, own) in enumerate(by_method(shown)):
        # Methods often choose the same network: smaller points on top show all of them.
        size = 120 * 0.62**place
        axes.scatter(
            own["parameters"], own["accuracy"], color=colour[method], s=size, lw=0, label=method
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
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="trainable parameters", ylabel="test accuracy (%)")
    _legend(axes, "chosen network of each run")
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


def time_per_call(runs: pd.DataFrame, axes: Axes) -> Axes:
    """Mean seconds per call, training and proposing stacked; a point per seed for the sum."""
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
            f"{train:.2f} s training\n{ask:.3f} s proposing",
            (place, total[places == place].max()),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )
    axes.set_ylim(0, total.max() * 1.25)
    axes.set(xlabel="", ylabel="seconds per call (training; hatched: proposing)")
    axes.grid(axis="x", visible=False)
    return axes


def search_range(trials: pd.DataFrame, dimension: dict[str, Any], axes: Axes) -> Axes:
    """Every value of one dimension that each method tried, darker the better it scored."""
    name, methods = dimension["name"], list(trials["method"].unique())
    if dimension["kind"] == "categorical":
        axis = {choice: number for number, choice in enumerate(dimension["choices"])}
        values = trials[name].map(axis).astype(float)
        axes.set_xticks(list(axis.values()), list(axis))
        axes.set_xlim(-0.5, len(axis) - 0.5)
        spread = 0.3
    else:
        values = trials[name].astype(float)
        spread = 0.25 if dimension["kind"] == "integer" and dimension["high"] <= 10 else 0.0
        if dimension.get("log"):
            axes.set_xscale("log")
    rng = np.random.default_rng(0)
    across = values + rng.uniform(-spread, spread, len(values))
    down = trials["method"].map(methods.index) + rng.uniform(-0.28, 0.28, len(values))
    shades = score_ranks(trials["validation_accuracy"])
    axes.scatter(across, down, c=shades, cmap="viridis_r", vmin=0, vmax=1, s=13, alpha=0.8, lw=0)
    axes.set_yticks(range(len(methods)), methods)
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_title(name)
    axes.grid(axis="y", visible=False)
    return axes


def score_ranks(scores: "pd.Series[float]") -> "pd.Series[float]":
    """0 for the worst to 1 for the best; what has no score counts as the worst."""
    return scores.fillna(0).rank(pct=True)
