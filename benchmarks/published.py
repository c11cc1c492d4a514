"""`study` beside what was published: bayesmark's baselines, and tables whose laws are known.

    nox -s published -- --points 300 --runs 500 --studies 500

Three tables:

1. The expected best of 15 random draws on bayesmark's problems, as its authors published it (in the
   starter kit of the NeurIPS 2020 black-box optimisation challenge), and by `study`'s problems,
   from so many random points, with its Monte Carlo error. What differs by more, scikit-learn moved.
2. Random search on the tables: the expected best observed value after 20 calls by its exact law,
   the default point and 19 uniform draws, beside the mean over so many runs of `study`.
3. On the same tables, made-up studies of random search with 20 calls against itself, and with 40,
   so many each at 10 and 20 seeds: how often the interval of the typical difference covers the
   true one, and how often one of two equal methods is called better or worse.
"""

import argparse
import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import special

from study.analysis.paired import compare_pair
from study.core.environment import available_cores
from study.core.settings import Settings
from study.execution.executor import InProcessExecutor
from study.execution.runner import StudyRunner
from study.problems import registry, tabular
from study.storage.ledger import Ledger

BEST_OF = 15
# Problem: where losses are clipped from above, and the published mean of the best of 15.
BAYESMARK = {
    "knn_breast_acc": (-0.9230769, -0.9365463),
    "knn_wine_acc": (-0.6980296, -0.7598835),
    "knn_iris_nll": (0.1363876, 0.1113725),
    "knn_diabetes_mae": (46.0533, 44.89435),
    "knn_diabetes_mse": (3181.384, 3065.217),
    "svm_breast_nll": (0.2630636, 0.1808643),
    "svm_iris_acc": (-0.9077273, -0.9582475),
    "svm_wine_acc": (-0.7751232, -0.820241),
    "svm_wine_nll": (0.6601178, 0.627291),
    "svm_diabetes_mse": (6315.781, 6221.196),
    "dt_breast_acc": (-0.7626374, -0.9041309),
    "dt_iris_nll": (0.8935714, 0.3937602),
    "dt_diabetes_mse": (4663.521, 3761.699),
    "lasso_breast_acc": (-0.9516484, -0.9658455),
    "lasso_iris_acc": (-0.9174848, -0.9596877),
    "lasso_wine_nll": (0.2226166, 0.1480753),
    "lasso_diabetes_mse": (6150.186, 2909.913),
    "linear_breast_nll": (0.1217475, 0.1107678),
    "linear_wine_acc": (-0.9647783, -0.9762956),
    "linear_diabetes_mae": (151.6613, 44.17961),
}
CALLS = 20
SEEDS = (10, 20)
RESAMPLES = 500
TRUTH = 200_000  # draws, from which the true typical difference is taken
LARGE = 3.0  # standard errors, beyond which two figures differ

console = Console(width=100)


def expected_best(losses: np.ndarray, n: int) -> float:
    """The expected lowest of `n` draws without repetition from (points,) losses."""
    points = len(losses)
    below = special.gammaln(np.arange(points, 0, -1.0))  # ln (k - 1)!, of k points not lower
    k = np.arange(points, 0, -1.0)
    usable = k >= n
    weights = np.zeros(points)
    weights[usable] = np.exp(
        below[usable]
        - special.gammaln(n)
        - special.gammaln(k[usable] - n + 1)
        - (special.gammaln(points + 1) - special.gammaln(n + 1) - special.gammaln(points - n + 1))
    )
    return float(np.sort(losses) @ weights)


def random_losses(name: str, points: int) -> np.ndarray:
    """Losses as bayesmark has them, lower is better, of random points; infinite where one fails."""
    problem = registry.get(name)[0].problem
    rng = np.random.default_rng(0)
    sign = -1 if problem.objective.maximise else 1
    found = []
    for seed in range(points):
        configuration = {d.name: d.sample(rng) for d in problem.space}
        try:
            found.append(sign * float(problem.evaluate(configuration, seed)))
        except ValueError:
            found.append(math.inf)
    return np.array(found)


def compare_with_bayesmark(points: int) -> Iterator[tuple[str, ...]]:
    """A row per problem: published, measured with its error, and whether they agree."""
    with ProcessPoolExecutor(available_cores()) as pool:
        drawn = pool.map(partial(random_losses, points=points), BAYESMARK)
        for (name, (clip, published)), losses in zip(BAYESMARK.items(), drawn, strict=True):
            clipped, rng = np.minimum(losses, clip), np.random.default_rng(0)
            resampled = rng.choice(clipped, (RESAMPLES, points))
            error = float(np.std([expected_best(row, BEST_OF) for row in resampled]))
            mean = expected_best(clipped, BEST_OF)
            apart = abs(mean - published) / error if error else math.inf
            agrees = apart <= LARGE
            yield name, f"{published:.5g}", f"{mean:.5g}", f"{error:.2g}", "yes" if agrees else "no"


