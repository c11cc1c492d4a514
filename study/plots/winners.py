"""The plots of each run's winner: frame and axes in, axes out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from study.analysis.anytime import ci_half_width
from study.analysis.summary import pareto
from study.core.formatting import format_thousands
from study.core.objective import Objective
from study.plots.comparisons import row_labels
from study.plots.labels import fold, legend_above, legend_entry
from study.plots.scales import log_axis, score_axis
from study.plots.style import (
    AXIS,
    FAINT,
    INK,
    NEUTRAL,
    PAPER,
    Look,
    by_method,
    looks,
    mark,
    strokes,
)

LEAST = 1e-6  # of the largest size: what a logarithmic axis shows
FEW_SEEDS = 20  # that are shown one by one; of more, how they are distributed
INTERVAL_FROM = 6  # seeds: an interval of fewer says nothing that they themselves do not
STAGES = {"validation_score": "o", "reevaluated_score": "o", "test_score": "D"}


def final(
    runs: pd.DataFrame, objective: Objective, axes: Axes, methods: Sequence[str] = ()
) -> Axes:
    """Test scores, a row per method: a point per seed (mean over its retrainings), seeds joined.

    Of more than 20 seeds their distribution. The stroke is the mean over seeds, the bar its 95 %
    t interval; the dashed line is the baseline's mean.
    """
    every = list(runs["method"].unique())
    shown = [method for method in every if method in methods or not methods]
    wide = objective.to_display(runs.pivot(index="seed", columns="method", values="test_score"))
    look = looks(every)
    label = f"{objective.final_label}{objective.unit}"
    score_axis(axes.xaxis, objective, wide[shown], label)
    if 1 < len(wide) <= FEW_SEEDS and len(shown) > 1:
        axes.plot(wide[shown].T, range(len(shown)), color=FAINT, lw=0.8, zorder=1)
    for place, method in enumerate(shown):
        values = wide[method].dropna()
        many = len(values) > FEW_SEEDS and values.nunique() > 2
        (half_violin if many else _points)(values, place, look[method], axes)
        _mean(values, place + 0.2 * many, look[method], axes)
    if "baseline" in shown and len(shown) > 1:
        axes.axvline(wide["baseline"].mean(), color=NEUTRAL, ls="--", lw=1, zorder=0)
    means = (wide[shown].mean() / objective.to_display(1.0)).tolist()
    row_labels(axes, list(map(fold, shown)), list(map(objective.format_score, means)))
    return axes


def _points(values: "pd.Series[float]", place: int, look: Look, axes: Axes) -> None:
    axes.plot(values, np.full(len(values), place), ls="", alpha=0.9, zorder=2, **mark(look, 7))


def _mean(values: "pd.Series[float]", place: float, look: Look, axes: Axes) -> None:
    """The mean as a stroke, and its interval."""
    mean = values.mean()
    low, high = interval(values)
    if len(values) > 1:
        axes.plot([mean, mean], [place - 0.16, place + 0.16], color=INK, lw=1.6, zorder=4)
        axes.hlines(place + 0.16, low, high, color=look.colour, lw=4, zorder=3)


def interval(values: "pd.Series[float]") -> tuple[float, float]:
    """The mean's 95 % t interval; missing of fewer than six values."""
    if len(values) < INTERVAL_FROM:
        return np.nan, np.nan
    half = float(ci_half_width(values.to_frame().T).iloc[0])
    return float(values.mean()) - half, float(values.mean()) + half


def half_violin(values: "pd.Series[float]", place: float, look: Look, axes: Axes) -> None:
    """The density of values on the scale of the axis, above their row, and a stroke for each."""
    from scipy.stats import gaussian_kde

    scale = axes.xaxis.get_transform()
    x = scale.transform(values.to_numpy(float))
    spread = max(float(np.ptp(x)), 1e-12)
    grid = np.linspace(x.min() - 0.04 * spread, x.max() + 0.04 * spread, 80)
    density = gaussian_kde(x)(grid)
    body = scale.inverted().transform(grid)
    tops = place - 0.48 * density / density.max()
    axes.fill_between(body, place, tops, color=look.colour, alpha=0.35, lw=0, zorder=2)
    axes.plot(body, tops, color=look.colour, lw=1.4, zorder=2)
    strokes(axes, values.to_numpy(float), place + 0.02, place + 0.1, look.colour)


def winners_curse(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    objective: Objective,
    axes: Axes,
    methods: Sequence[str] = (),
) -> Axes:
    """A row per method: its winners' mean score as observed, re-evaluated, and on test data.

    With 95 % t intervals over seeds; the runs themselves if there are fewer than six. A method of
    which retrainings collapsed says so.
    """
    every = list(runs["method"].unique())
    shown = [method for method in every if method in methods or not methods]
    look = looks(every)
    values = objective.to_display(runs.set_index("method")[list(STAGES)])
    label = f"{objective.label} of the winners{objective.unit}"
    score_axis(axes.xaxis, objective, stage_values(runs, objective, shown), label)
    for place, method in enumerate(shown):
        _stages(values.loc[[method]], place, look[method], axes)
    row_labels(axes, [_told(method, summary) for method in shown])
    words = ("as observed: the best of the calls", "re-evaluated with fresh seeds")
    last = "on test data, kept apart" if objective.tested else "final"
    for (stage, shape), text in zip(STAGES.items(), (*words, last), strict=True):
        face = PAPER if stage == "validation_score" else INK
        legend_entry(axes, text, ls="", marker=shape, mfc=face, mec=INK)
    legend_above(axes)
    return axes


