"""Axes of a dimension's values: numbers on the scale that is drawn evenly, choices by place."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter

from study.analysis.surrogate import to_scale
from study.core.dimensions import Choice, Dimension, Integer, Listed, Real, scale_of
from study.core.formatting import format_thousands
from study.plots.scales import (
    LETTER,
    axis_name,
    length_in_points,
    round_ticks,
    set_axis,
    set_scale,
    set_ticks,
)
from study.plots.style import FONT

MAX_TICKS = 12  # choices that an axis names; of more, every so many
TICK_LETTERS = 12
LOGITS = (0.5, 0.1, 0.9, 0.01, 0.99, 0.001, 0.999)  # worth a tick, the most useful first
BINS = 14  # of a density, along an axis of numbers
FEW = 20  # whole numbers that each have a place of their own


def axis_values(values: "pd.Series[Any]", dimension: Dimension) -> np.ndarray:
    """The values of a table's column on the axis of their dimension: choices by their place."""
    if isinstance(dimension, Listed):
        return to_scale(values, dimension)
    return np.asarray(values, float)


def unit_places(values: "pd.Series[Any]", dimension: Dimension) -> np.ndarray:
    """The same from 0, the lowest value or first choice, to 1."""
    if isinstance(dimension, Listed):
        return np.asarray(to_scale(values, dimension) / (len(dimension.choices) - 1))
    low, high = to_scale(pd.Series([dimension.low, dimension.high]), dimension)
    return np.asarray((to_scale(values, dimension) - low) / (high - low))


def has_steps(dimension: Dimension) -> bool:
    """Whether the values are so few that many evaluations share one."""
    if isinstance(dimension, Listed):
        return True
    return isinstance(dimension, Integer) and dimension.high - dimension.low < FEW


def value_axis(axis: Axis, dimension: Dimension) -> None:
    """Scale an axis for a dimension's values."""
    if isinstance(dimension, Listed):
        choice_axis(axis, dimension)
        return
    low, high = dimension.low, dimension.high
    if isinstance(dimension, Real) and dimension.prior == "logit":
        set_scale(axis, "logit")
        set_axis(axis, lim=(low, high))
        set_ticks(axis, [low, high, *LOGITS], number_label)
    elif dimension.log:
        set_scale(axis, "log")
        set_axis(axis, lim=(low / (high / low) ** 0.04, high * (high / low) ** 0.04))
        set_ticks(axis, _log_ticks(low, high), number_label)
    else:
        room = 0.04 * (high - low)
        set_axis(axis, lim=(low - room, high + room))
        round_ticks(axis, whole=isinstance(dimension, Integer))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value + 0.0:.6g}"))


def named_scale(dimension: Dimension, told: str = "log") -> str:
    """What is said behind a dimension's name if its values do not stand on a linear axis."""
    if isinstance(dimension, Listed):
        return ""
    if isinstance(dimension, Real) and dimension.prior == "logit":
        return f" ({told.replace('log', 'logit')})"
    return f" ({told})" if dimension.log else ""


def _log_ticks(low: float, high: float) -> list[float]:
    """The ends if they are round, powers of ten, and half-way between ends that are near."""
    powers = [10.0**p for p in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    return [low, high, *powers[1::2], *powers] if len(powers) > 1 else [low, high, *powers]


def choice_axis(axis: Axis, dimension: Listed) -> None:
    """A place for each choice; what does not fit beside each other is turned."""
    every = math.ceil(len(dimension.choices) / MAX_TICKS)
    texts = [tick_label(*pair) for pair in list(dimension.labels.items())[::every]]
    most = max(map(len, texts[:1] + [a + b for a, b in pairwise(texts)])) / min(len(texts), 2)
    wide = axis_name(axis) == "x" and (most + 0.5) * LETTER * FONT > length_in_points(axis) / len(
        texts
    )
    turned: dict[str, Any] = (
        {"rotation": 30, "rotation_mode": "anchor", "ha": "right"} if wide else {}
    )
    axis.set_ticks(range(0, len(dimension.choices), every), texts, **turned)
    set_axis(axis, lim=(-0.5, len(dimension.choices) - 0.5))


def tick_label(choice: Choice, label: str) -> str:
    """A choice's label, short enough for a tick."""
    if isinstance(choice, float):
        return f"{choice:.3g}"
    return short_text(label, TICK_LETTERS)


def short_text(text: str, letters: int) -> str:
    """A text that has at most so many letters."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def end_labels(dimension: Dimension) -> tuple[str, str]:
    """The lowest and the highest value, or the first and the last choice, as ticks have them."""
    if isinstance(dimension, Listed):
        labels = [tick_label(*pair) for pair in dimension.labels.items()]
        return labels[0], labels[-1]
    return number_label(dimension.low), number_label(dimension.high)


def number_label(number: float) -> str:
    """A number, short enough for a tick."""
    return format_thousands(number) if number >= 1000 else f"{number:.3g}"


def cell_edges(values: np.ndarray, dimension: Dimension) -> np.ndarray:
    """Where the cells of a map end, (values + 1,), half-way between values that rise."""
    to, back = scale_of(dimension)
    places = np.array([to(value) for value in values])
    middles = (places[1:] + places[:-1]) / 2
    ends = 2 * places[[0, -1]] - middles[[0, -1]]
    edges = np.array([back(place) for place in (ends[0], *middles, ends[1])])
    return np.clip(edges, dimension.low, dimension.high) if isinstance(dimension, Real) else edges


def bin_edges(dimension: Dimension) -> np.ndarray:
    """The edges of the bins of a density."""
    if isinstance(dimension, Listed):
        return np.arange(len(dimension.choices) + 1) - 0.5
    if has_steps(dimension):
        return np.arange(dimension.low, dimension.high + 2) - 0.5
    to, back = scale_of(dimension)
    places = np.linspace(to(dimension.low), to(dimension.high), BINS + 1)
    inner = [back(place) for place in places[1:-1]]
    return np.array([dimension.low, *inner, dimension.high])  # exp(log(x)) may miss x
