"""What a reader without statistics is told."""

from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from study.analysis.paired import compare_pairs
from study.core.objective import ACCURACY, Objective
from study.core.settings import Settings
from study.core.study_info import Session
from study.report.conclusions import conclusions, pair_sentences
from study.report.notes import look_note, work_fact
from tests.toy import Toy, make_info

PROBLEM = msgspec.structs.replace(Toy().describe(), name="mnist")
SETTINGS = Settings(seeds=8)
INFO = make_info(problem=PROBLEM, settings=SETTINGS)
RNG = np.random.default_rng(0)


def compared(scores: dict[str, list[float]], margin: float = 0.1) -> pd.DataFrame:
    return compare_pairs(pd.DataFrame(scores), margin, np.random.default_rng(0))


def summary(means: dict[str, float], seconds: dict[str, float] | None = None) -> pd.DataFrame:
    seconds = seconds or dict.fromkeys(means, 1.0)
    return pd.DataFrame(
        {
            "method": list(means),
            "test_score": [mean / 100 for mean in means.values()],
            "seconds_per_call": [seconds[name] for name in means],
            "retrainings": 24,
            "collapsed": 0,
        }
    )


BASELINE = [93.0, 93.1, 93.2, 93.3, 93.4, 93.1, 93.2, 93.0]
GP = [97.2, 97.5, 97.3, 97.6, 97.4, 97.5, 97.3, 97.4]
GBRT = [97.4, 97.3, 97.5, 97.4, 97.3, 97.6, 97.2, 97.4]


def test_a_clear_difference_is_a_victory() -> None:
    assert pair_sentences(compared({"baseline": BASELINE, "gp": GP}), ACCURACY, {}) == [
        "gp beats baseline by 4.25 pp [4.10, 4.40]; 8 won, 0 tied, 0 lost"
    ]


def test_a_defeat_is_told_from_the_winners_side() -> None:
    assert pair_sentences(compared({"gp": GP, "baseline": BASELINE}), ACCURACY, {}) == [
        "gp beats baseline by 4.25 pp [4.10, 4.40]; 8 won, 0 tied, 0 lost"
    ]


def test_an_open_question_comes_with_what_would_decide_it() -> None:
    (line,) = pair_sentences(compared({"gp": GP, "gbrt": GBRT}), ACCURACY, {})
    counts = "3 won, 1 tied, 4 lost"
    assert line.startswith(
        f"gbrt \N{MINUS SIGN} gp: +0.00 pp [-0.15, +0.15], undecided; {counts}; "
    )
    assert line.endswith("about 52 seeds (52 to 140) would decide")


def test_equivalence_names_its_margin() -> None:
    (line,) = pair_sentences(compared({"gp": GP, "gbrt": GBRT}, margin=0.5), ACCURACY, {})
    difference = "gbrt \N{MINUS SIGN} gp: +0.00 pp [-0.15, +0.15]"
    assert line == f"{difference}, equivalent within 0.5 pp; 3 won, 1 tied, 4 lost"


def test_a_tie_is_called_one_and_more_seeds_are_not_advised() -> None:
    comparisons = compared({"gp": [50.0] * 3, "random": [50.0] * 3})
    info = msgspec.structs.replace(INFO, settings=Settings(seeds=3))
    assert pair_sentences(comparisons, ACCURACY, {}) == [
        "random and gp: tied, the same test accuracy at each of 3 seeds"
    ]
    assert conclusions(summary({"gp": 50.0, "random": 50.0}), comparisons, info, []) == [
        "gp and random are tied on mnist.",
        "On mnist, with 12 calls per run and 3 seeds, gp and random are tied: 50.00 %.",
        "Every seed gave all of them the same test accuracy.",
        "More calls may tell them apart, or more seeds.",
    ]
    comparisons = compared({"gp": [50.0] * 6, "random": [50.0] * 6})
    more = msgspec.structs.replace(INFO, settings=Settings(seeds=6))
    told = conclusions(summary({"gp": 50.0, "random": 50.0}), comparisons, more, [])
    assert told[-1] == "More calls may tell them apart, more seeds will not."


