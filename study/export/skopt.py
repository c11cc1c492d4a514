"""A run as scikit-optimize's result, which `skopt.plots` draw."""

from typing import Any

import pandas as pd

from study.analysis.score_tables import ScoreTables
from study.core.dimensions import Categorical, Dimension, Listed
from study.export.runs import configurations, labelled, rows_of, space_around


def to_optimize_result(scores: ScoreTables, method: str, seed: int) -> Any:
    """The calls of a run as a `scipy.optimize.OptimizeResult` such as `gp_minimize` returns.

    `func_vals` are to be minimised: minus the value if that is maximised, the regret if the optimum
    is known; of a call that failed, what a search is told of it. `x_iters` has the values of a
    configuration in the order of `space`, choices by their text in trials.csv; `x` and `fun` are
    the best of them.

    What a search had fitted is not kept, and many fit nothing. `models` has one surrogate, fitted
    now to all calls of the run: `forest_minimize`'s extremely randomised trees, whatever the
    method. `skopt.plots.plot_objective` shows what these make of the calls, not what the search
    believed.

    Raises
    ------
    StudyError
        If there is no such run, or nothing of it yet.
    """
    from skopt.space import Space
    from skopt.utils import cook_estimator, create_result

    from study.methods.skopt import to_skopt_dimensions

    info = scores.info
    rows = rows_of(scores.trials, info, method, seed)
    dimensions = [_searchable(d) for d in info.problem.space]
    found = configurations(rows, dimensions)
    around = space_around(dimensions, found)
    points = [around.to_point(configuration) for configuration in found]
    told = info.problem.objective.impute_failures(
        [None if pd.isna(score) else score for score in rows["validation_score"]],
        together=int((rows["phase"] == "initial").sum()),
    )
    space = Space(to_skopt_dimensions(around))
    values = [0.0 - score for score in told]
    surrogate = cook_estimator("ET", space=space, random_state=seed)
    surrogate.fit(space.transform(points), values)
    about = {"problem": info.problem.name, "method": method, "seed": seed}
    specs = {"function": "study", "args": about}
    return create_result(points, values, space, specs=specs, models=[surrogate])


def _searchable(dimension: Dimension) -> Dimension:
    """A dimension as scikit-optimize can hold it: no range of but one number."""
    if isinstance(dimension, Listed):
        return labelled(dimension)
    if dimension.is_constant:
        return Categorical(name=dimension.name, choices=(dimension.low,))
    return dimension
