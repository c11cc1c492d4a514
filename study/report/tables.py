"""The tables of a report: rows of text under the headings that a reader sees."""

import math
from typing import Any

import pandas as pd

from study.core.formatting import format_sizes
from study.core.objective import ACCURACY, Objective

TextTable = list[dict[str, str]]
"""A table: a dictionary of column heading to text for each row."""


def summary_rows(summary: pd.DataFrame, objective: Objective) -> TextTable:
    """The main table."""
    text = objective.format_score
    return [
        {
            "method": str(row["method"]),
            f"best {objective.search_label}": text(row["validation_score"], row["validation_sd"]),
            "re-evaluated": text(row["reevaluated_score"], row["reevaluated_sd"]),
            objective.final_label: text(row["test_score"], row["test_sd"]),
            **({f"{objective.size} (range)": format_sizes(row)} if objective.size else {}),
            "s/call": f"{row['seconds_per_call']:.2f}",
        }
        for row in summary.to_dict("records")
    ]


def comparison_rows(comparisons: pd.DataFrame, objective: Objective) -> TextTable:
    """A row per pair."""
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            "verdict": str(row["verdict"]),
            **difference(row, objective),
            "for all pairs": interval(row, "simultaneous_low", "simultaneous_high", objective),
            "wins-ties-losses": f"{row['wins']}-{row['ties']}-{row['losses']}",
            "p, adjusted": or_dash(row["p_adjusted"], p_text),
            "mean": mean_cell(row, objective),
        }
        for row in comparisons.to_dict("records")
    ]


def difference(row: Any, objective: Objective) -> dict[str, str]:
    """Two columns: by how much the first method of a pair is better, and how sure that is."""
    unit = " (pp)" if objective.percent else ""
    head = "typical difference" if objective.sign > 0 else "typical advantage"
    few = " (range)" if row["interval"] == "range" else ""
    return {
        head + unit: or_dash(row["typical_difference"], objective.format_signed_difference),
        "95 % interval": interval(row, "low", "high", objective) + few,
    }


def interval(row: Any, low: str, high: str, objective: Objective) -> str:
    """Two columns as an interval, or a dash if it has no end."""
    ends = float(row[low]), float(row[high])
    return objective.format_interval(*ends) if all(map(math.isfinite, ends)) else "-"


def mean_cell(row: Any, objective: Objective) -> str:
    """The mean difference with its interval; a star where that is not to be relied on."""
    mean = or_dash(row["mean_difference"], objective.format_signed_difference)
    star = "" if row["mean_is_reliable"] else " *"
    return f"{mean} {interval(row, 'mean_low', 'mean_high', objective)}{star}"


def or_dash(value: float, form: Any) -> str:
    """A formatted value, or a dash."""
    return "-" if pd.isna(value) else str(form(value))


def p_text(p: float) -> str:
    """A p-value to three places."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def equal_time_rows(equal_time: pd.DataFrame, objective: Objective) -> TextTable:
    """What each pair comes to when each had only as long as the fastest search."""
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            **difference(row, objective),
            "verdict": str(row["verdict"]),
        }
        for row in equal_time.to_dict("records")
    ]


def variance_rows(summary: pd.DataFrame, objective: Objective) -> TextTable:
    """Winner's curse, and where the spread of test scores comes from."""
    unit, scale = " (pp)" if objective.percent else "", objective.scale
    spread = " (pp)" if objective.percent else ""
    return [
        {
            "method": str(row["method"]),
            "as observed": objective.format_score(row["validation_score"]),
            "re-evaluated": objective.format_score(row["reevaluated_score"]),
            f"winner's curse{unit}": or_dash(
                scale * row["winners_curse"], objective.format_signed_difference
            ),
            f"between-search SD{spread}": or_dash(
                scale * row["search_sd"], objective.format_difference
            ),
            f"retraining SD{spread}": or_dash(
                scale * row["training_sd"], objective.format_difference
            ),
            "collapsed": collapse_cell(row),
        }
        for row in summary.to_dict("records")
    ]


def collapse_cell(row: Any) -> str:
    """How many retrainings collapsed, and up to which share of them that may be."""
    if not row["retrainings"]:
        return "-"
    up_to = 100 * row["collapsed_high"]
    return f"{row['collapsed']:,} of {row['retrainings']:,}, up to {up_to:.1f} %"


def cost_rows(summary: pd.DataFrame, objective: Objective) -> TextTable:
    """Calls, what they took, and how many were needed."""
    goals = {"calls to the baseline's best": "baseline"}
    goals |= {"calls to 97 %": "goal"} if objective == ACCURACY else {}
    return [
        {
            "method": str(row["method"]),
            "suggestion overhead (s/call)": f"{row['propose_seconds']:.3f}",
            "evaluating (s/call)": f"{row['train_seconds']:.2f}",
            "configurations": f"{row['distinct']:,}",
            "repeats": f"{row['duplicates']:,}",
            "shared evaluations": f"{row['reused']:,}",
            "incumbent, mean over calls": objective.format_score(row["anytime_score"]),
            **{heading: calls_to_target_cell(row, goal) for heading, goal in goals.items()},
        }
        for row in summary.to_dict("records")
    ]


def calls_to_target_cell(row: Any, what: str) -> str:
    """The median first call, and how many seeds get there."""
    median = or_dash(row[f"calls_to_{what}"], "{:g}".format)
    return f"{median} ({row[f'seeds_to_{what}']} of {row['seeds']} seeds)"