def test_a_tie_at_one_seed_is_none() -> None:
    info = msgspec.structs.replace(INFO, settings=Settings(seeds=1))
    comparisons = compared({"gp": [50.0], "random": [50.0]})
    told = conclusions(summary({"gp": 50.0, "random": 50.0}), comparisons, info, [])
    assert told[0] == "gp and random came out best on mnist, at one seed, which decides nothing."
    assert told[-1] == "One seed decides nothing: take at least five."


def test_some_may_be_tied_at_the_top() -> None:
    comparisons = compared({"gp": GP, "tpe": GP, "baseline": BASELINE})
    _, first, second, third = conclusions(
        summary({"gp": 97.4, "tpe": 97.4, "baseline": 93.16}), comparisons, INFO, []
    )
    assert "gp and tpe reached the highest test accuracy on average: 97.40 %, against" in first
    assert second == "It beats baseline by 4.25 pp [4.10, 4.40]; it is tied with tpe."
    assert third == "Take gp."


def test_one_seed_is_no_average() -> None:
    comparisons = compared({"gp": [97.0], "gbrt": [97.5]})
    info = msgspec.structs.replace(INFO, settings=Settings(seeds=1))
    short, first, *_ = conclusions(summary({"gp": 97.0, "gbrt": 97.5}), comparisons, info, [])
    assert short == "gbrt came out best on mnist, at one seed, which decides nothing."
    assert first.endswith("1 seed, gbrt reached the highest test accuracy: 97.50 %.")


def test_one_seed_is_said_to_tell_nothing() -> None:
    (line,) = pair_sentences(compared({"gp": [97.0], "gbrt": [97.5]}), ACCURACY, {})
    pair = "gbrt \N{MINUS SIGN} gp"
    assert line == f"{pair}: +0.50 pp at one seed, which tells nothing of others"


def test_few_seeds_tell_their_range_and_no_number_of_seeds() -> None:
    comparisons = compared({"gp": GP[:4], "gbrt": GBRT[:4]})
    (line,) = pair_sentences(comparisons, ACCURACY, {})
    difference = "gbrt \N{MINUS SIGN} gp: +0.00 pp, all 4 seeds within [-0.20, +0.20]"
    assert line == f"{difference}, undecided; 2 won, 0 tied, 2 lost"
    info = msgspec.structs.replace(INFO, settings=Settings(seeds=4))
    means = summary({"gp": 97.40, "gbrt": 97.39})
    third = conclusions(means, comparisons, info, [])[-1]
    assert third == "So few seeds cannot tell gp from gbrt: take at least 8."


def test_few_seeds_that_differ_are_counted() -> None:
    tied = [97.0] * 8
    comparisons = compared({"gp": tied, "tpe": [*tied[:6], 97.5, 97.6]})
    (line,) = pair_sentences(comparisons, ACCURACY, {})
    difference = "tpe \N{MINUS SIGN} gp: +0.00 pp [+0.00, +0.30]"
    assert line == f"{difference}, undecided; 2 won, 6 tied, 0 lost"


def test_a_collapse_is_named_beside_every_verdict() -> None:
    low = [*GBRT[:7], 57.0]
    comparisons = compared({"gp": [*GP[:7], 97.2], "gbrt": low, "baseline": BASELINE}, margin=25)
    lines = pair_sentences(comparisons, ACCURACY, {"gbrt": "3 of 24"})
    assert "equivalent within 25 pp apart from collapses (gbrt 3 of 24); 3 won" in lines[0]
    means = summary({"gp": 97.40, "gbrt": 92.3}).assign(collapsed=[0, 3])
    second = conclusions(means, comparisons, INFO, [])[2]
    assert second.endswith("Retrainings that collapsed: gbrt 3 of 24.")


