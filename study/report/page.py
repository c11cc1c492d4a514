"""The report: one HTML file that needs nothing else, and its Markdown twin."""

import base64
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from matplotlib.figure import Figure

from study.analysis.paired import BOOTSTRAP_FROM, RESAMPLE_TO, RESAMPLES
from study.core.formatting import clock, plural
from study.core.objective import Objective
from study.plots.figures import figures, pictures, save
from study.report.conclusions import answer, sentences
from study.report.tables import (
    claim_rows,
    claims_text,
    comparison_rows,
    cost_rows,
    equal_time_rows,
    luck_rows,
    summary_rows,
)
from study.results import Results, replace
from study.storage.schema import is_network

# A picture belongs where its table or its sentences stand; these are the sections, in order.
SECTIONS = (
    ("Which method is better", ("comparisons", "final")),
    ("How soon", ("convergence", "convergence_seconds")),
    ("How large", ("cost",)),
    ("How much luck", ("winners_curse",)),
    ("What it costs", ("time_per_call",)),
    ("What was tried", ("search_range",)),
)


def write_report(results: Results) -> list[Path]:
    """Draw all plots, and write report.html and report.md; the paths written.

    Raises `StudyError` if a file cannot be written.
    """
    return write_pages("report", results.folder, figures(results), contents(results))


