"""A scikit-learn pipeline, whose steps have dimensions, tuned for its log loss.

study compare --problem examples/pipeline.py:pipeline --methods random,gp --seeds 5
"""

from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from study import Integer, Real, sklearn_problem

X, y = load_breast_cancer(return_X_y=True)

pipeline = sklearn_problem(
    Pipeline(
        [
            ("scale", StandardScaler()),
            ("best", SelectKBest()),
            ("logistic", LogisticRegression()),
        ]
    ),
    space=[
        Integer(name="best__k", low=1, high=30),
        Real(name="logistic__C", low=1e-3, high=1e3, log=True),
    ],
    default={"best__k": 10, "logistic__C": 1.0},
    X=X,
    y=y,
    scoring="neg_log_loss",
)
