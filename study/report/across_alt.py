"""What the pictures of many studies show, in words and figures."""

from study.collection import Collection
from study.report import across_words as words
from study.report.alt import sentence


def describe(collection: Collection) -> dict[str, str]:
    """By name of a figure, what it shows; nothing of those that their titles describe."""
    told = {
        "wins": wins(collection),
        "normalised_regret": means(collection, "normalised_regret"),
        "ranks": means(collection, "rank"),
        "problems": problems(collection),
        "budgets": budgets(collection),
    }
    return {name: text for name, text in told.items() if text}


def wins(collection: Collection) -> str:
    """On how many problems each pair has which verdict."""
    return sentence(
        "Problems on which one method is better, and worse, than another",
        (
            f"{row['method']} against {row['other']} {row['better']} and {row['worse']} "
            f"of {row['problems']}"
            for row in collection.pairs.to_dict("records")
        ),
    )


def means(collection: Collection, measure: str) -> str:
    """The mean of each method over all problems, the best first."""
    rows = collection.method_table.dropna(subset=[measure]).sort_values(measure, kind="stable")
    return sentence(
        f"Mean {words.MEASURE_WORDS[measure]} by method",
        (
            f"{row['method']} {row[measure]:.2f}, on these problems "
            f"{words.interval(row, f'{measure}_here_low', f'{measure}_here_high')}"
            for row in rows.to_dict("records")
        ),
    )


def problems(collection: Collection) -> str:
    """The best method of each problem by mean normalised regret."""
    runs = collection.runs.dropna(subset=["normalised_regret"])
    wide = runs.groupby(["problem", "method"])["normalised_regret"].mean().unstack()
    return sentence(
        "The lowest mean normalised regret on each problem",
        (f"{name} {row.min():.2f} by {row.idxmin()}" for name, row in wide.iterrows()),
    )


def budgets(collection: Collection) -> str:
    """What each method gains against the control at the whole budget."""
    name, rows = words.measure_of(collection), collection.budgets
    last = rows[rows["calls"] == rows["calls"].max()].dropna(subset=[name])
    return sentence(
        f"Advantage over {collection.control} after {collection.budget[0]:,} calls",
        (f"{row['method']} {row[name]:+.2f}" for row in last.to_dict("records")),
    )
