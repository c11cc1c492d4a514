"""What a space may be made of, and how its values travel."""

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import logit

from study.core.dimension_rules import validate_dimensions, wrong_outside
from study.core.dimensions import (
    Categorical,
    Dimension,
    Integer,
    Ordinal,
    Real,
    from_cells,
    including,
    to_cells,
)
from study.core.space import canonical, parse

ODD: tuple[Any, ...] = (True, None, "None", 2.5, -3, (64, 32), (64, "x", None), "relu")


@pytest.mark.parametrize("name", ["x ", "x  y", " x", "x\n", "x" * 31, ""])
def test_a_name_that_would_be_read_otherwise_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a dimension: a name begins"):
        validate_dimensions([Real(name=name, low=0.0, high=1.0)], ())
    with pytest.raises(ValueError, match="x has the choice"):
        validate_dimensions([Categorical(name="x", choices=(name, "b"))], ())


@pytest.mark.parametrize(
    ("dimension", "value", "wrong"),
    [
        (Real(name="x", low=0.1, high=1.0, log=True), 0.0, "it must lie between 1e-100 and 1e+15"),
        (Real(name="x", low=0.1, high=1.0), float("nan"), "it must lie between -1e+15 and 1e+15"),
        (Real(name="x", low=0.1, high=1.0), 2.0, ""),
        (Real(name="x", low=0.1, high=1.0), 2, "give a number"),
        (Integer(name="x", low=1, high=9), 0.5, "give a whole number"),
        (Integer(name="x", low=1, high=9), 10**16, "it must lie between -1e+15 and 1e+15"),
        (Categorical(name="x", choices=("a", "b")), "c", ""),
        (Categorical(name="x", choices=("a", "b")), float("inf"), "give texts, finite numbers, "),
    ],
)
def test_what_lies_outside_is_what_tables_can_hold(
    dimension: Dimension, value: Any, wrong: str
) -> None:
    found = wrong_outside(dimension, value)
    assert found.startswith(wrong)
    assert bool(found) == bool(wrong)


def test_whole_numbers_by_logarithm_have_the_share_of_their_interval() -> None:
    rng = np.random.default_rng(0)
    dimension = Integer(name="n", low=1, high=6, log=True)
    counts = np.bincount([dimension.sample(rng) for _ in range(20_000)], minlength=7)[1:]
    shares = np.diff(np.log(np.arange(0.5, 7))) / np.log(6.5 / 0.5)
    assert stats.chisquare(counts, 20_000 * shares).pvalue > 0.001


def test_shares_by_log_odds_are_uniform_in_these() -> None:
    rng = np.random.default_rng(0)
    dimension = Real(name="share", low=0.001, high=0.9, prior="logit")
    values = np.array([dimension.sample(rng) for _ in range(4000)])
    ends = logit(np.array([0.001, 0.9]))
    assert stats.kstest((logit(values) - ends[0]) / (ends[1] - ends[0]), "uniform").pvalue > 0.001


def test_log_is_short_for_the_prior() -> None:
    short, long = (
        Real(name="x", low=1.0, high=2.0, log=True),
        Real(name="x", low=1.0, high=2.0, prior="log"),
    )
    assert short == long
    with pytest.raises(ValueError, match="x: log=True and prior='logit' exclude each other"):
        Real(name="x", low=0.1, high=0.2, log=True, prior="logit")


def test_numpys_numbers_are_numbers() -> None:
    numbers: Any = [np.float64(0.1), np.float32(2), np.int64(1), np.uint8(9), np.array([8, 16])]
    real = Real(name="x", low=numbers[0], high=numbers[1])
    whole = Integer(name="n", low=numbers[2], high=numbers[3])
    validate_dimensions([real, whole], [])
    assert (type(real.low), type(real.high)) == (float, float)
    assert (type(whole.low), type(whole.high)) == (int, int)
    assert Categorical(name="c", choices=numbers[4]).choices == (8, 16)


def test_a_value_is_cast_only_if_nothing_is_lost() -> None:
    whole = Integer(name="n", low=1, high=9)
    assert whole.cast(4.0) == 4
    assert type(whole.cast(np.float64(4))) is int
    assert whole.cast(4.7) not in whole
    assert whole.cast(True) not in whole
    assert Real(name="x", low=0.0, high=1.0).cast("0.5") == "0.5"
    assert Categorical(name="c", choices=(1, 2)).cast(1.0) in Categorical(name="c", choices=(1, 2))
    assert True not in Categorical(name="c", choices=(1, 2))


