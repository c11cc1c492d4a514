"""Methods over many problems: who wins where, by how much over all, and how sure that is.

`runs` is what `study.analysis.standardise.standardised_runs` gives. Differences are positive where
the first method of a pair is better.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from study.analysis.paired import proportion_interval, typical_differences
from study.analysis.standardise import by_problem
from study.analysis.two_level import (
    ALPHA,
    Estimate,
    bootstrap_intervals,
    fixed_problems,
    mixed_model,
    signed_rank_posterior,
)

LEAST = 5  # problems, below which nothing is said of problems like these
ROPE = 0.05
"""Normalised regrets that differ by less, over problems, count as practically the same."""
MEASURES = ("normalised_regret", "rank")
SWAPPED = (
    *(("method", "other"), ("better", "worse")),
    ("practically_better", "practically_worse"),
)
PRACTICALLY = ("practically_better", "practically_same", "practically_worse")
OPPOSITE = {"better": "worse", "worse": "better"}
Pair = tuple[list[np.ndarray], Estimate, Estimate]
"""Of two methods: (seeds,) differences of each problem, and both estimates of their mean."""
VERDICTS = ("better", "worse", "equivalent", "tied", "undecided")


def method_table(runs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A row per method.

    Columns: method, problems; then for normalised_regret and rank: the mean over problems of the
    means over seeds; its 95 % interval on these problems (_here_low, _here_high: Student's t over
    seeds) and, from `LEAST` problems on, on problems like these, by the two-level bootstrap
    (_like_low, _like_high) and by a mixed model (_mixed_low, _mixed_high). Of normalised regret
    only problems that have one count.
    """
    rows: dict[str, dict[str, Any]] = {m: {"method": m} for m in runs["method"].unique()}
    for measure in MEASURES:
        wide = list(by_problem(runs, measure).values())
        ends = _bootstrap([frame.to_numpy() for frame in wide], len(rows), rng)
        for place, (method, row) in enumerate(rows.items()):
            values = [frame[method].to_numpy() for frame in wide]
            row["problems"] = runs["problem"].nunique()
            row.update(_columns(measure, *_here_and_like(values), ends[:, place]))
    return pd.DataFrame(list(rows.values()))


def _bootstrap(values: list[np.ndarray], columns: int, rng: np.random.Generator) -> np.ndarray:
    """Two-level intervals, (2, columns), of (seeds, columns) values of each problem.

    NaN for fewer than `LEAST` problems.
    """
    if len(values) < LEAST:
        return np.full((2, columns), math.nan)
    return bootstrap_intervals(values, rng)


def _columns(name: str, here: Estimate, like: Estimate, ends: np.ndarray) -> dict[str, float]:
    """The mean of a measure with its three intervals."""
    return {
        name: here.mean,
        f"{name}_here_low": here.low,
        f"{name}_here_high": here.high,
        f"{name}_like_low": float(ends[0]),
        f"{name}_like_high": float(ends[1]),
        f"{name}_mixed_low": like.low,
        f"{name}_mixed_high": like.high,
    }


def _here_and_like(values: list[np.ndarray]) -> tuple[Estimate, Estimate]:
    """The estimates on these problems, and on problems like these."""
    unknown = Estimate(mean=math.nan, low=math.nan, high=math.nan)
    if not values:
        return unknown, unknown
    return fixed_problems(values), mixed_model(values) if len(values) >= LEAST else unknown


