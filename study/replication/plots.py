"""The plots of the tutorial's claims: frame and axes in, axes out."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from study.plots.style import PALETTE, error_axis, legend_beside

CLAIMED, MEASURED = "#d55e00", "#0072b2"


def claimed(claims: pd.DataFrame, axes: Axes) -> Axes:
    """Measured claims in percent as crosses, and what was measured as a point with two lines.

    The thick line is the 95 % interval of the mean, the thin one that of one more measurement.
    """
    rows = claims.reset_index(drop=True)
    axes.vlines(rows.index, rows["single_low"], rows["single_high"], color=MEASURED, lw=1.2)
    axes.vlines(rows.index, rows["low"], rows["high"], color=MEASURED, lw=4.5, alpha=0.5)
    axes.plot(rows.index, rows["measured"], "o", color=MEASURED, ms=6, label="measured")
    axes.plot(
        rows.index, rows["claimed"], "X", color=CLAIMED, mec="black", ms=9, lw=0, label="claimed"
    )
    lowest = rows[["measured", "single_low", "claimed"]].min().min()
    error_axis(axes, max(float(lowest), 0.0), float(rows[["measured", "claimed"]].max().max()))
    labels = [f"{row.claim}\n{row.verdict}".replace(" not ", "\nnot ") for row in rows.itertuples()]
    axes.set_xticks(rows.index, labels)
    axes.set(xlabel="", ylabel="accuracy (%)")
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.grid(axis="x", visible=False)
    legend_beside(axes, "one training each;\nmean over seeds")
    return axes


def leak(frame: pd.DataFrame, axes: Axes) -> Axes:
    """Validation accuracy of the tutorial's 24 trials.

    As printed, of one network trained on and on, and from fresh weights (a point per seed, their
    means joined).
    """
    mean = frame.groupby("trial")[["printed", "continued", "fresh"]].mean()
    axes.plot(frame["trial"], frame["fresh"], ".", color=MEASURED, alpha=0.4, ms=6)
    axes.plot(mean.index, mean["fresh"], "-", color=MEASURED, lw=2, label="from fresh weights")
    axes.plot(
        mean.index, mean["continued"], "-", color=PALETTE[1], lw=2, label="one network, on and on"
    )
    axes.plot(
        mean.index, mean["printed"], "X", color=CLAIMED, mec="black", ms=7, label="as printed"
    )
    lowest = frame[["fresh", "continued", "printed"]].min().min()  # all fresh ones may have failed
    error_axis(axes, float(lowest), 98.5)
    place = axes.get_xaxis_transform()
    for search, first in frame.groupby("search")["trial"].min().items():
        axes.axvline(first - 0.5, color="0.7", lw=0.8, ls=":")
        axes.text(first, 1.01, f"{search} search", transform=place, color="0.4", fontsize=9)
    axes.xaxis.set_major_locator(MultipleLocator(3))
    axes.set_xlim(0.3, frame["trial"].max() + 0.7)
    axes.set(xlabel="trial, as the tutorial lists them", ylabel="validation accuracy (%)")
    legend_beside(axes, "24 trials")
    return axes
