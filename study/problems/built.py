"""What a problem of one's own makes of a configuration, as a terminal shows it."""

import sys
from typing import Any

from study.core.errors import StudyError, exits_as_errors
from study.core.plugins import describe_own_error
from study.core.space import Configuration
from study.core.stderr import without_chatter
from study.problems.user import UserProblem
from study.training.network import summary_text

MAX_LINES, MAX_LENGTH = 40, 300  # of what a build returned; an array has no end


def build_again(problem: UserProblem, configuration: Configuration) -> Any:
    """What the `build` of a problem returns, or None if it has none.

    Raises `StudyError` if the user's function fails.
    """
    build = getattr(problem.problem, "build", None)
    if build is None:
        return None
    try:
        with exits_as_errors(), without_chatter():
            return build(dict(configuration))
    except Exception as error:
        raise StudyError(f"build of {problem.name} failed: {describe_own_error(error)}") from error


def built_text(built: Any, width: int) -> str:
    """Keras's table of a model, or the beginning of what anything else says of itself."""
    keras = sys.modules.get("keras")
    is_model = keras is not None and isinstance(built, keras.Model)
    try:
        text = summary_text(built, width) if is_model else repr(built)
    except Exception as error:  # noqa: BLE001 (what somebody's own repr raises is what it says)
        text = f"{type(built).__name__}, whose repr fails: {describe_own_error(error)}"
    lines = [printable(line) for line in text.splitlines()]
    shown = [f"{x[:MAX_LENGTH]}..." if len(x) > MAX_LENGTH else x for x in lines[:MAX_LINES]]
    return "\n".join(shown + ["..."] * (len(lines) > MAX_LINES))


def printable(line: str) -> str:
    """A line that a terminal shows and does not obey, its blanks kept."""
    return "".join(c if c.isprintable() else "\ufffd" for c in line)
