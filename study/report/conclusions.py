"""The answer of a study in sentences that need no statistics to read."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from study.analysis.checks import doubts
from study.analysis.needed import LEAST, least_seeds
from study.analysis.signed_rank import RANKED_FROM
from study.core.formatting import format_pair, join_words, pluralize
from study.core.objective import LOWEST_REGRET, Objective
from study.core.study_info import StudyInfo
from study.report.short_answer import short_answer
from study.results import Results

FEW = 200  # seeds that somebody may still want to train

Row = dict[str, Any]
"""A comparison: a row of `study.analysis.paired.compare_pairs`."""


def to_rows(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as dictionaries by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def swap_sides(row: Row) -> Row:
    """The same comparison, seen from the other method's side."""
    opposite = {"worse": "better", "better": "worse"}
    return {
        **row,
        "method": row["other"],
        "other": row["method"],
        "typical_difference": -row["typical_difference"],
        "low": -row["high"],
        "high": -row["low"],
        "wins": row["losses"],
        "losses": row["wins"],
        "verdict": opposite.get(row["verdict"], row["verdict"]),
    }


def pair_sentence(row: Row, objective: Objective, collapsed: Mapping[str, str]) -> str:
    """A comparison in words, seen from the winner's side if there is one.

    `collapsed` says how often which method did, if it did.
    """
    n = row["n"]
    fell = [f"{name} {collapsed[name]}" for name in _methods(row) if name in collapsed]
    beside = f"; collapsed: {', '.join(fell)}" if fell else ""
    if row["verdict"] == "tied" or n == 0:
        where = f"each of {n:,} seeds" if n > 1 else "one seed, which tells nothing of others"
        same = f"tied, the same {objective.final_label} at {where}"
        return f"{' and '.join(_methods(row))}: {same if n else 'no seed has both yet'}"
    counts = f"{row['wins']:,} won, {row['ties']:,} tied, {row['losses']:,} lost"
    if row["verdict"] == "better":
        return f"{row['method']} beats {win_clause(row, objective)}; {counts}{beside}"
    pair, apart = format_pair(*_methods(row)), signed_clause(row, objective)
    if n == 1:
        return f"{pair}: {apart} at one seed, which tells nothing of others"
    few = f", all {n:,} seeds within" if n < RANKED_FROM else ""
    difference = f"{apart}{few} {objective.format_interval(row['low'], row['high'])}"
    if row["verdict"] == "equivalent":
        within = f"{row['margin']:g}{objective.difference_unit}"
        besides = f" apart from collapses ({', '.join(fell)})" if fell else ""
        return f"{pair}: {difference}, equivalent within {within}{besides}; {counts}"
    return f"{pair}: {difference}, undecided; {counts}{_needed_clause(row)}{beside}"


def signed_clause(row: Row, objective: Objective) -> str:
    """The typical difference of a pair; of what is better if lower, the first one's advantage."""
    name = "" if objective.sign > 0 else "advantage "
    signed = objective.format_signed_difference(row["typical_difference"])
    return f"{name}{signed}{objective.difference_unit}"


def _methods(row: Row) -> tuple[str, str]:
    return row["method"], row["other"]


def _needed_clause(row: Row) -> str:
    return f"; {seeds_clause(row)} would decide" if needed_seeds(row) else ""


def needed_seeds(row: Row) -> str:
    """About how many seeds would decide a pair, as a number; nothing if that is not known."""
    known = not math.isnan(row["seeds_needed"]) and row["wins"] + row["losses"] >= RANKED_FROM
    if row["verdict"] != "undecided" or not known:
        return ""
    if math.isinf(row["seeds_needed"]):
        return "> 10,000"
    return f"{int(row['seeds_needed']):,}"


def win_clause(row: Row, objective: Objective) -> str:
    """By how much the other method of a pair is beaten."""
    typical, low, high = (
        objective.format_difference(row[name]) for name in ("typical_difference", "low", "high")
    )
    return f"{row['other']} by {typical}{objective.difference_unit} [{low}, {high}]"


def seeds_clause(row: Row) -> str:
    """How many seeds would decide a pair, and how sure that is, in words."""
    needed, low, high = (
        row[name] for name in ("seeds_needed", "seeds_needed_low", "seeds_needed_high")
    )
    if math.isinf(needed):
        return "more than 10,000 seeds"
    about = f"about {pluralize(int(needed), 'seed')}"
    if low == high:
        return about
    return f"{about} ({low:,.0f} {'or more' if math.isinf(high) else f'to {high:,.0f}'})"


