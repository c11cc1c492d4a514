"""What a report says first: the answer in one sentence, and of how much data it speaks."""

from datetime import datetime

from study.core.formatting import join_words, pluralize
from study.core.study_info import StudyInfo
from study.report.conclusions import Row, answer, collapse_counts, swap_sides, to_rows
from study.results import Results

CLAUSES = {
    "better": "beats {}",
    "tied": "is tied with {}",
    "equivalent": "is equivalent to {}{}",
    "worse": "is typically beaten by {}",
    "undecided": "is not shown to be better than {}",
}
"""What is said of the best method against others, by verdict, in this order."""


def headline(results: Results) -> str:
    """The answer in one sentence without an interval; those stand in the picture below it."""
    summary = results.scores.summary.dropna(subset=["test_score"])
    if len(summary) < 2:
        return answer(results)[0]
    first = to_rows(summary.nlargest(1, "test_score"))[0]
    best, objective = first["method"], results.objective
    pairs = to_rows(results.scores.comparisons)
    seen = [row if row["method"] == best else swap_sides(row) for row in pairs]
    against = [row for row in seen if row["method"] == best]
    if {row["verdict"] for row in against} == {"tied"}:
        return answer(results)[0]
    reached = objective.format_score(first["test_score"])
    who = "the untuned baseline" if best == "baseline" else best
    goal = f"the {objective.direction_label} {objective.final_label}, {reached}"
    return f"On {results.info.problem.name}, {who} reached {goal}: it {_clauses(against, results)}."


def _clauses(against: list[Row], results: Results) -> str:
    parts = []
    for verdict, clause in CLAUSES.items():
        if others := [row["other"] for row in against if row["verdict"] == verdict]:
            margin = f" within {against[0]['margin']:g}{results.objective.difference_unit}"
            parts.append(clause.format(join_words([_article(name) for name in others]), margin))
    return ", ".join(parts[:-1]) + (" and " if parts[1:] else "") + parts[-1]


def _article(method: str) -> str:
    return "the baseline" if method == "baseline" else method


def about(info: StudyInfo) -> str:
    """Of how much data the answer speaks, and of when: small print."""
    settings = info.settings
    parts = [
        f"{pluralize(settings.seeds, 'seed')} of {pluralize(settings.calls, 'call')} per run",
        pluralize(sum(info.evaluated.values()), "evaluation"),
        date(info),
    ]
    return " · ".join(filter(None, parts))


def date(info: StudyInfo) -> str:
    """The day on which the last session began: 27 November 2026; empty if it is not known."""
    began = info.sessions[-1].began if info.sessions else ""
    try:
        day = datetime.fromisoformat(began)
    except ValueError:
        return ""
    return f"{day.day} {day:%B %Y}"


def advice(results: Results) -> list[str]:
    """What collapsed, and what to do next, as far as no alert says it: a sentence each."""
    counts = collapse_counts(results.scores.summary)
    fell = join_words([f"{name} {counts[name]}" for name in counts])
    told = [f"Retrainings that collapsed: {fell}."] if fell else []
    sentences = answer(results)[1:]
    return told + (sentences[-1:] if results.finished and results.valid else [])
