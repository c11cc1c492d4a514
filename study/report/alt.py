"""What the pictures of a study show, in words and figures, for whoever cannot see them."""

from collections.abc import Callable, Iterable

from study.core.formatting import join_words, pluralize
from study.report.conclusions import to_rows
from study.report.effects_words import effect_sentences
from study.report.tables import difference_decimals, interval
from study.results import Results

MOST = 10  # pairs or methods that one sentence names


def describe(results: Results) -> dict[str, str]:
    """By name of a figure, what it shows; nothing of figures that have nothing to show yet."""
    told = {name: words(results) for name, words in DESCRIPTIONS.items()}
    return {name: text for name, text in told.items() if text}


def sentence(lead: str, parts: Iterable[str]) -> str:
    """A lead and what stands behind its colon; nothing if nothing stands there."""
    every = list(parts)
    shown = "; ".join(every[:MOST])
    more = f"; and {len(every) - MOST} more" if len(every) > MOST else ""
    return f"{lead}: {shown}{more}." if every else ""


def comparisons(results: Results) -> str:
    """Every pair's typical difference, its interval and the verdict."""
    objective = results.objective
    rows = results.scores.comparisons.dropna(subset=["typical_difference"])
    decimals = difference_decimals(rows, objective)
    return sentence(
        f"Typical differences of {objective.final_label}",
        (
            f"{row['method']} against {row['other']} "
            f"{objective.format_signed_difference(row['typical_difference'], decimals)}"
            f"{objective.difference_unit} "
            f"{interval(row, 'low', 'high', objective, decimals)}, "
            f"{row['verdict']}"
            for row in to_rows(rows)
        ),
    )


def final(results: Results) -> str:
    """The median and the range of each method's winners."""
    objective = results.objective
    runs = results.scores.runs.dropna(subset=["test_score"])
    told = runs.groupby("method", sort=False)["test_score"].agg(["median", "min", "max"])
    return sentence(
        f"{objective.final_label.capitalize()} of each run's winner, median and range over seeds",
        (
            f"{row['method']} {objective.format_score(row['median'])} "
            f"({objective.format_score(row['min'])} to {objective.format_score(row['max'])})"
            for row in to_rows(told.reset_index())
        ),
    )


def convergence(results: Results) -> str:
    """The best so far after the design, and at the end."""
    objective, settings = results.objective, results.info.settings
    rows = results.scores.incumbents.dropna(subset=["incumbent_score"])
    wide = rows.pivot_table(index="method", columns="call", values="incumbent_score", sort=False)
    ends = [call for call in (settings.initial_points, settings.calls) if call in wide]
    best = f"{objective.direction_label} {objective.search_label} so far{_traced(results)}"
    return sentence(
        f"Mean {best}, after {join_words([pluralize(call, 'call') for call in ends])}",
        (
            f"{method} {join_words([objective.format_score(row[call]) for call in ends])}"
            for method, row in wide.iterrows()
            if ends
        ),
    )


def by_time(results: Results) -> str:
    """How long a run took, and what it came to."""
    columns = ["elapsed_seconds", "incumbent_score"]
    rows = results.scores.incumbents.dropna(subset=columns)
    ends = rows.groupby(["method", "seed"], sort=False)[columns].last()
    means = ends.groupby("method", sort=False).mean()
    reached = f"the {results.objective.search_label} that it reached{_traced(results)}"
    return sentence(
        f"Mean seconds of a run, and {reached}",
        (
            f"{row['method']} {row['elapsed_seconds']:.3g} s, "
            f"{results.objective.format_score(row['incumbent_score'])}"
            for row in to_rows(means.reset_index())
        ),
    )


def _traced(results: Results) -> str:
    """How incumbents are shown, if not as they were measured."""
    return ", re-evaluated" * results.info.settings.trace


def size(results: Results) -> str:
    """The median size of each method's winners, and their score."""
    objective = results.objective
    rows = results.scores.summary.dropna(subset=["size_median", "test_score"])
    return sentence(
        f"Median {objective.size} of the winners, and their mean {objective.final_label}",
        (
            f"{row['method']} {row['size_median']:,.0f}, "
            f"{objective.format_score(row['test_score'])}"
            for row in to_rows(rows)
        ),
    )


