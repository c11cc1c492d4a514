"""What stands beside the answer: of how much data it speaks, and what follows from it."""

from datetime import datetime

from study.core.formatting import pluralize
from study.core.study_info import StudyInfo
from study.report.conclusions import answer, collapses
from study.results import Results


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
    """What the best one reached, what collapsed, and what to do next: a sentence each.

    Without what is told elsewhere on the page: the pairs, and what alerts say.
    """
    sentences, fell = answer(results)[1:], collapses(results.scores.summary)
    told = sentences[:1] + ([fell] if fell else [])
    return told + (sentences[-1:] if results.finished and results.valid else [])
