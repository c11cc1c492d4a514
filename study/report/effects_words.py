"""What mattered, in words and as a table."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from study.analysis.draws import DrawSummary
from study.analysis.effects import effect_names
from study.core.formatting import format_r2, join_words
from study.core.objective import Objective
from study.report.tables import TextTable

NAMED = 3  # dimensions in a sentence
WHERE = {"all": "Over the whole space", "best tenth": "Among the best tenth"}
HEADS = {
    ("drawn", "all"): "draws",
    ("drawn", "best tenth"): "draws, best tenth",
    ("all", "all"): "all evaluations",
    ("all", "best tenth"): "all evaluations, best tenth",
}


def effect_sentences(table: pd.DataFrame, draws: DrawSummary, objective: Objective) -> list[str]:
    """What mattered among random draws, overall and among the best tenth, and what draws score."""
    return [" ".join(_matter(table)), *_typical(draws, objective)]


def _matter(table: pd.DataFrame) -> list[str]:
    drawn = table[table["evaluations"] == "drawn"]
    if drawn.empty:
        return ["It takes random draws at three seeds or more to tell which dimensions mattered."]
    return [
        f"{words}, {_leading(drawn[drawn['among'] == among])}."
        for among, words in WHERE.items()
        if (drawn["among"] == among).any()
    ]


def _leading(rows: pd.DataFrame) -> str:
    """The dimensions that matter most, and the pair that interacts most, as a clause."""
    r2 = format_r2(rows["r2"].iloc[0])
    if not rows["enough"].iloc[0]:
        return f"the model explains too little to tell ({r2} on unseen seeds)"
    singles = rows[rows["other"] == ""].nlargest(NAMED, "importance")
    first, *others = singles.to_dict("records")
    if first["low"] == 0:
        told = "so few seeds cannot tell which dimension mattered most"
        sure = [
            f"; {row['dimension']} takes part in {_share(row)} of what a model explains"
            for row in singles[singles["low"] > 0].to_dict("records")
        ]
        return told + "".join(sure)
    clear = all(first["low"] > other["importance"] for other in others)
    clause = (
        f"{first['dimension']} {'mattered' if clear else 'seems to have mattered'} most: of the "
        f"variance that a model explains ({r2} on unseen seeds) it takes part in {_share(first)}"
    )
    more = join_words([f"{other['dimension']} in {_share(other)}" for other in others])
    return clause + (f", {more}" if more else "") + _interaction(rows[rows["other"] != ""])


def _share(row: Mapping[Any, Any]) -> str:
    """An importance with its interval: 62 % (48 to 75 %)."""
    share, low, high = (f"{100 * row[name]:.0f}" for name in ("importance", "low", "high"))
    return f"{share} % ({low} to {high} %)"


def _interaction(pairs: pd.DataFrame) -> str:
    sure = pairs[pairs["low"] > 0].nlargest(1, "importance")
    return "".join(
        f"; {row['dimension']} and {row['other']} interact, in {_share(row)}"
        for row in sure.to_dict("records")
    )


def _typical(draws: DrawSummary, objective: Objective) -> list[str]:
    if not draws.draws:
        return []
    text = f"A typical draw scored {objective.format_score(draws.median)}"
    if math.isnan(draws.better):
        return [text + "."]
    default = objective.format_score(draws.default)
    return [f"{text}; {100 * draws.better:.0f} % of draws were better than the default, {default}."]


def effect_rows(table: pd.DataFrame) -> TextTable:
    """A row per dimension, and per pair that certainly interacts; a dash where nothing is known."""
    cells = {
        (kind, among): own.assign(name=effect_names(own)).set_index("name")
        for (kind, among), own in table.groupby(["evaluations", "among"], sort=False)
    }
    rows = []
    for name in _shown(table):
        row = {"dimension": name}
        for place, head in HEADS.items():
            row[head] = _cell(cells[place], name) if place in cells else "-"
        rows.append(row)
    return rows


def _shown(table: pd.DataFrame) -> list[str]:
    sure = table["enough"] & (table["low"] > 0)
    return list(dict.fromkeys(effect_names(table[(table["other"] == "") | sure])))


def _cell(rows: pd.DataFrame, name: str) -> str:
    if name not in rows.index or not rows["enough"].iloc[0]:
        return "-"
    return _share(rows.loc[name].to_dict())


def effects_note(table: pd.DataFrame) -> str:
    """How to read the table of what mattered; `table` is that of importances."""
    models = table.drop_duplicates(["evaluations", "among"])
    explained = [
        f"{HEADS[row['evaluations'], row['among']]} {format_r2(row['r2'])}"
        for row in models.to_dict("records")
    ]
    return (
        "The share of the variance that a model explains in which a dimension, or both of a pair "
        "together, take part: the total index of Homma & Saltelli, with its 95 % interval over "
        "seeds. What interacts counts for each, so that shares may add up to more than 100 %. "
        "Draws: the shared design but for the default point, and random search. All evaluations "
        "are mostly of where searches looked. Best tenth: lower scores count as its lowest. A "
        f"dash: the model explains too little to tell. On unseen seeds: {join_words(explained)}."
    )
