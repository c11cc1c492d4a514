"""What records refuse, and which seconds are told."""

import re

import pytest

from study.core.records import Evaluation, Status


def test_recorded_seconds_are_told_where_there_are_any() -> None:
    here = Evaluation(status=Status.OK, score=0.5, seconds=0.25)
    recorded = Evaluation(status=Status.OK, score=0.5, seconds=0.25, recorded_seconds=90.0)
    instant = Evaluation(status=Status.OK, score=0.5, seconds=0.25, recorded_seconds=0.0)
    assert [e.shown_seconds for e in (here, recorded, instant)] == [0.25, 90.0, 0.0]


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), 1e16])
def test_seconds_that_cannot_be_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=re.escape(f"seconds are {seconds}: they must")):
        Evaluation(status=Status.OK, score=0.5, recorded_seconds=seconds)
