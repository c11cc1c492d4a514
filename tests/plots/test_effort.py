"""What was tried, however many choices there are."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from study.core.dimensions import Categorical, Ordinal
from study.plots import effort
from study.plots.style import own_style


def test_thousands_of_choices_make_a_small_picture_with_few_labels(tmp_path: Path) -> None:
    choices = tuple(f"a rather long choice {number}" for number in range(3000))
    dimension = Categorical(name="kind", choices=choices)
    rng = np.random.default_rng(0)
    trials = pd.DataFrame(
        {
            "method": "random",
            "kind": [dimension.sample(rng) for _ in range(500)],
            "validation_score": rng.uniform(size=500),
        }
    )
    with own_style():
        figure = Figure()
        axes = effort.search_range(trials, dimension, figure.subplots())
        labels = [label.get_text() for label in axes.get_xticklabels()]
        figure.savefig(tmp_path / "plot.svg")
    assert len(labels) <= 12
    assert max(map(len, labels)) <= 12
    assert (tmp_path / "plot.svg").stat().st_size < 300_000


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
        figure = Figure(figsize=(4.5, 2.5))
        axes = figure.subplots()
        effort.choice_axis(axes, Ordinal(name="n", choices=choices))
        figure.draw_without_rendering()
    labels = axes.get_xticklabels()
    boxes = [label.get_window_extent() for label in labels]
    assert bool(labels[0].get_rotation()) == turned
    assert turned or not any(a.x1 > b.x0 for a, b in itertools.pairwise(boxes))
