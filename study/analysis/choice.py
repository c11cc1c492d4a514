"""The best configuration of a study, of a method or of a run, with what is known of it."""

import math
from typing import Any

from study.analysis.score_tables import ScoreTables
from study.core.errors import StudyError
from study.core.formatting import pluralize
from study.core.space import Space, from_row
from study.core.study_info import ProblemInfo
from study.core.winner import Winner


def choose(scores: ScoreTables, method: str | None = None, seed: int | None = None) -> Winner:
    """The best configuration of all methods or of one, or the winner of its run at a seed.

    The best is the first of `study.analysis.winners.best_first`.

    Raises
    ------
    StudyError
        If the study has no such method or seed, or nothing to choose from yet.
    """
    scores.info.settings.require_run(method, seed)
    if seed is None:
        rows = scores.best_first.dropna(subset=["reevaluated_score"])
    else:
        rows = scores.winners[scores.winners["seed"] == seed]
    if method is not None:
        rows = rows[rows["method"] == method]
    if rows.empty:
        raise StudyError(_why_none(scores, method, seed))
    return to_winner(rows.head(1).to_dict("records")[0], scores.info.problem)


def best_of_methods(scores: ScoreTables) -> list[Winner]:
    """The best of each method that has one, in the order of the methods."""
    ranked = scores.best_first.dropna(subset=["reevaluated_score"]).drop_duplicates("method")
    rows = {row["method"]: row for row in ranked.to_dict("records")}
    info = scores.info
    return [to_winner(rows[name], info.problem) for name in info.settings.methods if name in rows]


def to_winner(row: dict[Any, Any], problem: ProblemInfo) -> Winner:
    """A row of `study.analysis.winners.winner_frame` with native values, as users see them."""
    sign, size = problem.objective.sign, row["size"]
    value = {name: sign * row[f"{name}_score"] + 0.0 for name in ("validation", "test")}
    return Winner(
        configuration=Space(problem.space).in_order(from_row(problem.table_space, row)),
        method=row["method"],
        seed=row["seed"],
        chosen_by=row["chosen_by"],
        observed=value["validation"],
        reevaluated=sign * row["reevaluated_score"] + 0.0,
        test=value["test"],
        size=None if math.isnan(size) else int(size) if size.is_integer() else size,
    )


def _why_none(scores: ScoreTables, method: str | None, seed: int | None) -> str:
    """Why there is no winner, and what to do."""
    info, made = scores.info, scores.trials
    whose, runs = "the study", len(info.settings.methods) * info.settings.seeds
    if method is not None:
        whose, made, runs = method, made[made["method"] == method], info.settings.seeds
    if seed is not None:
        whose, made, runs = f"{whose} at seed {seed}", made[made["seed"] == seed], 1
    asked = runs * info.settings.calls
    if len(made) < asked:
        return (
            f"{whose} has no winner yet ({len(made):,} of {pluralize(asked, 'call')} are made): "
            "run the same study compare again to finish it"
        )
    if made["validation_score"].notna().any():
        return f"no winner of {whose} has been re-evaluated with a score"
    return f"{whose} has no winner, for every call failed: report.md tells why"
