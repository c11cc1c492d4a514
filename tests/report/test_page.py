"""The report: well-formed, self-contained, and in agreement with the CSV files."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pandas as pd
import pytest

from study.core.formatting import format_percent
from study.core.objective import Objective
from study.core.records import Task
from study.plots.figures import FIGURES, draw_figures
from study.replication.report import write_full_report
from study.report import study_page
from study.report.conclusions import answer
from study.report.page import markdown_cell
from study.report.study_page import write_report
from study.results import Results, make_results, read_files
from tests.test_results import PLOTS
from tests.toy import NO_TRACE, stopping_at, study_in


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
    """Tables of the page by what they are called, a row per name in their first column."""
    found = {}
    for region in page(results).iter("div"):
        if (label := region.get("aria-label", "")).startswith("Table: "):
            header, *rows = [["".join(c.itertext()) for c in row] for row in region.iter("tr")]
            frame = pd.DataFrame(rows, columns=header).set_index(header[0])
            found[label.removeprefix("Table: ")] = frame
    return found


def text_of(results: Results) -> str:
    return " ".join("".join(page(results).itertext()).split())


def test_the_page_is_well_formed_and_needs_nothing_else(finished: Results) -> None:
    html = (finished.folder / "report.html").read_text()
    assert not re.findall(r'src="[^"]*"', html)
    for address in re.findall(r'\bhref="([^"]*)"', html):
        assert address.startswith(("data:", "#")) or (finished.folder / address).is_file()
    assert "<script" not in html
    assert not [name for name in re.findall(r"url\(([^)]*)\)", html) if name[0] != "#"]
    assert "http" not in html


def test_every_link_within_the_page_leads_somewhere(finished: Results) -> None:
    tree = page(finished)
    names = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(names) == len(set(names))
    html = (finished.folder / "report.html").read_text()
    assert set(re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', html))
    for link in re.findall(r'(?:href="|url\()#([^")]*)', html):
        assert link in names


def test_the_contents_are_complete(finished: Results) -> None:
    tree = page(finished)
    (contents,) = tree.iter("nav")
    listed = {link.get("href"): link.text for link in contents.iter("a")}
    assert listed == {f"#{one.get('id')}": one.text for one in tree.iter("h2")}
    assert list(listed.values())[:2] == ["Summary", "Which method is better"]
    assert list(listed.values())[-2:] == ["Integrity checks", "How to repeat it"]
    markdown = (finished.folder / "report.md").read_text()
    headings = re.findall(r"^## (.*)$", markdown, re.MULTILINE)
    assert re.findall(r"^- \[(.*)\]\(#", markdown, re.MULTILINE) == headings


def test_answer_picture_and_winner_come_first(finished: Results) -> None:
    (main,) = page(finished).iter("main")
    head, first, about, picture, winner, *_ = main
    assert [one.tag for one in (head, first, picture)] == ["h1", "p", "div"]
    short = first.text or ""
    assert short == answer(finished)[0]
    assert len(short) < 200
    assert "[" not in short
    assert (about.text or "").endswith(" · 1 January 2026")
    assert len(list(picture.iter("svg"))) == 1
    assert (winner.text or "").startswith("Best: ")


def test_notes_and_pairs_are_folded(finished: Results) -> None:
    tree = page(finished)
    notes = [one for one in tree.iter("p") if one.get("class") == "note"]
    folded = [one for part in tree.iter("details") for one in part.iter("p")]
    assert len(notes) > 4
    assert all(note in folded for note in notes)
    assert [table for part in tree.iter("details") for table in part.iter("table")]
    for part in tree.iter("details"):
        (summary,) = part.findall("summary")
        assert summary.text
        assert part.get("open") is None
    text = text_of(finished)
    for row in finished.comparisons.to_dict("records"):
        assert text.count(f"{row['method']} − {row['other']}") == 2  # at equal time, too


def test_the_structure_is_accessible(finished: Results) -> None:
    tree = page(finished)
    assert tree.get("lang") == "en"
    levels = [int(one.tag[1]) for one in tree.iter() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(np.diff(levels)) <= 1
    assert not list(tree.iter("img"))
    for picture in tree.iter("svg"):
        assert picture.get("role") == "img"
        assert len(picture.get("aria-label", "")) > 20
    for table in tree.iter("table"):
        assert {one.get("scope") for one in table.iter("th")} == {"col", "row"}
        assert {row[0].get("scope") for row in table.iter("tr")} == {"col", "row"}
    scrolling = [d for d in tree.iter("div") if d.get("class") in {"scroll", "picture"}]
    assert len({one.get("aria-label") for one in scrolling}) == len(scrolling)
    for one in scrolling:
        assert one.get("tabindex") == "0"
        assert one.get("role") in {"region", "group"}


def test_a_dark_page_inverts_no_picture_and_paper_is_never_dark(finished: Results) -> None:
    html = (finished.folder / "report.html").read_text()
    assert "invert" not in html
    assert html.count("prefers-color-scheme") == 1
    assert "@media screen and (prefers-color-scheme: dark)" in html
    declared = set(re.findall(r"--(\w+): ", html))
    assert set(re.findall(r"var\(--(\w+)", html)) <= declared


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
    shown = tables(finished)["Each method, over all seeds"]
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
        unit, factor = ("s/call", 1) if "s/call" in line else ("ms/call", 1000)
        assert line[unit] == f"{factor * row['seconds_per_call']:.2f}"


def test_the_comparisons_are_those_of_the_csv_file(finished: Results) -> None:
    shown = tables(finished)["Differences, intervals and p-values of 6 pairs"]
    written = pd.read_csv(finished.folder / "comparisons.csv")
    assert len(shown) == len(written) == 6
    for row in written.itertuples():
        line = shown.loc[f"{row.method} \N{MINUS SIGN} {row.other}"]
        assert line["typical difference (pp)"] == f"{row.typical_difference:+.2f}"
        assert line["mean"].startswith(f"{row.mean_difference:+.2f} ")
        assert line["verdict"] == row.verdict


def test_it_tells_how_to_repeat_the_study(finished: Results) -> None:
    text = text_of(finished)
    assert finished.info.command in text
    assert finished.info.problem.fingerprint in text
    assert "numpy 2.0" in text


def notices(results: Results) -> dict[str, str]:
    """What stands between title and answer, by its kind."""
    found = {}
    for one in page(results).iter("p"):
        kind, _, which = one.get("class", "").partition(" ")
        if kind == "notice":
            found[which] = one.text or ""
    return found


def test_a_sound_study_has_no_notice(finished: Results) -> None:
    assert notices(finished) == {}
    assert "FAILED" not in text_of(finished)


def test_another_dataset_is_a_note_and_no_alarm(finished: Results, tmp_path: Path) -> None:
    data = msgspec.structs.replace(finished.info.data, dataset="digits", instead_of="mnist")
    info, scores = msgspec.structs.replace(finished.info, data=data), finished.scores
    results = make_results(tmp_path, info, scores.trials, scores.finals, scores.trace)
    (told,) = study_page.notices(results)
    assert told.kind == "note"
    assert told.text == "MNIST was unavailable; digits was used. Set STUDY_DATA to use MNIST."


@pytest.mark.slow
def test_an_unfinished_study_says_so_at_the_top(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(30))
    write_report(results)
    assert notices(results)["warning"].startswith("Unfinished: ")
    assert "**Unfinished: " in (results.folder / "report.md").read_text()


@pytest.mark.slow
def test_what_failed_is_told_at_the_top_and_takes_no_answer_away(tmp_path: Path) -> None:
    def fail(task: Task) -> None:
        if task.configuration["units"] == 10:
            raise ValueError("too <b>large</b>")

    results = study_in(tmp_path / "toy", before=fail)
    write_report(results)
    assert notices(results) == {"warning": "6 of 88 calls and retrainings failed."}
    assert "Not to be relied on" not in text_of(results)
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


def test_values_that_repeat_exactly_are_told_once(finished: Results) -> None:
    assert not finished.scores.deterministic
    results = repeating(finished)
    assert results.scores.deterministic
    assert "winners_curse" not in {one.name for one in draw_figures(results, FIGURES[:6])}
    section = study_page.summary_section(results)
    assert section.sentences == [study_page.SAME_AGAIN]
    *heads, seconds = section.sheets[0].rows[0]
    assert heads == ["method", "final accuracy"]
    assert seconds in {"s/call", "ms/call"}


def repeating(results: Results) -> Results:
    """The same of a problem without test data, of which every re-evaluation repeats the search."""
    objective = Objective(name="accuracy")
    problem = msgspec.structs.replace(results.info.problem, objective=objective)
    info = msgspec.structs.replace(results.info, problem=problem)
    best = results.scores.trials.groupby(["method", "seed"])["validation_score"].max()
    finals = results.scores.finals.copy()
    runs = pd.MultiIndex.from_frame(finals[["method", "seed"]])
    for column, kind in (("validation_score", "reevaluated"), ("test_score", "test")):
        own = finals["kind"] == kind
        finals[column] = np.where(own, best.reindex(runs).to_numpy(), np.nan)
    return make_results(results.folder, info, results.scores.trials, finals, NO_TRACE)


def test_what_takes_no_time_is_not_compared_at_equal_time(finished: Results) -> None:
    assert not finished.scores.instant
    scores = finished.scores
    trials = scores.trials.assign(train_seconds=0.002)
    results = make_results(finished.folder, finished.info, trials, scores.finals, NO_TRACE)
    told = study_page.details(results)["Convergence"]
    assert told == {"sentences": [study_page.NO_CLOCK]}
    assert "convergence_seconds" not in {one.name for one in draw_figures(results, FIGURES[:6])}
    assert study_page.details(finished)["Convergence"]["sheets"]


def test_markdown_cells_hold_no_markup() -> None:
    assert markdown_cell("a|b\n*c* <d>") == r"a\|b \*c\* \<d\>"


@pytest.mark.slow
def test_the_report_can_be_made_again_from_the_files(finished: Results, tmp_path: Path) -> None:
    for file in (finished.folder / "study.json", *finished.folder.glob("*.csv")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
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
    shown = tables(results)["Each claim, and what was measured"]
    written = pd.read_csv(results.folder / "claims.csv")
    assert shown["verdict"].tolist() == written["verdict"].tolist()
    assert "does not hold" in shown["verdict"].tolist()
    assert "not testable" in shown["verdict"].tolist()
    assert len(list(page(results).iter("figure"))) == len(PLOTS) + 2
