"""A results folder: what a study found, how it is read, and how its tables are written."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pandas as pd

from study.analysis.checks import Check, checks
from study.analysis.choice import choose
from study.analysis.score_tables import ScoreTables
from study.core.memory import gc_paused
from study.core.objective import Objective
from study.core.study_info import StudyInfo
from study.core.validation import to_path
from study.core.winner import Winner
from study.storage import csv, frames
from study.storage.files import IMPORTANCE, LEDGER, translate_read_errors, write_atomically
from study.storage.ledger import Ledger
from study.storage.schema import decode_info, validate_frames
from study.storage.snapshot import take_snapshot

if TYPE_CHECKING:
    import optuna
    from scipy.optimize import OptimizeResult

    from study.plots.accessor import StudyPlots


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a study found, finished or not.

    Its tables are those of the CSV files: the same columns, values and signs, which
    docs/files.md explains.
    """

    folder: Path
    info: StudyInfo
    """study.json: settings, problem, versions, machine, sessions."""
    scores: ScoreTables
    """The same tables as scores, of which higher is better, under neutral names."""

    @property
    def objective(self) -> Objective:
        """What the values are, and which are better."""
        return self.info.problem.objective

    def __repr__(self) -> str:
        from study.report.notebook import to_text  # here, what stands above shows what stands below

        return to_text(self)

    def _repr_html_(self) -> str:
        from study.report.notebook import to_html

        return to_html(self)

    @property
    def plot(self) -> "StudyPlots":
        """The plots one by one, such as `results.plot.convergence()`."""
        from study.plots.accessor import StudyPlots

        return StudyPlots(self)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """A row per call, as in trials.csv; a choice that is no text stands there as itself."""
        return frames.with_values(self.call_table, self.info.problem.table_space)

    @cached_property
    def call_table(self) -> pd.DataFrame:
        """trials.csv: the same with every choice as text."""
        return self._public(self.scores.trials)

    @cached_property
    def finals(self) -> pd.DataFrame:
        """A row per run and retraining, as in finals.csv."""
        return self._public(self.scores.finals)

    @cached_property
    def trace(self) -> pd.DataFrame:
        """A row per run, incumbent and re-evaluation, as in trace.csv; none without `--trace`."""
        return self._public(self.scores.trace)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row per method, as in summary.csv."""
        return self._public(self.scores.summary)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """A row per pair of methods, as in comparisons.csv."""
        return self._public(self.scores.comparisons)

    @cached_property
    def equal_time(self) -> pd.DataFrame:
        """The same at equal time, as in equal_time.csv."""
        return self._public(self.scores.equal_time)

    @cached_property
    def search_range(self) -> pd.DataFrame:
        """A row per method and dimension, as in search_range.csv."""
        return self._public(self.scores.search_range)

    @cached_property
    def winners(self) -> pd.DataFrame:
        """A row per run that is through, as in winners.csv; choices as in `trials`."""
        return frames.with_values(self.winner_table, self.info.problem.table_space)

    @cached_property
    def winner_table(self) -> pd.DataFrame:
        """winners.csv: the same with every choice as text."""
        return self._public(self.scores.winners)

    @property
    def best(self) -> Winner:
        """The best configuration of all methods, by its re-evaluated value.

        Raises `StudyError` if no winner has been re-evaluated yet.
        """
        return choose(self.scores)

    def best_of(self, method: str, *, seed: int | None = None) -> Winner:
        """The best configuration of a method, or the one that its run at a seed chose.

        Raises `StudyError` if there is no such method or seed, or if it has no winner yet.
        """
        return choose(self.scores, method, seed)

    def importance(self) -> pd.DataFrame:
        """A row per dimension or pair, as in importance.csv; none with fewer than three seeds."""
        return self.scores.effects.importance.copy()

    def _public(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frames.to_public_columns(frame, self.objective)

    @cached_property
    def checks(self) -> list[Check]:
        """Whether the study kept its rules; see `study.analysis.checks`."""
        return checks(self.scores.trials, self.scores.finals, self.scores.trace, self.info)

    def to_optuna(self) -> "dict[str, optuna.Study]":
        """Optuna's studies, one per run, in memory; see `study.export.optuna.to_studies`."""
        from study.export.optuna import to_studies

        return to_studies(self.scores)

    def optimize_result(self, method: str, seed: int) -> "OptimizeResult":
        """A run for `skopt.plots`; see `study.export.skopt.to_optimize_result`."""
        from study.export.skopt import to_optimize_result

        return to_optimize_result(self.scores, method, seed)

    @property
    def failed_checks(self) -> list[Check]:
        """The rules that were not kept."""
        return [check for check in self.checks if not check.passed]

    @property
    def valid(self) -> bool:
        """Whether all checks passed."""
        return not self.failed_checks

    @cached_property
    def failed_evaluations(self) -> list[str]:
        """A line for every call, retraining and re-evaluation without a score: which, and why."""
        return frames.failures(self.scores.trials, self.scores.finals, self.scores.trace)

    @property
    def failures(self) -> list[str]:
        """The same, and a line for every search that broke off."""
        return self.failed_evaluations + self.info.errors

    @property
    def finished(self) -> bool:
        """Whether everything that was asked for is done."""
        return self.info.finished

    @property
    def progress(self) -> str:
        """How far the study is, in words."""
        parts = {
            "calls": self.info.calls,
            "retrainings": self.info.retrainings,
            "re-evaluations": self.info.reevaluations,
        }
        return ", ".join(f"{n.done} of {n.of} {what}" for what, n in parts.items() if n)


