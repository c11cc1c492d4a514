"""The tables of a report: rows of text under the headings that a reader sees."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from study.core.formatting import format_pair, format_seconds, format_sizes, pluralize
from study.core.objective import ACCURACY, Objective

TextTable = list[dict[str, str]]
"""A table: a dictionary of column heading to text for each row."""


def summary_rows(summary: pd.DataFrame, objective: Objective) -> TextTable:
    """The main table."""
    unit, (seconds,) = format_seconds([list(summary["seconds_per_call"])])
    sizes = [format_sizes(row) for row in summary.to_dict("records")]
    return from_columns(
        {
            "method": list(summary["method"]),
            f"best {objective.search_label}": scores(summary, "validation", objective),
            "re-evaluated": scores(summary, "reevaluated", objective),
            objective.final_label: scores(summary, "test", objective),
            **({f"{objective.size} (range)": sizes} if objective.size else {}),
            f"{unit}/call": seconds,
        }
    )


def scores(summary: pd.DataFrame, which: str, objective: Objective) -> list[str]:
    """A column of means with their standard deviations over seeds."""
    return objective.format_scores(list(summary[f"{which}_score"]), list(summary[f"{which}_sd"]))


def from_columns(columns: Mapping[str, Sequence[str]]) -> TextTable:
    """A table of columns of text, all of one length."""
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def comparison_rows(comparisons: pd.DataFrame, objective: Objective) -> TextTable:
    """A row per pair."""
    decimals = difference_decimals(comparisons, objective)
    return [
        {
            "pair": format_pair(row["method"], row["other"]),
            "verdict": str(row["verdict"]),
            **difference(row, objective, decimals),
            "for all pairs": interval(
                row, "simultaneous_low", "simultaneous_high", objective, decimals
            ),
            "wins-ties-losses": f"{row['wins']}-{row['ties']}-{row['losses']}",
            "p, adjusted": or_dash(row["p_adjusted"], p_text),
            "mean": mean_cell(row, objective, decimals),
        }
        for row in comparisons.to_dict("records")
    ]


def difference_decimals(pairs: pd.DataFrame, objective: Objective) -> int | None:
    """With how many decimals the differences of a table of pairs are shown."""
    return objective.difference_decimals(
        pairs[["typical_difference", "low", "high"]].to_numpy().ravel()
    )


def difference(row: Any, objective: Objective, decimals: int | None) -> dict[str, str]:
    """Two columns: by how much the first method of a pair is better, and how sure that is."""
    unit = " (pp)" if objective.percent else ""
    head = "typical difference" if objective.sign > 0 else "typical advantage"
    few = " (range)" if row["interval"] == "range" else ""
    signed = partial(objective.format_signed_difference, decimals=decimals)
    return {
        head + unit: or_dash(row["typical_difference"], signed),
        "95 % interval": interval(row, "low", "high", objective, decimals) + few,
    }


def interval(row: Any, low: str, high: str, objective: Objective, decimals: int | None) -> str:
    """Two columns as an interval, or a dash if it has no end."""
    ends = float(row[low]), float(row[high])
    return objective.format_interval(*ends, decimals) if all(map(math.isfinite, ends)) else "-"


def mean_cell(row: Any, objective: Objective, decimals: int | None) -> str:
    """The mean difference with its interval; a star where that is not to be relied on."""
    signed = partial(objective.format_signed_difference, decimals=decimals)
    star = "" if row["mean_is_reliable"] else " *"
    ends = interval(row, "mean_low", "mean_high", objective, decimals)
    return f"{or_dash(row['mean_difference'], signed)} {ends}{star}"


def or_dash(value: float, form: Any) -> str:
    """A formatted value, or a dash."""
    return "-" if pd.isna(value) else str(form(value))


def p_text(p: float) -> str:
    """A p-value to three places."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def equal_time_rows(equal_time: pd.DataFrame, objective: Objective) -> TextTable:
    """What each pair comes to when each had only as long as the fastest search."""
    decimals = difference_decimals(equal_time, objective)
    return [
        {
            "pair": format_pair(row["method"], row["other"]),
            **difference(row, objective, decimals),
            "verdict": str(row["verdict"]),
        }
        for row in equal_time.to_dict("records")
    ]


def variance_rows(summary: pd.DataFrame, objective: Objective) -> TextTable:
    """Winner's curse, and where the spread of test scores comes from."""
    unit = " (pp)" if objective.percent else ""
    return from_columns(
        {
            "method": list(summary["method"]),
            "as observed": objective.format_scores(list(summary["validation_score"])),
            "re-evaluated": objective.format_scores(list(summary["reevaluated_score"])),
            f"winner's curse{unit}": differences(
                summary["winners_curse"], objective, objective.format_signed_difference
            ),
            f"between-search SD{unit}": differences(
                summary["search_sd"], objective, objective.format_difference
            ),
            f"retraining SD{unit}": differences(
                summary["training_sd"], objective, objective.format_difference
            ),
            "collapsed": [collapse_cell(row) for row in summary.to_dict("records")],
        }
    )


def differences(column: "pd.Series[float]", objective: Objective, form: Any) -> list[str]:
    """A column of differences of scores, or of their spreads, as `form` shows one."""
    shown = objective.scale * column
    decimals = objective.difference_decimals(shown)
    return [or_dash(value, partial(form, decimals=decimals)) for value in shown]


def collapse_cell(row: Any) -> str:
    """How many retrainings collapsed, and up to which share of them that may be."""
    if not row["retrainings"]:
        return "-"
    up_to = 100 * row["collapsed_high"]
    return f"{row['collapsed']:,} of {row['retrainings']:,}, up to {up_to:.1f} %"


def cost_rows(summary: pd.DataFrame, objective: Objective) -> TextTable:
    """Calls, what they took, and how many were needed."""
    goals = {}
    if (summary["method"] == "baseline").any():
        goals["calls to the baseline's best"] = "baseline"
    if objective == ACCURACY:
        goals["calls to 97 %"] = "goal"
    rows = summary.to_dict("records")
    unit, (overhead, evaluating) = format_seconds(
        [list(summary["propose_seconds"]), list(summary["train_seconds"])]
    )
    return from_columns(
        {
            "method": list(summary["method"]),
            f"suggestion overhead ({unit}/call)": overhead,
            f"evaluating ({unit}/call)": evaluating,
            "configurations": [f"{row['distinct']:,}" for row in rows],
            "repeats": [f"{row['duplicates']:,}" for row in rows],
            "shared evaluations": [f"{row['reused']:,}" for row in rows],
            "incumbent, mean over calls": objective.format_scores(list(summary["anytime_score"])),
            **{
                heading: [calls_to_target_cell(row, goal) for row in rows]
                for heading, goal in goals.items()
            },
        }
    )


def calls_to_target_cell(row: Any, what: str) -> str:
    """The median first call, and how many seeds get there."""
    median = or_dash(row[f"calls_to_{what}"], "{:g}".format)
    return f"{median} ({row[f'seeds_to_{what}']} of {pluralize(row['seeds'], 'seed')})"
