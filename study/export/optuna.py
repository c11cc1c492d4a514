"""A study as Optuna's studies, one per method and seed; Optuna is an optional dependency."""

import importlib.util
import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from study.analysis.score_tables import ScoreTables
from study.core.dimensions import Listed, to_native
from study.core.environment import install_hint
from study.core.errors import StudyError
from study.core.records import RUN, best_call
from study.core.space import Configuration, Space
from study.core.study_info import StudyInfo
from study.export.runs import Track, configurations, each_run, labelled, space_around
from study.storage.frames import to_public_columns

if TYPE_CHECKING:
    import optuna

EPOCH = datetime(1970, 1, 1)


def to_studies(
    scores: ScoreTables,
    storage: "optuna.storages.BaseStorage | None" = None,
    track: Track = iter,
) -> "dict[str, optuna.Study]":
    """Optuna's studies by name, "PROBLEM/METHOD/SEED", in a storage, by default in memory.

    A call is a trial, complete or failed, whose value is that of trials.csv. Its user attributes
    are the other columns there, as far as they are not empty and Optuna does not know them. Of a
    study they tell the run, the call that won, and what its winner's re-evaluations and tests gave.

    Trials last as long as their evaluation, and follow each other as if their run had been alone
    since the first session began: that much of their times is true.

    Raises
    ------
    StudyError
        If Optuna is not installed.
    """
    require_optuna()
    from study.methods.optuna import quiet_logging

    with quiet_logging():
        return {
            f"{scores.info.problem.name}/{method}/{seed}": _to_study(
                scores, method, seed, rows, storage
            )
            for method, seed, rows in each_run(scores.trials, track)
        }


def require_optuna() -> None:
    """Raise `StudyError` unless Optuna is installed."""
    if importlib.util.find_spec("optuna") is None:
        raise StudyError(f"Optuna is not installed here: {install_hint('tpe')}")


def _to_study(
    scores: ScoreTables,
    method: str,
    seed: int,
    rows: pd.DataFrame,
    storage: "optuna.storages.BaseStorage | None",
) -> "optuna.Study":
    import optuna

    info = scores.info
    study = optuna.create_study(
        storage=storage,
        study_name=f"{info.problem.name}/{method}/{seed}",
        direction="maximize" if info.problem.objective.sign > 0 else "minimize",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names([info.problem.objective.column_name("validation_score")])
    for name, value in _study_attributes(scores, method, seed, rows).items():
        study.set_user_attr(name, value)
    study.add_trials(_trials(info, rows))
    return study


def _study_attributes(
    scores: ScoreTables, method: str, seed: int, rows: pd.DataFrame
) -> dict[str, Any]:
    """What there is to know of a run beside its calls; of a retraining that failed, None."""
    info, finals = scores.info, scores.finals
    column = info.problem.objective.column_name
    place = best_call(rows["validation_score"].tolist())
    own = finals[(finals["method"] == method) & (finals["seed"] == seed)]
    public = to_public_columns(own, info.problem.objective)
    kinds = {"reevaluated": "validation_score", "test": "test_score"}
    retrained = {
        column(f"{kind}_score"): [
            None if pd.isna(value) else float(value)
            for value in public.loc[public["kind"] == kind, column(score)]
        ]
        for kind, score in kinds.items()
    }
    return {
        "problem": info.problem.name,
        "method": method,
        "method_summary": info.methods[method].summary,
        "seed": seed,
        "winner_call": None if place is None else int(rows["call"].iloc[place]),
        **retrained,
    }


def _trials(info: StudyInfo, rows: pd.DataFrame) -> "list[optuna.trial.FrozenTrial]":
    """A trial per row."""
    from study.methods.optuna import distributions

    objective = info.problem.objective
    found = configurations(rows, info.problem.table_space)
    space, points = _storable(space_around(info.problem.space, found), found)
    around = distributions(space)
    value, began = objective.column_name("validation_score"), _began(info)
    known_columns = [*RUN, *info.problem.dimensions, "incumbent_score"]
    public = to_public_columns(rows.drop(columns=known_columns), objective)
    return [
        _to_trial(point, around, row, value, began)
        for point, row in zip(points, public.astype(object).to_dict("records"), strict=True)
    ]


def _to_trial(
    point: Configuration,
    around: "dict[str, optuna.distributions.BaseDistribution]",
    row: dict[Any, Any],
    value: str,
    began: datetime,
) -> "optuna.trial.FrozenTrial":
    """A finished trial; `value` is the name of the row's column that has its value."""
    from optuna.trial import TrialState, create_trial

    score, elapsed = row.pop(value), row.pop("elapsed_seconds")
    failed = pd.isna(score)
    trial = create_trial(
        state=TrialState.FAIL if failed else TrialState.COMPLETE,
        value=None if failed else float(score),
        params=point,
        distributions=around,
        user_attrs={n: to_native(v) for n, v in row.items() if not (pd.isna(v) or v == "")},
    )
    trial.datetime_start = _later(began, elapsed - row["train_seconds"])
    trial.datetime_complete = _later(began, elapsed)
    return trial


def _storable(space: Space, points: Sequence[Configuration]) -> tuple[Space, list[Configuration]]:
    """Both as Optuna can store them: where choices are tuples, they are their texts."""
    lists = [d for d in space.dimensions if isinstance(d, Listed)]
    odd = {d.name: d for d in lists if any(isinstance(choice, tuple) for choice in d.choices)}
    dimensions = (labelled(odd[d.name]) if d.name in odd else d for d in space.dimensions)
    return Space(tuple(dimensions)), [
        {name: odd[name].labels[x] if name in odd else x for name, x in point.items()}
        for point in points
    ]


def _began(info: StudyInfo) -> datetime:
    """When the first session began, in local time, as Optuna's own times are."""
    try:
        return datetime.fromisoformat(info.sessions[0].began).astimezone().replace(tzinfo=None)
    except (IndexError, ValueError, OverflowError):
        return EPOCH


def _later(began: datetime, seconds: float) -> datetime:
    """So many seconds later; a simulated clock may go far."""
    try:
        return began + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max
