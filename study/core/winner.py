"""The configuration that a run, a method or a study ends with, as users see it."""

import shlex
from dataclasses import dataclass
from typing import Any

from study.core.formatting import pluralize
from study.core.space import Configuration


@dataclass(frozen=True, kw_only=True, repr=False)
class Winner:
    """A configuration that was chosen, and what is known of it.

    Values are those of winners.csv, the problem's own; NaN where nothing has a score. Of one run
    they are its row there; of the best of a method or of a study, means over all seeds at which any
    method chose the same configuration.
    """

    configuration: Configuration
    method: str
    seed: int
    """Of the run; if several seeds chose the same, the first of them."""
    chosen_by: int
    """How many of the method's seeds chose this configuration."""
    observed: float
    """As the search saw it: the best of a run's calls, which flatters."""
    reevaluated: float
    """Evaluated again as during the search, with fresh seeds."""
    test: float
    """On test data, or whatever else judges winners; nothing is chosen by it."""
    size: float | None
    """Such as trainable parameters; None if the problem counts nothing."""

    def __repr__(self) -> str:
        size = "" if self.size is None else f", size {self.size:,}"
        return (
            f"<Winner of {self.method}, seed {self.seed}, chosen by "
            f"{pluralize(self.chosen_by, 'seed')}: {to_line(self.configuration)}; observed "
            f"{self.observed:.6g}, reevaluated {self.reevaluated:.6g}, test {self.test:.6g}{size}>"
        )


def to_line(configuration: Configuration) -> str:
    """name=value, one after the other, every number in full; quoted as a shell needs it."""
    return " ".join(
        shlex.quote(f"{name}={value if isinstance(value, str) else repr(value)}")
        for name, value in configuration.items()
    )


def to_short_line(configuration: Configuration, most: int) -> str:
    """The same to read, not to copy: numbers rounded; of many dimensions the first `most`."""
    parts = [f"{name}={short_value(value)}" for name, value in configuration.items()]
    return " ".join(parts[:most] + ["..."] * (len(parts) > most))


def short_value(value: Any) -> str:
    """A value of a dimension in few characters."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
