"""Many studies, one answer: which of them belong together, and what they say in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from study.analysis import across, attainment
from study.analysis.checks import doubts
from study.analysis.standardise import CONTROL, best_known, failures_as_worst, standardised_runs
from study.results import Results
from study.storage import csv
from study.storage.files import COLLECTION_TABLES

Budget = tuple[int, int]
"""Calls per run, and how many of them are the shared design."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Collection:
    """Studies of different problems that compare the same methods at the same budget.

    Its tables are those of the CSV files, which docs/files.md explains.
    """

    studies: dict[str, Results]
    """By problem, two at least, in alphabetical order."""
    methods: tuple[str, ...]
    """Those that all studies have, two at least."""
    seeds: dict[str, list[int]]
    """By problem, those at which all of these methods have finished; one at least."""
    left_out: tuple[str, ...] = ()
    """What is not used, and why: a line each."""

    @property
    def budget(self) -> Budget:
        """That of every study."""
        return budget_of(next(iter(self.studies.values())))

    @property
    def doubtful(self) -> list[str]:
        """The problems whose studies failed a check: other than that nothing failed."""
        return [name for name, results in self.studies.items() if doubts(results.failed_checks)]

    @property
    def control(self) -> str:
        """The method that others are held against: random search, if it is there."""
        return CONTROL if CONTROL in self.methods else self.methods[0]

    @cached_property
    def scores(self) -> dict[str, pd.DataFrame]:
        """By problem, (seeds, methods): what each run's winner came to, higher is better.

        Missing where a run has no winner, or none of its retrainings a score.
        """
        return {
            problem: wide.reindex(index=self.seeds[problem], columns=list(self.methods))
            for problem, wide in self.all_scores.items()
        }

    @cached_property
    def all_scores(self) -> dict[str, pd.DataFrame]:
        """The same of all seeds and methods of each problem, also of those that others lack."""
        return {
            problem: results.scores.runs.pivot(index="seed", columns="method", values="test_score")
            for problem, results in self.studies.items()
        }

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per problem, seed and method, see `study.analysis.standardise`."""
        known = optima_known(self.studies)
        return standardised_runs(self.scores, known, self.control, self.all_scores)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """A row per problem and pair of methods, see `study.analysis.across.verdict_table`."""
        return self._verdicts(self.scores)

    def _verdicts(self, scores: dict[str, pd.DataFrame]) -> pd.DataFrame:
        own = {problem: self.studies[problem] for problem in scores}
        return across.verdict_table(
            {p: frame * own[p].objective.scale for p, frame in scores.items()},
            {p: results.info.settings.margin for p, results in own.items()},
            {p: results.info.looks for p, results in own.items()},
        )

    @cached_property
    def method_table(self) -> pd.DataFrame:
        """A row per method, see `study.analysis.across.method_table`."""
        return across.method_table(self.runs, np.random.default_rng(0))

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """A row per pair of methods, see `study.analysis.across.pair_table`."""
        return across.pair_table(self.runs, self.verdicts, np.random.default_rng(0))

    @cached_property
    def incumbents(self) -> dict[str, pd.DataFrame]:
        """By problem, a row per call of the shared methods at these seeds: the best so far."""
        found = {}
        for problem, results in self.studies.items():
            rows = results.scores.incumbents
            own = rows["method"].isin(self.methods) & rows["seed"].isin(self.seeds[problem])
            found[problem] = rows[own]
        return found

    @cached_property
    def attainment(self) -> pd.DataFrame:
        """Shares of targets reached, see `study.analysis.attainment`."""
        return attainment.attainment(self.incumbents, *self.budget, self.control)

    @cached_property
    def profile(self) -> pd.DataFrame:
        """Shares of runs by normalised regret, see `study.analysis.attainment.profile`."""
        return attainment.profile(self.runs)

    @cached_property
    def budgets(self) -> pd.DataFrame:
        """Each method against the control after fewer calls: `pairs` with a column calls.

        By incumbents, as they were observed or, in traced studies, re-evaluated.
        """
        parts = []
        for call in attainment.budgets(*self.budget):
            scores = {
                problem: attainment.scores_after(rows, call, self.methods)
                for problem, rows in self.incumbents.items()
            }
            runs = standardised_runs(scores, optima_known(self.studies), self.control)
            verdicts = self._verdicts(scores)
            table = across.pair_table(runs, verdicts, np.random.default_rng(0))
            parts.append(table.assign(calls=call))
        table = pd.concat(parts, ignore_index=True)
        found = across.against(table, self.control)
        return found[["calls", *found.columns.drop("calls")]]

    @cached_property
    def problems(self) -> pd.DataFrame:
        """A row per problem.

        Columns: problem, folder, seeds, measure, direction (which is better), best_known and
        control_median (of the control's runs), as the problem shows its values, failures (lines
        in its report), seconds (of work, for one worker: calls, proposals and retrainings).
        """
        rows = []
        for problem, scores in self.scores.items():
            results = self.studies[problem]
            objective, full = results.objective, failures_as_worst(scores)
            best = best_known(self.all_scores[problem], objective.optimum is not None)
            rows.append(
                {
                    "problem": problem,
                    "folder": results.folder.name,
                    "seeds": len(scores),
                    "measure": objective.final_label,
                    "direction": objective.direction_label,
                    "best_known": objective.sign * best + 0.0,
                    "control_median": objective.sign * float(full[self.control].median()) + 0.0,
                    "failures": len(results.failures),
                    "seconds": _seconds_of_work(results),
                }
            )
        return pd.DataFrame(rows)

    @property
    def finished(self) -> bool:
        """Whether every study is."""
        return all(results.finished for results in self.studies.values())

    @property
    def failures(self) -> list[str]:
        """A line for every evaluation that failed and every check that did not pass."""
        return [
            f"{problem}: {line}"
            for problem, results in self.studies.items()
            for line in [*results.failures, *(check.figures for check in results.failed_checks)]
        ]


def budget_of(results: Results) -> Budget:
    """Calls per run, and how many of them are the shared design."""
    settings = results.info.settings
    return settings.calls, settings.initial_points


def optima_known(studies: Mapping[str, Results]) -> dict[str, bool]:
    """Of each problem, whether its optimum is known."""
    return {name: results.objective.optimum is not None for name, results in studies.items()}


def _seconds_of_work(results: Results) -> float:
    """What evaluations and proposals took, each evaluation once."""
    trials, finals = results.scores.trials, results.scores.finals
    evaluated = [rows.loc[~rows["reused"], "train_seconds"].sum() for rows in (trials, finals)]
    return float(sum(evaluated) + trials["propose_seconds"].sum())


def write_collection(collection: Collection, folder: Path) -> list[Path]:
    """Write the CSV files of a collection; the paths written."""
    sign = {problem: results.objective.sign for problem, results in collection.studies.items()}
    runs = collection.runs.assign(
        score=collection.runs["score"] * collection.runs["problem"].map(sign) + 0.0  # no minus 0
    )
    tables = (
        collection.problems,
        runs.rename(columns={"score": "value"}),
        collection.verdicts,
        collection.method_table,
        collection.pairs,
        collection.budgets,
        collection.attainment,
    )
    folder.mkdir(parents=True, exist_ok=True)
    return [
        csv.write_table(frame, folder / f"{name}.csv")
        for name, frame in zip(COLLECTION_TABLES, tables, strict=True)
    ]
