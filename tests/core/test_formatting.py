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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0004, "0 s"),
        (0.038, "38 ms"),
        (0.38, "0.4 s"),
        (0.96, "1 s"),
        (45, "45 s"),
        (59.7, "1 min 00 s"),
        (95.4, "1 min 35 s"),
        (1267, "21 min 07 s"),
        (3725, "1 h 02 min"),
    ],
)
def test_durations_name_their_units(seconds: float, text: str) -> None:
    assert formatting.format_duration(seconds) == text


def test_columns_of_seconds_share_a_unit_and_their_decimals() -> None:
    assert formatting.format_seconds([[0.0001, math.nan], [0.002, 0.0213]]) == (
        "ms",
        [["0.10", "-"], ["2.00", "21.30"]],
    )
    assert formatting.format_seconds([[0.1, 2.5], [1234.0]]) == ("s", [["0.1", "2.5"], ["1,234.0"]])
    assert formatting.format_seconds([[0.0, 0.0]]) == ("s", [["0.00", "0.00"]])


def test_numbers_of_a_column_have_as_many_decimals() -> None:
    def column(*values: float) -> list[str]:
        decimals = formatting.common_decimals(values)
        return [formatting.format_number(value, decimals) for value in values]

    assert column(97.5, 3.25) == ["97.50", "3.25"]
    assert column(3.2, 0.0047, math.nan) == ["3.2000", "0.0047", "-"]
    assert column(12_345.6, 1.0) == ["12,345.6", "1.0"]
    assert column(3e-9, 2e-8) == ["3.00e-09", "2.00e-08"]
    assert column(0.0, 0.0) == ["0.00", "0.00"]


def test_counts_and_lists() -> None:
    assert formatting.pluralize(1, "seed") == "1 seed"
    assert formatting.pluralize(1437, "seed") == "1,437 seeds"
    assert formatting.format_seeds(range(5)) == "5 seeds"
    assert formatting.format_seeds(range(1)) == "1 seed"
    assert formatting.format_seeds(range(7, 8)) == "1 seed (7)"
    assert formatting.format_seeds(range(100, 1200)) == "1,100 seeds (100 to 1199)"
    assert formatting.join_words(["a"]) == "a"
    assert formatting.join_words(["a", "b", "c"]) == "a, b and c"
    assert formatting.join_words([]) == ""
