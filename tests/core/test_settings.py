from typing import Any

import pytest

from study.core.errors import StudyError
from study.core.settings import Settings


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"seeds": 0}, "--seeds is 0: it must be a whole number from 1"),
        ({"calls": -3}, "--calls is -3"),
        ({"retrain": 0}, "--retrain is 0"),
        ({"initial_points": 0}, "--initial-points is 0"),
        ({"seeds": 2.5}, "--seeds is 2.5"),
        ({"seeds": True}, "--seeds is True"),
        ({"calls": 4}, "--calls is 4, fewer than the --initial-points 5"),
        ({"methods": ()}, "--methods is empty"),
        ({"methods": ("gp", "random", "gp")}, "--methods names gp more than once"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value(changed: dict[str, Any], told: str) -> None:
    """With dashes on the command line, as an argument in Python."""
    with pytest.raises(StudyError) as caught:
        Settings(**changed)
    assert caught.value.command_line.startswith(told)
    assert str(caught.value).startswith(told.replace("--", "").replace("initial-p", "initial_p"))
    assert "\n" not in str(caught.value)


def test_calls_may_equal_the_initial_points() -> None:
    assert Settings(calls=5).calls == 5
