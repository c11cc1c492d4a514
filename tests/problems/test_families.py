"""Families of published problems, with what they need and without."""

import re
from dataclasses import replace

import pytest

from study.core.errors import StudyError
from study.problems.families import Family
from study.problems.registry import FAMILIES, available, family_listings


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.module)
def test_what_is_lacking_is_told_with_how_to_install_it(family: Family) -> None:
    lacking = replace(family, package="no_such_package", distribution="no-such", extra="missing")
    assert not lacking.is_installed
    told = r"needs no-such, not installed here: python -m pip install 'hpo-study\[missing\]'"
    with pytest.raises(StudyError, match=told):
        lacking.get(next(iter(lacking.summaries)))
    first, *others = (row.summary for row in family_listings(lacking))
    assert re.search(told, first)
    assert all(summary.endswith("; not installed here") for summary in others)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.module)
def test_every_problem_is_listed(family: Family) -> None:
    listed = {row.name: row.summary for row in available()}
    for name, summary in family.summaries.items():
        assert listed[name].startswith(summary)
        assert ("not installed here" in listed[name]) != family.is_installed
