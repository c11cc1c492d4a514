"""What a study says while it runs."""

import time

import pytest

from study.cli import progress
from study.core.objective import ACCURACY
from study.execution.progress import Progress, RunningJob


def test_off_a_terminal_every_tenth_of_the_work_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress.watching(ACCURACY) as observe:
        for done in (0, 3, 5, 6, 7, 31, 60):
            observe(
                Progress(workers=2, done=done, total=60, running=(), best={}, seconds_left=None)
            )
    told = capsys.readouterr().out
    assert [line.split(" ")[0] for line in told.splitlines()[1:]] == ["6", "31"]


def test_a_note_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.watching(ACCURACY) as observe:
        for told in ("", "gp takes longer", "gp takes longer", "gp takes longer|b"):
            notes = tuple(filter(None, told.split("|")))
            observe(
                Progress(
                    workers=1,
                    done=0,
                    total=9,
                    running=(),
                    best={},
                    seconds_left=None,
                    notes=notes,
                )
            )
    assert capsys.readouterr().out.splitlines()[1:] == ["gp takes longer", "b"]


def test_until_something_is_known_the_time_left_is_being_estimated() -> None:
    job = RunningJob(description="gp seed 0 call 1", began=time.monotonic())
    state = Progress(workers=1, done=0, total=9, running=(job,), best={}, seconds_left=None)
    assert progress.describe_state(state) == "estimating the time left"


def test_off_a_terminal_a_line_now_and_then_says_what_runs_and_for_how_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "STATUS_SECONDS", 0.05)
    jobs = (
        RunningJob(description="gp seed 0 call 3", began=time.monotonic() - 75),
        RunningJob(description="random seed 0 call 1", began=time.monotonic()),
    )
    state = Progress(workers=2, done=5, total=60, running=jobs, best={}, seconds_left=95)
    with progress.watching(ACCURACY) as observe:
        observe(state)
        deadline = time.monotonic() + 20
        told = ""
        while "call 3" not in told and time.monotonic() < deadline:
            time.sleep(0.05)
            told += capsys.readouterr().out
    line = "5 of 60 done, about 1:35 left: gp seed 0 call 3, for 1:15; random seed 0 call 1"
    assert line in told.splitlines()
