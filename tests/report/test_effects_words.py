"""What mattered, in words."""

import math
from typing import Any

import pandas as pd
import pytest

from study.analysis.draws import DrawSummary
from study.core.objective import ACCURACY, Objective
from study.report.effects_words import effect_rows, effect_sentences

DRAWS = DrawSummary(draws=100, median=0.912, default=0.93, better=0.34)


def row(dimension: str, share: float, other: str = "", **changes: Any) -> dict[str, Any]:
    low, high = max(share - 0.1, 0.0), share + 0.1
    found = {"evaluations": "drawn", "among": "all", "dimension": dimension, "other": other}
    figures = {"importance": share, "low": low, "high": high, "r2": 0.8, "enough": True}
    return {**found, **figures, "n": 100, "seeds": 5, **changes}


def told(*rows: dict[str, Any], objective: Objective = ACCURACY) -> str:
    return " ".join(effect_sentences(pd.DataFrame(list(rows)), DRAWS, objective))


def test_what_mattered_most_is_told_first_with_its_interval() -> None:
    text = told(row("units", 0.2), row("rate", 0.62), row("rate", 0.15, "units"))
    assert text == (
        "Over the whole space, rate mattered most: of the variance that a model explains (R² 0.80 "
        "on unseen seeds) it takes part in 62 % (52 to 72 %), units in 20 % (10 to 30 %); rate and "
        "units interact, in 15 % (5 to 25 %). A typical draw scored 91.20 %; 34 % of draws were "
        "better than the default, 93.00 %."
    )


def test_a_model_that_explains_too_little_says_so() -> None:
    poor: dict[str, Any] = {"r2": 0.08, "enough": False}
    text = told(row("rate", 0.6), row("rate", 0.7, among="best tenth", **poor))
    assert "Among the best tenth, the model explains too little to tell (R² 0.08" in text
    (cells,) = effect_rows(
        pd.DataFrame([row("rate", 0.6), row("rate", 0.7, among="best tenth", **poor)])
    )
    assert cells == {
        "dimension": "rate",
        "draws": "60 % (50 to 70 %)",
        "draws, best tenth": "-",
        "all evaluations": "-",
        "all evaluations, best tenth": "-",
    }


def test_without_enough_seeds_or_draws_nothing_is_claimed() -> None:
    empty = pd.DataFrame([row("rate", 0.6)]).iloc[:0]
    assert effect_rows(empty) == []
    no_default = DrawSummary(draws=9, median=-0.5, default=math.nan, better=math.nan)
    loss = Objective(name="loss", maximise=False)
    first, second = effect_sentences(empty, no_default, loss)
    assert "three seeds" in first
    assert second == "A typical draw scored 0.5."
    nothing = DrawSummary(draws=0, median=math.nan, default=math.nan, better=math.nan)
    assert len(effect_sentences(empty, nothing, loss)) == 1


@pytest.mark.parametrize("low", [0.0, 0.01])
def test_a_pair_is_named_only_if_it_certainly_interacts(low: float) -> None:
    text = told(row("rate", 0.6), row("units", 0.5), row("rate", 0.1, "units", low=low))
    assert ("interact" in text) == (low > 0)


def test_few_seeds_are_not_made_to_say_more_than_they_can() -> None:
    text = told(row("rate", 0.6, low=0.2), row("units", 0.3))
    assert "rate seems to have mattered most" in text
    unsure = row("rate", 0.6, low=0.0, high=1.0)
    text = told(unsure, row("units", 0.3, low=0.0))
    assert "Over the whole space, so few seeds cannot tell which dimension mattered most." in text
    assert "mattered most; units takes part in 30 % (20 to 40 %)" in told(unsure, row("units", 0.3))
