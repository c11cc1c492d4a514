"""What all plots share: neutral colours, sizes, and one look per method."""

import contextlib
import warnings
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# All that is neutral has one of these pure greys, so that a page can swap them in the dark.
INK = "#262626"  # text, and lines that a reader measures by
MUTED = "#595959"  # what is said beside the point
NEUTRAL = "#767676"  # the baseline, and what decides nothing: legible on white and in the dark
AXIS = "#999999"
FAINT = "#bfbfbf"  # lines of single seeds, and whatever stands behind
GRID = "#e6e6e6"
BAND = "#efefef"  # shaded ranges
PAPER = "#ffffff"
# On cells that are coloured by day and by night, and so no pure greys.
DARK_ON_COLOUR, LIGHT_ON_COLOUR = "#1b1b1e", "#fdfdff"

WIDTH = 6.0  # inches; on a telephone, 358 pixels
FONT = 10.5  # points, of all that is no title: 8.7 of these pixels
TITLE_FONT = 14.0
PNG_DPI = 220
RASTER_DPI = 150  # of what an SVG file holds as pixels

STYLE: Any = {
    "svg.hashsalt": "study",  # the same plot gives the same bytes
    "figure.dpi": 110,
    "figure.facecolor": PAPER,
    "font.family": ["sans-serif"],
    "font.size": FONT,
    "axes.titlesize": FONT + 0.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": FONT,
    "xtick.labelsize": FONT,
    "ytick.labelsize": FONT,
    "legend.fontsize": FONT,
    "legend.title_fontsize": FONT,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor"), INK),
    **dict.fromkeys(("xtick.labelcolor", "ytick.labelcolor"), INK),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), AXIS),
    **dict.fromkeys(("xtick.bottom", "ytick.left"), False),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.handlelength": 2.8,  # room for a dash
    "lines.solid_capstyle": "butt",
    "hatch.color": PAPER,
}


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """Draw as this package does, whatever the user's matplotlib settings are.

    No warning tells of letters that the font lacks: they are drawn as boxes.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


class Look(NamedTuple):
    """How a method is drawn: by each of these alone it can be told from every other."""

    colour: str
    """Legible on white and on near-black: a contrast of at least 3 with both."""
    marker: str
    dash: Any


BLUE, ORANGE, GREEN, RED = "#0173b2", "#cc7000", "#018f68", "#d1491f"
LOOKS = {
    "baseline": Look(NEUTRAL, "s", (0, (4, 2))),
    "random": Look(BLUE, "o", "-"),
    "gp": Look(ORANGE, "^", (0, (9, 1.5))),
    "gbrt": Look(GREEN, "D", (0, (1.2, 1.2))),
    "forest": Look("#c264ae", "v", (0, (6, 1.5, 1.2, 1.5))),
    "tpe": Look("#8f7c00", "P", (0, (9, 1.5, 1.2, 1.5, 1.2, 1.5))),
    "optuna-gp": Look(RED, "X", (0, (2.5, 1))),
    "quasi-random": Look("#8467d7", "p", (0, (9, 1.5, 3, 1.5))),
    "cmaes": Look("#158f9b", "<", (0, (1.2, 2.6))),
    "hyperopt": Look("#a0623a", "*", (0, (5, 1.2, 1.2, 1.2, 1.2, 1.2))),
    "bayes-opt": Look("#5f8a1f", ">", (0, (3, 3))),
}
"""Each method has the same look in every plot of every study."""
OTHER_LOOKS = (
    Look("#2b8fc9", "h", (0, (6, 3))),
    Look("#c43d6e", "8", (0, (3, 1, 1.2, 1))),
    Look("#5a6fd0", "d", (0, (7, 1.2, 2.5, 1.2, 2.5, 1.2))),
    Look("#7a7a2e", "H", (0, (1.2, 1.2, 4, 1.2, 4, 1.2))),
    Look("#3f7f5f", "$\\circ$", (0, (12, 2))),
)
AS_DRAWN = "as-drawn"  # names what keeps its colours on a dark page, where greys become others
"""For methods of other names, by their names."""
POINTS_AS_SHAPES = 1_000  # more than this are a picture within an SVG file, which stays small


def looks(methods: Iterable[str]) -> dict[str, Look]:
    """One look per method: its own, or by its name one that is left over."""
    names = list(methods)
    found = {name: LOOKS[name] for name in names if name in LOOKS}
    for name in names:
        if name not in found:
            start = zlib.crc32(name.encode()) % len(OTHER_LOOKS)
            others = [*OTHER_LOOKS[start:], *OTHER_LOOKS[:start], *LOOKS.values()]
            taken = found.values()
            found[name] = next((look for look in others if look not in taken), others[0])
    return {name: found[name] for name in names}


def colours(methods: list[str]) -> dict[str, str]:
    """The colour of each method."""
    return {name: look.colour for name, look in looks(methods).items()}


def line(look: Look, width: float = 2.0) -> dict[str, Any]:
    """How a method's line is drawn: `Axes.plot`'s arguments."""
    return {"color": look.colour, "ls": look.dash, "lw": width}


def mark(look: Look, size: float = 6.0) -> dict[str, Any]:
    """How a method's point is drawn: `Axes.plot`'s arguments; all points look equally large."""
    scale = {"*": 1.35, "P": 1.1, "X": 1.1, "D": 0.85, "s": 0.92, "d": 1.1}.get(look.marker, 1.0)
    return {
        "color": look.colour,
        "marker": look.marker,
        "ms": size * scale,
        "mec": PAPER,
        "mew": 0.6,
    }


def strokes(
    axes: Axes, places: np.ndarray, low: float, high: float, colour: str, **more: Any
) -> None:
    """Upright strokes as one line with gaps, which takes little room in an SVG file."""
    x, y = np.repeat(places, 3), np.tile([low, high, np.nan], len(places))
    axes.plot(x, y, color=colour, lw=0.9, zorder=2, **more)


def by_method(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each method, in order of appearance."""
    return [(name, frame[frame["method"] == name]) for name in frame["method"].unique()]


def rasterize_dense_points(figure: Figure) -> None:
    """Have what consists of very many points stored as pixels."""
    for axes in figure.axes:
        for points in axes.collections:
            if np.size(points.get_offsets()) > 2 * POINTS_AS_SHAPES:
                points.set_rasterized(True)
        for one in axes.get_lines():
            if (
                one.get_marker() not in {"", "None", None}
                and np.size(one.get_xdata()) > POINTS_AS_SHAPES
            ):
                one.set_rasterized(True)


def keep_colours(figure: Figure) -> None:
    """Have the cells of heat maps, and what is written on them, look the same on a dark page."""
    for place, axes in enumerate(figure.axes):
        for number, artist in enumerate([*axes.collections, *axes.texts]):
            artist.set_gid(f"{AS_DRAWN}-{place}-{number}")


def height_in_points(axes: Axes) -> float:
    """About how high axes are, before they are laid out."""
    return float(0.9 * 72 * _size(axes)[1])


def width_in_points(axes: Axes) -> float:
    """About how wide axes are, before they are laid out."""
    return float(0.95 * 72 * _size(axes)[0])


def _size(axes: Axes) -> np.ndarray:
    """Inches across and up."""
    box = axes.get_position()
    inches: np.ndarray = axes.figure.get_figure(root=True).get_size_inches()
    return inches * [box.width, box.height]