def pair_sentences(
    comparisons: pd.DataFrame, objective: Objective, collapsed: Mapping[str, str]
) -> list[str]:
    """A sentence per pair, what is decided first."""
    return [pair_sentence(row, objective, collapsed) for row in decided_first(comparisons)]


def decided_first(comparisons: pd.DataFrame) -> list[Row]:
    """Pairs, each seen from the winner's side if it has one: victories, ties, what is open."""
    order = {"better": 0, "worse": 0, "equivalent": 1, "tied": 1, "undecided": 2}
    rows = sorted(to_rows(comparisons), key=lambda row: order[row["verdict"]])
    return [swap_sides(row) if row["verdict"] == "worse" else row for row in rows]


def collapse_counts(summary: pd.DataFrame) -> dict[str, str]:
    """How often each method collapsed, in words, of those that did."""
    return {
        row["method"]: f"{row['collapsed']:,} of {row['retrainings']:,}"
        for row in to_rows(summary)
        if row["collapsed"]
    }


def answer(results: Results) -> list[str]:
    """The conclusions of a study."""
    figures = [check.figures for check in doubts(results.failed_checks)]
    return conclusions(results.scores.summary, results.scores.comparisons, results.info, figures)


def conclusions(
    summary: pd.DataFrame, comparisons: pd.DataFrame, info: StudyInfo, doubtful: list[str]
) -> list[str]:
    """The answer in one short sentence; then what came out, how sure it is, and what to do next."""
    methods = {row["method"]: row for row in to_rows(summary.dropna(subset=["test_score"]))}
    if not methods and info.finished:
        return ["Nothing can be said: no run has a winner that could be scored."]
    if not methods:
        return ["Nothing can be said yet: no run has finished."]
    best = max(methods, key=lambda method: methods[method]["test_score"])
    rows = to_rows(comparisons)
    seen = [row if row["method"] == best else swap_sides(row) for row in rows]
    against = [row for row in seen if row["method"] == best]
    objective, fell = info.problem.objective, collapse_counts(summary)
    steady = {name: row for name, row in methods.items() if name == best or name not in fell}
    return [
        short_answer(best, rows, methods, info, collapsed=fell, doubtful=bool(doubtful)),
        _outcome(best, against, methods, info),
        " ".join(filter(None, [_certainty(against, objective), collapses(summary)])),
        _next(best, against, steady, info, doubtful),
    ]


def _outcome(best: str, against: list[Row], methods: dict[str, Row], info: StudyInfo) -> str:
    settings, objective = info.settings, info.problem.objective
    study = (
        f"On {info.problem.name}, with {pluralize(settings.calls, 'call')} per run and "
        f"{pluralize(settings.seeds, 'seed')}"
    )
    reached = objective.format_score(methods[best]["test_score"])
    average = " on average" if settings.seeds > 1 else ""
    tied = [best, *_names("tied", against)]
    if len(tied) == len(methods) > 1:
        return f"{study}, {join_words(tied)} are tied: {reached}."
    if best == "baseline":
        better = f"a better {objective.final_label}{average} than the untuned baseline"
        return f"{study}, no search reached {better}: {reached}."
    goal = f"the {objective.direction_label} {objective.final_label}{average}"
    text = f"{study}, {join_words(tied)} reached {goal}: {reached}"
    if "baseline" in methods and "baseline" not in tied:
        baseline = objective.format_score(methods["baseline"]["test_score"])
        text += f", against {baseline} for the baseline"
    return text + "."


def _names(verdict: str, against: list[Row]) -> list[str]:
    """The methods that the best one compares like this with."""
    return [row["other"] for row in against if row["verdict"] == verdict]


