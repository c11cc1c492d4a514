"""The figures of a study: which plots there are, what they are called, and their files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.core.formatting import plural, shorten
from study.core.objective import Objective
from study.plots import convergence as plots
from study.plots.effort import search_range, time_per_call
from study.plots.style import POINTS_AT_MOST, lighten
from study.replication import plots as plots_claims
from study.replication.claims import NETWORK_CLAIMS, is_mnist
from study.results import Results, replace
from study.storage.schema import is_network

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


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One figure of a study."""

    name: str
    """Of its files."""
    title: str
    see: str
    """What to see, in a sentence."""
    draw: Callable[[], Figure]


def pictures(results: Results) -> list[Picture]:
    """Every figure of a study. What has no data yet says so instead of staying empty."""
    info, trials, runs = results.info, results.trials, results.runs
    scored = runs.dropna(subset=["test_score"])
    tried = trials.dropna(subset=["incumbent_score"])
    compared = results.comparisons.dropna(subset=["mean_difference"])
    measured = results.summary.dropna(subset=["test_score"])
    claimed = NETWORK_CLAIMS if is_mnist(info["problem"]) else {}
    replication, objective = results.replication, results.objective
    network = is_network(info["problem"])
    initial, space = info["settings"]["initial_points"], info["problem"]["space"]

    def one(draw: Callable[..., Axes], frame: pd.DataFrame, *more: Any) -> Callable[[], Figure]:
        return lambda: figure_of(draw, frame, *more)

    claims = []
    if replication:
        found = replication[0]
        percentages = found[(found["unit"] == "%") & found["measured"].notna()]
        claims = [
            Picture(
                name="claims",
                title="The tutorial's claims and what was measured",
                see="A claim holds if its cross lies on the thin line, where one more honest "
                "training would end; the thick line is the uncertainty of the mean.",
                draw=one(plots_claims.claimed, percentages),
            ),
            Picture(
                name="leak",
                title="One network trained on and on, and 24 fresh ones",
                see="What the tutorial printed follows the line of one network that is never "
                "started anew; from fresh weights the same settings scatter.",
                draw=one(plots_claims.leak, replication[1]),
            ),
        ]
    costs = Picture(
        name="parameters" if network else "cost",
        title=f"{objective.cost.capitalize()} and {objective.final}",
        see="No winner is both cheaper and better than one on the grey line.",
        draw=one(plots.cost, scored.dropna(subset=["cost"]), objective, claimed),
    )
    so_far = f"{objective.best.capitalize()} {objective.seen} so far"
    return [
        *claims,
        Picture(
            name="comparisons",
            title="Which method is better",
            see="A coloured bar tells two methods apart, or makes them equivalent if it lies "
            "inside the grey band. A grey one decides nothing: it lies around 0, or too near it "
            "for so many pairs.",
            draw=lambda: figure_of(
                plots.comparisons, compared, objective, height=1.6 + 0.45 * len(compared)
            ),
        ),
        Picture(
            name="accuracy" if network else "final",
            title=f"{objective.final.capitalize()} by method",
            see="Each point is one seed's winner, each grey line one seed: lines that cross mean "
            "that luck, not the method, put one before the other.",
            draw=one(plots.final, scored, objective),
        ),
        Picture(
            name="convergence",
            title=f"{so_far}, by call",
            see="Within the shaded design all searches are the same; what a method adds by "
            "choosing is what it gains to the right of it.",
            draw=one(plots.convergence, tried, objective, initial),
        ),
        Picture(
            name="convergence_seconds",
            title=f"{so_far}, by time",
            see="The same against the clock: a method that chooses what is slow moves to the "
            "right, however few calls it needs.",
            draw=one(plots.convergence_seconds, tried, objective),
        ),
        *([costs] if objective.cost else []),
        Picture(
            name="winners_curse",
            title="The winner's curse",
            see="The drop from left to middle is how much the best of many noisy measurements "
            "flatters; only what is measured again can be believed.",
            draw=one(plots.winners_curse, measured, objective),
        ),
        Picture(
            name="time_per_call",
            title="Seconds per call",
            see="What a method costs depends on what it likes to evaluate, and on how long it "
            "thinks (hatched).",
            draw=one(time_per_call, runs),
        ),
        Picture(
            name="search_range",
            title="What each method tried",
            see="Dark points scored best: where a method's points crowd, it exploits; where they "
            "spread evenly, it explores or draws by chance."
            + (f" Shown are {POINTS_AT_MOST:,} calls." if len(trials) > POINTS_AT_MOST else ""),
            draw=lambda: _search_ranges(trials, space, objective),
        ),
    ]


