"""A scikit-learn estimator with cross-validation; all randomness comes from the seed.

study compare --problem examples/wine.py:wine --seeds 5
"""

from typing import Any

from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from study import Integer, Objective, Problem, Real

X, Y = load_wine(return_X_y=True)


def evaluate(configuration: dict[str, Any], seed: int) -> tuple[float, float]:
    """The error of a random forest, and its size: how many trees it has."""
    model = RandomForestClassifier(**configuration, random_state=seed)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    error = 1 - cross_val_score(model, X, Y, cv=folds).mean()
    return float(error), configuration["n_estimators"]


wine = Problem(
    space=[
        Integer(name="n_estimators", low=1, high=50),
        Integer(name="max_depth", low=1, high=10),
        Real(name="max_features", low=0.1, high=1.0),
    ],
    default={"n_estimators": 20, "max_depth": 5, "max_features": 0.5},
    evaluate=evaluate,
    objective=Objective(name="error", maximise=False, percent=True, size="trees"),
)
