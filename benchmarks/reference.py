"""Whether the searches of a study propose what scikit-optimize proposes by itself, bit for bit.

    nox -s reference

runs this script in three environments. First where scikit-optimize 0.10.2 works as it was released,

    python benchmarks/reference.py --write points.json

then among newer libraries, which have to lead to the same points:

    python benchmarks/reference.py --mended --compare points.json

A run is a design of 5 points, the default one first, and 25 proposals that follow from it; each
search goes on from its pickled state, as in a study. Values are cheap and have no noise. Points
are compared as JSON, in which different floats are different texts. They depend on the processor,
so compare points of one machine.

`gp`, `gbrt` and `forest` are held against `gp_minimize`, `gbrt_minimize` and `forest_minimize`,
given the same design, its values and the same random state. Random search is not: scikit-optimize
draws from numpy's older generators, which give other numbers at any seed. Instead its points have
to be what numpy's newer generator draws when it is asked plainly, dimension by dimension, and many
of them have to be distributed as those of `dummy_minimize`.
"""

import argparse
import json
import math
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from packaging.version import Version
from scipy.stats import ks_2samp
from skopt import dummy_minimize, forest_minimize, gbrt_minimize, gp_minimize
from threadpoolctl import threadpool_limits

from study.core.records import generator
from study.core.space import Configuration, Space
from study.execution.executor import default_workers
from study.methods.propose import propose
from study.methods.registry import Start
from study.methods.selection import choose
from study.methods.skopt_compat import gbrt_estimator
from study.problems.synthetic import FUNCTIONS, branin
from study.training.network import DEFAULT, SPACE

LIBRARIES = ("scikit-optimize", "scikit-learn", "numpy", "scipy")
CALLS, DESIGNED = 30, 5
DRAWS, LEAST_P = 5_000, 0.001
LOOPS: dict[str, Callable[..., Any]] = {
    "gp": partial(gp_minimize, noise=0.01, kappa=5),  # as the tutorial calls it
    "gbrt": gbrt_minimize,
    "forest": forest_minimize,
}
METHODS = (*LOOPS, "random")
MOVED = {
    "gbrt": "scikit-learn 1.9 splits by squared error, no longer by Friedman's improvement (its "
    "pull request 32708), and sorts equal values in another order; both come to the same in exact "
    "arithmetic, but rounded another one of equally good splits wins"
}
"""Whose points scikit-learn 1.9 moved, and why."""

HERE, KEPT = "own loop here", "own loop kept"

Point = list[Any]
"""Native Python values in the order of the dimensions."""
Points = list[Point]
"""Of a whole run, in order."""
Run = tuple[str, str, int]
"""Method, case, seed."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A space, and something cheap to minimise on it."""

    space: Space
    default: Configuration
    dimensions: list[Any]
    """The space again as scikit-optimize takes it: tuples are ranges, lists are choices."""
    function: Callable[[Configuration, int], float]
    """Of a configuration, and a seed that it does not need."""

    def value(self, point: Point) -> float:
        return self.function(self.space.configuration(point), 0)


def made_up(configuration: Configuration, _seed: int) -> float:
    """A smooth error rate on the tutorial's space, about 0.1 to 0.45."""
    rate, layers, inputs, nodes, activation, batch, decay = configuration.values()
    width = 0.1 * math.tanh(float(inputs) / 100) + 0.02 * math.tanh(float(nodes) / 10)
    speed = 0.02 * abs(math.log10(float(rate)) + 2.5) + 1e-4 * float(batch) + float(decay)
    return 0.3 - width + speed + 0.01 * float(layers) - 0.1 * (activation == "relu")


CASES = {
    "tutorial": Case(
        space=SPACE,
        default=DEFAULT,
        dimensions=[
            *[(1e-4, 1e-2, "log-uniform"), (1, 5), (1, 512), (1, 28)],
            *[["relu", "sigmoid"], (1, 128), (1e-6, 1e-2)],
        ],
        function=made_up,
    ),
    "branin": Case(
        space=Space(tuple(FUNCTIONS["branin"].space)),
        default=FUNCTIONS["branin"].default,
        dimensions=[(-5.0, 10.0), (0.0, 15.0)],
        function=branin,
    ),
}


def design(case: Case, seed: int) -> Points:
    """The first points of every search at a seed."""
    rng = generator(seed, "design")
    drawn = [case.space.sample(rng) for _ in range(DESIGNED - 1)]
    return [case.space.point(configuration) for configuration in (case.default, *drawn)]


def by_study(method: str, case: Case, seed: int) -> Points:
    """The points of a run, asked for as a study's runner asks."""
    points, state = design(case, seed), None
    while len(points) < CALLS:
        start = Start(
            space=case.space,
            baseline=case.default,
            initial_points=DESIGNED,
            rng=generator(seed, method),
        )
        history = [(case.space.configuration(point), -case.value(point)) for point in points]
        proposal = propose(choose(method), start, history, state)
        state = proposal.state
        points.append(case.space.point(proposal.configuration))
    return points


def by_scikit_optimize(method: str, case: Case, seed: int, mended: bool) -> Points:
    """The points of scikit-optimize's own loop, on one thread."""
    designed = design(case, seed)
    state = int(generator(seed, method).integers(2**31))  # as many bits as the package takes
    mend = {}
    if mended and method == "gbrt":
        mend = {"base_estimator": gbrt_estimator(np.random.RandomState(state))}
    with threadpool_limits(1):
        found = LOOPS[method](
            case.value,
            case.dimensions,
            x0=designed,
            y0=[case.value(point) for point in designed],
            n_initial_points=0,
            n_calls=CALLS - DESIGNED,
            random_state=state,
            **mend,
        )
    return [native(point) for point in found.x_iters]


