"""Whether a study kept its own rules: a check each, from the tables alone."""

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from study.analysis.winners import winners
from study.core.dimensions import Dimension
from study.core.formatting import join_words, pluralize
from study.core.objective import Objective
from study.core.records import RUN
from study.core.settings import Settings, Start
from study.core.space import canonical, from_row, parse
from study.core.study_info import ProblemInfo, Repetition, Session, SplitInfo, StudyInfo

SAME = 1e-9  # relative: rounding of sums in another order
FEWEST = 5  # images or rows of a class that tell anything
MANY_CLASSES = 4
LEAK = 0.85  # of the entropy of many classes: no fresh network starts below
LEAK_OF_FEW = 0.7  # the same of two or three classes
NO_FAILURES = "no failures"


@dataclass(frozen=True, kw_only=True)
class Check:
    """A rule, whether it was kept, and the figures that show it."""

    rule: str
    passed: bool
    figures: str


def checks(
    trials: pd.DataFrame, finals: pd.DataFrame, trace: pd.DataFrame, info: StudyInfo
) -> list[Check]:
    """All checks of a study."""
    fresh = trace[~trace["reused"]]
    retrained = pd.concat([finals, fresh], ignore_index=True) if len(fresh) else finals
    settings, problem = info.settings, info.problem
    classes, dimensions = problem.classes, problem.dimensions
    return [
        equal_budgets(trials, settings),
        same_design(trials, settings, problem.space),
        *([sound_split(problem.split)] if problem.split else []),
        *([fresh_weights(trials, retrained, problem)] if classes else []),
        *([repeatable(info.repetition, problem.objective)] if info.repetition else []),
        test_set_untouched(trials, finals, info),
        nothing_failed(trials, retrained, info),
        repeats_reported(trials, dimensions),
        one_machine(info.sessions),
    ]


def equal_budgets(trials: pd.DataFrame, settings: Settings) -> Check:
    """Every method made the same number of calls at every seed."""
    made = trials.groupby(RUN).size().to_dict()
    calls, runs = settings.calls, len(settings.methods) * settings.seeds
    short = [
        f"{method} seed {seed} made {made.get((method, seed), 0)}"
        for method in settings.methods
        for seed in settings.seed_numbers
        if made.get((method, seed), 0) != calls
    ]
    figures = f"{pluralize(runs, 'run')} of {pluralize(calls, 'call')}"
    if short:
        more = f" and {len(short) - 3} more" if len(short) > 3 else ""
        figures = (
            f"the runs are not of {pluralize(calls, 'call')} each: {', '.join(short[:3])}{more}"
        )
    return Check(rule="equal budgets", passed=not short, figures=figures)


def same_design(trials: pd.DataFrame, settings: Settings, space: Sequence[Dimension]) -> Check:
    """All searches of a seed began with the same configurations, which scored the same.

    If some are the user's own, they are the ones that the study was started with.
    """
    points, start = settings.initial_points, settings.start
    initial = trials[trials["phase"] == "initial"]
    what = [*(d.name for d in space), "validation_score"]
    different = initial.drop_duplicates(["seed", "call", *what]).groupby(["seed", "call"]).size()
    missing = initial.groupby(RUN).size().ne(points).sum()
    wrong = int(different.gt(1).sum())
    methods = list(initial["method"].unique())
    figures = (
        f"{pluralize(points, 'point')} at each of {pluralize(initial['seed'].nunique(), 'seed')}, "
        f"the same in {join_words(methods) or 'no search'}"
    )
    figures += f"; {start.description}" if start else ""
    others = count_others(initial, start, space) if start else 0
    if wrong or missing:
        figures = (
            f"points of the initial design that differ between searches: {wrong}; runs that lack "
            f"some: {missing}"
        )
    elif others:
        verb = "is not the own point" if others == 1 else "are not the own points"
        figures = f"{pluralize(others, 'call')} of the initial design {verb} expected there"
    passed = not (wrong or missing or others)
    return Check(rule="same initial design", passed=passed, figures=figures)


def count_others(initial: pd.DataFrame, start: Start, space: Sequence[Dimension]) -> int:
    """How many calls that should evaluate own points evaluated something else."""
    own = {call: canonical(point) for call, point in enumerate(start.points, start=2)}
    rows = initial[initial["call"].isin(own)].astype(object).to_dict("records")
    return sum(canonical(from_row(space, row)) != own[row["call"]] for row in rows)


def sound_split(split: SplitInfo) -> Check:
    """Every part has enough images or rows of every class, and no image is in two parts.

    Different rows of a table may well be equal: that is told, and no mistake.
    """
    items = split.items
    scarce = [
        f"a class has {count} {part} {items}, {FEWEST} at least are needed"
        for part, count in split.fewest.items()
        if count < FEWEST
    ]
    shared = {
        f"validation {items} equal fitted {items}": split.validation_in_fitted,
        f"test {items} equal training {items}": split.test_in_training,
    }
    equal = [f"{count:,} {what}" for what, count in shared.items() if count]
    wrong = [*scarce, *(equal if items == "images" else [])]
    fewest = ", ".join(f"{count:,} {part}" for part, count in split.fewest.items())
    told = "; ".join(equal) or "none is in two parts"
    figures = f"each class has at least {fewest} {items}; {told}"
    return Check(rule="sound splits", passed=not wrong, figures="; ".join(wrong) or figures)


