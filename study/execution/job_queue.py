"""What can be done now, most urgent first."""

import heapq
import itertools
from dataclasses import dataclass

from study.core.records import Task
from study.core.space import Configuration
from study.execution.runs import Run


@dataclass(frozen=True, eq=False)
class ProposalJob:
    """A search is to propose its next call, or more of them."""

    run: Run


@dataclass(frozen=True, eq=False)
class Block:
    """Evaluations that one worker makes, one after another."""

    tasks: tuple[Task, ...]


Job = Task | ProposalJob


class JobQueue:
    """What is to be evaluated or proposed, by urgency: the seconds of work that begin with each."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first(self) -> Job:
        """What `pop` would give."""
        return self._heap[0][2]

    def push(self, job: Job, urgency: float) -> None:
        """Add a job."""
        heapq.heappush(self._heap, (-urgency, next(self._numbers), job))

    def first_task(self, preferred: Configuration) -> Task | None:
        """The oldest evaluation, of that configuration if there is one; it stays in the queue."""
        tasks = [(number, job) for _, number, job in self._heap if isinstance(job, Task)]
        tasks.sort(key=lambda entry: (entry[1].configuration != preferred, entry[0]))
        return tasks[0][1] if tasks else None

    def pop(self) -> Job:
        """The most urgent job, of equally urgent ones the oldest."""
        return heapq.heappop(self._heap)[2]
