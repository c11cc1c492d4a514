"""How often a method collapses: what no interval of a mean, nor a typical difference, can tell.

A retraining of a run's winner collapses if it has no score at all, or one that lies below its
method's median by at least 6 robust standard deviations (1.4826 times the median absolute deviation
from the median, which is the standard deviation of normal scores), and by at least 10 margins of
equivalence, if there is a margin. Where more than half of the scores are equal, the margins alone
decide; without a margin the mean deviation stands for the median one. With fewer than 20
retrainings of the method, the deviations of all methods from their medians count as well, if these
are more; with fewer than 20 of them, nobody knows what is usual, and only missing scores count. So
it is where retrainings of a winner always score the same: an unlucky search is no collapse. Nor is
it one by whose winner the search itself saw as bad a score: it must lie as far below that, too. A
run collapses if most retrainings of its winner do.
"""

import math

import numpy as np
import pandas as pd

from study.analysis.paired import proportion_interval
from study.core.records import RUN

DEPTH = 6.0  # robust standard deviations; of normal scores, one in a billion lies lower
DEPTH_IN_MARGINS = 10.0
LEAST = 20  # retrainings that tell what is usual
MAD_TO_SD = 1.4826

COLUMNS = [
    *("method", "collapse_limit_score", "retrainings", "collapsed", "collapsed_low"),
    *("collapsed_high", "collapsed_runs"),
]


def collapses(finals: pd.DataFrame, observed: pd.Series, margin: float) -> pd.DataFrame:
    """A row per method, in the order of `finals`.

    Parameters
    ----------
    finals
        A row per retraining; those that test count, where tests have no noise one of each run.
    observed
        What the search saw of each run's winner, by (method, seed).
    margin
        Of equivalence, as scores are; NaN if there is none.

    Columns: method; collapse_limit_score (below which a retraining counts; missing if scores do not
    scatter and there is no margin, or retrainings are without noise); retrainings, collapsed (how
    many, and of these how many collapsed), collapsed_low, collapsed_high (the 95 % Clopper-Pearson
    interval of their share); collapsed_runs (runs of which most retrainings collapsed).
    """
    rows = []
    every = finals[finals["kind"] == "test"]
    tested = without_copies(every)
    noisy = len(tested) == len(every)
    medians = tested.groupby("method")["test_score"].transform("median")
    everybody = (tested["test_score"] - medians).dropna().to_numpy(float)
    for method, own in tested.groupby("method", sort=False):
        scores = own["test_score"].dropna().to_numpy(float)
        limit = collapse_limit(scores, margin, everybody) if noisy else np.nan
        depth = np.median(scores) - limit if len(scores) else np.nan
        promised = observed.reindex(pd.MultiIndex.from_frame(own[RUN])).to_numpy()
        far = own["test_score"].to_numpy() < np.fmin(limit, promised - depth)
        fell = own["test_score"].isna() | far
        _, low, high = proportion_interval(int(fell.sum()), len(fell))
        rows.append(
            {
                "method": method,
                "collapse_limit_score": limit,
                "retrainings": len(fell),
                "collapsed": int(fell.sum()),
                "collapsed_low": low,
                "collapsed_high": high,
                "collapsed_runs": int(fell.groupby(own["seed"]).mean().gt(0.5).sum()),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def without_copies(tested: pd.DataFrame) -> pd.DataFrame:
    """Retrainings, but one of each run if those of every run score the same: they tell nothing new.

    Functions without noise, and tables that score winners by a mean, are like that.
    """
    different = tested.groupby(RUN)["test_score"].nunique(dropna=False)
    return tested if (different > 1).any() else tested.drop_duplicates(RUN)


def collapse_limit(scores: np.ndarray, margin: float, everybody: np.ndarray) -> float:
    """The score below which a retraining counts as collapsed; NaN if that cannot be told.

    `everybody` has the deviations of all methods' scores from their medians.
    """
    if not len(scores):
        return np.nan
    median = float(np.median(scores))
    deviations = scores - median
    few = len(scores) < LEAST
    if few and len(everybody) < LEAST:
        return np.nan
    spread = robust_sd(deviations, margin)
    if few:
        spread = max(spread, robust_sd(everybody, margin))
    depth = np.fmax(DEPTH * spread, DEPTH_IN_MARGINS * margin)
    return median - depth if depth else np.nan


def robust_sd(deviations: np.ndarray, margin: float) -> float:
    """The standard deviation that normal scores with these deviations from their median have.

    If more than half are equal, it is 0 where a margin tells by how much scores may differ, else
    what the mean deviation says.
    """
    size = np.abs(deviations)
    spread = MAD_TO_SD * float(np.median(size))
    return spread or (float(np.mean(size)) * math.sqrt(math.pi / 2) if math.isnan(margin) else 0.0)
