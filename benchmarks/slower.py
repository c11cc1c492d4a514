"""Fail if benchmarks have become slower: python -m benchmarks.slower BEFORE NOW 20%.

A kind of benchmark is slower if the median change of those that both files have is above what is
allowed, and if a Mann-Whitney test over their rounds says that it is no noise. What others do,
such as Keras, does not count. Without a run before there is nothing to compare with, and nothing
fails.
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from scipy.stats import mannwhitneyu, norm

from benchmarks.report.measurements import join_runs, read_benchmarks
from study.core.errors import StudyError

OTHERS = ["keras", "scikit-optimize", "tutorial"]
LEVEL = 0.05

Rounds = tuple[list[float], list[float]]
"""Seconds of each round of one benchmark, before and now."""


def main(*arguments: str) -> int:
    """Compare the last two files; the exit code, 2 if one cannot be read."""
    *files, allowed = arguments
    if len(files) < 2:
        print("no benchmark before this one: nothing to compare with")
        return 0
    try:
        before, now = (read_benchmarks([Path(file)]) for file in files[-2:])
    except StudyError as error:
        print(f"benchmarks.slower: {error.command_line}", file=sys.stderr)
        return 2
    common = join_runs(before, now[~now["how"].isin(OTHERS)])
    if common.empty:
        print("the run before measured other things: nothing to compare with")
        return 0
    limit = float(allowed.rstrip("%")) / 100
    changes = change_frame(common)
    slower = changes[(changes["change"] > limit) & (changes["p_value"] < LEVEL)]
    for kind, row in changes.iterrows():
        verdict = "slower" if kind in slower.index else "not slower"
        print(f"{kind}: {row['change']:+.1%}, p = {row['p_value']:.3f}: {verdict}")
    print(f"allowed +{limit:.0%}; more than that fails if p is below {LEVEL}, which noise is not")
    return int(len(slower) > 0)


def change_frame(common: pd.DataFrame) -> pd.DataFrame:
    """A row per kind of benchmark: the median change of its seconds, and the test's p-value."""
    rows = {}
    for kind, own in common.groupby("benchmark", sort=False):
        rounds = zip(own["rounds_before"], own["rounds"], strict=True)
        change = (own["seconds"] / own["seconds_before"]).median() - 1
        rows[kind] = {"change": change, "p_value": p_value_slower(rounds)}
    return pd.DataFrame.from_dict(rows, orient="index")


def p_value_slower(benchmarks: Iterable[Rounds]) -> float:
    """The one-sided p-value of several benchmarks, each compared with itself by Mann-Whitney.

    Their statistics are added up with the weights 1 / (m + n + 1), and so are their variances,
    m n (m + n + 1) / 12: van Elteren, Bulletin de l'Institut International de Statistique 37, 1960.
    """
    excess = variance = 0.0
    for before, now in benchmarks:
        pairs, weight = len(before) * len(now), 1 / (len(before) + len(now) + 1)
        excess += weight * (mannwhitneyu(now, before).statistic - pairs / 2)
        variance += weight * pairs / 12
    return float(norm.sf(excess / math.sqrt(variance)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
