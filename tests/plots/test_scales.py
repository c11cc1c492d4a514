"""Axes show all that they are given, say what their scale is, and keep their ticks apart."""

import itertools

import pytest
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from study.core.objective import ACCURACY, Objective
from study.plots.scales import error_axis, linear_axis, log_axis, score_axis
from study.plots.style import FONT, own_style

REGRET = Objective(maximise=False, optimum=0.0)


def drawn(kind: str, panel: tuple[float, float] = (3.0, 2.0)) -> tuple[Figure, Axis]:
    with own_style():
        figure = Figure(figsize=panel)
        axes = figure.subplots()
    return figure, axes.xaxis if kind == "x" else axes.yaxis


def overlap(figure: Figure, axis: Axis) -> bool:
    """Whether any label of a tick lies on the next."""
    with own_style():
        figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
    assert len(boxes) >= 2
    across = axis.axis_name == "x"  # type: ignore[attr-defined]  # missing in the stubs
    ends = sorted((b.x0, b.x1) if across else (b.y0, b.y1) for b in boxes)
    return any(one[1] > other[0] for one, other in itertools.pairwise(ends))


@pytest.mark.parametrize("kind", ["x", "y"])
@pytest.mark.parametrize(
    ("low", "high"),
    [(0.0001, 0.0009), (1e-5, 3.0), (0.05, 0.06), (900.0, 1e6), (1e-12, 1e3), (2.0, 2.1)],
)
def test_ticks_of_a_logarithmic_axis_keep_apart(kind: str, low: float, high: float) -> None:
    figure, axis = drawn(kind)
    log_axis(axis, low, high)
    assert not overlap(figure, axis)


@pytest.mark.parametrize("kind", ["x", "y"])
@pytest.mark.parametrize(("low", "high"), [(0, 99.9), (97.1234, 97.1236), (45, 50), (93, 97.6)])
def test_ticks_of_scores_keep_apart(kind: str, low: float, high: float) -> None:
    for wide in (False, True):
        figure, axis = drawn(kind)
        score_axis(axis, ACCURACY, [low, high], "accuracy", wide=wide)
        assert not overlap(figure, axis)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("objective", "values"),
    [
        (ACCURACY, [93.0, 98.0]),
        (ACCURACY, [10.0, 99.0]),
        (REGRET, [0.5, 1.0]),
        (REGRET, [0.001, 1.0]),
        (REGRET, [0.0, 0.001, 1.0]),
        (REGRET, [-0.2, 0.001, 1.0]),
        (Objective(name="loss", maximise=False), [0.001, 10.0]),
        (Objective(name="loss", maximise=False), [-0.001, 10.0]),
        (Objective(name="error", maximise=False, percent=True), [2.0, 3.0]),
    ],
)
def test_an_axis_that_is_not_linear_says_so(
    objective: Objective, values: list[float], wide: bool
) -> None:
    _, axis = drawn("y")
    score_axis(axis, objective, values, "what it shows", wide=wide)
    assert (axis.get_scale() == "linear") != ("log scale" in axis.get_label_text())
    assert axis.get_label_text().startswith("what it shows")


def test_accuracies_are_linear_unless_their_error_spans_a_decade_and_more() -> None:
    for values, wide, scale in (
        ([93.0, 98.0], True, "linear"),
        ([10.0, 99.0], False, "linear"),
        ([10.0, 99.0], True, "function"),
    ):
        _, axis = drawn("y")
        score_axis(axis, ACCURACY, values, "accuracy", wide=wide)
        assert axis.get_scale() == scale


@pytest.mark.parametrize(
    "values",
    [
        [0.003, 0.2, 5.0],
        [0.0, 0.2, 5.0],  # one found the optimum
        [0.0, 1e-6, 5.0],
        [-0.4, 0.2, 5.0],  # noise took one beyond it
        [0.0, 0.0],
        [-0.4, -0.3],
        [1e-12, 3.0],
        [7.0],
    ],
)
@pytest.mark.parametrize("percent", [True, False])
def test_regrets_are_inside_though_they_be_0_or_below(values: list[float], percent: bool) -> None:
    _, axis = drawn("y")
    score_axis(axis, Objective(percent=percent, optimum=0.5), values, "regret")
    bottom, top = axis.axes.get_ylim()
    assert bottom < min(values) <= max(values) < top
    places = axis.axes.transAxes.inverted().transform(
        axis.axes.transData.transform([(0, value) for value in values])
    )[:, 1]
    assert ((places > 0) & (places < 1)).all()
    assert any(bottom <= tick <= top for tick in axis.get_ticklocs())


@pytest.mark.parametrize(
    ("low", "high"),
    [(100, 100), (97, 100), (99.97, 99.97), (99.7, 99.75), (45, 50), (0, 100), (10, 98)],
)
def test_errors_are_inside_and_the_axis_points_up(low: float, high: float) -> None:
    _, axis = drawn("y")
    error_axis(axis, low, high)
    bottom, top = axis.axes.get_ylim()
    assert bottom < low <= high < top
    ticks = axis.get_ticklocs()
    assert len(ticks) >= 2
    assert all(bottom <= tick <= top for tick in ticks)


def test_97_and_98_percent_are_as_far_apart_as_94_and_96_by_their_error() -> None:
    _, axis = drawn("y")
    error_axis(axis, 93, 98.5)
    places = axis.axes.transData.transform([(0, y) for y in (94, 96, 97, 98)])[:, 1]
    assert places[3] - places[2] == pytest.approx(places[1] - places[0], rel=0.05)


def test_a_constant_has_room_around_it() -> None:
    _, axis = drawn("x")
    linear_axis(axis, 0.5, 0.5)
    low, high = axis.get_view_interval()
    assert low < 0.5 < high
    assert axis.axes.xaxis.label.get_fontsize() == FONT
