"""A page: one HTML file that needs nothing else, and its Markdown twin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)

from study.analysis.checks import Check
from study.plots.drawing import DrawnFigure, save
from study.report.pictures import dark_greys, inline_svg
from study.report.tables import TextTable
from study.storage.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table, and how to read it."""

    title: str
    """What it holds, and of how much: a reader decides by it whether to open it."""
    rows: TextTable
    file: str = ""
    """The CSV file beside the page that holds the same, if there is one."""
    note: str = ""
    folded: bool = True


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands below it, in the order of the fields; last what is folded."""

    heading: str = ""
    """None: what a page begins with."""
    answer: str = ""
    """One short sentence, in large letters; the first figure then stands below it."""
    about: str = ""
    """Of how much data the answer speaks, in small ones."""
    sentences: list[str] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    figures: list[DrawnFigure] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    list_title: str = ""
    items: list[str] = field(default_factory=list)
    links: Mapping[str, str] = field(default_factory=dict)
    """Words to addresses."""
    command: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def anchor(self) -> str:
        """What links to the section name."""
        letters = "".join(c if c.isalnum() else " " for c in self.heading.lower())
        return "-".join(letters.split())


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What must be known before anything else: an alarm, a warning or a note."""

    kind: str
    text: str


def write_report_pages(
    folder: Path,
    title: str,
    sections: list[Section],
    alts: Mapping[str, str],
    notices: Iterable[Notice] = (),
) -> list[Path]:
    """Save the figures of sections into plots/, and write report.html and report.md.

    `alts` says of figures, by name, what they show. Returns the paths written; raises `StudyError`
    if one cannot be.
    """
    figures = [figure for section in sections for figure in section.figures]
    content = {"title": title, "notices": list(notices), "sections": sections, "alts": alts}
    return write_pages("report", folder, figures, content)


def write_pages(
    name: str,
    folder: Path,
    figures: Iterable[DrawnFigure],
    content: dict[str, Any],
    templates: Path | None = None,
) -> list[Path]:
    """Save figures into a folder's plots/, and render NAME.html and NAME.md beside them.

    The templates of that name get `content`, and `images`: the figures by name as markup, described
    by their `alts` in `content`, if they have one. They are looked for in the folder `templates`,
    then here. Returns the paths written; raises `StudyError` if one cannot be.
    """
    saved = {one: list(save(one.figure, folder / "plots" / one.name)) for one in figures}
    alts = content.setdefault("alts", {})
    images = {
        one.name: inline_svg(svg.read_bytes(), alts.get(one.name, one.title), f"p{number}-")
        for number, (one, (_, svg)) in enumerate(saved.items())
    }
    known = environment(templates)
    pages = []
    for ending in ("html", "md"):
        template = known.get_template(f"{name}.{ending}")
        text = template.render(**content, images=images, dark_greys=dark_greys(images.values()))
        write_text = partial(Path.write_text, data=text, encoding="utf-8")
        pages.append(write_atomically(folder / f"{name}.{ending}", write_text))
    return [path for paths in saved.values() for path in paths] + pages


def environment(templates: Path | None = None) -> Environment:
    """What renders templates: those of a folder, then the package's own."""
    own = PackageLoader("study.report")
    found = Environment(
        loader=ChoiceLoader([FileSystemLoader(templates), own]) if templates else own,
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["cell"] = markdown_cell
    return found


def markdown_cell(text: object) -> str:
    """Text that is safe between the bars of a Markdown table, and no markup."""
    flat = " ".join(str(text).split())
    for sign in "\\`*_[]<>|":
        flat = flat.replace(sign, "\\" + sign)
    return flat


def if_written(folder: Path, name: str) -> str:
    """The name of a file that a folder holds; empty if it does not."""
    return name if (folder / name).is_file() else ""


def columns_first(rows: TextTable, *heads: str) -> TextTable:
    """A table with these columns first, as far as it has them."""
    return [{**{head: row[head] for head in heads if head in row}, **row} for row in rows]


def to_sections(drawn: list[DrawnFigure], texts: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    """A section per heading of the figures, in their order, with what stands in `texts` for it."""
    headings = dict.fromkeys(one.section for one in drawn)
    return [
        Section(
            heading=heading,
            figures=[one for one in drawn if one.section == heading],
            **texts.get(heading, {}),
        )
        for heading in headings
    ]
