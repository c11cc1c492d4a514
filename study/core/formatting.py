"""Numbers in words, the same on the terminal, in plots and in reports."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SECONDS = {"s": 1.0, "ms": 1e-3, "\N{MICRO SIGN}s": 1e-6}
"""Units in which durations are told, and how many seconds each has."""


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


def format_duration(seconds: float) -> str:
    """0.004 as 4 ms, 0.4 as 0.4 s, 45 as 45 s, 1267 as 21 min 07 s, 3725 as 1 h 02 min."""
    if 0.0005 <= seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if 0.0995 <= seconds < 0.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def unit_of(seconds: float) -> str:
    """The largest unit of which a duration is a tenth at least; s if it is as good as 0."""
    if seconds < 1e-9:
        return "s"
    *larger, smallest = SECONDS
    return next((unit for unit in larger if seconds >= 0.1 * SECONDS[unit]), smallest)


def format_seconds(columns: Sequence[Sequence[float]]) -> tuple[str, list[list[str]]]:
    """Columns of seconds in one unit with as many decimals each; the unit, s, ms or µs, first."""
    known = [value for column in columns for value in column if not math.isnan(value)]
    longest = max(known, default=1.0)
    unit = unit_of(longest)
    decimals = 2 if longest / SECONDS[unit] < 100 else 1
    return unit, [
        ["-" if math.isnan(value) else f"{value / SECONDS[unit]:,.{decimals}f}" for value in column]
        for column in columns
    ]


def common_decimals(values: Iterable[float]) -> int | None:
    """How many decimals show all values of a column; None if only powers of ten do.

    The largest has four digits, and the one nearest to 0 two of its own, as far as six decimals do.
    """
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes:
        return 2
    largest, smallest = (math.floor(math.log10(size)) for size in (max(sizes), min(sizes)))
    if largest >= 7 or largest < -4:
        return None
    return min(6, max(0, 3 - largest, 1 - smallest))


def format_number(value: float, decimals: int | None) -> str:
    """A value with so many decimals, or as a power of ten if None; a dash if there is none."""
    if math.isnan(value):
        return "-"
    text = f"{value:.2e}" if decimals is None else f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def format_pair(first: str, second: str) -> str:
    """What is compared, with a minus sign: gp less random."""
    return f"{first} \N{MINUS SIGN} {second}"


def pluralize(count: int, noun: str, plural: str = "") -> str:
    """1 seed, 5 seeds, 1,437 seeds."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def format_seeds(seeds: range) -> str:
    """5 seeds, or 100 seeds (100 to 199) if they do not count from 0."""
    which = f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}"
    return pluralize(len(seeds), "seed") + (f" ({which})" if seeds[0] else "")


def join_words(names: list[str], last: str = "and") -> str:
    """a, b and c."""
    return f" {last} ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def shorten(name: str) -> str:
    """A name that leaves room for more on its line."""
    return name if len(name) <= 60 else name[:59] + "…"
