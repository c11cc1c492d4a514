"""A problem that takes no time, for tests of everything but training."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from study.space import Categorical, Configuration, Integer, Real, Space
from study.trials import Evaluation, Part, Status, Task

SPACE = Space(
    (
        Real(name="rate", low=1e-4, high=1e-1, log=True),
        Integer(name="units", low=1, high=40),
        Categorical(name="kind", choices=("relu", "sigmoid")),
    )
)


@dataclass(frozen=True, eq=False)
class Toy:
    """Accuracy peaks at rate 0.01 and 30 units; a little noise comes from the training seed."""

    before: Callable[[Task], None] = lambda _: None
    """Called first; may raise."""
    evaluated: list[str] = field(default_factory=list)
    """Keys of all tasks, in order."""

    space = SPACE
    default: Configuration = field(
        default_factory=lambda: {"rate": 0.001, "units": 10, "kind": "relu"}
    )
    baseline: Configuration = field(
        default_factory=lambda: {"rate": 0.001, "units": 2, "kind": "relu"}
    )

    def evaluate(self, task: Task) -> Evaluation:
        self.evaluated.append(task.key)
        self.before(task)
        rate, units = float(task.configuration["rate"]), int(task.configuration["units"])
        noise = np.random.default_rng(task.training_seed).normal(0, 0.002)
        miss = (math.log10(rate) + 2) ** 2 / 20 + ((units - 30) / 40) ** 2 / 5
        accuracy = max(0.0, 0.98 - miss + noise)
        return Evaluation(
            status=Status.OK,
            accuracy=accuracy,
            parameters=10 * units,
            initial_loss=2.3,
            losses=(2.0, 1.0),
            accuracies=(0.5, accuracy) if task.part is Part.VALIDATION else (),
            seconds=0.001,
        )

    def expected_seconds(self, task: Task) -> float:
        return float(task.configuration["units"])

    def describe(self) -> dict[str, Any]:
        return {
            "dataset": "toy",
            "epochs": 1,
            "space": self.space.describe(),
            "default": self.default,
            "baseline": self.baseline,
        }
