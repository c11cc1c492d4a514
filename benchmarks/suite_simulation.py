"""How often the statistics over two levels are right, on made-up suites whose truth is known.

    nox -s suite-simulation -- --suites 1000

A row per kind of population, number of problems and number of seeds. Of each problem two methods
differ by an effect drawn from the population, and each seed adds noise:

normal          both normal, noise as large as the effects vary
heavy           both Student's t with 3 degrees of freedom
skewed          exponential effects, normal noise
exact           no noise
same            no effects: the methods are one and the same
shared          normal, and half of the noise is the same for all problems
uneven          noise that differs from problem to problem up to tenfold
regrets         normalised regrets as a study has them: lognormal, divided by a control's median

Columns, shares of suites:

bootstrap       the two-level bootstrap interval covers the mean of the population
mixed           the mixed model's interval does
here            the interval on these problems covers the mean effect of these problems
false           a method against itself is called better or worse on problems like these
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np
import pandas as pd

from study.analysis.two_level import (
    ALPHA,
    bootstrap_intervals,
    fixed_problems,
    mixed_model,
)
from study.core.environment import available_cores

PROBLEMS = (8, 15, 30)
SEEDS = (3, 10)
KINDS = ("normal", "heavy", "skewed", "exact", "same", "uneven", "regrets", "shared")
COLUMNS = ("bootstrap", "mixed", "here", "false")

Rng = np.random.Generator


def draw(kind: str, rng: Rng, problems: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """(problems, seeds) differences, and the (problems,) effects that they scatter around."""
    shape = problems, seeds
    if kind == "heavy":
        effects, noise = rng.standard_t(3, problems), rng.standard_t(3, shape)
    elif kind == "skewed":
        effects, noise = rng.exponential(size=problems), rng.normal(size=shape)
    elif kind == "exact":
        effects, noise = rng.normal(size=problems), np.zeros(shape)
    elif kind == "same":
        effects, noise = np.zeros(problems), rng.normal(size=shape)
    elif kind == "uneven":
        spread = np.exp(rng.uniform(np.log(0.3), np.log(3), (problems, 1)))
        effects, noise = rng.normal(size=problems), spread * rng.normal(size=shape)
    elif kind == "shared":
        common, own = rng.normal(size=seeds), rng.normal(size=shape)
        effects, noise = rng.normal(size=problems), np.sqrt(0.5) * (common + own)
    elif kind == "regrets":
        return draw_regrets(rng, problems, seeds)
    else:
        effects, noise = rng.normal(size=problems), rng.normal(size=shape)
    return effects[:, None] + noise, effects


def draw_regrets(rng: Rng, problems: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Differences of normalised regrets of two methods, at most 2 each, beside a control."""
    advantage = rng.normal(0.3, 0.5, (problems, 1))  # of the second, in logarithms
    regrets = np.exp(rng.normal(size=(3, problems, seeds)) * 0.6)
    scale = np.median(regrets[0], axis=1, keepdims=True)
    first = np.minimum(regrets[1] / scale, 2.0)
    second = np.minimum(regrets[2] * np.exp(-advantage) / scale, 2.0)
    return first - second, np.full(problems, np.nan)


@cache
def truth(kind: str, seeds: int) -> float:
    """The mean of the population."""
    if kind == "skewed":
        return 1.0
    if kind != "regrets":
        return 0.0
    rng = np.random.default_rng(0)
    return float(draw_regrets(rng, 400_000, seeds)[0].mean())


def simulate_suite(number: int, kind: str, problems: int, seeds: int) -> list[float]:
    """What one made-up suite leads to, 1 or 0 each: `COLUMNS`; NaN where that has no meaning."""
    rng = np.random.default_rng([number, problems, seeds, KINDS.index(kind)])
    differences, effects = draw(kind, rng, problems, seeds)
    true, values = truth(kind, seeds), list(differences)
    low, high = bootstrap_intervals([own[:, None] for own in values], rng)[:, 0]
    mixed, here = mixed_model(values), fixed_problems(values)
    signs = rng.choice([-1.0, 1.0], problems)  # which of two equal methods is the first
    false = mixed_model([sign * (own - true) for sign, own in zip(signs, values, strict=True)])
    own = effects.mean()
    return [
        float(low <= true <= high),
        float(mixed.low <= true <= mixed.high),
        np.nan if kind in ("exact", "regrets") else float(here.low <= own <= here.high),
        float(false.p_value <= ALPHA),
    ]


def simulate(suites: int, problems: tuple[int, ...], seeds: tuple[int, ...]) -> pd.DataFrame:
    """A row per kind, number of problems and number of seeds: shares of suites, 0 to 1."""
    rows = []
    with ProcessPoolExecutor(available_cores()) as pool:
        for kind in KINDS:
            for n_problems in problems:
                for n_seeds in seeds:
                    one = partial(simulate_suite, kind=kind, problems=n_problems, seeds=n_seeds)
                    found = np.array(list(pool.map(one, range(suites), chunksize=25)))
                    shares = dict(zip(COLUMNS, found.mean(axis=0), strict=True))
                    rows.append({"kind": kind, "problems": n_problems, "seeds": n_seeds, **shares})
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suites", type=int, default=400)
    parser.add_argument("--problems", type=int, nargs="+", default=PROBLEMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    chosen = parser.parse_args()
    table = simulate(chosen.suites, tuple(chosen.problems), tuple(chosen.seeds))
    shown = table.to_string(index=False, float_format=lambda share: f"{100 * share:.1f} %")
    sys.stdout.write(shown + "\n")


if __name__ == "__main__":
    main()
