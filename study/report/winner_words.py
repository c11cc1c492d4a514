"""What a study says of its winners: the best configuration, and how many chose the default."""

from study.analysis.choice import best_of_methods, choose
from study.analysis.winners import count_chosen
from study.core.dimensions import to_cells
from study.core.formatting import pluralize
from study.core.objective import Objective
from study.core.space import Space
from study.core.winner import Winner, short_value, to_short_line
from study.report.tables import TextTable
from study.results import Results

BASELINE = "baseline"  # its winner is what it is, and no choice
MOST = 12  # dimensions that a sentence or a table names


def best_sentences(results: Results) -> list[str]:
    """The best configuration of all, and how many winners are the default point; or nothing."""
    if results.scores.best_first["reevaluated_score"].isna().all():
        return []
    best, so_far = choose(results.scores), "" if results.finished else " so far"
    text = f"Best{so_far}: {to_short_line(best.configuration, MOST)} ({chooser(best, results)}): "
    return [text + measured(best, results) + ".", *default_sentence(results)]


def chooser(best: Winner, results: Results) -> str:
    """Who chose a configuration: a method at a seed, or at so many of its seeds."""
    if best.chosen_by == 1:
        return f"{best.method}, seed {best.seed}"
    return f"{best.method}, {best.chosen_by:,} of {results.info.settings.seeds:,} seeds"


def measured(winner: Winner, results: Results) -> str:
    """What a winner came to, without what its search saw of it."""
    objective = results.objective
    again, final = (format_value(x, objective) for x in (winner.reevaluated, winner.test))
    text = f"re-evaluated {again}, {objective.final_label} {final}"
    return text + (f", {winner.size:,} {objective.size}" if winner.size is not None else "")


def format_value(value: float, objective: Objective) -> str:
    """A value of the problem's own, as tables show it."""
    return objective.format_score(objective.sign * value)


def default_sentence(results: Results) -> list[str]:
    """How many winners are the point that every search begins with, if any are."""
    problem, frame = results.info.problem, results.scores.winners
    space = Space(problem.space)
    default = space.in_order(problem.default)
    if default not in space:  # in a folder that somebody else wrote
        return []
    searched = frame[frame["method"] != BASELINE]
    cells = {d.name: to_cells(d, [default[d.name]])[0] for d in problem.space}
    if not (same := count_chosen(searched, cells)):
        return []
    thing = "network" if problem.words.subject == "dataset" else "point"
    winners, verb = pluralize(len(searched), "winner"), "is" if same == 1 else "are"
    apart = ", those of the baseline not counted" if len(searched) < len(frame) else ""
    return [f"{same:,} of {winners} {verb} the default {thing}{apart}."]


def choice_note(results: Results, method: str | None = None) -> str:
    """How the best, or that of a method, is chosen, and what its values are worth."""
    objective, dimensions = results.objective, results.info.problem.dimensions
    winners, of, which = results.scores.winners, "", "a run"
    if method:
        winners = winners[winners["method"] == method]
        of, which = f" of {method}", "a run of it"
    count = len(winners.drop_duplicates(dimensions))
    if count == 1:
        return f"All winners{of} are this configuration; its values are means over all seeds."
    return (
        f"The best{of} is, of the {count:,} configurations that won {which}, the one with "
        f"the {objective.direction_label} re-evaluated {objective.search_label}, the mean over all "
        "seeds at which any method chose it. As the best of many that may still flatter a little; "
        f"the {objective.final_label} does not, for nothing is chosen by it."
    )


def best_rows(results: Results) -> TextTable:
    """The best configuration of each method; of a problem with many dimensions its values only."""
    dimensions = results.info.problem.dimensions
    shown = dimensions if len(dimensions) <= MOST else []
    return [_best_row(winner, shown, results) for winner in best_of_methods(results.scores)]


def _best_row(winner: Winner, shown: list[str], results: Results) -> dict[str, str]:
    objective, of = results.objective, results.info.settings.seeds
    size = "-" if winner.size is None else f"{winner.size:,}"
    who = f"seed {winner.seed}" if winner.chosen_by == 1 else f"{winner.chosen_by:,} of {of:,}"
    return {
        "method": winner.method,
        **{name: short_value(winner.configuration[name]) for name in shown},
        "re-evaluated": format_value(winner.reevaluated, objective),
        objective.final_label: format_value(winner.test, objective),
        **({objective.size: size} if objective.size else {}),
        "chosen by": who,
    }
