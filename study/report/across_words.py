"""What a collection of studies says, in sentences that need no statistics to read."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from study.analysis.across import LEAST, ROPE, VERDICTS, seen_from
from study.collection import Collection
from study.core.formatting import join_words, pluralize

Row = Mapping[Any, Any]
UNFINISHED = "A study is unfinished: finish it by its own command before you rely on this."
MEASURE_WORDS = {"normalised_regret": "normalised regret", "rank": "rank"}


def answer(collection: Collection) -> list[str]:
    """The answer in one short sentence; then what came out, how sure, and from how many calls."""
    table = collection.method_table.set_index("method")
    measure = measure_of(collection)
    best = str(table[measure].idxmin())
    against = seen_from(collection.pairs, best).to_dict("records")
    return [
        _short(collection, best, against),
        _outcome(collection, best, measure),
        _certainty(best, against, "here", "On these problems"),
        _elsewhere(collection, best, against),
        *_budget(collection, best),
        *([] if collection.finished else [UNFINISHED]),
    ]


def _short(collection: Collection, best: str, against: Sequence[Row]) -> str:
    """Which method is best, and of whom that is shown: on problems like these if that is known."""
    kind, where = "here", f"these {pluralize(len(collection.scores), 'problem')}"
    if deciding(collection) >= LEAST:
        kind, where = "like", "problems like these"
    tied = [row["other"] for row in against if row["tied"] == row["problems"]]
    first, verb = join_words([best, *tied]), "are" if tied else "is"
    rivals = [row for row in against if row["other"] not in tied]
    open_yet = [row["other"] for row in rivals if row[f"verdict_{kind}"] != "better"]
    said = f"{where}, {first} "
    if not rivals:
        said += f"{verb} tied."
    elif open_yet:
        said += f"came out ahead, but {verb} not shown to beat {join_words(open_yet, 'or')}."
    else:
        others = "every other method" if len(rivals) > 1 else rivals[0]["other"]
        said += f"{'beat' if tied else 'beats'} {others}."
    if not collection.finished:
        return f"Unfinished: on {said}"
    return f"Not to be relied on: on {said}" if collection.doubtful else f"On {said}"


def measure_of(collection: Collection) -> str:
    """What methods are compared by: normalised regret, or ranks where no problem has one."""
    known = collection.runs["normalised_regret"].notna().any()
    return "normalised_regret" if known else "rank"


def _outcome(collection: Collection, best: str, measure: str) -> str:
    table = collection.method_table
    means = dict(zip(table["method"], table[measure], strict=True))
    calls = pluralize(collection.budget[0], "call")
    what = "mean rank" if measure == "rank" else MEASURE_WORDS[measure]
    text = (
        f"Over {pluralize(len(collection.scores), 'problem')}, with {calls} per run, {best} has "
        f"the lowest {what}: {means[best]:.2f}"
    )
    control = collection.control
    if best != control:
        text += f", against {means[control]:.2f} for {control}"
    if deciding(collection) < len(collection.scores):
        which = pluralize(deciding(collection), "problem")
        unscored = any(own.isna().all(axis=None) for own in collection.scores.values())
        or_what = ", or no run has a score" if unscored else ""
        text += f" (of {which}; on the others nothing is left to gain{or_what})"
    return text + "."


def deciding(collection: Collection) -> int:
    """How many problems the verdicts over all of them rest on."""
    return int(collection.pairs["deciding"].iloc[0])


def _certainty(best: str, against: Sequence[Row], kind: str, where: str) -> str:
    """Whom a method beats, and of whom that is not known."""
    others: dict[str, list[str]] = {"better": [], "worse": [], "undecided": []}
    for row in against:
        others[row[f"verdict_{kind}"]].append(row["other"])
    parts = [
        f"{best} beats {join_words(others['better'])}" if others["better"] else "",
        f"{best} is beaten by {join_words(others['worse'])}" if others["worse"] else "",
        f"{best} is not shown to be better than {join_words(others['undecided'])}"
        if others["undecided"]
        else "",
    ]
    return f"{where}, {'; '.join(filter(None, parts))}."


def _elsewhere(collection: Collection, best: str, against: Sequence[Row]) -> str:
    """The same of problems that were not looked at."""
    if (n := deciding(collection)) < LEAST:
        return (
            f"So few problems ({n}) tell nothing of others: take at least {LEAST} to learn what "
            "holds on problems like these."
        )
    return _certainty(best, against, "like", "On problems like these")


def _budget(collection: Collection, best: str) -> list[str]:
    """From how many calls on a method is better than the control, if at all."""
    control = collection.control
    own = collection.budgets[collection.budgets["method"] == best].sort_values("calls")
    if best == control or deciding(collection) < LEAST:
        return []
    open_yet = own["calls"][own["verdict_like"] != "better"]
    pays = own["calls"][own["calls"] > open_yet.max()] if len(open_yet) else own["calls"]
    if pays.empty:
        return [f"That {best} pays against {control} on problems like these is not shown."]
    least = pluralize(pays.min(), "call") + (" on" if len(pays) > 1 else "")
    return [f"On problems like these it pays against {control} from {least}."]


def pair_sentences(collection: Collection) -> list[str]:
    """A sentence per pair: on how many problems, and the chance at a new seed of a new problem."""
    return [_pair_sentence(row) for row in collection.pairs.to_dict("records")]


def _pair_sentence(row: Row) -> str:
    counts = [f"{verdict} on {row[verdict]}" for verdict in VERDICTS if row[verdict]]
    chance = 100 * row["probability_better"]
    ends = [100 * row[name] for name in ("probability_low", "probability_high")]
    told = (
        f"{row['method']} against {row['other']}: {join_words(counts)} of "
        f"{pluralize(row['problems'], 'problem')}"
    )
    if math.isnan(ends[0]):
        return told
    return (
        f"{told}; at a new seed of a new problem it wins in {chance:.0f} % "
        f"[{ends[0]:.0f}, {ends[1]:.0f}]"
    )


def pairs_note(collection: Collection) -> str:
    """How to read the table of pairs."""
    what = f"{MEASURE_WORDS[measure_of(collection)]}s"
    looks = any(results.info.looks for results in collection.studies.values())
    note = (
        "Counts: on how many problems the first method is better, worse, equivalent or tied, and "
        f"undecided. Difference: of {what}; positive if the first method is better. On "
        "these problems: Student's t over seeds, each problem with a variance of its own "
        "(Satterthwaite). On problems like these: the two-level bootstrap, problems drawn, then "
        "seeds within (expanded percentiles: Hesterberg, 2015); p and verdict by a mixed model "
        "with a random effect per problem (REML, Student's t; its interval stands in pairs.csv), p "
        "times the number of pairs. Practically: chances of better, same and worse, by the "
        "Bayesian signed-rank test (Benavoli et al., 2017) with a region of practical equivalence "
        f"of {ROPE:g}, seeds weighed within problems. A normalised regret of more than 2 counts as "
        "2, and a run without a score as the worst of its problem."
    )
    if looks:
        note += (
            " Some studies were extended after results had been told: their own verdicts pay for "
            "that, those over all problems do not."
        )
    return note


def budgets_note(collection: Collection) -> str:
    """How to read the table of budgets."""
    traced = all(results.info.settings.trace for results in collection.studies.values())
    seen = (
        "Incumbents, re-evaluated with fresh seeds."
        if traced
        else "Incumbents as the searches observed them; where observations are noisy, the best of "
        "them flatters, every method alike: --trace re-evaluates them."
    )
    return f"Each method against {collection.control} after so many calls. {seen}"


def interval(row: Row, low: str, high: str, form: str = ".2f") -> str:
    """Two columns as an interval, or a dash."""
    if pd.isna(row[low]):
        return "-"
    return f"[{row[low]:{form}}, {row[high]:{form}}]"
