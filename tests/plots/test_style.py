"""The scale of accuracies: everything is inside, and there is enough to read it by."""

import itertools

import pytest
from matplotlib.figure import Figure

from study.core.objective import Objective
from study.methods.registry import METHODS
from study.plots.style import METHOD_COLOURS, SEARCH_COLOURS, colours, error_axis, score_axis


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (100, 100),
        (97, 100),
        (99.97, 99.97),
        (99.7, 99.75),
        (45, 50),
        (0, 100),
        (10, 98),
        (93, 97.6),
    ],
)
def test_results_are_inside_and_the_axis_points_up(low: float, high: float) -> None:
    axes = Figure().subplots()
    error_axis(axes, low, high)
    bottom, top = axes.get_ylim()
    assert bottom < low <= high < top
    ticks = axes.get_yticks()
    assert len(ticks) >= 2
    assert all(bottom <= tick <= top for tick in ticks)


def test_a_new_method_takes_no_colour_of_an_older_one() -> None:
    older = ["random", "gp", "gbrt", "forest", "tpe", "optuna-gp"]  # as in studies drawn before
    assert list(colours(older).values()) == SEARCH_COLOURS[: len(older)]
    assert len(set(colours(list(METHODS)).values())) == len(METHODS)


def test_every_method_has_a_colour_of_its_own_in_every_plot() -> None:
    assert set(METHODS) <= set(METHOD_COLOURS)
    assert len(set(METHOD_COLOURS.values())) == len(METHOD_COLOURS)


def test_ticks_do_not_crowd() -> None:
    axes = Figure().subplots()
    error_axis(axes, 0, 99.9)
    places = sorted(axes.transData.transform([(0, tick) for tick in axes.get_yticks()])[:, 1])
    height = places[-1] - places[0]
    assert min(b - a for a, b in itertools.pairwise(places)) > height / 30


def test_97_and_98_percent_are_as_far_apart_as_94_and_96() -> None:
    axes = Figure().subplots()
    error_axis(axes, 93, 98.5)
    places = axes.transData.transform([(0, y) for y in (94, 96, 97, 98)])[:, 1]
    assert places[3] - places[2] == pytest.approx(places[1] - places[0], rel=0.05)


@pytest.mark.parametrize(
    "regrets",
    [
        [0.003, 0.2, 5.0],
        [0.0, 0.2, 5.0],  # one found the optimum
        [-0.4, 0.2, 5.0],  # noise took one beyond it
        [-0.4, 0.0, 0.1],
        [0.0, 0.0],
        [-0.4, -0.3],
        [1e-12, 3.0],
    ],
)
@pytest.mark.parametrize("percent", [True, False])
def test_regrets_are_inside_though_they_be_0_or_below(regrets: list[float], percent: bool) -> None:
    axes = Figure().subplots()
    score_axis(axes, Objective(percent=percent, optimum=0.5), regrets)
    bottom, top = axes.get_ylim()
    assert bottom < min(regrets) <= max(regrets) < top
    places = axes.transAxes.inverted().transform(
        axes.transData.transform([(0, value) for value in regrets])
    )[:, 1]
    assert ((places > 0) & (places < 1)).all()
    assert any(bottom <= tick <= top for tick in axes.get_yticks())


def test_a_regret_is_as_far_from_its_half_as_that_from_its_quarter() -> None:
    for least in (0.01, 0.0, -0.02):
        axes = Figure().subplots()
        score_axis(axes, Objective(maximise=False, optimum=0.0), [least, 0.05, 4.0])
        places = axes.transData.transform([(0, y) for y in (1, 2, 4)])[:, 1]
        assert places[2] - places[1] == pytest.approx(places[1] - places[0], rel=0.05)
