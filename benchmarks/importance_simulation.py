"""How often importances, and their intervals, are right: made-up problems whose truth is known.

    nox -s importance-simulation -- --studies 80 --seeds 5

Each study is of so many seeds with 29 draws. The truth is the total index by 100,000 draws (Jansen,
Computer Physics Communications 117, 1999). A row per dimension, and per pair that is among the
leading ones in half of the studies at least. Columns: r2 (of the model on unseen seeds), truth,
mean (of the estimates), covered (share of the studies whose interval has the truth, to 0.005),
found (whose interval leaves out 0).
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from study.analysis.effects import capped
from study.analysis.importance import importance
from study.analysis.surrogate import fit_surrogate
from study.core.dimensions import Dimension, Real
from study.problems.synthetic import HARTMANN6_A, HARTMANN6_ALPHA, HARTMANN6_P

DRAWS = 29  # of a seed
TRUTH = 100_000  # draws
EXACT = 0.005  # how well these tell an index

Score = Callable[[pd.DataFrame], np.ndarray]


def unit(*names: str) -> tuple[Dimension, ...]:
    """Dimensions from 0 to 1."""
    return tuple(Real(name=name, low=0.0, high=1.0) for name in names)


def linear(rows: pd.DataFrame) -> np.ndarray:
    """3a + b, a and d interacting; c is without effect."""
    a, b, d = (rows[name].to_numpy(float) for name in "abd")
    return np.asarray(3 * a + b + 6 * (a - 0.5) * (d - 0.5))


def two_of_ten(rows: pd.DataFrame) -> np.ndarray:
    """Of ten dimensions two count."""
    first, second = (rows[name].to_numpy(float) for name in ("x0", "x1"))
    return np.asarray(2 * np.sin(3 * first) + 2 * (second - 0.3) ** 2)


def hartmann(rows: pd.DataFrame) -> np.ndarray:
    """Minus the Hartmann function of six variables."""
    apart = rows.to_numpy(float)[None] - HARTMANN6_P[:, None]
    exponents = (HARTMANN6_A[:, None] * apart**2).sum(axis=-1)
    return np.asarray(HARTMANN6_ALPHA @ np.exp(-exponents))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A made-up problem."""

    names: tuple[str, ...]
    score: Score
    noise: float = 0.0
    """Standard deviation."""
    best_tenth: bool = False


FOUR, TEN = tuple("abcd"), tuple(f"x{number}" for number in range(10))
CASES = {
    "linear": Case(names=FOUR, score=linear),
    "linear, noise": Case(names=FOUR, score=linear, noise=0.5),
    "linear, best tenth": Case(names=FOUR, score=linear, best_tenth=True),
    "two of ten": Case(names=TEN, score=two_of_ten),
    "two of ten, noise": Case(names=TEN, score=two_of_ten, noise=0.3),
    "hartmann6": Case(names=tuple(f"x{number}" for number in range(1, 7)), score=hartmann),
}


def draw(case: Case, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """So many points of the space."""
    return pd.DataFrame(rng.uniform(size=(count, len(case.names))), columns=list(case.names))


def simulate(case: Case, seeds: int, rng: np.random.Generator) -> pd.DataFrame:
    """What a study says of its dimensions, a row each; see `study.analysis.importance`."""
    rows = draw(case, seeds * DRAWS, rng).assign(seed=np.repeat(np.arange(seeds), DRAWS))
    noise = case.noise * rng.normal(size=len(rows))
    rows["validation_score"] = case.score(rows[list(case.names)]) + noise
    scores = capped(rows) if case.best_tenth else rows["validation_score"]
    surrogate = fit_surrogate(rows, scores, unit(*case.names))
    if surrogate is None:
        raise ValueError(f"--seeds is {seeds}: it takes three")
    return importance(surrogate)


def true_index(case: Case, names: Sequence[str]) -> float:
    """The total index of a dimension, or of both of a pair together."""
    rng = np.random.default_rng(1)
    one, other = draw(case, TRUTH, rng), draw(case, TRUTH, rng)
    scores = case.score(one)
    floor = np.quantile(scores, 0.9) if case.best_tenth else -np.inf
    capped_scores = np.maximum(scores, floor)

    def total(changed: Sequence[str]) -> float:
        mixed = case.score(one.assign(**{name: other[name] for name in changed}))
        apart = capped_scores - np.maximum(mixed, floor)
        return float((apart**2).mean() / 2 / capped_scores.var())

    alone = sum(total([name]) for name in names)
    return alone if len(names) == 1 else alone - total(names)


def report(case: Case, studies: int, seeds: int) -> pd.DataFrame:
    """A row per dimension and pair."""
    told = pd.concat([simulate(case, seeds, np.random.default_rng(n)) for n in range(studies)])
    rows = []
    for (name, other), own in told.groupby(["dimension", "other"], sort=False):
        if len(own) < studies / 2:
            continue
        true = true_index(case, [part for part in (str(name), str(other)) if part])
        covered = (own["low"] - EXACT <= true) & (true <= own["high"] + EXACT)
        rows.append(
            {
                "dimension": f"{name} x {other}" if other else name,
                "r2": told["r2"].mean(),
                "truth": true,
                "mean": own["importance"].mean(),
                "covered": covered.mean(),
                "found": (own["low"] > 0).mean(),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Print a table per problem."""
    parser = argparse.ArgumentParser(description="How often importances are right.")
    parser.add_argument("--studies", type=int, default=80)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--problems", nargs="*", choices=list(CASES), default=list(CASES))
    asked = parser.parse_args()
    form = partial("{:.2f}".format)
    for name in asked.problems:
        print(f"\n{name}")
        table = report(CASES[name], asked.studies, asked.seeds)
        print(table.to_string(index=False, float_format=form), flush=True)


if __name__ == "__main__":
    main()
