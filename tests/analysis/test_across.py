"""Standardised runs, tables of methods and pairs, and targets: cases computed by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.analysis import across, attainment
from study.analysis.standardise import by_problem, standardised_runs
from study.analysis.two_level import mixed_model


def frame(**columns: list[float]) -> pd.DataFrame:
    """(seeds, methods) scores."""
    return pd.DataFrame(
        columns, index=pd.RangeIndex(len(next(iter(columns.values()))), name="seed")
    )


def hard_and_easy() -> dict[str, pd.DataFrame]:
    """Regrets of two methods on a problem of known optimum, and accuracies on one without."""
    return {
        "regret": frame(random=[-4.0, -2.0, -3.0], gp=[-1.5, -3.0, 0.0]),
        "accuracy": frame(random=[0.8, 0.9, 0.7], gp=[0.95, 0.9, 0.85]),
    }


def test_0_is_the_best_known_and_1_the_median_of_random_search() -> None:
    runs = standardised_runs(hard_and_easy(), {"regret": True, "accuracy": False})
    wide = by_problem(runs, "normalised_regret")
    assert wide["regret"]["random"].tolist() == pytest.approx([4 / 3, 2 / 3, 1.0])
    assert wide["regret"]["gp"].tolist() == pytest.approx([0.5, 1.0, 0.0])
    assert wide["accuracy"]["gp"].tolist() == pytest.approx([0.0, 1 / 3, 2 / 3])  # best: 0.95
    assert list(runs.columns) == ["problem", "seed", "method", "score", "normalised_regret", "rank"]


def test_the_best_known_may_be_that_of_a_method_which_is_not_compared() -> None:
    others = {"p": frame(tpe=[0.7, 1.0])}
    runs = standardised_runs({"p": frame(random=[0.5, 0.5], gp=[0.5, 0.75])}, {"p": False})
    assert runs["normalised_regret"].tolist() == [1.0, 1.0, 1.0, 0.0]
    runs = standardised_runs(
        {"p": frame(random=[0.5, 0.5], gp=[0.5, 0.75])}, {"p": False}, others=others
    )
    assert runs["normalised_regret"].tolist() == [1.0, 1.0, 1.0, 0.5]


def test_equal_scores_share_a_rank() -> None:
    runs = standardised_runs(hard_and_easy(), {"regret": True, "accuracy": False})
    assert by_problem(runs, "rank")["accuracy"]["gp"].tolist() == [1.0, 1.5, 1.0]


def test_a_collapse_counts_as_twice_the_way_to_random_search_at_most() -> None:
    scores = {"p": frame(random=[-1.0, -1.0], gp=[-500.0, -0.5])}
    assert standardised_runs(scores, {"p": True})["normalised_regret"].max() == 2.0


def test_one_huge_loss_leaves_the_other_regrets_as_they_are() -> None:
    scores = {"p": frame(random=[-5.0, -4.0, -6.0, -3e13], gp=[-1.0, -2.0, -1.5, -1.0])}
    regrets = by_problem(standardised_runs(scores, {"p": False}), "normalised_regret")["p"]
    assert regrets["gp"].tolist() == pytest.approx([0.0, 1 / 4.5, 0.5 / 4.5, 0.0])
    assert regrets["random"].max() == 2.0


def test_a_run_without_a_score_is_the_worst() -> None:
    scores = {"p": frame(random=[-1.0, -2.0], gp=[np.nan, -0.5])}
    runs = standardised_runs(scores, {"p": True})
    failed = runs[(runs["method"] == "gp") & (runs["seed"] == 0)].iloc[0]
    assert np.isnan(failed["score"])
    assert failed["rank"] == 2.0
    assert failed["normalised_regret"] == pytest.approx(2 / 1.5)


def test_where_random_search_finds_the_best_there_is_no_normalised_regret() -> None:
    scores = {"p": frame(random=[0.0, 0.0], gp=[0.0, -1.0]), "q": frame(random=[-1.0], gp=[-2.0])}
    runs = standardised_runs(scores, {"p": True, "q": True})
    assert list(by_problem(runs, "normalised_regret")) == ["q"]
    assert list(by_problem(runs, "rank")) == ["p", "q"]


def made_up(problems: int = 6, seeds: int = 8, advantage: float = 0.5) -> dict[str, pd.DataFrame]:
    """Regrets: b beats random by about `advantage` of its median regret, c is random's like."""
    rng = np.random.default_rng(1)
    found = {}
    for number in range(problems):
        draw = 1 + 0.2 * rng.normal(size=(seeds, 3)).clip(-3, 3)
        draw[:, 1] *= 1 - advantage
        found[f"p{number}"] = pd.DataFrame(
            -draw * 10.0**number,
            columns=["random", "b", "c"],
            index=pd.RangeIndex(seeds, name="seed"),
        )
    return found


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    scores = made_up()
    runs = standardised_runs(scores, dict.fromkeys(scores, True))
    verdicts = across.verdict_table(
        scores, dict.fromkeys(scores), {problem: [] for problem in scores}
    )
    rng = np.random.default_rng(0)
    return runs, across.method_table(runs, rng), across.pair_table(runs, verdicts, rng)


def row_of(pairs: pd.DataFrame, method: str, other: str) -> dict[Any, Any]:
    (row,) = pairs[(pairs["method"] == method) & (pairs["other"] == other)].to_dict("records")
    return row


