"""The figures of a study: a row each."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes

from study.core.formatting import pluralize, shorten
from study.core.tutorial import reported_results
from study.plots import comparisons as pairs
from study.plots import convergence, effort, winners
from study.plots.drawing import DrawnFigure, FigureSpec, draw_rows, draw_specs, single
from study.plots.effects_figures import EFFECT_FIGURES
from study.results import Results


def comparisons(results: Results, axes: Axes) -> Axes:
    """The typical difference of every pair, its intervals and the verdict."""
    return draw_rows(pairs.comparisons, _pairs(results), results.objective, axes=axes)


def _pairs(results: Results) -> pd.DataFrame:
    return results.scores.comparisons.dropna(subset=["typical_difference"])


def final(results: Results, axes: Axes) -> Axes:
    """What each run's winner scores in the end, seeds joined."""
    runs = results.scores.runs.dropna(subset=["test_score"])
    return draw_rows(winners.final, runs, results.objective, axes=axes)


def convergence_by_call(results: Results, axes: Axes) -> Axes:
    """The best so far, by call."""
    settings, scores = results.info.settings, results.scores
    trials, measured = (
        frame.dropna(subset=["incumbent_score"]) for frame in (scores.incumbents, scores.trials)
    )
    more = results.objective, settings.initial_points, measured if settings.trace else None
    return draw_rows(convergence.convergence, trials, *more, axes=axes)


def convergence_by_time(results: Results, axes: Axes) -> Axes:
    """The same by seconds."""
    trials = results.scores.incumbents.dropna(subset=["incumbent_score"])
    return draw_rows(convergence.convergence_seconds, trials, results.objective, axes=axes)


def size(results: Results, axes: Axes) -> Axes:
    """Size and final score of each run's winner."""
    runs = results.scores.runs.dropna(subset=["test_score", "size"])
    reported = reported_results(results.info.problem.fingerprint)
    return draw_rows(winners.sizes, runs, results.objective, reported, axes=axes)


def winners_curse(results: Results, axes: Axes) -> Axes:
    """Winners as observed, re-evaluated, and at last."""
    rows = results.scores.summary.dropna(subset=["test_score"])
    return draw_rows(winners.winners_curse, rows, results.objective, axes=axes)


def time_per_call(results: Results, axes: Axes) -> Axes:
    """Seconds of evaluating and of suggesting."""
    return draw_rows(effort.time_per_call, results.scores.runs, axes=axes)


FIGURES: tuple[FigureSpec[Results], ...] = (
    FigureSpec(
        name="comparisons",
        section="Which method is better",
        title="Which method is better",
        caption="Points are typical differences, rings mean ones. The thick bar is the pair's own "
        "95 % interval (of fewer than six seeds, their range), the thin one holds for all pairs "
        "together: if it leaves out 0, the two are told apart; if it lies inside the grey band, "
        "they are equivalent. Grey bars decide nothing.",
        draw=single(comparisons, lambda results: 1.6 + 0.45 * len(_pairs(results))),
    ),
    FigureSpec(
        name="final",
        section="Which method is better",
        title="{objective.final_label} by method",
        caption="Each point is one seed's winner, each grey line one seed: lines that cross mean "
        "that luck, not the method, put one before the other.",
        draw=single(final),
    ),
    FigureSpec(
        name="convergence",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by call",
        caption="Within the shaded design all searches are the same; what a method adds by "
        "choosing is what it gains to the right of it.",
        draw=single(convergence_by_call),
    ),
    FigureSpec(
        name="convergence_seconds",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by time",
        caption="The same against the clock: a method that chooses what is slow moves to the "
        "right, however few calls it needs.",
        draw=single(convergence_by_time),
        applies=lambda results: not results.scores.instant,
    ),
    FigureSpec(
        name="size",
        section="Model size",
        title="{objective.size} and {objective.final_label}",
        caption="No winner is both smaller and better than one on the grey line.",
        draw=single(size),
        applies=lambda results: bool(results.objective.size),
    ),
    FigureSpec(
        name="winners_curse",
        section="Variance",
        title="The winner's curse",
        caption="The drop from left to middle is how much the best of many noisy evaluations "
        "flatters; only a re-evaluation with fresh seeds can be believed.",
        draw=single(winners_curse),
        applies=lambda results: not results.scores.deterministic,
    ),
    FigureSpec(
        name="time_per_call",
        section="Cost",
        title="Seconds per call",
        caption="What a method costs depends on the configurations it picks and on its overhead "
        "(hatched).",
        draw=single(time_per_call),
    ),
    *EFFECT_FIGURES,
)
"""Every figure, in the order of the report."""


def draw_figures(
    results: Results, specs: Iterable[FigureSpec[Results]] = FIGURES
) -> list[DrawnFigure]:
    """The figures that a study has, titled: what each shows, and below it what it is about.

    A study of which every evaluation failed has none.
    """
    if len(results.scores.trials) and results.scores.trials["validation_score"].isna().all():
        return []
    return draw_specs(results, specs, title_details(results), objective=results.objective)


def title_details(results: Results) -> str:
    """On which data a study is, at which budget, finished or not."""
    settings, problem = results.info.settings, results.info.problem
    parts = [
        f"{problem.words.subject} {shorten(problem.name)}",
        pluralize(settings.seeds, "seed"),
        f"from {settings.first_seed:,} on" if settings.first_seed else "",
        f"{pluralize(settings.calls, 'call')} per run",
        problem.words.detail,
    ]
    if unavailable := results.info.data.instead_of:
        parts.append(f"NOT {unavailable}, which was unavailable")
    unfinished = "" if results.finished else f"\nUNFINISHED: {results.progress}"
    return " · ".join(filter(None, parts)) + unfinished
