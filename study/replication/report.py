"""A report that begins with the tutorial's claims, where they were measured."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from study.plots.drawing import DrawnFigure, FigureSpec, save_figures, single_axes_figure
from study.plots.figures import draw_figures, remove_undrawn
from study.replication import plots
from study.replication.tables import (
    Replication,
    claim_rows,
    explanation,
    headline,
    read_replication,
)
from study.report.alt import sentence
from study.report.beside import about
from study.report.page import Section, Sheet, columns_first
from study.report.study_page import Chapter, write_report
from study.results import Results


def write_full_report(results: Results) -> list[Path]:
    """The report of a folder, with the tutorial's claims first if they were measured there.

    Raises `StudyError` if a file cannot be written, or those of the replication are damaged.
    """
    return write_report(results, chapter(results))


def save_plots(results: Results) -> list[Path]:
    """Draw every plot as PNG and SVG into the folder's plots/; the paths written.

    Raises `StudyError` as `write_full_report` does.
    """
    found = chapter(results)
    claims = [one for section in found.sections for one in section.figures] if found else []
    drawn, folder = [*claims, *draw_figures(results)], results.folder / "plots"
    remove_undrawn(drawn, folder)
    return save_figures(drawn, folder)


def chapter(results: Results) -> Chapter | None:
    """What a report says of the tutorial's claims, if they were measured."""
    found = read_replication(results.folder)
    if found is None:
        return None
    rows = columns_first(claim_rows(found), "claim", "verdict")
    drawn = claim_figures(found, results)
    return Chapter(
        title="The tutorial's claims, measured again",
        sections=[
            Section(
                answer=headline(found),
                about=about(results.info),
                sentences=[explanation(found, results)],
                sheets=[
                    Sheet(title="Each claim, and what was measured", rows=rows, file="claims.csv")
                ],
                figures=drawn[:1],
            ),
            *(Section(heading="What the tutorial's log shows", figures=[one]) for one in drawn[1:]),
        ],
        alts=describe(found),
        continuation="Its two searches at its own budget",
    )


def describe(found: Replication) -> dict[str, str]:
    """By name of a figure, what it shows."""
    claims = [
        f"{row['claim']} {row['claimed']}, {row['measured']}, {row['verdict']}"
        for row in claim_rows(found)
    ]
    ends = found.leak.groupby("trial")[["continued", "fresh"]].mean().agg(["min", "max"])
    (low, fresh_low), (high, fresh_high) = ends.to_numpy()
    leak = (
        f"Validation accuracy of 24 trials: one network trained on and on {low:.2f} to "
        f"{high:.2f} %; from fresh weights {fresh_low:.1f} to {fresh_high:.1f} % on average."
    )
    return {"claims": sentence("Claimed, measured, verdict", claims), "leak": leak}


def claim_figures(found: Replication, results: Results) -> list[DrawnFigure]:
    """The claims against what was measured, and the leak."""
    percentages = found.claims[(found.claims["unit"] == "%") & found.claims["measured"].notna()]

    def draw(plot: Any, frame: pd.DataFrame, _: Results) -> Figure:
        return single_axes_figure(plot, frame)

    specs = (
        FigureSpec(
            name="claims",
            section="",
            title="The tutorial's claims and what was measured",
            caption="A claim holds if its cross lies on the thin line, where one more honest "
            "training would end; the thick line is the uncertainty of the mean.",
            draw=partial(draw, plots.claimed, percentages),
        ),
        FigureSpec(
            name="leak",
            section="",
            title="One network trained on and on, and 24 fresh ones",
            caption="What the tutorial printed follows the line of one network that is never "
            "started anew; from fresh weights the same settings scatter.",
            draw=partial(draw, plots.leak, found.leak),
        ),
    )
    return draw_figures(results, specs)
