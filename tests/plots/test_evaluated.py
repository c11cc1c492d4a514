"""What was evaluated, and what came of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.figure import Figure

from study.core.dimensions import Categorical, Real
from study.core.objective import ACCURACY, Objective
from study.plots import evaluated
from study.plots.scales import score_axis
from study.plots.style import Look, own_style

SPACE = (
    Real(name="rate", low=1e-4, high=1.0, log=True),
    Categorical(name="kind", choices=("p", "q")),
)


def rows_of(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "rate": [SPACE[0].sample(rng) for _ in range(count)],
            "kind": rng.choice(["p", "q"], count),
            "validation_score": rng.uniform(0.1, 0.99, count),
        }
    )


@pytest.mark.parametrize("dimension", SPACE)
def test_a_slice_shows_points_or_if_they_are_many_how_many(dimension: Real | Categorical) -> None:
    for count in (40, 2000):
        rows = rows_of(count)
        axes = Figure().subplots()
        score_axis(axes.yaxis, ACCURACY, 100 * rows["validation_score"], "accuracy")
        evaluated.slice_plot(rows, dimension, ACCURACY, "C0", axes)
        (drawn,) = axes.collections
        if isinstance(drawn, PathCollection):
            assert len(np.asarray(drawn.get_offsets())) == count == 40
        else:
            assert isinstance(drawn, QuadMesh)
            assert np.sum(np.asarray(drawn.get_array()) ** 2) == pytest.approx(count)


def test_thousands_of_lines_and_choices_make_a_small_picture(tmp_path: Path) -> None:
    kinds = Categorical(name="kind", choices=tuple(f"a long choice {n}" for n in range(3000)))
    rows = rows_of(500).assign(kind=[f"a long choice {n}" for n in range(500)])
    with own_style():
        figure = Figure()
        axes = evaluated.parallel_coordinates(
            rows, (SPACE[0], kinds), ACCURACY, ["C0"] * 500, figure.subplots()
        )
        figure.savefig(tmp_path / "plot.svg")
    (lines,) = axes.collections
    assert isinstance(lines, LineCollection)
    ends = np.array(lines.get_segments())[:, -1, 0]
    assert (ends[0] < ends[1]) == (rows["validation_score"][0] < rows["validation_score"][1])
    assert (tmp_path / "plot.svg").stat().st_size < 500_000


def test_the_default_stands_where_its_share_of_draws_is_better() -> None:
    """Of a minimised value, too, whose axis has the best below."""
    objective = Objective(name="loss", maximise=False)
    scores = pd.Series(-np.arange(10.0))
    axes = evaluated.score_distribution(
        *(
            {"draws": scores},
            (-2.5, 0.3),
            objective,
            {"draws": Look("C0", "", "-")},
            Figure().subplots(),
        )
    )
    curve, default = axes.get_lines()
    share, values = (np.asarray(data, float) for data in curve.get_data())
    assert values.tolist() == sorted(values.tolist(), reverse=True)
    assert (values < 2.5).mean() == 0.3
    assert share[values < 2.5].min() == pytest.approx(0.75)
    assert np.asarray(default.get_ydata()).tolist() == [2.5, 2.5]
    assert default.get_label() == "default: 2.5, 30 % of draws are better"