def test_what_is_best_on_average_may_be_beaten_typically() -> None:
    """Seven seeds of eight are worse, one is better by far."""
    lucky = [*[score - 0.5 for score in GP[:7]], 99.9]
    gp = [*GP[:7], 90.0]
    comparisons = compared({"gp": gp, "gbrt": lucky, "tpe": [s - 0.4 for s in lucky]}, margin=0.01)
    seen = comparisons.assign(verdict=["worse", "undecided", "undecided"])
    means = summary({"gp": 96.4, "gbrt": 97.2, "tpe": 96.8})
    second = conclusions(means, seen, INFO, [])[2]
    assert second.startswith("Typically, gp beats it by 0.50 pp [")


def test_decided_pairs_come_first() -> None:
    found = pair_sentences(compared({"gp": GP, "gbrt": GBRT, "baseline": BASELINE}), ACCURACY, {})
    assert ["beats" in line for line in found] == [True, True, False]


def test_a_short_answer_and_then_what_how_sure_and_what_next() -> None:
    comparisons = compared({"baseline": BASELINE, "gp": GP, "gbrt": GBRT})
    means = {"baseline": 93.16, "gp": 97.40, "gbrt": 97.39}
    short, first, second, third = conclusions(summary(means), comparisons, INFO, [])
    assert short == "Every search beats the baseline on mnist; which search is best is undecided."
    assert first == (
        "On mnist, with 12 calls per run and 8 seeds, gp reached the highest test accuracy "
        "on average: 97.40 %, against 93.16 % for the baseline."
    )
    assert second == (
        "It beats baseline by 4.25 pp [4.10, 4.40]; whether it is better than gbrt is undecided."
    )
    assert third.endswith("would tell gp from gbrt.")


def test_among_equivalent_methods_the_cheapest_is_advised() -> None:
    comparisons = compared({"gp": GP, "gbrt": GBRT}, margin=0.5)
    seconds = {"gp": 3.0, "gbrt": 1.0}
    means = summary({"gp": 97.40, "gbrt": 97.39}, seconds)
    assert conclusions(means, comparisons, INFO, [])[-1] == (
        "Take gbrt, which is as good and the cheapest per call."
    )


def test_a_hopeless_question_is_not_to_be_pursued() -> None:
    gp = [90.0, 95.0, 80.0, 70.0, 60.0, 75.0, 85.0, 65.0]
    gbrt = [95.0, 90.0, 80.1, 60.0, 70.0, 75.1, 65.0, 85.0]
    comparisons = compared({"gp": gp, "gbrt": gbrt})
    means = summary({"gp": 88.33, "gbrt": 88.37}, {"gp": 3.0, "gbrt": 1.0})
    third = conclusions(means, comparisons, INFO, [])[-1]
    assert "more than 10,000 seeds; rather take gbrt" in third


@pytest.mark.parametrize(
    ("info", "failed", "expected"),
    [
        ({"finished": False}, [], "unfinished"),
        ({}, ["3 of 9 calls failed"], "Do not rely on it: 3 of 9 calls failed."),
        ({"settings": Settings(seeds=1)}, [], "One seed decides nothing"),
    ],
)
def test_what_is_wrong_with_a_study_is_the_last_sentence(
    info: dict[str, Any], failed: list[str], expected: str
) -> None:
    comparisons = compared({"gp": GP, "gbrt": GBRT})
    changed, means = msgspec.structs.replace(INFO, **info), summary({"gp": 97.40, "gbrt": 97.39})
    third = conclusions(means, comparisons, changed, failed)[-1]
    assert expected in third


def test_if_nothing_beats_the_baseline_it_is_said() -> None:
    comparisons = compared({"baseline": GP, "gp": BASELINE})
    means = summary({"baseline": 97.40, "gp": 93.16})
    short, first, second, third = conclusions(means, comparisons, INFO, [])
    assert short == "The untuned baseline beats every search on mnist."
    assert first.endswith("a better test accuracy on average than the untuned baseline: 97.40 %.")
    assert second == "It beats gp by 4.25 pp [4.10, 4.40]."
    assert third == "Take baseline."


