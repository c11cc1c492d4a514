"""What evaluations took on this machine, kept for the forecasts of other studies."""

import contextlib
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from study.core.errors import StudyError
from study.core.records import EvaluationKind
from study.problems.base import Evaluator
from study.problems.user import UserProblem
from study.storage.files import write_atomically


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured in the newest study of a kind of problem."""

    shares: dict[str, float]
    """Mean seconds of an evaluation by kind, of those expected of one anywhere in the space."""
    proposals: dict[str, float]
    """Mean seconds of a proposal, by method."""
    distinct: float | None = None
    """Retrainings and re-evaluations made, as a share of those that runs asked for: runs with the
    same winner share them."""
    start: float
    """Seconds until workers were ready."""
    pace: float
    """Seconds that they were there then, of those that evaluations and proposals took."""


Known = dict[str, Durations]


def recall(problem: Evaluator) -> Durations | None:
    """What is known of a problem on this machine.

    Of the network on a dataset that it was not trained on yet, what holds on others, too: what
    winners take, and how often they are the same, depends on the dataset.
    """
    known, kinds = _known(), _kinds(problem)
    if (own := known.get(kinds[0])) or not (near := known.get(kinds[-1])):
        return own
    first = EvaluationKind.VALIDATION
    shares = {first: near.shares[first]} if first in near.shares else {}
    return msgspec.structs.replace(near, shares=shares, distinct=None)


def remember(problem: Evaluator, durations: Durations | None) -> None:
    """Keep what was measured; where nothing can be written nothing is kept."""
    if durations is not None:
        content = msgspec.json.encode(_known() | dict.fromkeys(_kinds(problem), durations))
        with contextlib.suppress(StudyError):
            write_atomically(_file(), lambda path: path.write_bytes(content))


def _kinds(problem: Evaluator) -> list[str]:
    """What a problem is known by, and as what it is like others."""
    if isinstance(problem, UserProblem):
        return [f"{problem.name} {problem.fingerprint}"]
    network = f"network, {getattr(problem, 'trainer', type(problem).__name__)}"
    return [f"{network}, {getattr(problem, 'name', '')}", network]


def _file() -> Path:
    return user_cache_path("study", appauthor=False) / "durations.json"


def _known() -> Known:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(_file().read_bytes(), type=Known)
    return {}
