"""How often one of four identical methods, under different names, is called better.

    python -m benchmarks.identical --seeds 1500

Through the whole of `study`, on a problem whose noise is now and then large. The seeds are cut into
blocks, each of which is compared as a study of its own; at most 5 % of them may have a verdict.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from study import Problem, SearchContext
from study.analysis.paired import compare_pairs
from study.analysis.summary import scores
from study.api import run_plan
from study.cli.progress import watching
from study.core.dimensions import Real
from study.execution.plan import StudyRequest, make_plan

NAMES = ("First", "Second", "Third", "Fourth")
BLOCKS = (6, 12, 25)  # seeds


class First:
    """Uniform draws from a stream of their own."""

    adaptive = uses_initial_design = False

    def __init__(self, context: SearchContext) -> None:
        self.space, self.rng = context.space, context.rng

    def ask(self) -> dict[str, Any]:
        return self.space.sample(self.rng)

    def tell(self, configuration: dict[str, Any], score: float) -> None:
        """Nothing to learn."""


class Second(First):
    """The same."""


class Third(First):
    """The same."""


class Fourth(First):
    """The same."""


def hill(configuration: dict[str, Any], seed: int) -> float:
    """A hill whose height is measured with lognormal noise."""
    noise = np.random.default_rng(seed).lognormal(-3.0)
    return float(-sum((value - 0.3) ** 2 for value in configuration.values()) - noise)


problem = Problem(
    space=[Real(name="x", low=0, high=1), Real(name="y", low=0, high=1)],
    default={"x": 0.5, "y": 0.5},
    evaluate=hill,
)


def main() -> None:
    """Run the study, or finish it, and count blocks with a verdict."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1500)
    parser.add_argument("--output", type=Path, default=Path("results/identical"))
    options = parser.parse_args()
    planned = make_plan(
        StudyRequest(
            problem=f"{__file__}:problem",
            methods=[f"{__file__}:{name}" for name in NAMES],
            seeds=options.seeds,
            calls=8,
            initial_points=1,
            retrain=1,
            workers=1,  # such evaluations take no time
            output=options.output,
        )
    )
    with watching(planned.problem.objective) as observe:
        results = run_plan(planned, observe)
    found = scores(results.scores.runs, "test_score", 1.0)
    for n in BLOCKS:
        blocks = [found[start : start + n] for start in range(0, len(found) - n + 1, n)]
        verdicts = [compare_pairs(b, None, np.random.default_rng(0))["verdict"] for b in blocks]
        wrong = sum(bool(some.isin(["better", "worse"]).any()) for some in verdicts)
        share = wrong / len(blocks)
        print(f"{wrong} of {len(blocks)} blocks of {n} seeds have a verdict: {share:.1%}")


if __name__ == "__main__":
    main()
