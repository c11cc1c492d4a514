"""The evaluations of a whole study, and which of them chance drew from the space."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.core.study_info import StudyInfo

DRAWING = ("random", "quasi-random")
"""Methods whose points are uniform over the space. One of a user's own, such as a grid, need not
be, though it learns nothing."""


@dataclass(frozen=True, kw_only=True)
class DrawSummary:
    """How good a configuration is that chance draws, as scores; NaN where nothing can be told."""

    draws: int
    median: float
    default: float
    """Mean score of the default point over seeds."""
    better: float
    """Share of the draws that score better than the default point at the same seed."""


def evaluations(trials: pd.DataFrame, info: StudyInfo) -> pd.DataFrame:
    """The rows of `trials` that say which configurations are good.

    Without those of the baseline, one configuration again and again; those without a score; and
    copies: at one seed one evaluation may serve several methods, and is kept where chance drew it.
    """
    own = trials[trials["validation_score"].notna() & (trials["method"] != "baseline")]
    chosen_last = own.loc[(~is_draw(own, info)).sort_values(kind="stable").index]
    return chosen_last.drop_duplicates(["seed", *info.problem.dimensions]).sort_index()


def is_draw(trials: pd.DataFrame, info: StudyInfo) -> "pd.Series[bool]":
    """Which calls chance drew.

    Of the shared design those are all but the default point and a user's own, of `DRAWING` methods
    all others, too.
    """
    drawing = [
        name
        for name, method in info.methods.items()
        if method.spec.partition("[")[0].strip() in DRAWING
    ]
    shared, start = trials["phase"] == "initial", info.settings.start
    given = 1 + (len(start.points) if start else 0)
    return (shared & (trials["call"] > given)) | (~shared & trials["method"].isin(drawing))


def default_scores(trials: pd.DataFrame) -> "pd.Series[float]":
    """The default point's score by seed, of those that have one."""
    first = trials[(trials["phase"] == "initial") & (trials["call"] == 1)]
    return first.dropna(subset=["validation_score"]).groupby("seed")["validation_score"].first()


def summarise_draws(trials: pd.DataFrame, info: StudyInfo) -> DrawSummary:
    """How good a typical draw is, and how often a draw is better than the default point."""
    rows, default = evaluations(trials, info), default_scores(trials)
    drawn = rows[is_draw(rows, info)]
    gain = (drawn["validation_score"] - drawn["seed"].map(default)).dropna()
    return DrawSummary(
        draws=len(drawn),
        median=float(drawn["validation_score"].median()) if len(drawn) else np.nan,
        default=float(default.mean()) if len(default) else np.nan,
        better=float((gain > 0).mean()) if len(gain) else np.nan,
    )
