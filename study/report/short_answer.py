"""The answer of a study in one short sentence, which a page has on its top."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from study.core.formatting import join_words
from study.core.study_info import StudyInfo

BASELINE = "baseline"
DRAWN = {"tied", "equivalent"}  # verdicts by which neither of a pair is better

Row = Mapping[str, Any]


def short_answer(
    best: str, comparisons: Sequence[Row], scored: Iterable[str], info: StudyInfo, *, doubtful: bool
) -> str:
    """Which method is best, and of whom that is shown.

    `best` is the method with the best mean of all that are `scored`, in order, `comparisons` are
    rows of `study.analysis.paired.compare_pairs`; `doubtful`, if an integrity check failed.
    """
    against = {}
    for row in comparisons:
        verdict = {"better": "worse", "worse": "better"}.get(row["verdict"], row["verdict"])
        against[row["method"], row["other"]] = row["verdict"]
        against[row["other"], row["method"]] = verdict
    others = [name for name in scored if name != best]
    if not others:
        return f"There is nothing to compare {best} with on {info.problem.name}."
    said = f"{_said(best, others, against, info)}."
    if not info.finished:
        return f"Unfinished: {said}"
    return f"Not to be relied on: {said}" if doubtful else said


def _said(
    best: str, others: list[str], against: Mapping[tuple[str, str], str], info: StudyInfo
) -> str:
    where = f"on {info.problem.name}"
    verdicts = {name: against.get((best, name), "undecided") for name in others}
    rivals = [name for name in others if verdicts[name] != "better"]
    if not rivals:
        return _victory(best, others, where)
    if set(verdicts.values()) == {"tied"}:
        return f"{join_words([best, *others])} are tied {where}"
    if info.settings.seeds == 1:
        return f"{best} came out best {where}, at one seed, which decides nothing"
    if best == BASELINE:
        return f"No search is shown to beat the untuned baseline {where}"
    return _open(best, rivals, others, against, where)


def _open(
    best: str,
    rivals: list[str],
    others: list[str],
    against: Mapping[tuple[str, str], str],
    where: str,
) -> str:
    """Who is ahead where `rivals` are not shown to be worse than the best one."""
    ahead = [best, *rivals]
    searches = [name for name in [best, *others] if name != BASELINE]
    as_good = ""
    if all(against.get((best, name)) in DRAWN for name in rivals):
        as_good = f"{join_words(rivals)} {'is' if len(rivals) == 1 else 'are'} as good as {best}"
    untuned = {against.get((name, BASELINE), "undecided") for name in searches}
    if BASELINE in others and untuned == {"better"}:
        which = "search" if len(ahead) == len(searches) else f"of {join_words(ahead)}"
        more = as_good or f"which {which} is best is undecided"
        return f"Every search beats the baseline {where}; {more}"
    if as_good:
        return f"{as_good} {where}"
    return f"{best} came out ahead {where}, but is not shown to beat {join_words(rivals, 'or')}"


def _victory(best: str, others: list[str], where: str) -> str:
    if best == BASELINE:
        return f"The untuned baseline beats every search {where}"
    return f"{best} beats {others[0] if len(others) == 1 else 'every other method'} {where}"
