"""What a report says beside its tables: how to read them, and what was run on what."""

from collections.abc import Sequence

from study.analysis.collapse import DEPTH, DEPTH_IN_MARGINS
from study.analysis.paired import BOOTSTRAP_FROM, BOOTSTRAP_TO
from study.analysis.signed_rank import RANKED_FROM
from study.core.formatting import format_duration, format_seeds, join_words, pluralize
from study.core.objective import Objective
from study.core.settings import Start
from study.core.study_info import DataInfo, StudyInfo


def facts(info: StudyInfo) -> dict[str, str]:
    """What a reader needs to judge or repeat a study."""
    problem, settings, sessions = info.problem, info.settings, info.sessions
    last = sessions[-1] if sessions else None
    machine = (
        f"{last.machine or '-'}, {pluralize(last.cores, 'core') if last.cores else '-'}, "
        f"Python {last.python or '-'}"
        if last
        else "-"
    )
    return {
        problem.words.subject: f"{problem.name}, {info.data.source}; checksum "
        f"{problem.fingerprint}; {problem.words.description}",
        "budget": f"{format_seeds(settings.seed_numbers)}, "
        f"{pluralize(settings.calls, 'call')} per run, {settings.initial_points} of them the "
        "shared design; winners evaluated "
        f"{pluralize(settings.retrain, 'time')} to test them, and re-evaluated as often",
        **({"start": start_fact(settings.start)} if settings.start else {}),
        "methods": "; ".join(f"{name}: {m.summary}" for name, m in info.methods.items()),
        "evaluations": work_fact(info),
        "machine": machine,
    }


def work_fact(info: StudyInfo) -> str:
    """How many evaluations took how long, and on how many workers."""
    workers = sorted({session.workers for session in info.sessions})
    text = (
        f"{pluralize(sum(info.evaluated.values()), 'evaluation')} in "
        f"{format_duration(info.seconds)}"
    )
    if workers == [1]:
        text += " with one worker"
    elif workers:
        text += f" with {' or '.join(map(str, workers))} workers in parallel"
    shared = any(session.shared for session in info.sessions)
    text += ", which had other problems to evaluate, too" if shared else ""
    return text + _limit_fact([session.timeout for session in info.sessions])


def _limit_fact(limits: Sequence[float | None]) -> str:
    """After how long evaluations were given up, as a further clause, if they were."""
    finite = sorted({limit for limit in limits if limit is not None})
    each = [f"{limit:g} s" for limit in finite] + (["none"] if None in limits else [])
    if not finite:
        return ""
    if len(each) == 1:
        return f"; what took longer than {each[0]} was given up"
    return (
        f"; the time limit differed between sessions ({', '.join(each)}), so that methods may not "
        "have been on equal terms"
    )


def substitute_note(data: DataInfo) -> str:
    """That another dataset was used than the one that was looked for; nothing if none was."""
    if not data.instead_of:
        return ""
    wanted = data.instead_of.upper()
    return f"{wanted} was unavailable; {data.dataset} was used. Set STUDY_DATA to use {wanted}."


def start_fact(start: Start) -> str:
    """Which points of the shared design are the user's own."""
    return f"{start.description}, after the default point in every search"


def summary_note(info: StudyInfo) -> str:
    """How to read the main table."""
    objective = info.problem.objective
    sizes = f" {objective.size.capitalize()}: median of the winners." if objective.size else ""
    return (
        f"Mean ± standard deviation over seeds. Best {objective.search_label}: the best of each "
        "run's calls, as it was observed. Re-evaluated: the same configuration with fresh seeds. "
        f"{objective.final_label.capitalize()}: {info.problem.words.judged}.{sizes}"
        f"{regret_note(objective)}{clock_note(info)}"
    )


def regret_note(objective: Objective) -> str:
    """What a regret is, as a further sentence, if one is shown."""
    if objective.optimum is None:
        return ""
    return " Regret: how far from the optimum; below 0 where noise takes a single value beyond it."


def clock_note(info: StudyInfo) -> str:
    """What seconds are, as further sentences, if the problem has a simulated clock."""
    clock = info.problem.words.clock
    return f" {clock}" if clock else ""


