"""Figures with their words: what each shows, how they are titled, and their files."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any, Generic, TypeVar

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.plots.style import (
    MUTED,
    PNG_DPI,
    RASTER_DPI,
    TITLE_FONT,
    WIDTH,
    own_style,
    rasterize_dense_points,
)
from study.storage.files import write_atomically

T = TypeVar("T")
NOTHING = "nothing to show yet"
HEIGHT = 4.2  # inches
TITLE_LETTERS, LINE_LETTERS = 50, 64  # of a title, and of what stands below it, on one line
LINE = 1.2  # of a font's size: what a line of text takes
TITLE_PAD = 0.06  # inches above a title


@dataclass(frozen=True, kw_only=True)
class FigureSpec(Generic[T]):
    """One figure of a study, or of something else.

    `title` is filled in with words such as the study's `objective`.
    """

    name: str
    """Of its files."""
    section: str
    """Of the report, under whose heading it stands."""
    title: str
    caption: str | Callable[[T], str]
    """What to see, in a sentence; what depends on the subject is told by a function of it."""
    draw: Callable[[T], Figure]
    """What has no data yet says so instead of staying empty."""
    applies: Callable[[T], bool] = lambda _: True
    """Whether a study has this figure."""


@dataclass(frozen=True, kw_only=True)
class DrawnFigure:
    """A figure of one study, with its words."""

    name: str
    section: str
    title: str
    caption: str
    figure: Figure


def single_axes_figure(
    draw: Callable[..., Axes], frame: pd.DataFrame, *more: Any, height: float = HEIGHT
) -> Figure:
    """A figure of one plot, or of a line that there is nothing to show."""
    figure = new_figure(height)
    draw_rows(draw, frame, *more, axes=figure.subplots())
    return figure


def single(
    draw: Callable[[T, Axes], Axes], height: Callable[[T], float] = lambda _: HEIGHT
) -> Callable[[T], Figure]:
    """What draws a plot of a subject in a figure of its own, so many inches high."""

    def draw_figure(subject: T) -> Figure:
        figure = new_figure(height(subject))
        draw(subject, figure.subplots())
        return figure

    return draw_figure


def new_figure(height: float = HEIGHT, width: float = WIDTH) -> Figure:
    """An empty figure, in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def stacked(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """A figure of panels below each other, so many inches high each, titles and labels included."""
    figure = new_figure(sum(heights) + 0.5)
    panels = figure.subplots(len(heights), squeeze=False, height_ratios=heights).ravel()
    return figure, list(panels)


def draw_rows(draw: Callable[..., Axes], frame: pd.DataFrame, *more: Any, axes: Axes) -> Axes:
    """Draw the rows of a frame, or say that there are none."""
    return say(NOTHING, axes) if frame.empty else draw(frame, *more, axes)


def empty_figure(why: str = NOTHING, height: float = 2.0) -> Figure:
    """A figure of one line."""
    figure = new_figure(height)
    say(why, figure.subplots())
    return figure


def say(why: str, axes: Axes) -> Axes:
    """A line in place of a plot."""
    axes.text(0.5, 0.5, why, ha="center", va="center", wrap=True, transform=axes.transAxes)
    axes.set_axis_off()
    return axes


def draw_specs(
    subject: T, specs: Iterable[FigureSpec[T]], about: str, **words: object
) -> list[DrawnFigure]:
    """Those figures that a subject has, titled with `words`, and below the title `about`."""
    drawn = []
    with own_style():
        for spec in specs:
            if spec.applies(subject):
                title = spec.title.format(**words)
                title = title[:1].upper() + title[1:]
                drawn.append(
                    DrawnFigure(
                        name=spec.name,
                        section=spec.section,
                        title=title,
                        caption=spec.caption
                        if isinstance(spec.caption, str)
                        else spec.caption(subject),
                        figure=add_title(spec.draw(subject), title, about),
                    )
                )
    return drawn


def add_title(figure: Figure, title: str, about: str) -> Figure:
    """A figure with its title, and below it, smaller, what it is about."""
    rasterize_dense_points(figure)
    head = wrap(title, TITLE_LETTERS)
    below = [line for part in about.split("\n") for line in _wrap_parts(part)]
    figure.suptitle(
        "\n".join([*head, *([" "] * len(below))]),
        x=0.01,
        ha="left",
        fontsize=TITLE_FONT,
        fontweight="bold",
        parse_math=False,
        linespacing=LINE,
    )
    down = TITLE_PAD + len(head) * TITLE_FONT * LINE / 72
    place = 0.01, 1 - down / figure.get_figheight()
    figure.text(*place, "\n".join(below), color=MUTED, va="top", parse_math=False)
    return figure


def _wrap_parts(about: str) -> list[str]:
    """Lines of what stands between points, broken at these, where that will do."""
    whole = about.replace(" ", "\u00a0").replace("\u00a0·\u00a0", " · ")
    lines = wrap(whole, LINE_LETTERS)
    return [line.replace("\u00a0", " ").removesuffix(" ·") for line in lines]


def save_figures(drawn: Iterable[DrawnFigure], folder: Path) -> list[Path]:
    """Save figures as PNG and SVG into a folder; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    return [path for one in drawn for path in save(one.figure, folder / one.name)]


def svg_bytes(figure: Figure) -> bytes:
    """A figure as the content of an SVG file."""
    content = io.BytesIO()
    with own_style():
        figure.savefig(content, format="svg", dpi=RASTER_DPI, metadata={"Date": None})
    return content.getvalue()


def save(figure: Figure, stem: Path) -> Iterator[Path]:
    """Save a figure under a name as PNG and as SVG."""
    with own_style():  # once for both files; to lay out takes longer than to draw
        if engine := figure.get_layout_engine():
            engine.execute(figure)
        figure.set_layout_engine(None)
    for ending, dpi, metadata in ((".png", PNG_DPI, {}), (".svg", RASTER_DPI, {"Date": None})):
        draw = partial(figure.savefig, dpi=dpi, metadata=metadata)
        with own_style():
            yield write_atomically(stem.with_suffix(ending), draw)
