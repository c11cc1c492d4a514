"""What the tables say: frames in, frames out.

`trials` and `finals` are the frames of `study.storage.frames`. Scores are those of `study.core.objective`,
higher is better; a standard deviation over one value is missing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

GOAL = 0.97  # the validation score whose first call the summary tells, beside the baseline's
RUN = ["method", "seed"]


def dimensions(trials: pd.DataFrame) -> list[str]:
    """The names of the columns that make up a configuration."""
    names = list(trials.columns)
    return names[names.index("phase") + 1 : names.index("validation_score")]


def run_frame(trials: pd.DataFrame, finals: pd.DataFrame) -> pd.DataFrame:
    """A row per method and seed, in the order of `trials`.

    Columns: method, seed, calls, validation_score (the winner's as observed),
    remeasured_score and test_score (means over its retrainings; missing while there are
    none), cost (of the winner), propose_seconds and train_seconds (means per call), seconds
    (of all calls).
    """
    runs = trials.groupby(RUN, sort=False, as_index=False).agg(
        calls=("call", "size"),
        validation_score=("incumbent_score", "last"),
        propose_seconds=("propose_seconds", "mean"),
        train_seconds=("train_seconds", "mean"),
        seconds=("elapsed_seconds", "last"),
    )
    chosen = finals.groupby(RUN, sort=False, as_index=False).agg(
        remeasured_score=("validation_score", "mean"),
        test_score=("test_score", "mean"),
        cost=("cost", "first"),
    )
    return runs.merge(chosen, on=RUN, how="left")


def summarise(trials: pd.DataFrame, finals: pd.DataFrame) -> pd.DataFrame:
    """A row per method, in the order of `trials`; results/README.md lists the columns."""
    runs = run_frame(trials, finals)
    runs["winners_curse"] = runs["validation_score"] - runs["remeasured_score"]
    summary = runs.groupby("method", sort=False, as_index=False).agg(
        seeds=("seed", "size"),
        calls=("calls", "sum"),
        validation_score=("validation_score", "mean"),
        validation_sd=("validation_score", "std"),
        remeasured_score=("remeasured_score", "mean"),
        remeasured_sd=("remeasured_score", "std"),
        winners_curse=("winners_curse", "mean"),
        test_score=("test_score", "mean"),
        test_sd=("test_score", "std"),
        cost_median=("cost", "median"),
        cost_min=("cost", "min"),
        cost_max=("cost", "max"),
        propose_seconds=("propose_seconds", "mean"),
        train_seconds=("train_seconds", "mean"),
    )
    summary["seconds_per_call"] = summary["propose_seconds"] + summary["train_seconds"]
    for part in (luck(finals), calls_needed(trials), effort(trials, finals)):
        summary = summary.merge(part, on="method", how="left")
    return summary


def luck(finals: pd.DataFrame) -> pd.DataFrame:
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


def calls_needed(trials: pd.DataFrame) -> pd.DataFrame:
    """How soon a method is as good as the baseline's best at the same seed, and reaches 97 %.

    Columns: method; calls_to_baseline, calls_to_goal (median over seeds of the first call whose
    incumbent is as good; missing if fewer than half of the seeds get there); seeds_to_baseline,
    seeds_to_goal (how many get there at all).
    """
    base = trials[trials["method"] == "baseline"].groupby("seed")["incumbent_score"].max()
    rows = trials[["method", "seed", "call"]].assign(
        baseline=trials["incumbent_score"] >= trials["seed"].map(base),
        goal=trials["incumbent_score"] >= GOAL,
    )
    parts = []
    for name in ("baseline", "goal"):
        calls = rows["call"].astype(float).where(rows[name], np.inf)
        first = calls.groupby([rows["method"], rows["seed"]]).min()
        by_method = first.groupby("method", sort=False)
        parts.append(
            pd.DataFrame(
                {
                    f"calls_to_{name}": by_method.median().replace(np.inf, np.nan),
                    f"seeds_to_{name}": by_method.agg(lambda calls: int(np.isfinite(calls).sum())),
                }
            )
        )
    return pd.concat(parts, axis=1).reset_index()


def effort(trials: pd.DataFrame, finals: pd.DataFrame) -> pd.DataFrame:
    """What was evaluated, a row per method.

    Columns: method, distinct (configurations over all seeds), duplicates (proposals that repeated
    one of their run), reused (calls whose training was shared with an earlier row), failed (calls
    and retrainings without a score).
    """
    distinct = trials.drop_duplicates(["method", *dimensions(trials)])["method"].value_counts()
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


def equal_time(trials: pd.DataFrame) -> pd.DataFrame:
    """What every method had found when the quickest search of its seed was through.

    A row per method and seed; columns: method, seed, seconds (what the quickest search took for
    all its calls; the baseline, which does not search, does not set it), calls (finished by
    then) and validation_score (of the incumbent then; missing if no call had ended).
    """
    searching = trials.groupby("method")["phase"].transform(
        lambda phase: (phase == "initial").any()
    )
    setting = trials[searching] if searching.any() else trials
    ends = setting.groupby(RUN)["elapsed_seconds"].max()
    limit = trials["seed"].map(ends.groupby("seed").min()).rename("seconds")
    in_time = trials[trials["elapsed_seconds"] <= limit * (1 + 1e-12)]
    then = in_time.groupby(RUN, as_index=False).agg(
        calls=("call", "max"), validation_score=("incumbent_score", "last")
    )
    frame = trials[RUN].assign(seconds=limit).drop_duplicates(RUN)
    frame = frame.merge(then, on=RUN, how="left")
    return frame.assign(calls=frame["calls"].fillna(0).astype(int))


def by_seconds(trials: pd.DataFrame, points: int = 200) -> pd.DataFrame:
    """Incumbents over time, from when every seed has one until the first seed is through.

    Columns: method, seconds, and mean, low, high: score with its 95 % t interval over seeds.
    """
    parts = []
    for method, own in trials.dropna(subset=["incumbent_score"]).groupby("method", sort=False):
        runs = [run for _, run in own.groupby("seed")]
        start = max(1e-6, *(run["elapsed_seconds"].iloc[0] for run in runs))
        end = min(run["elapsed_seconds"].iloc[-1] for run in runs)
        grid = np.geomspace(start, max(start, end), points)
        steps = [
            run["incumbent_score"].to_numpy()[
                np.searchsorted(run["elapsed_seconds"], grid, side="right") - 1
            ]
            for run in runs
        ]
        wide = pd.DataFrame(np.transpose(steps))
        half = half_interval(wide)
        mean = wide.mean(axis=1)
        parts.append(
            pd.DataFrame(
                {
                    "method": method,
                    "seconds": grid,
                    "mean": mean,
                    "low": mean - half,
                    "high": mean + half,
                }
            )
        )
    columns = ["method", "seconds", "mean", "low", "high"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def half_interval(wide: pd.DataFrame) -> "pd.Series[float]":
    """Half the 95 % t interval of the mean of each row; 0 where one value has none."""
    from scipy.stats import t

    count = wide.count(axis=1)
    factor = pd.Series(t.ppf(0.975, (count - 1).clip(lower=1)), index=count.index)
    return (wide.std(axis=1) / np.sqrt(count) * factor).fillna(0)


def pareto(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs whose networks no other run beats in both cost and test score, by cost."""
    ordered = runs.dropna(subset=["test_score"]).sort_values(
        ["cost", "test_score"], ascending=[True, False]
    )
    best_smaller = ordered["test_score"].cummax().shift(fill_value=-np.inf)
    return ordered[ordered["test_score"] > best_smaller]


def search_range(trials: pd.DataFrame, space: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """What each method tried of each dimension: the tutorial's "range of our search".

    Columns: method, dimension, allowed (the range or choices of the space), tried (the smallest
    and largest value, or the choices), distinct (different values), best (the value of the
    method's best validation score over all seeds).
    """
    rows = []
    for method, own in trials.groupby("method", sort=False):
        scored = own.dropna(subset=["validation_score"])
        for dimension in space:
            values = own[dimension["name"]]
            if dimension["kind"] == "categorical":
                allowed, tried = ", ".join(dimension["choices"]), ", ".join(sorted(values.unique()))
            else:
                allowed = f"{dimension['low']:.6g} .. {dimension['high']:.6g}"
                tried = f"{values.min():.6g} .. {values.max():.6g}"
            best = scored["validation_score"].idxmax() if len(scored) else None
            rows.append(
                {
                    "method": method,
                    "dimension": dimension["name"],
                    "allowed": allowed,
                    "tried": tried,
                    "distinct": values.nunique(),
                    "best": values[best] if best is not None else None,
                }
            )
    return pd.DataFrame(
        rows, columns=["method", "dimension", "allowed", "tried", "distinct", "best"]
    )
