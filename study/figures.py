"""The figures of a study: which plots there are, their titles, and their files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.analysis import run_frame
from study.plots import accuracy, convergence, parameters, search_range, time_per_call
from study.results import Results, replace

# What the tutorial claims: trainable parameters and test accuracy in percent.
CLAIMS = {
    "baseline": (13_002, 92.83),
    "gp": (5_637, 98.09),
    "gbrt": (316_581, 98.13),
}
CLAIMED_DATASET = "mnist"

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


def save_plots(results: Results) -> list[Path]:
    """Draw every plot as PNG and SVG into the folder's plots/; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    folder = results.folder / "plots"
    with mpl.rc_context(STYLE):
        return [
            _save(figure, folder / f"{name}.{ending}")
            for name, figure in figures(results)
            for ending in ("png", "svg")
        ]


def _save(figure: Figure, path: Path) -> Path:
    bare = {"Date": None} if path.suffix == ".svg" else {}
    return replace(path, lambda partial: figure.savefig(partial, metadata=bare))


def figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """(name, figure) of each plot. What has no data yet says so instead of staying empty."""
    info, trials = results.info, results.trials
    runs = run_frame(trials, results.finals)
    scored = runs.dropna(subset=["test_accuracy"])
    tried = trials.dropna(subset=["incumbent_accuracy"])
    initial = info["settings"]["initial_points"]
    claims = CLAIMS if info["problem"]["dataset"] == CLAIMED_DATASET else {}
    space = info["problem"]["space"]

    def one(draw: Callable[..., Axes], frame: pd.DataFrame, *more: Any) -> Callable[[], Figure]:
        return lambda: _figure(draw, frame, *more)

    parts = {
        "convergence": ("Best validation accuracy so far", one(convergence, tried, initial)),
        "parameters": ("Network size and test accuracy", one(parameters, scored, claims)),
        "accuracy": ("Test accuracy by method", one(accuracy, scored)),
        "time_per_call": ("Seconds per call", one(time_per_call, runs)),
        "search_range": ("What each method tried", lambda: _search_ranges(trials, space)),
    }
    for name, (title, make) in parts.items():
        figure = make()
        _titled(figure, title, info)
        yield name, figure


def _figure(draw: Callable[..., Axes], frame: pd.DataFrame, *more: Any) -> Figure:
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    if frame.empty:
        _nothing_yet(axes)
    else:
        draw(frame, *more, axes)
    return figure


def _search_ranges(trials: pd.DataFrame, space: list[dict[str, Any]]) -> Figure:
    """A panel per dimension, and one for the colour key."""
    if trials.empty:
        return _figure(search_range, trials)
    rows = len(space) // 2 + 1
    figure = Figure(figsize=(9, 2.5 * rows + 0.6), layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, dimension in zip(grid, space, strict=False):
        search_range(trials, dimension, axes)
    _accuracy_key(trials, grid[len(space) :], figure)
    return figure


def _titled(figure: Figure, title: str, info: dict[str, Any]) -> None:
    """Title of every figure: what it shows, on which data, at which budget, finished or not."""
    settings, problem = info["settings"], info["problem"]
    seeds, calls = settings["seeds"], settings["calls"]
    below = (
        f"dataset {problem['dataset']} · {seeds} seed{'s' * (seeds > 1)} · {calls} calls "
        f"per run · {problem['epochs']} epochs"
    )
    if not info["finished"]:
        below += f" · UNFINISHED: {info['calls']['done']} of {info['calls']['of']} calls"
    height = figure.get_figheight()
    figure.suptitle(title + "\n", x=0.01, ha="left", fontsize=13, fontweight="bold")
    figure.text(0.01, 1 - 0.28 / height, below, fontsize=9.5, color="0.35", va="top")


def _nothing_yet(axes: Axes) -> None:
    axes.text(0.5, 0.5, "nothing to show yet", ha="center", va="center", transform=axes.transAxes)
    axes.set_axis_off()


def _accuracy_key(trials: pd.DataFrame, spare: Any, figure: Figure) -> None:
    """Use the spare panels to say what the shades mean."""
    for axes in spare:
        axes.set_axis_off()
    shades = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), "viridis_r")
    bar = figure.colorbar(shades, ax=spare[0], orientation="horizontal", fraction=0.3, aspect=15)
    scores = trials["validation_accuracy"].fillna(0)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    bar.set_ticks(ticks, labels=[f"{scores.quantile(q) * 100:.1f}" for q in ticks])
    bar.set_label("validation accuracy of the call (%), by rank")