def pair_table(
    runs: pd.DataFrame, verdicts: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """A row per pair of methods, the later one against the earlier.

    Columns: method, other, problems; better, worse, equivalent, tied, undecided (on how many
    problems, by the paired verdict of each); probability_better with _low and _high (of a run at a
    new seed of a new problem, ties half: the mean over problems of the share of seeds won, by the
    two-level bootstrap); for normalised_regret and rank the mean difference and its intervals, as
    in `method_table`; p_here, p_like (two-sided, of the difference of normalised regrets, or of
    ranks where no problem has a normalised regret; on so many problems: deciding) and the same
    times the number of pairs;
    practically_better, practically_same, practically_worse (chances by the Bayesian signed-rank
    test, from `LEAST` problems on, with the region of practical equivalence `ROPE`);
    verdict_here, verdict_like: better, worse or undecided at 5 % for all pairs together;
    the latter from `LEAST` problems on.

    Parameters
    ----------
    runs
        As above.
    verdicts
        A row per problem and pair: problem, method, other, verdict.
    rng
        For bootstrap and posterior.
    """
    pairs = [(late, early) for early, late in combinations(runs["method"].unique(), 2)]
    rows = [_pair_counts(pair, verdicts, runs["problem"].nunique()) for pair in pairs]
    wide = {measure: list(by_problem(runs, measure).values()) for measure in MEASURES}
    found: dict[str, list[Pair]] = {}
    for measure, frames in wide.items():
        columns = [_pair_columns(frame, pairs) for frame in frames]
        ends = _bootstrap(columns, len(pairs), rng)
        values = [[column[:, place] for column in columns] for place in range(len(pairs))]
        found[measure] = [(own, *_here_and_like(own)) for own in values]
        for place, (row, (_, here, like)) in enumerate(zip(rows, found[measure], strict=True)):
            row.update(_columns(measure, here, like, ends[:, place]))
    won = [(np.sign(_pair_columns(frame, pairs)) + 1) / 2 for frame in wide["rank"]]
    ends = _bootstrap(won, len(pairs), rng)
    regrets = bool(wide["normalised_regret"])
    deciding = found["normalised_regret" if regrets else "rank"]
    for place, (row, pair) in enumerate(zip(rows, deciding, strict=True)):
        share = float(np.mean([w[:, place].mean() for w in won]))
        low, high = np.clip(ends[:, place], 0.0, 1.0)
        if low == high:  # won or lost everywhere, which another problem need not be
            _, low, high = proportion_interval(share * len(won), len(won))
        row.update(probability_better=share, probability_low=low, probability_high=high)
        row.update(_decide(pair, len(pairs), rng))
        if not regrets:  # the region of practical equivalence is one of regrets
            row.update(dict.fromkeys(PRACTICALLY, math.nan))
    return pd.DataFrame(rows)


def _pair_counts(pair: tuple[str, str], verdicts: pd.DataFrame, problems: int) -> dict[str, Any]:
    """On how many problems which verdict was reached."""
    method, other = pair
    own = verdicts[(verdicts["method"] == method) & (verdicts["other"] == other)]
    counts = own["verdict"].value_counts()
    counted = {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}
    return {"method": method, "other": other, "problems": problems, **counted}


def _pair_columns(frame: pd.DataFrame, pairs: list[tuple[str, str]]) -> np.ndarray:
    """(seeds, pairs) differences of (seeds, methods) regrets or ranks, of which lower is better."""
    return np.column_stack([frame[other] - frame[method] for method, other in pairs])


def _decide(pair: Pair, family: int, rng: np.random.Generator) -> dict[str, Any]:
    """Tests and verdicts of a pair, in a family of so many."""
    values, here, like = pair
    enough = len(values) >= LEAST
    chances = signed_rank_posterior(values, ROPE, rng) if enough else (math.nan,) * 3
    adjusted = {"here": min(1.0, family * here.p_value), "like": min(1.0, family * like.p_value)}
    return {
        "deciding": len(values),
        "p_here": here.p_value,
        "p_here_adjusted": adjusted["here"],
        "p_like": like.p_value,
        "p_like_adjusted": adjusted["like"],
        **dict(zip(PRACTICALLY, chances, strict=True)),
        "verdict_here": _verdict(here.mean, adjusted["here"]),
        "verdict_like": _verdict(like.mean, adjusted["like"]) if enough else "undecided",
    }


def _verdict(difference: float, p_adjusted: float) -> str:
    if not p_adjusted <= ALPHA:  # NaN is none, either
        return "undecided"
    return "better" if difference > 0 else "worse"


def verdict_table(
    scores: Mapping[str, pd.DataFrame],
    margins: Mapping[str, float | None],
    looks: Mapping[str, Sequence[int]],
) -> pd.DataFrame:
    """A row per problem and pair: its paired comparison, see `study.analysis.paired.compare_pairs`.

    Parameters
    ----------
    scores
        By problem, (seeds, methods), in units of its margin; seeds at which one of a pair is
        missing are left out.
    margins, looks
        By problem: the margin of equivalence, and the numbers of seeds at which results were seen
        before.
    """
    rows = []
    for problem, own in scores.items():
        pairs = typical_differences(own, margins[problem], looks[problem])
        rows += [{"problem": problem, **row} for row, _ in pairs]
    return pd.DataFrame(rows)


def seen_from(pairs: pd.DataFrame, method: str) -> pd.DataFrame:
    """The rows of `pair_table` that hold a method, as seen from that method."""
    own = pairs[(pairs["method"] == method) | (pairs["other"] == method)]
    rows = [row if row["method"] == method else swap_sides(row) for row in own.to_dict("records")]
    return pd.DataFrame(rows, columns=pairs.columns)


def against(pairs: pd.DataFrame, control: str) -> pd.DataFrame:
    """The rows of `pair_table` that hold a control, as seen from the other method of each."""
    rows = [swap_sides(row) for row in seen_from(pairs, control).to_dict("records")]
    return pd.DataFrame(rows, columns=pairs.columns)


def swap_sides(row: Mapping[Any, Any]) -> dict[Any, Any]:
    """A row of `pair_table`, seen from the other method's side."""
    swapped = dict(row)
    for one, two in SWAPPED:
        swapped[one], swapped[two] = row[two], row[one]
    for measure in MEASURES:
        swapped[measure] = -row[measure]
        for kind in ("here", "like", "mixed"):
            low, high = f"{measure}_{kind}_low", f"{measure}_{kind}_high"
            swapped[low], swapped[high] = -row[high], -row[low]
    swapped["probability_better"] = 1 - row["probability_better"]
    swapped["probability_low"] = 1 - row["probability_high"]
    swapped["probability_high"] = 1 - row["probability_low"]
    for name in ("verdict_here", "verdict_like"):
        swapped[name] = OPPOSITE.get(row[name], row[name])
    return swapped
