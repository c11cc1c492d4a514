"""bayesmark's scikit-learn problems: nine models on five small datasets, by two measures each.

Spaces, folds and splits are those of the package bayesmark (github.com/uber/bayesmark), on which
the black-box optimisation challenge of NeurIPS 2020 stood. Its problems on Boston's houses are left
out, for scikit-learn no longer has these data, and from its version 1.6 on AdaBoost's classifier is
another (SAMME, not SAMME.R). Published losses are minus scikit-learn's scores: log loss and errors
as they are shown here, and minus the accuracy.

`study.problems.bayesmark.svm_wine_acc` is a `study.Problem`, and so is each of `NAMES`. The first
point is what scikit-learn takes by default, or the nearest in the space: see `default_point`.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from study.core.dimensions import Categorical, Dimension, Integer, Real
from study.core.space import Configuration
from study.problems.estimator import sklearn_problem
from study.problems.families import Family
from study.problems.rows import hold_out
from study.problems.user import Problem

Factory = Callable[..., Any]
"""Called with parameters; returns an estimator."""


def factory(path: str, **fixed: Any) -> Factory:
    """What makes estimators of the class MODULE.NAME of scikit-learn."""

    def make(**parameters: Any) -> Any:
        module, _, name = path.partition(".")
        return getattr(import_module(f"sklearn.{module}"), name)(**fixed, **parameters)

    return make


def linear_classifier(penalty: str) -> Factory:
    """What makes logistic regressions by liblinear, which tells but two classes apart by itself."""

    def make(**parameters: Any) -> Any:
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        model = LogisticRegression(solver="liblinear", **parameters)
        if penalty == "l1":  # which scikit-learn before 1.8 was told by its name
            named = model.get_params().get("penalty") == "l2"
            model.set_params(**({"penalty": "l1"} if named else {"l1_ratio": 1}))
        return OneVsRestClassifier(model)

    return make


def log(name: str, low: float, high: float) -> Real:
    """A real interval, uniform in the logarithm."""
    return Real(name=name, low=low, high=high, log=True)


def logit(name: str, low: float, high: float) -> Real:
    """A share, uniform in its log-odds."""
    return Real(name=name, low=low, high=high, prior="logit")


def flag(name: str) -> Categorical:
    """Yes or no."""
    return Categorical(name=name, choices=(False, True))


NEIGHBORS = (
    Integer(name="n_neighbors", low=1, high=25),
    Integer(name="p", low=1, high=4),
)
SVM = (log("C", 1.0, 1e3), log("gamma", 1e-4, 1e-3), log("tol", 1e-5, 1e-1))
TREE = (
    Integer(name="max_depth", low=1, high=15),
    logit("min_samples_split", 0.01, 0.99),
    logit("min_samples_leaf", 0.01, 0.49),
    logit("min_weight_fraction_leaf", 0.01, 0.49),
    logit("max_features", 0.01, 0.99),
    Real(name="min_impurity_decrease", low=0.0, high=0.5),
)
PERCEPTRON = (
    Integer(name="hidden_layer_sizes", low=50, high=200),  # the units of one layer
    log("alpha", 1e-5, 1e1),
    Integer(name="batch_size", low=10, high=250),
    log("learning_rate_init", 1e-5, 1e-1),
    log("tol", 1e-5, 1e-1),
    logit("validation_fraction", 0.1, 0.9),
)
ADAM = (
    *PERCEPTRON,
    logit("beta_1", 0.5, 0.99),
    logit("beta_2", 0.9, 1.0 - 1e-6),
    log("epsilon", 1e-9, 1e-6),
)
SGD = (*PERCEPTRON, logit("power_t", 0.1, 0.9), logit("momentum", 0.001, 0.999))
BOOSTING = (Integer(name="n_estimators", low=10, high=100), log("learning_rate", 1e-4, 1e1))
LOGISTIC = (log("C", 1e-2, 1e2), log("intercept_scaling", 1e-2, 1e2))
LEAST_SQUARES = (
    log("alpha", 1e-2, 1e2),
    flag("fit_intercept"),
    Integer(name="max_iter", low=10, high=5000, log=True),
)
LASSO = (*LEAST_SQUARES, log("tol", 1e-5, 1e-1), flag("positive"))
RIDGE = (*LEAST_SQUARES, log("tol", 1e-4, 1e-1))

BY_ADAM = {"solver": "adam", "early_stopping": True}
BY_SGD = {
    "solver": "sgd",
    "early_stopping": True,
    "learning_rate": "invscaling",
    "nesterovs_momentum": True,
}

Models = dict[str, tuple[Factory, tuple[Dimension, ...]]]
"""Name to what makes the estimators, and what is searched."""
CLASSIFIERS: Models = {
    "knn": (factory("neighbors.KNeighborsClassifier"), NEIGHBORS),
    "svm": (factory("svm.SVC", kernel="rbf"), SVM),
    "dt": (factory("tree.DecisionTreeClassifier"), TREE),
    "rf": (factory("ensemble.RandomForestClassifier", n_estimators=10), TREE),
    "mlp_adam": (factory("neural_network.MLPClassifier", **BY_ADAM), ADAM),
    "mlp_sgd": (factory("neural_network.MLPClassifier", **BY_SGD), SGD),
    "ada": (factory("ensemble.AdaBoostClassifier"), BOOSTING),
    "lasso": (linear_classifier("l1"), LOGISTIC),
    "linear": (linear_classifier("l2"), LOGISTIC),
}
REGRESSORS: Models = {
    "knn": (factory("neighbors.KNeighborsRegressor"), NEIGHBORS),
    "svm": (factory("svm.SVR", kernel="rbf"), SVM),
    "dt": (factory("tree.DecisionTreeRegressor"), TREE),
    "rf": (factory("ensemble.RandomForestRegressor", n_estimators=10), TREE),
    "mlp_adam": (factory("neural_network.MLPRegressor", **BY_ADAM), ADAM),
    "mlp_sgd": (factory("neural_network.MLPRegressor", activation="tanh", **BY_SGD), SGD),
    "ada": (factory("ensemble.AdaBoostRegressor"), BOOSTING),
    "lasso": (factory("linear_model.Lasso"), LASSO),
    "linear": (factory("linear_model.Ridge"), RIDGE),
}
TITLES = {
    "knn": "nearest neighbours",
    "svm": "support vector machine",
    "dt": "decision tree",
    "rf": "random forest of 10 trees",
    "mlp_adam": "perceptron, by Adam",
    "mlp_sgd": "perceptron, by SGD",
    "ada": "AdaBoost",
    "lasso": "linear model, L1 penalty",
    "linear": "linear model, L2 penalty",
}
DATASETS = {
    "digits": (CLASSIFIERS, ("acc", "nll")),
    "iris": (CLASSIFIERS, ("acc", "nll")),
    "wine": (CLASSIFIERS, ("acc", "nll")),
    "breast": (CLASSIFIERS, ("acc", "nll")),
    "diabetes": (REGRESSORS, ("mae", "mse")),
}
"""Name to the models, and the measures, that go with its task."""
MEASURES = {
    "acc": ("accuracy", "accuracy"),
    "nll": ("neg_log_loss", "log loss"),
    "mae": ("neg_mean_absolute_error", "absolute error"),
    "mse": ("neg_mean_squared_error", "squared error"),
}
"""Name to scikit-learn's, and in words."""
NAMES = {
    f"{model}_{dataset}_{measure}": (model, dataset, measure)
    for model in TITLES
    for dataset, (_, measures) in DATASETS.items()
    for measure in measures
}
"""Of all 90 problems, and of what each consists."""
SMALL = (
    *("dt_digits_acc", "rf_digits_nll", "svm_digits_nll"),
    *("lasso_iris_nll", "mlp_adam_iris_nll", "svm_iris_acc"),
    *("knn_wine_acc", "linear_wine_nll", "mlp_sgd_wine_acc"),
    *("dt_breast_acc", "knn_breast_nll", "linear_breast_nll"),
    *("ada_diabetes_mae", "lasso_diabetes_mse", "rf_diabetes_mse"),
)
"""A selection for those without hours: all models, three problems on each dataset."""


