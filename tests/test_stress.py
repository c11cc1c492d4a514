"""A small share of `nox -s stress`."""

import random
from pathlib import Path

import pytest

from tests.stress import attack, untimed

pytestmark = pytest.mark.slow


def test_nothing_is_lost_trained_twice_or_changed(tmp_path: Path, small_study: Path) -> None:
    kind = "a worker in training"
    outcome = attack(kind, tmp_path, untimed(small_study), random.Random(kind), hits=1)
    assert outcome.kills == 1
    assert (outcome.repeated, outcome.differing, outcome.faults) == (0, 0, [])
