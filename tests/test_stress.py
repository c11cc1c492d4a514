"""A small share of `nox -s stress`."""

import random
from pathlib import Path

import pytest

from tests.stress import attack, undisturbed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return undisturbed(tmp_path_factory.mktemp("stress") / "undisturbed")


@pytest.mark.parametrize("kind", ["a worker in training", "driver and workers"])
def test_nothing_is_lost_trained_twice_or_changed(
    tmp_path: Path, expected: dict[str, str], kind: str
) -> None:
    outcome = attack(kind, tmp_path, expected, random.Random(kind), hits=1)
    assert outcome.kills == 1
    assert (outcome.repeated, outcome.differing, outcome.faults) == (0, 0, [])
