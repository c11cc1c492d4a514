"""The documents name what exists."""

import re
from pathlib import Path

import pytest

from study.core.records import CALL_COLUMNS, OUTCOME_COLUMNS, RETRAINING_COLUMNS
from study.storage.frames import PROBLEM_COLUMNS
from tests.toy import study_in

ROOT = Path(__file__).parent.parent
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    ROOT / "results" / "README.md",
    *(ROOT / "study").rglob("README.md"),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_is_named_exists(page: Path) -> None:
    for path in re.findall(r"`((?:study|tests|benchmarks|examples)/[\w/.]*)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_every_score_is_shown_with_its_own_sign_and_name(tmp_path: Path) -> None:
    """A column of scores must stand in PROBLEM_COLUMNS: else a minimised value is negative."""
    scores = study_in(tmp_path / "toy").scores
    columns = {*CALL_COLUMNS, *OUTCOME_COLUMNS, *RETRAINING_COLUMNS, *scores.summary, *scores.runs}
    assert {name for name in columns if name.endswith("_score")} <= set(PROBLEM_COLUMNS)
