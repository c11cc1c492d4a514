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
from study.results import Results, replace
from study.wording import bracket, clock, percent, plural, signed, sizes

# A picture belongs where its table or its sentences stand; these are the sections, in order.
SECTIONS = (
    ("Which method is better", ("comparisons", "accuracy")),
    ("How soon", ("convergence", "convergence_seconds")),
    ("How large", ("parameters",)),
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
    seen = {picture.name: picture for picture in pictures(results)}
    sections = [(title, [seen[name] for name in names]) for title, names in SECTIONS]
    title = f"{info['problem']['dataset']}: which search is better?"
    return {
        "title": "The tutorial's claims, measured again" if results.replication else title,
        "finished": results.finished,
        "progress": results.progress,
        "failed": failed,
        "instead_of": info["data"].get("instead_of", ""),
        "answer": answer(results.summary, results.comparisons, info, failed),
        "summary": summary_rows(results.summary),
        "sections": sections,
        "claim_pictures": [seen[name] for name in ("claims", "leak") if name in seen],
        "sentences": sentences(results.comparisons),
        "comparisons": comparison_rows(results.comparisons),
        "equal_time": equal_time_rows(results),
        "luck": luck_rows(results.summary),
        "costs": cost_rows(results.summary),
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


def summary_rows(summary: pd.DataFrame) -> Rows:
    """The main table."""
    return [
        {
            "method": str(row["method"]),
            "best validation": percent(row["validation_accuracy"], row["validation_sd"]),
            "measured again": percent(row["remeasured_accuracy"], row["remeasured_sd"]),
            "test": percent(row["test_accuracy"], row["test_sd"]),
            "parameters (range)": sizes(row),
            "s/call": f"{row['seconds_per_call']:.2f}",
        }
        for row in summary.to_dict("records")
    ]


def comparison_rows(comparisons: pd.DataFrame) -> Rows:
    """A row per pair."""
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            "difference (pp)": missing(row["mean_difference"], signed),
            "95 % interval": missing(row["low"], lambda low, row=row: bracket(low, row["high"])),
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


def missing(value: float, form: Any) -> str:
    """A formatted value, or a dash."""
    return "-" if pd.isna(value) else str(form(value))


def p_text(p: float) -> str:
    """A p-value to three places."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def equal_time_rows(results: Results) -> Rows:
    """What each pair comes to when each had only as long as the quickest search."""
    return [
        {
            "pair": f"{row['method']} - {row['other']}",
            "difference (pp)": missing(row["mean_difference"], signed),
            "95 % interval": missing(row["low"], lambda low, row=row: bracket(low, row["high"])),
            "verdict": str(row["verdict"]),
        }
        for row in results.equal_time.to_dict("records")
    ]


def luck_rows(summary: pd.DataFrame) -> Rows:
    """Winner's curse, and where the spread of test accuracy comes from."""
    return [
        {
            "method": str(row["method"]),
            "as observed": percent(row["validation_accuracy"]),
            "measured again": percent(row["remeasured_accuracy"]),
            "winner's curse (pp)": missing(100 * row["winners_curse"], signed),
            "search luck (sd, pp)": missing(100 * row["search_sd"], "{:.2f}".format),
            "training luck (sd, pp)": missing(100 * row["training_sd"], "{:.2f}".format),
        }
        for row in summary.to_dict("records")
    ]


def cost_rows(summary: pd.DataFrame) -> Rows:
    """Calls, what they took, and how many were needed."""
    return [
        {
            "method": str(row["method"]),
            "proposing (s/call)": f"{row['propose_seconds']:.3f}",
            "training (s/call)": f"{row['train_seconds']:.2f}",
            "configurations": f"{row['distinct']:,}",
            "repeats": f"{row['duplicates']:,}",
            "shared trainings": f"{row['reused']:,}",
            "calls to the baseline's best": reached(row, "baseline"),
            "calls to 97 %": reached(row, "goal"),
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
    return {
        "data": f"{problem['dataset']}, {info['data']['source']}; checksum "
        f"{problem['fingerprint']}; {problem['training_images']:,} training images "
        f"({problem['validation_images']:,} of them validate), {problem['test_images']:,} test",
        "budget": f"{plural(settings['seeds'], 'seed')}, {plural(settings['calls'], 'call')} per "
        f"run, {settings['initial_points']} of them the shared design; winners retrained "
        f"{plural(settings['retrain'], 'time')} to test them and as often to measure them again; "
        f"{plural(problem['epochs'], 'epoch')} each",
        "methods": "; ".join(f"{name}: {text}" for name, text in info["methods"].items()),
        "evaluations": f"{sum(info['evaluated'].values()):,} trained in {clock(info['seconds'])} "
        f"with {' or '.join(map(str, workers))} workers side by side",
        "machine": f"{last.get('machine', '-')}, {last.get('cores', '-')} cores, Python "
        f"{last.get('python', '-')}",
    }


def versions(info: dict[str, Any]) -> str:
    """Package versions of the last session."""
    last = info["sessions"][-1] if info["sessions"] else {}
    return ", ".join(f"{name} {version}" for name, version in last.get("versions", {}).items())