def native(point: Point) -> Point:
    """A point without numpy's scalars."""
    return [value.item() if isinstance(value, np.generic) else value for value in point]


def by_numpy(case: Case, seed: int) -> Points:
    """The design, then plain draws from random search's generator."""
    rng = generator(seed, "random")

    def draw(dimension: Any) -> Any:
        if isinstance(dimension, list):
            return dimension[int(rng.integers(len(dimension)))]
        low, high, *prior = dimension
        if isinstance(low, int):
            return int(rng.integers(low, high + 1))
        if prior:
            return math.exp(rng.uniform(math.log(low), math.log(high)))
        return float(rng.uniform(low, high))

    drawn = [[draw(dimension) for dimension in case.dimensions] for _ in range(CALLS - DESIGNED)]
    return design(case, seed) + drawn


def search(run: Run, mended: bool) -> tuple[Points, Points]:
    """The points of a run: the package's, and those that they are held against."""
    method, name, seed = run
    case = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-optimize tells of repeated points
        ours = by_study(method, case, seed)
        if method == "random":
            return ours, by_numpy(case, seed)
        return ours, by_scikit_optimize(method, case, seed, mended)


def first_difference(ours: Points, theirs: Points) -> int | None:
    """The first call, from 1, at which two runs differ in any bit or type."""
    pairs = enumerate(zip(ours, theirs, strict=True), start=1)
    return next((call for call, (a, b) in pairs if json.dumps(a) != json.dumps(b)), None)


def compared(
    runs: Sequence[Run], ours: Sequence[Points], theirs: Sequence[Points], against: str
) -> list[dict[str, Any]]:
    """A row per method and case: at how many seeds all points are the same."""
    found: dict[tuple[str, str], list[int | None]] = {}
    for (method, case, _), a, b in zip(runs, ours, theirs, strict=True):
        found.setdefault((method, case), []).append(first_difference(a, b))
    return [
        {
            "method": method,
            "space": case,
            "against": against,
            "seeds": len(firsts),
            "same": firsts.count(None),
            "first other call": min(filter(None, firsts), default="-"),
        }
        for (method, case), firsts in found.items()
    ]


def least_p(case: Case) -> float:
    """Whether random search draws as `dummy_minimize`: Kolmogorov-Smirnov's least p, 0 to 1."""
    rng = generator(0, "random")
    ours = [case.space.point(case.space.sample(rng)) for _ in range(DRAWS)]
    theirs = dummy_minimize(case.value, case.dimensions, n_calls=DRAWS, random_state=0).x_iters
    found = []
    for dimension, a, b in zip(
        case.dimensions, zip(*ours, strict=True), zip(*theirs, strict=True), strict=True
    ):
        number = dimension.index if isinstance(dimension, list) else float
        found.append(float(ks_2samp([*map(number, a)], [*map(number, b)]).pvalue))
    return min(found)


def judged(rows: list[dict[str, Any]]) -> list[str]:
    """What went wrong; prints the reason for differences that are known."""
    other = [row for row in rows if row["same"] < row["seeds"]]
    recent = Version(version("scikit-learn")) >= Version("1.9")
    known = {row["method"] for row in other if row["against"] == KEPT and recent} & MOVED.keys()
    for method in sorted(known):
        print(f"{method}: {MOVED[method]}.")
    wrong = [row for row in other if row["against"] == HERE or row["method"] not in known]
    return [f"{row['method']} on {row['space']}, {row['against']}" for row in wrong]


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path, help="keep the points of scikit-optimize's own loops")
    parser.add_argument("--compare", type=Path, help="compare with the points that a file keeps")
    parser.add_argument(
        "--mended",
        action="store_true",
        help="mend what no longer runs: gbrt_minimize gets the package's regressor, and "
        "dummy_minimize is left out",
    )
    parser.add_argument("--seeds", type=int, default=10, help="default 10")
    parser.add_argument("--jobs", type=int, default=default_workers(), help="processes")
    chosen = parser.parse_args()
    if chosen.compare and not chosen.compare.is_file():
        parser.error(f"--compare {chosen.compare} is no file: make it with --write")
    return chosen


def main() -> None:
    """Search, compare and print; exits with 1 if points differ that should not."""
    chosen = options()
    print(", ".join(f"{library} {version(library)}" for library in LIBRARIES))
    runs: list[Run] = list(product(METHODS, CASES, range(chosen.seeds)))
    with ProcessPoolExecutor(chosen.jobs) as pool:
        pairs = list(pool.map(partial(search, mended=chosen.mended), runs))
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    names = [" ".join(map(str, run)) for run in runs]
    rows = compared(runs, ours, theirs, HERE)
    if chosen.compare:
        kept = json.loads(chosen.compare.read_text())
        rows += compared(runs, ours, [kept[name] for name in names], KEPT)
    print(pd.DataFrame(rows).to_string(index=False))
    wrong = judged(rows)
    if not chosen.mended:
        p = min(least_p(case) for case in CASES.values())
        print(f"random draws as dummy_minimize: p at least {p:.2g} in every dimension")
        wrong += ["random beside dummy_minimize"] * (p < LEAST_P)
    if wrong:
        sys.exit(f"other points than scikit-optimize's: {'; '.join(wrong)}")
    if chosen.write:
        chosen.write.write_text(json.dumps(dict(zip(names, theirs, strict=True))))


if __name__ == "__main__":
    main()
