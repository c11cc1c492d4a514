"""Every figure of a study: captions that are true, texts that can be read, nothing meaningless."""

import dataclasses
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from study.core.objective import Objective
from study.core.records import Task
from study.plots.drawing import DrawnFigure, save
from study.plots.figures import draw_figures
from study.plots.style import FAINT, FONT, WIDTH, looks, own_style
from study.results import Results, make_results
from tests.toy import SETTINGS, study_in

SEEDS = (1, 2, 5, 60)
PHONE = 358  # pixels across


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return study_in(tmp_path_factory.mktemp("figures") / "toy")


def of_seeds(results: Results, seeds: int, **facts: Any) -> Results:
    """The same study with as many seeds, each a copy whose scores are a little higher or lower."""
    rng, scores = np.random.default_rng(0), results.scores

    def copies(frame: pd.DataFrame) -> pd.DataFrame:
        names = [name for name in frame.columns if name.endswith("_score")]
        parts = []
        for seed in range(seeds):
            own = frame[frame["seed"] == seed % 2].assign(seed=seed)
            own[names] += shifts[seed]
            parts.append(own)
        return pd.concat(parts, ignore_index=True)

    shifts = rng.normal(0, 0.004, seeds)
    problem = msgspec.structs.replace(results.info.problem, **facts)
    settings = dataclasses.replace(results.info.settings, seeds=seeds)
    info = msgspec.structs.replace(results.info, problem=problem, settings=settings)
    return make_results(
        results.folder, info, copies(scores.trials), copies(scores.finals), scores.trace
    )


@pytest.fixture(scope="module")
def drawn(toy: Results) -> Callable[[int], dict[str, DrawnFigure]]:
    """By number of seeds, all figures by name."""

    @cache
    def figures(seeds: int) -> dict[str, DrawnFigure]:
        return {one.name: one for one in draw_figures(of_seeds(toy, seeds))}

    return figures


Drawn = Callable[[int], dict[str, DrawnFigure]]


def grey_lines(figure: Figure) -> int:
    """Lines of single seeds."""
    return sum(line.get_color() == FAINT for axes in figure.axes for line in axes.get_lines())


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_caption_speaks_of_grey_lines_where_they_are_drawn(drawn: Drawn, seeds: int) -> None:
    final = drawn(seeds)["final"]
    assert ("each grey line one seed" in final.caption) == (grey_lines(final.figure) > 0)
    assert ("interval" in final.caption) == (seeds >= 6)


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_caption_speaks_of_what_lines_are(drawn: Drawn, seeds: int) -> None:
    one = drawn(seeds)["convergence"]
    bands = [b for axes in one.figure.axes for b in axes.collections]
    assert bool(bands) == ("95 % interval" in one.caption) == (seeds == 60)
    runs = [x for x in one.figure.axes[0].get_lines() if x.get_linewidth() == 0.9]
    assert bool(runs) == ("thin ones their runs" in one.caption) == (seeds in {2, 5})
    assert ("the one run" in one.caption) == (seeds == 1)


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_caption_promises_intervals_where_they_are_drawn(drawn: Drawn, seeds: int) -> None:
    assert ("95 %" in drawn(seeds)["winners_curse"].caption) == (seeds >= 6)
    assert ("95 %" in drawn(seeds)["comparisons"].caption) == (seeds >= 6)


def test_captions_of_minimised_values_do_not_speak_of_high_ones(toy: Results) -> None:
    minimised = of_seeds(toy, 2, objective=Objective(name="loss", maximise=False))
    for one in draw_figures(minimised):
        assert not re.search(r"[Hh]igher|[Hh]ighest|accuracy|grey band", one.title + one.caption)
        labels = [axes.get_ylabel() + axes.get_xlabel() for axes in one.figure.axes]
        assert not any("accuracy" in label for label in labels)
    (pairs,) = (one.figure for one in draw_figures(minimised) if one.name == "comparisons")
    assert "advantage in final loss" in pairs.axes[-1].get_xlabel()


def texts(figure: Figure) -> list[Text]:
    """Those that are seen."""
    found: list[Text] = figure.findobj(Text)
    return [t for t in found if t.get_visible() and t.get_text().strip()]


@pytest.mark.parametrize("seeds", [1, 5, 60])
def test_the_smallest_letters_can_be_read_on_a_telephone(drawn: Drawn, seeds: int) -> None:
    for one in drawn(seeds).values():
        assert one.figure.get_figwidth() == WIDTH
        smallest = min(text.get_fontsize() for text in texts(one.figure))
        assert smallest == FONT
        assert smallest / 72 / one.figure.get_figwidth() * PHONE >= 8.5


