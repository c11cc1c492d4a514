"""What a browser prints of a report: every column of every table, within the page."""

import shutil
import subprocess
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from study.report.study_page import write_report
from tests.toy import study_in

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def printed(page: Path, folder: Path) -> Path:
    """A page as a PDF file."""
    pdf = folder / "printed.pdf"
    profile = f"--user-data-dir={folder / 'profile'}"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", profile)
    command = [str(CHROMIUM), *options, f"--print-to-pdf={pdf}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return pdf


def squeezed(text: str) -> str:
    """Without spaces, wherever lines were broken, and without ligatures."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_print_loses_no_column_and_opens_what_is_folded(tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    results = study_in(tmp_path / "toy")
    write_report(results)
    html = results.folder / "report.html"
    reader = pypdf.PdfReader(printed(html, tmp_path))
    text = squeezed("".join(page.extract_text() for page in reader.pages))
    tree = ElementTree.fromstring(html.read_text().removeprefix("<!DOCTYPE html>\n"))
    rows = ["".join(cell for cell in row.itertext()) for row in tree.iter("tr")]
    assert len(rows) > 30
    for row in rows:
        assert squeezed(row) in text
    for note in tree.iter("p"):
        assert squeezed("".join(note.itertext())) in text
    assert max(places(reader)) < 1


def places(reader: object) -> list[float]:
    """Where texts begin, as shares of the page's width."""
    found: list[float] = []
    for page in reader.pages:  # type: ignore[attr-defined]
        width = float(page.mediabox.width)

        def visit(
            text: str, cm: list[float], tm: list[float], *_: object, w: float = width
        ) -> None:
            if text.strip():
                found.append((tm[4] * cm[0] + cm[4]) / w)

        page.extract_text(visitor_text=visit)
    return found