def best_law(table: tabular.Table, default: int, draws: int, sign: int) -> float:
    """The expected best observed score of the default point and so many uniform draws, exactly.

    A draw is a point, and one of its recorded values.
    """
    scores = sign * table.values
    weights = np.where(np.isfinite(scores), 1 / table.repeats[:, None] / len(scores), 0.0)
    places, chances = _cumulated(scores, weights)
    own = scores[default][np.isfinite(scores[default])]
    below = np.searchsorted(np.sort(own), places, side="right") / len(own)
    cdf = chances**draws * below
    return float(places @ np.diff(cdf, prepend=0.0))


def _cumulated(scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores in order, each once, and the chance of each or a lower one."""
    known = np.isfinite(scores)
    places, inverse = np.unique(scores[known], return_inverse=True)
    return places, np.cumsum(np.bincount(inverse, weights[known]))


def incumbents(name: str, runs: int) -> np.ndarray:
    """The best observed score of each of so many runs of random search."""
    problem = registry.get(name)[0]
    settings = Settings(
        seeds=runs, calls=CALLS, initial_points=1, retrain=1, methods=("random",), margin=None
    )
    with Ledger(None) as ledger:
        StudyRunner(problem, settings, ledger).run(lambda: nullcontext(InProcessExecutor(problem)))
        done = ledger.evaluations()
        best = np.full(runs, -math.inf)
        for trial in ledger.trials(done):
            score = done[trial.task.key][1].score
            best[trial.seed] = max(best[trial.seed], -math.inf if score is None else score)
    return best


def compare_with_laws(runs: int) -> Iterator[tuple[str, ...]]:
    """A row per table: the exact expectation, the mean of runs, and their distance in errors."""
    for name in tabular.TABLES.summaries:
        table, problem = tabular.load_table(name), registry.get(name)[0]
        sign = 1 if problem.objective.maximise else -1
        optimum = problem.objective.optimum or 0.0
        exact = best_law(table, table.row(problem.default), CALLS - 1, sign) - sign * optimum
        best = incumbents(name, runs)
        error = best.std(ddof=1) / math.sqrt(runs)
        apart = (best.mean() - exact) / error
        yield name, f"{-exact:.5g}", f"{-best.mean():.5g}", f"{error:.2g}", f"{apart:+.1f}"


def final_scores(
    table: tabular.Table, sign: int, calls: int, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Mean scores of the winners, by one observation each, of random search: of that shape."""
    points = rng.integers(len(table.means), size=(*shape, calls))
    repeats = rng.integers(table.repeats[points])
    winners = (sign * table.values[points, repeats]).argmax(axis=-1)
    best = np.take_along_axis(points, winners[..., None], axis=-1)[..., 0]
    return np.asarray(sign * table.means[best])


def simulate_studies(name: str, studies: int) -> list[tuple[str, ...]]:
    """A row per number of seeds: coverage against twice the calls, and false verdicts."""
    table = tabular.load_table(name)
    sign = 1 if registry.get(name)[0].objective.maximise else -1
    rng = np.random.default_rng(0)
    chunks = [
        final_scores(table, sign, 2 * CALLS, (TRUTH // 20,), rng)
        - final_scores(table, sign, CALLS, (TRUTH // 20,), rng)
        for _ in range(20)
    ]
    gains = np.concatenate(chunks)
    true = float(np.median((gains + rng.permutation(gains)) / 2))
    rows = list[tuple[str, ...]]()
    for seeds in SEEDS:
        shape = studies, seeds
        once, again = (final_scores(table, sign, CALLS, shape, rng) for _ in range(2))
        gain = final_scores(table, sign, 2 * CALLS, shape, rng) - once
        found = [compare_pair(own, 1, math.nan) for own in gain]
        covered = np.mean([row["low"] <= true <= row["high"] for row in found])
        verdicts = [compare_pair(own, 1, math.nan)["verdict"] for own in again - once]
        false = np.mean([verdict in ("better", "worse") for verdict in verdicts])
        rows.append((name, str(seeds), f"{100 * covered:.1f} %", f"{100 * false:.1f} %"))
    return rows


def simulate_all(studies: int) -> Iterator[tuple[str, ...]]:
    """The rows of `simulate_studies` for every table."""
    with ProcessPoolExecutor(available_cores()) as pool:
        for rows in pool.map(partial(simulate_studies, studies=studies), tabular.TABLES.summaries):
            yield from rows


def show(title: str, columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def main() -> None:
    """Print all three tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--studies", type=int, default=500)
    chosen = parser.parse_args()
    columns: tuple[str, ...] = ("problem", "published", "measured", "error", "agrees")
    title = f"Expected best of {BEST_OF} random draws, bayesmark's problems"
    show(title, columns, compare_with_bayesmark(chosen.points))
    columns = "table", "exact law", "study", "error", "apart, in errors"
    title = f"Mean regret of the best observed value after {CALLS} calls of random search"
    show(title, columns, compare_with_laws(chosen.runs))
    columns = "table", "seeds", "interval covers", "false verdicts"
    title = f"Random search of {CALLS} calls against itself of {2 * CALLS}, and against its like"
    show(title, columns, simulate_all(chosen.studies))


if __name__ == "__main__":
    main()
