"""The report of a collection of studies: report.html and report.md, and their tables."""

import os
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from study.collection import Collection, write_collection
from study.core.formatting import format_pair, join_words, pluralize
from study.plots.across_figures import draw_collection
from study.plots.drawing import DrawnFigure
from study.report import across_words as words
from study.report import notes
from study.report.across_alt import describe
from study.report.beside import date
from study.report.page import Notice, Section, Sheet, to_sections, write_report_pages
from study.report.tables import TextTable, or_dash, p_text
from study.storage.files import studies_within

KINDS = {"on these problems": "here", "on problems like these": "like"}
"""What a verdict speaks of, and how columns name it."""


def write_combined(collection: Collection, folder: Path) -> list[Path]:
    """Write the tables, plots and report of a collection into a folder; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    tables = write_collection(collection, folder)
    title = f"Which search is better, over {len(collection.scores)} problems?"
    own = contents(collection, draw_collection(collection), folder)
    alts, told = describe(collection), notices(collection)
    return [*tables, *write_report_pages(folder, title, own, alts, told)]


def notices(collection: Collection) -> list[Notice]:
    """What must be known before the answer."""
    told = []
    if not collection.finished:
        told.append(Notice(kind="warning", text=words.UNFINISHED))
    if doubtful := collection.doubtful:
        names = join_words(doubtful)
        told.append(Notice(kind="alarm", text=f"Not to be relied on: a check failed on {names}."))
    if failed := [name for name, study in collection.studies.items() if study.failures]:
        text = f"Something failed on {join_words(failed)}: see what, below."
        told.append(Notice(kind="warning", text=text))
    return told


def contents(collection: Collection, drawn: list[DrawnFigure], folder: Path) -> list[Section]:
    """The answer and the picture that shows it, then all details."""
    first, *others = [text for text in words.answer(collection) if text != words.UNFINISHED]
    command = shlex.join(["study", "combine", *sources(collection), "--output", str(folder)])
    summary = Sheet(
        title="Each method, over all problems",
        rows=summary_rows(collection),
        file="methods.csv",
        folded=False,
    )
    reports, failed = links(collection, folder), collection.failures
    return [
        Section(answer=first, about=about(collection), sentences=others, figures=drawn[:1]),
        Section(
            heading="Summary",
            sheets=[summary],
            list_title="Left out:",
            items=list(collection.left_out),
        ),
        *sections(collection, drawn[1:]),
        *([Section(heading="Each problem's own report", links=reports)] if reports else []),
        *([Section(heading="What failed", items=failed)] if failed else []),
        Section(heading="How to repeat it", command=command, facts=facts(collection)),
    ]


def about(collection: Collection) -> str:
    """Of how much data the answer speaks, and of when: small print."""
    infos = [results.info for results in collection.studies.values()]
    counts = (
        f"{pluralize(len(infos), 'problem')}, {pluralize(collection.budget[0], 'call')} per run"
    )
    evaluated = pluralize(sum(sum(info.evaluated.values()) for info in infos), "evaluation")
    latest = max(infos, key=lambda info: info.sessions[-1].began if info.sessions else "")
    return " · ".join(filter(None, [counts, evaluated, date(latest)]))


def sources(collection: Collection) -> list[str]:
    """The folders of the studies; the one that holds them, if it holds no other."""
    folders = [results.folder for results in collection.studies.values()]
    parent = folders[0].parent
    return [
        str(one) for one in ([parent] if studies_within(parent) == sorted(folders) else folders)
    ]


def facts(collection: Collection) -> dict[str, str]:
    """What a reader needs to judge or repeat it; methods and machine as in the first study."""
    infos = [results.info for results in collection.studies.values()]
    first = notes.facts(infos[0])
    calls, initial = collection.budget
    retrain = sorted({info.settings.retrain for info in infos})
    return {
        "budget": f"{pluralize(calls, 'call')} per run, {initial} of them the shared design; "
        f"winners evaluated {' or '.join(pluralize(n, 'time') for n in retrain)} to judge them",
        "each study": f"such as {infos[0].command}",
        "methods": first["methods"],
        "evaluations": f"{sum(sum(info.evaluated.values()) for info in infos):,}",
        "machine": first["machine"],
        "versions": notes.versions(infos[0]),
    }


def links(collection: Collection, folder: Path) -> dict[str, str]:
    """Where the report of each problem is, seen from the folder of this one, if it is there."""
    found = {}
    for problem, results in collection.studies.items():
        report = results.folder / "report.html"
        if report.is_file():
            found[problem] = Path(os.path.relpath(report, folder)).as_posix()
    return found


def summary_rows(collection: Collection) -> TextTable:
    """A row per method."""
    wins = Counter(method for best in best_methods(collection).values() for method in best)
    return [
        {
            "method": str(row["method"]),
            "normalised regret": or_dash(row["normalised_regret"], "{:.2f}".format),
            "on these problems": words.interval(
                row, "normalised_regret_here_low", "normalised_regret_here_high"
            ),
            "on problems like these": words.interval(
                row, "normalised_regret_like_low", "normalised_regret_like_high"
            ),
            "mean rank": f"{row['rank']:.2f}",
            "rank on problems like these": words.interval(row, "rank_like_low", "rank_like_high"),
            "best on": f"{wins[row['method']]} of {row['problems']}",
        }
        for row in collection.method_table.to_dict("records")
    ]


def best_methods(collection: Collection) -> dict[str, list[str]]:
    """By problem, the methods with the lowest mean rank: several, if they share it."""
    means = collection.runs.groupby(["problem", "method"])["rank"].mean().unstack()
    best = means.eq(means.min(axis=1), axis=0)
    return {str(p): [str(m) for m in best.columns[own]] for p, own in best.iterrows()}


def pair_rows(collection: Collection) -> TextTable:
    """A row per pair."""
    name = words.measure_of(collection)
    rows = []
    for row in collection.pairs.to_dict("records"):
        chances = [row[f"practically_{which}"] for which in ("better", "same", "worse")]
        rows.append(
            {
                "pair": format_pair(row["method"], row["other"]),
                **counts_cell(row),
                "difference": or_dash(row[name], "{:+.2f}".format),
                **{
                    heading: f"{row[f'verdict_{kind}']} "
                    + words.interval(row, f"{name}_{kind}_low", f"{name}_{kind}_high", "+.2f")
                    for heading, kind in KINDS.items()
                },
                "wins at a new problem": chance_cell(row),
                "p": or_dash(row["p_like_adjusted"], p_text),
                "practically": " / ".join(or_dash(chance, "{:.2f}".format) for chance in chances),
            }
        )
    return rows


def chance_cell(row: Mapping[Any, Any]) -> str:
    """The chance to win at a new seed of a new problem, in percent, with its interval."""
    ends = {name: 100 * row[f"probability_{name}"] for name in ("better", "low", "high")}
    interval = words.interval(ends, "low", "high", ".0f")
    return interval if interval == "-" else f"{ends['better']:.0f} % {interval}"


def counts_cell(row: Mapping[Any, Any]) -> dict[str, str]:
    """A column: on how many problems a pair has which verdict."""
    same = row["equivalent"] + row["tied"]
    counts = row["better"], row["worse"], same, row["undecided"]
    return {"better-worse-same-open": "-".join(map(str, counts))}


def problem_rows(collection: Collection) -> TextTable:
    """A row per problem."""
    winners = best_methods(collection)
    rows = []
    for row in collection.problems.to_dict("records"):
        objective = collection.studies[row["problem"]].objective
        values = row["best_known"], row["control_median"]
        best, median = (objective.format_score(objective.sign * value) for value in values)
        rows.append(
            {
                "problem": str(row["problem"]),
                "measure": f"{row['measure']}, {row['direction']} is best",
                "seeds": str(row["seeds"]),
                "best known": best,
                f"{collection.control}, median": median,
                "best mean rank": join_words(winners[row["problem"]]),
                "failures": str(row["failures"]),
            }
        )
    return rows


def budget_rows(collection: Collection) -> TextTable:
    """A row per budget and method."""
    name = words.measure_of(collection)
    return [
        {
            "method": str(row["method"]),
            "calls": f"{row['calls']:,}",
            **counts_cell(row),
            f"better than {collection.control} by": or_dash(row[name], "{:+.2f}".format),
            "on problems like these": words.interval(
                row, f"{name}_like_low", f"{name}_like_high", "+.2f"
            ),
            "verdict on others": row["verdict_like"],
        }
        for row in collection.budgets.sort_values(["method", "calls"]).to_dict("records")
    ]


def sections(collection: Collection, drawn: list[DrawnFigure]) -> list[Section]:
    """The sections of the report, in the order of its figures."""
    pairs = Sheet(
        title=f"Counts, differences and intervals of {pluralize(len(collection.pairs), 'pair')}",
        rows=pair_rows(collection),
        file="pairs.csv",
        note=words.pairs_note(collection),
    )
    problems = Sheet(
        title="Each problem", rows=problem_rows(collection), file="problems.csv", folded=False
    )
    budgets = Sheet(
        title=f"Each method against {collection.control}, by number of calls",
        rows=budget_rows(collection),
        file="budgets.csv",
        note=words.budgets_note(collection),
    )
    texts: dict[str, dict[str, Any]] = {
        "Which method is better": {"sheets": [pairs]},
        "Problem by problem": {"sheets": [problems]},
        "How many calls until it pays": {"sheets": [budgets] if budgets.rows else []},
    }
    return to_sections(drawn, texts)
