"""What is said of winners, against the tables."""

import re
from pathlib import Path

import msgspec
import pytest

from study.report.study_page import write_report
from study.report.winner_words import best_rows, best_sentences, choice_note
from study.results import Results, make_results, read_files
from tests.toy import Toy, stopping_at, study_in


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return study_in(tmp_path_factory.mktemp("words") / "toy")


def with_default(results: Results, **values: object) -> Results:
    """The same results of a problem with another default point."""
    problem = msgspec.structs.replace(
        results.info.problem, default=results.info.problem.default | values
    )
    info = msgspec.structs.replace(results.info, problem=problem)
    scores = results.scores
    return make_results(results.folder, info, scores.trials, scores.finals, scores.trace)


def test_the_best_is_named_with_its_values(finished: Results) -> None:
    best, sentence = finished.best, best_sentences(finished)[0]
    assert sentence.startswith(f"Best: rate={best.configuration['rate']:.3g} units=")
    assert f"re-evaluated {100 * best.reevaluated:.2f} %" in sentence
    assert f"test accuracy {100 * best.test:.2f} %" in sentence
    assert sentence.endswith(f", {best.size} parameters.")


def test_winners_that_are_the_default_are_counted(finished: Results) -> None:
    searched = finished.winners[finished.winners["method"] != "baseline"]
    assert len(best_sentences(finished)) == 1
    first = searched.iloc[0]
    won = {name: first[name] for name in ("rate", "units", "kind")}
    same = (searched[list(won)] == won).all(axis=1).sum()
    _, counted = best_sentences(with_default(finished, **won))
    verb = "is" if same == 1 else "are"
    assert counted == (
        f"{same} of 6 winners {verb} the default network, those of the baseline not counted."
    )


def test_a_default_that_cannot_be_is_not_counted(finished: Results) -> None:
    """A folder may come from anybody."""
    assert len(best_sentences(with_default(finished, units=(1, 2)))) == 1


def test_a_row_per_method_has_its_best(finished: Results) -> None:
    rows = best_rows(finished)
    assert [row["method"] for row in rows] == list(finished.info.settings.methods)
    for row in rows:
        best = finished.best_of(row["method"])
        assert row["re-evaluated"] == f"{100 * best.reevaluated:.2f} %"
        assert row["units"] == str(best.configuration["units"])
    assert rows[0]["units"] == str(Toy().baseline["units"])
    assert rows[0]["chosen by"] == "2 of 2"


def test_the_note_of_one_method_speaks_of_its_runs(finished: Results) -> None:
    own = finished.scores.winners.query("method == 'random'").drop_duplicates(["units", "rate"])
    note = choice_note(finished, "random")
    assert note.startswith(f"The best of random is, of the {len(own)} configurations that won a ")


def test_the_report_begins_with_it(finished: Results) -> None:
    write_report(finished)
    html = (finished.folder / "report.html").read_text()
    top = html[: html.index('<h2 id="summary">')]
    assert f"<p>{best_sentences(finished)[0]}</p>" in top
    assert choice_note(finished) in top
    assert len(re.findall("<tr>", top)) == 1 + len(best_rows(finished))
    markdown = (finished.folder / "report.md").read_text()
    assert "Best: rate=" in markdown[: markdown.index("## Summary")]


def test_of_an_unfinished_study_it_is_the_best_so_far(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(60))
    assert not results.finished
    assert best_sentences(results)[0].startswith("Best so far: ")


@pytest.mark.slow
def test_of_a_study_without_winners_nothing_is_said(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(5))
    assert best_sentences(results) == []
    assert best_rows(results) == []
    write_report(read_files(results.folder))
    assert "Best: " not in (results.folder / "report.md").read_text()
