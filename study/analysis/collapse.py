"""How often a method collapses: what no interval of a mean, nor a typical difference, can tell.

A retraining of a run's winner collapses if it has no score at all, or one that lies below its
method's median by at least 6 robust standard deviations (1.4826 times the median absolute deviation
from the median, which is the standard deviation of normal scores), and by at least 10 margins of
equivalence, if there is a margin. A run collapses if most retrainings of its winner do.
"""

import numpy as np
import pandas as pd

from study.analysis.paired import proportion_interval

DEPTH = 6.0  # robust standard deviations; of normal scores, one in a billion lies lower
DEPTH_IN_MARGINS = 10.0
MAD_TO_SD = 1.4826

COLUMNS = [
    *("method", "collapse_below_score", "retrainings", "collapsed", "collapsed_low"),
    *("collapsed_high", "collapsed_runs"),
]


def collapses(finals: pd.DataFrame, margin: float) -> pd.DataFrame:
    """A row per method, in the order of `finals`.

    Parameters
    ----------
    finals
        A row per retraining; those that test count.
    margin
        Of equivalence, as scores are; NaN if there is none.

    Columns: method; collapse_below_score (below which a retraining counts; missing if scores do not
    scatter); retrainings, collapsed (how many, and of these how many collapsed), collapsed_low,
    collapsed_high (the 95 % Clopper-Pearson interval of their share); collapsed_runs (runs of which
    most retrainings collapsed).
    """
    rows = []
    tested = finals[finals["kind"] == "test"]
    for method, own in tested.groupby("method", sort=False):
        limit = collapse_limit(own["test_score"].dropna().to_numpy(float), margin)
        fell = own["test_score"].isna() | (own["test_score"] < limit)
        _, low, high = proportion_interval(int(fell.sum()), len(fell))
        rows.append(
            {
                "method": method,
                "collapse_below_score": limit,
                "retrainings": len(fell),
                "collapsed": int(fell.sum()),
                "collapsed_low": low,
                "collapsed_high": high,
                "collapsed_runs": int(fell.groupby(own["seed"]).mean().gt(0.5).sum()),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def collapse_limit(scores: np.ndarray, margin: float) -> float:
    """The score below which a retraining counts as collapsed; NaN if nothing scatters."""
    if not len(scores):
        return np.nan
    median = float(np.median(scores))
    spread = MAD_TO_SD * float(np.median(np.abs(scores - median)))
    if not spread:  # more than half are equal
        spread = float(np.mean(np.abs(scores - median))) * np.sqrt(np.pi / 2)
    depth = np.fmax(DEPTH * spread, DEPTH_IN_MARGINS * margin)
    return median - depth if spread else np.nan