def fresh_weights(trials: pd.DataFrame, finals: pd.DataFrame, problem: ProblemInfo) -> Check:
    """No network had learned anything before its first step.

    What knows nothing of the images has a cross-entropy of at least the entropy of their classes,
    ln(classes) if these are as frequent as each other (Gibbs' inequality): fresh networks start
    there or above, but for chance, which is larger the fewer classes there are.
    """
    loss = pd.concat([trials["initial_loss"], finals["initial_loss"]]).dropna()
    classes = problem.classes or 2
    knows_nothing = problem.split.entropy if problem.split else math.log(classes)
    leak = LEAK if classes >= MANY_CLASSES else LEAK_OF_FEW
    low = int((loss < leak * knows_nothing).sum())
    figures = "nothing trained yet"
    if len(loss):
        figures = (
            f"loss before the first step {loss.min():.2f} to {loss.max():.2f}, median "
            f"{loss.median():.2f}; without knowledge {knows_nothing:.2f} or more"
        )
    if low:
        figures += f"; {low} of {len(loss)} began below {leak * knows_nothing:.2f}: already trained"
    return Check(rule="fresh weights", passed=not low, figures=figures)


def repeatable(repetition: Repetition, objective: Objective) -> Check:
    """The first evaluation, made again after all others with its seed, scored the same.

    A model that is kept from one evaluation to the next, a global generator, or a clock would give
    another score.
    """
    first, again = repetition.first, repetition.again
    passed = math.isclose(first, again, rel_tol=SAME, abs_tol=SAME)
    shown = objective.format_score(first)
    figures = f"the first one gave {shown} again at the end"
    if not passed:
        figures = (
            f"the first evaluation gave {shown}, and with the same seed "
            f"{objective.format_score(again)} at the end: evaluate remembers something, or draws "
            "from elsewhere than its seed"
        )
    return Check(
        rule="evaluations depend on configuration and seed alone", passed=passed, figures=figures
    )


def test_set_untouched(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Check:
    """The test images scored nothing but retrained winners."""
    tested = finals[finals["kind"] == "test"]
    names, space = info.problem.dimensions, info.problem.table_space
    won = {
        (row["method"], row["seed"]): canonical(from_row(space, row))
        for row in winners(trials)[[*RUN, *names]].astype(object).to_dict("records")
    }
    strangers = sum(
        won.get((row["method"], row["seed"])) != canonical(parse(row["configuration"]))
        for row in tested.to_dict("records")
    )
    often = int(tested.groupby(RUN).size().gt(info.settings.retrain).sum())
    beyond = info.evaluated.get("test", 0) - int((~tested["reused"]).sum())
    figures = (
        f"{pluralize(len(tested), 'score')} of {pluralize(tested.groupby(RUN).ngroups, 'winner')}"
    )
    wrong = {
        "of networks that did not win": strangers,
        "runs scored too often": often,
        "in no table": beyond,
    }
    if any(wrong.values()):
        figures += ", of test data; " + ", ".join(f"{n} {what}" for what, n in wrong.items() if n)
    return Check(
        rule="test set scored for winners only", passed=not any(wrong.values()), figures=figures
    )


def doubts(failed: list[Check]) -> list[Check]:
    """The failed checks for which an answer cannot be relied on: all but that something failed."""
    return [check for check in failed if check.rule != NO_FAILURES]


def nothing_failed(trials: pd.DataFrame, finals: pd.DataFrame, info: StudyInfo) -> Check:
    """Every evaluation has a score, and no search broke off."""
    status, errors = pd.concat([trials["status"], finals["status"]]), info.errors
    failed = int((status != "ok").sum())
    calls = pluralize(len(status), "call and retraining", "calls and retrainings")
    figures = f"{failed:,} of {calls} failed" if failed else f"none of {calls} failed"
    if errors:
        figures += f"; {len(errors)} of the searches broke off"
    if info.retried:
        figures += f"; {pluralize(info.retried, 'evaluation')} failed before and were made again"
    return Check(rule=NO_FAILURES, passed=not failed and not errors, figures=figures)


def repeats_reported(trials: pd.DataFrame, dimensions: list[str]) -> Check:
    """A configuration that a run tried again is marked as a duplicate."""
    again = trials.duplicated([*RUN, *dimensions])
    silent = int((again & ~trials["duplicate"]).sum())
    repeated = int(trials["duplicate"].sum())
    figures = f"{pluralize(repeated, 'repeated proposal')}, all marked" if repeated else "none"
    if silent:
        figures = f"{pluralize(silent, 'repeated call')} not marked"
    return Check(rule="no hidden duplicates", passed=not silent, figures=figures)


def one_machine(sessions: list[Session]) -> Check:
    """All sessions ran on the same kind of machine, with the same versions.

    A package that only some of them name, as a method that was added later needs it, had one.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for session in sessions:
        for name, version in _versions(session).items():
            found[name].add(f"{name} {version}")
    differing = sorted(itertools.chain(*(some for some in found.values() if len(some) > 1)))
    figures = f"{pluralize(len(sessions), 'session')}, {join_words(_headline(sessions))}"
    if differing:
        figures = f"the sessions differ in {', '.join(differing)}"
    return Check(rule="one machine and version set", passed=not differing, figures=figures)


def _versions(session: Session) -> dict[str, str | int | None]:
    """What must be the same in all sessions, by name."""
    computer = {"machine": session.machine, "cores": session.cores, "Python": session.python}
    return computer | session.versions


def _headline(sessions: list[Session]) -> list[str]:
    if not sessions:
        return ["none yet"]
    shown = _versions(sessions[-1])
    names = [n for n in ("machine", "Python", "tensorflow", "scikit-optimize") if shown.get(n)]
    return [f"{name} {shown[name]}".removeprefix("machine ") for name in names]
