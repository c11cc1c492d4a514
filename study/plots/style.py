"""What all plots share: one colour per method, one scale for accuracies, one place for legends."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    SymmetricalLogLocator,
)

from study.core.objective import LOWEST_REGRET, Objective

STYLE = {
    **sns.axes_style("whitegrid"),
    "svg.hashsalt": "study",  # the same plot gives the same bytes
    "figure.dpi": 110,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.edgecolor": "0.6",
    "grid.color": "0.9",
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """Draw as this package does, whatever the user's matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


PALETTE = sns.color_palette("colorblind")
BASELINE_COLOUR = (0.35, 0.35, 0.35)
OLIVE = (0.42, 0.38, 0.05)  # in place of the palette's grey, which is nearly the baseline's
SEARCH_COLOURS = [*(PALETTE[i] for i in (0, 1, 2, 4, 8, 5, 9, 3, 6)), OLIVE]
# Each has the same colour in every plot of every study.
METHOD_COLOURS = {
    "baseline": BASELINE_COLOUR,
    "random": SEARCH_COLOURS[0],
    "gp": SEARCH_COLOURS[1],
    "gbrt": SEARCH_COLOURS[2],
    "forest": SEARCH_COLOURS[3],
    "tpe": SEARCH_COLOURS[4],
    "optuna-gp": SEARCH_COLOURS[5],
    "quasi-random": SEARCH_COLOURS[6],
    "cmaes": SEARCH_COLOURS[7],
    "hyperopt": SEARCH_COLOURS[8],
    "bayes-opt": SEARCH_COLOURS[9],
}
MAX_LINES = 30  # more seeds than this make a cloud of lines, not a plot
POINTS_AS_SHAPES = 1_000  # more than this are a picture within an SVG file, which stays small
OFFSET = 0.1  # percent: where the logarithm of the error ends, so that 100 % has a place
# Accuracies worth a tick, the most useful first.
TICKS = (
    *(97, 98, 99, 95, 90, 80, 50, 100, 99.5, 96, 94, 92, 85, 70, 60, 20, 0, 40, 30, 10),
    *(97.5, 98.5, 99.8, 99.9),
)
LABELS_AT_MOST = 20  # that fit above each other
AS_DRAWN = "as-drawn"  # names what keeps its colours on a dark page, where greys become others


def colours(methods: list[str]) -> dict[str, Any]:
    """One colour per method: its own, or what those that are there leave over."""
    taken = [METHOD_COLOURS[name] for name in methods if name in METHOD_COLOURS]
    free = cycle([colour for colour in SEARCH_COLOURS if colour not in taken] or SEARCH_COLOURS)
    return {name: METHOD_COLOURS.get(name) or next(free) for name in methods}


def line_style(method: str) -> str:
    """The baseline is the reference: dashed."""
    return "--" if method == "baseline" else "-"