def save_plots(results: Results) -> list[Path]:
    """Draw every plot as PNG and SVG into the folder's plots/; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    folder = results.folder / "plots"
    return [path for name, figure in figures(results) for path in save(figure, folder / name)]


def save(figure: Figure, stem: Path) -> Iterator[Path]:
    """Save a figure under a name as PNG and as SVG."""
    for ending, metadata in ((".png", {}), (".svg", {"Date": None})):
        draw = partial(figure.savefig, metadata=metadata)
        with mpl.rc_context(STYLE):
            yield replace(stem.with_suffix(ending), draw)


def figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """(name, figure) of each plot, with its titles."""
    return drawn(pictures(results), _about(results))


def drawn(pictures: list[Picture], about: str) -> Iterator[tuple[str, Figure]]:
    """(name, figure) of each picture, titled: what it shows, and below it what it is about."""
    with mpl.rc_context(STYLE):
        for picture in pictures:
            figure = picture.draw()
            lighten(figure)
            height, lines = figure.get_figheight(), about.count("\n") + 1
            title = picture.title + "\n" * lines
            figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
            place = 0.01, 1 - 0.28 / height
            figure.text(*place, about, fontsize=9.5, color="0.35", va="top", parse_math=False)
            yield picture.name, figure


def _about(results: Results) -> str:
    """On which data a study is, at which budget, finished or not."""
    settings, problem = results.info["settings"], results.info["problem"]
    network = is_network(problem)
    below = (
        f"{'dataset' if network else 'problem'} {shorten(problem['name'])} · "
        f"{plural(settings['seeds'], 'seed')} · {plural(settings['calls'], 'call')} per run"
    )
    if network:
        below += f" · {plural(problem['epochs'], 'epoch')}"
    if wanted := results.info["data"].get("instead_of"):
        below += f" · NOT {wanted}, which could not be had"
    if not results.finished:
        below += f"\nUNFINISHED: {results.progress}"
    return below


def figure_of(
    draw: Callable[..., Axes], frame: pd.DataFrame, *more: Any, height: float = 5.0
) -> Figure:
    """A figure of one plot, or of a line that there is nothing to show."""
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots()
    if frame.empty:
        _nothing_yet(axes)
    else:
        draw(frame, *more, axes)
    return figure


def _search_ranges(
    trials: pd.DataFrame, space: list[dict[str, Any]], objective: Objective
) -> Figure:
    """A panel per dimension, and one for the colour key."""
    if trials.empty:
        return figure_of(search_range, trials)
    rows = len(space) // 2 + 1
    figure = Figure(figsize=(9, 2.5 * rows + 0.6), layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, dimension in zip(grid, space, strict=False):
        search_range(trials, dimension, axes)
    _score_key(trials, grid[len(space) :], figure, objective)
    return figure


def _nothing_yet(axes: Axes) -> None:
    axes.text(0.5, 0.5, "nothing to show yet", ha="center", va="center", transform=axes.transAxes)
    axes.set_axis_off()


def _score_key(trials: pd.DataFrame, spare: Any, figure: Figure, objective: Objective) -> None:
    """Use the spare panels to say what the shades mean."""
    for axes in spare:
        axes.set_axis_off()
    shades = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), "viridis_r")
    bar = figure.colorbar(shades, ax=spare[0], orientation="horizontal", fraction=0.3, aspect=15)
    scores = trials["validation_score"].dropna()
    ticks = [0, 0.25, 0.5, 0.75, 1]
    values = [objective.shown(scores.quantile(q)) for q in ticks]
    digits = ".1f" if objective.percent else ".3g"
    bar.set_ticks(ticks, labels=[f"{value + 0.0:{digits}}" for value in values])
    bar.set_label(f"{objective.seen} of the call{objective.unit}, by rank")
