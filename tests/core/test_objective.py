"""What an objective may be: one that cannot be written and read again is none."""

from typing import Any

import numpy as np
import pytest

from study import Objective


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "speaks of '': a name begins with a letter or digit"),
        ({"name": "loss "}, "speaks of 'loss ': a name begins"),
        ({"name": "my  loss"}, "speaks of 'my  loss': a name begins"),
        ({"size": None}, "speaks of None: a name begins"),
        ({"maximise": "yes"}, "maximise='yes': give True or False"),
        ({"maximise": None}, "maximise=None: give True or False"),
        ({"percent": 1}, "percent=1: give True or False"),
        ({"tested": 0.0}, "tested=0.0: give True or False"),
        ({"optimum": "0"}, "optimum='0': give a number"),
        ({"worst": float("nan")}, "worst=nan: give a number"),
        ({"margin": True}, "margin=True: give a number"),
        ({"percent": True, "optimum": 100}, "optimum=100: a share lies between 0 and 1"),
    ],
)
def test_what_could_not_be_read_again_is_refused_when_it_is_built(
    given: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        Objective(**given)


def test_numbers_of_numpy_are_numbers() -> None:
    found = Objective(maximise=np.bool_(False), optimum=np.float64(0.5))  # type: ignore[arg-type]
    assert found == Objective(maximise=False, optimum=0.5)
    assert (type(found.maximise), type(found.optimum)) == (bool, float)
