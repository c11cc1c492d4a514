"""What a study tells of its dimensions: which matter, overall and among the best, and how."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from study.analysis.dependence import CURVES, MAPS, curves, surface
from study.analysis.draws import evaluations, is_draw
from study.analysis.importance import importance
from study.analysis.surrogate import Surrogate, fit_surrogate
from study.core.study_info import StudyInfo

BEST = 0.1  # the share of evaluations that are the best
MAPPED = 2  # pairs of dimensions, those that interact most
IMPORTANCE = {
    "evaluations": "str",
    "among": "str",
    "dimension": "str",
    "other": "str",
    "importance": "float64",
    "low": "float64",
    "high": "float64",
    "r2": "float64",
    "enough": "bool",
    "n": "int64",
    "seeds": "int64",
}
"""The columns of importance.csv."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Effects:
    """What a study tells of its dimensions; tables without rows where it has too few seeds."""

    importance: pd.DataFrame
    """A row per evaluations (drawn, all), among (all, best tenth), and dimension or pair."""
    curves: pd.DataFrame
    """Of draws, a row per dimension and value; see `study.analysis.dependence`."""
    maps: pd.DataFrame
    """Of draws, a row per pair and combination of values; see there."""


def effects(trials: pd.DataFrame, info: StudyInfo) -> Effects:
    """Which dimensions matter in a study, and how; `trials` has a row per call."""
    rows, space = evaluations(trials, info), info.problem.space
    tables, drawn = [], None
    for kind, own in {"drawn": rows[is_draw(rows, info)], "all": rows}.items():
        for among, scores in {"all": own["validation_score"], "best tenth": capped(own)}.items():
            surrogate = fit_surrogate(own, scores, space)
            if surrogate is not None:
                tables.append(importance(surrogate).assign(evaluations=kind, among=among))
                drawn = surrogate if (kind, among) == ("drawn", "all") else drawn
    table = stacked(tables, IMPORTANCE)
    if drawn is None:
        return Effects(importance=table, curves=stacked([], CURVES), maps=stacked([], MAPS))
    return Effects(importance=table, curves=curves(drawn), maps=_maps(drawn, table))


def capped(rows: pd.DataFrame) -> "pd.Series[float]":
    """Scores, of which those below the best tenth count as its lowest.

    What is left to explain is how far a configuration comes into the best tenth, if at all.
    """
    scores = rows["validation_score"]
    return scores.clip(lower=float(scores.quantile(1 - BEST))) if len(scores) else scores


def _maps(drawn: Surrogate, table: pd.DataFrame) -> pd.DataFrame:
    pairs = top_pairs(table, MAPPED)
    return stacked([surface(drawn, pair) for pair in pairs], MAPS)


def top_pairs(table: pd.DataFrame, count: int) -> list[tuple[str, str]]:
    """The pairs that interact most among draws."""
    own = table[(table["evaluations"] == "drawn") & (table["among"] == "all")]
    top = own[own["other"] != ""].nlargest(count, "importance")
    return list(zip(top["dimension"], top["other"], strict=True))


def effect_names(table: pd.DataFrame) -> "pd.Series[str]":
    """What rows of importances are called: a dimension, or a pair."""
    pairs = table["dimension"] + " × " + table["other"]
    return pairs.where(table["other"] != "", table["dimension"])


def stacked(tables: Sequence[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    """Tables below each other, with these columns and types, though there be none."""
    frame = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns))
    return frame[list(columns)].astype(columns)
