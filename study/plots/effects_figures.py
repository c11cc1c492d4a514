"""The figures of what mattered in a study: a row each."""

import math
from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.analysis.draws import evaluations, is_draw
from study.analysis.effects import capped, effect_names, top_pairs
from study.analysis.winners import winners
from study.core.dimensions import Dimension
from study.core.formatting import format_r2
from study.plots import effects, evaluated
from study.plots.drawing import NOTHING, FigureSpec, empty_figure, say, single
from study.plots.style import PALETTE, by_method, colours, room_below, score_axis, thin_ticks
from study.plots.values import short_text
from study.results import Results

SECTION = "What mattered"
MOST_DIMENSIONS = 9  # of more, those that matter most
BESIDE = 3  # panels
PAIRS = 3  # that bars are drawn of
MOST_LINES = 150  # of each kind that can be told from a smear
FEW_SEEDS = "It takes at least three seeds to tell what mattered."


def shown_dimensions(results: Results) -> list[Dimension]:
    """The dimensions that differ, in order; of many those that matter most."""
    space = [d for d in results.info.problem.space if not d.is_constant]
    table = results.scores.effects.importance
    singles = table[(table["other"] == "") & (table["among"] == "all")]
    share = singles.groupby("dimension")["importance"].max()
    leading = sorted(space, key=lambda d: -share.get(d.name, 0.0))[:MOST_DIMENSIONS]
    return [dimension for dimension in space if dimension in leading]


def importance(results: Results) -> Figure:
    """How much each dimension mattered, overall and among the best tenth."""
    table = results.scores.effects.importance
    if table.empty:
        return empty_figure(FEW_SEEDS)
    rows, names = table.assign(name=effect_names(table)), _bars(table)
    figure = Figure(figsize=(10, 2.4 + 0.36 * len(names)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    titles = {"all": "over the whole space", "best tenth": "among the best tenth"}
    for axes, (among, title) in zip(panels, titles.items(), strict=True):
        effects.importance(rows[rows["among"] == among], names, axes)
        axes.set_title(title)
        axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.55 / axes.bbox.height * 110))
    return figure


def _bars(table: pd.DataFrame) -> list[str]:
    """The dimensions from the one on that matters most, and the pairs that interact most."""
    singles = table[(table["other"] == "") & (table["among"] == "all")]
    order = singles.groupby("dimension", sort=False)["importance"].first()
    leading = order.sort_values(ascending=False, kind="stable").index
    return [*leading, *(" × ".join(pair) for pair in top_pairs(table, PAIRS))]


def _too_little(results: Results) -> str:
    """Why nothing can be told of draws; empty if something can."""
    table = results.scores.effects.importance
    own = table[(table["evaluations"] == "drawn") & (table["among"] == "all")]
    if own.empty:
        return FEW_SEEDS
    r2 = format_r2(own["r2"].iloc[0])
    told = f"The model explains too little to tell: {r2} on unseen seeds."
    return "" if own["enough"].iloc[0] else told


def _search_winners(results: Results) -> pd.DataFrame:
    best = winners(results.scores.trials)
    return best[best["method"] != "baseline"]


def partial_dependence(results: Results) -> Figure:
    """What a draw scores, by the value of one dimension."""
    if why := _too_little(results):
        return empty_figure(why)
    told, objective, best = (
        results.scores.effects.curves,
        results.objective,
        _search_winners(results),
    )
    space = shown_dimensions(results)
    rows = math.ceil(len(space) / BESIDE)
    figure = Figure(figsize=(10, 2.3 * rows + 0.9), layout="constrained")
    panels = figure.subplots(rows, BESIDE, sharey=True, squeeze=False).ravel()
    for axes, dimension in zip(panels, space, strict=False):
        own = told[told["dimension"] == dimension.name]
        effects.dependence(own, dimension, objective, axes)
        effects.mark_winners(best, dimension, axes)
    score_axis(panels[0], objective, objective.to_display(told[["low", "high"]]))
    room_below(panels[0], 0.05 * best["method"].nunique())  # for the strokes
    thin_ticks(panels[0], 7)
    _finish(figure, panels, len(space))
    figure.supylabel(f"{objective.search_label}{objective.unit}", fontsize=10)
    return figure


def _finish(figure: Figure, panels: Iterable[Axes], used: int) -> None:
    """Hide panels that nothing uses; a legend of the first one's strokes."""
    every = list(panels)
    for axes in every[used:]:
        axes.set_axis_off()
    figure.legend(*every[0].get_legend_handles_labels(), title="winners", loc="outside right upper")


def dependence_maps(results: Results) -> Figure:
    """What a draw scores, by the values of two dimensions."""
    maps = results.scores.effects.maps
    if why := _too_little(results) or ("" if len(maps) else "One dimension has no pairs."):
        return empty_figure(why)
    space = {dimension.name: dimension for dimension in results.info.problem.space}
    pairs = list(maps.groupby(["dimension", "other"], sort=False))
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    panels = figure.subplots(1, 2, squeeze=False).ravel()
    for axes, ((one, two), rows) in zip(panels, pairs, strict=False):
        pair = space[str(one)], space[str(two)]
        effects.dependence_map(rows, pair, results.objective, axes)
        effects.map_winners(_search_winners(results), pair, axes)
    _finish(figure, panels, len(pairs))
    return figure