def by_method(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each method, in order of appearance."""
    return [(name, frame[frame["method"] == name]) for name in frame["method"].unique()]


def log_axis(axis: Axis, ticks: tuple[float, ...], text: Callable[[float], str]) -> None:
    """A logarithmic axis with a tick at these multiples of each power of ten."""
    # Its name is missing in the stubs.
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # type: ignore[attr-defined]
    axis.set_major_locator(LogLocator(subs=ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_formatter(NullFormatter())


def rasterize_dense_points(figure: Figure) -> None:
    """Have what consists of very many points stored as pixels."""
    for axes in figure.axes:
        for points in axes.collections:
            if np.size(points.get_offsets()) > 2 * POINTS_AS_SHAPES:
                points.set_rasterized(True)


def keep_colours(figure: Figure) -> None:
    """Have the cells of heat maps, and what is written on them, look the same on a dark page."""
    for place, axes in enumerate(figure.axes):
        for number, artist in enumerate([*axes.collections, *axes.texts]):
            artist.set_gid(f"{AS_DRAWN}-{place}-{number}")


def legend_beside(axes: Axes, title: str) -> None:
    """A legend beside the axes, where it hides nothing."""
    legend = axes.legend(title=title, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    legend.set_alignment("left")


def error_scale(value: Any) -> Any:
    """Minus the logarithm of the error of an accuracy in percent, up to 100 %."""
    return -np.log10(np.clip(100 + OFFSET - np.asarray(value, float), OFFSET / 10, None))


def error_scale_inverse(place: Any) -> Any:
    """The accuracy in percent at a place on the scale."""
    return 100 + OFFSET - 10.0 ** (-np.asarray(place, float))


def score_axis(axes: Axes, objective: Objective, values: Any) -> None:
    """Scale values as they are shown: the error of an accuracy or a regret by its logarithm."""
    values = np.asarray(values, float)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if objective.optimum is not None:
        regret_axis(axes, low, high, values)
    elif objective.percent and objective.maximise:
        error_axis(axes, low, high)
    else:
        room = 0.07 * (high - low) or max(abs(high), 1.0) / 10
        axes.set_ylim(low - room, high + room)


def thin_ticks(axes: Axes, most: int) -> None:
    """Leave at most so many ticks on a small panel's axis of scores, none close to the next."""
    scale = axes.yaxis.get_transform().transform
    low, high = np.sort(scale(np.array(axes.get_ylim())))
    ticks = np.sort(axes.get_yticks())[::-1]
    places = scale(ticks)
    inside = ticks[(low <= places) & (places <= high)]
    kept = spaced(inside, scale, (high - low) / most)
    axes.set_yticks(kept, [f"{tick + 0.0:g}" for tick in kept])
    axes.set_yticks([], minor=True)


def spaced(ticks: Iterable[float], scale: Callable[[Any], Any], gap: float) -> list[float]:
    """Of ticks, the most useful first, those that are more than a gap from all before them."""
    kept: list[float] = []
    for tick in ticks:
        if (np.abs(scale(np.array(kept)) - scale(np.array([tick]))) > gap).all():
            kept.append(float(tick))
    return kept


def room_below(axes: Axes, share: float) -> None:
    """Lengthen an axis of scores downwards by a share of what it shows."""
    scale = axes.yaxis.get_transform()
    low, high = scale.transform(np.array(axes.get_ylim()))
    axes.set_ylim(
        bottom=float(scale.inverted().transform(np.array([low - share * (high - low)]))[0])
    )


def regret_axis(axes: Axes, low: float, high: float, values: np.ndarray) -> None:
    """Scale regrets from `low` to `high` by their logarithm, with room around them.

    If the optimum, 0, is among the `values`, the axis is linear up to the smallest other one; if
    noise takes some beyond it, as far as that reaches: so near, logarithms would tell noise apart.
    """
    if low > LOWEST_REGRET:
        log_axis(axes.yaxis, (1,) if high > 1e3 * low else (1, 2, 5), "{:g}".format)
        axes.set_ylim(low / 1.3, high * 1.3)
        return
    smallest = float(min(values[values > LOWEST_REGRET], default=1.0))
    linear = -low if low < -LOWEST_REGRET else smallest
    axes.set_yscale("symlog", linthresh=linear)
    steps = (1.0,) if high > 1e3 * linear else (1.0, 2.0, 5.0)
    axes.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=linear, subs=steps))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value + 0.0:g}"))
    axes.axhline(0, color="0.3", lw=0.8, zorder=1)
    axes.set_ylim(low - linear / 3, max(high * 1.3, linear / 3))


def error_axis(axes: Axes, low: float, high: float) -> None:
    """Scale accuracies in percent by the logarithm of the error, with room around `low` and `high`.

    Half the error is the same step almost everywhere, so 97 and 98 % are as far apart as 94 and
    96 %.
    """
    ends = error_scale([low, high])
    room = max(0.07 * (ends[1] - ends[0]), 0.02)
    axes.set_yscale("function", functions=(error_scale, error_scale_inverse))
    bottom, top = error_scale_inverse([ends[0] - room, ends[1] + room])
    axes.set_ylim(max(bottom, -3.0), min(top, 100 + OFFSET / 2))
    inside = [tick for tick in TICKS if bottom <= tick <= top]
    if len(inside) < 3:
        inside = [tick for tick in MaxNLocator(5).tick_values(bottom, top) if bottom <= tick <= top]
    shown = spaced(inside, error_scale, (ends[1] - ends[0] + 2 * room) / LABELS_AT_MOST)
    axes.set_yticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_yticks([], minor=True)
