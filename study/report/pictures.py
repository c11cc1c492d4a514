"""Pictures within a page: SVG that is part of it, small, and legible on a light or dark ground."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from study.plots.style import AS_DRAWN

DARKEST, LIGHTEST = 0x18, 0xF0  # of a dark page: its ground, and what is black on a light one
SPARE = ("metadata", "style", "comment")
LINKS = ("href", "clip-path", "fill", "style")
REFERENCE = re.compile(r"(^#|url\(#)([^)]+)")
PLACES = ("d", "x", "y", "transform")
DECIMALS = re.compile(r"(?<!scale\()-?\b\d+\.\d{3,}")
GREY = re.compile(r"#([0-9a-f]{2})\1\1(?![0-9a-f])")


def inline_svg(svg: bytes | str, alt: str, prefix: str) -> str:
    """What matplotlib wrote as an element of a page, described by `alt`.

    Without what no reader sees: names that nothing refers to, and more than two decimals of a
    point. Names of different pictures are kept apart by `prefix`, which begins with a letter.
    Greys become variables, which `dark_greys` defines for a dark page; elsewhere they are what
    they were.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - matplotlib wrote it
    _drop_spare(root)
    _shorten_names(root, prefix)
    _soften(root)
    styles = _gather_styles(root, prefix)
    view, width = root.attrib["viewBox"], root.attrib["width"].removesuffix("pt")
    root.attrib = {"viewBox": view, "role": "img", "aria-label": alt}
    root.set("style", f"--width: {width}px; fill: var(--g00, #000); stroke-linejoin: round")
    root.insert(0, styles)
    return ElementTree.tostring(root, encoding="unicode")


def _drop_spare(element: Element) -> None:
    """Take out what says nothing to a browser; tags and attributes without their namespaces."""
    element.tag = element.tag.rpartition("}")[2]
    element.attrib = {name.rpartition("}")[2]: text for name, text in element.attrib.items()}
    element.text = element.tail = None
    for child in list(element):
        _drop_spare(child)
        if child.tag in SPARE or (child.tag == "defs" and not len(child)):
            element.remove(child)


def _shorten_names(root: Element, prefix: str) -> None:
    """Short names for what others refer to, and for nothing else."""
    links = [(one, name) for one in root.iter() for name in LINKS if "#" in one.get(name, "")]
    found = [found[2] for one, name in links for found in REFERENCE.finditer(one.attrib[name])]
    short = {name: f"{prefix}{number}" for number, name in enumerate(dict.fromkeys(found))}
    for one, name in links:
        one.attrib[name] = REFERENCE.sub(
            lambda part: part[1] + short.get(part[2], part[2]), one.attrib[name]
        )
    for one in root.iter():
        kept = one.get("id", "").startswith(AS_DRAWN)
        if (own := one.attrib.pop("id", "")) in short:
            one.set("id", short[own])
        if kept:
            one.set("class", AS_DRAWN)


def _soften(element: Element) -> None:
    """Round places; make greys variables but where a plot brings its own ground."""
    for name in PLACES:
        if name in element.attrib:
            rounded = DECIMALS.sub(_rounded, element.attrib[name])
            element.attrib[name] = " ".join(rounded.split())
    if element.attrib.pop("class", "") == AS_DRAWN:
        return
    if "style" in element.attrib:
        element.attrib["style"] = GREY.sub(r"var(--g\1, \g<0>)", element.attrib["style"])
    for child in element:
        _soften(child)


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _gather_styles(root: Element, prefix: str) -> Element:
    """A style sheet of what elements share; each of them names its part."""
    sheet: dict[str, str] = {}
    for one in root.iter():
        if style := one.attrib.pop("style", ""):
            one.set("class", sheet.setdefault(style, f"{prefix}s{len(sheet)}"))
    styles = Element("style")
    styles.text = "".join(f".{name}{{{style}}}" for style, name in sheet.items())
    return styles


def dark_greys(pictures: Iterable[str]) -> str:
    """Declarations that turn the greys of pictures into those of a dark page: light for dark."""
    used = {name for picture in pictures for name in re.findall(r"var\(--g([0-9a-f]{2}),", picture)}
    return " ".join(f"--g{name}: #{3 * _counterpart(name)};" for name in sorted(used | {"00"}))


def _counterpart(grey: str) -> str:
    """Two hexadecimal digits of a grey's lightness, the other way round."""
    return f"{round(LIGHTEST - (LIGHTEST - DARKEST) * int(grey, 16) / 255):02x}"
