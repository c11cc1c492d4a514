"""Pictures as elements of a page: the same to the eye, small, and legible on a dark ground."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from study.plots.drawing import svg_bytes
from study.plots.style import keep_colours
from study.report.pictures import dark_greys, inline_svg


def scatter(points: int = 5) -> Figure:
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    x = np.linspace(0, 1, points)
    axes.plot(x, x**2, "o-", color="#0173b2")
    axes.plot(x, x, color="0.35")
    axes.set_title("a title")
    return figure


def colours_in(svg: str) -> set[str]:
    return set(re.findall(r"#[0-9a-f]{6}\b", svg))


def test_a_picture_is_one_element_that_says_what_it_shows() -> None:
    markup = inline_svg(svg_bytes(scatter()), 'gp > random, "by" 2 & more', "p0-")
    root = ElementTree.fromstring(markup)
    assert root.tag == "svg"
    assert root.get("aria-label") == 'gp > random, "by" 2 & more'
    assert root.get("width") is None
    assert {one.tag for one in root.iter()} <= {
        "svg",
        "style",
        "g",
        "path",
        "use",
        "defs",
        "clipPath",
        "rect",
    }


def test_it_is_much_smaller_than_the_file_and_draws_as_much() -> None:
    written = svg_bytes(scatter(500))
    markup = inline_svg(written, "", "p0-")
    assert len(markup) < 0.7 * len(written)
    before, after = ElementTree.fromstring(written), ElementTree.fromstring(markup)
    tag = "{http://www.w3.org/2000/svg}"
    for kind in ("use", "path", "g"):
        assert len(list(after.iter(kind))) == len(list(before.iter(tag + kind)))


def test_two_pictures_share_no_name_and_lack_none() -> None:
    pages = [inline_svg(svg_bytes(scatter()), "", prefix) for prefix in ("p1-", "p11-")]
    names = [set(re.findall(r' id="([^"]*)"', page)) for page in pages]
    assert names[0]
    assert not names[0] & names[1]
    for own, page in zip(names, pages, strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]*)', page)) == own


def test_greys_turn_and_colours_stay() -> None:
    markup = inline_svg(svg_bytes(scatter()), "", "p0-")
    assert "#0173b2" in markup
    assert "var(--gff, #ffffff)" in markup  # the ground
    assert "var(--g59, #595959)" in markup  # a line
    greys = {colour for colour in colours_in(markup) if len({*re.findall("..", colour[1:])}) == 1}
    assert {f"var(--g{colour[1:3]}, {colour})" for colour in greys} <= set(
        re.findall(r"var\([^)]*\)", markup)
    )


def test_on_a_dark_page_what_was_dark_is_light() -> None:
    markup = inline_svg(svg_bytes(scatter()), "", "p0-")
    dark = dict(re.findall(r"--g(\w\w): #(\w\w)\w{4};", dark_greys([markup])))
    order = sorted(dark, key=lambda grey: int(grey, 16))
    assert [int(dark[grey], 16) for grey in order] == sorted(
        (int(value, 16) for value in dark.values()), reverse=True
    )
    assert contrast(dark["59"], dark["ff"]) > 4.5
    assert contrast(dark["00"], dark["ff"]) > 10


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 for two greys."""
    shares = [int(grey, 16) / 255 for grey in (one, other)]
    low, high = sorted(s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return (high + 0.05) / (low + 0.05)


def test_a_heat_map_keeps_its_colours() -> None:
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.pcolormesh([[0.0, 1.0]], cmap="gray")
    axes.text(0.5, 0.5, "7", color="0.15")
    turned = inline_svg(svg_bytes(figure), "", "p0-")
    keep_colours(figure)
    kept = inline_svg(svg_bytes(figure), "", "p0-")
    assert "fill: var(--g26, #262626)" in turned
    assert "fill: #262626" in kept
    assert "fill: #ffffff" in kept  # the right cell
    assert "fill: var(--gff, #ffffff)" in kept  # the ground still turns


def test_what_is_no_picture_is_an_error() -> None:
    with pytest.raises(ElementTree.ParseError):
        inline_svg("no picture", "", "p0-")
