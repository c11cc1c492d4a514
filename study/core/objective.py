"""What a problem measures, and how tables, plots and files speak of it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from study.core.dimensions import to_native
from study.core.formatting import (
    common_decimals,
    format_interval,
    format_number,
    format_percent,
    format_signed,
)
from study.core.validation import DEFAULT_MARGIN, MAX_NUMBER, NAME_RULE, is_name, safe_repr

LOWEST_REGRET = 1e-9  # below it, an optimum counts as found
ROUNDING = 1e-12  # smaller differences are none


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What `evaluate` of a problem returns, and in which direction it is better.

    Within a study every value is a *score*, of which higher is better: the value itself if it is
    maximised, minus the value if it is minimised, minus the regret if the optimum is known.
    Raises ValueError for what could not be read again, such as a flag that is a text.
    """

    name: str = "value"
    """A noun, such as accuracy or error."""
    maximise: bool = True
    percent: bool = False
    """Whether values are shares of 1, to be shown in percent."""
    optimum: float | None = None
    """The best possible value without noise, if it is known: a study then shows the regret, which
    is the distance of a value from it, and below 0 if noise takes a value beyond it."""
    size: str = ""
    """What the size of a configuration counts, as a plural noun such as parameters. If it is
    named, `evaluate` returns (value, size)."""
    tested: bool = False
    """Whether values are measured on validation data, and winners again on test data."""
    worst: float | None = None
    """What a search is told of a configuration that failed; by default the worst value that it
    has been told before."""
    margin: float | None = None
    """Methods that differ by less count as equivalent: in percentage points, of which 0.1 is the
    default, or as a value; without one, such methods are never called equivalent."""

    def __post_init__(self) -> None:
        _make_native(self)

    @property
    def equivalence_margin(self) -> float | None:
        """The margin, as named or by default: nobody knows which difference of a loss matters."""
        return DEFAULT_MARGIN if self.margin is None and self.percent else self.margin

    @property
    def label(self) -> str:
        """What is shown: the name, or regret."""
        return self.name if self.optimum is None else "regret"

    @property
    def sign(self) -> int:
        """1 if what is shown is better the higher it is, else -1."""
        return 1 if self.maximise and self.optimum is None else -1

    @property
    def scale(self) -> float:
        """What a score is multiplied by to be shown."""
        return 100.0 if self.percent else 1.0

    @property
    def unit(self) -> str:
        """After a name, in brackets: of values as they are shown."""
        return " (%)" if self.percent else ""

    @property
    def difference_unit(self) -> str:
        """After a number: of differences."""
        return " pp" if self.percent else ""

    @property
    def search_label(self) -> str:
        """What a search sees, in words."""
        return f"validation {self.label}" if self.tested else self.label

    @property
    def final_label(self) -> str:
        """What winners are judged by, in words."""
        return f"test {self.label}" if self.tested else f"final {self.label}"

    @property
    def direction_label(self) -> str:
        """What a search looks for, in words."""
        return "highest" if self.sign > 0 else "lowest"

    def score(self, value: float) -> float:
        """The score of what `evaluate` returned."""
        if self.optimum is None:
            return self.sign * value
        return value - self.optimum if self.maximise else self.optimum - value

    def impute_failures(self, scores: Sequence[float | None], together: int = 0) -> list[float]:
        """Scores as a search is told them, in order; None is that of an evaluation that failed.

        A failure counts as `worst`, or else as the worst score before it. The first ones are told
        `together`: what fails before any has a score counts as the worst of them.
        """
        known = [score for score in scores[:together] if score is not None]
        told: list[float] = []
        for score in scores:
            if score is not None:
                told.append(score)
            elif self.worst is not None:
                told.append(self.score(self.worst))
            else:
                told.append(min(told or known, default=0.0))
        return told

    def to_display(self, score: Any) -> Any:
        """Scores (a number, an array, a frame) as they are shown: percent, an error, a regret."""
        return self.sign * self.scale * score

    def format_score(self, score: float, sd: float | None = None) -> str:
        """A score as it is shown, with its standard deviation over seeds if there is one."""
        if self.percent:
            return format_percent(self.sign * score, sd)
        if math.isnan(score):
            return "-"
        spread = "" if sd is None or math.isnan(sd) else f" ± {sd:.2g}"
        return f"{self.to_display(score) + 0.0:.4g}{spread}"

    def format_scores(
        self, scores: Sequence[float], sds: Sequence[float] | None = None
    ) -> list[str]:
        """A column of scores, or of means with their standard deviations, with equal decimals."""
        spreads = [math.nan] * len(scores) if sds is None else sds
        if self.percent:
            pairs = zip(scores, spreads, strict=True)
            return [format_percent(self.sign * score, sd) for score, sd in pairs]
        shown = [self.to_display(score) + 0.0 for score in scores]
        decimals = common_decimals([*shown, *spreads])
        return [
            format_number(value, decimals)
            + ("" if math.isnan(sd) else f" ± {format_number(sd, decimals)}")
            for value, sd in zip(shown, spreads, strict=True)
        ]

    def difference_decimals(self, differences: Iterable[float]) -> int | None:
        """With how many decimals a table shows these differences; None if with three digits."""
        return 2 if self.percent else common_decimals(differences)

    def format_difference(self, difference: float, decimals: int | None = None) -> str:
        """How much better one is than another, without `difference_unit`."""
        if self.percent:
            return f"{difference:.2f}"
        shown = 0.0 if abs(difference) < ROUNDING else difference
        return f"{shown:.3g}" if decimals is None else f"{shown:.{decimals}f}"

    def format_signed_difference(self, difference: float, decimals: int | None = None) -> str:
        """The same, with its sign."""
        if self.percent:
            return format_signed(difference)
        text = self.format_difference(abs(difference), decimals)
        return ("-" if difference < 0 and float(text) else "+") + text

    def format_interval(self, low: float, high: float, decimals: int | None = None) -> str:
        """An interval of differences."""
        if self.percent:
            return format_interval(low, high)
        ends = (self.format_signed_difference(end, decimals) for end in (low, high))
        return f"[{', '.join(ends)}]"

    def column_name(self, name: str) -> str:
        """A column's name in files, which carry the problem's own words."""
        if name == "size" or name.startswith("size_"):
            return name.replace("size", self.size.replace(" ", "_") or "size", 1)
        if not self.tested:
            name = name.replace("validation_", "observed_").replace("test_", "final_")
        return name.replace("_score", "_" + self.label.replace(" ", "_"))


def _make_native(objective: Objective) -> None:
    """Have fields in Python's own types; raises ValueError if one is of another kind."""
    for field in fields(objective):
        object.__setattr__(objective, field.name, to_native(getattr(objective, field.name)))
    for text in (objective.name, "none" if objective.size == "" else objective.size):
        if not is_name(text):
            raise ValueError(f"the objective speaks of {safe_repr(text)}: {NAME_RULE}")
    for name in ("maximise", "percent", "tested"):
        if type(flag := getattr(objective, name)) is not bool:
            raise ValueError(f"the objective has {name}={safe_repr(flag)}: give True or False")
    for name in ("optimum", "worst", "margin"):
        value = getattr(objective, name)
        number = type(value) in (int, float) and abs(value) <= MAX_NUMBER
        if not number and value is not None:
            raise ValueError(f"the objective has {name}={safe_repr(value)}: give a number")
    best = objective.optimum
    if objective.percent and best is not None and not 0 <= best <= 1:
        raise ValueError(
            f"the objective has percent=True and optimum={best}: a share lies between 0 and 1, so "
            "that 0.95 is 95 %"
        )


ACCURACY = Objective(name="accuracy", percent=True, size="parameters", tested=True, worst=0.0)
"""The network's."""