def slices(results: Results) -> Figure:
    """What each method tried of each dimension, and what it scored."""
    trials, objective = results.scores.trials, results.objective
    rows = trials[trials["validation_score"].notna() & (trials["method"] != "baseline")]
    space, methods = shown_dimensions(results), list(rows["method"].unique())
    if rows.empty or not space:
        return empty_figure()
    tints = colours(methods)
    size = max(1.5 * len(space), 6.0) + 0.8, 1.2 * len(methods) + 1.5
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(methods), len(space), sharex="col", sharey=True, squeeze=False)
    score_axis(grid[0, 0], objective, objective.to_display(rows["validation_score"]))
    thin_ticks(grid[0, 0], 5)
    for panels, method in zip(grid, methods, strict=True):
        own = rows[rows["method"] == method]
        for axes, dimension in zip(panels, space, strict=True):
            evaluated.slice_plot(own, dimension, objective, tints[method], axes)
        panels[0].set_ylabel(method, color=tints[method], fontweight="bold")
    for axes, dimension in zip(grid[-1], space, strict=True):
        axes.set_xlabel(short_text(dimension.name, evaluated.LETTERS), fontsize=9)
    figure.supylabel(f"{objective.search_label}{objective.unit}", fontsize=10)
    return figure


def parallel_coordinates(results: Results) -> Figure:
    """Winners, and the best tenth of all evaluations."""
    best, space, objective = _search_winners(results), shown_dimensions(results), results.objective
    if best.empty or not space:
        return empty_figure()
    figure = Figure(figsize=(10, 8.4), layout="constrained")
    upper, lower = figure.subplots(2, 1)
    methods = colours(list(best["method"].unique()))
    mixed = best.sample(frac=1, random_state=0)  # so that no method hides the others
    evaluated.parallel_coordinates(mixed, space, objective, mixed["method"].map(methods), upper)
    evaluated.key(methods, "winners", upper)
    kinds = {"best tenth": PALETTE[3], "the rest": "0.8"}
    rows, top = _best_and_rest(results)
    evaluated.parallel_coordinates(rows, space, objective, top.map(kinds), lower)
    evaluated.key(kinds, "evaluations", lower)
    return figure


def _best_and_rest(results: Results) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Evaluations, of many some drawn by chance, and to which of both kinds each belongs."""
    rows = evaluations(results.scores.trials, results.info)
    top = rows["validation_score"] > capped(rows).min()
    some = [
        own.sample(min(len(own), MOST_LINES), random_state=0) for own in (rows[~top], rows[top])
    ]
    shown = pd.concat(some)
    return shown, top[shown.index].map({True: "best tenth", False: "the rest"})


def score_distribution(results: Results, axes: Axes) -> Axes:
    """All evaluations from the worst to the best: random draws, and what each search chose."""
    scores = results.scores
    groups = _score_groups(results)
    if not groups:
        return say(NOTHING, axes)
    tints = {evaluated.DRAWS: "0.15", **colours(list(scores.trials["method"].unique()))}
    default = scores.draws.default, scores.draws.better
    return evaluated.score_distribution(groups, default, results.objective, tints, axes)


def _score_groups(results: Results) -> dict[str, "pd.Series[float]"]:
    """Scores of draws, and of what each method chose itself, in the order of methods."""
    trials, info = results.scores.trials, results.info
    rows = evaluations(trials, info)
    chosen = trials[(trials["phase"] == "search") & ~is_draw(trials, info)]
    chosen = chosen[chosen["validation_score"].notna() & (chosen["method"] != "baseline")]
    drawn = {evaluated.DRAWS: rows["validation_score"][is_draw(rows, info)]}
    own = {name: group["validation_score"] for name, group in by_method(chosen)}
    return {name: group for name, group in {**drawn, **own}.items() if len(group)}


EFFECT_FIGURES: tuple[FigureSpec[Results], ...] = (
    FigureSpec(
        name="importance",
        section=SECTION,
        title="Which dimensions mattered",
        caption="The share of what a model explains of the score in which a dimension is involved, "
        "alone or with others, and in which a pair (×) is involved together, with 95 % intervals "
        "over seeds. Random draws speak of the whole space; all evaluations are mostly of where "
        "searches looked. No bars: the model explains too little to tell.",
        draw=importance,
    ),
    FigureSpec(
        name="partial_dependence",
        section=SECTION,
        title="What a draw scores, by the value of one dimension",
        caption="Expected by the model of random draws, with the 95 % band over seeds. It averages "
        "over all other dimensions, so that it is far from the best. Strokes are the winners.",
        draw=partial_dependence,
    ),
    FigureSpec(
        name="dependence_maps",
        section=SECTION,
        title="What a draw scores, by the values of two dimensions",
        caption="The two pairs that interact most, by the same model; dark is good, points are the "
        "winners. Without an interaction, every row has the same pattern.",
        draw=dependence_maps,
    ),
    FigureSpec(
        name="slices",
        section=SECTION,
        title="What each method tried, and what it scored",
        caption="A point per evaluation, of many their density: where a method's points crowd, it "
        "exploits; where they spread evenly, it explores or draws by chance.",
        draw=slices,
    ),
    FigureSpec(
        name="parallel_coordinates",
        section=SECTION,
        title="Winners, and the best tenth of all evaluations",
        caption="A line per configuration, through its values and its score. Where winners bundle, "
        "they agree; where they spread, the value mattered little to them.",
        draw=parallel_coordinates,
    ),
    FigureSpec(
        name="score_distribution",
        section=SECTION,
        title="How good a typical evaluation is",
        caption="All evaluations from the worst to the best, of random draws and of what searches "
        "chose after the shared design. Half-way is the median, the typical one; where a line "
        "crosses the default's, the evaluations to the right of it are better.",
        draw=single(score_distribution),
    ),
)
"""What mattered, in the order of the report."""