def make_results(
    folder: Path,
    info: StudyInfo,
    trials: pd.DataFrame,
    finals: pd.DataFrame,
    trace: pd.DataFrame,
) -> Results:
    """The results of tables of scores."""
    scores = ScoreTables(trials=trials, finals=finals, trace=trace, info=info)
    return Results(folder=folder, info=info, scores=scores)


def load(folder: str | os.PathLike[str]) -> Results:
    """Read a results folder: from its ledger if it is there, else from its CSV files.

    Raises
    ------
    StudyError
        If the folder holds no study, or one that cannot be read.
    """
    path = to_path("folder", folder)
    with translate_read_errors(path):
        if not (path / LEDGER).is_file():
            return read_files(path)
        with Ledger(path / LEDGER, create=False) as ledger:
            results = from_ledger(path, ledger, [])
        scores = results.scores
        validate_frames(scores.trials, scores.finals, scores.trace, results.info)
        return results


def read_files(folder: Path) -> Results:
    """The results as study.json and the tables trials, finals and, if traced, trace have them.

    Raises
    ------
    StudyError
        If one is missing or damaged.
    """
    with translate_read_errors(folder):
        info = decode_info((folder / "study.json").read_bytes())
        problem = info.problem
        named = problem.objective, info.metrics
        trials = csv.read_trials(folder / "trials.csv", problem.space, *named)
        finals = csv.read_finals(folder / "finals.csv", *named)
        trace = (
            csv.read_trace(folder / "trace.csv", problem.objective)
            if info.reevaluations
            else frames.trace_frame([], [], {}, [])
        )
        validate_frames(trials, finals, trace, info)
        return make_results(folder, info, trials, finals, trace)


@gc_paused()
def from_ledger(folder: Path, ledger: Ledger, errors: list[str]) -> Results:
    """The results of what a ledger holds; `errors` are the searches that broke off."""
    return make_results(folder, *take_snapshot(folder, ledger, errors))


def write_tables(results: Results) -> list[Path]:
    """Write study.json and the CSV files; the paths written.

    Each file is replaced at once or not at all. Raises `StudyError` if one cannot be.
    """
    return [*write_run_tables(results), write_importance(results)]


def write_importance(results: Results) -> Path:
    """Write importance.csv, which takes seconds to compute; its path."""
    return csv.write_table(results.importance(), results.folder / IMPORTANCE)


def write_run_tables(results: Results) -> list[Path]:
    """The same as `write_tables` without importance.csv, of which an older one is removed.

    For whoever cannot wait: an interrupted study, and the driver of other studies.
    """
    folder = results.folder
    tables = {
        "trials.csv": results.call_table,
        "finals.csv": results.finals,
        **({"trace.csv": results.trace} if results.info.settings.trace else {}),
        "summary.csv": results.summary,
        "comparisons.csv": results.comparisons,
        "equal_time.csv": results.equal_time,
        "search_range.csv": results.search_range,
        "winners.csv": results.winner_table,
    }
    paths = [csv.write_table(frame, folder / name) for name, frame in tables.items()]
    (folder / IMPORTANCE).unlink(missing_ok=True)  # it may speak of fewer evaluations
    text = msgspec.json.format(msgspec.json.encode(results.info), indent=2) + b"\n"
    return [*paths, write_atomically(folder / "study.json", lambda path: path.write_bytes(text))]
