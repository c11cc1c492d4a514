"""A scikit-learn estimator as a problem: cross-validated, its winners scored on data kept apart."""

import contextlib
import copy
import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from study.core.dimensions import Dimension
from study.core.errors import StudyError, reason_of, translate_errors
from study.core.objective import Objective
from study.core.space import Configuration
from study.core.validation import is_name, near_names, safe_repr
from study.problems.measurement import definition_line
from study.problems.rows import Data, split
from study.problems.user import Problem

SHARES = (  # how the names of scores begin that lie between 0 and 1
    *("accuracy", "average_precision", "balanced_accuracy", "f1", "jaccard", "precision"),
    *("recall", "roc_auc", "top_k_accuracy"),
)

Builder = Callable[[Configuration], Any]
"""Makes an estimator."""


def sklearn_problem(
    estimator: Any,
    *,
    space: Sequence[Dimension],
    default: Configuration,
    X: Any,  # noqa: N803 (scikit-learn's name)
    y: Any,
    scoring: str = "accuracy",
    cv: Any = 5,
    baseline: Configuration | None = None,
    test_data: Data | None = None,
) -> Problem:
    """The mean score of a cross-validation; winners are fitted on all its rows, and tested.

    The seed of an evaluation goes to every `random_state` of the estimator and of those within it,
    and to folds that are drawn at random unless their own `random_state` is a number. A fit that
    fails is a failed evaluation.

    Parameters
    ----------
    estimator
        A scikit-learn estimator, whose parameters are the dimensions (of a pipeline STEP__NAME, at
        most 30 characters, so give its steps short names); or a function that is called with a
        configuration and returns one. It is not changed.
    space, default, baseline
        As in `study.Problem`.
    X, y
        Shape (rows, features), and one value for each row: arrays, data frames or lists, as the
        estimator takes them.
    scoring
        A name of scikit-learn's. A score neg_NAME is shown as NAME, to be minimised; accuracy and
        other shares are shown in percent.
    cv
        The number of folds, or a splitter, or pairs of indices, as in `cross_val_score`. Where
        folds depend on the order of the rows, as in time series, `test_data` is needed.
    test_data
        A pair (X, y) on which winners are scored. By default a random fifth of the rows, always
        the same, is kept apart for that, and the others are shuffled.

    Raises
    ------
    StudyError
        If something is not in order.
    """
    build = builder_of(estimator, space)
    fitted, apart = split(X, y, test_data)
    folds = checked_folds(cv, fitted)
    if test_data is None:
        require_any_order(cv)
    name = getattr(estimator, "__name__", type(estimator).__name__)
    return Problem(
        space=space,
        default=default,
        baseline=baseline or default,
        objective=objective_of(scoring),
        evaluate=functools.partial(cross_validate, build, fitted, scoring, folds),
        test=functools.partial(fit_and_score, build, fitted, apart, scoring),
        build=build,
        name=name if is_name(name) else "",
    )


def cross_validate(
    build: Builder, data: Data, scoring: str, folds: Any, configuration: Configuration, seed: int
) -> float:
    """The mean score over the folds, as it is shown."""
    from sklearn.model_selection import cross_val_score

    with quiet():
        model, folds = seeded(build(configuration), seed), seeded_folds(folds, seed)
        scores = cross_val_score(model, *data, scoring=scoring, cv=folds, error_score="raise")
    return objective_of(scoring).sign * float(np.mean(scores))


def fit_and_score(
    build: Builder, fitted: Data, apart: Data, scoring: str, configuration: Configuration, seed: int
) -> float:
    """The score on other rows, as it is shown."""
    from sklearn.metrics import get_scorer

    fitted, apart = copy.deepcopy((fitted, apart))  # steps of a pipeline may write into them
    with quiet():
        model = seeded(build(configuration), seed).fit(*fitted)
        return objective_of(scoring).sign * float(get_scorer(scoring)(model, *apart))


def objective_of(scoring: Any) -> Objective:
    """What a score of scikit-learn's is called here, and whether it is maximised.

    Raises `StudyError` if there is no such score.
    """
    from sklearn.metrics import get_scorer_names

    known = get_scorer_names()
    if not isinstance(scoring, str) or scoring not in known:
        raise StudyError(f"scoring={safe_repr(scoring)} is unknown: {near_names(scoring, known)}")
    return Objective(
        name=scoring.removeprefix("neg_").replace("_", " "),
        maximise=not scoring.startswith("neg_"),
        percent=scoring.startswith(SHARES),
        tested=True,
    )


