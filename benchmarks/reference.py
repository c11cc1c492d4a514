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

from study.core.environment import available_cores
from study.core.records import make_rng
from study.core.space import Configuration, Space
from study.methods.base import SearchContext
from study.methods.propose import propose
from study.methods.selection import parse_method
from study.methods.skopt_compat import gbrt_estimator
from study.problems.synthetic import FUNCTIONS, branin
from study.training.network import DEFAULT, SPACE

LIBRARIES = ("scikit-optimize", "scikit-learn", "numpy", "scipy")
CALLS, INITIAL_POINTS = 30, 5
DRAWS, MIN_P = 5_000, 0.001
LOOPS: dict[str, Callable[..., Any]] = {
    "gp": partial(gp_minimize, noise=0.01, kappa=5),  # as the tutorial calls it
    "gbrt": gbrt_minimize,
    "forest": forest_minimize,
}
METHODS = (*LOOPS, "random")
KNOWN_CHANGES = {
    "gbrt": "scikit-learn 1.9 splits by squared error, no longer by Friedman's improvement (its "
    "pull request 32708), and sorts equal values in another order; both come to the same in exact "
    "arithmetic, but rounded another one of equally good splits wins"
}
"""Whose points scikit-learn 1.9 moved, and why."""

LOOP_HERE, LOOP_STORED = "own loop here", "own loop kept"

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
        return self.function(self.space.to_configuration(point), 0)


def synthetic_error(configuration: Configuration, _seed: int) -> float:
    """A smooth error rate on the tutorial's space, about 0.1 to 0.45."""
    rate, layers, inputs, nodes, activation, batch, decay = configuration.values()
    width = 0.1 * math.tanh(float(inputs) / 100) + 0.02 * math.tanh(float(nodes) / 10)
    speed = 0.02 * abs(math.log10(float(rate)) + 2.5) + 1e-4 * float(batch) + float(decay)
    relu = 0.1 if activation == "relu" else 0.0
    return 0.3 - width + speed + 0.01 * float(layers) - relu


