"""How often the statistics are right, on made-up studies whose truth is known.

    nox -s simulation -- --studies 1000

A row per kind of scores and number of seeds. All methods of a family of four have the same
pseudomedian (normal, t with 3 degrees of freedom, lognormal and exponential, ties at half of the
seeds, collapses in 5 or 10 % of runs by 10 or 40 standard deviations), or one method differs from
the others in kind ("one": skewed or collapsing against normal) and its typical difference from
them is 0. Columns, shares of studies:

coverage            the pair's own 95 % interval of the typical difference covers 0
mean covered        Student's or the bootstrap interval of the mean covers the true mean difference
false, 1 pair       one pair alone is called better or worse
false, 6 pairs      any of the six pairs is
power 0.5 / 1 sd    one pair alone is called better, as it is by half or a whole standard deviation
power of t          the same by the paired t test of the mean, at one standard deviation
falsely equivalent  two that differ typically by the margin, not less, are called equivalent
"""

import argparse
import math
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np
import pandas as pd
from scipy import stats

from study.analysis.paired import (
    compare_pair,
    mean_interval,
    paired_differences,
    typical_interval,
)
from study.analysis.signed_rank import pseudomedian, walsh_averages
from study.core.environment import available_cores

SEEDS = (3, 4, 5, 6, 8, 12, 20, 30, 60)
METHODS = 4
MARGIN = 0.5  # of a standard deviation: so that some dozen seeds can show equivalence
COLUMNS = (
    *("coverage", "mean covered", "false, 1 pair", "false, 6 pairs"),
    *("power 0.5 sd", "power 1 sd", "power of t", "falsely equivalent"),
)

Rng = np.random.Generator
Draw = Callable[[Rng, tuple[int, ...]], np.ndarray]


def normal(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Scores of standard deviation 1."""
    return rng.normal(size=shape)


def heavy(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Student's t with 3 degrees of freedom, scaled to a standard deviation of 1."""
    drawn: np.ndarray = rng.standard_t(3, shape) / np.sqrt(3)
    return drawn


def lognormal(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Mostly good, now and then far worse; its logarithm's standard deviation is 1."""
    drawn: np.ndarray = -rng.lognormal(size=shape) / np.sqrt((np.e - 1) * np.e)
    return drawn


def exponential(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """The same, less so."""
    return -rng.exponential(size=shape)


def collapsing(rng: Rng, shape: tuple[int, ...], share: float, depth: float) -> np.ndarray:
    """Normal, but for a share of runs that lose so many standard deviations."""
    drawn: np.ndarray = normal(rng, shape) - depth * (rng.random(shape) < share)
    return drawn


COLLAPSES = {
    f"collapse {share:.0%} by {depth}": partial(collapsing, share=share, depth=depth)
    for share in (0.05, 0.1)
    for depth in (10, 40)
}
ALIKE: dict[str, Draw] = {
    "normal": normal,
    "t, 3 degrees": heavy,
    "lognormal": lognormal,
    "exponential": exponential,
    **COLLAPSES,
}
ONE: dict[str, Draw] = {"lognormal": lognormal, "exponential": exponential, **COLLAPSES}
KINDS = (*ALIKE, "ties", *(f"one {kind}" for kind in ONE))


@cache
def centre(kind: str) -> tuple[float, float]:
    """The typical and the mean difference of a method of that kind from a normal one."""
    rng = np.random.default_rng(0)
    found = ONE[kind](rng, (2_000_000,)) - normal(rng, (2_000_000,))
    quantiles = np.quantile(found, (np.arange(2000) + 0.5) / 2000)
    return pseudomedian(walsh_averages(quantiles)), float(found.mean())


def draw(kind: str, rng: Rng, seeds: int) -> tuple[np.ndarray, float]:
    """(seeds, methods) scores without typical differences; the mean of second minus first."""
    shape = seeds, METHODS
    if kind == "ties":  # at half of the seeds the same network
        same, shared = rng.random(shape) < 0.5, normal(rng, (seeds, 1))
        return np.round(np.where(same, shared, normal(rng, shape)), 1), 0.0
    if kind in ALIKE:
        return ALIKE[kind](rng, shape), 0.0
    scores, one = normal(rng, shape), kind.removeprefix("one ")
    typical, mean = centre(one)
    scores[:, 1] = ONE[one](rng, (seeds,)) - typical
    return scores, mean - typical


def simulate_study(number: int, kind: str, seeds: int) -> list[float]:
    """What one made-up study leads to, 1 or 0 each: `COLUMNS`."""
    rng = np.random.default_rng([number, seeds, KINDS.index(kind)])
    drawn, true_mean = draw(kind, rng, seeds)
    differences = [d for *_, d in paired_differences(pd.DataFrame(drawn))]
    d = differences[0]  # of the first two methods
    spread = np.sqrt(2)  # of a difference of two normal scores

    def verdict(d: np.ndarray, family: int = 1, margin: float = math.nan) -> str:
        return str(compare_pair(d, family, margin)["verdict"])

    low, high, _ = typical_interval(d, walsh_averages(d))
    mean_low, mean_high, _ = mean_interval(d, rng)
    family = {verdict(d, len(differences)) for d in differences}
    t = stats.ttest_1samp(d + spread, 0.0).pvalue
    outcomes = (
        low <= 0 <= high,
        mean_low <= true_mean <= mean_high,
        verdict(d) in ("better", "worse"),
        not family.isdisjoint(("better", "worse")),
        verdict(d + spread / 2) == "better",
        verdict(d + spread) == "better",
        t <= 0.05,
        verdict(d + MARGIN * spread, margin=MARGIN * spread) == "equivalent",
    )
    return [float(outcome) for outcome in outcomes]


def simulate(studies: int, seeds: tuple[int, ...] = SEEDS) -> pd.DataFrame:
    """A row per kind and number of seeds: shares of studies, 0 to 1.

    So many studies below 20 seeds, four tenths as many above.
    """
    rows = []
    with ProcessPoolExecutor(available_cores()) as pool:
        for kind in KINDS:
            for n in seeds:
                count = studies if n < 20 else 2 * studies // 5
                work = partial(simulate_study, kind=kind, seeds=n)
                shares = np.mean(list(pool.map(work, range(count), chunksize=20)), axis=0)
                rows.append({"scores": kind, "seeds": n} | dict(zip(COLUMNS, shares, strict=True)))
            print(f"{kind}: done", file=sys.stderr)
    return pd.DataFrame(rows)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=1000, help="per row; default 1000")
    table = simulate(parser.parse_args().studies)
    print(table.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
