"""What would run, and about how long: a look at a plan that writes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from study.core.records import RETRAINING_KINDS
from study.core.settings import Settings
from study.execution.durations import recall
from study.execution.plan import Plan
from study.execution.progress import ExtraEvaluation
from study.execution.resume import open_study
from study.execution.runner import StudyRunner


@dataclass(frozen=True, kw_only=True)
class MethodPreview:
    """What a method is asked for, and what the ledger holds of it."""

    method: str
    calls: int
    stored_calls: int
    retrainings: int
    stored_retrainings: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a study would do."""

    settings: Settings
    methods: list[MethodPreview]
    extras: int
    """Evaluations that belong to no run."""
    seconds: float | None
    """About how long it takes; None if nothing is left to do."""
    measured: bool
    """Whether that is by what such a study took on this machine."""


def no_extras(_: Settings) -> Sequence[ExtraEvaluation]:
    """A study of nothing but its runs."""
    return ()


def preview(
    planned: Plan, extras: Callable[[Settings], Sequence[ExtraEvaluation]] = no_extras
) -> Preview:
    """What is left of a plan. Nothing is evaluated, and nothing written.

    Raises `StudyError` as `open_study` does.
    """
    with open_study(planned, dry=True) as (whole, ledger):
        settings, more = whole.settings, extras(whole.settings)
        remembered = recall(whole.problem)
        runner = StudyRunner(
            *(whole.problem, settings, ledger),
            extras=more,
            methods=whole.methods,
            remembered=remembered,
        )
        each = len(RETRAINING_KINDS) * settings.retrain
        methods = []
        for method in settings.methods:
            calls, retrainings = runner.n_stored(method)
            methods.append(
                MethodPreview(
                    method=method,
                    calls=settings.calls * settings.seeds,
                    stored_calls=calls,
                    retrainings=each * settings.seeds,
                    stored_retrainings=retrainings,
                )
            )
        seconds = runner.seconds_left(whole.workers) if runner.unfinished else None
        return Preview(
            settings=settings,
            methods=methods,
            extras=len(more),
            seconds=seconds,
            measured=remembered is not None,
        )
