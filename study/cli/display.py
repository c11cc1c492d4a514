"""What a running study shows: how far it is, scores by method, what runs and what is done."""

import textwrap
import time
from collections.abc import Mapping

from rich.cells import cell_len

from study.core.formatting import format_duration
from study.core.objective import Objective
from study.execution.progress import FinishedCall, Progress

STARTING = "warming up: workers start, import and compile"
LONG_SECONDS = 2  # after which a job's time is told
MOST_RUNNING = 6  # jobs that the display tells one by one
MOST_WAITED_FOR = 3  # jobs that a line tells


def describe_state(progress: Progress) -> str:
    """What a study does, or how long it still takes."""
    if progress.done == progress.total:
        return "writing tables, plots and report"
    if not progress.running:
        return STARTING
    if progress.seconds_left is None:
        return "estimating the time left"
    return f"about {format_duration(round(progress.seconds_left))} left"


def describe_running(progress: Progress) -> list[str]:
    """What is being done, each with how long already if that is long enough to tell."""
    return [
        f"{job.description}, for {format_duration(job.seconds)}"
        if job.seconds >= LONG_SECONDS
        else job.description
        for job in progress.running
    ]


def status_line(progress: Progress) -> str:
    """How far a study is, and what it waits for."""
    jobs = describe_running(progress)
    more = [f"{len(jobs) - MOST_WAITED_FOR:,} more"] if len(jobs) > MOST_WAITED_FOR else []
    running = "; ".join([*jobs[:MOST_WAITED_FOR], *more])
    state = f"{progress.done:,} of {progress.total:,} done, {describe_state(progress)}"
    return f"{state}: {running}" if running else state


def display_lines(
    progress: Progress, objective: Objective | None, began: float, width: int, height: int
) -> list[str]:
    """The lines below the bar, no wider and no more than there is room for."""
    elapsed = format_duration(round(time.monotonic() - began))
    lines = _wrap(f"{elapsed} elapsed, {describe_state(progress)}", width)
    lines += score_lines(progress, objective, width)
    running = describe_running(progress)
    for job in running[:MOST_RUNNING]:
        lines += _wrap(f"running: {job}", width)
    if more := len(running[MOST_RUNNING:]):
        lines.append(f"running: {more:,} more")
    for call in progress.finished:
        lines += _wrap(f"finished: {describe_finished(call, objective)}", width)
    return lines[: max(1, height)]


def score_lines(progress: Progress, objective: Objective | None, width: int) -> list[str]:
    """A table of what each method came to, with the columns that there is room for."""
    if objective is None or not progress.best:
        return []

    def column(scores: Mapping[str, float]) -> list[str]:
        known = {m: scores[m] for m in progress.best if m in scores}
        texts = dict(zip(known, objective.format_scores(list(known.values())), strict=True))
        return [texts.get(method, "-") for method in progress.best]

    columns = [
        [objective.search_label, *progress.best],
        ["re-evaluated", *column(progress.reevaluated)],
        ["latest call", *column(progress.latest)],
        ["best seen, which flatters", *column(progress.best)],
    ]
    while True:
        widths = [max(map(cell_len, cells)) for cells in columns]
        if sum(widths) + 2 * len(widths[1:]) <= width or len(columns) == 1:
            break
        del columns[-1]
    first, *others = widths
    return [
        "  ".join([f"{name:{first}}", *map(str.rjust, cells, others)]).rstrip()
        for name, *cells in zip(*columns, strict=True)
    ]


def describe_finished(call: FinishedCall, objective: Objective | None) -> str:
    """A call, its value and what it took."""
    value = "failed" if call.score is None else ""
    if objective is not None and call.score is not None:
        value = objective.format_score(call.score)
    return ", ".join(filter(None, [call.description, value, format_duration(call.seconds)]))


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(20, width), subsequent_indent="  ", break_on_hyphens=False)
