from typing import Any

import pytest

from study.core.errors import StudyError
from study.core.settings import Settings, parse_seeds


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


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, (0, 5)),
        ("5", (0, 5)),
        ("60-159", (60, 100)),
        (" 7-7 ", (7, 1)),
        (range(60, 160), (60, 100)),
    ],
)
def test_seeds_are_a_number_or_a_range(value: Any, expected: tuple[int, int]) -> None:
    first, seeds = parse_seeds(value)
    assert (first, seeds) == expected
    numbers = Settings(seeds=seeds, first_seed=first).seed_numbers
    assert (numbers[0], len(numbers)) == expected


@pytest.mark.parametrize(
    "value", [0, "0", "5-4", "a", "1.5", "-3", "3-", 2.5, True, range(0), None]
)
def test_what_is_neither_is_told(value: Any) -> None:
    with pytest.raises(StudyError, match=r"seeds is .*: (it must|the range ends before)"):
        parse_seeds(value)