def _certainty(against: list[Row], objective: Objective) -> str:
    if against and len(_names("tied", against)) == len(against):
        seeds = "The seed" if against[0]["n"] == 1 else "Every seed"
        return f"{seeds} gave all of them the same {objective.final_label}."
    worse = [win_clause(row, objective) for row in against if row["verdict"] == "better"]
    parts = [f"it beats {join_words(worse)}"] if worse else []
    if tied := _names("tied", against):
        parts.append(f"it is tied with {join_words(tied)}")
    if equal := _names("equivalent", against):
        margin = f"{against[0]['margin']:g}{objective.difference_unit}"
        parts.append(f"it is equivalent to {join_words(equal)} within {margin}")
    it = {"other": "it"}  # the best one, of which the sentence speaks
    if beaten := [row for row in against if row["verdict"] == "worse"]:
        parts += [
            f"typically, {row['other']} beats {win_clause(swap_sides(row) | it, objective)}"
            for row in beaten
        ]
    if undecided := _names("undecided", against):
        parts.append(f"whether it is better than {join_words(undecided)} is undecided")
    if not parts:
        return "There is nothing to compare it with."
    return as_sentence("; ".join(parts))


def as_sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[0].upper()}{text[1:]}."


def collapses(summary: pd.DataFrame) -> str:
    """Which methods collapsed, as a sentence; empty if none did."""
    told = [f"{name} {count}" for name, count in collapse_counts(summary).items()]
    return f"Retrainings that collapsed: {join_words(told)}." if told else ""


def _next(
    best: str,
    against: list[Row],
    methods: dict[str, Row],
    info: StudyInfo,
    doubtful: list[str],
) -> str:
    if not info.finished:
        return "The study is unfinished: run the same command again before you rely on this."
    if doubtful:
        return f"Do not rely on it: {'; '.join(doubtful)}."
    if info.settings.seeds == 1:
        return "One seed decides nothing: take at least five."
    if against and len(_names("tied", against)) == len(against):
        return _advice_for_ties(best, methods, info)
    if beaters := _names("worse", against):
        return (
            f"Take {join_words(beaters, 'or')} if the usual run counts, {best} if the average does."
        )
    looks, pairs = (*info.looks, info.settings.seeds), math.comb(len(against) + 1, 2)
    peers = [row for row in against if row["verdict"] != "better"]
    return _advice(best, peers, methods, max(LEAST, least_seeds(looks, max(pairs, 1))))


def _is_near(row: Row) -> bool:
    """Whether the difference is none, or within the margin, if there is one."""
    return row["verdict"] == "tied" or bool(row["typical_difference"] <= row["margin"])


def _advice_for_ties(best: str, methods: dict[str, Row], info: StudyInfo) -> str:
    """What to do where all methods came to the same."""
    objective = info.problem.objective
    if objective.optimum is not None and abs(methods[best]["test_score"]) < LOWEST_REGRET:
        return "All found the optimum: fewer calls may tell them apart, more seeds will not."
    if info.settings.seeds < RANKED_FROM:
        return "More calls may tell them apart, or more seeds."
    return "More calls may tell them apart, more seeds will not."


def _advice(best: str, peers: list[Row], methods: dict[str, Row], least: int) -> str:
    """Which method to take, and what would decide between it and its peers.

    Fewer than the `least` number of seeds can tell nothing.
    """
    near = [row["other"] for row in peers if _is_near(row)]
    names = [best, *(name for name in near if name in methods)]
    cheapest = min(names, key=lambda name: methods[name]["seconds_per_call"])
    undecided = [row for row in peers if row["verdict"] == "undecided"]
    if not undecided:
        why = "" if cheapest == best else ", which is as good and the cheapest per call"
        return f"Take {cheapest}{why}."
    rivals = join_words([row["other"] for row in undecided])
    if any(math.isnan(row["seeds_needed"]) for row in undecided):
        return f"So few seeds cannot tell {best} from {rivals}: take at least {least}."
    known = [row for row in undecided if needed_seeds(row)]
    if not known:
        return f"Too few seeds differ to say how many would tell {best} from {rivals}."
    reachable = [row for row in known if row["seeds_needed"] <= FEW]
    if reachable:
        told = [f"{seeds_clause(row)} would tell {best} from {row['other']}" for row in reachable]
        return as_sentence("; ".join(told))
    closest = min(known, key=lambda row: row["seeds_needed"])
    question = f"To decide between {best} and {closest['other']} would take {seeds_clause(closest)}"
    if len(names) == 1:
        return f"{question}; rather take {best}, which came farthest."
    return (
        f"{question}; rather take {cheapest}, the cheapest per call of those that came as far "
        "within the margin."
    )