@pytest.mark.parametrize(("finished", "told"), [(False, " yet: no run"), (True, ": no run has a")])
def test_nothing_finished_is_said(finished: bool, told: str) -> None:
    info = msgspec.structs.replace(INFO, finished=finished)
    (line,) = conclusions(summary({"gp": float("nan")}), compared({"gp": []}), info, [])
    assert line.startswith(f"Nothing can be said{told}")


MEANS = {"baseline": 93.16, "gp": 97.40, "gbrt": 97.39, "random": 97.0}


@pytest.mark.parametrize(
    ("verdicts", "answer"),
    [
        ("better better better", "gp beats every other method on mnist."),
        (
            "better undecided undecided",
            "Every search beats the baseline on mnist; which search is best is undecided.",
        ),
        (
            "better undecided better",
            "Every search beats the baseline on mnist; gp and gbrt also beat random, but which of "
            "them is best is undecided.",
        ),
        (
            "better undecided equivalent",
            "Every search beats the baseline on mnist; which search is best is undecided.",
        ),
        (
            "better equivalent better",
            "Every search beats the baseline on mnist; gbrt is as good as gp, and both beat "
            "random.",
        ),
        (
            "undecided undecided better",
            "gp came out ahead on mnist, but is not shown to beat baseline or gbrt.",
        ),
        (
            "better equivalent tied",
            "Every search beats the baseline on mnist; gbrt and random are as good as gp.",
        ),
        (
            "undecided better undecided",
            "gp came out ahead on mnist, but is not shown to beat baseline or random.",
        ),
        ("equivalent better better", "baseline is as good as gp on mnist."),
        (
            "undecided tied undecided",
            "gp and gbrt came out ahead on mnist, but are not shown to beat baseline or random.",
        ),
        (
            "better worse undecided",
            "On average gp is best on mnist, but typically gbrt beats it.",
        ),
        (
            "worse worse better",
            "On average gp is best on mnist, but typically baseline and gbrt beat it.",
        ),
    ],
)
def test_the_short_answer_says_what_is_shown_and_no_more(verdicts: str, answer: str) -> None:
    """`verdicts` are those of gp against baseline, gbrt and random; gbrt beats the two others."""
    against = dict(zip(("baseline", "gbrt", "random"), verdicts.split(), strict=True))
    frame = pd.DataFrame({name: [mean] * 8 for name, mean in MEANS.items()})
    pairs = compare_pairs(frame, 0.1, np.random.default_rng(0))
    turned = {"better": "worse", "worse": "better"}

    def verdict(method: str, other: str) -> str:
        if method == "gp":
            return against[other]
        if other == "gp":
            return turned.get(against[method], against[method])
        return "better" if MEANS[method] > MEANS[other] else "worse"

    seen = pairs.assign(verdict=list(map(verdict, pairs["method"], pairs["other"])))
    assert conclusions(summary(MEANS), seen, INFO, [])[0] == answer


def test_methods_tied_at_one_seed_came_out_best_together() -> None:
    info = msgspec.structs.replace(INFO, settings=Settings(seeds=1))
    comparisons = compared({"gp": [97.5], "gbrt": [97.5], "random": [97.0]})
    means = summary({"gp": 97.5, "gbrt": 97.5, "random": 97.0})
    assert conclusions(means, comparisons, info, [])[0].startswith("gp and gbrt came out best on")