def test_what_is_better_is_found_whatever_the_scales(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    _, methods, pairs = tables
    regret = methods.set_index("method")["normalised_regret"]
    assert regret["b"] == pytest.approx(0.5, abs=0.06)
    assert regret["random"] == pytest.approx(1.0, abs=0.05)
    assert row_of(pairs, "b", "random")["verdict_like"] == "better"
    assert row_of(pairs, "c", "b")["verdict_like"] == "worse"
    assert row_of(pairs, "c", "random")["verdict_like"] == "undecided"


def test_a_pair_is_counted_problem_by_problem(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    counts = tables[2][list(across.VERDICTS)].sum(axis=1)
    assert (counts == 6).all()
    assert row_of(tables[2], "b", "random")["better"] == 6


def test_the_chance_at_a_new_seed_of_a_new_problem_is_the_mean_share_of_seeds_won(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    runs, _, pairs = tables
    wide = by_problem(runs, "rank").values()
    expected = np.mean([(own["c"] < own["random"]).mean() for own in wide])
    row = row_of(pairs, "c", "random")
    assert row["probability_better"] == pytest.approx(expected)
    assert row["probability_low"] <= expected <= row["probability_high"]


def test_over_problems_a_pair_is_tested_by_the_mixed_model(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    runs, _, pairs = tables
    wide = by_problem(runs, "normalised_regret").values()
    expected = mixed_model([(own["random"] - own["b"]).to_numpy() for own in wide])
    row = row_of(pairs, "b", "random")
    assert row["p_like"] == pytest.approx(expected.p_value)
    assert row["p_like_adjusted"] == pytest.approx(3 * expected.p_value)
    assert row["normalised_regret_mixed_low"] == pytest.approx(expected.low)


def test_four_problems_say_nothing_of_others() -> None:
    scores = made_up(problems=4)
    runs = standardised_runs(scores, dict.fromkeys(scores, True))
    verdicts = across.verdict_table(
        scores, dict.fromkeys(scores), {problem: [] for problem in scores}
    )
    pairs = across.pair_table(runs, verdicts, np.random.default_rng(0))
    assert set(pairs["verdict_like"]) == {"undecided"}
    assert "better" in set(pairs["verdict_here"])


def test_where_one_problem_leaves_something_to_gain_its_seeds_alone_speak() -> None:
    scores = {
        "p": frame(random=[0.0, 0.0], gp=[0.0, -1.0]),
        "q": frame(random=[-1.0, -2.0], gp=[-2.0, -1.0]),
    }
    runs = standardised_runs(scores, {"p": True, "q": True})
    table = across.method_table(runs, np.random.default_rng(0))
    assert table["normalised_regret"].notna().all()
    assert table["normalised_regret_like_low"].isna().all()
    assert table["rank_here_low"].notna().all()


def test_a_pair_seen_from_the_other_side_says_the_same(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    pairs = tables[2]
    row = row_of(pairs, "c", "b")
    seen = across.seen_from(pairs, "b")
    assert set(seen["other"]) == {"random", "c"}
    mirrored = row_of(seen, "b", "c")
    assert mirrored["worse"] == row["better"]
    assert mirrored["normalised_regret"] == -row["normalised_regret"]
    assert mirrored["rank_like_low"] == -row["rank_like_high"]
    assert mirrored["probability_low"] == pytest.approx(1 - row["probability_high"])
    assert mirrored["verdict_like"] == "better"
    control = across.against(pairs, "b")
    assert set(control["other"]) == {"b"}
    assert row_of(control, "c", "b")["better"] == row["better"]


def incumbents(**scores: list[float]) -> pd.DataFrame:
    """Calls of one seed of each method, a second each."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "method": method,
                    "seed": 0,
                    "call": range(1, len(own) + 1),
                    "incumbent_score": own,
                    "elapsed_seconds": np.arange(1.0, len(own) + 1),
                }
            )
            for method, own in scores.items()
        ],
        ignore_index=True,
    )


def test_targets_are_the_deciles_of_what_random_search_held() -> None:
    rows = incumbents(random=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0], gp=[50.0] * 10)
    assert attainment.targets(rows, 0).tolist() == list(range(1, 11))


def test_targets_reached_are_counted_by_call_and_by_second() -> None:
    rows = incumbents(random=[1.0, 1.0, 2.0, 2.0], gp=[0.0, 2.0, 2.0, 2.0])
    table = attainment.attainment({"p": rows}, 4, 0)
    share = table[table["by"] == "call"].set_index(["method", "at"])["share"]
    assert [share["random", call] for call in (1, 2, 3, 4)] == [0.5, 0.5, 1.0, 1.0]
    assert [share["gp", call] for call in (1, 2, 3, 4)] == [0.0, 1.0, 1.0, 1.0]
    by_second = table[(table["by"] == "second") & (table["method"] == "gp")]
    assert by_second["share"].iloc[-1] == 1.0
    assert by_second["share"].is_monotonic_increasing


def test_every_problem_counts_alike_in_a_profile() -> None:
    scores = {"p": frame(random=[-1.0] * 4, gp=[0.0] * 4), "q": frame(random=[-1.0], gp=[-1.0])}
    runs = standardised_runs(scores, {"p": True, "q": True})
    profile = attainment.profile(runs).set_index(["method", "at"])["share"]
    assert profile["gp", 0.0] == 0.5
    assert profile["gp", 1.0] == 1.0


def test_budgets_are_round_and_end_with_all_calls() -> None:
    assert attainment.budgets(60, 10) == [20, 50, 60]
    assert attainment.budgets(12, 5) == [10, 12]
    assert attainment.budgets(4, 4) == [4]
