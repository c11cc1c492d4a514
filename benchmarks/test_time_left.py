"""Whether the time left, as a progress display tells it while a study runs, is true."""

import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report.measurements import MOMENTS
from study.api import run_plan
from study.core.environment import available_cores
from study.execution.plan import StudyRequest, make_plan
from study.execution.progress import Progress

SHARES = dict(zip(MOMENTS, (1 / 3, 1 / 2, 2 / 3), strict=True))
SUBJECTS = ("the dataset", "hartmann6")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_time_left(
    benchmark: Any, request: pytest.FixtureRequest, tmp_path: Path, subject: str
) -> None:
    """A study on all cores; what it told when a share of its time was over, by what was left."""
    option = request.config.getoption
    what = {"dataset": option("--dataset")} if subject == "the dataset" else {"problem": subject}
    asked = StudyRequest(**what, seeds=option("--seeds"), output=tmp_path / "out")
    told: list[tuple[float, float]] = []

    def observe(progress: Progress) -> None:
        if progress.seconds_left is not None:
            told.append((time.monotonic(), progress.seconds_left))

    began = time.monotonic()
    planned = make_plan(asked)
    benchmark.pedantic(run_plan, args=(planned, observe), rounds=1, iterations=1)
    ended = time.monotonic()
    name = option("--dataset") if subject == "the dataset" else subject
    benchmark.extra_info |= {"subject": name, "workers": available_cores()}
    for moment, share in SHARES.items():
        then = began + share * (ended - began)
        known = [left for when, left in told if when <= then]
        if known:
            benchmark.extra_info[moment] = known[-1] / (ended - then)
