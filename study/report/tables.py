"""The tables of a report: rows of text under the headings that a reader sees."""

from typing import Any

import pandas as pd

from study.core.formatting import sizes
from study.core.objective import ACCURACY, Objective
from study.replication import claims
from study.results import Results

Rows = list[dict[str, str]]
"""A table: a dictionary of column heading to text for each row."""


def summary_rows(summary: pd.DataFrame, objective: Objective) -> Rows:
    """The main table."""
    text = objective.text
    return [
        {
            "method": str(row["method"]),
            f"best {objective.seen}": text(row["validation_score"], row["validation_sd"]),
            "measured again": text(row["remeasured_score"], row["remeasured_sd"]),
            objective.final: text(row["test_score"], row["test_sd"]),
            **({f"{objective.cost} (range)": sizes(row)} if objective.cost else {}),
            "s/call": f"{row['seconds_per_call']:.2f}",
        }
        for row in summary.to_dict("records")
    ]


def comparison_rows(comparisons: pd.DataFrame, objective: Objective) -> Rows:
    """A row per pair."""
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            **difference(row, objective),
            "wins-ties-losses": f"{row['wins']}-{row['ties']}-{row['losses']}",
            "P(better)": missing(
                row["probability_better"],
                lambda p, row=row: (
                    f"{p:.2f} [{row['probability_low']:.2f}, {row['probability_high']:.2f}]"
                ),
            ),
            "p, Holm": missing(
                row["p_adjusted"], lambda p, row=row: f"{p_text(p)} ({row['test']})"
            ),
            "verdict": str(row["verdict"]),
        }
        for row in comparisons.to_dict("records")
    ]


def difference(row: Any, objective: Objective) -> dict[str, str]:
    """Two columns: by how much the first method of a pair is better, and how sure that is."""
    unit = " (pp)" if objective.percent else ""
    interval = "-" if pd.isna(row["low"]) else objective.interval(row["low"], row["high"])
    head = "difference" if objective.sign > 0 else "advantage"
    return {
        head + unit: missing(row["mean_difference"], objective.signed_gap),
        "95 % interval": interval,
    }


def missing(value: float, form: Any) -> str:
    """A formatted value, or a dash."""
    return "-" if pd.isna(value) else str(form(value))


def p_text(p: float) -> str:
    """A p-value to three places."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def equal_time_rows(results: Results) -> Rows:
    """What each pair comes to when each had only as long as the quickest search."""
    objective = results.objective
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            **difference(row, objective),
            "verdict": str(row["verdict"]),
        }
        for row in results.equal_time.to_dict("records")
    ]


def luck_rows(summary: pd.DataFrame, objective: Objective) -> Rows:
    """Winner's curse, and where the spread of test scores comes from."""
    unit, scale = " (pp)" if objective.percent else "", objective.scale
    spread = " (sd, pp)" if objective.percent else " (sd)"
    return [
        {
            "method": str(row["method"]),
            "as observed": objective.text(row["validation_score"]),
            "measured again": objective.text(row["remeasured_score"]),
            f"winner's curse{unit}": missing(scale * row["winners_curse"], objective.signed_gap),
            f"search luck{spread}": missing(scale * row["search_sd"], objective.gap),
            f"training luck{spread}": missing(scale * row["training_sd"], objective.gap),
        }
        for row in summary.to_dict("records")
    ]


def cost_rows(summary: pd.DataFrame, objective: Objective) -> Rows:
    """Calls, what they took, and how many were needed."""
    goals = {"calls to the baseline's best": "baseline"}
    goals |= {"calls to 97 %": "goal"} if objective == ACCURACY else {}
    return [
        {
            "method": str(row["method"]),
            "proposing (s/call)": f"{row['propose_seconds']:.3f}",
            "evaluating (s/call)": f"{row['train_seconds']:.2f}",
            "configurations": f"{row['distinct']:,}",
            "repeats": f"{row['duplicates']:,}",
            "shared evaluations": f"{row['reused']:,}",
            **{heading: reached(row, goal) for heading, goal in goals.items()},
        }
        for row in summary.to_dict("records")
    ]


def reached(row: Any, what: str) -> str:
    """The median first call, and how many seeds get there."""
    median = missing(row[f"calls_to_{what}"], "{:g}".format)
    return f"{median} ({row[f'seeds_to_{what}']} of {row['seeds']} seeds)"


def claim_rows(results: Results) -> Rows:
    """The tutorial's claims, if they were measured."""
    if not results.replication:
        return []

    def figure(value: float, unit: str) -> str:
        return missing(value, "{:g}".format if unit == "calls" else "{:.2f}".format)

    return [
        {
            "claim": f"{row['claim']}: {row['text']}",
            "claimed": f"{figure(row['claimed'], row['unit'])} {row['unit']}",
            "measured": figure(row["measured"], row["unit"]),
            "95 % interval": missing(
                row["low"], lambda low, row=row: f"[{low:.2f}, {row['high']:.2f}]"
            ),
            "parameters": missing(row["parameters"], "{:,}".format),
            "verdict": str(row["verdict"]),
        }
        for row in results.replication[0].to_dict("records")
    ]


def claims_text(results: Results) -> str:
    """The paragraph about the claims, if they were measured."""
    if not results.replication:
        return ""
    return claims.paragraph(*results.replication, results.trials)
