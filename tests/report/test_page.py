"""The report: well-formed, self-contained, and in agreement with the CSV files."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from study.core.formatting import format_percent
from study.core.objective import ACCURACY
from study.core.records import Task
from study.replication.report import write_full_report
from study.report.conclusions import pair_sentences
from study.report.page import markdown_cell
from study.report.study_page import write_report
from study.results import Results, read_files
from tests.test_results import PLOTS
from tests.toy import stopping_at, study_in


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    results = study_in(tmp_path_factory.mktemp("report") / "toy")
    write_report(results)
    return results


def page(results: Results) -> ElementTree.Element:
    """The HTML as a tree; it is XML, too, so that a tag left open is an error."""
    text = (results.folder / "report.html").read_text().removeprefix("<!DOCTYPE html>\n")
    return ElementTree.fromstring(text)


def tables(results: Results) -> dict[str, pd.DataFrame]:
    """Tables of the page by the heading that they follow."""
    found: dict[str, pd.DataFrame] = {}
    heading = ""
    for element in page(results).iter():
        if element.tag == "h2":
            heading = "".join(element.itertext())
        if element.tag == "table":
            header, *rows = [["".join(c.itertext()) for c in row] for row in element.iter("tr")]
            found[heading] = pd.DataFrame(rows, columns=header).set_index(header[0])
    return found


def text_of(results: Results) -> str:
    return " ".join("".join(page(results).itertext()).split())


def test_the_page_is_well_formed_and_needs_nothing_else(finished: Results) -> None:
    html = (finished.folder / "report.html").read_text()
    for address in re.findall(r'(?:src|href)="([^"]*)"', html):
        assert address.startswith("data:")
    assert "<script" not in html
    assert "url(" not in html
    assert "http" not in re.sub(r'"data:[^"]*"', "", html)


def test_every_figure_is_shown_with_a_sentence(finished: Results) -> None:
    figures = list(page(finished).iter("figure"))
    assert len(figures) == len(PLOTS)
    for figure in figures:
        caption = figure.find("figcaption")
        assert caption is not None
        assert (caption.text or "").endswith(".")
    pictures = (finished.folder / "report.md").read_text()
    for name in PLOTS:
        assert f"](plots/{name}.png)" in pictures
        assert (finished.folder / "plots" / f"{name}.png").is_file()


def test_the_summary_is_that_of_the_csv_file(finished: Results) -> None:
    shown = tables(finished)["Summary"]
    written = pd.read_csv(finished.folder / "summary.csv").set_index("method")
    assert list(shown.index) == list(written.index)
    for method, row in written.iterrows():
        line = shown.loc[str(method)]
        assert line["test accuracy"] == format_percent(row["test_accuracy"], row["test_sd"])
        assert line["best validation accuracy"] == format_percent(
            row["validation_accuracy"], row["validation_sd"]
        )
        assert line["re-evaluated"] == format_percent(
            row["reevaluated_accuracy"], row["reevaluated_sd"]
        )
        assert line["s/call"] == f"{row['seconds_per_call']:.2f}"


def test_the_comparisons_are_those_of_the_csv_file(finished: Results) -> None:
    shown = tables(finished)["Which method is better"]
    written = pd.read_csv(finished.folder / "comparisons.csv")
    assert len(shown) == len(written) == 6
    for row in written.itertuples():
        line = shown.loc[f"{row.method} - {row.other}"]
        assert line["typical difference (pp)"] == f"{row.typical_difference:+.2f}"
        assert line["mean"].startswith(f"{row.mean_difference:+.2f} ")
        assert line["verdict"] == row.verdict
    for sentence in pair_sentences(finished.scores.comparisons, ACCURACY, {}):
        assert " ".join(sentence.split()) in text_of(finished)


def test_it_tells_how_to_repeat_the_study(finished: Results) -> None:
    text = text_of(finished)
    assert finished.info.command in text
    assert finished.info.problem.fingerprint in text
    assert "numpy 2.0" in text


def test_a_sound_study_has_no_alert(finished: Results) -> None:
    assert not [p for p in page(finished).iter("p") if p.get("class") == "alert"]
    assert "FAILED" not in text_of(finished)


def first_alert(results: Results) -> str:
    body = page(results).find("body")
    assert body is not None
    first = next(iter(body))
    assert first.get("class") == "alert"
    return first.text or ""


def test_an_unfinished_study_says_so_at_the_top(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(30))
    write_report(results)
    assert first_alert(results).startswith("Unfinished: ")
    assert "**Unfinished: " in (results.folder / "report.md").read_text()


@pytest.mark.slow
def test_a_failed_check_marks_the_top(tmp_path: Path) -> None:
    def fail(task: Task) -> None:
        if task.configuration["units"] == 10:
            raise ValueError("too <b>large</b>")

    results = study_in(tmp_path / "toy", before=fail)
    write_report(results)
    assert first_alert(results) == "Not to be relied on: 6 of 88 calls and retrainings failed."
    assert "too <b>large</b>" in text_of(results)


def test_a_study_with_nothing_finished_has_a_report(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(0))
    write_report(results)
    assert "Nothing can be said yet" in text_of(results)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "$x^{2$", 'ä—"b|*c*'])
def test_names_are_text_wherever_they_stand(finished: Results, tmp_path: Path, name: str) -> None:
    for file in ("trials.csv", "finals.csv"):
        (tmp_path / file).write_bytes((finished.folder / file).read_bytes())
    info = json.loads((finished.folder / "study.json").read_text())
    info["problem"]["name"] = name
    (tmp_path / "study.json").write_text(json.dumps(info))
    results = read_files(tmp_path)
    write_report(results)
    assert " ".join(name.split()) in text_of(results)
    rows = [line for line in (tmp_path / "report.md").read_text().splitlines() if "|" in line]
    assert len({line.count(" | ") for line in rows if line.startswith("| toy")}) <= 1


def test_markdown_cells_hold_no_markup() -> None:
    assert markdown_cell("a|b\n*c* <d>") == r"a\|b \*c\* \<d\>"


@pytest.mark.slow
def test_the_report_can_be_made_again_from_the_files(finished: Results, tmp_path: Path) -> None:
    for name in ("study.json", "trials.csv", "finals.csv"):
        (tmp_path / name).write_bytes((finished.folder / name).read_bytes())
    write_report(read_files(tmp_path))
    for name in ("report.html", "report.md"):
        assert (tmp_path / name).read_bytes() == (finished.folder / name).read_bytes()


def claimed(results: Results) -> Callable[[], Results]:
    """Put claims and a leak, as `study replicate` would, beside a study."""
    from study.replication.claims import CLAIMS, TRIED, claim_frame

    rng = np.random.default_rng(0)
    measured = {
        claim.number: (claim.claimed + rng.normal(0, 0.1, 5)).tolist()
        for claim in CLAIMS
        if claim.number != "C3"
    }
    claim_frame(measured, {"C1": 13_002}, 11).to_csv(results.folder / "claims.csv", index=False)
    rows = [
        {"trial": n, "search": s, "seed": 0, "printed": p, "continued": 98.2, "fresh": 50.0, **c}
        for n, (s, c, p) in enumerate(TRIED, 1)
    ]
    pd.DataFrame(rows).to_csv(results.folder / "leak.csv", index=False)
    return lambda: read_files(results.folder)


@pytest.mark.slow
def test_claims_come_first_where_they_were_measured(tmp_path: Path) -> None:
    results = claimed(study_in(tmp_path / "toy"))()
    write_full_report(results)
    shown = tables(results)[""]
    written = pd.read_csv(results.folder / "claims.csv")
    assert shown["verdict"].tolist() == written["verdict"].tolist()
    assert "does not hold" in shown["verdict"].tolist()
    assert "not testable" in shown["verdict"].tolist()
    assert len(list(page(results).iter("figure"))) == len(PLOTS) + 2