@pytest.mark.parametrize("kind", [Categorical, Ordinal])
def test_every_choice_comes_back_from_tables_and_json_as_it_was(
    kind: type[Categorical | Ordinal],
) -> None:
    dimension = kind(name="c", choices=ODD)
    cells = to_cells(dimension, ODD)
    assert all(isinstance(cell, str) for cell in cells)
    for back in (
        from_cells(dimension, cells),
        [parse(canonical({"c": choice}))["c"] for choice in ODD],
    ):
        assert [(type(v), v) for v in back] == [(type(v), v) for v in ODD]


def test_texts_are_their_own_labels() -> None:
    assert to_cells(Categorical(name="c", choices=("relu", 3)), ["relu", 3, "else"]) == [
        "relu",
        "3",
        "else",
    ]


@pytest.mark.parametrize(
    ("choices", "baseline", "expected"),
    [
        ((8, 16), 12, (8, 16, 12)),
        (("a", "b"), "c", ("a", "b", "c")),
        ((None, (1, 2)), (3,), (None, (1, 2), (3,))),
        ((8, 16), 16, (8, 16)),
        ((8, 16), "16", (8, 16)),  # in a table it would be 16
        ((0, 1), True, (0, 1)),  # Python holds it for equal to 1
    ],
)
def test_what_can_be_told_from_the_choices_can_join_them(
    choices: Any, baseline: Any, expected: Any
) -> None:
    dimension = Ordinal(name="c", choices=choices)
    wider = including(dimension, baseline)
    assert wider.choices == expected  # type: ignore[union-attr]
    if len(expected) > len(choices):
        assert from_cells(wider, to_cells(dimension, [baseline])) == [baseline]


WRONG: list[tuple[Dimension, str]] = [
    (
        Integer(name="lr:0", low=1, high=2),
        "'lr:0' cannot be the name of a dimension: a name",
    ),
    (Integer(name="_lr", low=1, high=2), "begins with a letter or digit and has at most 30"),
    (Integer(name="n" * 31, low=1, high=2), "at most 30 letters, digits, blanks and"),
    (Integer(name="n", low=1.5, high=2), "n has low=1.5: give a whole number"),  # type: ignore[arg-type]
    (Real(name="x", low="a", high=2), "x has low='a': give a number"),  # type: ignore[arg-type]
    (Real(name="x", low=True, high=2), "x has low=True: give a number"),
    (Real(name="x", low=0, high=float("nan")), "x has high=nan: give a number"),
    (Real(name="x", low=0, high=float("inf")), r"x has high=inf: give a number from -1e\+15 to"),
    (Real(name="x", low=-(10**400), high=1), "x has low=-1000.*: give a number from -1e"),
    (Real(name="x", low=2, high=1), "x has low=2.0 above high=1.0: exchange them"),
    (Real(name="x", low=0, high=1, log=True), "x has low=0.0 on a logarithmic scale, .* 1e-6, or"),
    (Real(name="x", low=1, high=2, log="no"), "x has log='no': give True or False"),  # type: ignore[arg-type]
    (Integer(name="n", low=1, high=2, log="no"), "n has log='no': give True or False"),  # type: ignore[arg-type]
    (
        Integer(name="n", low=0, high=9, log=True),
        "n has low=0 on a logarithmic scale, .* 1 or more",
    ),
    (
        Real(name="x", low=0.1, high=1, prior="logit"),
        "x has high=1.0 and prior='logit': give a .*1",
    ),
    (Real(name="x", low=0, high=1, prior="cube"), "x has prior='cube': give uniform, log"),  # type: ignore[arg-type]
    (Categorical(name="c", choices=()), "c has choices .*: give a list of values"),
    (Ordinal(name="c", choices={8, 16}), "give a list of values, for a set has no order"),  # type: ignore[arg-type]
    (Categorical(name="c", choices=(1, True)), "c has two choices equal to 1: name each once"),
    (Categorical(name="c", choices=(float("nan"), 1)), "the choice nan: give texts, finite"),
    (Categorical(name="c", choices=({}, 1)), "the choice {}: give texts, finite numbers, True"),  # type: ignore[arg-type]
    (Ordinal(name="c", choices=("=1+1", "b")), "the choice '=1\\+1': a name begins with"),
    (Integer(name="n", low=3, high=3), "every dimension has but one value"),
]


@pytest.mark.parametrize(("dimension", "message"), WRONG, ids=[wrong for _, wrong in WRONG])
def test_what_no_dimension_can_be_is_told_with_the_rule(dimension: Dimension, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        validate_dimensions([dimension], [])
