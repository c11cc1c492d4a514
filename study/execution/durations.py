"""What evaluations took on this machine, kept for the forecasts of other studies."""

import contextlib
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from study.core.errors import StudyError
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
    """What is known of a problem on this machine: of the network, that of any data set."""
    return _known().get(_kind(problem))


def remember(problem: Evaluator, durations: Durations | None) -> None:
    """Keep what was measured; where nothing can be written nothing is kept."""
    if durations is not None:
        content = msgspec.json.encode(_known() | {_kind(problem): durations})
        with contextlib.suppress(StudyError):
            write_atomically(_file(), lambda path: path.write_bytes(content))


def _kind(problem: Evaluator) -> str:
    if isinstance(problem, UserProblem):
        return f"{problem.name} {problem.fingerprint}"
    return f"network, {getattr(problem, 'trainer', type(problem).__name__)}"


def _file() -> Path:
    return user_cache_path("study", appauthor=False) / "durations.json"


def _known() -> Known:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(_file().read_bytes(), type=Known)
    return {}
