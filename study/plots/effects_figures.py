"""The figures of what mattered in a study: a row each."""

import math
from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.analysis.draws import evaluations, is_draw
from study.analysis.effects import capped, effect_names, top_pairs
from study.analysis.winners import winners
from study.core.dimensions import Dimension
from study.core.formatting import format_r2
from study.plots import effects, evaluated
from study.plots.drawing import NOTHING, FigureSpec, empty_figure, new_figure, say, single
from study.plots.labels import NAME_LETTERS, fold
from study.plots.scales import room_below, scale_scores
from study.plots.style import FAINT, FONT, INK, ORANGE, Look, by_method, colours, looks
from study.plots.values import named_scale, short_text
from study.results import Results

SECTION = "What mattered"
MOST_DIMENSIONS = 9  # of more, those that matter most
BESIDE = 2  # panels
MANY_METHODS, FEWER_DIMENSIONS = 4, 5  # slices: of more methods beside each other, fewer rows
PAIRS = 3  # that bars are drawn of
MOST_LINES = 100  # of each kind that can be told from a smear
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
    figure = new_figure(2.2 + 0.38 * len(names))
    panels = figure.subplots(1, 2, sharey=True)
    titles = {"all": "over the whole space", "best tenth": "among the best tenth"}
    for axes, (among, title) in zip(panels, titles.items(), strict=True):
        effects.importance(rows[rows["among"] == among], names, axes).set_title(title)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.55 / axes.bbox.height * 110))
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
    figure = new_figure(2.1 * rows + 1.3)
    panels = figure.subplots(rows, BESIDE, sharey=True, squeeze=False).ravel()
    for axes, dimension in zip(panels, space, strict=False):
        own = told[told["dimension"] == dimension.name]
        effects.dependence(own, dimension, objective, axes)
        effects.mark_winners(best, dimension, axes)
    scale = scale_scores(panels[0].yaxis, objective, objective.to_display(told[["low", "high"]]))
    room_below(panels[0], 0.06 * best["method"].nunique())  # for the strokes
    _finish(figure, panels, len(space), "strokes: winners, from below")
    figure.supylabel(
        f"{objective.search_label}{objective.unit}{' ' * bool(scale)}{scale}", fontsize=FONT
    )
    return figure


def _finish(figure: Figure, panels: Iterable[Axes], used: int, title: str) -> None:
    """Hide panels that nothing uses; a legend of the first one's winners."""
    every = list(panels)
    for axes in every[used:]:
        axes.set_axis_off()
    handles, labels = every[0].get_legend_handles_labels()
    columns = 56 // (6 + max(map(len, labels), default=0)) or 1
    figure.legend(
        handles,
        labels,
        title=title,
        loc="outside lower center",
        ncols=min(columns, len(labels) or 1),
    )


def dependence_maps(results: Results) -> Figure:
    """What a draw scores, by the values of two dimensions."""
    maps = results.scores.effects.maps
    if why := _too_little(results) or ("" if len(maps) else "One dimension has no pairs."):
        return empty_figure(why)
    space = {dimension.name: dimension for dimension in results.info.problem.space}
    pairs = list(maps.groupby(["dimension", "other"], sort=False))
    figure = new_figure(3.2 * len(pairs) + 1.0)
    panels = figure.subplots(len(pairs), 1, squeeze=False).ravel()
    for axes, ((one, two), rows) in zip(panels, pairs, strict=False):
        pair = space[str(one)], space[str(two)]
        effects.dependence_map(rows, pair, results.objective, axes)
        effects.map_winners(_search_winners(results), pair, axes)
    _finish(figure, panels, len(pairs), "winners")
    return figure


def slices(results: Results) -> Figure:
    """What each method tried of each dimension, and what it scored."""
    trials, objective = results.scores.trials, results.objective
    rows = trials[trials["validation_score"].notna() & (trials["method"] != "baseline")]
    space, methods = shown_dimensions(results), list(rows["method"].unique())
    if rows.empty or not space:
        return empty_figure()
    if len(methods) > MANY_METHODS:
        space = space[:FEWER_DIMENSIONS]
    blocks = [methods[at : at + MANY_METHODS] for at in range(0, len(methods), MANY_METHODS)]
    lines = [(block, dimension) for block in blocks for dimension in space]
    figure = new_figure(1.15 * len(lines) + 1.2)
    grid = figure.subplots(len(lines), len(blocks[0]), sharey=True, squeeze=False)
    scale = scale_scores(
        *(grid[0, 0].yaxis, objective, objective.to_display(rows["validation_score"])), wide=True
    )
    for panels, (block, dimension) in zip(grid, lines, strict=True):
        _slice_row(panels, block, dimension, rows, results)
        if dimension is space[0]:
            for axes, method in zip(panels, block, strict=False):
                axes.set_title(fold(method, 12))
    figure.supylabel(
        f"{objective.search_label}{objective.unit}{' ' * bool(scale)}{scale}", fontsize=FONT
    )
    return figure


