"""How often the statistics are right, on made-up studies whose truth is known.

    nox -s simulation -- --studies 500

For every number of seeds: the coverage of the 95 % intervals of a mean paired difference; how often
a family of four methods with the same mean (six pairs) leads to any verdict of better or worse at
all; and how often two whose difference is the margin, not less, are called equivalent. Four kinds
of differences: normal; heavy (every method sometimes fails badly); skewed (every other one does, so
that the mean is the same but hardly any seed shows it); tied (at half of the seeds all choose the
same network, and accuracies are counted in whole images).
"""

import argparse
import math
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from study.analysis.paired import BOOTSTRAP_FROM, compare_pairs, mean_interval
from study.core.environment import available_cores
from study.core.formatting import pluralize

SEEDS = (2, 3, 5, 8, 12, 19, 20, 30)
METHODS = 4
NO_MARGIN = 1e-6  # percentage points: so that equivalence hides no false alarm
MARGIN = 0.5  # percentage points: so that some dozen seeds can show equivalence
FAILS = 1 / 6  # of the seeds

Draw = Callable[[np.random.Generator, int], np.ndarray]


def normal_scores(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """(seeds, methods) scores in percent: normal, sd 0.2."""
    return 97 + 0.2 * rng.normal(size=(seeds, METHODS))


def heavy_tailed_scores(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """(seeds, methods) scores in percent: each loses a point on average at one seed in six."""
    bad = rng.random((seeds, METHODS)) < FAILS
    return normal_scores(rng, seeds) - bad * rng.exponential(1.0, bad.shape)


def skewed_scores(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """(seeds, methods) scores in percent: so does every other method, better at the other seeds."""
    scores, failing = heavy_tailed_scores(rng, seeds), np.arange(METHODS) % 2 == 1
    return np.where(failing, scores + FAILS, normal_scores(rng, seeds))


def tied_scores(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """(seeds, methods) scores in percent: at half of the seeds the same network, else normal."""
    same = rng.random((seeds, METHODS)) < 0.5
    shared, own = 0.2 * rng.normal(size=(seeds, 1)), 0.2 * rng.normal(size=(seeds, METHODS))
    return np.round(97 + np.where(same, shared, own), 2)


KINDS: dict[str, Draw] = {
    "normal": normal_scores,
    "heavy": heavy_tailed_scores,
    "skewed": skewed_scores,
    "tied": tied_scores,
}


def simulate_study(number: int, kind: str, seeds: int) -> tuple[float, float, float, float, float]:
    """What one made-up study leads to, 1 or 0 each.

    Whether the interval of the first pair covers 0, and whether BCa alone does (missing below 20
    seeds); whether that pair, compared alone, is wrongly decided; whether any of all six pairs is;
    whether the first pair is called equivalent if its second method is better by the margin.
    """
    rng = np.random.default_rng([number, seeds, list(KINDS).index(kind)])
    scores = pd.DataFrame(KINDS[kind](rng, seeds), columns=list("abcd"))
    difference = np.round((scores["b"] - scores["a"]).to_numpy(), 9)
    low, high, _ = mean_interval(difference, rng)
    alone = compare_pairs(scores[["a", "b"]], NO_MARGIN, rng)
    family = compare_pairs(scores, NO_MARGIN, rng)
    at_margin = compare_pairs(scores[["a", "b"]] + [0, MARGIN], MARGIN, rng)
    wrong = ["better", "worse"]
    bca = math.nan
    if seeds >= BOOTSTRAP_FROM:
        ends = bootstrap((difference,), np.mean, method="BCa", rng=rng).confidence_interval
        bca = float(ends.low <= 0 <= ends.high)
    return (
        float(low <= 0 <= high),
        bca,
        float(alone["verdict"].isin(wrong).any()),
        float(family["verdict"].isin(wrong).any()),
        float((at_margin["verdict"] == "equivalent").any()),
    )


def simulate(studies: int) -> pd.DataFrame:
    """A row per kind and number of seeds: shares of studies, 0 to 1."""
    rows = []
    with ProcessPoolExecutor(available_cores()) as pool:
        for kind in KINDS:
            for seeds in SEEDS:
                work = partial(simulate_study, kind=kind, seeds=seeds)
                coverage, bca, alone, family, equivalent = np.mean(
                    list(pool.map(work, range(studies), chunksize=50)), axis=0
                )
                rows.append(
                    {
                        "differences": kind,
                        "seeds": seeds,
                        "coverage": coverage,
                        "BCa alone": bca,
                        "false alarms, 1 pair": alone,
                        "false alarms, 6 pairs": family,
                        "falsely equivalent": equivalent,
                    }
                )
                print(f"{kind}, {pluralize(seeds, 'seed')}: done", file=sys.stderr)
    return pd.DataFrame(rows)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=500, help="per row; default 500")
    table = simulate(parser.parse_args().studies)
    print(table.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
