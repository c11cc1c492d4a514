"""What stands in a page of the documents: blocks, commands, headings and links."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "results" / "README.md",
    *sorted((ROOT / "study").rglob("README.md")),
]

NOT_RUN = {
    "needs a cluster",
    "needs MNIST",
    "needs Chromium",
    "needs earlier benchmarks",
    "installs packages",
}
"""Why a block is not run, in a comment before it."""


@dataclass(frozen=True)
class Block:
    """A block of code, fenced or indented."""

    page: Path
    line: int
    language: str
    """As the fence says: sh, python or text; empty of an indented block."""
    text: str
    marker: str
    """What the comment right before it says; empty if there is none."""

    @property
    def place(self) -> str:
        return f"{name_of(self.page)}:{self.line}"

    @property
    def runs(self) -> bool:
        return not self.marker and self.language in ("sh", "python")

    def marked(self, word: str) -> str | None:
        """What follows that word in the marker: `file: svm.py`."""
        found = re.fullmatch(rf"{word}: (.+)", self.marker)
        return found and found[1]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    marker = ""
    for token in tokens(page):
        if token.type in ("fence", "code_block"):
            line = (token.map or [0])[0] + 1
            yield Block(page, line, token.info.strip(), token.content, marker)
        comment = re.fullmatch(r"<!--\s*(.*?)\s*-->\s*", token.content)
        marker = comment[1] if token.type == "html_block" and comment else ""


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a shell block as words, without variables that are set for them."""
    for line in text.replace("\\\n", " ").splitlines():
        words: list[str] = []
        for word in [*shlex.split(line, comments=True), "&&"]:
            if word == "&&":
                if words:
                    yield words
                words = []
            elif words or not re.match(r"[A-Z_]+=", word):
                words.append(word)


@cache
def anchors(page: Path) -> list[str]:
    """What a link may name after `#`, by GitHub's rule; none twice."""
    found: list[str] = []
    counts = Counter[str]()
    for opening, inline in zip(tokens(page), tokens(page)[1:], strict=False):
        if opening.type == "heading_open":
            text = "".join(part.content for part in inline.children or [])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.append(f"{slug}-{counts[slug]}" if counts[slug] else slug)
            counts[slug] += 1
    return found


def links(page: Path) -> Iterator[str]:
    """Where links and pictures of a page lead."""
    for token in tokens(page):
        for part in token.children or []:
            if target := part.attrs.get("href") or part.attrs.get("src"):
                yield str(target)
