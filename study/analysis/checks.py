"""Whether a study kept its own rules: a check each, from the tables alone."""

import itertools
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from study.analysis.summary import RUN, dimensions
from study.core.formatting import listed, plural
from study.core.space import canonical

LEAK = 0.5  # of ln(classes): no fresh network starts below
USUAL = 0.8  # of ln(classes): half of all fresh networks start above


@dataclass(frozen=True, kw_only=True)
class Check:
    """A rule, whether it was kept, and the figures that show it."""

    rule: str
    passed: bool
    figures: str


def checks(trials: pd.DataFrame, finals: pd.DataFrame, info: dict[str, Any]) -> list[Check]:
    """All checks of a study; `info` is what study.json holds."""
    settings, problem = info["settings"], info["problem"]
    return [
        equal_budgets(trials, settings),
        same_design(trials, settings["initial_points"]),
        *([fresh_weights(trials, finals, problem["classes"])] if "classes" in problem else []),
        test_set_untouched(trials, finals, info),
        nothing_failed(trials, finals, info["errors"]),
        repeats_reported(trials),
        one_machine(info["sessions"]),
    ]


def equal_budgets(trials: pd.DataFrame, settings: dict[str, Any]) -> Check:
    """Every method made the same number of calls at every seed."""
    made = trials.groupby(RUN).size().to_dict()
    calls, runs = settings["calls"], len(settings["methods"]) * settings["seeds"]
    short = [
        f"{method} seed {seed} made {made.get((method, seed), 0)}"
        for method in settings["methods"]
        for seed in range(settings["seeds"])
        if made.get((method, seed), 0) != calls
    ]
    figures = f"{plural(runs, 'run')} of {plural(calls, 'call')}"
    if short:
        more = f" and {len(short) - 3} more" if len(short) > 3 else ""
        figures = f"of {calls} calls each, {', '.join(short[:3])}{more}"
    return Check(rule="equal budgets", passed=not short, figures=figures)


def same_design(trials: pd.DataFrame, points: int) -> Check:
    """All searches of a seed began with the same configurations, which scored the same."""
    initial = trials[trials["phase"] == "initial"]
    what = [*dimensions(trials), "validation_score"]
    different = initial.drop_duplicates(["seed", "call", *what]).groupby(["seed", "call"]).size()
    missing = initial.groupby(RUN).size().ne(points).sum()
    wrong = int(different.gt(1).sum())
    methods = list(initial["method"].unique())
    figures = (
        f"{plural(points, 'point')} at each of {plural(initial['seed'].nunique(), 'seed')}, "
        f"the same in {listed(methods) or 'no search'}"
    )
    if wrong or missing:
        figures = f"{wrong} points differ between searches, {missing} runs lack some"
    return Check(rule="same initial design", passed=not wrong and not missing, figures=figures)


def fresh_weights(trials: pd.DataFrame, finals: pd.DataFrame, classes: int) -> Check:
    """No network had learned anything before its first step.

    The cross-entropy of one that knows nothing is near ln(classes); a trained one starts far
    below.
    """
    loss = pd.concat([trials["initial_loss"], finals["initial_loss"]]).dropna()
    knows_nothing = math.log(classes)
    low = int((loss < LEAK * knows_nothing).sum())
    passed = not low and (loss.empty or loss.median() > USUAL * knows_nothing)
    figures = "nothing trained yet"
    if len(loss):
        figures = (
            f"loss before the first step {loss.min():.2f} to {loss.max():.2f}, median "
            f"{loss.median():.2f}; ln {classes} is {knows_nothing:.2f}"
        )
    if low:
        figures += f"; {low} of {len(loss)} began below {LEAK * knows_nothing:.2f}: already trained"
    return Check(rule="fresh weights", passed=passed, figures=figures)


def test_set_untouched(trials: pd.DataFrame, finals: pd.DataFrame, info: dict[str, Any]) -> Check:
    """The test images scored nothing but retrained winners."""
    tested = finals[finals["part"] == "test"]
    winners = _winners(trials)
    strangers = sum(
        winners.get((row["method"], row["seed"])) != canonical(json.loads(row["configuration"]))
        for row in tested.to_dict("records")
    )
    often = int(tested.groupby(RUN).size().gt(info["settings"]["retrain"]).sum())
    beyond = info["evaluated"].get("test", 0) - int((~tested["reused"]).sum())
    figures = f"{plural(len(tested), 'score')} of {plural(tested.groupby(RUN).ngroups, 'winner')}"
    wrong = {
        "of networks that did not win": strangers,
        "runs scored too often": often,
        "in no table": beyond,
    }
    if any(wrong.values()):
        figures += "; " + ", ".join(f"{count} {what}" for what, count in wrong.items() if count)
    return Check(
        rule="test set scored for winners only", passed=not any(wrong.values()), figures=figures
    )


def _winners(trials: pd.DataFrame) -> dict[tuple[str, int], str]:
    """The canonical configuration of each run's winner: the earliest of the best."""
    names = dimensions(trials)
    scored = trials.dropna(subset=["validation_score"])
    best = scored.loc[scored.groupby(RUN)["validation_score"].idxmax()]
    keys = zip(best["method"], best["seed"], strict=True)
    values = best[names].astype(object).to_dict("records")
    return {
        key: canonical({str(name): value for name, value in point.items()})
        for key, point in zip(keys, values, strict=True)
    }


def nothing_failed(trials: pd.DataFrame, finals: pd.DataFrame, errors: list[str]) -> Check:
    """Every evaluation has a score, and no search broke off."""
    status = pd.concat([trials["status"], finals["status"]])
    failed = int((status != "ok").sum())
    figures = f"{plural(len(status), 'evaluation')}, {failed or 'none'} failed"
    if errors:
        figures += f"; {len(errors)} of the searches broke off"
    return Check(rule="no failures", passed=not failed and not errors, figures=figures)


def repeats_reported(trials: pd.DataFrame) -> Check:
    """A configuration that a run tried again is marked as a duplicate."""
    again = trials.duplicated([*RUN, *dimensions(trials)])
    silent = int((again & ~trials["duplicate"]).sum())
    figures = f"{plural(int(trials['duplicate'].sum()), 'repeated proposal')}, all marked"
    if silent:
        figures = f"{plural(silent, 'repeated call')} not marked"
    return Check(rule="no hidden duplicates", passed=not silent, figures=figures)


def one_machine(sessions: list[dict[str, Any]]) -> Check:
    """All sessions ran on the same kind of machine, with the same versions.

    A package that only some of them name, as a method that was added later needs it, had one.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for session in sessions:
        for name, version in _versions(session):
            found[name].add(f"{name} {version}")
    differing = sorted(itertools.chain(*(some for some in found.values() if len(some) > 1)))
    figures = f"{plural(len(sessions), 'session')}, {listed(_headline(sessions))}"
    if differing:
        figures = f"the sessions differ in {', '.join(differing)}"
    return Check(rule="one machine and version set", passed=not differing, figures=figures)


def _versions(session: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "machine", session.get("machine")
    yield "cores", session.get("cores")
    yield "Python", session.get("python")
    yield from session.get("versions", {}).items()


def _headline(sessions: list[dict[str, Any]]) -> list[str]:
    if not sessions:
        return ["none yet"]
    shown = dict(_versions(sessions[-1]))
    names = [n for n in ("machine", "Python", "tensorflow", "scikit-optimize") if n in shown]
    return [f"{name} {shown[name]}".removeprefix("machine ") for name in names]
