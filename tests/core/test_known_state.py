"""Objects of well-known libraries are told apart by what they compute with, and by nothing else."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from random import gauss
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.svm import SVC

from study import Real, StudyError, sklearn_problem
from study.core.object_fingerprint import UnknownStateError, fingerprint_data, fingerprint_object
from study.problems.registry import get
from tests.shared import printed_in_two_processes


def frame(first: float = 1.0) -> pd.DataFrame:
    columns = {"a": [first, 2.0, 3.0], "b": ["x", "y", None], "c": pd.Categorical(list("aba"))}
    return pd.DataFrame(columns, index=pd.date_range("2020-01-01", periods=3, tz="UTC"))


def matrix(first: float = 1.0) -> Any:
    return scipy.sparse.csr_matrix(([first, 2, 3], ([0, 0, 1], [2, 1, 0])))


def use_frame(used: pd.DataFrame) -> None:
    used.loc["2020-01-02":]
    used.resample("D").size()
    used.index.get_loc(used.index[1])


def use_matrix(used: Any) -> None:
    used.sort_indices()


def keras_things() -> list[Any]:
    import keras

    adapted = keras.layers.Normalization()
    adapted.adapt(np.arange(6.0).reshape(3, 2))
    losses = keras.losses
    return [losses.SparseCategoricalCrossentropy(), keras.optimizers.Adam(0.1), adapted]


def noisy(_configuration: Any, _seed: int) -> float:
    random.seed(1)
    return gauss(0, 1) + float(os.environ.get("ADDED", "0"))


@pytest.mark.parametrize(("make", "use"), [(frame, use_frame), (matrix, use_matrix)])
def test_values_count_and_use_does_not(
    make: Callable[..., Any], use: Callable[[Any], None]
) -> None:
    things = make(), make(), make(5.0)
    for read in (fingerprint_object, fingerprint_data):
        first, same, other = map(read, things)
        assert first == same != other
    before = fingerprint_object(things[0])
    use(things[0])
    assert fingerprint_object(things[0]) == before


def test_names_and_order_of_columns_count() -> None:
    whole = frame()
    others = [whole[["b", "a", "c"]], whole.rename(columns={"a": "d"}), whole.iloc[::-1]]
    found = {fingerprint_object(one) for one in (whole, *others, whole.reset_index(drop=True))}
    assert len(found) == 5


@pytest.mark.slow
def test_another_process_finds_the_same_later() -> None:
    """Pickles of Keras hold the seconds at which they were made."""
    code = (
        "import time; from study.data.sources import load_dataset\n"
        "from tests.core.test_known_state import *\n"
        "things = [*keras_things(), noisy, frame(), matrix(), load_dataset('digits')]\n"
        "first = [*map(fingerprint_object, things), *map(fingerprint_data, things)]\n"
        "time.sleep(2.1)\n"
        "assert first == [*map(fingerprint_object, things), *map(fingerprint_data, things)]\n"
        "print(first)"
    )
    assert len(printed_in_two_processes(code)) == 1


def test_arrays_in_a_file_of_numpy_count(tmp_path: Path) -> None:
    np.savez(tmp_path / "flow.npz", flow=np.arange(3))
    np.savez(tmp_path / "other.npz", flow=np.arange(4))
    with np.load(tmp_path / "flow.npz") as one, np.load(tmp_path / "other.npz") as other:
        assert fingerprint_data(one) == fingerprint_data([one]) != ""
        assert fingerprint_data(one) != fingerprint_data(other)


class Proxy:
    """Cannot be looked at outside of something, as some of web frameworks."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"{name} outside of a request")


def test_what_cannot_be_looked_at_hides_nothing_else() -> None:
    assert fingerprint_data([Proxy(), np.arange(3)]) != fingerprint_data([Proxy(), np.arange(4)])
    with pytest.raises(UnknownStateError, match=r"^Proxy: .* outside of a request"):
        fingerprint_object([Proxy()])


DEEP = """
import numpy as np
from study import Problem, Real
data = []
for number in range(2000):
    data = [data, np.arange(number)]
problem = Problem(space=[Real(name="x", low=0.0, high=1.0)], default={{"x": 0.5}},
                  evaluate=lambda configuration, seed: float(len(data)){version})
"""


def test_data_that_are_nested_too_deeply_need_a_version(tmp_path: Path) -> None:
    file, named = tmp_path / "mine.py", f"{tmp_path}/mine.py:problem"
    file.write_text(DEEP.format(version=""))
    with pytest.raises(StudyError, match=r"^whether the data of the file mine\.py change cannot"):
        get(named)
    file.write_text(DEEP.format(version=", version='1'"))
    assert get(named)[0].fingerprint


def test_fitting_the_estimator_that_was_handed_over_changes_no_problem() -> None:
    estimator = SVC()
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    problem = sklearn_problem(
        estimator, space=[Real(name="C", low=0.1, high=10.0)], default={"C": 1.0}, X=x, y=y
    )
    before = fingerprint_object(problem)
    estimator.set_params(C=3.0).fit(x, y)
    assert fingerprint_object(problem) == before
