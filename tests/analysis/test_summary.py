from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from study.analysis import anytime, summary
from study.core.dimensions import Integer
from tests.toy import Frames


def test_a_summary_by_hand(two_methods: Frames) -> None:
    trials, finals = two_methods
    table = summary.summarise(trials, finals, ["n"], 0.001).set_index("method")
    assert list(table.index) == ["random", "gp"]
    gp = table.loc["gp"]
    assert gp["validation_score"] == pytest.approx(0.8)
    assert gp["validation_sd"] == pytest.approx(0.1 * 2**0.5)
    assert gp["reevaluated_score"] == pytest.approx(0.75)
    assert gp["winners_curse"] == pytest.approx(0.05)
    assert gp["test_score"] == pytest.approx(0.7)
    assert gp["test_sd"] == pytest.approx(0.1 * 2**0.5)
    assert (gp["size_min"], gp["size_median"], gp["size_max"]) == (100, 150, 200)
    assert (gp["propose_seconds"], gp["train_seconds"]) == (0.5, 2.0)
    assert gp["seconds_per_call"] == 2.5
    assert (gp["seeds"], gp["calls"], gp["failed"]) == (2, 6, 1)
    assert (gp["distinct"], gp["duplicates"], gp["reused"]) == (5, 0, 2)
    assert table.loc["random", "failed"] == 0


def test_luck_is_that_of_an_analysis_of_variance() -> None:
    rng = np.random.default_rng(0)
    seeds = np.repeat(np.arange(12), 4)
    values = 0.9 + rng.normal(0, 0.02, 12)[seeds] + rng.normal(0, 0.005, 48)
    finals = pd.DataFrame({"method": "gp", "seed": seeds, "test_score": values})
    table = anova_lm(ols("test_score ~ C(seed)", finals).fit())
    square = table["mean_sq"]
    (row,) = summary.variance_components(finals).to_dict("records")
    assert row["training_sd"] == pytest.approx(square["Residual"] ** 0.5)
    between = (square["C(seed)"] - square["Residual"]) / 4
    assert row["search_sd"] == pytest.approx(between**0.5)


def test_luck_of_runs_that_do_not_differ_is_training_luck_only() -> None:
    finals = pd.DataFrame({"method": "gp", "seed": [0, 0, 1, 1], "test_score": [0.8, 0.9] * 2})
    (row,) = summary.variance_components(finals).to_dict("records")
    assert row["search_sd"] == 0
    assert row["training_sd"] == pytest.approx(0.1 / 2**0.5)


def test_luck_cannot_be_split_with_one_retraining() -> None:
    finals = pd.DataFrame({"method": "gp", "seed": [0, 1], "test_score": [0.8, 0.9]})
    (row,) = summary.variance_components(finals).to_dict("records")
    assert np.isnan(row["search_sd"])
    assert np.isnan(row["training_sd"])


def run(method: str, seed: int, accuracies: list[float], seconds: float = 1.0) -> pd.DataFrame:
    count = len(accuracies)
    return pd.DataFrame(
        {
            "method": method,
            "seed": seed,
            "call": range(1, count + 1),
            "phase": "search" if method == "baseline" else "initial",
            "validation_score": accuracies,
            "incumbent_score": np.maximum.accumulate(accuracies),
            "elapsed_seconds": seconds * np.arange(1, count + 1),
        }
    )


def test_calls_needed_by_hand() -> None:
    trials = pd.concat(
        [
            run("baseline", 0, [0.90, 0.91]),
            run("baseline", 1, [0.93, 0.92]),
            run("gp", 0, [0.80, 0.95, 0.96]),
            run("gp", 1, [0.94, 0.95, 0.98]),
        ]
    )
    found: Any = anytime.calls_to_target(trials).set_index("method")
    assert found.loc["gp", "calls_to_baseline"] == 1.5
    assert found.loc["gp", "seeds_to_baseline"] == 2
    assert found.loc["gp", "seeds_to_goal"] == 1
    assert np.isnan(found.loc["gp", "calls_to_goal"])  # half of the seeds never get there
    assert found.loc["baseline", "seeds_to_goal"] == 0


def test_without_a_baseline_nothing_is_said_of_its_best() -> None:
    found: Any = anytime.calls_to_target(run("gp", 0, [0.80, 0.95, 0.98])).iloc[0]
    assert np.isnan(found["calls_to_baseline"])
    assert np.isnan(found["seeds_to_baseline"])
    assert (found["calls_to_goal"], found["seeds_to_goal"]) == (3, 1)


def test_equal_time_stops_at_the_quickest_search() -> None:
    trials = pd.concat(
        [
            run("baseline", 0, [0.5, 0.6], seconds=0.1),
            run("random", 0, [0.7, 0.8, 0.9], seconds=1.0),
            run("gp", 0, [0.7, 0.85, 0.95], seconds=1.5),
        ]
    )
    found = anytime.equal_time(trials).set_index("method")
    assert found["seconds"].tolist() == [3.0, 3.0, 3.0]
    assert found["calls"].tolist() == [2, 3, 2]
    assert found["validation_score"].tolist() == [0.6, 0.9, 0.85]


def test_incumbents_over_time_by_hand() -> None:
    trials = pd.concat([run("gp", 0, [0.5, 0.7], seconds=1.0), run("gp", 1, [0.6, 0.8], seconds=2)])
    found = anytime.anytime_curve(trials)
    assert (found["seconds"].iloc[0], found["seconds"].iloc[-1]) == (2.0, 2.0)
    assert found["mean"].iloc[0] == pytest.approx((0.7 + 0.6) / 2)
    half = stats.t.ppf(0.975, 1) * 0.05
    assert found["high"].iloc[0] - found["mean"].iloc[0] == pytest.approx(half)


def test_half_an_interval_is_scipys() -> None:
    wide = pd.DataFrame([[90.0, 91.0, 95.0], [90.0, 90.0, 90.0]])
    low, high = stats.t.interval(0.95, 2, loc=wide.loc[0].mean(), scale=stats.sem(wide.loc[0]))
    assert anytime.ci_half_width(wide)[0] == pytest.approx((high - low) / 2)
    assert anytime.ci_half_width(wide)[1] == 0
    assert anytime.ci_half_width(wide[[0]]).tolist() == [0, 0]


def test_the_pareto_front_by_hand() -> None:
    runs = pd.DataFrame(
        {
            "size": [100, 100, 200, 300, 400, 500],
            "test_score": [0.7, 0.8, 0.75, 0.9, 0.9, np.nan],
        }
    )
    assert summary.pareto(runs)["size"].tolist() == [100, 300]
    assert summary.pareto(runs)["test_score"].tolist() == [0.8, 0.9]


def test_nothing_yet_is_a_summary_too(two_methods: Frames) -> None:
    trials, finals = two_methods
    assert summary.summarise(trials.head(0), finals.head(0), ["n"], 0.001).empty
    without = summary.summarise(trials, finals.head(0), ["n"], 0.001)
    assert without["test_score"].isna().all()
    assert without["validation_score"].notna().all()


def test_search_range_by_hand(two_methods: Frames) -> None:
    space = [Integer(name="n", low=1, high=50)]
    table = summary.explored_range(two_methods[0], space).set_index("method")
    assert table.loc["gp", "tried"] == "1 .. 13"
    assert table.loc["gp", "allowed"] == "1 .. 50"
    assert table.loc["gp", "distinct"] == 5
    assert table.loc["gp", "best"] == 12
