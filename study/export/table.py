"""All evaluations of a study in one tidy table."""

import pandas as pd

from study.analysis.score_tables import ScoreTables
from study.analysis.winners import winners
from study.core.errors import StudyError
from study.core.records import OUTCOME_COLUMNS, RUN
from study.core.study_info import ProblemInfo, StudyInfo
from study.storage.frames import to_public_columns

CALL = [*RUN, "call"]
PHASES = ("initial", "search", "reevaluated", "test")


def evaluation_table(scores: ScoreTables) -> pd.DataFrame:
    """A row per evaluation that served a run: calls, re-evaluations and tests, run by run.

    The columns are those of trials.csv and finals.csv, metrics among them. `phase` tells what was
    evaluated for what: "initial" and "search" are calls, "reevaluated" and "test" the configuration
    of the `call` that found it, once more, by `repeat`. Earlier incumbents are re-evaluated in
    traced studies only.

    Raises
    ------
    StudyError
        If a dimension has the name of another column.
    """
    problem = scores.info.problem
    require_free_names(problem)
    trials = scores.trials.drop(columns="incumbent_score")
    won = winners(trials)[CALL]
    finals = scores.finals.rename(columns={"kind": "phase"}).drop(columns="configuration")
    traced = scores.trace.merge(won, on=CALL, how="left", indicator="found")
    earlier = traced[traced["found"].eq("left_only")].drop(columns="found")
    points = trials[[*CALL, *problem.dimensions]]
    again = [
        part.merge(points, on=CALL)
        for part in (finals.merge(won, on=RUN), earlier.assign(phase="reevaluated"))
        if len(part)
    ]
    table = pd.concat([trials, *again], ignore_index=True).reindex(columns=_columns(scores.info))
    place = {method: number for number, method in enumerate(scores.info.settings.methods)}
    order = table[["method", "seed", "phase", "call", "repeat"]].assign(
        method=table["method"].map(place), phase=table["phase"].map(PHASES.index)
    )
    ordered = table.loc[order.sort_values(list(order.columns)).index]
    whole = ordered.astype({"repeat": "Int64", "duplicate": "boolean"})
    return to_public_columns(whole, problem.objective)


def _columns(info: StudyInfo) -> list[str]:
    """Of the table, under neutral names."""
    outcomes = [name for name in OUTCOME_COLUMNS if name != "incumbent_score"]
    outcomes.insert(1, "test_score")
    run = ["method", "seed", "phase", "call", "repeat"]
    return [*run, *info.problem.dimensions, *outcomes, *info.metrics]


def require_free_names(problem: ProblemInfo) -> None:
    """Raise `StudyError` if a dimension has the name of a column that trials.csv lacks."""
    columns = ("repeat", "test_score", problem.objective.column_name("test_score"))
    for name in {*columns} & {*problem.dimensions}:
        raise StudyError(
            f"the dimension {name} has the name of another column of this table: use trials.csv "
            "and finals.csv as they are"
        )
