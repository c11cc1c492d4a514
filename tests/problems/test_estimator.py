"""`sklearn_problem` against plain scikit-learn, fitted and scored by hand."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
    train_test_split,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from study import Integer, Objective, Problem, Real, StudyError, sklearn_problem
from study.problems.estimator import objective_of, seeded
from tests.shared import studied

X, Y = load_iris(return_X_y=True)
C = Real(name="C", low=0.1, high=10.0, log=True)
ROOT = Path(__file__).parents[2]


def svm(**changes: Any) -> Problem:
    given = {"space": [C], "default": {"C": 1.0}, "X": X, "y": Y, **changes}
    return sklearn_problem(given.pop("estimator", SVC()), **given)


def forest(configuration: dict[str, Any]) -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=3, max_depth=configuration["depth"])


def of_forests(**changes: Any) -> Problem:
    given = {"space": [Integer(name="depth", low=1, high=9)], "default": {"depth": 2}, **changes}
    return sklearn_problem(given.pop("estimator", forest), X=X, y=Y, **given)


@pytest.mark.parametrize(
    ("estimator", "load", "scoring", "sign"),
    [
        (LogisticRegression(max_iter=20), load_iris, "accuracy", 1),
        (LogisticRegression(max_iter=20), load_iris, "neg_log_loss", -1),
        (Ridge(), load_diabetes, "r2", 1),
        (Ridge(), load_diabetes, "neg_root_mean_squared_error", -1),
    ],
)
def test_values_are_those_of_cross_val_score_and_of_a_fit_scored_apart(
    estimator: Any, load: Any, scoring: str, sign: int
) -> None:
    name, value = ("C", 0.3) if isinstance(estimator, LogisticRegression) else ("alpha", 2.0)
    x, y = load(return_X_y=True)
    space = [Real(name=name, low=0.1, high=10.0)]
    problem = sklearn_problem(
        estimator, space=space, default={name: 1.0}, X=x, y=y, scoring=scoring
    )
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = type(estimator)(**{**estimator.get_params(), name: value})
        visible = cross_val_score(model, x_train, y_train, cv=5, scoring=scoring).mean()
        final = get_scorer(scoring)(model.fit(x_train, y_train), x_test, y_test)
    assert problem.test is not None
    assert problem.evaluate({name: value}, 0) == pytest.approx(sign * visible, abs=1e-12)
    assert problem.test({name: value}, 0) == pytest.approx(sign * final, abs=1e-12)
    assert getattr(estimator, name) == 1.0


def test_data_of_ones_own_judge_winners_and_then_all_rows_are_fitted_on() -> None:
    x_test, y_test = X[::7] + 0.5, Y[::7]
    problem = svm(test_data=(x_test, y_test))
    assert problem.test is not None
    assert problem.test({"C": 2.0}, 0) == SVC(C=2.0).fit(X, Y).score(x_test, y_test)
    assert problem.evaluate({"C": 2.0}, 0) == cross_val_score(SVC(C=2.0), X, Y).mean()


ORDERED = (
    TimeSeriesSplit(3),
    KFold(4),
    PredefinedSplit(np.arange(len(X)) % 3),
    list(GroupKFold(3).split(X, groups=np.arange(len(X)) % 7)),
)


@pytest.mark.parametrize(
    "cv",
    [*ORDERED, None, 4, StratifiedKFold(4), ShuffleSplit(3, random_state=1)],
)
def test_with_test_data_the_folds_are_those_of_cross_val_score(cv: Any) -> None:
    order = np.random.default_rng(0).permutation(len(X))
    x, y = X[order], Y[order]
    problem = svm(X=x, y=y, cv=cv, test_data=(X, Y))
    assert problem.evaluate({"C": 2.0}, 0) == cross_val_score(SVC(C=2.0), x, y, cv=cv).mean()


@pytest.mark.parametrize("cv", ORDERED)
def test_folds_that_go_by_the_order_of_rows_need_test_data(cv: Any) -> None:
    with pytest.raises(StudyError, match=r"depend on the order of the rows.*give test_data="):
        svm(cv=cv)


@pytest.mark.parametrize(
    "cv", [None, 3, KFold(3, shuffle=True), RepeatedStratifiedKFold(), LeaveOneOut()]
)
def test_folds_of_rows_in_any_order_need_none(cv: Any) -> None:
    svm(cv=cv)


def test_a_step_that_writes_into_its_table_changes_no_other_evaluation() -> None:
    def doubled(table: np.ndarray) -> np.ndarray:
        table *= 2
        return table

    steps = [("doubled", FunctionTransformer(doubled)), ("svm", SVC())]
    space = [Real(name="svm__C", low=0.1, high=10.0)]
    problem = svm(estimator=Pipeline(steps), space=space, default={"svm__C": 1.0}, X=X.copy())
    found = [function(problem.default, 0) for _ in range(3) for function in judged(problem)]
    assert found[:2] == found[2:4] == found[4:]


def judged(problem: Problem) -> tuple[Any, Any]:
    return problem.evaluate, problem.test


def test_rows_of_words_may_differ_in_length() -> None:
    words = [["a"] * (2 + number % 3) for number in range(20)]
    labels = [number % 2 for number in range(20)]
    lengths = FunctionTransformer(lambda rows: [[len(row)] for row in rows])
    steps = [("lengths", lengths), ("svm", SVC())]
    space = [Real(name="svm__C", low=0.1, high=10.0)]
    given = {"X": words, "y": labels, "test_data": (words[:9], labels[:9])}
    problem = svm(estimator=Pipeline(steps), space=space, default={"svm__C": 1.0}, **given)
    assert all(0 <= function(problem.default, 0) <= 1 for function in judged(problem))


def test_the_steps_of_a_pipeline_have_dimensions() -> None:
    pipeline = Pipeline([("pca", PCA()), ("svc", SVC())])
    space = [Integer(name="pca__n_components", low=1, high=4), Real(name="svc__C", low=1, high=9)]
    chosen = {"pca__n_components": 2, "svc__C": 3.0}
    problem = svm(estimator=pipeline, space=space, default=chosen)
    x, _, y, _ = train_test_split(X, Y, test_size=0.2, random_state=0)
    by_hand = Pipeline([("pca", PCA(2)), ("svc", SVC(C=3.0))])
    assert problem.evaluate(chosen, 0) == cross_val_score(by_hand, x, y).mean()


def test_all_randomness_comes_from_the_seed() -> None:
    before = repr(np.random.get_state())  # noqa: NPY002 (the generator that must not be used)
    problem = of_forests(cv=ShuffleSplit(4))
    values = [problem.evaluate({"depth": 3}, seed) for seed in (1, 2, 2**32 - 1)]
    assert values == [problem.evaluate({"depth": 3}, seed) for seed in (1, 2, 2**32 - 1)]
    assert len(set(map(str, values))) > 1
    assert problem.test is not None
    assert problem.test({"depth": 3}, 5) == problem.test({"depth": 3}, 5)
    assert repr(np.random.get_state()) == before  # noqa: NPY002


def test_the_seed_goes_to_estimators_within_others() -> None:
    tree = DecisionTreeClassifier(splitter="random")
    steps = [("pca", PCA()), ("bag", BaggingClassifier(tree, random_state=3))]
    model = seeded(Pipeline(steps), 7)
    found = [model["pca"], model["bag"], model["bag"].estimator]
    assert [part.random_state for part in found] == [7, 7, 7]


def test_shuffled_folds_are_the_seeds_unless_they_have_their_own() -> None:
    x, _, y, _ = train_test_split(X, Y, test_size=0.2, random_state=0)

    def by_hand(seed: int) -> float:
        folds = KFold(3, shuffle=True, random_state=seed)
        return float(cross_val_score(SVC(), x, y, cv=folds).mean())

    drawn, fixed = svm(cv=KFold(3, shuffle=True)), svm(cv=KFold(3, shuffle=True, random_state=4))
    assert [drawn.evaluate({"C": 1.0}, s) for s in range(5)] == [by_hand(s) for s in range(5)]
    assert {fixed.evaluate({"C": 1.0}, s) for s in range(5)} == {by_hand(4)}
    assert len({by_hand(s) for s in range(5)}) > 1


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        ("accuracy", Objective(name="accuracy", percent=True, tested=True)),
        ("roc_auc_ovr", Objective(name="roc auc ovr", percent=True, tested=True)),
        ("r2", Objective(name="r2", tested=True)),
        ("neg_log_loss", Objective(name="log loss", maximise=False, tested=True)),
    ],
)
def test_scores_have_plain_names_and_a_direction(scoring: str, expected: Objective) -> None:
    assert svm(scoring=scoring).objective == expected


def test_every_score_of_scikit_learn_can_be_named() -> None:
    for scoring in get_scorer_names():
        assert objective_of(scoring).tested  # one that has no name is refused


def test_what_does_not_converge_has_a_score_and_no_warning() -> None:
    """Warnings are errors here."""
    space = [Integer(name="max_iter", low=1, high=5)]
    problem = svm(estimator=MLPClassifier(), space=space, default={"max_iter": 1})
    value = problem.evaluate({"max_iter": 1}, 0)
    assert isinstance(value, float)
    assert 0 <= value <= 1


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_study_with_fits_that_fail(tmp_path: Path, workers: int) -> None:
    """More neighbours than there are rows to fit on cannot be looked at."""
    space = [Integer(name="n_neighbors", low=1, high=150)]
    problem = svm(estimator=KNeighborsClassifier(), space=space, default={"n_neighbors": 5})
    results = studied(
        problem=problem, methods=["random"], seeds=2, calls=8, initial_points=4,
        retrain=2, workers=workers, output=tmp_path / "out",
    )  # fmt: skip
    for number, status, reason, value in zip(
        *(results.trials[c] for c in ("n_neighbors", "status", "reason", "validation_accuracy")),
        strict=True,
    ):
        if number > 96:  # four fifths of four fifths
            assert (status, reason[:11]) == ("failed", "ValueError:")
        else:
            assert value == problem.evaluate({"n_neighbors": number}, 0)
    assert {"ok", "failed"} == set(results.trials["status"])
    assert results.finals["test_accuracy"].dropna().between(0.5, 1).all()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"y": Y[1:]}, r"X and y differ in length: .*\[150, 149\]"),
        ({"X": X[:1], "y": Y[:1]}, "X and y cannot be split"),
        (
            {"space": [Real(name="c", low=1, high=2)]},
            "no parameter 'c': known are C, break_ties",
        ),
        ({"space": [Integer(name="random_state", low=1, high=2)]}, "which gets the seed"),
        ({"scoring": "acuracy"}, "scoring='acuracy' is unknown: did you mean 'accuracy'"),
        ({"scoring": None}, "scoring=None is unknown"),
        ({"cv": 1}, "cv is 1: give a number of folds, 2 or more, a splitter, or pairs"),
        ({"cv": 151, "test_data": (X, Y)}, r"cv is 151, which does not split the rows \(Cannot"),
        ({"cv": GroupKFold(3)}, r"instead of one that needs groups, give its pairs of indices"),
        ({"cv": [1, 2]}, r"cv is \[1, 2\], which does not split the rows"),
        ({"cv": "five"}, "cv is 'five'"),
        ({"estimator": SVC}, "such as SVC"),
        ({"estimator": "svm"}, "estimator is 'svm': give a scikit-learn estimator"),
        ({"test_data": X}, "give a pair"),
        ({"test_data": (X, Y[1:])}, "X and y of test_data differ in length"),
        ({"test_data": (X[:, 1:], Y)}, r"a row of X has the shape \(4,\), one of test_data \(3,\)"),
    ],
)
def test_bad_input_is_one_line(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(StudyError, match=told) as caught:
        svm(**changes)
    assert "\n" not in str(caught.value)


def test_a_function_that_returns_no_estimator_is_told() -> None:
    problem = of_forests(estimator=lambda _: None)
    with pytest.raises(TypeError, match=r"None was returned \(test_estimator.py, line \d+\)"):
        problem.evaluate({"depth": 2}, 0)


@pytest.mark.slow
def test_the_estimator_of_the_readme_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (block,) = [text for text in blocks if "sklearn_problem" in text]
    assert block.count("\n") <= 10
    (tmp_path / "svm.py").write_text(block)
    results = studied(
        problem=f"{tmp_path}/svm.py:svm", methods=["random"], seeds=1, calls=3, initial_points=2,
        retrain=1, workers=1, output=tmp_path / "out",
    )  # fmt: skip
    assert results.summary["test_accuracy"].between(0.5, 1).all()