def winners_curse(results: Results) -> str:
    """Winners as observed, re-evaluated and judged."""
    objective = results.objective
    columns = ["validation_score", "reevaluated_score", "test_score"]
    rows = to_rows(results.scores.summary.dropna(subset=columns))
    return sentence(
        f"Mean {objective.label} of the winners as observed, re-evaluated and finally",
        (
            f"{row['method']} "
            f"{', '.join(objective.format_score(row[column]) for column in columns)}"
            for row in rows
        ),
    )


def time_per_call(results: Results) -> str:
    """Seconds of evaluating and of suggesting."""
    return sentence(
        "Mean seconds per call of evaluating and of suggesting",
        (
            f"{row['method']} {row['train_seconds']:.3g} and {row['propose_seconds']:.3g}"
            for row in to_rows(results.scores.summary)
        ),
    )


def importance(results: Results) -> str:
    """What mattered, as the report says it."""
    table = results.scores.effects.importance
    if table.empty:
        return ""
    return effect_sentences(table, results.scores.draws, results.objective)[0]


def partial_dependence(results: Results) -> str:
    """Between which scores each dimension moves a draw."""
    objective, curves = results.objective, results.scores.effects.curves
    ends = curves.groupby("dimension", sort=False)["score"].agg(["min", "max"])
    return sentence(
        f"Expected {objective.search_label} of a draw from a dimension's worst to its best value",
        (
            f"{row['dimension']} {objective.format_score(row['min'])} to "
            f"{objective.format_score(row['max'])}"
            for row in to_rows(ends.reset_index())
        ),
    )


def dependence_maps(results: Results) -> str:
    """Which pairs are shown, and between which scores they move a draw."""
    objective, maps = results.objective, results.scores.effects.maps
    ends = maps.groupby(["dimension", "other"], sort=False)["score"].agg(["min", "max"])
    return sentence(
        f"Expected {objective.search_label} of a draw over two dimensions, worst to best",
        (
            f"{row['dimension']} and {row['other']} {objective.format_score(row['min'])} to "
            f"{objective.format_score(row['max'])}"
            for row in to_rows(ends.reset_index())
        ),
    )


def slices(results: Results) -> str:
    """How much each method evaluated, and what it scored."""
    trials, objective = results.scores.trials, results.objective
    rows = trials[trials["validation_score"].notna() & (trials["method"] != "baseline")]
    told = rows.groupby("method", sort=False)["validation_score"].agg(["size", "median", "max"])
    return sentence(
        f"Evaluations of each method, with their median and best {objective.search_label}",
        (
            f"{row['method']} {row['size']:,}, {objective.format_score(row['median'])} and "
            f"{objective.format_score(row['max'])}"
            for row in to_rows(told.reset_index())
        ),
    )


def parallel_coordinates(results: Results) -> str:
    """How many winners each method has, and how many of them differ."""
    winners, names = results.scores.winners, results.info.problem.dimensions
    searched = winners[winners["method"] != "baseline"]
    return sentence(
        "Winners, and how many different configurations they are",
        (
            f"{method} {len(own):,}, {len(own.drop_duplicates(names)):,}"
            for method, own in searched.groupby("method", sort=False)
        ),
    )


def score_distribution(results: Results) -> str:
    """What a typical draw scores."""
    table, draws = results.scores.effects.importance, results.scores.draws
    return " ".join(effect_sentences(table, draws, results.objective)[1:])


DESCRIPTIONS: dict[str, Callable[[Results], str]] = {
    "comparisons": comparisons,
    "final": final,
    "convergence": convergence,
    "convergence_seconds": by_time,
    "size": size,
    "winners_curse": winners_curse,
    "time_per_call": time_per_call,
    "importance": importance,
    "partial_dependence": partial_dependence,
    "dependence_maps": dependence_maps,
    "slices": slices,
    "parallel_coordinates": parallel_coordinates,
    "score_distribution": score_distribution,
}
"""By figure; a figure without a row is described by its title."""
