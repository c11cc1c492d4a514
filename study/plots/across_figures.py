"""The figures of a collection of studies: a row each."""

import math

import numpy as np
from matplotlib.figure import Figure

from study.collection import Collection
from study.core.formatting import pluralize
from study.plots import across
from study.plots.drawing import (
    DrawnFigure,
    FigureSpec,
    draw_specs,
    new_figure,
    single_axes_figure,
    stacked,
)
from study.plots.style import keep_colours

PANELS = 2  # small multiples beside each other
INCHES = 0.36  # a line of a heat map


def _wins(collection: Collection) -> Figure:
    height = 2.2 + 0.55 * len(collection.methods)
    more = collection.pairs, list(collection.methods)
    figure = single_axes_figure(across.wins, *more, height=height)
    keep_colours(figure)
    return figure


def _scores(collection: Collection) -> Figure:
    more, height = (
        (collection.method_table, collection.control),
        1.8 + 0.6 * len(collection.methods),
    )
    return single_axes_figure(across.scores, collection.runs, *more, height=height)


def _ranks(collection: Collection) -> Figure:
    height = 1.8 + 0.4 * len(collection.methods)
    return single_axes_figure(across.ranks, collection.method_table, height=height)


def _heat(collection: Collection) -> Figure:
    height = 2.2 + INCHES * len(collection.scores)
    more = list(collection.methods), collection.control
    figure = single_axes_figure(across.problem_heat, collection.runs, *more, height=height)
    keep_colours(figure)
    return figure


def _attainment(collection: Collection) -> Figure:
    figure, (upper, lower) = stacked([3.1, 3.1])
    across.attainment(collection.attainment, "call", upper)
    across.attainment(collection.attainment, "second", lower)
    return figure


def _profile(collection: Collection) -> Figure:
    return single_axes_figure(across.profile, collection.profile, collection.control)


def _budgets(collection: Collection) -> Figure:
    more = collection.control, list(collection.methods)
    return single_axes_figure(across.budgets, collection.budgets, *more)


def _convergence(collection: Collection) -> Figure:
    """A panel per problem, and one legend for all."""
    problems = list(collection.scores)
    rows = math.ceil(len(problems) / PANELS)
    figure = new_figure(1.4 + 2.1 * rows)
    panels = np.ravel(figure.subplots(rows, PANELS, squeeze=False))
    for problem, axes in zip(problems, panels, strict=False):
        objective = collection.studies[problem].objective
        trials = collection.incumbents[problem].dropna(subset=["incumbent_score"])
        across.small_convergence(trials, problem, objective, collection.budget[1], axes)
    for axes in panels[len(problems) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    columns = max(60 // (7 + max(map(len, labels))), 1)
    figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)))
    return figure


def _has_regrets(collection: Collection) -> bool:
    """Whether any problem leaves something to gain beyond the control."""
    return bool(collection.runs["normalised_regret"].notna().any())


FIGURES: tuple[FigureSpec[Collection], ...] = (
    FigureSpec(
        name="wins",
        section="Which method is better",
        title="On how many problems one method beats another",
        caption="A cell tells on how many problems the method of its row is better, and on how "
        "many worse, than that of its column, by the paired verdict of each problem. What is "
        "missing to all problems is equivalent, tied or undecided. Blue: better on more; orange: "
        "worse on more.",
        draw=_wins,
    ),
    FigureSpec(
        name="normalised_regret",
        section="Which method is better",
        title="Normalised regret by method",
        caption="A mark is a problem, a large one the mean over problems. Thick: the 95 % interval "
        "on these problems, where chance lies in the seeds; thin: on problems like these, where "
        "the problems count as drawn, too. Left of the dashed line a method is better than the "
        "median run of random search, or of the first method where that is missing.",
        draw=_scores,
        applies=_has_regrets,
    ),
    FigureSpec(
        name="ranks",
        section="Which method is better",
        title="Mean rank by method",
        caption="Ranks of each seed of each problem: repetitions count. Thick and thin as above. "
        "Whether two methods differ, the table of pairs tells, which compares them at equal seeds.",
        draw=_ranks,
    ),
    FigureSpec(
        name="problems",
        section="Problem by problem",
        title="Normalised regret by problem",
        caption="0 is the best known value, 1 the median run of the method that the scale "
        "names; dark is good. A row without figures: that run is as good as the best known, and "
        "nothing is left to gain.",
        draw=_heat,
        applies=_has_regrets,
    ),
    FigureSpec(
        name="convergence",
        section="Problem by problem",
        title="Best value so far, by call",
        caption="The mean over seeds of each method, a panel per problem, in the problem's own "
        "values; within the shaded design all searches are the same. Values are as searches "
        "observed them, unless a study traces: noise carries some beyond the optimum.",
        draw=_convergence,
    ),
    FigureSpec(
        name="attainment",
        section="How soon",
        title="How many targets are reached, and when",
        caption="Ten targets per problem: the deciles of what random search, or the first method "
        "where that is missing, held after the design. The higher a line, the more of them a run "
        "has reached by then; above by call, below by the seconds of the run's own work, which are "
        "simulated where a problem tells recorded ones.",
        draw=_attainment,
    ),
    FigureSpec(
        name="profile",
        section="How soon",
        title="How far runs end from the best known",
        caption="The share of runs that end at most so far from the best known value. Where lines "
        "cross, one method has more very good runs, and the other fewer bad ones.",
        draw=_profile,
        applies=_has_regrets,
    ),
    FigureSpec(
        name="budgets",
        section="How many calls until it pays",
        title="What a method gains after fewer and more calls",
        caption="Above 0, a method's incumbent after so many calls is better than the control's. "
        "Each interval is at 95 % by itself, on problems like these; verdicts, which pay for the "
        "number of pairs, stand in the table.",
        draw=_budgets,
        applies=_has_regrets,
    ),
)
"""Every figure, in the order of the report."""


def draw_collection(collection: Collection) -> list[DrawnFigure]:
    """The figures of a collection, titled."""
    seeds = [len(own) for own in collection.scores.values()]
    most = max(seeds)
    each = f"{min(seeds)} to {most} seeds" if min(seeds) < most else pluralize(most, "seed")
    about = (
        f"{pluralize(len(collection.scores), 'problem')} · {each} · "
        f"{pluralize(collection.budget[0], 'call')} per run"
    )
    return draw_specs(collection, FIGURES, about)
