"""The tables of a study and what follows from them, as scores."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from study.analysis import anytime, summary, winners
from study.analysis.draws import DrawSummary, summarise_draws
from study.analysis.effects import Effects, effects
from study.analysis.paired import compare_pairs
from study.core.study_info import StudyInfo

INSTANT = 0.01  # seconds per evaluation
SAME = 1e-12  # relative: rounding of means


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreTables:
    """The tables of a study as analysis, plots and reports work on them.

    They hold scores, of which higher is better, under names that are the same for every problem.
    """

    trials: pd.DataFrame
    """A row per call; see `study.storage.frames.trial_frame`."""
    finals: pd.DataFrame
    """A row per run and retraining; see `study.storage.frames.retraining_frame`."""
    trace: pd.DataFrame
    """A row per run, incumbent and re-evaluation; see `study.storage.frames.trace_frame`."""
    info: StudyInfo

    @cached_property
    def incumbents(self) -> pd.DataFrame:
        """`trials`; if incumbents were traced, with what they are worth by fresh measurements."""
        if not self.info.settings.trace:
            return self.trials
        return anytime.reevaluated_incumbents(self.trials, self.trace)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per method and seed; see `study.analysis.summary.run_frame`."""
        return summary.run_frame(self.incumbents, self.finals)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row per method; see `study.analysis.summary.summarise`."""
        margin, problem = self.info.settings.margin, self.info.problem
        scaled = np.nan if margin is None else margin / problem.objective.scale
        return summary.summarise(self.incumbents, self.finals, problem.dimensions, scaled)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """A row per pair of methods, on test scores; see `study.analysis.paired.compare_pairs`."""
        return self._compare(self.runs, "test_score")

    @cached_property
    def equal_time(self) -> pd.DataFrame:
        """The same, on the validation score that each had at equal time.

        See `study.analysis.anytime.equal_time`.
        """
        return self._compare(anytime.equal_time(self.incumbents), "validation_score")

    @cached_property
    def search_range(self) -> pd.DataFrame:
        """What each method tried; see `study.analysis.summary.explored_range`."""
        return summary.explored_range(self.trials, self.info.problem.space)

    @cached_property
    def winners(self) -> pd.DataFrame:
        """A row per run that is through; see `study.analysis.winners.winner_frame`."""
        names, calls = self.info.problem.dimensions, self.info.settings.calls
        return winners.winner_frame(self.trials, self.finals, names, calls)

    @cached_property
    def best_first(self) -> pd.DataFrame:
        """The same by what is known of each configuration; see `winners.best_first`."""
        return winners.best_first(self.winners, self.finals, self.info.problem.dimensions)

    @cached_property
    def effects(self) -> Effects:
        """Which dimensions matter, and how; see `study.analysis.effects`."""
        return effects(self.trials, self.info)

    @cached_property
    def draws(self) -> DrawSummary:
        """How good configurations are that chance draws; see `study.analysis.draws`."""
        return summarise_draws(self.trials, self.info)

    @property
    def deterministic(self) -> bool:
        """Whether every re-evaluation of a winner gave just what its search had observed."""
        columns = ["validation_score", "reevaluated_score", "test_score"]
        values = self.runs[columns].dropna().to_numpy(float)
        same = np.isclose(values, values[:, :1], rtol=SAME, atol=0.0).all()
        return bool(len(values) and same) and not self.info.problem.objective.tested

    @property
    def instant(self) -> bool:
        """Whether evaluating takes so little that only methods' overhead takes time."""
        return bool(self.trials["train_seconds"].median() < INSTANT)

    def _compare(self, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        scores = summary.scores(rows, column, self.info.problem.objective.scale)
        return compare_pairs(
            scores, self.info.settings.margin, np.random.default_rng(0), self.info.looks
        )