def __getattr__(name: str) -> Problem:
    """The problem of that name, made when it is first asked for."""
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return make_problem(name)


@functools.cache
def make_problem(name: str) -> Problem:
    """One of the problems, with its data."""
    model, dataset, measure = NAMES[name]
    make, space = DATASETS[dataset][0][model]
    if (model, measure) == ("svm", "nll"):
        # Deprecated in scikit-learn 1.9, but CalibratedClassifierCV, which is to replace it, gives
        # other losses than the published ones. Labels do not depend on it.
        make = functools.partial(make, probability=True)
    loader = "load_breast_cancer" if dataset == "breast" else f"load_{dataset}"
    (x, y), apart = hold_out(*factory(f"datasets.{loader}")(return_X_y=True))
    problem = sklearn_problem(
        lambda configuration: make(**configuration),
        space=space,
        default=default_point(make().get_params(), space, x),
        X=x,
        y=y,
        scoring=MEASURES[measure][0],
        test_data=apart,
    )
    return replace(problem, name=name)


def default_point(
    parameters: Configuration, space: tuple[Dimension, ...], x: np.ndarray
) -> Configuration:
    """What an estimator takes by default, or the nearest values in the space.

    Where the default is no number, or a number of another kind, what it amounts to on the data
    counts: `amount`. x: the rows to fit on, shape (rows, features).
    """
    point = {}
    for d in space:
        # Of the classes one by one, `estimator` is the model.
        value = parameters.get(f"estimator__{d.name}", parameters.get(d.name))
        point[d.name] = d.cast(
            value if isinstance(d, Categorical) else nearest(d, amount(d.name, value, x))
        )
    return point


def amount(name: str, value: Any, x: np.ndarray) -> float:
    """The number that a parameter's default stands for.

    No limit is infinite; of counts of rows, which are searched as shares, the share.
    """
    rows, features = x.shape
    worked_out = {
        ("gamma", "scale"): 1 / (features * x.var()),
        ("max_features", "sqrt"): features**-0.5,
        ("batch_size", "auto"): min(200, rows),
    }
    if value is None:
        return math.inf
    if name in ("min_samples_split", "min_samples_leaf"):
        return float(value / rows)
    if isinstance(value, tuple):
        (value,) = value  # the units of one hidden layer
    return float(worked_out.get((name, value), value))


def nearest(dimension: Any, value: float) -> float:
    """The value of a range that is nearest."""
    return float(min(max(value, dimension.low), dimension.high))


FAMILY = Family(
    module=__name__,
    summaries={
        name: f"{TITLES[model]}, on {dataset}: {MEASURES[measure][1]}"
        for name, (model, dataset, measure) in NAMES.items()
    },
    package="sklearn",
    distribution="scikit-learn",
)
