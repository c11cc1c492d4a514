"""Axes of scores and of seconds: linear, or of a scale that their label names.

Ticks keep apart whatever their labels are.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator

from study.core.objective import LOWEST_REGRET, Objective
from study.plots.style import FONT, INK, height_in_points, width_in_points

OFFSET = 0.1  # percent: where the logarithm of the error ends, so that 100 % has a place
# Accuracies worth a tick, the most useful first.
ACCURACIES = (
    *(97, 98, 99, 95, 90, 80, 50, 100, 99.5, 96, 94, 92, 85, 70, 60, 20, 0, 40, 30, 10),
    *(97.5, 98.5, 99.8, 99.9),
)
LOG_FROM = 15.0  # the largest value is so many times the smallest: what is linear shows one end
LETTER = 0.68  # of a font's size: how wide a digit is, at most
ROUNDING = 1e-9  # of values: smaller differences are none
ROOM = 0.07  # of what an axis shows, left at both ends


def axis_name(axis: Axis) -> str:
    """X or y."""
    name: str = axis.axis_name  # type: ignore[attr-defined]  # missing in the stubs
    return name


def length_in_points(axis: Axis) -> float:
    """About how long an axis is, before it is laid out."""
    measure = width_in_points if axis_name(axis) == "x" else height_in_points
    return measure(axis.axes)


def set_axis(axis: Axis, **values: Any) -> None:
    """Set what belongs to an axis: `lim`, `label`."""
    name = axis_name(axis)
    axis.axes.set(**{f"{name}{what}": value for what, value in values.items()})


def set_scale(axis: Axis, kind: str, **more: Any) -> None:
    """Scale an axis as `Axes.set_xscale` does."""
    getattr(axis.axes, f"set_{axis_name(axis)}scale")(kind, **more)


def set_ticks(axis: Axis, ticks: Iterable[float], text: Callable[[float], str]) -> None:
    """Those of ticks, the most useful first, that the axis shows, and whose labels keep apart."""
    scale = axis.get_transform().transform
    low, high = np.sort(scale(np.array(axis.get_view_interval(), float)))
    edge = 1e-9 * (high - low)
    inside = [tick for tick in ticks if low - edge <= scale(np.array([tick]))[0] <= high + edge]
    letters = max((len(text(tick)) for tick in inside), default=1) + 1.5
    size = FONT * (LETTER * letters if axis_name(axis) == "x" else 1.5)
    kept = sorted(spaced(inside, scale, (high - low) * size / length_in_points(axis)))
    axis.set_ticks(kept, [text(tick + 0.0) for tick in kept])
    axis.set_ticks([], minor=True)


def spaced(ticks: Iterable[float], scale: Callable[[Any], Any], gap: float) -> list[float]:
    """Of ticks, the most useful first, those that are more than a gap from all before them."""
    kept: list[float] = []
    for tick in ticks:
        if (np.abs(scale(np.array(kept)) - scale(np.array([tick]))) > gap).all():
            kept.append(float(tick))
    return kept


def linear_axis(axis: Axis, low: float, high: float) -> None:
    """A linear axis from `low` to `high`, with ticks at round numbers."""
    room = ROOM * (high - low)
    if high - low <= ROUNDING * max(abs(high), 1.0):
        room = max(abs(high), 0.1) / 50
    set_axis(axis, lim=(low - room, high + room))
    round_ticks(axis)


def round_ticks(axis: Axis, *, whole: bool = False) -> None:
    """Ticks at round numbers, as many as have room."""
    space = FONT * (4.8 if axis_name(axis) == "x" else 2.4)
    length = length_in_points(axis)
    most = int(np.clip(length / space, 3 if length > 10 * FONT else 2, 7))
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=whole))


def log_axis(
    axis: Axis, low: float, high: float, text: Callable[[float], str] = "{:g}".format
) -> None:
    """A logarithmic axis from `low` to `high`; its label has to say so."""
    set_scale(axis, "log")
    set_axis(axis, lim=(low, high))
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    near = [round(step * 10.0**p, 12 - int(p)) for step in (1, 3, 2, 5) for p in powers]
    if sum(low <= tick <= high for tick in near) < 3:
        near += list(MaxNLocator(4).tick_values(low, high))
    set_ticks(axis, near if high < 1e3 * low else _decades(powers), text)


def _decades(powers: np.ndarray) -> list[float]:
    """Every power of ten, in an order in which those that are left out leave even steps."""
    order = [*powers[::4], *powers[2::4], *powers[1::2]]
    return [round(10.0**power, 12 - int(power)) for power in order]


def score_axis(
    axis: Axis, objective: Objective, values: Any, label: str, *, wide: bool = False
) -> str:
    """Scale an axis for values as they are shown, and label it; what is said of its scale.

    Linear; logarithmic if values above 0 span more than a decade or so; with `wide`, accuracies as
    well, by their error, if that does.
    """
    told = scale_scores(axis, objective, values, wide=wide)
    between = ("\n" if axis_name(axis) == "y" else " ") if told else ""
    set_axis(axis, label=label + between + told)
    return told


def scale_scores(axis: Axis, objective: Objective, values: Any, *, wide: bool = False) -> str:
    """The same without a label, for panels that share one."""
    known = np.asarray(values, float).ravel()
    known = known[np.isfinite(known)]
    low, high = float(known.min()), float(known.max())
    if objective.percent and objective.sign > 0:
        if wide and 100 + OFFSET - low > LOG_FROM * (100 + OFFSET - high):
            error_axis(axis, low, high)
            return "(log scale of the error)"
    elif low > LOWEST_REGRET and high > LOG_FROM * low:
        log_axis(axis, low / 1.3, high * 1.3)
        return "(log scale)"
    elif objective.optimum is not None and low >= -LOWEST_REGRET:
        positive = known[known > LOWEST_REGRET]
        if len(positive) and high > LOG_FROM * positive.min():
            return zero_axis(axis, float(positive.min()), high)
    linear_axis(axis, low, high)
    return ""


def zero_axis(axis: Axis, smallest: float, high: float) -> str:
    """A logarithmic axis of regrets that has a place for 0, below the `smallest` other one."""
    set_scale(axis, "symlog", linthresh=smallest)
    set_axis(axis, lim=(-smallest / 3, high * 1.3))
    draw = axis.axes.axvline if axis_name(axis) == "x" else axis.axes.axhline
    draw(0, color=INK, lw=0.8, zorder=1)
    powers = np.arange(np.ceil(np.log10(smallest)), np.ceil(np.log10(high)) + 1)
    set_ticks(axis, [0.0, *_decades(powers)], "{:g}".format)
    return f"(log scale down to {smallest:.2g})"


def error_scale(value: Any) -> Any:
    """Minus the logarithm of the error of an accuracy in percent, up to 100 %."""
    return -np.log10(np.clip(100 + OFFSET - np.asarray(value, float), OFFSET / 10, None))


def error_scale_inverse(place: Any) -> Any:
    """The accuracy in percent at a place on the scale."""
    return 100 + OFFSET - 10.0 ** (-np.asarray(place, float))


def error_axis(axis: Axis, low: float, high: float) -> None:
    """Scale accuracies in percent by the logarithm of the error; the label has to say so.

    Half the error is the same step almost everywhere, so 97 and 98 % are as far apart as 94 and
    96 %.
    """
    ends = error_scale([low, high])
    room = max(ROOM * (ends[1] - ends[0]), 0.02)
    bottom, top = error_scale_inverse([ends[0] - room, ends[1] + room])
    set_scale(axis, "function", functions=(error_scale, error_scale_inverse))
    set_axis(axis, lim=(max(bottom, -3.0), min(top, 100 + OFFSET / 2)))
    inside = [float(tick) for tick in ACCURACIES if bottom <= tick <= top]
    if len(inside) < 3:
        inside = list(MaxNLocator(5).tick_values(bottom, top))
    set_ticks(axis, inside, "{:g}".format)


def room_below(axes: Axes, share: float) -> None:
    """Lengthen an axis of scores downwards by a share of what it shows, without ticks there."""
    bottom, top = sorted(axes.get_ylim())
    axes.set_yticks([tick for tick in axes.get_yticks() if bottom <= tick <= top])
    scale = axes.yaxis.get_transform()
    low, high = scale.transform(np.array(axes.get_ylim()))
    axes.set_ylim(
        bottom=float(scale.inverted().transform(np.array([low - share * (high - low)]))[0])
    )


def squeezed(part: np.ndarray, whole: np.ndarray, axis: Axis, at_most: float) -> bool:
    """Whether what differs in a part of the values has but a share of an axis that shows all."""
    scale = axis.get_transform().transform
    (a, b), (low, high) = (scale(np.array([np.min(v), np.max(v)])) for v in (part, whole))
    return bool(ROUNDING * max(abs(b), 1.0) < b - a < at_most * (high - low))
