"""Axes of values, whatever they are and however many choices there may be."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from study.core.dimensions import Categorical, Dimension, Integer, Ordinal, Real
from study.plots import values
from study.plots.style import own_style


def test_thousands_of_choices_have_few_short_labels() -> None:
    choices = tuple(f"a rather long choice {number}" for number in range(3000))
    axes = Figure().subplots()
    values.value_axis(axes.xaxis, Categorical(name="kind", choices=choices))
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert len(labels) <= 12
    assert max(map(len, labels)) <= 12


@pytest.mark.parametrize(
    ("choices", "turned"),
    [
        ((16, 25, 40, 64, 101, 161, 256, 406, 645, 1024), False),
        ((0.1 + 0.2, 1 / 3, 2 / 3, 1.0), False),
        (tuple(7.742637 * 10.0**power for power in range(-8, 2)), True),
        (("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"), True),
    ],
)
def test_choices_that_do_not_fit_beside_each_other_are_turned(
    choices: tuple[Any, ...], turned: bool
) -> None:
    with own_style():
        figure = Figure(figsize=(5.5, 2.5))
        axes = figure.subplots()
        values.choice_axis(axes.xaxis, Ordinal(name="n", choices=choices))
        figure.draw_without_rendering()
    labels = axes.get_xticklabels()
    boxes = [label.get_window_extent() for label in labels]
    assert bool(labels[0].get_rotation()) == turned
    assert turned or not any(a.x1 > b.x0 for a, b in itertools.pairwise(boxes))


DIMENSIONS: list[tuple[Dimension, list[Any]]] = [
    (Real(name="x", low=-2.0, high=2.0), [-2.0, 0.5, 2.0]),
    (Real(name="x", low=1e-5, high=1.0, log=True), [1e-5, 1e-3, 1.0]),
    (Real(name="x", low=0.01, high=0.99, prior="logit"), [0.01, 0.5, 0.99]),
    (Integer(name="x", low=1, high=4), [1, 2, 4]),
    (Integer(name="x", low=1, high=1000, log=True), [1, 30, 1000]),
    (Categorical(name="x", choices=("p", "q", "r")), ["p", "q", "r"]),
    (Ordinal(name="x", choices=(8, 64)), ["8", "64"]),
]


@pytest.mark.parametrize(("dimension", "cells"), DIMENSIONS)
def test_every_value_has_a_place_and_a_bin(dimension: Dimension, cells: list[Any]) -> None:
    column = pd.Series(cells)
    places = values.unit_places(column, dimension)
    assert (places[0], places[-1]) == (0, 1)
    assert (np.diff(places) > 0).all()
    counts, _ = np.histogram(values.axis_values(column, dimension), values.bin_edges(dimension))
    assert counts.sum() == len(cells)
    axes = Figure().subplots()
    values.value_axis(axes.xaxis, dimension)
    assert np.isfinite(axes.transData.transform([(0.5, 0)])).all()


@pytest.mark.parametrize(("dimension", "cells"), DIMENSIONS)
def test_a_cell_holds_its_value(dimension: Dimension, cells: list[Any]) -> None:
    numbers = values.axis_values(pd.Series(cells), dimension)
    edges = values.cell_edges(numbers, dimension)
    assert (np.diff(edges) > 0).all()
    assert (edges[:-1] <= numbers).all()
    assert (numbers <= edges[1:]).all()
