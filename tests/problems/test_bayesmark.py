"""bayesmark's problems against plain scikit-learn, fitted and scored by hand."""

import warnings
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sklearn
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from study import Categorical, Integer, Problem, Real, StudyError
from study.core.space import Space
from study.problems import bayesmark
from study.problems.registry import get
from tests.shared import studied
from tests.test_layers import loaded

SCIKIT_LEARN = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
MODELS = ("knn", "svm", "dt", "rf", "mlp_adam", "mlp_sgd", "ada", "lasso", "linear")
MEASURES = {
    **dict.fromkeys(("digits", "iris", "wine", "breast"), ("acc", "nll")),
    "diabetes": ("mae", "mse"),
}


def made(name: str) -> Problem:
    problem = getattr(bayesmark, name)
    assert isinstance(problem, Problem)
    return problem


def test_there_are_nine_models_on_five_datasets_by_two_measures() -> None:
    names = [f"{m}_{d}_{how}" for m in MODELS for d in MEASURES for how in MEASURES[d]]
    assert len(names) == 90
    assert sorted(bayesmark.FAMILY.summaries) == sorted(names)


@pytest.mark.parametrize("dataset", MEASURES)
def test_every_problem_is_in_order(dataset: str) -> None:
    wanted = {
        "acc": ("accuracy", 1, True),
        "nll": ("log loss", -1, False),
        "mae": ("mean absolute error", -1, False),
        "mse": ("mean squared error", -1, False),
    }
    for name in (f"{model}_{dataset}_{how}" for model in MODELS for how in MEASURES[dataset]):
        problem, _ = get(name)
        objective = problem.objective
        told = objective.name, objective.sign, objective.percent
        assert (problem.name, told) == (name, wanted[name.rpartition("_")[2]])
        assert problem.default in problem.space
        assert problem.baseline == problem.default


SVM = [
    Real(name="C", low=1.0, high=1000.0, log=True),
    Real(name="gamma", low=1e-4, high=1e-3, log=True),
    Real(name="tol", low=1e-5, high=0.1, log=True),
]
TREE = [
    Integer(name="max_depth", low=1, high=15),
    Real(name="min_samples_split", low=0.01, high=0.99, prior="logit"),
    Real(name="min_samples_leaf", low=0.01, high=0.49, prior="logit"),
    Real(name="min_weight_fraction_leaf", low=0.01, high=0.49, prior="logit"),
    Real(name="max_features", low=0.01, high=0.99, prior="logit"),
    Real(name="min_impurity_decrease", low=0.0, high=0.5),
]
LASSO = [
    Real(name="alpha", low=0.01, high=100.0, log=True),
    Categorical(name="fit_intercept", choices=(False, True)),
    Integer(name="max_iter", low=10, high=5000, log=True),
    Real(name="tol", low=1e-5, high=0.1, log=True),
    Categorical(name="positive", choices=(False, True)),
]
SGD = [
    Integer(name="hidden_layer_sizes", low=50, high=200),
    Real(name="alpha", low=1e-5, high=10.0, log=True),
    Integer(name="batch_size", low=10, high=250),
    Real(name="learning_rate_init", low=1e-5, high=0.1, log=True),
    Real(name="tol", low=1e-5, high=0.1, log=True),
    Real(name="validation_fraction", low=0.1, high=0.9, prior="logit"),
    Real(name="power_t", low=0.1, high=0.9, prior="logit"),
    Real(name="momentum", low=0.001, high=0.999, prior="logit"),
]


@pytest.mark.parametrize(
    ("name", "space"),
    [
        ("svm_iris_nll", SVM),
        ("svm_diabetes_mse", SVM),
        ("rf_digits_acc", TREE),
        ("lasso_diabetes_mae", LASSO),
        ("mlp_sgd_wine_acc", SGD),
    ],
)
def test_spaces_are_the_published_ones(name: str, space: list[Any]) -> None:
    assert list(made(name).space) == space


