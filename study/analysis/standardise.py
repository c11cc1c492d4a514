"""Runs on many problems, made comparable: normalised regrets and ranks.

Scores are those of `study.core.objective`, of which higher is better.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

CONTROL = "random"
"""The method that others are held against, if it is there."""
MOST = 2.0
"""What a higher normalised regret counts as: a collapse must not outweigh everything else."""
ROUNDING = 1e-12  # of the scores: a smaller span is none


def best_known(scores: pd.DataFrame, optimum_known: bool) -> float:
    """The score that has no regret: the optimum's, 0, or the best of (seeds, methods) scores."""
    return 0.0 if optimum_known else float(np.nanmax(scores.to_numpy()))


def failures_as_worst(scores: pd.DataFrame) -> pd.DataFrame:
    """(seeds, methods) scores; what is missing counts as the worst of the problem."""
    return scores.fillna(float(np.nanmin(scores.to_numpy())))


def normalised_regret(scores: pd.DataFrame, best: float, control: str) -> pd.DataFrame:
    """How far each run is from the best known score, in units of the control's median run.

    0 is the best known score, 1 the median over seeds of the control. At most `MOST`. All NaN where
    that median is as good as the best known: such a problem tells nothing of how much better a
    search is.

    Parameters
    ----------
    scores
        (seeds, methods), none missing.
    best
        See `best_known`.
    control
        One of the methods, such as random search.
    """
    median = float(scores[control].median())
    span = best - median
    if span <= ROUNDING * max(abs(best), abs(median)):
        return scores * np.nan
    return ((best - scores) / span).clip(lower=0.0, upper=MOST)


def ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """The rank of each method at each seed: 1 is the best, equal scores share their mean rank."""
    return scores.rank(axis=1, ascending=False, method="average")


def standardised_runs(
    scores: Mapping[str, pd.DataFrame],
    optimum_known: Mapping[str, bool],
    control: str = CONTROL,
    others: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """A row per problem, seed and method.

    Columns: problem, seed, method, score (as given; missing where a run has none),
    normalised_regret, rank. A run without a score counts as the worst of its problem.

    Parameters
    ----------
    scores
        By problem, (seeds, methods): what each run's winner came to; all with the same methods.
    optimum_known
        By problem, whether a score of 0 is the optimum.
    control
        See `normalised_regret`.
    others
        By problem, what else is known, whatever its methods and seeds: it may hold the best score.
    """
    parts = []
    for problem, given in scores.items():
        full = failures_as_worst(given)
        known = pd.concat([full, others[problem]]) if others else full
        best = best_known(known, optimum_known[problem])
        wide = {
            "score": given,
            "normalised_regret": normalised_regret(full, best, control),
            "rank": ranks(full),
        }
        places = pd.MultiIndex.from_product([given.index, given.columns], names=["seed", "method"])
        columns = {name: frame.to_numpy().ravel() for name, frame in wide.items()}
        parts.append(pd.DataFrame(columns, index=places).reset_index().assign(problem=problem))
    runs = pd.concat(parts, ignore_index=True)
    return runs[["problem", "seed", "method", "score", "normalised_regret", "rank"]]


def by_problem(runs: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """(seeds, methods) values of each problem that has them, in the order of `runs`."""
    methods = list(runs["method"].unique())
    found = {}
    for problem, own in runs.groupby("problem", sort=False):
        wide = own.pivot(index="seed", columns="method", values=column)[methods]
        if wide.notna().all(axis=None):
            found[str(problem)] = wide
    return found
