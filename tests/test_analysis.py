import pandas as pd
import pytest

from study import analysis
from study.trials import Evaluation, Final, Part, Status, Task, Trial, task


def evaluation(accuracy: float | None, parameters: int = 10, seconds: float = 1.0) -> Evaluation:
    status = Status.OK if accuracy is not None else Status.FAILED
    return Evaluation(
        status=status,
        reason="" if accuracy is not None else "ValueError: no",
        accuracy=accuracy,
        parameters=parameters if accuracy is not None else None,
        seconds=seconds,
    )


def point(n: int, seed: int, part: Part = Part.VALIDATION) -> Task:
    return task(part, seed, {"n": n}, 0)


@pytest.fixture
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two methods, two seeds, three calls; the first call of both is shared."""
    done: analysis.Done = {}
    trials: list[Trial] = []
    scores: dict[tuple[str, int], list[float | None]] = {
        ("gp", 0): [0.5, None, 0.7],
        ("gp", 1): [0.6, 0.9, 0.8],
        ("random", 0): [0.5, 0.4, 0.45],
        ("random", 1): [0.6, 0.5, 0.7],
    }
    for number, ((method, seed), accuracies) in enumerate(scores.items()):
        for call, accuracy in enumerate(accuracies, 1):
            wanted = point(1 if call == 1 else 10 * number + call, seed)
            done.setdefault(wanted.key, (wanted, evaluation(accuracy, seconds=call)))
            trials.append(
                Trial(method=method, seed=seed, call=call, task=wanted, propose_seconds=0.5)
            )
    finals = []
    tested = {("gp", 0): 0.6, ("gp", 1): 0.8, ("random", 0): 0.5, ("random", 1): 0.7}
    for number, ((method, seed), accuracy) in enumerate(tested.items()):
        for repeat, delta in ((1, -0.01), (2, 0.01)):
            wanted = task(Part.TEST, seed, {"n": number}, repeat)
            done[wanted.key] = (wanted, evaluation(accuracy + delta, parameters=100 * (number + 1)))
            finals.append(Final(method=method, seed=seed, repeat=repeat, task=wanted))
    methods = ["random", "gp"]
    return (
        analysis.trial_frame(trials[::-1], done, methods, initial_points=1, dimensions=["n"]),
        analysis.final_frame(finals[::-1], done, methods),
    )


Frames = tuple[pd.DataFrame, pd.DataFrame]


def test_trials_are_ordered_and_incumbents_never_fall(frames: Frames) -> None:
    trials, _ = frames
    keys = list(zip(trials["method"], trials["seed"], trials["call"], strict=True))
    assert keys == [(m, s, c) for m in ("random", "gp") for s in (0, 1) for c in (1, 2, 3)]
    incumbents = trials["incumbent_accuracy"].tolist()
    assert incumbents == [0.5, 0.5, 0.5, 0.6, 0.6, 0.7, 0.5, 0.5, 0.7, 0.6, 0.9, 0.9]
    assert trials["phase"].tolist() == ["initial", "search", "search"] * 4


def test_a_shared_evaluation_is_marked_where_it_stands_again(frames: Frames) -> None:
    trials, _ = frames
    reused = trials[trials["reused"]]
    assert list(zip(reused["method"], reused["call"], strict=True)) == [("gp", 1), ("gp", 1)]


def test_a_summary_by_hand(frames: Frames) -> None:
    summary = analysis.summarise(*frames).set_index("method")
    assert list(summary.index) == ["random", "gp"]
    gp = summary.loc["gp"]
    assert gp["validation_accuracy"] == pytest.approx(0.8)
    assert gp["validation_sd"] == pytest.approx(0.1 * 2**0.5)
    assert gp["test_accuracy"] == pytest.approx(0.7)
    assert gp["test_sd"] == pytest.approx(0.1 * 2**0.5)
    assert (gp["parameters_min"], gp["parameters_median"], gp["parameters_max"]) == (100, 150, 200)
    assert (gp["propose_seconds"], gp["train_seconds"]) == (0.5, 2.0)
    assert gp["seconds_per_call"] == 2.5
    assert (gp["seeds"], gp["calls"], gp["failed"]) == (2, 6, 1)
    assert summary.loc["random", "failed"] == 0


def test_what_failed_is_listed(frames: Frames) -> None:
    assert analysis.failures(*frames) == ["gp seed 0 call 2: failed, ValueError: no"]


def test_nothing_yet_is_a_summary_too(frames: Frames) -> None:
    trials, finals = frames
    assert analysis.summarise(trials.head(0), finals.head(0)).empty
    without = analysis.summarise(trials, finals.head(0))
    assert without["test_accuracy"].isna().all()
    assert without["validation_accuracy"].notna().all()


def test_search_range_by_hand(frames: Frames) -> None:
    space = [{"kind": "integer", "name": "n", "low": 1, "high": 50}]
    table = analysis.search_range(frames[0], space).set_index("method")
    assert table.loc["gp", "tried"] == "1 .. 13"
    assert table.loc["gp", "allowed"] == "1 .. 50"
    assert table.loc["gp", "distinct"] == 5
    assert table.loc["gp", "best"] == 12
