"""Where results go: never in place of something else, and into the home folder if it is named."""

import os
from pathlib import Path
from typing import Any

import pytest

import study
from study import Problem, Real, StudyError
from study.cli.main import main
from study.collection import write_collection
from study.core.validation import to_path
from study.results import write_tables
from study.storage.files import (
    COLLECTION_TABLES,
    REPORTS,
    STUDY_FILES,
    require_collection_place,
    require_study_place,
)
from tests.shared import studied

SMALL: dict[str, Any] = {"seeds": 2, "calls": 3, "initial_points": 2}
METHODS = ["random", "quasi-random"]


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two studies, one of them traced, and the tables of both."""
    folder = tmp_path_factory.mktemp("studies")
    for problem in ("branin", "mixed"):
        usual = {"problem": problem, "retrain": 1, "workers": 1, "trace": problem == "branin"}
        write_tables(studied(output=folder / problem, methods=METHODS, **SMALL | usual))
    return folder


def test_the_guarded_files_are_those_that_are_written(studies: Path, tmp_path: Path) -> None:
    tables = {path.name for path in (studies / "branin").glob("*.*") if path.suffix != ".db"}
    assert tables - {".lock"} == set(STUDY_FILES) - set(REPORTS)
    written = write_collection(study.combine([studies]), tmp_path)
    assert [path.name for path in written] == [f"{name}.csv" for name in COLLECTION_TABLES]


@pytest.mark.parametrize("name", ["trials.csv", "winners.csv", "report.html"])
def test_a_study_replaces_no_file_that_is_not_its_own(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("no matter")
    require_study_place(tmp_path)
    (tmp_path / name).write_text("somebody's")
    with pytest.raises(StudyError, match=f"holds {name} without the study.db of a study"):
        study.compare(problem="branin", output=tmp_path, workers=1)
    assert (tmp_path / name).read_text() == "somebody's"


def test_a_combined_report_replaces_nothing_but_an_earlier_one(
    studies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(output: Path) -> str:
        with pytest.raises(SystemExit) as exited:
            main(["combine", str(studies), "--output", str(output)])
        assert exited.value.code == 2
        return " ".join(capsys.readouterr().err.split())

    assert "is the folder of a study, whose report would be replaced" in refused(studies / "mixed")
    (tmp_path / "runs.csv").write_text("somebody's")
    assert "holds runs.csv of something else, which would be" in refused(tmp_path)
    assert (tmp_path / "runs.csv").read_text() == "somebody's"
    (tmp_path / "file").touch()
    assert "is a file: name a folder" in refused(tmp_path / "file")
    write_collection(study.combine([studies]), studies)
    require_collection_place(studies)
    assert sorted(study.combine([studies]).studies) == ["branin", "mixed"]


def test_a_suite_asks_before_anything_is_evaluated(studies: Path) -> None:
    with pytest.raises(StudyError, match="is the folder of a study, whose report would be"):
        study.compare_suite(
            ["branin", "mixed"], output=studies / "branin", methods=METHODS, **SMALL
        )


def test_the_home_folder_is_found_where_no_shell_has_replaced_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    studied(problem="branin", output="~/out", retrain=1, workers=1, methods=METHODS, **SMALL)
    assert study.load("~/out").folder == home / "out"
    with pytest.raises(SystemExit):
        main(["export", str(home / "out"), "--to", "csv", "--out=~/all.csv"])
    assert (home / "all.csv").is_file()
    assert list(here.iterdir()) == []
    assert to_path("--output", "~nobody-of-that-name/x") == Path("~nobody-of-that-name/x")
    capsys.readouterr()


def test_an_evaluation_that_changes_the_folder_moves_no_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)

    def evaluate(configuration: dict[str, float], _: int) -> float:
        os.chdir("data")  # a second time it would not be there
        return configuration["x"]

    own = Problem(space=[Real(name="x", low=0.0, high=1.0)], default={"x": 0.5}, evaluate=evaluate)
    results = studied(problem=own, output="out", retrain=1, workers=1, methods=METHODS, **SMALL)
    write_tables(results)
    assert results.failures == []
    assert (tmp_path / "out" / "trials.csv").is_file()
    assert list((tmp_path / "data").iterdir()) == []