CASES = {
    "tutorial": Case(
        space=SPACE,
        default=DEFAULT,
        dimensions=[
            *[(1e-4, 1e-2, "log-uniform"), (1, 5), (1, 512), (1, 28)],
            *[["relu", "sigmoid"], (1, 128), (1e-6, 1e-2)],
        ],
        function=synthetic_error,
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
    rng = make_rng(seed, "design")
    drawn = [case.space.sample(rng) for _ in range(INITIAL_POINTS - 1)]
    return [case.space.to_point(configuration) for configuration in (case.default, *drawn)]


def by_study(method: str, case: Case, seed: int) -> Points:
    """The points of a run, asked for as a study's runner asks."""
    points, state = design(case, seed), None
    while len(points) < CALLS:
        context = SearchContext(
            space=case.space,
            baseline=case.default,
            initial_points=INITIAL_POINTS,
            rng=make_rng(seed, method),
        )
        history = [(case.space.to_configuration(point), -case.value(point)) for point in points]
        proposal = propose(parse_method(method), context, history, state)
        state = proposal.state
        points.append(case.space.to_point(proposal.configuration))
    return points


def by_scikit_optimize(method: str, case: Case, seed: int, mended: bool) -> Points:
    """The points of scikit-optimize's own loop, on one thread."""
    initial = design(case, seed)
    state = int(make_rng(seed, method).integers(2**31))  # as many bits as the package takes
    mend = {}
    if mended and method == "gbrt":
        mend = {"base_estimator": gbrt_estimator(np.random.RandomState(state))}
    with threadpool_limits(1):
        found = LOOPS[method](
            case.value,
            case.dimensions,
            x0=initial,
            y0=[case.value(point) for point in initial],
            n_initial_points=0,
            n_calls=CALLS - INITIAL_POINTS,
            random_state=state,
            **mend,
        )
    return [to_native(point) for point in found.x_iters]


def to_native(point: Point) -> Point:
    """A point without numpy's scalars."""
    return [value.item() if isinstance(value, np.generic) else value for value in point]


def by_numpy(case: Case, seed: int) -> Points:
    """The design, then plain draws from random search's generator."""
    rng = make_rng(seed, "random")

    def draw(dimension: Any) -> Any:
        if isinstance(dimension, list):
            return dimension[int(rng.integers(len(dimension)))]
        low, high, *prior = dimension
        if isinstance(low, int):
            return int(rng.integers(low, high + 1))
        if prior:
            return math.exp(rng.uniform(math.log(low), math.log(high)))
        return float(rng.uniform(low, high))

    drawn = [
        [draw(dimension) for dimension in case.dimensions] for _ in range(CALLS - INITIAL_POINTS)
    ]
    return design(case, seed) + drawn


def search_points(run: Run, mended: bool) -> tuple[Points, Points]:
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


def count_matches(
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


def min_p_value(case: Case) -> float:
    """Whether random search draws as `dummy_minimize`: Kolmogorov-Smirnov's least p, 0 to 1."""
    rng = make_rng(0, "random")
    ours = [case.space.to_point(case.space.sample(rng)) for _ in range(DRAWS)]
    theirs = dummy_minimize(case.value, case.dimensions, n_calls=DRAWS, random_state=0).x_iters
    found = []
    for dimension, a, b in zip(
        case.dimensions, zip(*ours, strict=True), zip(*theirs, strict=True), strict=True
    ):
        number = dimension.index if isinstance(dimension, list) else float
        found.append(float(ks_2samp([*map(number, a)], [*map(number, b)]).pvalue))
    return min(found)


def unexpected_differences(rows: list[dict[str, Any]]) -> list[str]:
    """What went wrong; prints the reason for differences that are known."""
    other = [row for row in rows if row["same"] < row["seeds"]]
    recent = Version(version("scikit-learn")) >= Version("1.9")
    stored = {row["method"] for row in other if row["against"] == LOOP_STORED}
    known = stored & KNOWN_CHANGES.keys() if recent else set()
    for method in sorted(known):
        print(f"{method}: {KNOWN_CHANGES[method]}.")
    wrong = [row for row in other if row["against"] == LOOP_HERE or row["method"] not in known]
    return [f"{row['method']} on {row['space']}, {row['against']}" for row in wrong]


def parse_arguments() -> argparse.Namespace:
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
    parser.add_argument("--jobs", type=int, default=available_cores(), help="processes")
    arguments = parser.parse_args()
    if arguments.compare and not arguments.compare.is_file():
        parser.error(f"--compare {arguments.compare} is no file: make it with --write")
    return arguments


def main() -> None:
    """Search, compare and print; exits with 1 if points differ that should not."""
    arguments = parse_arguments()
    print(", ".join(f"{library} {version(library)}" for library in LIBRARIES))
    runs: list[Run] = list(product(METHODS, CASES, range(arguments.seeds)))
    with ProcessPoolExecutor(arguments.jobs) as pool:
        pairs = list(pool.map(partial(search_points, mended=arguments.mended), runs))
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    names = [" ".join(map(str, run)) for run in runs]
    rows = count_matches(runs, ours, theirs, LOOP_HERE)
    if arguments.compare:
        stored = json.loads(arguments.compare.read_text())
        rows += count_matches(runs, ours, [stored[name] for name in names], LOOP_STORED)
    print(pd.DataFrame(rows).to_string(index=False))
    wrong = unexpected_differences(rows)
    if not arguments.mended:
        p = min(min_p_value(case) for case in CASES.values())
        print(f"random draws as dummy_minimize: p at least {p:.2g} in every dimension")
        wrong += ["random beside dummy_minimize"] * (p < MIN_P)
    if wrong:
        sys.exit(f"other points than scikit-optimize's: {'; '.join(wrong)}")
    if arguments.write:
        arguments.write.write_text(json.dumps(dict(zip(names, theirs, strict=True))))


if __name__ == "__main__":
    main()
