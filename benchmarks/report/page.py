"""The page of the benchmarks: ratios, change since the last run, and figures."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from benchmarks.report import plots
from benchmarks.report.measurements import (
    join_runs,
    proposal_speedups,
    ratios,
    read_benchmarks,
    scaling,
    select_rows,
    speedups,
    translate_file_errors,
)
from study.core.formatting import join_words
from study.plots.drawing import HEIGHT, DrawnFigure, add_title, single_axes_figure
from study.plots.style import own_style
from study.report.page import write_pages
from study.report.tables import TextTable

NAME = "benchmark"  # of the page and its templates
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class BenchmarkFigure:
    """One figure of the page."""

    name: str
    """Of its files."""
    title: str
    caption: str
    """What to see, in a sentence."""
    rows: Callable[[pd.DataFrame], pd.DataFrame]
    """What it shows of all benchmarks; without any row there is no figure."""
    draw: Callable[[pd.DataFrame, Axes], Axes]
    height: Callable[[pd.DataFrame], float] = lambda _: HEIGHT
    """Inches."""


def _runs(benchmarks: pd.DataFrame) -> pd.DataFrame:
    return select_rows(benchmarks, "time_per_call")


def _proposals(benchmarks: pd.DataFrame) -> pd.DataFrame:
    rows = select_rows(benchmarks, "proposals")
    return rows if len(proposal_speedups(benchmarks)) else rows.iloc[:0]


FIGURES = (
    BenchmarkFigure(
        name="benchmark_time_per_call",
        title="Seconds per call",
        caption="A point per seed, the stroke their mean: seeds of one method differ as far as "
        "they choose different networks.",
        rows=_runs,
        draw=plots.time_per_call,
        height=lambda rows: 1.6 + 0.45 * rows["method"].nunique(),
    ),
    BenchmarkFigure(
        name="benchmark_accuracy",
        title="What the seconds buy",
        caption="Up and to the left is better: more accurate, in less time per call.",
        rows=_runs,
        draw=plots.accuracy_time,
    ),
    BenchmarkFigure(
        name="benchmark_proposals",
        title="Seconds to propose",
        caption="Solid lines: this package. Dashed ones of the same colour: scikit-optimize alone, "
        "for the same points.",
        rows=_proposals,
        draw=plots.proposals,
    ),
    BenchmarkFigure(
        name="benchmark_training",
        title="Training against Keras fit",
        caption="Lines begin at 1, where both take the same time; at the right the factor, and the "
        "seconds of Keras and of this package. The smaller the batches, the more is gained: what "
        "Keras does between steps is gone.",
        rows=speedups,
        draw=plots.speedup,
        height=lambda rows: 1.8 + 0.5 * len(rows),
    ),
    BenchmarkFigure(
        name="benchmark_scaling",
        title="Adding workers",
        caption="Percentages are efficiency: trainings per minute and worker, against one; medians "
        "of all turns.",
        rows=scaling,
        draw=plots.scaling,
    ),
)
"""Every figure, in the order of the page."""


def write_benchmark_report(files: Sequence[Path], folder: Path) -> list[Path]:
    """Draw what benchmark files hold, and write benchmark.html and benchmark.md into a folder.

    Two or more files: the last one is shown, and compared with the one before it. Returns the
    paths written; raises `StudyError` if a file cannot be read or written.
    """
    benchmarks = read_benchmarks(files[-1:])
    with translate_file_errors(files[-1]):
        about = "dataset " + join_words(sorted(benchmarks["dataset"].unique()))
        figures = draw_figures(benchmarks, about)
        content = {
            "title": f"Benchmarks, {about}",
            "machine": machine(files[-1]),
            "ratios": ratio_rows(benchmarks),
            "change": change_rows(read_benchmarks(files[-2:-1]), benchmarks) if files[1:] else [],
            "drawn_figures": figures,
        }
        return write_pages(NAME, folder, figures, content, TEMPLATES)


def draw_figures(benchmarks: pd.DataFrame, about: str) -> list[DrawnFigure]:
    """A figure per kind of benchmark that was run; `about` stands below each title."""
    drawn = []
    with own_style():
        for spec in FIGURES:
            rows = spec.rows(benchmarks)
            if len(rows):
                figure = add_title(
                    single_axes_figure(spec.draw, rows, height=spec.height(rows)), spec.title, about
                )
                drawn.append(
                    DrawnFigure(
                        name=spec.name,
                        section="Figures",
                        title=spec.title,
                        caption=spec.caption,
                        figure=figure,
                    )
                )
    return drawn


def ratio_rows(benchmarks: pd.DataFrame) -> TextTable:
    """The figures that matter, a row each."""
    return [
        {
            "what": what,
            "measured": f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}",
        }
        for what, value, unit in ratios(benchmarks)
    ]


def change_rows(before: pd.DataFrame, now: pd.DataFrame) -> TextTable:
    """Benchmarks that both runs have: seconds before, now, and the change."""
    return [
        {
            "benchmark": f"{row['benchmark']}: {row['name']}",
            "before": f"{row['seconds_before']:.3f} s",
            "now": f"{row['seconds']:.3f} s",
            "change": f"{row['seconds'] / row['seconds_before'] - 1:+.0%}",
        }
        for row in join_runs(before, now).to_dict("records")
    ]


def machine(file: Path) -> str:
    """When and on what a file was measured, in general terms."""
    content = json.loads(file.read_text(encoding="utf-8"))
    info = content["machine_info"]
    return (
        f"Measured {content['datetime'][:10]} on {info['system']} {info['machine']}, "
        f"{info['cpu'].get('count', '?')} cores, Python {info['python_version']}."
    )