def write_pages(
    name: str, folder: Path, drawn: Iterable[tuple[str, Figure]], content: dict[str, Any]
) -> list[Path]:
    """Save figures into a folder's plots/, and render NAME.html and NAME.md beside them.

    The templates of that name get `content`, and the figures by name as addresses that hold
    them. Returns the paths written; raises `StudyError` if one cannot be.
    """
    saved = {title: list(save(figure, folder / "plots" / title)) for title, figure in drawn}
    environment = Environment(
        loader=PackageLoader("study.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = markdown_cell
    images = {title: data_uri(svg) for title, (_, svg) in saved.items()}
    pages = []
    for ending in ("html", "md"):
        text = environment.get_template(f"{name}.{ending}").render(**content, images=images)
        write_text = partial(Path.write_text, data=text, encoding="utf-8")
        pages.append(replace(folder / f"{name}.{ending}", write_text))
    return [path for paths in saved.values() for path in paths] + pages


def data_uri(svg: Path) -> str:
    """An SVG file as an address that holds it."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.read_bytes()).decode()


def markdown_cell(text: object) -> str:
    """Text that is safe between the bars of a Markdown table, and no markup."""
    flat = " ".join(str(text).split())
    for sign in "\\`*_[]<>|":
        flat = flat.replace(sign, "\\" + sign)
    return flat


def contents(results: Results) -> dict[str, Any]:
    """Everything that the templates show, as text and rows of text."""
    info = results.info
    failed = [check.rule for check in results.checks if not check.passed]
    objective = results.objective
    seen = {picture.name: picture for picture in pictures(results)}
    names_of = {"final": "accuracy", "cost": "parameters"} if is_network(info["problem"]) else {}
    sections = [
        (title, shown)
        for title, names in SECTIONS
        if (shown := [seen[n] for name in names if (n := names_of.get(name, name)) in seen])
    ]
    title = f"{info['problem']['name']}: which search is better?"
    return {
        "title": "The tutorial's claims, measured again" if results.replication else title,
        "finished": results.finished,
        "progress": results.progress,
        "failed": failed,
        "instead_of": info["data"].get("instead_of", ""),
        "notes": notes(info, objective),
        "answer": answer(results.summary, results.comparisons, info, failed),
        "summary": summary_rows(results.summary, objective),
        "sections": sections,
        "claim_pictures": [seen[name] for name in ("claims", "leak") if name in seen],
        "sentences": sentences(results.comparisons, objective),
        "comparisons": comparison_rows(results.comparisons, objective),
        "equal_time": equal_time_rows(results),
        "luck": luck_rows(results.summary, objective),
        "costs": cost_rows(results.summary, objective),
        "claims": claim_rows(results),
        "claims_text": claims_text(results),
        "checks": results.checks,
        "failures": results.failures,
        "command": info["command"],
        "facts": facts(info),
        "versions": versions(info),
    }


def facts(info: dict[str, Any]) -> dict[str, str]:
    """What a reader needs to judge or repeat a study."""
    problem, settings, sessions = info["problem"], info["settings"], info["sessions"]
    workers = sorted({session["workers"] for session in sessions})
    last = sessions[-1] if sessions else {}
    data, epochs = _data(info), ""
    if is_network(problem):
        epochs = f"; {plural(problem['epochs'], 'epoch')} each"
    return {
        **data,
        "budget": f"{plural(settings['seeds'], 'seed')}, {plural(settings['calls'], 'call')} per "
        f"run, {settings['initial_points']} of them the shared design; winners evaluated "
        f"{plural(settings['retrain'], 'time')} to test them and as often to measure them again"
        + epochs,
        "methods": "; ".join(f"{m}: {about['summary']}" for m, about in info["methods"].items()),
        "evaluations": f"{sum(info['evaluated'].values()):,} in {clock(info['seconds'])} "
        f"with {' or '.join(map(str, workers))} workers side by side",
        "machine": f"{last.get('machine', '-')}, {last.get('cores', '-')} cores, Python "
        f"{last.get('python', '-')}",
    }


def notes(info: dict[str, Any], objective: Objective) -> dict[str, str]:
    """How to read each table."""
    costs = f" {objective.cost.capitalize()}: median of the winners." if objective.cost else ""
    unit = ", in percentage points (pp)" if objective.percent else ""
    direction = "; positive if the first method is better" if objective.sign < 0 else ""
    return {
        "summary": "Mean ± standard deviation over seeds. "
        f"Best {objective.seen}: the best of each run's calls, as it was observed; measured again: "
        f"the same configuration evaluated with fresh seeds; {objective.final}: {judged(info)}."
        f"{costs}",
        "comparisons": f"Paired over seeds, on {objective.final}{unit}{direction}. An interval is "
        f"Student's t below {BOOTSTRAP_FROM} seeds, BCa bootstrap, never narrower than t, from "
        f"there to {RESAMPLE_TO:,}. It is the pair's own: adjusted for the number of pairs, by "
        "Holm's method, is p, that of a sign-flip test (exact: all patterns; random flips: "
        f"{RESAMPLES:,} of them) where so many seeds can reach significance at all, else of the "
        "paired t test. P(better): share of seeds won, ties half, with its Clopper-Pearson "
        "interval. All of it speaks of a number of seeds that was fixed beforehand.",
        "equal_time": "At equal time, when the quickest search of each seed was through, the "
        f"incumbents compare like this, by {objective.seen}. A method that does not search may "
        "have been through long before, with all its calls:",
        "luck": "Winner's curse: observed minus measured again. Search luck is the spread of "
        f"{objective.final} between seeds that is left when the spread between evaluations of one "
        "and the same configuration, training luck, is taken out.",
    }


def judged(info: dict[str, Any]) -> str:
    """What winners are judged by, in words."""
    if is_network(info["problem"]):
        return "retrained on all training images and scored on the test images"
    tested = info["problem"]["objective"]["tested"]
    return "scored on data kept apart" if tested else "evaluated once more, with other seeds"


def _data(info: dict[str, Any]) -> dict[str, str]:
    """What was tuned, and on what."""
    problem, source = info["problem"], info["data"]["source"]
    checksum = f"checksum {problem['fingerprint']}"
    if not is_network(problem):
        objective = Objective(**problem["objective"])
        known = "" if objective.optimum is None else f"; the optimum is {objective.optimum:g}"
        aim = f"the {objective.best} {objective.noun}{known}"
        return {"problem": f"{problem['name']}, {source}; {checksum}; {aim}"}
    return {
        "data": f"{problem['dataset']}, {source}; {checksum}; "
        f"{problem['training_images']:,} training images "
        f"({problem['validation_images']:,} of them validate), {problem['test_images']:,} test"
    }


def versions(info: dict[str, Any]) -> str:
    """Package versions of the last session."""
    last = info["sessions"][-1] if info["sessions"] else {}
    return ", ".join(f"{name} {version}" for name, version in last.get("versions", {}).items())
