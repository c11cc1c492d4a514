"""What is told of pictures to those who cannot see them, against the CSV files."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from study.plots.figures import FIGURES
from study.report.alt import DESCRIPTIONS, describe, sentence
from study.report.page import markdown_cell
from study.report.study_page import write_report
from study.results import Results
from tests.toy import SETTINGS, stopping_at, study_in


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    results = study_in(tmp_path_factory.mktemp("alt") / "toy")
    write_report(results)
    return results


def test_every_figure_has_a_row() -> None:
    assert set(DESCRIPTIONS) == {spec.name for spec in FIGURES}


def test_page_and_markdown_tell_the_same(finished: Results) -> None:
    told = describe(finished)
    text = (finished.folder / "report.html").read_text().removeprefix("<!DOCTYPE html>\n")
    shown = [one.get("aria-label") for one in ElementTree.fromstring(text).iter("svg")]
    markdown = (finished.folder / "report.md").read_text()
    for name, words in told.items():
        assert words in shown
        assert f"![{markdown_cell(words)}](plots/{name}.png)" in markdown


def test_comparisons_are_those_of_the_file(finished: Results) -> None:
    text = describe(finished)["comparisons"]
    written = pd.read_csv(finished.folder / "comparisons.csv")
    assert text.count("; ") == len(written) - 1
    for row in written.itertuples():
        assert (
            f"{row.method} against {row.other} {row.typical_difference:+.2f} pp "
            f"[{row.low:+.2f}, {row.high:+.2f}], {row.verdict}" in text
        )


def test_scores_and_seconds_are_those_of_the_summary(finished: Results) -> None:
    told = describe(finished)
    for row in pd.read_csv(finished.folder / "summary.csv").to_dict("records"):
        observed, again, test = (
            f"{100 * float(row[name]):.2f} %"
            for name in ("validation_accuracy", "reevaluated_accuracy", "test_accuracy")
        )
        method, size, seconds = (
            row[name] for name in ("method", "parameters_median", "train_seconds")
        )
        assert f"{method} {observed}, {again}, {test}" in told["winners_curse"]
        assert f"{method} {size:,.0f}, {test}" in told["size"]
        assert f"{method} {seconds:.3g} and " in told["time_per_call"]


def test_convergence_tells_the_mean_after_the_design_and_at_the_end(finished: Results) -> None:
    trials = pd.read_csv(finished.folder / "trials.csv")
    for method, own in trials.groupby("method"):
        means = own.groupby("call")["incumbent_accuracy"].mean()
        words = f"{method} {100 * means[3]:.2f} % and {100 * means[7]:.2f} %"
        assert words in describe(finished)["convergence"]


def test_curves_of_traced_incumbents_end_at_the_winners_re_evaluated(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", settings=replace(SETTINGS, trace=True))
    told = describe(results)
    for row in pd.read_csv(results.folder / "summary.csv").to_dict("records"):
        end = f"{100 * float(row['reevaluated_accuracy']):.2f} %"
        seconds = SETTINGS.calls * float(row["seconds_per_call"])
        assert re.search(rf"{row['method']} [\d.]+ % and {end}", told["convergence"])
        assert f"{row['method']} {seconds:.3g} s, {end}" in told["convergence_seconds"]
    for name in ("convergence", "convergence_seconds"):
        assert ", re-evaluated" in told[name]


def test_what_shows_nothing_yet_is_not_described(tmp_path: Path) -> None:
    assert describe(study_in(tmp_path / "toy", before=stopping_at(0))) == {}


def test_many_parts_are_cut(finished: Results) -> None:
    assert sentence("a", []) == ""
    assert sentence("a", ["b", "c"]) == "a: b; c."
    assert sentence("a", map(str, range(12))).endswith("; 9; and 2 more.")
