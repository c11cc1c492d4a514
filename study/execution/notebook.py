"""A progress bar in a notebook."""

import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any

from study.core.errors import StudyError
from study.core.formatting import format_duration
from study.core.validation import safe_repr
from study.execution.progress import Progress

SECONDS = 0.25  # between two looks of the bar


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def choose_observer(observe: Callable[[Progress], None] | None) -> Callable[[Progress], None]:
    """What shows progress: what was given, else a bar in a notebook, and elsewhere nothing.

    Raises `StudyError` if what was given cannot be called.
    """
    if observe is None:
        return ProgressBar().show if in_notebook() else lambda _: None
    if not callable(observe):
        raise StudyError(
            f"observe is {safe_repr(observe)}: give a function, which is called with a Progress"
        )
    return observe


class ProgressBar:
    """A bar below a notebook's cell, which goes on from look to look."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown = 0.0

    def show(self, progress: Progress) -> None:
        """Show how far a study is, a few times a second at most."""
        now, ended = time.monotonic(), progress.done == progress.total
        if now - self._shown < SECONDS and not ended:
            return
        self._shown = now
        display: Any = sys.modules["IPython"].display
        bar = display.HTML(to_html(progress))
        if self._handle is None:
            self._handle = display.display(bar, display_id=True)
        else:
            self._handle.update(bar)


def to_html(progress: Progress) -> str:
    """A bar, how many evaluations are done, how long it still takes, and what is being done."""
    left = progress.seconds_left
    state = f"about {format_duration(left)} left" if left and progress.running else ""
    if progress.done == progress.total:
        state = "done"
    running = "; ".join(job.description for job in progress.running)
    return (
        f'<progress value="{progress.done}" max="{max(1, progress.total)}"></progress> '
        f"{progress.done:,} of {progress.total:,} {escape(state)}<br>"
        f"<small>{escape(running)}</small>"
    )
