"""What was tried, however many choices there are."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from study.core.dimensions import Categorical
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