def _slice_row(
    panels: Iterable[Axes],
    methods: Sequence[str],
    dimension: Dimension,
    rows: pd.DataFrame,
    results: Results,
) -> None:
    """One dimension, a panel per method."""
    tints, every = colours(list(rows["method"].unique())), list(panels)
    for axes, method in zip(every, methods, strict=False):
        own = rows[rows["method"] == method]
        evaluated.slice_plot(own, dimension, results.objective, tints[method], axes)
        labels = axes.get_xticklabels()
        if axes.get_xscale() == "log" and len(labels) > 1:  # its ends stand at the edges
            labels[0].set_horizontalalignment("left")
            labels[-1].set_horizontalalignment("right")
    told = short_text(dimension.name, NAME_LETTERS) + named_scale(dimension, "log scale")
    every[0].set_xlabel(told, loc="left", labelpad=1)
    for axes in every[len(methods) :]:
        axes.set_axis_off()


def parallel_coordinates(results: Results) -> Figure:
    """Winners, and the best tenth of all evaluations."""
    best, space, objective = _search_winners(results), shown_dimensions(results), results.objective
    if best.empty or not space:
        return empty_figure()
    figure = new_figure(2.2 + 0.92 * (len(space) + 1))
    upper, lower = figure.subplots(2, 1)
    methods = colours(list(best["method"].unique()))
    # Mixed, so that no method hides the others.
    mixed = best.sample(min(len(best), MOST_LINES), random_state=0)
    evaluated.parallel_coordinates(mixed, space, objective, mixed["method"].map(methods), upper)
    evaluated.key(methods, upper)
    kinds = {"best tenth of all evaluations": ORANGE, "the rest": FAINT}
    rows, top = _best_and_rest(results)
    tints = top.map(dict(zip((True, False), kinds.values(), strict=True)))
    evaluated.parallel_coordinates(rows, space, objective, tints, lower)
    evaluated.key(kinds, lower)
    return figure


def _best_and_rest(results: Results) -> tuple[pd.DataFrame, "pd.Series[bool]"]:
    """Evaluations, of many some drawn by chance, and whether each belongs to the best tenth."""
    rows = evaluations(results.scores.trials, results.info)
    top = rows["validation_score"] > capped(rows).min()
    some = [
        own.sample(min(len(own), MOST_LINES), random_state=0) for own in (rows[~top], rows[top])
    ]
    shown = pd.concat(some)
    return shown, top[shown.index]


def score_distribution(results: Results, axes: Axes) -> Axes:
    """All evaluations from the worst to the best: random draws, and what each search chose."""
    scores = results.scores
    groups = _score_groups(results)
    if not groups:
        return say(NOTHING, axes)
    look = {evaluated.DRAWS: Look(INK, "", ":"), **looks(scores.trials["method"].unique())}
    default = scores.draws.default, scores.draws.better
    return evaluated.score_distribution(groups, default, results.objective, look, axes)


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
        applies=lambda results: bool(len(results.scores.effects.importance)),
    ),
    FigureSpec(
        name="partial_dependence",
        section=SECTION,
        title="What a draw scores, by the value of one dimension",
        caption="Expected by the model of random draws, with the 95 % band over seeds. It averages "
        "over all other dimensions, so that it is far from the best. Strokes are the winners.",
        draw=partial_dependence,
        applies=lambda results: not _too_little(results),
    ),
    FigureSpec(
        name="dependence_maps",
        section=SECTION,
        title="What a draw scores, by the values of two dimensions",
        caption="The two pairs that interact most, by the same model; dark is good, points are the "
        "winners. Without an interaction, every row has the same pattern.",
        draw=dependence_maps,
        applies=lambda results: not _too_little(results) and bool(len(results.scores.effects.maps)),
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
        caption="A line per configuration, of many a hundred drawn by chance, through its values "
        "and its score. Where winners bundle, they agree; where they spread, the value mattered "
        "little to them.",
        draw=parallel_coordinates,
    ),
    FigureSpec(
        name="score_distribution",
        section=SECTION,
        title="How good a typical evaluation is",
        caption="All evaluations from the worst to the best, of random draws and of what searches "
        "chose after the shared design. Half-way is the median, the typical one; where a line "
        "crosses the default's, the evaluations to the right of it are better.",
        draw=single(score_distribution, lambda _: 4.8),
    ),
)
"""What mattered, in the order of the report."""
