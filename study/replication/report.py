"""A report that begins with the tutorial's claims, where they were measured."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from study.plots.drawing import DrawnFigure, FigureSpec, save_figures, single_axes_figure
from study.plots.figures import draw_figures
from study.replication import plots
from study.replication.tables import Replication, claim_rows, paragraph, read_replication
from study.report.page import Chapter, write_report
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
    drawn = [*(found.figures if found else []), *draw_figures(results)]
    return save_figures(drawn, results.folder / "plots")


def chapter(results: Results) -> Chapter | None:
    """What a report says of the tutorial's claims, if they were measured."""
    found = read_replication(results.folder)
    if found is None:
        return None
    return Chapter(
        title="The tutorial's claims, measured again",
        text=paragraph(found, results),
        table=claim_rows(found),
        figures=claim_figures(found, results),
        continuation="Its two searches at its own budget",
    )


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
