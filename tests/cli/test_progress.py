"""What a study says while it runs."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from study.cli import display, progress
from study.core.objective import ACCURACY
from study.execution.progress import FinishedCall, Progress, RunningJob


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


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_what_an_evaluation_forked_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    """The pool of an evaluation, say, which ends its processes by SIGTERM."""

    def run(_: object) -> int | None:
        process = get_context("fork").Process(target=time.sleep, args=(60,))
        process.start()
        time.sleep(0.5)
        process.terminate()
        process.join()
        return process.exitcode

    assert progress.run_watched(None, run) == -signal.SIGTERM
    assert capfd.readouterr().err == ""


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
    assert display.describe_state(state) == "estimating the time left"


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
    line = (
        "5 of 60 done, about 1 min 35 s left: gp seed 0 call 3, for 1 min 15 s; random seed 0 "
        "call 1"
    )
    assert line in told.splitlines()


def running_study(jobs: int = 2) -> Progress:
    """A study of three methods in its middle."""
    now = time.monotonic()
    return Progress(
        workers=jobs,
        done=30,
        total=60,
        running=tuple(
            RunningJob(description=f"gp seed {seed} call 9", began=now - 3) for seed in range(jobs)
        ),
        best={"baseline": 0.94, "random": 0.97, "gp[acq_func=EI,kappa=2]": 0.98},
        latest={"baseline": 0.93, "random": 0.9, "gp[acq_func=EI,kappa=2]": 0.5},
        reevaluated={"baseline": 0.935, "random": 0.9625},
        finished=(
            FinishedCall(description="random seed 1 call 4", score=0.9, seconds=0.4, ended=now),
            FinishedCall(description="random seed 1 call 3", score=None, seconds=2, ended=now),
        ),
        seconds_left=95.4,
    )


def test_the_display_tells_what_flatters_from_what_does_not() -> None:
    lines = display.display_lines(running_study(), ACCURACY, time.monotonic() - 62, 80, 22)
    cells = [re.split(r"  +", line) for line in lines]
    assert lines[0] == "1 min 02 s elapsed, about 1 min 35 s left"
    heading = ["validation accuracy", "re-evaluated", "latest call", "best seen, which flatters"]
    assert cells[1] == heading
    assert ["random", "96.25 %", "90.00 %", "97.00 %"] in cells
    assert ["gp[acq_func=EI,kappa=2]", "-", "50.00 %", "98.00 %"] in cells
    assert "running: gp seed 1 call 9, for 3 s" in lines
    assert lines[-2:] == [
        "finished: random seed 1 call 4, 90.00 %, 0.4 s",
        "finished: random seed 1 call 3, failed, 2 s",
    ]


@pytest.mark.parametrize(("width", "height"), [(80, 22), (60, 22), (40, 22), (60, 5), (20, 1)])
def test_the_display_never_outgrows_the_terminal(width: int, height: int) -> None:
    lines = display.display_lines(running_study(64), ACCURACY, 0.0, width, height)
    assert len(lines) <= height
    assert not [line for line in lines if "…" in line]
    if width >= 40:
        assert max(map(len, lines)) <= width
    if height == 22:
        assert "gp[acq_func=EI,kappa=2]" in " ".join(lines)
        assert "running: 58 more" in lines


def test_of_many_problems_no_values_are_told() -> None:
    lines = display.display_lines(running_study(), None, 0.0, 80, 22)
    assert "finished: random seed 1 call 4, 0.4 s" in lines
    assert "%" not in "".join(lines)


def test_a_line_tells_three_jobs_and_how_many_more_there_are() -> None:
    line = display.status_line(replace(running_study(8), seconds_left=None))
    jobs = "; ".join(f"gp seed {seed} call 9, for 3 s" for seed in range(3))
    assert line == f"30 of 60 done, estimating the time left: {jobs}; 5 more"


IN_A_TERMINAL = """
import time
from study.cli.progress import watching
from study.core.objective import ACCURACY
from tests.cli.test_progress import running_study

with watching(ACCURACY) as observe:
    observe(running_study(64))
    time.sleep(1)
"""


def test_a_terminal_of_24_lines_is_redrawn_in_place(tmp_path: Path) -> None:
    """No frame has more lines than the terminal, or it would scroll away what stood above it."""
    master, slave = pty.openpty()
    root, size = Path(__file__).parents[2], {"COLUMNS": "60", "LINES": "24"}
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=tmp_path,
        env={**os.environ, **size, "PYTHONPATH": str(root), "TERM": "xterm"},
    )
    os.close(slave)
    written = b""
    while True:
        try:
            data = os.read(master, 1 << 16)
        except OSError:  # Linux's end of file
            break
        if not data:
            break
        written += data
    os.close(master)
    assert process.wait() == 0
    frames = re.split(r"\x1b\[2K(?=\x1b\[1A|[^\x1b])", written.decode())
    assert b"re-evaluated" in written
    assert b"running: 58 more" in written
    assert max(frame.count("\n") for frame in frames) < 24
