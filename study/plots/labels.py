"""Words on plots: names at the ends of lines, legends, and texts that fit their line."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from study.plots.style import FONT, INK, Look, height_in_points, line, mark, width_in_points

LINE = 1.25  # of a font's size: what a line of text takes
LETTER = 0.62  # of a font's size: how wide a letter is, on average
NAME_LETTERS = 18  # of a name beside or below a panel; longer ones are wrapped


def label_ends(axes: Axes, ends: Mapping[str, float], looks: Mapping[str, Look]) -> None:
    """Name lines at the right edge, as high as they end there, but none on another.

    The axis must be scaled already.
    """
    if not ends:
        return
    names = list(ends)
    tops = [_share_of_height(axes, ends[name]) for name in names]
    gap = FONT * LINE / height_in_points(axes)
    wrapped = [fold(name) for name in names]
    for name, text, top, place in zip(
        names,
        wrapped,
        tops,
        spread(tops, [gap * (1 + t.count("\n")) for t in wrapped]),
        strict=True,
    ):
        own: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
        axes.plot([1.0, 1.035], [top, place], color=looks[name].colour, lw=1.0, **own)
        axes.plot(1.035, place, ls="", **mark(looks[name]), **own)
        axes.annotate(
            text,
            (1.035, place),
            xytext=(6, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            linespacing=1.0,
            annotation_clip=False,
            parse_math=False,
        )


def _share_of_height(axes: Axes, value: float) -> float:
    scale = axes.yaxis.get_transform().transform
    low, high, place = scale(np.array([*axes.get_ylim(), value], float))
    return float(np.clip((place - low) / (high - low), 0.0, 1.0))


def spread(places: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Places of things so large, as near as possible to those wanted, that none is on another.

    All are within 0 and 1, if they have room there. Least squares under the order of the places,
    which is isotonic regression once sizes are taken off (pool adjacent violators).
    """
    order = np.argsort(places, kind="stable")
    size = np.asarray(sizes, float)[order]
    offsets = np.cumsum(size) - size / 2
    blocks: list[list[float]] = []
    for wanted in np.asarray(places, float)[order] - offsets:
        blocks.append([wanted])
        while len(blocks) > 1 and np.mean(blocks[-2]) >= np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    found = np.empty(len(order))
    room = max(1.0 - size.sum(), 0.0)
    middles = np.clip([np.mean(block) for block in blocks for _ in block], 0.0, room)
    found[order] = middles + offsets
    return found.tolist()


def fold(name: str, letters: int = NAME_LETTERS) -> str:
    """A name on as many lines as it needs, broken where it may be."""
    if len(name) <= letters:
        return name
    for sign in (" ", "_", ",", "[", "-"):
        pieces = name.replace(sign, sign + "\n" if sign != "[" else "\n[").split("\n")
        if len(pieces) > 1 and max(map(len, pieces)) <= letters:
            return "\n".join(_filled(pieces, letters))
    return "\n".join(wrap(name, letters))


def _filled(pieces: Sequence[str], letters: int) -> list[str]:
    """Pieces put together on lines while they fit."""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + len(piece.rstrip()) <= letters:
            lines[-1] += piece
        else:
            lines.append(piece)
    return [one.strip() for one in lines]


def legend_above(axes: Axes, title: str = "", *, entries: Sequence[str] = ()) -> None:
    """A legend between the title and the axes, in as many columns as have room."""
    handles, labels = axes.get_legend_handles_labels()
    shown = [(h, n) for h, n in zip(handles, labels, strict=True) if not entries or n in entries]
    if not shown:
        return
    dashed = any(getattr(h, "get_linestyle", str)() not in {"", "None"} for h, _ in shown)
    handle = 2.6 if dashed else 1.2
    widest = FONT * (handle + 2.0 + LETTER * max(len(name) for _, name in shown))
    columns = int(np.clip(1.3 * width_in_points(axes) / widest, 1, len(shown)))
    legend = axes.legend(
        *zip(*shown, strict=True),
        title=title,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=columns,
        columnspacing=1.2,
        handlelength=handle,
        labelspacing=0.3,
        borderaxespad=0.2,
    )
    legend.set_alignment("left")


def legend_entry(axes: Axes, label: str, look: Look | None = None, **more: Any) -> None:
    """An entry of a legend that nothing drawn stands for."""
    own = {**line(look), **mark(look)} if look else {"color": INK}
    axes.plot([], [], label=label, **{**own, **more})