def builder_of(estimator: Any, space: Sequence[Dimension]) -> Builder:
    """What makes the estimator of a configuration.

    Raises `StudyError` if it cannot, or if the estimator lacks one of the dimensions.
    """
    if is_estimator(estimator):
        from sklearn.base import clone

        require_parameters(estimator, space)
        with translate_errors(Exception, lambda e: f"estimator cannot be cloned ({reason_of(e)})"):
            unfitted = clone(estimator)  # its owner may change and fit the other one

        def configured(configuration: Configuration) -> Any:
            return clone(unfitted).set_params(**configuration)

        return configured
    if isinstance(estimator, type) or not callable(estimator):
        raise StudyError(
            f"estimator is {safe_repr(estimator)}: give a scikit-learn estimator, such as SVC(), "
            "or a function that returns one for a configuration"
        )

    def made(configuration: Configuration) -> Any:
        model = estimator(configuration)
        if not is_estimator(model):
            line = definition_line(estimator)
            raise TypeError(f"{safe_repr(model)} was returned{line}: it is no estimator")
        return model

    return made


def is_estimator(thing: Any) -> bool:
    """Whether a thing is an estimator, and not a class of them."""
    methods = ("fit", "get_params", "set_params")
    return not isinstance(thing, type) and all(hasattr(thing, name) for name in methods)


def require_parameters(estimator: Any, space: Sequence[Dimension]) -> None:
    """Raise `StudyError` unless every dimension is a parameter that the seed does not set."""
    known = sorted(estimator.get_params())
    for name in (d.name for d in space if isinstance(d, Dimension)):
        if name not in known:
            kind = type(estimator).__name__
            raise StudyError(f"{kind} has no parameter {name!r}: {near_names(name, known)}")
        if is_random_state(name):
            raise StudyError(f"the space has {name}, which gets the seed: leave it out")


def is_random_state(name: str) -> bool:
    """Whether a parameter is a seed, of the estimator or of one within it."""
    return name.rpartition("__")[2] == "random_state"


def seeded(model: Any, seed: int) -> Any:
    """An estimator, all of whose randomness comes from the seed."""
    return model.set_params(**{n: seed for n in model.get_params() if is_random_state(n)})


def seeded_folds(folds: Any, seed: int) -> Any:
    """Folds whose randomness, if they have any and no seed of their own, comes from the seed."""
    if isinstance(getattr(folds, "random_state", 0), Integral):
        return folds
    own = copy.copy(folds)
    own.random_state = seed
    return own


def checked_folds(cv: Any, data: Data) -> Any:
    """A number of folds, or a splitter; raises `StudyError` if it is neither, or does not split."""
    from sklearn.model_selection import check_cv

    cv = 5 if cv is None else cv  # scikit-learn's default
    with translate_errors(
        (TypeError, ValueError),
        lambda _: (
            f"cv is {safe_repr(cv)}: give a number of folds, 2 or more, a splitter, or pairs of "
            "indices"
        ),
    ):
        splitter = check_cv(cv)
    with (
        quiet(),
        translate_errors(
            (TypeError, ValueError, IndexError),
            lambda error: (
                f"cv is {safe_repr(cv)}, which does not split the rows ({str(error).rstrip('.')}): "
                "give another; instead of one that needs groups, give its pairs of indices, "
                "cv=list(splitter.split(X, y, groups)), and test_data=(X, y)"
            ),
        ),
    ):
        first: Any = next(iter(seeded_folds(splitter, 0).split(*data)), ())
        _train, _test = first
    return cv if isinstance(cv, Integral) else splitter  # a number: stratified, of a classifier


def require_any_order(cv: Any) -> None:
    """Raise `StudyError` if a cross-validation means the rows in the order they were given in."""
    from sklearn import model_selection as known

    shuffling = (known.BaseShuffleSplit, known.RepeatedKFold, known.RepeatedStratifiedKFold)
    alike = (Integral, *shuffling, known.StratifiedKFold, known.LeaveOneOut, known.LeavePOut)
    if not (cv is None or isinstance(cv, alike) or getattr(cv, "shuffle", False)):
        raise StudyError(
            f"cv is {safe_repr(cv)}, whose folds depend on the order of the rows, but without "
            "test_data a random fifth of the rows is kept apart for the winners, and the others "
            "are shuffled: give test_data=(X, y), such as the last rows; or a number of folds, or "
            "a splitter that shuffles"
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back warnings, as of no convergence: each fold of each evaluation would repeat them.

    What fails raises an error all the same.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
