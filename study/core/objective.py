"""What a problem measures, and how tables, plots and files speak of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from study.core.formatting import bracket, percent, signed
from study.core.settings import Settings

LOWEST_REGRET = 1e-9  # where a logarithmic axis ends: below, an optimum counts as found
ROUNDING = 1e-12  # smaller differences are none


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What `evaluate` of a problem returns, in which direction it is better, and what it costs.

    Within a study every value is a *score*, of which higher is better: the value itself if it is
    maximised, minus the value if it is minimised, minus the regret if the optimum is known.
    """

    name: str = "value"
    """A noun, such as accuracy or error."""
    maximise: bool = True
    percent: bool = False
    """Whether values are shares of 1, to be shown in percent."""
    optimum: float | None = None
    """The best possible value, if it is known: a study then shows the regret, which is the
    distance of a value from it."""
    cost: str = ""
    """What a configuration costs besides time, as a plural noun such as parameters. If it is
    named, `evaluate` returns (value, cost)."""
    tested: bool = False
    """Whether values are measured on validation data, and winners again on test data."""
    worst: float | None = None
    """What a search is told of a configuration that failed; by default the worst value that it
    has been told before."""
    margin: float = Settings.margin
    """Methods that differ by less count as equivalent: in percentage points, or as a value."""

    @property
    def noun(self) -> str:
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
    def gap_unit(self) -> str:
        """After a number: of differences."""
        return " pp" if self.percent else ""

    @property
    def seen(self) -> str:
        """What a search sees, in words."""
        return f"validation {self.noun}" if self.tested else self.noun

    @property
    def final(self) -> str:
        """What winners are judged by, in words."""
        return f"test {self.noun}" if self.tested else f"final {self.noun}"

    @property
    def best(self) -> str:
        """What a search looks for, in words."""
        return "highest" if self.sign > 0 else "lowest"

    def score(self, value: float) -> float:
        """The score of what `evaluate` returned."""
        if self.optimum is None:
            return self.sign * value
        return value - self.optimum if self.maximise else self.optimum - value

    def penalised(self, scores: Sequence[float | None]) -> list[float]:
        """Scores as a search is told them, in order; None is that of an evaluation that failed."""
        told: list[float] = []
        for score in scores:
            if score is None:
                worst = min(told, default=0.0) if self.worst is None else self.score(self.worst)
            told.append(worst if score is None else score)
        return told

    def shown(self, score: Any) -> Any:
        """Scores (a number, an array, a frame) as they are shown: percent, an error, a regret."""
        return self.sign * self.scale * score

    def text(self, score: float, sd: float | None = None) -> str:
        """A score as it is shown, with its standard deviation over seeds if there is one."""
        if self.percent:
            return percent(self.sign * score, sd)
        if math.isnan(score):
            return "-"
        spread = "" if sd is None or math.isnan(sd) else f" ± {sd:.2g}"
        return f"{self.shown(score) + 0.0:.4g}{spread}"

    def gap(self, difference: float) -> str:
        """How much better one is than another, in the unit of `gap_unit` and without it."""
        if self.percent:
            return f"{difference:.2f}"
        return f"{0.0 if abs(difference) < ROUNDING else difference:.3g}"

    def signed_gap(self, difference: float) -> str:
        """The same, with its sign."""
        if self.percent:
            return signed(difference)
        return ("-" if difference < -ROUNDING else "+") + self.gap(abs(difference))

    def interval(self, low: float, high: float) -> str:
        """An interval of differences."""
        if self.percent:
            return bracket(low, high)
        return f"[{self.signed_gap(low)}, {self.signed_gap(high)}]"

    def column(self, name: str) -> str:
        """A column's name in files, which carry the problem's own words."""
        if name == "cost" or name.startswith("cost_"):
            return name.replace("cost", self.cost.replace(" ", "_") or "cost", 1)
        if not self.tested:
            name = name.replace("validation_", "observed_").replace("test_", "final_")
        return name.replace("_score", "_" + self.noun.replace(" ", "_"))


ACCURACY = Objective(name="accuracy", percent=True, cost="parameters", tested=True, worst=0.0)
"""The network's."""
