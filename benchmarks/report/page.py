"""The page of the benchmarks: ratios, change since the last run, and figures."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.report import plots
from benchmarks.report.measurements import (
    both,
    overheads,
    part,
    ratios,
    read_benchmarks,
    reading,
    scaled,
    speedups,
)
from study.core.formatting import listed
from study.plots.figures import Picture, drawn, figure_of
from study.report.page import write_pages
from study.report.tables import Rows

NAME = "benchmark"  # of the page and its templates


def write_benchmark_report(files: Sequence[Path], folder: Path) -> list[Path]:
    """Draw what benchmark files hold, and write benchmark.html and benchmark.md into a folder.

    Two or more files: the last one is shown, and compared with the one before it. Returns the
    paths written; raises `StudyError` if a file cannot be read or written.
    """
    benchmarks = read_benchmarks(files[-1:])
    with reading(files[-1]):
        shown = pictures(benchmarks)
        about = "dataset " + listed(sorted(benchmarks["dataset"].unique()))
        content = {
            "title": f"Benchmarks, {about}",
            "machine": machine(files[-1]),
            "ratios": ratio_rows(benchmarks),
            "change": change_rows(read_benchmarks(files[-2:-1]), benchmarks) if files[1:] else [],
            "pictures": shown,
        }
        return write_pages(NAME, folder, drawn(shown, about), content)


def ratio_rows(benchmarks: pd.DataFrame) -> Rows:
    """The figures that matter, a row each."""
    return [
        {"what": what, "measured": f"{value:.3g} {unit}"}
        for what, value, unit in ratios(benchmarks)
    ]


def change_rows(before: pd.DataFrame, now: pd.DataFrame) -> Rows:
    """Benchmarks that both runs have: seconds before, now, and the change."""
    return [
        {
            "benchmark": f"{row['benchmark']}: {row['name']}",
            "before": f"{row['seconds_before']:.3f} s",
            "now": f"{row['seconds']:.3f} s",
            "change": f"{row['seconds'] / row['seconds_before'] - 1:+.0%}",
        }
        for row in both(before, now).to_dict("records")
    ]


def machine(file: Path) -> str:
    """When and on what a file was measured, in general terms."""
    content = json.loads(file.read_text(encoding="utf-8"))
    info = content["machine_info"]
    return (
        f"Measured {content['datetime'][:10]} on {info['system']} {info['machine']}, "
        f"{info['cpu'].get('count', '?')} cores, Python {info['python_version']}."
    )


def pictures(benchmarks: pd.DataFrame) -> list[Picture]:
    """A figure per kind of benchmark that was run."""
    runs, networks = part(benchmarks, "time_per_call"), speedups(benchmarks)
    asked, workers = overheads(benchmarks), scaled(benchmarks)
    found = []
    if len(runs):
        found += [
            Picture(
                name="benchmark_time_per_call",
                title="Seconds per call",
                see="Points of one method lie as far apart as its seeds choose different networks.",
                draw=lambda: figure_of(plots.time_per_call, runs),
            ),
            Picture(
                name="benchmark_accuracy",
                title="What the seconds buy",
                see="Up and to the left is better: more accurate, in less time per call.",
                draw=lambda: figure_of(plots.accuracy_time, runs),
            ),
        ]
    if len(asked):
        found.append(
            Picture(
                name="benchmark_proposals",
                title="Seconds to propose",
                see="Solid and dashed lines of a colour lie on each other where the package adds "
                "nothing to what scikit-optimize takes itself.",
                draw=lambda: figure_of(plots.proposals, part(benchmarks, "proposals")),
            )
        )
    if len(networks):
        found.append(
            Picture(
                name="benchmark_training",
                title="Training against Keras fit",
                see="The smaller the batches, the more is gained: what Keras does between steps "
                "is gone.",
                draw=lambda: figure_of(plots.speedup, networks),
            )
        )
    if len(workers):
        found.append(
            Picture(
                name="benchmark_scaling",
                title="Adding workers",
                see="Percentages are efficiency: trainings per minute and worker, against one; "
                "medians of all turns.",
                draw=lambda: figure_of(plots.scaling, workers),
            )
        )
    return found
