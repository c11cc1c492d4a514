"""The figures of a study: a row each."""

from collections.abc import Iterable

from matplotlib.figure import Figure

from study.core.formatting import pluralize, shorten
from study.core.tutorial import reported_results
from study.plots import comparisons, convergence, effort, winners
from study.plots.drawing import DrawnFigure, FigureSpec, draw_specs, single_axes_figure
from study.plots.effects_figures import EFFECT_FIGURES
from study.results import Results


def _comparisons(results: Results) -> Figure:
    rows = results.scores.comparisons.dropna(subset=["typical_difference"])
    height = 1.6 + 0.45 * len(rows)
    return single_axes_figure(comparisons.comparisons, rows, results.objective, height=height)


def _final(results: Results) -> Figure:
    runs = results.scores.runs.dropna(subset=["test_score"])
    return single_axes_figure(winners.final, runs, results.objective)


def _convergence(results: Results) -> Figure:
    settings, scores = results.info.settings, results.scores
    trials, measured = (
        frame.dropna(subset=["incumbent_score"]) for frame in (scores.incumbents, scores.trials)
    )
    more = results.objective, settings.initial_points, measured if settings.trace else None
    return single_axes_figure(convergence.convergence, trials, *more)


def _convergence_seconds(results: Results) -> Figure:
    trials = results.scores.incumbents.dropna(subset=["incumbent_score"])
    return single_axes_figure(convergence.convergence_seconds, trials, results.objective)


def _sizes(results: Results) -> Figure:
    runs = results.scores.runs.dropna(subset=["test_score", "size"])
    reported = reported_results(results.info.problem.fingerprint)
    return single_axes_figure(winners.sizes, runs, results.objective, reported)


def _winners_curse(results: Results) -> Figure:
    rows = results.scores.summary.dropna(subset=["test_score"])
    return single_axes_figure(winners.winners_curse, rows, results.objective)


FIGURES: tuple[FigureSpec[Results], ...] = (
    FigureSpec(
        name="comparisons",
        section="Which method is better",
        title="Which method is better",
        caption="Points are typical differences, rings mean ones. The thick bar is the pair's own "
        "95 % interval (of fewer than six seeds, their range), the thin one holds for all pairs "
        "together: if it leaves out 0, the two are told apart; if it lies inside the grey band, "
        "they are equivalent. Grey bars decide nothing.",
        draw=_comparisons,
    ),
    FigureSpec(
        name="final",
        section="Which method is better",
        title="{objective.final_label} by method",
        caption="Each point is one seed's winner, each grey line one seed: lines that cross mean "
        "that luck, not the method, put one before the other.",
        draw=_final,
    ),
    FigureSpec(
        name="convergence",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by call",
        caption="Within the shaded design all searches are the same; what a method adds by "
        "choosing is what it gains to the right of it.",
        draw=_convergence,
    ),
    FigureSpec(
        name="convergence_seconds",
        section="Convergence",
        title="{objective.direction_label} {objective.search_label} so far, by time",
        caption="The same against the clock: a method that chooses what is slow moves to the "
        "right, however few calls it needs.",
        draw=_convergence_seconds,
    ),
    FigureSpec(
        name="size",
        section="Model size",
        title="{objective.size} and {objective.final_label}",
        caption="No winner is both smaller and better than one on the grey line.",
        draw=_sizes,
        applies=lambda results: bool(results.objective.size),
    ),
    FigureSpec(
        name="winners_curse",
        section="Variance",
        title="The winner's curse",
        caption="The drop from left to middle is how much the best of many noisy evaluations "
        "flatters; only a re-evaluation with fresh seeds can be believed.",
        draw=_winners_curse,
    ),
    FigureSpec(
        name="time_per_call",
        section="Cost",
        title="Seconds per call",
        caption="What a method costs depends on the configurations it picks and on its overhead "
        "(hatched).",
        draw=lambda results: single_axes_figure(effort.time_per_call, results.scores.runs),
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