def _many(runs: pd.DataFrame) -> bool:
    return bool(runs["seed"].nunique() >= INTERVAL_FROM)


def stage_values(runs: pd.DataFrame, objective: Objective, methods: Sequence[str]) -> np.ndarray:
    """What the axis of the stages has to show: means with intervals, or the runs themselves."""
    own = runs[runs["method"].isin(methods)]
    values: pd.DataFrame = objective.to_display(own.set_index("method")[list(STAGES)])
    if not _many(runs):
        return values.to_numpy(float).ravel()
    groups = [part.dropna() for _, f in values.groupby("method") for _, part in f.items()]
    found: np.ndarray = np.array([x for part in groups for x in (part.mean(), *interval(part))])
    return found


def _stages(values: pd.DataFrame, place: int, look: Look, axes: Axes) -> None:
    """The three means of one method below each other, joined."""
    heights = place + np.array([-0.24, 0.0, 0.24])
    means = values.mean()
    axes.plot(means, heights, color=look.colour, lw=1, zorder=1)
    for (stage, shape), height in zip(STAGES.items(), heights, strict=True):
        own = values[stage].dropna()
        axes.hlines(height, *interval(own), color=look.colour, lw=2.2, zorder=2)
        if 1 < len(own) < INTERVAL_FROM:
            axes.plot(own, np.full(len(own), height), "|", color=look.colour, ms=7, zorder=2)
        face = PAPER if stage == "validation_score" else look.colour
        axes.plot(means[stage], height, shape, mfc=face, mec=look.colour, mew=1.5, ms=7, zorder=3)


def _told(method: str, summary: pd.DataFrame) -> str:
    """A method's name, and if retrainings of its winners collapsed, how many."""
    row = summary[summary["method"] == method][["collapsed", "retrainings"]]
    collapsed, of = row.to_numpy(int)[0]
    return fold(method) + (f"\n{collapsed} of {of} collapsed" if collapsed else "")


def sizes(
    runs: pd.DataFrame,
    objective: Objective,
    reported: dict[str, tuple[int, float]],
    axes: Axes,
    methods: Sequence[str] = (),
) -> Axes:
    """Size (log axis), such as parameters, against test score: a point per run, the Pareto front.

    Of six seeds and more a large point is a method's median, its bars the middle half of the runs.
    What was `reported` are crosses: (size, test score as it is shown) by method, left out where
    some `methods` alone are shown.
    """
    look = looks(runs["method"].unique())
    if methods:
        runs, reported = runs[runs["method"].isin(methods)], {}
    points = runs.assign(
        value=objective.to_display(runs["test_score"]),
        size=runs["size"].clip(lower=LEAST * runs["size"].max() or 1.0),  # a log axis has no 0
    )
    claims = [value for _, value in reported.values()]
    score_axis(
        axes.yaxis,
        objective,
        [*points["value"], *claims],
        f"{objective.final_label}{objective.unit}",
    )
    every = [*points["size"], *(count for count, _ in reported.values())]
    log_axis(axes.xaxis, min(every) / 1.4, max(every) * 1.4, format_thousands)
    several = _many(runs)
    for method, own in by_method(points):
        style = {**mark(look[method], 5), "ls": "", "alpha": 0.45 if several else 0.95}
        axes.plot(own["size"], own["value"], label="" if several else method, **style)
        if several:
            _middle(own, method, look[method], axes)
    front = pareto(points)
    style = {"color": AXIS, "lw": 1.2, "drawstyle": "steps-post", "zorder": 1}
    axes.plot(front["size"], front["value"], label="Pareto front", **style)
    for method, (count, claimed) in reported.items():
        tint = look[method].colour if method in look else FAINT
        cross: dict[str, Any] = {"mfc": tint, "mec": INK, "mew": 1.0, "ms": 10}
        axes.plot(count, claimed, "X", ls="", label=f"{method}, claimed", zorder=5, **cross)
    axes.set(xlabel=f"{objective.size} (log scale)")
    legend_above(axes)
    return axes


def _middle(own: pd.DataFrame, method: str, look: Look, axes: Axes) -> None:
    """The median of a method's winners, and their middle half in both directions."""
    low, middle, high = own[["size", "value"]].quantile([0.25, 0.5, 0.75]).to_numpy()
    style: dict[str, Any] = {"color": look.colour, "lw": 2, "zorder": 3}
    axes.hlines(middle[1], low[0], high[0], **style)
    axes.vlines(middle[0], low[1], high[1], **style)
    edge = {**mark(look, 10), "mec": INK, "mew": 1.0, "ls": ""}
    axes.plot(middle[0], middle[1], label=method, zorder=4, **edge)