def comparisons_note(info: StudyInfo) -> str:
    """How to read the table of pairs."""
    objective = info.problem.objective
    unit = ", in percentage points (pp)" if objective.percent else ""
    direction = "; positive if the first method is better" if objective.sign < 0 else ""
    return (
        f"Paired over seeds, on {objective.final_label}{unit}{direction}. Typical difference: the "
        "pseudomedian (Hodges-Lehmann) with its interval by signed ranks, which a rare failure "
        f"hardly moves; below {RANKED_FROM} seeds the range of the differences. For all pairs: the "
        "interval that covers all typical differences together (Bonferroni), by which the verdict "
        "goes. p: signed-rank test, times the number of pairs. Mean: Student's t below "
        f"{BOOTSTRAP_FROM} seeds, the BCa bootstrap to {BOOTSTRAP_TO:,}; a star marks means of so "
        f"skewed differences that their interval is not to be relied on. {split_note(info)}"
        f"{look_note(info)}"
    )


def split_note(info: StudyInfo) -> str:
    """Of which data intervals speak, if the problem has data that this package splits."""
    if info.problem.split is None:
        return ""
    items = info.problem.split.items
    if info.problem.facts.get("resample_splits"):
        return (
            f"Each seed split the {items} anew: intervals speak of seeds and of other splits of "
            f"these {items}. The splits overlap, so that for new {items} the intervals are still "
            "somewhat narrow (Nadeau & Bengio, 2003). "
        )
    return f"All seeds share one split: intervals speak of other seeds, not of other {items}. "


def look_note(info: StudyInfo) -> str:
    """Whether the number of seeds was fixed beforehand, as far as anybody can know."""
    if not info.looks:
        return "All of it speaks of a number of seeds that was fixed beforehand."
    seen = join_words([f"{seeds:,}" for seeds in info.looks])
    seen += " seed" if info.looks == [1] else " seeds"
    paid = [seeds for seeds in info.looks if seeds >= RANKED_FROM]
    if not paid:
        return (
            f"Results at {seen} were seen before. So few allow no test: interval, p and verdict "
            "are those of a number of seeds that was fixed beforehand."
        )
    return (
        f"Results at {seen} were seen before. Interval for all pairs, p and verdict pay for "
        f"{'one look' if len(paid) == 1 else f'{len(paid)} looks'} (Slud & Wei, 1982), so that all "
        "looks together err in less than 7 %."
    )


def equal_time_note(info: StudyInfo) -> str:
    """What the table at equal time compares."""
    label = info.problem.objective.search_label
    traced = (
        f" Every incumbent was re-evaluated {pluralize(info.settings.retrain, 'time')} with fresh "
        "seeds, and counts with their mean."
        if info.settings.trace
        else " Incumbents are as the searches measured them, and the best of many measurements "
        "flatters: --trace re-evaluates them."
    )
    return (
        f"Incumbents at equal time, by {label}: when the fastest search of each seed had finished. "
        f"A method that does not search may have made all its calls long before.{traced}"
        f"{clock_note(info)}"
    )


def variance_note(info: StudyInfo) -> str:
    """How to read the table of variances."""
    return (
        "Winner's curse: observed minus re-evaluated. Between-search SD: the spread of "
        f"{info.problem.objective.final_label} between seeds that is left when the spread between "
        "evaluations of one and the same configuration, the retraining SD, is taken out. "
        f"Collapsed: retrainings without a score, or at least {DEPTH:g} robust standard deviations"
        f"{_margins(info)} worse than the median of their method; up to: the end of the 95 % "
        "interval."
    )


def _margins(info: StudyInfo) -> str:
    """By what else a collapse must be worse."""
    margin, unit = info.settings.margin, info.problem.objective.difference_unit
    return "" if margin is None else f", and {DEPTH_IN_MARGINS * margin:g}{unit},"


def versions(info: StudyInfo) -> str:
    """Package versions of the last session."""
    last = info.sessions[-1].versions if info.sessions else {}
    return ", ".join(f"{name} {version}" for name, version in last.items())
