"""The searches on functions whose optimum is known, beside what scikit-optimize published.

scikit-optimize's documentation, "Comparing surrogate models", and its benchmarks folder: the best
value after 200 calls, mean and standard deviation over 10 runs.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from study import compare
from study.cli.progress import watching
from study.problems.synthetic import FUNCTIONS

PUBLISHED = {
    "branin": {
        "random": (0.911, 0.294),
        "gp": (0.398, 0.0),
        "forest": (0.515, 0.15),
        "gbrt": (0.580, 0.33),
    },
    "hartmann6": {
        "random": (-2.374, 0.327),
        "gp": (-3.299, 0.048),
        "forest": (-3.151, 0.050),
        "gbrt": (-3.098, 0.114),
    },
}


def main() -> None:
    """Run both studies, or finish them, and print both tables side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--output", type=Path, default=Path("results"))
    options = parser.parse_args()
    table = Table("function", "method", box=None, header_style="bold")
    for column in ("published", "measured", "s/call"):
        table.add_column(column, justify="right")
    for name, published in PUBLISHED.items():
        objective = FUNCTIONS[name].objective
        with watching(objective) as observe:
            results = compare(
                observe=observe,
                problem=name,
                methods=list(published),
                calls=options.calls,
                seeds=options.seeds,
                output=options.output / f"optima-{name}",
            )
        for row in results.scores.summary.to_dict("records"):
            mean, sd = published[row["method"]]
            value = (objective.optimum or 0.0) - row["test_score"]  # a score is minus the regret
            table.add_row(
                name,
                row["method"],
                f"{mean:.3f} ± {sd:.3f}",
                f"{value:.3f} ± {row['test_sd']:.3f}",
                f"{row['seconds_per_call']:.2f}",
            )
    console = Console()
    console.print(
        f"best value after {options.calls} calls, over {options.seeds} seeds (published: 10)"
    )
    console.print(table)


if __name__ == "__main__":
    main()
