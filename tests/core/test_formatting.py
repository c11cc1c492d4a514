import math

import pytest

from study.core import formatting


@pytest.mark.parametrize(
    ("count", "text"),
    [(7, "7"), (999, "999"), (13_002, "13k"), (408_729, "409k"), (999_600, "1M"), (6.3e6, "6.3M")],
)
def test_sizes_of_networks(count: float, text: str) -> None:
    assert formatting.format_thousands(count) == text


def test_accuracies_are_percent_with_or_without_a_spread() -> None:
    assert formatting.format_percent(0.93051) == "93.05 %"
    assert formatting.format_percent(0.93051, 0.0038) == "93.05 ± 0.38 %"
    assert formatting.format_percent(0.93051, math.nan) == "93.05 %"
    assert formatting.format_percent(math.nan) == "-"


def test_differences_have_a_sign_and_zero_has_a_plus() -> None:
    assert formatting.format_interval(-0.1234, 0.0) == "[-0.12, +0.00]"
    assert formatting.format_signed(-0.001) == "+0.00"


@pytest.mark.parametrize(("seconds", "text"), [(5, "0:05"), (95.4, "1:35"), (3725, "1:02:05")])
def test_times(seconds: float, text: str) -> None:
    assert formatting.format_clock(seconds) == text


def test_counts_and_lists() -> None:
    assert formatting.pluralize(1, "seed") == "1 seed"
    assert formatting.pluralize(1437, "seed") == "1,437 seeds"
    assert formatting.join_words(["a"]) == "a"
    assert formatting.join_words(["a", "b", "c"]) == "a, b and c"
    assert formatting.join_words([]) == ""
