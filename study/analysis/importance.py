"""Which dimensions matter: the share of the variance of scores that each takes part in.

That is the total index of Homma & Saltelli (Reliability Engineering & System Safety 52, 1996). It
is estimated by permutation importance: what a forest's predictions of seeds that it was not fitted
to lose if values of a dimension come from other rows (Breiman, Machine Learning 45, 2001;
Gregorutti, Michel & Saint-Pierre, Statistics and Computing 27, 2017). docs/statistics.md says how
often its intervals are right.
"""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from study.analysis.surrogate import Surrogate

ENOUGH = 0.2  # R² on unseen seeds below which a model explains too little to tell
PREDICTIONS = 30_000  # in all, if that leaves at least two shuffles
MOST_SHUFFLES = 20
PAIRED = 6  # of the dimensions that matter most every pair is looked at
WIDER = 1.25  # than the jackknife says: what made-up problems show
TINY = 1e-9  # of the variance of expected scores: what rounding leaves of none

Estimate = tuple[float, float, float]
"""An importance, and the ends of its 95 % interval."""


def importance(surrogate: Surrogate) -> pd.DataFrame:
    """A row per dimension, and per pair of those that matter most.

    Columns: dimension, other (of a pair, else empty), importance with its 95 % interval low to
    high, r2 (of the model on unseen seeds), enough (whether that is enough to tell), n, seeds.
    """
    expected = predict_unseen(surrogate)
    every = range(len(surrogate.space))
    parts = involved(surrogate, expected, [(one,) for one in every])
    shares: dict[tuple[int, ...], Estimate] = {
        (one,): estimate(surrogate, expected, parts[one]) for one in every
    }
    leading = sorted(every, key=lambda one: -shares[one,][0])[:PAIRED]
    pairs = list(combinations(sorted(leading), 2))
    joint = involved(surrogate, expected, pairs)
    for (one, two), both in zip(pairs, joint, strict=True):
        shares[one, two] = estimate(surrogate, expected, parts[one] + parts[two] - both)
    names = [dimension.name for dimension in surrogate.space]
    rows = [(*[names[i] for i in columns], "")[:2] + share for columns, share in shares.items()]
    table = pd.DataFrame(rows, columns=["dimension", "other", "importance", "low", "high"])
    r2 = r_squared(surrogate.scores, expected)
    seeds = int(surrogate.seeds.max()) + 1
    return table.assign(r2=r2, enough=r2 >= ENOUGH, n=len(expected), seeds=seeds)


def predict_unseen(surrogate: Surrogate) -> np.ndarray:
    """The score, (rows,), that each row's forest expects, which has not seen the row's seed."""
    expected = np.empty(len(surrogate.scores))
    for fold in range(len(surrogate.models)):
        unseen = surrogate.folds == fold
        expected[unseen] = surrogate.predict(fold, surrogate.places[unseen])
    return expected


def r_squared(scores: np.ndarray, expected: np.ndarray) -> float:
    """The share of the variance of scores that expected ones explain; below 0 if they mislead."""
    return float(1 - ((scores - expected) ** 2).mean() / scores.var())


def involved(
    surrogate: Surrogate, expected: np.ndarray, sets: Sequence[tuple[int, ...]]
) -> np.ndarray:
    """What expected scores lose if a set's columns come from another row of the fold.

    (sets, shuffles, rows), the shuffles the same for all sets. On average over them it is the part
    of a prediction in which these columns are involved, alone or with others.
    """
    rows = len(expected)
    asked = rows * (len(surrogate.space) + math.comb(min(PAIRED, len(surrogate.space)), 2))
    shuffles = min(max(PREDICTIONS // asked, 2), MOST_SHUFFLES)
    parts = np.empty((len(sets), shuffles, rows))
    for fold in range(len(surrogate.models) if sets else 0):
        unseen = np.flatnonzero(surrogate.folds == fold)
        own = surrogate.places[unseen]
        others = own[shuffled_rows(len(unseen), shuffles).ravel()]
        mixed = np.tile(own, (len(sets), shuffles, 1))
        for table, columns in zip(mixed, sets, strict=True):
            table[:, columns] = others[:, columns]
        without = surrogate.predict(fold, mixed.reshape(-1, own.shape[1]))
        parts[:, :, unseen] = expected[unseen] - without.reshape(len(sets), shuffles, -1)
    return parts


def shuffled_rows(rows: int, shuffles: int) -> np.ndarray:
    """(shuffles, rows) numbers of rows, none in its own place."""
    shifts = np.random.default_rng(0).integers(1, max(rows, 2), (shuffles, 1))
    return (np.arange(rows) + shifts) % rows


def estimate(surrogate: Surrogate, expected: np.ndarray, parts: np.ndarray) -> Estimate:
    """The share of what a model explains in which (shuffles, rows) parts are involved.

    It is the squared correlation of scores with the mean part, divided by that with expected
    scores: a forest of few rows shrinks both, which correlations do not see. Few shuffles add to
    the variance of the mean part, which is taken off. The interval is Student's t of a jackknife
    over seeds, made wider, for it does not see that other seeds would give other forests.
    """
    from scipy.stats import t

    part, scores = parts.mean(axis=0), surrogate.scores - surrogate.scores.mean()
    chance = parts.var(axis=0, ddof=1) / len(parts)
    columns = [np.ones(len(part)), scores, part, part**2 - chance, scores * part]
    columns += [expected, expected**2, scores * expected]
    sums = np.array([np.bincount(surrogate.seeds, column) for column in columns])
    share = float(_share(sums.sum(axis=1)))
    seeds = sums.shape[1]
    without = np.array([_share(sums.sum(axis=1) - own) for own in sums.T])
    error = math.sqrt((seeds - 1) / seeds * ((without - without.mean()) ** 2).sum())
    half = WIDER * t.ppf(0.975, seeds - 1) * error
    share, low, high = np.clip([share, share - half, share + half], 0.0, 1.0)
    return float(share), float(low), float(high)


def _share(sums: np.ndarray) -> float:
    """The ratio of squared correlations, with the sign of the first, from sums over rows."""
    n, y, p, pp, yp, e, ee, ye = sums
    covariance, variance = yp / n - y * p / n**2, pp / n - (p / n) ** 2
    spread, explained = ee / n - (e / n) ** 2, ye / n - y * e / n**2
    if min(spread, explained) <= 0 or variance <= TINY * spread:
        return 0.0
    share: float = np.sign(covariance) * covariance**2 * spread / (variance * explained**2)
    return share
