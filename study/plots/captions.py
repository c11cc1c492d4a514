"""What to see in each figure of a study, in a sentence that is true of that study."""

import numpy as np

from study.analysis.signed_rank import RANKED_FROM
from study.core.formatting import pluralize
from study.core.tutorial import reported_results
from study.plots.winners import FEW_SEEDS, INTERVAL_FROM
from study.results import Results

INTERVAL = "the mean over seeds with its 95 % interval"


def _seeds(results: Results) -> int:
    """Of which there are results."""
    return int(results.scores.runs["seed"].nunique())


def comparisons(results: Results) -> str:
    """Points, bars and verdicts."""
    seeds, margin = _seeds(results), results.objective.equivalence_margin is not None
    band = "; within the grey band (the margin of equivalence) it shows that they are equivalent"
    band *= margin
    if seeds <= 1:
        return "Each point is the difference of two runs: one seed decides nothing."
    strokes = "Points are typical differences, upright strokes mean ones. "
    if seeds < RANKED_FROM:
        few = f"The bar runs over the differences of the {pluralize(seeds, 'seed')}"
        return f"{strokes}{few}, and so few rarely decide anything{band}."
    if np.isinf(results.scores.comparisons["simultaneous_low"]).all():
        return (
            f"{strokes}The bar is the pair's own 95 % interval. So few seeds allow none that holds "
            "for so many pairs together, and decide only where they agree by far. Grey bars decide "
            "nothing."
        )
    return (
        f"{strokes}The thick bar is the pair's own 95 % interval, the thin one holds for all pairs "
        f"together: if it leaves out 0, the two are told apart{band}. Grey bars decide nothing."
    )


def final(results: Results) -> str:
    """Points and lines, or distributions."""
    seeds = _seeds(results)
    if seeds <= 1:
        return "Each point is the winner of the one run: another seed may turn the order round."
    if seeds > FEW_SEEDS:
        return (
            f"How the winners of {seeds:,} seeds are distributed, a small stroke each; the tall "
            "stroke is their mean, the bar its 95 % interval. Where hills overlap, luck often puts "
            "one method before the other."
        )
    bar = ", the bar its 95 % interval" if seeds >= INTERVAL_FROM else ""
    lines = (
        ", each grey line one seed: lines that cross mean that luck, not the method, puts one "
        "before the other"
        if len(results.info.methods) > 1
        else ""
    )
    return f"Each point is one seed's winner{lines}. The tall stroke is the mean{bar}."


def _curves(results: Results) -> str:
    """What lines are."""
    seeds = _seeds(results)
    if seeds <= 1:
        return "Each line is the one run of a method"
    if seeds < INTERVAL_FROM:
        return f"Thick lines are the mean of {seeds} seeds, thin ones their runs"
    return f"Lines are {INTERVAL}"


def convergence(results: Results) -> str:
    """What is gained where."""
    adds = (
        "what a method adds by choosing is what it gains to the right of the shaded design, within "
        "which all searches are the same."
    )
    traced = (
        " All are of incumbents re-evaluated with fresh seeds, but for the fine dotted ones: these "
        "show what the searches measured, the best of which flatters."
    )
    return f"{_curves(results)}; {adds}{traced * results.info.settings.trace}"


def convergence_seconds(results: Results) -> str:
    """The same against the clock."""
    mean = "Lines are the runs" if _seeds(results) <= 1 else "Lines are the mean over seeds"
    interval = " with its 95 % interval" if _seeds(results) >= INTERVAL_FROM else ""
    traced = ", of re-evaluated incumbents" * results.info.settings.trace
    return (
        f"{mean}{interval}{traced}, against the clock: a method that chooses what is slow moves to "
        "the right, however few calls it needs. A thin line leads from the end of a line to its "
        "name."
    )


def size(results: Results) -> str:
    """Points and the front."""
    several = "large ones a method's median, with bars over the middle half of its runs. "
    points = "Each point is the winner of a run"
    points += f", {several}" if _seeds(results) >= INTERVAL_FROM else ". "
    if reported_results(results.info.problem.fingerprint):
        points += "Crosses are what the tutorial claims. "
    return (
        f"{points}No winner is both smaller and better than one on the grey line, the Pareto front."
    )


def winners_curse(results: Results) -> str:
    """What the drop is."""
    bars = {1: ""}.get(_seeds(results), " Bars are 95 % intervals of the mean over seeds.")
    if 1 < _seeds(results) < INTERVAL_FROM:
        bars = " Small strokes are the seeds."
    what = "how much the best of many noisy evaluations flatters"
    return (
        f"From the hollow point to the filled one below it is {what}; only a re-evaluation with "
        f"fresh seeds can be believed.{bars}"
    )


def time_per_call(results: Results) -> str:
    """What a call costs."""
    seeds = _seeds(results)
    strokes = " Strokes are the seeds." if 1 < seeds <= FEW_SEEDS else ""
    lines = " The thin line runs from the quickest seed to the slowest." * (seeds > FEW_SEEDS)
    return (
        "What a method costs depends on the configurations it picks and on its overhead "
        f"(hatched).{strokes}{lines}"
    )
