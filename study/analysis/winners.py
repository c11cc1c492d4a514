"""Winners: the configuration that each run ends with, and which of them is the best.

Frames in, frames out. A *winner* is the best configuration of a run by validation score. Scores are
those of `study.core.objective`, higher is better.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from study.core.records import RUN, best_call

SCORES = ["validation_score", "reevaluated_score", "test_score"]


def winners(trials: pd.DataFrame) -> pd.DataFrame:
    """The winning call of each run that has one: a row of `trials` per method and seed."""
    places = []
    for _, scores in trials.groupby(RUN, sort=False)["validation_score"]:
        place = best_call(scores.tolist())
        places += [] if place is None else [scores.index[place]]
    return trials.loc[places]


def retrained_scores(finals: pd.DataFrame) -> pd.DataFrame:
    """A row per run that was retrained.

    Columns: method, seed, reevaluated_score and test_score (means over its retrainings; missing if
    none has one), size (of the winner).
    """
    return finals.groupby(RUN, sort=False, as_index=False).agg(
        reevaluated_score=("validation_score", "mean"),
        test_score=("test_score", "mean"),
        size=("size", "first"),
    )


def winner_frame(
    trials: pd.DataFrame, finals: pd.DataFrame, dimensions: Sequence[str], calls: int
) -> pd.DataFrame:
    """A row per run that made all its `calls` and has a winner, in the order of `trials`.

    Columns: method, seed, call (that found it), one per dimension, validation_score (as observed),
    reevaluated_score and test_score (means over its retrainings; missing while there are none),
    size, chosen_by (how many of the method's seeds have this configuration as their winner).
    """
    made = trials.groupby(RUN)["call"].transform("size")
    found = winners(trials[made == calls])[[*RUN, "call", *dimensions, "validation_score"]]
    found = found.merge(retrained_scores(finals), on=RUN, how="left")
    same = found.groupby(["method", *dimensions])["seed"].transform("size")
    return found.assign(chosen_by=same.astype("int64"))


def best_first(
    frame: pd.DataFrame, finals: pd.DataFrame, dimensions: Sequence[str]
) -> pd.DataFrame:
    """The rows of `winner_frame`, the best configuration first; equal ones stand together.

    Scores are those of the configuration: means over all seeds at which it won, by whichever
    method, for at one seed all methods share its evaluations. The order is that of the re-evaluated
    score, so that no test score chooses anything. A configuration of which a re-evaluation failed
    stands behind all others. Ties: the one that more runs chose, the smaller one, the earlier one.
    Rows of one configuration: the method that chose it most often, then as in `frame`.
    """
    which = frame.groupby(list(dimensions), sort=False).ngroup()
    own = frame[["seed", *SCORES]].assign(which=which)
    means = own.drop_duplicates(["which", "seed"]).groupby("which")[SCORES].mean()
    pooled = means.reindex(which).set_axis(frame.index)
    order = pd.DataFrame(
        {
            "failed": _lacks_reevaluation(frame, finals).groupby(which).transform("any"),
            "score": -pooled["reevaluated_score"],
            "runs": -which.groupby(which).transform("size"),
            "size": frame["size"].groupby(which).transform("first"),
            "which": which,
            "chosen_by": -frame["chosen_by"],
        }
    )
    return frame.assign(**pooled).loc[order.sort_values(list(order.columns)).index]


def _lacks_reevaluation(frame: pd.DataFrame, finals: pd.DataFrame) -> "pd.Series[bool]":
    """Of each run, whether one of its re-evaluations has no score."""
    lost = finals[(finals["kind"] == "reevaluated") & finals["validation_score"].isna()]
    runs, failed = (pd.MultiIndex.from_frame(rows[RUN]) for rows in (frame, lost))
    return pd.Series(runs.isin(failed), frame.index, dtype=bool)


def count_chosen(frame: pd.DataFrame, cells: Mapping[str, Any]) -> int:
    """How many rows have these cells in the columns of the dimensions."""
    equal = [(frame[name] == cell).to_numpy() for name, cell in cells.items()]
    return int(np.logical_and.reduce(equal).sum())