def rarely_failing() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means and pairs of a search that beats the baseline but for two of twenty runs."""
    usual = np.linspace(92.9, 93.1, 20)
    scores = {"baseline": usual - 1, "random": np.where(np.arange(20) < 2, 10.0, usual)}
    means = summary({name: float(own.mean()) for name, own in scores.items()})
    pairs = compared({name: own.tolist() for name, own in scores.items()})
    return means.assign(collapsed=[0, 6]), pairs


def test_what_wins_typically_and_fails_rarely_is_neither_hidden_nor_advised_against() -> None:
    short, first, second, third = conclusions(*rarely_failing(), INFO, [])
    assert short == "On average baseline is best on mnist, but typically random beats it."
    assert "no search reached a better test accuracy on average than the untuned" in first
    assert second.startswith("Typically, random beats it by 1.00 pp [")
    assert second.endswith("Retrainings that collapsed: random 6 of 24.")
    assert third == "Take random if the usual run counts, baseline if the average does."


def test_what_is_as_good_apart_from_collapses_is_not_advised_for_its_price() -> None:
    gp, random = np.linspace(92.9, 93.1, 40), np.linspace(92.9, 93.1, 40)
    random[:2] = 10.0
    comparisons = compared({"gp": gp.tolist(), "random": random.tolist()}, margin=0.5)
    means = summary({"gp": 93.0, "random": 90.9}, {"gp": 3.0, "random": 1.0})
    told = conclusions(means.assign(collapsed=[0, 6]), comparisons, INFO, [])
    assert told[0] == "random is as good as gp on mnist, apart from collapses."
    assert told[-1] == "Take gp."


def test_of_too_few_seeds_that_differ_no_number_is_advised() -> None:
    tied = [97.0] * 10
    comparisons = compared({"gp": tied, "tpe": [*tied[:5], 97.5, 97.6, 97.7, 97.8, 97.9]})
    third = conclusions(summary({"gp": 97.0, "tpe": 97.35}), comparisons, INFO, [])[-1]
    assert third == "Too few seeds differ to say how many would tell tpe from gp."


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([], "fixed beforehand"),
        ([5], "Results at 5 seeds were seen before. So few allow no test"),
        ([5, 10], "Results at 5 and 10 seeds were seen before. Interval for all pairs, p and "
         "verdict pay for one look"),
        ([8, 10], "pay for 2 looks (Slud & Wei, 1982)"),
    ],
)  # fmt: skip
def test_only_looks_that_allowed_a_test_are_paid_for(looks: list[int], told: str) -> None:
    assert told in look_note(msgspec.structs.replace(INFO, looks=looks))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ([60.0, 60.0], "with one worker; what took longer than 60 s was given up"),
        ([60.0, None, 5.0], "the time limit differed between sessions (5 s, 60 s, none), so that"),
    ],
)
def test_the_time_limits_of_all_sessions_are_told(limits: list[float | None], told: str) -> None:
    sessions = [Session(workers=1, timeout=limit) for limit in limits]
    assert told in work_fact(msgspec.structs.replace(INFO, sessions=sessions))


@pytest.mark.parametrize(
    ("info", "failed", "begins"),
    [({"finished": False}, [], "Unfinished: "), ({}, ["3 failed"], "Not to be relied on: ")],
)
def test_a_short_answer_that_stands_alone_names_what_is_wrong(
    info: dict[str, Any], failed: list[str], begins: str
) -> None:
    comparisons = compared({"gp": GP, "gbrt": GBRT})
    changed, means = msgspec.structs.replace(INFO, **info), summary({"gp": 97.40, "gbrt": 97.39})
    assert conclusions(means, comparisons, changed, failed)[0].startswith(begins)


def test_of_a_loss_the_advantage_is_told() -> None:
    loss = Objective(name="loss", maximise=False)
    scores = {"gp": [-1.0, -1.2, -1.1], "random": [-2.0, -1.1, -2.2]}
    (line,) = pair_sentences(compare_pairs(pd.DataFrame(scores), None, RNG), loss, {})
    assert line.startswith("random \N{MINUS SIGN} gp: advantage -0.75, all 3 seeds within ")
    assert line.endswith("undecided; 1 won, 0 tied, 2 lost")


@pytest.mark.parametrize("n", [1, 2, 5, 8, 30])
def test_won_tied_and_lost_add_up_to_the_seeds(n: int) -> None:
    draws = np.round(np.random.default_rng(n).normal(90, 1, (n, 2)), 0)
    (row,) = compare_pairs(pd.DataFrame(draws, columns=["gp", "random"]), 0.1, RNG).to_dict(
        "records"
    )
    assert row["wins"] + row["ties"] + row["losses"] == n
