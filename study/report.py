"""The report: one HTML file that needs nothing else, and its Markdown twin."""

import base64
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from matplotlib.figure import Figure

from study import claims
from study.answer import answer, sentences
from study.figures import figures, pictures, save
from study.objective import ACCURACY, Objective
from study.results import Results, replace
from study.wording import clock, plural, sizes

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
        loader=PackageLoader("study"),
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
    names_of = {"final": "accuracy", "cost": "parameters"} if "dataset" in info["problem"] else {}
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
        "objective": objective,
        "judged": judged(info),
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


Rows = list[dict[str, str]]
"""A table: a dictionary of column heading to text for each row."""


def summary_rows(summary: pd.DataFrame, objective: Objective) -> Rows:
    """The main table."""
    text = objective.text
    return [
        {
            "method": str(row["method"]),
            f"best {objective.seen}": text(row["validation_score"], row["validation_sd"]),
            "measured again": text(row["remeasured_score"], row["remeasured_sd"]),
            objective.final: text(row["test_score"], row["test_sd"]),
            **({f"{objective.cost} (range)": sizes(row)} if objective.cost else {}),
            "s/call": f"{row['seconds_per_call']:.2f}",
        }
        for row in summary.to_dict("records")
    ]


def comparison_rows(comparisons: pd.DataFrame, objective: Objective) -> Rows:
    """A row per pair."""
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            **difference(row, objective),
            "wins-ties-losses": f"{row['wins']}-{row['ties']}-{row['losses']}",
            "P(better)": missing(
                row["probability_better"],
                lambda p, row=row: (
                    f"{p:.2f} [{row['probability_low']:.2f}, {row['probability_high']:.2f}]"
                ),
            ),
            "p, Holm": missing(
                row["p_adjusted"], lambda p, row=row: f"{p_text(p)} ({row['test']})"
            ),
            "verdict": str(row["verdict"]),
        }
        for row in comparisons.to_dict("records")
    ]


def difference(row: Any, objective: Objective) -> dict[str, str]:
    """Two columns: by how much the first method of a pair is better, and how sure that is."""
    unit = " (pp)" if objective.percent else ""
    interval = "-" if pd.isna(row["low"]) else objective.interval(row["low"], row["high"])
    head = "difference" if objective.sign > 0 else "advantage"
    return {
        head + unit: missing(row["mean_difference"], objective.signed_gap),
        "95 % interval": interval,
    }


def missing(value: float, form: Any) -> str:
    """A formatted value, or a dash."""
    return "-" if pd.isna(value) else str(form(value))


def p_text(p: float) -> str:
    """A p-value to three places."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def equal_time_rows(results: Results) -> Rows:
    """What each pair comes to when each had only as long as the quickest search."""
    objective = results.objective
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            **difference(row, objective),
            "verdict": str(row["verdict"]),
        }
        for row in results.equal_time.to_dict("records")
    ]


def luck_rows(summary: pd.DataFrame, objective: Objective) -> Rows:
    """Winner's curse, and where the spread of test scores comes from."""
    unit, scale = " (pp)" if objective.percent else "", objective.scale
    spread = " (sd, pp)" if objective.percent else " (sd)"
    return [
        {
            "method": str(row["method"]),
            "as observed": objective.text(row["validation_score"]),
            "measured again": objective.text(row["remeasured_score"]),
            f"winner's curse{unit}": missing(scale * row["winners_curse"], objective.signed_gap),
            f"search luck{spread}": missing(scale * row["search_sd"], objective.gap),
            f"training luck{spread}": missing(scale * row["training_sd"], objective.gap),
        }
        for row in summary.to_dict("records")
    ]


def cost_rows(summary: pd.DataFrame, objective: Objective) -> Rows:
    """Calls, what they took, and how many were needed."""
    goals = {"calls to the baseline's best": "baseline"}
    goals |= {"calls to 97 %": "goal"} if objective == ACCURACY else {}
    return [
        {
            "method": str(row["method"]),
            "proposing (s/call)": f"{row['propose_seconds']:.3f}",
            "evaluating (s/call)": f"{row['train_seconds']:.2f}",
            "configurations": f"{row['distinct']:,}",
            "repeats": f"{row['duplicates']:,}",
            "shared evaluations": f"{row['reused']:,}",
            **{heading: reached(row, goal) for heading, goal in goals.items()},
        }
        for row in summary.to_dict("records")
    ]


def reached(row: Any, what: str) -> str:
    """The median first call, and how many seeds get there."""
    median = missing(row[f"calls_to_{what}"], "{:g}".format)
    return f"{median} ({row[f'seeds_to_{what}']} of {row['seeds']} seeds)"


def claim_rows(results: Results) -> Rows:
    """The tutorial's claims, if they were measured."""
    if not results.replication:
        return []

    def figure(value: float, unit: str) -> str:
        return missing(value, "{:g}".format if unit == "calls" else "{:.2f}".format)

    return [
        {
            "claim": f"{row['claim']}: {row['text']}",
            "claimed": f"{figure(row['claimed'], row['unit'])} {row['unit']}",
            "measured": figure(row["measured"], row["unit"]),
            "95 % interval": missing(
                row["low"], lambda low, row=row: f"[{low:.2f}, {row['high']:.2f}]"
            ),
            "parameters": missing(row["parameters"], "{:,}".format),
            "verdict": str(row["verdict"]),
        }
        for row in results.replication[0].to_dict("records")
    ]


def claims_text(results: Results) -> str:
    """The paragraph about the claims, if they were measured."""
    if not results.replication:
        return ""
    return claims.paragraph(*results.replication, results.trials)


def facts(info: dict[str, Any]) -> dict[str, str]:
    """What a reader needs to judge or repeat a study."""
    problem, settings, sessions = info["problem"], info["settings"], info["sessions"]
    workers = sorted({session["workers"] for session in sessions})
    last = sessions[-1] if sessions else {}
    data, epochs = _data(info), ""
    if "dataset" in problem:
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


def judged(info: dict[str, Any]) -> str:
    """What winners are judged by, in words."""
    if "dataset" in info["problem"]:
        return "retrained on all training images and scored on the test images"
    tested = info["problem"]["objective"]["tested"]
    return "scored on data kept apart" if tested else "evaluated once more, with other seeds"


def _data(info: dict[str, Any]) -> dict[str, str]:
    """What was tuned, and on what."""
    problem, source = info["problem"], info["data"]["source"]
    checksum = f"checksum {problem['fingerprint']}"
    if "dataset" not in problem:
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
