"""What `study replicate` wrote into a results folder: the tutorial's claims, and its leak."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.core.formatting import format_signed
from study.core.records import RUN
from study.core.validation import MAX_NUMBER, is_name
from study.replication.claims import CALLS, COLUMNS, INITIAL_POINTS
from study.report.tables import TextTable, or_dash
from study.results import Results
from study.storage.files import translate_read_errors


@dataclass(frozen=True, kw_only=True, eq=False)
class Replication:
    """What was measured of the tutorial."""

    claims: pd.DataFrame
    """A row per claim; see `study.replication.claims.claim_frame`."""
    leak: pd.DataFrame
    """A row per trial of the tutorial and seed; see `study.replication.replicate.leak_frame`."""


def read_replication(folder: Path) -> Replication | None:
    """What claims.csv and leak.csv of a folder hold; None if there are none.

    Raises `StudyError` if they are damaged.
    """
    claims, leak = folder / "claims.csv", folder / "leak.csv"
    if not (claims.is_file() and leak.is_file()):
        return None
    types = {"claimed_parameters": "Int64", "parameters": "Int64"}
    # A whole number out of range is an error without numpy's warning, too.
    with translate_read_errors(folder), np.errstate(invalid="ignore"):
        found = Replication(claims=pd.read_csv(claims, dtype=types), leak=pd.read_csv(leak))
        validate_replication(found)
        return found


def validate_replication(found: Replication) -> None:
    """Raise ValueError unless claims.csv and leak.csv are in order."""
    words = ("claim", "text", "unit", "verdict")
    figures = dict.fromkeys([c for c in COLUMNS if c not in words], (-MAX_NUMBER, MAX_NUMBER))
    _validate_columns("claims.csv", found.claims, words, figures)
    shares = dict.fromkeys(("printed", "continued", "fresh"), (0.0, 100.0))
    _validate_columns("leak.csv", found.leak, ("search",), {"trial": (1.0, 1000.0), **shares})
    with_parameters = list(found.claims["claim"][found.claims["claimed_parameters"].notna()])
    if with_parameters.count("C3") != 1:
        raise ValueError("claims.csv lacks claim C3")
    if not found.leak[["trial", "printed"]].notna().all(axis=None):
        raise ValueError("leak.csv lacks what was printed, or for which trial")


def _validate_columns(
    file: str,
    frame: pd.DataFrame,
    words: tuple[str, ...],
    numbers: dict[str, tuple[float, float]],
) -> None:
    missing = {*words, *numbers} - set(frame.columns)
    if missing:
        raise ValueError(f"{file} lacks {', '.join(sorted(missing))}")
    for name in words:
        if not all(map(NAMED[name], frame[name])):
            raise ValueError(f"{file}: {name} has a text that cannot be")
    for name, (low, high) in numbers.items():
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column):
            raise ValueError(f"{file}: {name} is not a number")
        if not column.dropna().between(low, high).all():
            raise ValueError(f"{file}: {name} is not from {low:g} to {high:g}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and len(value) <= 10_000


NAMED = {
    **dict.fromkeys(("claim", "verdict", "search"), is_name),
    **dict.fromkeys(("text", "unit"), _is_text),
}


def claim_rows(found: Replication) -> TextTable:
    """The tutorial's claims as a table of text."""

    def figure(value: float, unit: str) -> str:
        return or_dash(value, "{:g}".format if unit == "calls" else "{:.2f}".format)

    return [
        {
            "claim": f"{row['claim']}: {row['text']}",
            "claimed": f"{figure(row['claimed'], row['unit'])} {row['unit']}",
            "measured": figure(row["measured"], row["unit"]),
            "95 % interval": or_dash(
                row["low"], lambda low, row=row: f"[{low:.2f}, {row['high']:.2f}]"
            ),
            "parameters": or_dash(row["parameters"], "{:,}".format),
            "verdict": str(row["verdict"]),
        }
        for row in found.claims.to_dict("records")
    ]


def guided_calls(trials: pd.DataFrame) -> pd.DataFrame:
    """What the calls after the initial design added, a row per method and seed.

    Columns: method, seed, calls (how many were chosen), gain (percentage points of validation
    accuracy that the best of them lies above the best of the design; negative: below).
    """
    best = trials.pivot_table(
        index=RUN, columns="phase", values="validation_score", aggfunc="max"
    ).reindex(columns=["initial", "search"])  # a study may have made no guided call
    chosen = trials[trials["phase"] == "search"].groupby(RUN).size()
    gain = (best["search"] - best["initial"]) * 100
    return pd.DataFrame({"calls": chosen, "gain": gain}).dropna().reset_index()


def paragraph(found: Replication, results: Results) -> str:
    """What the replication found, in a paragraph."""
    return f"{headline(found)} {explanation(found, results)}"


def headline(found: Replication) -> str:
    """How many of the tutorial's figures hold, in a sentence."""
    claims = found.claims
    holding = list(claims["claim"][claims["verdict"] == "holds"])
    return f"Of {len(claims)} figures, {len(holding)} hold ({', '.join(holding) or 'none'})."


def explanation(found: Replication, results: Results) -> str:
    """Why others do not, in sentences."""
    claims, leak, trials = found.claims, found.leak, results.scores.trials
    row = {name: claims[claims["claim"] == name].iloc[0] for name in claims["claim"]}
    fresh = leak.groupby("trial")["fresh"].mean()
    guided = guided_calls(trials)
    better = guided[guided["gain"] > 0]
    return (
        f"GP's winner with its {row['C3']['claimed_parameters']:,} parameters reaches "
        f"{row['C3']['measured']:.1f} % from fresh weights, not {row['C3']['claimed']:.2f} %. "
        f"Trained on and on, one network stays between {leak['continued'].min():.2f} and "
        f"{leak['continued'].max():.2f} % whatever the settings; from fresh weights the same "
        f"settings give {fresh.min():.1f} to {fresh.max():.1f} %: the log shows one network, not "
        f"24. At the tutorial's budget {INITIAL_POINTS} of {CALLS} calls are drawn before any "
        f"model is asked; the one guided call was the best of its run in {len(better)} of "
        f"{len(guided)} runs; its median distance to the best of the others is "
        f"{format_signed(guided['gain'].median())} pp. Such a search is random search with one "
        "guess: more calls, or fewer initial points, are needed before it can be said to learn."
    )