@pytest.mark.parametrize("seeds", [1, 60])
def test_no_text_is_cut_off_nor_lies_on_the_tick_beside_it(drawn: Drawn, seeds: int) -> None:
    for one in drawn(seeds).values():
        with own_style():
            one.figure.draw_without_rendering()
        box, height = one.figure.get_tightbbox(), one.figure.get_figheight()
        assert -0.02 <= box.x0 <= box.x1 <= WIDTH + 0.02, one.name
        assert -0.02 <= box.y0 <= box.y1 <= height + 0.02, one.name
        for axes in one.figure.axes:
            low, high = sorted(axes.get_xlim())
            labels = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
            shown = [t for x, t in labels if low <= x <= high and not t.get_rotation()]
            ends = sorted((t.get_window_extent().x0, t.get_window_extent().x1) for t in shown)
            assert all(a[1] <= b[0] for a, b in pairwise(ends)), one.name


@pytest.mark.parametrize("seeds", [5, 60])
def test_an_axis_that_is_not_linear_says_so(drawn: Drawn, seeds: int) -> None:
    for name in ("comparisons", "final", "convergence", "convergence_seconds", "size"):
        for axes in drawn(seeds)[name].figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                assert ("log scale" in axis.get_label_text()) == (axis.get_scale() != "linear")


def test_each_line_has_the_dash_and_the_markers_of_its_method(drawn: Drawn) -> None:
    for name in ("convergence", "convergence_seconds"):
        axes = drawn(60)[name].figure.axes[0]
        lines = {str(line.get_label()): line for line in axes.get_lines()}
        for method, look in looks(SETTINGS.methods).items():
            assert lines[method].get_marker() == look.marker
            assert lines[method].get_color() == look.colour
        assert len({lines[method].get_marker() for method in SETTINGS.methods}) == 4


def test_a_baseline_far_off_has_the_searches_enlarged(drawn: Drawn) -> None:
    whole, enlarged = drawn(60)["final"].figure.axes[:2]
    low, high = enlarged.get_xlim()
    assert high - low < 0.6 * np.ptp(whole.get_xlim())
    assert [label.get_text() for label in enlarged.get_yticklabels()] == ["random", "gp", "forest"]
    titles = [axes.get_title("left") for axes in drawn(60)["comparisons"].figure.axes]
    assert titles == ["Against the baseline", "Among the searches"]


def test_one_method_has_no_pairs_and_a_point_of_one_seed_no_lines(toy: Results) -> None:
    scores = toy.scores
    own = [f[f["method"] == "gp"] for f in (scores.trials, scores.finals, scores.trace)]
    settings = dataclasses.replace(toy.info.settings, methods=("gp",))
    known = {"gp": toy.info.methods["gp"]}
    info = msgspec.structs.replace(toy.info, settings=settings, methods=known)
    drawn = {one.name: one for one in draw_figures(make_results(toy.folder, info, *own))}
    assert "comparisons" not in drawn
    assert grey_lines(drawn["final"].figure) == 0
    assert "grey line" not in drawn["final"].caption


def test_a_collapse_is_named(toy: Results) -> None:
    results = of_seeds(toy, 20)
    finals = results.scores.finals.copy()
    (first, *_) = finals.index[(finals["method"] == "gp") & (finals["kind"] == "test")]
    finals.loc[first, "test_score"] = 0.1
    scores = results.scores
    broken = make_results(results.folder, results.info, scores.trials, finals, scores.trace)
    (curse,) = (one.figure for one in draw_figures(broken) if one.name == "winners_curse")
    labels = [label.get_text() for label in curse.axes[0].get_yticklabels()]
    assert "gp\n1 of 40 collapsed" in labels


def test_a_study_in_which_everything_failed_has_no_figures(tmp_path: Any) -> None:
    def fail(_: Task) -> None:
        raise ValueError("no luck")

    assert draw_figures(study_in(tmp_path / "toy", before=fail)) == []


def test_a_picture_is_twice_as_fine_and_a_file_of_shapes_stays_small(
    drawn: Drawn, tmp_path: Any
) -> None:
    for name in ("final", "slices", "parallel_coordinates", "size"):
        png, svg = save(drawn(60)[name].figure, tmp_path / name)
        assert int.from_bytes(png.read_bytes()[16:20]) == WIDTH * 220
        assert svg.stat().st_size < 400_000
