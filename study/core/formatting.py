"""Numbers in words, the same on the terminal, in plots and in reports."""

import math
from collections.abc import Mapping
from typing import Any


def format_thousands(count: float) -> str:
    """409000 as 409k, 6300000 as 6.3M, 0.25 as it is."""
    if count >= 999_500:
        return f"{count / 1e6:.3g}M"
    return f"{count / 1000:.3g}k" if count >= 1000 else f"{count:.4g}"


def format_sizes(row: Mapping[Any, Any]) -> str:
    """The median size of the chosen configurations in a row of the summary, and their range."""
    low, median, high = (row[f"size_{which}"] for which in ("min", "median", "max"))
    if math.isnan(median):
        return "-"
    spread = "" if low == high else f" ({format_thousands(low)}-{format_thousands(high)})"
    return f"{median:,.0f}{spread}" if median >= 1000 else f"{median:.4g}{spread}"


def format_percent(share: float, sd: float | None = None) -> str:
    """0.9305 as 93.05 %, with ± if there is a standard deviation; - if there is no value."""
    if math.isnan(share):
        return "-"
    spread = "" if sd is None or math.isnan(sd) else f" ± {100 * sd:.2f}"
    return f"{100 * share:.2f}".replace("-0.00", "0.00") + f"{spread} %"


def format_signed(points: float) -> str:
    """A difference in percentage points, with its sign and without a unit: +0.05."""
    return f"{points:+.2f}".replace("-0.00", "+0.00")


def format_interval(low: float, high: float) -> str:
    """An interval of percentage points: [+3.90, +4.50]."""
    return f"[{format_signed(low)}, {format_signed(high)}]"


def format_r2(share: float) -> str:
    """The share of variance that a model explains, below 0 if it misleads."""
    return f"R² {share:.2f}".replace("-0.00", "0.00")


def format_clock(seconds: float) -> str:
    """95 as 1:35, 3725 as 1:02:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def pluralize(count: int, noun: str, plural: str = "") -> str:
    """1 seed, 5 seeds, 1,437 seeds."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def join_words(names: list[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def shorten(name: str) -> str:
    """A name that leaves room for more on its line."""
    return name if len(name) <= 60 else name[:59] + "…"
