"""Names at the ends of lines, and texts that fit."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

from study.plots.drawing import TITLE_LETTERS, add_title
from study.plots.labels import fold, label_ends, spread
from study.plots.style import LOOKS, WIDTH, looks, own_style

LONG = "gp[kappa=2,acq=EI,n_restarts=7]"


@pytest.mark.parametrize("ends", [[0.5] * 5, [0.0, 0.01, 0.02, 0.98, 1.0], [0.1, 0.9], [0.99] * 11])
@pytest.mark.parametrize("height", [2.4, 4.2])
def test_names_at_line_ends_do_not_overlap(ends: list[float], height: float) -> None:
    names = [*list(LOOKS)[: len(ends) - 1], LONG]
    with own_style():
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        axes.set_ylim(0, 1)
        axes.set(xlabel="call")
        label_ends(axes, dict(zip(names, ends, strict=True)), looks(names))
        figure.draw_without_rendering()
    boxes = sorted((t.get_window_extent() for t in axes.texts), key=lambda box: float(box.y0))
    assert len(boxes) == len(ends)
    # Letters that hang and rise take less than the line that a text's extent counts.
    assert all(low.y1 <= high.y0 + 2 for low, high in itertools.pairwise(boxes))
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


def test_places_stay_where_they_are_if_they_have_room() -> None:
    assert spread([0.2, 0.8, 0.5], [0.1] * 3) == pytest.approx([0.2, 0.8, 0.5])


def test_places_keep_their_order_and_their_middle() -> None:
    assert spread([0.5, 0.5, 0.5], [0.1] * 3) == pytest.approx([0.4, 0.5, 0.6])
    assert spread([1.0, 1.0], [0.1] * 2) == pytest.approx([0.85, 0.95])
    rng = np.random.default_rng(0)
    for _ in range(50):
        wanted = rng.uniform(size=6)
        found = np.array(spread(wanted.tolist(), [0.1] * 6))[np.argsort(wanted)]
        assert (np.diff(found) >= 0.1 - 1e-9).all()


@pytest.mark.parametrize("name", [LONG, "hpobench_blood_transfusion", "x" * 40, "short", "a b c"])
def test_a_folded_name_is_whole(name: str) -> None:
    lines = fold(name, 18).split("\n")
    assert max(map(len, lines)) <= 18
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize(
    "title", ["W" * 3 + " wide words " * 9, "Highest validation accuracy so far"]
)
def test_a_title_stays_within_its_figure(title: str) -> None:
    about = (
        "dataset digits · 60 seeds · 30 calls per run · 42 epochs · "
        "instead of mnist, which was unavailable"
    )
    with own_style():
        figure = Figure(figsize=(WIDTH, 3), layout="constrained")
        axes = figure.subplots()
        add_title(figure, title, about)
        figure.draw_without_rendering()
    (below,) = figure.texts[-1:]
    head = figure.texts[0]
    for text in (head, below):
        assert text.get_window_extent().x1 <= figure.bbox.x1
    box = axes.get_tightbbox()
    assert box is not None
    assert below.get_window_extent().y0 >= box.y1
    assert max(map(len, head.get_text().splitlines())) <= TITLE_LETTERS
    assert not any(line.endswith("·") for line in below.get_text().splitlines())
