"""The answer of a study in one short sentence, which a page has on its top."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from study.analysis.standardise import CONTROL
from study.core.formatting import join_words
from study.core.study_info import StudyInfo

BASELINE = "baseline"
DRAWN = {"tied", "equivalent"}  # verdicts by which neither of a pair is better

Row = Mapping[str, Any]


def short_answer(
    best: str,
    comparisons: Sequence[Row],
    scored: Iterable[str],
    info: StudyInfo,
    *,
    collapsed: Collection[str],
    doubtful: bool,
) -> str:
    """Which method is best, and of whom that is shown.

    `best` is the method with the best mean of all that are `scored`, in order, `comparisons` are
    rows of `study.analysis.paired.compare_pairs`; `collapsed` are the methods of which a retraining
    did, and `doubtful`, if an integrity check failed.
    """
    against = {}
    for row in comparisons:
        verdict = {"better": "worse", "worse": "better"}.get(row["verdict"], row["verdict"])
        against[row["method"], row["other"]] = row["verdict"]
        against[row["other"], row["method"]] = verdict
    others = [name for name in scored if name != best]
    if not others:
        return f"There is nothing to compare {best} with on {info.problem.name}."
    said = f"{_said(best, others, against, collapsed, info)}."
    if not info.finished:
        return f"Unfinished: {said}"
    return f"Not to be relied on: {said}" if doubtful else said


def _said(
    best: str,
    others: list[str],
    against: Mapping[tuple[str, str], str],
    collapsed: Collection[str],
    info: StudyInfo,
) -> str:
    where = f"on {info.problem.name}"
    verdicts = {name: against.get((best, name), "undecided") for name in others}
    rivals = [name for name in others if verdicts[name] != "better"]
    if not rivals:
        return _victory(best, others, where)
    tied = [name for name in others if verdicts[name] == "tied"]
    if info.settings.seeds == 1:
        first = join_words([best, *tied])
        return f"{first} came out best {where}, at one seed, which decides nothing"
    if tied == others:
        return f"{join_words([best, *others])} are tied {where}"
    if beaters := [name for name in others if verdicts[name] == "worse"]:
        beat = f"{join_words(beaters)} {'beats' if len(beaters) == 1 else 'beat'} it"
        return f"On average {best} is best {where}, but typically {beat}"
    if best != BASELINE and all(verdicts[name] in DRAWN for name in rivals):
        return _drawn(best, rivals, against, collapsed, where)
    return _open(best, rivals, tied, against, where)


def _open(
    best: str,
    rivals: list[str],
    tied: list[str],
    against: Mapping[tuple[str, str], str],
    where: str,
) -> str:
    """Who is ahead where not all `rivals` are shown to be worse than, or as good as, the best."""
    if best == BASELINE:
        return f"No search is shown to beat the untuned baseline {where}"
    ahead, undecided = [best, *rivals], "but which of them is best is undecided"
    over_random = _beat_random(ahead, against)
    if searches := _that_beat_the_baseline(against):
        every = f"Every search beats the baseline {where}"
        if over_random:
            return f"{every}; {join_words(ahead)} also beat {CONTROL}, {undecided}"
        which = "search" if len(ahead) == len(searches) else f"of {join_words(ahead)}"
        return f"{every}; which {which} is best is undecided"
    if over_random:
        return f"{join_words(ahead)} beat {CONTROL} {where}, {undecided}"
    first = f"{join_words([best, *tied])} came out ahead {where}"
    open_yet = join_words([name for name in rivals if name not in tied], "or")
    return f"{first}, but {'are' if tied else 'is'} not shown to beat {open_yet}"


def _drawn(
    best: str,
    rivals: list[str],
    against: Mapping[tuple[str, str], str],
    collapsed: Collection[str],
    where: str,
) -> str:
    """What to say where `rivals` are as good as the best one, and the others worse."""
    as_good = f"{join_words(rivals)} {'is' if len(rivals) == 1 else 'are'} as good as {best}"
    besides = ", apart from collapses" if {best, *rivals} & set(collapsed) else ""
    if _beat_random([best, *rivals], against):
        besides += f", and {'both' if len(rivals) == 1 else 'all of them'} beat {CONTROL}"
    if _that_beat_the_baseline(against):
        return f"Every search beats the baseline {where}; {as_good}{besides}"
    return f"{as_good} {where}{besides}"


def _that_beat_the_baseline(against: Mapping[tuple[str, str], str]) -> set[str]:
    """All searches, if each is shown to beat the baseline; else none."""
    searches = {name for pair in against for name in pair} - {BASELINE}
    beaten = all(against.get((name, BASELINE)) == "better" for name in searches)
    return searches if beaten else set()


def _beat_random(names: list[str], against: Mapping[tuple[str, str], str]) -> bool:
    """Whether each of several methods is shown to beat plain random search."""
    return all(against.get((name, CONTROL)) == "better" for name in names)


def _victory(best: str, others: list[str], where: str) -> str:
    if best == BASELINE:
        return f"The untuned baseline beats every search {where}"
    return f"{best} beats {others[0] if len(others) == 1 else 'every other method'} {where}"
