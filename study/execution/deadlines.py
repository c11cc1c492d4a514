"""When jobs must end that may take so long only."""

import itertools
import math
import time
from typing import Any


class Deadlines:
    """When jobs began that may take so long only, and where."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._jobs: dict[int, tuple[Any, float]] = {}  # number: job and its timeout
        self._begun: dict[int, tuple[float, str, int]] = {}  # number: when, which worker, process

    def add(self, job_id: Any, timeout: float) -> int:
        """The number of a job, by which its worker tells that it begins."""
        number = next(self._numbers)
        self._jobs[number] = job_id, timeout
        return number

    def on_begin(self, event: tuple[float, tuple[int, str, int]]) -> None:
        """Take note of what a worker tells; called from another thread."""
        number, address, process = event[1]
        if number in self._jobs:
            self._begun[number] = time.monotonic(), address, process

    def overdue(self) -> list[tuple[Any, str, int]]:
        """The jobs whose time is over, and on which worker, in which process of its, they are."""
        return [
            (self._jobs[number][0], *self._begun[number][1:])
            for number, left in self._seconds_left().items()
            if left <= 0
        ]

    def seconds_left(self) -> float:
        """Until the next deadline."""
        return max(0.0, min(self._seconds_left().values(), default=math.inf))

    def _seconds_left(self) -> dict[int, float]:
        now, begun = time.monotonic(), dict(self._begun)  # another thread adds to it
        return {n: begun[n][0] + self._jobs[n][1] - now for n in begun.keys() & self._jobs.keys()}

    def remove(self, job_id: Any) -> None:
        """Forget a job."""
        for number in [n for n, (known, _) in self._jobs.items() if known is job_id]:
            self._begun.pop(number, None)
            del self._jobs[number]