L1 = {"l1_ratio": 1} if SCIKIT_LEARN >= (1, 8) else {"penalty": "l1"}
LIBLINEAR = partial(LogisticRegression, solver="liblinear", random_state=3)
BY_SGD = partial(
    MLPRegressor,
    activation="tanh",
    solver="sgd",
    learning_rate="invscaling",
    early_stopping=True,
    random_state=3,
)
BY_HAND: list[tuple[str, Any, str, Any, list[Any]]] = [
    ("knn_wine_acc", load_wine, "accuracy", KNeighborsClassifier, [9, 1]),
    ("svm_iris_acc", load_iris, "accuracy", SVC, [5.0, 5e-4, 1e-2]),
    ("linear_breast_nll", load_breast_cancer, "neg_log_loss", LIBLINEAR, [5.0, 2.0]),
    (
        "lasso_iris_nll",
        load_iris,
        "neg_log_loss",
        lambda **searched: OneVsRestClassifier(LIBLINEAR(**L1, **searched)),
        [5.0, 2.0],
    ),
    (
        "lasso_diabetes_mse",
        load_diabetes,
        "neg_mean_squared_error",
        Lasso,
        [0.5, True, 50, 0.01, True],
    ),
    (
        "dt_diabetes_mae",
        load_diabetes,
        "neg_mean_absolute_error",
        partial(DecisionTreeRegressor, random_state=3),
        [4, 0.1, 0.05, 0.02, 0.5, 0.1],
    ),
    (
        "mlp_sgd_diabetes_mse",
        load_diabetes,
        "neg_mean_squared_error",
        BY_SGD,
        [60, 0.1, 50, 0.01, 0.1, 0.2, 0.3, 0.8],
    ),
]


@pytest.mark.parametrize(
    ("name", "load", "scoring", "make", "point"), BY_HAND, ids=[row[0] for row in BY_HAND]
)
def test_values_follow_the_published_protocol(
    name: str, load: Any, scoring: str, make: Any, point: list[Any]
) -> None:
    problem = made(name)
    configuration = Space(tuple(problem.space)).to_configuration(point)
    x, x_test, y, y_test = train_test_split(*load(return_X_y=True), test_size=0.2, random_state=0)
    estimator = make(**configuration)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        visible = cross_val_score(estimator, x, y, cv=5, scoring=scoring).mean()
        final = get_scorer(scoring)(estimator.fit(x, y), x_test, y_test)
    assert problem.test is not None
    sign = 1 if scoring == "accuracy" else -1
    assert problem.evaluate(configuration, 3) == pytest.approx(sign * visible, abs=1e-12)
    assert problem.test(configuration, 3) == pytest.approx(sign * final, abs=1e-12)


@pytest.mark.parametrize("name", ["svm_iris_nll", "lasso_iris_nll", "mlp_adam_iris_nll"])
def test_log_losses_are_the_seeds_own(name: str) -> None:
    problem = made(name)
    first = problem.evaluate(problem.default, 1)
    assert isinstance(first, float)
    assert 0 < first < 2
    assert problem.evaluate(problem.default, 1) == first


def test_the_first_point_is_the_default_of_scikit_learn_or_next_to_it() -> None:
    assert made("knn_iris_acc").default == {"n_neighbors": 5, "p": 2}
    x, *_ = train_test_split(load_digits().data, test_size=0.2, random_state=0)
    gamma = made("svm_digits_acc").default["gamma"]
    assert gamma == pytest.approx(1 / (64 * x.var()))  # gamma="scale"
    assert made("svm_iris_acc").default["gamma"] == 1e-3  # "scale" is 0.06 there
    assert list(made("dt_wine_acc").default.values()) == [15, 2 / 142, 0.01, 0.01, 0.99, 0.0]
    assert made("rf_iris_acc").default["max_features"] == 0.5  # the root of 4 of 4
    perceptron = made("mlp_adam_iris_acc").default
    assert (perceptron["hidden_layer_sizes"], perceptron["batch_size"]) == (100, 120)
    assert made("linear_diabetes_mse").default["max_iter"] == 5000  # no limit


def test_the_small_ones_are_a_mixed_selection() -> None:
    parts = [bayesmark.NAMES[name] for name in bayesmark.SMALL]
    assert len({(model, dataset) for model, dataset, _ in parts}) == len(parts) == 15
    assert {model for model, _, _ in parts} == set(MODELS)
    assert Counter(dataset for _, dataset, _ in parts) == dict.fromkeys(MEASURES, 3)


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(StudyError, match="did you mean 'svm_wine_acc'") as caught:
        get("svm_wine_ac")
    assert len(str(caught.value)) < 400
    with pytest.raises(AttributeError, match="has no attribute 'svm_boston_mse'"):
        _ = bayesmark.svm_boston_mse


def test_the_list_of_problems_loads_nothing_slow() -> None:
    assert loaded("from study.problems import bayesmark; bayesmark.SMALL") == set()


@pytest.mark.slow
def test_a_study_on_two_workers(tmp_path: Path) -> None:
    results = studied(
        problem="knn_iris_acc", methods=["random", "forest"], seeds=2, calls=5, initial_points=3,
        retrain=1, workers=2, output=tmp_path / "out",
    )  # fmt: skip
    assert results.valid
    problem = made("knn_iris_acc")
    for _, call in results.trials.iterrows():
        chosen = {"n_neighbors": call["n_neighbors"], "p": call["p"]}
        assert call["validation_accuracy"] == problem.evaluate(chosen, 0)
