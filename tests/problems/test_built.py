"""What is shown of what a user's `build` returns."""

import re
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from study import Problem, Real, StudyError, keras_problem, sklearn_problem
from study.problems.built import MAX_LENGTH, MAX_LINES, build_again, built_text
from study.problems.registry import get

X = Real(name="C", low=0.1, high=10.0)
PROBLEM = Problem(space=[X], default={"C": 1.0}, evaluate=lambda configuration, _: 1.0)


def built(problem: Problem, **configuration: Any) -> Any:
    return build_again(get(problem)[0], configuration)


def test_a_problem_without_a_build_builds_nothing() -> None:
    assert built(PROBLEM, C=2.0) is None


def test_an_estimator_has_the_parameters_of_the_configuration() -> None:
    from sklearn.svm import SVC

    x, y = np.random.default_rng(0).random((40, 2)), np.arange(40) % 2
    problem = sklearn_problem(SVC(), space=[X], default={"C": 1.0}, X=x, y=y)
    assert built_text(built(problem, C=2.5), 80) == "SVC(C=2.5)"


def test_a_model_is_shown_by_keras() -> None:
    def build(configuration: dict[str, Any]) -> keras.Model:
        return keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, name="only")])

    problem = keras_problem(build, space=[X], default={"C": 1.0}, dataset="digits")
    text = built_text(built(problem, C=2.0), 60)
    assert "only (Dense)" in text
    assert "650" in text
    assert max(map(len, text.splitlines())) <= 60


def test_a_build_that_fails_is_told_with_its_line() -> None:
    def build(_: Any) -> Any:
        raise ValueError("no such kernel")

    with pytest.raises(StudyError, match=r"failed: ValueError: no such kernel \(test_built.py, "):
        built(replace(PROBLEM, build=build, name="own"), C=2.0)


def test_a_build_that_is_no_function_is_refused() -> None:
    with pytest.raises(StudyError, match="its build is not a function"):
        get(replace(PROBLEM, build="SVC", name="own"))  # type: ignore[arg-type]


def test_a_repr_that_fails_is_no_traceback() -> None:
    class Mute:
        def __repr__(self) -> str:
            raise KeyError("name")

    told = r"Mute, whose repr fails: KeyError: 'name' \(test_built.py, line \d+\)"
    assert re.fullmatch(told, built_text(Mute(), 80))


def test_what_is_long_is_cut_and_what_commands_a_terminal_is_not_obeyed() -> None:
    class Long:
        def __repr__(self) -> str:
            return "\n".join(["  a\033[2Jb" + "x" * 1000] * 100)

    *lines, end = built_text(Long(), 80).splitlines()
    assert end == "..."
    assert len(lines) == MAX_LINES
    assert lines[0].startswith("  a\ufffd[2Jb")
    assert len(lines[0]) == MAX_LENGTH + 3
