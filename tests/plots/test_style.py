"""Each method can be told from every other, in colour, in grey and in the dark."""

import re
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from study.methods.registry import METHODS
from study.plots import style
from study.plots.drawing import save, single_axes_figure
from study.plots.style import LOOKS, OTHER_LOOKS, colours, looks

PLOTS = Path(style.__file__).parent
NEAR_BLACK = "#16181a"
NEUTRAL = ("INK", "MUTED", "NEUTRAL", "AXIS", "FAINT", "GRID", "BAND", "PAPER")


def test_letters_that_the_font_lacks_are_no_warning(tmp_path: Path) -> None:
    """Warnings are errors here."""
    figure = single_axes_figure(lambda _, axes: axes, pd.DataFrame({"線形": [1]}))
    figure.axes[0].set_title("線形")
    assert len(list(save(figure, tmp_path / "plot"))) == 2


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_method_has_a_look_of_its_own_in_every_plot() -> None:
    assert set(METHODS) <= set(LOOKS)
    assert len(set(colours(list(METHODS)).values())) == len(METHODS)


def test_no_two_looks_share_a_colour_a_marker_or_a_dash() -> None:
    for one, other in combinations([*LOOKS.values(), *OTHER_LOOKS], 2):
        assert one.colour != other.colour
        assert one.marker != other.marker
        assert one.dash != other.dash


def test_methods_are_legible_on_white_and_in_the_dark() -> None:
    for look in (*LOOKS.values(), *OTHER_LOOKS):
        assert contrast(look.colour, style.PAPER) >= 3
        assert contrast(look.colour, NEAR_BLACK) >= 3


def test_a_method_of_another_name_looks_the_same_whoever_is_beside_it() -> None:
    name = "gp[kappa=2,acq=EI]"
    assert looks([name])[name] == looks(["baseline", "gp", name, "tpe"])[name]
    assert looks([name])[name] not in LOOKS.values()


def test_as_many_methods_as_there_are_looks_differ() -> None:
    names = ["gp", *(f"own-{number}" for number in range(len(LOOKS) + len(OTHER_LOOKS) - 1))]
    assert len(set(looks(names).values())) == len(names)
    assert len(looks([*names, "one", "more"])) == len(names) + 2


def test_neutral_colours_are_pure_greys_and_of_one_place() -> None:
    for name in NEUTRAL:
        assert re.fullmatch(r"#(..)\1\1", getattr(style, name))
    for path in PLOTS.glob("*.py"):
        if path.name != "style.py":
            assert not re.search(
                r"[\"\'](0\.\d+|white|black|gr[ae]y|#(..)\2\2)[\"\']", path.read_text()
            )


@pytest.mark.parametrize("name", [*LOOKS, "mine"])
def test_marks_look_equally_large(name: str) -> None:
    assert style.mark(looks([name])[name], 6)["ms"] == pytest.approx(6, rel=0.4)
