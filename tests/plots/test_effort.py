"""What a call takes, in a unit in which it can be read."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from study.plots.effort import time_per_call
from study.plots.style import own_style


@pytest.mark.parametrize(
    ("evaluating", "suggesting", "label", "told"),
    [
        (12.0, 0.5, "seconds per call", "12 s evaluating, 0.5 s suggesting"),
        (0.02, 0.003, "milliseconds per call", "20 ms evaluating, 3 ms suggesting"),
        (3e-6, 0.0, "microseconds per call", "3 µs evaluating"),
        (3e-6, 0.5, "seconds per call", "3 µs evaluating, 0.5 s suggesting"),
    ],
)
def test_a_duration_has_a_unit_in_which_it_can_be_read(
    evaluating: float, suggesting: float, label: str, told: str
) -> None:
    row = {"method": "gp", "train_seconds": evaluating, "propose_seconds": suggesting}
    with own_style():
        axes = time_per_call(pd.DataFrame([row]), Figure().subplots())
    assert axes.get_xlabel() == label
    assert [text.get_text() for text in axes.texts] == [told]
    assert axes.get_xlim()[0] == 0
