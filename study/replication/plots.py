"""The plots of the tutorial's claims: frame and axes in, axes out."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from study.plots.comparisons import row_labels
from study.plots.labels import fold, legend_above
from study.plots.scales import linear_axis
from study.plots.style import AXIS, BLUE, INK, MUTED, ORANGE, PAPER, RED

CLAIMED, MEASURED = RED, BLUE


def claimed(claims: pd.DataFrame, axes: Axes) -> Axes:
    """A row per claim in percent: the claim a cross, what was measured a point with two lines.

    The thick line is the 95 % interval of the mean, the thin one that of one more measurement.
    """
    rows = claims.reset_index(drop=True)
    axes.hlines(rows.index, rows["single_low"], rows["single_high"], color=MEASURED, lw=1.4)
    axes.hlines(rows.index, rows["low"], rows["high"], color=MEASURED, lw=5)
    axes.plot(
        rows["measured"], rows.index, "o", color=MEASURED, mec=PAPER, zorder=4, label="measured"
    )
    axes.plot(
        rows["claimed"], rows.index, "X", color=CLAIMED, mec=INK, ms=10, lw=0, label="claimed"
    )
    shown = rows[["measured", "single_low", "single_high", "claimed"]]
    linear_axis(axes.xaxis, float(shown.min().min()), float(shown.max().max()))
    row_labels(
        axes,
        [fold(str(row.claim), 24) for row in rows.itertuples()],
        [fold(str(row.verdict), 14) for row in rows.itertuples()],
    )
    axes.set(xlabel="accuracy (%)", ylabel="")
    legend_above(axes)
    return axes


def leak(frame: pd.DataFrame, axes: Axes) -> Axes:
    """Validation accuracy of the tutorial's 24 trials.

    As printed, of one network trained on and on, and from fresh weights (a point per seed, their
    means joined).
    """
    mean = frame.groupby("trial")[["printed", "continued", "fresh"]].mean()
    axes.plot(frame["trial"], frame["fresh"], ".", color=MEASURED, alpha=0.4, ms=6)
    axes.plot(mean["fresh"], "o-", color=MEASURED, lw=2, ms=5, label="from fresh weights")
    axes.plot(mean["continued"], "s--", color=ORANGE, lw=2, ms=5, label="one network, on and on")
    axes.plot(mean["printed"], "X", color=CLAIMED, mec=INK, ms=8, label="as printed")
    shown = frame[["fresh", "continued", "printed"]]
    linear_axis(axes.yaxis, float(shown.min().min()), float(shown.max().max()))
    place = axes.get_xaxis_transform()
    for search, first in frame.groupby("search")["trial"].min().items():
        axes.axvline(first - 0.5, color=AXIS, lw=1.0, ls=":")
        axes.text(first - 0.3, 0.02, f"{search} search", transform=place, color=MUTED, va="bottom")
    axes.xaxis.set_major_locator(MultipleLocator(4, 1))
    axes.set_xlim(0.3, frame["trial"].max() + 0.7)
    axes.set(xlabel="trial, as the tutorial lists them", ylabel="validation accuracy (%)")
    legend_above(axes)
    return axes
