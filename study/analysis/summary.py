"""What the tables say: frames in, frames out.

`trials` has a row per call, `finals` one per retraining; `study.core.records` has their columns.
Scores are those of `study.core.objective`, higher is better; a standard deviation over one value is
missing.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.analysis.anytime import calls_to_target
from study.analysis.collapse import collapses
from study.analysis.winners import retrained_scores, winners
from study.core.dimensions import Dimension, Listed, join_choices
from study.core.records import RUN


def run_frame(trials: pd.DataFrame, finals: pd.DataFrame) -> pd.DataFrame:
    """A row per method and seed, in the order of `trials`.

    Columns: method, seed, calls, validation_score (the winner's as observed),
    reevaluated_score and test_score (means over its retrainings; missing while there are
    none), size (of the winner), propose_seconds and train_seconds (means per call), seconds
    (of all calls), anytime_score (the mean incumbent over all calls: the area under the curve).
    """
    runs = trials.groupby(RUN, sort=False, as_index=False).agg(
        calls=("call", "size"),
        propose_seconds=("propose_seconds", "mean"),
        train_seconds=("train_seconds", "mean"),
        seconds=("elapsed_seconds", "last"),
        anytime_score=("incumbent_score", "mean"),
    )
    observed = winners(trials)[[*RUN, "validation_score"]]
    return runs.merge(observed, on=RUN, how="left").merge(
        retrained_scores(finals), on=RUN, how="left"
    )


def summarise(
    trials: pd.DataFrame, finals: pd.DataFrame, dimensions: Sequence[str], margin: float
) -> pd.DataFrame:
    """A row per method, in the order of `trials`; docs/files.md lists the columns.

    `dimensions` are the columns of `trials` that make up a configuration; the margin of equivalence
    is as scores are, NaN if there is none.
    """
    runs = run_frame(trials, finals)
    runs["winners_curse"] = runs["validation_score"] - runs["reevaluated_score"]
    summary = runs.groupby("method", sort=False, as_index=False).agg(
        seeds=("seed", "size"),
        calls=("calls", "sum"),
        validation_score=("validation_score", "mean"),
        validation_sd=("validation_score", "std"),
        reevaluated_score=("reevaluated_score", "mean"),
        reevaluated_sd=("reevaluated_score", "std"),
        winners_curse=("winners_curse", "mean"),
        test_score=("test_score", "mean"),
        test_sd=("test_score", "std"),
        anytime_score=("anytime_score", "mean"),
        size_median=("size", "median"),
        size_min=("size", "min"),
        size_max=("size", "max"),
        propose_seconds=("propose_seconds", "mean"),
        train_seconds=("train_seconds", "mean"),
    )
    summary["seconds_per_call"] = summary["propose_seconds"] + summary["train_seconds"]
    for part in (
        variance_components(finals),
        calls_to_target(trials),
        evaluation_counts(trials, finals, dimensions),
        collapses(finals, runs.set_index(RUN)["validation_score"], margin),
    ):
        summary = summary.merge(part, on="method", how="left")
    counts = ["retrainings", "collapsed", "collapsed_runs"]
    return summary.assign(**summary[counts].fillna(0).astype(int))


def variance_components(finals: pd.DataFrame) -> pd.DataFrame:
    """How far test scores vary between searches, and between trainings of one network.

    Columns: method, search_sd, training_sd: square roots of the variance components of a one-way
    random-effects analysis of variance, with runs as groups and retrainings within them; a
    negative estimate counts as 0. Searle, Casella and McCulloch, Variance Components, 1992,
    chapter 3; with groups of different sizes, n0 stands for their size.
    """
    rows = []
    for method, own in finals.dropna(subset=["test_score"]).groupby("method", sort=False):
        groups = own.groupby("seed")["test_score"]
        sizes, means = groups.size(), groups.mean()
        count, number = int(sizes.sum()), len(sizes)
        within = between = np.nan
        if count > number:
            deviations = own["test_score"] - groups.transform("mean")
            within = float((deviations**2).sum()) / (count - number)
        if number > 1:
            grand = own["test_score"].mean()
            square = float((sizes * (means - grand) ** 2).sum()) / (number - 1)
            n0 = (count - float((sizes**2).sum()) / count) / (number - 1)
            between = max(0.0, (square - within) / n0) if count > number else np.nan
        rows.append((method, np.sqrt(between), np.sqrt(within)))
    return pd.DataFrame(rows, columns=["method", "search_sd", "training_sd"])


def evaluation_counts(
    trials: pd.DataFrame, finals: pd.DataFrame, dimensions: Sequence[str]
) -> pd.DataFrame:
    """What was evaluated, a row per method.

    Columns: method, distinct (configurations over all seeds), duplicates (proposals that repeated
    one of their run), reused (calls whose training was shared with an earlier row), failed (calls
    and retrainings without a score).
    """
    distinct = trials.drop_duplicates(["method", *dimensions])["method"].value_counts()
    rows = pd.concat([trials[["method", "status"]], finals[["method", "status"]]])
    failed = rows["method"][rows["status"] != "ok"].value_counts()
    counts = trials.groupby("method", sort=False, as_index=False).agg(
        duplicates=("duplicate", "sum"), reused=("reused", "sum")
    )
    counts.insert(1, "distinct", counts["method"].map(distinct))
    counts["failed"] = counts["method"].map(failed).fillna(0).astype(int)
    return counts


def scores(runs: pd.DataFrame, column: str, scale: float) -> pd.DataFrame:
    """Scores times `scale`, a row per seed and a column per method, in the order of `runs`."""
    wide = runs.pivot(index="seed", columns="method", values=column) * scale
    return wide[list(runs["method"].unique())]


def pareto(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs whose networks no other run beats in both size and test score, by size."""
    ordered = runs.dropna(subset=["test_score"]).sort_values(
        ["size", "test_score"], ascending=[True, False]
    )
    best_smaller = ordered["test_score"].cummax().shift(fill_value=-np.inf)
    return ordered[ordered["test_score"] > best_smaller]


def explored_range(trials: pd.DataFrame, space: Sequence[Dimension]) -> pd.DataFrame:
    """What each method tried of each dimension: the tutorial's "range of our search".

    Columns: method, dimension, allowed (the range or choices of the space), tried (the smallest
    and largest value, or the choices), distinct (different values), best (the value of the
    method's best validation score over all seeds).
    """
    rows, best = [], winners(trials)
    for method, own in trials.groupby("method", sort=False):
        top = best[best["method"] == method].nlargest(1, "validation_score")
        for dimension in space:
            values = own[dimension.name]
            if isinstance(dimension, Listed):
                found = set(values)
                tried = join_choices([c for c in dimension.labels.values() if c in found])
            else:
                tried = f"{values.min():.6g} .. {values.max():.6g}"
            rows.append(
                {
                    "method": method,
                    "dimension": dimension.name,
                    "allowed": dimension.allowed,
                    "tried": tried,
                    "distinct": values.nunique(),
                    "best": top[dimension.name].iloc[0] if len(top) else None,
                }
            )
    return pd.DataFrame(
        rows, columns=["method", "dimension", "allowed", "tried", "distinct", "best"]
    )
