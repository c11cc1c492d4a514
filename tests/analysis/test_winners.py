"""Winners by hand, and what may choose among them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.analysis.winners import best_first, count_chosen, winner_frame
from study.core.records import RUN
from tests.toy import Frames


def test_a_row_per_run_by_hand(two_methods: Frames) -> None:
    frame = winner_frame(*two_methods, ["n"], calls=3)
    assert list(frame.columns) == [
        *("method", "seed", "call", "n", "validation_score", "reevaluated_score", "test_score"),
        *("size", "chosen_by"),
    ]
    rows = frame.set_index(RUN)
    assert list(rows.index) == [("random", 0), ("random", 1), ("gp", 0), ("gp", 1)]
    assert rows["call"].tolist() == [1, 3, 3, 2]
    assert rows["n"].tolist() == [1, 33, 3, 12]
    assert rows["validation_score"].tolist() == [0.5, 0.7, 0.7, 0.9]
    assert rows["reevaluated_score"].tolist() == pytest.approx([0.55, 0.75, 0.65, 0.85])
    assert rows["test_score"].tolist() == pytest.approx([0.5, 0.7, 0.6, 0.8])
    assert rows["chosen_by"].tolist() == [1, 1, 1, 1]


def test_a_run_under_way_has_no_winner_yet(two_methods: Frames) -> None:
    trials, finals = two_methods
    last = (trials["method"] == "gp") & (trials["seed"] == 1) & (trials["call"] == 3)
    frame = winner_frame(trials[~last], finals, ["n"], calls=3)
    assert ("gp", 1) not in set(frame[RUN].itertuples(index=False, name=None))
    assert len(frame) == 3


def test_a_run_whose_calls_all_failed_has_no_winner(two_methods: Frames) -> None:
    trials, finals = two_methods
    failed = (trials["method"] == "gp") & (trials["seed"] == 0)
    trials = trials.assign(validation_score=trials["validation_score"].mask(failed))
    frame = winner_frame(trials, finals, ["n"], calls=3)
    assert len(frame) == 3


def frames(*runs: tuple[str, int, int, list[float]], size: float = 10) -> Frames:
    """Winners of one dimension, n, and their re-evaluations: (method, seed, n, scores)."""
    rows: list[dict[str, Any]] = []
    finals: list[dict[str, Any]] = []
    chosen = pd.Series([(method, n) for method, _, n, _ in runs]).value_counts()
    for method, seed, n, scores in runs:
        mean = float(np.nanmean(scores)) if np.isfinite(scores).any() else np.nan
        rows.append(
            {"method": method, "seed": seed, "call": 1, "n": n, "validation_score": 0.5}
            | {"reevaluated_score": mean, "test_score": 0.5, "size": size * n}
            | {"chosen_by": int(chosen[(method, n)])}
        )
        finals += [
            {"method": method, "seed": seed, "kind": "reevaluated", "validation_score": score}
            for score in scores
        ]
    return pd.DataFrame(rows), pd.DataFrame(finals)


def order(frame: pd.DataFrame, finals: pd.DataFrame) -> list[tuple[str, int, int]]:
    found = best_first(frame, finals, ["n"])[["method", "seed", "n"]]
    return list(found.itertuples(index=False, name=None))


def test_one_lucky_seed_does_not_lead() -> None:
    frame, finals = frames(
        ("gp", 0, 1, [0.9]), ("gp", 1, 2, [0.99]), ("gp", 2, 2, [0.7]), ("random", 3, 2, [0.8])
    )
    assert order(frame, finals)[0] == ("gp", 0, 1)
    pooled = best_first(frame, finals, ["n"]).set_index("n")["reevaluated_score"]
    assert pooled[2].tolist() == pytest.approx([(0.99 + 0.7 + 0.8) / 3] * 3)


def test_what_methods_share_at_a_seed_counts_once() -> None:
    frame, finals = frames(
        ("random", 0, 1, [0.9, 0.8]), ("gp", 0, 1, [0.9, 0.8]), ("gp", 1, 1, [0.7, 0.7])
    )
    pooled = best_first(frame, finals, ["n"])["reevaluated_score"]
    assert pooled.tolist() == pytest.approx([0.775] * 3)


@pytest.mark.parametrize(
    ("runs", "first"),
    [
        ([("gp", 0, 1, [0.5]), ("gp", 1, 2, [0.5]), ("gp", 2, 2, [0.5])], ("gp", 1, 2)),
        ([("gp", 0, 2, [0.5]), ("gp", 1, 1, [0.5])], ("gp", 1, 1)),
        ([("gp", 0, 1, [0.5]), ("random", 0, 1, [0.5])], ("gp", 0, 1)),
        (
            [("gp", 0, 1, [0.5]), ("random", 0, 1, [0.5]), ("random", 1, 1, [0.5])],
            ("random", 0, 1),
        ),
    ],
    ids=["more runs", "smaller", "earlier", "the method that chose it most often"],
)
def test_ties(runs: list[Any], first: tuple[str, int, int]) -> None:
    assert order(*frames(*runs))[0] == first


def test_a_configuration_that_failed_once_comes_last() -> None:
    frame, finals = frames(
        ("gp", 0, 1, [0.9, np.nan]), ("gp", 1, 1, [0.9, 0.9]), ("gp", 2, 2, [0.1, 0.1])
    )
    assert order(frame, finals)[0] == ("gp", 2, 2)


def test_no_test_score_and_no_observed_score_chooses() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(20)
    frame, finals = frames(*(("gp", seed, seed, [score]) for seed, score in enumerate(scores)))
    expected = order(frame, finals)
    assert [seed for _, seed, _ in expected] == np.argsort(-scores).tolist()
    for column in ("test_score", "validation_score"):
        assert order(frame.assign(**{column: rng.random(20)}), finals) == expected


def test_nothing_to_choose_from_is_no_error(two_methods: Frames) -> None:
    trials, finals = two_methods
    frame = winner_frame(trials[:0], finals[:0], ["n"], calls=3)
    assert best_first(frame, finals[:0], ["n"]).empty
    assert count_chosen(frame, {"n": 1}) == 0


def test_rows_with_a_point_are_counted(two_methods: Frames) -> None:
    frame = winner_frame(*two_methods, ["n"], calls=3)
    assert count_chosen(frame, {"n": 33}) == 1
    assert count_chosen(frame, {"n": 34}) == 0
