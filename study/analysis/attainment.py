"""How soon targets are reached, over many problems, and what a larger budget changes.

`incumbents` are tables of `study.analysis.score_tables.ScoreTables.incumbents` by problem: a row
per call, with the columns method, seed, call, incumbent_score and elapsed_seconds.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.analysis.standardise import CONTROL

Incumbents = Mapping[str, pd.DataFrame]

QUANTILES = tuple(np.arange(1, 11) / 10)
"""Of what the control held: the targets of a problem."""
TIMES = 60  # moments at which the shares by time are told
BUDGETS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


def targets(incumbents: pd.DataFrame, initial_points: int, control: str = CONTROL) -> np.ndarray:
    """The (10,) targets of a problem, as scores: easy ones first.

    They are the deciles of the incumbents that the control, such as random search, had after its
    calls beyond the shared design, over all seeds, the last of them the best that it ever had.
    """
    chosen = incumbents[incumbents["call"] > initial_points]
    searched = chosen if len(chosen) else incumbents
    scores = searched.loc[searched["method"] == control, "incumbent_score"].dropna()
    return np.quantile(scores, QUANTILES, method="inverted_cdf") if len(scores) else np.empty(0)


def first_hits(
    incumbents: Incumbents, initial_points: int, column: str, control: str = CONTROL
) -> pd.DataFrame:
    """When each run first reached each target of its problem, by `column`.

    A row per problem, method, seed and target: problem, method, seed, target (its place, from 1),
    and `column`, infinite where it was never reached.
    """
    parts = []
    for problem, frame in incumbents.items():
        for place, target in enumerate(targets(frame, initial_points, control), start=1):
            reached = frame[column].where(frame["incumbent_score"] >= target, np.inf)
            first = reached.groupby([frame["method"], frame["seed"]], sort=False).min()
            parts.append(first.reset_index().assign(problem=problem, target=place))
    return pd.concat(parts, ignore_index=True)[["problem", "method", "seed", "target", column]]


def attainment(
    incumbents: Incumbents, calls: int, initial_points: int, control: str = CONTROL
) -> pd.DataFrame:
    """The share of targets reached, over all problems, seeds and targets, by call and by time.

    The empirical distribution of running times: Hansen et al., COCO, Optimization Methods and
    Software 36, 2021. Every problem counts alike. Columns: method, by ("call" or "second"), at
    (the call, or seconds of the run's own work), share.
    """
    hits = first_hits(incumbents, initial_points, "call", control)
    by_call = shares_at(hits, "call", np.arange(1, calls + 1)).assign(by="call")
    seconds = first_hits(incumbents, initial_points, "elapsed_seconds", control)
    found = seconds["elapsed_seconds"][np.isfinite(seconds["elapsed_seconds"])]
    positive = found[found > 0]
    if positive.empty:
        return by_call[["method", "by", "at", "share"]]
    moments = np.geomspace(positive.min(), positive.max(), TIMES)
    by_second = shares_at(seconds, "elapsed_seconds", moments).assign(by="second")
    return pd.concat([by_call, by_second], ignore_index=True)[["method", "by", "at", "share"]]


def shares_at(hits: pd.DataFrame, column: str, moments: np.ndarray) -> pd.DataFrame:
    """Columns method, at, share: of the targets reached at each moment, problems alike."""
    rows = []
    for method, own in hits.groupby("method", sort=False):
        problems = [np.sort(values) for _, values in own.groupby("problem")[column]]
        reached = [np.searchsorted(v, moments, side="right") / len(v) for v in problems]
        share = np.mean(reached, axis=0)
        rows.append(pd.DataFrame({"method": method, "at": moments, "share": share}))
    return pd.concat(rows, ignore_index=True)


def profile(runs: pd.DataFrame) -> pd.DataFrame:
    """The share of runs whose normalised regret is at most some value, problems alike.

    Columns: method, at (the normalised regret), share. A performance profile: Agarwal et al.,
    Advances in Neural Information Processing Systems 34, 2021.
    """
    known = runs.dropna(subset=["normalised_regret"])
    if known.empty:
        return pd.DataFrame(columns=["method", "at", "share"])
    moments = np.linspace(0.0, max(1.0, float(known["normalised_regret"].max())), 101)
    return shares_at(known, "normalised_regret", moments)


def budgets(calls: int, initial_points: int) -> list[int]:
    """The numbers of calls after which methods are compared: round ones, and all."""
    return [n for n in BUDGETS if initial_points < n < calls] + [calls]


def scores_after(incumbents: pd.DataFrame, call: int, methods: Sequence[str]) -> pd.DataFrame:
    """(seeds, methods) incumbent scores after so many calls."""
    own = incumbents[incumbents["call"] == call]
    wide = own.pivot(index="seed", columns="method", values="incumbent_score")
    return wide.reindex(columns=list(methods))
