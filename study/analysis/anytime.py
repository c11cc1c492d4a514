"""How soon a method finds what it finds: by call, and by seconds of its own work."""

import numpy as np
import pandas as pd

from study.core.records import RUN

GOAL = 0.97  # the validation score whose first call the summary tells, beside the baseline's


def reevaluated_incumbents(trials: pd.DataFrame, trace: pd.DataFrame) -> pd.DataFrame:
    """`trials`, but that `incumbent_score` is the mean over an incumbent's re-evaluations.

    It tells what a user would have got after each call; the best of many noisy measurements tells
    more than that. Missing where no re-evaluation has a score.
    """
    run = [trials[name] for name in RUN]
    best = trials["validation_score"].groupby(run).cummax().groupby(run).ffill()
    earlier = best.groupby(run).shift().fillna(-np.inf)
    found = trials["call"].where(trials["validation_score"] > earlier).groupby(run).ffill()
    mean = trace.groupby([*RUN, "call"])["validation_score"].mean()
    places = pd.MultiIndex.from_arrays([*run, found])
    return trials.assign(incumbent_score=mean.reindex(places).to_numpy())


def calls_to_target(trials: pd.DataFrame) -> pd.DataFrame:
    """How soon a method is as good as the baseline's best at the same seed, and reaches 97 %.

    Columns: method; calls_to_baseline, calls_to_goal (median over seeds of the first call whose
    incumbent is as good; missing unless more than half of the seeds get there); seeds_to_baseline,
    seeds_to_goal (how many get there at all). Without a baseline its two are missing.
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
    found = pd.concat(parts, axis=1).reset_index()
    return found.assign(seeds_to_baseline=np.nan) if base.empty else found


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


def anytime_curve(trials: pd.DataFrame, points: int = 200) -> pd.DataFrame:
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
        half = ci_half_width(wide)
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


def ci_half_width(wide: pd.DataFrame) -> "pd.Series[float]":
    """Half the 95 % t interval of the mean of each row; 0 where one value has none."""
    from scipy.stats import t

    count = wide.count(axis=1)
    factor = pd.Series(t.ppf(0.975, (count - 1).clip(lower=1)), index=count.index)
    return (wide.std(axis=1) / np.sqrt(count) * factor).fillna(0)
