import dataclasses
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pandas as pd
import pytest
from matplotlib.figure import Figure

from study.core.errors import StudyError
from study.core.objective import Objective
from study.core.records import Task
from study.core.tutorial import MNIST_FINGERPRINT
from study.plots import style
from study.plots.drawing import svg_bytes
from study.plots.effects_figures import EFFECT_FIGURES
from study.plots.figures import FIGURES, draw_figures
from study.replication import claims
from study.replication.report import save_plots
from study.results import Results, load, make_results, read_files, write_tables
from tests.toy import SETTINGS, Toy, stopping_at, study_in

FROM_THREE_SEEDS = {"importance", "partial_dependence", "dependence_maps"}
PLOTS = {spec.name for spec in FIGURES} - FROM_THREE_SEEDS


@pytest.fixture(scope="module")
def drawn(finished: Results) -> dict[str, Figure]:
    """The study's figures by name."""
    return {one.name: one.figure for one in draw_figures(finished)}


def same(a: Results, b: Results) -> None:
    pd.testing.assert_frame_equal(a.trials, b.trials)
    pd.testing.assert_frame_equal(a.finals, b.finals)
    pd.testing.assert_frame_equal(a.summary, b.summary)
    assert a.info == b.info


def test_files_and_ledger_hold_the_same(finished: Results) -> None:
    same(read_files(finished.folder), finished)
    same(load(finished.folder), finished)
    assert finished.finished
    assert finished.failures == []


def test_summary_and_search_range_are_written(finished: Results) -> None:
    written = pd.read_csv(finished.folder / "summary.csv")
    assert written["method"].tolist() == list(SETTINGS.methods)
    assert written["test_accuracy"].tolist() == finished.scores.summary["test_score"].tolist()
    ranges = pd.read_csv(finished.folder / "search_range.csv")
    assert len(ranges) == len(SETTINGS.methods) * 3


@pytest.mark.parametrize(
    "table",
    ["trials", "finals", "summary", "comparisons", "equal_time", "search_range", "winners"],
)
def test_python_shows_what_the_files_hold(finished: Results, tmp_path: Path, table: str) -> None:
    """Of a minimised value, too, whose scores have the other sign."""
    minimised = about(finished, objective=Objective(name="loss", maximise=False, size="parameters"))
    for number, results in enumerate((finished, minimised)):
        folder = tmp_path / f"{number}"
        write_tables(dataclasses.replace(results, folder=folder))
        written = pd.read_csv(folder / f"{table}.csv", keep_default_na=False, na_values=[""])
        shown: pd.DataFrame = getattr(results, table)
        assert list(shown.columns) == list(written.columns)
        text = shown.to_csv(index=False, lineterminator="\n")
        assert text == (folder / f"{table}.csv").read_text()


def test_importance_is_what_its_file_holds(tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, seeds=3, calls=12, methods=("baseline", "random"))
    results = study_in(tmp_path / "toy", settings=settings)
    table = results.importance()
    assert set(table["dimension"]) == {"rate", "units", "kind"}
    assert table.groupby(["evaluations", "among"]).ngroups == 4
    text = table.to_csv(index=False, lineterminator="\n")
    assert text == (results.folder / "importance.csv").read_text()
    table["importance"] = 0.0
    assert (results.importance()["importance"] > 0).any()  # what a user does to it is the user's
    names = {one.name for one in draw_figures(results, EFFECT_FIGURES)}
    assert names >= FROM_THREE_SEEDS


def test_a_minimised_value_has_its_own_sign(finished: Results) -> None:
    minimised = about(finished, objective=Objective(name="loss", maximise=False))
    assert (minimised.trials["observed_loss"] == -finished.trials["validation_accuracy"]).all()
    assert (minimised.comparisons["mean_difference"] * 100).tolist() == pytest.approx(
        finished.comparisons["mean_difference"].tolist()
    )  # positive is better, in both


def test_the_columns_are_the_documented_ones(finished: Results) -> None:
    assert list(finished.trials.columns) == [
        *("method", "seed", "call", "phase", "rate", "units", "kind", "validation_accuracy"),
        *("incumbent_accuracy", "parameters", "initial_loss", "propose_seconds"),
        *("train_seconds", "elapsed_seconds", "duplicate", "reused", "status", "reason"),
    ]
    page = (Path(__file__).parent.parent / "docs" / "files.md").read_text()
    tables = [finished.trials, finished.finals, finished.summary, finished.comparisons]
    tables += [finished.winners, finished.importance()]
    columns = {column for frame in tables for column in frame.columns} | set(claims.COLUMNS)
    for column in columns - {"rate", "units", "kind"}:
        assert f"`{column}`" in page, f"docs/files.md does not explain {column}"


def test_a_partial_study_can_be_read(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(20))
    assert not results.finished
    same(load(tmp_path / "toy"), results)
    assert results.info.calls.done == len(results.trials) < results.info.calls.of


def test_a_study_with_nothing_finished_can_be_read_and_drawn(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(0))
    assert results.trials.empty
    assert results.summary.empty
    assert len(draw_figures(results)) == len(PLOTS)


def test_a_study_in_which_all_of_a_run_failed_is_finished(tmp_path: Path) -> None:
    def fail(task: Task) -> None:
        if task.configuration == Toy().baseline:
            raise ValueError("no luck")

    results = study_in(tmp_path / "toy", before=fail)
    assert results.finished
    assert len(results.failures) == 2 * 7
    assert results.summary["failed"].tolist() == [14, 0, 0, 0]
    assert len(draw_figures(results)) == len(PLOTS)


@pytest.mark.parametrize("name", ["study.json", "trials.csv", "finals.csv"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
def test_a_damaged_results_folder_is_told(
    finished: Results, tmp_path: Path, name: str, damage: str
) -> None:
    for path in finished.folder.glob("*.*"):
        if path.suffix in (".csv", ".json"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    target = tmp_path / name
    if damage == "missing":
        target.unlink()
    elif damage == "empty":
        target.write_text("")
    else:
        target.write_text(target.read_text()[:40])
    with pytest.raises(StudyError) as caught:
        save_plots(read_files(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_every_plot_is_drawn_from_the_files_alone(finished: Results, tmp_path: Path) -> None:
    for name in ("study.json", "trials.csv", "finals.csv"):
        (tmp_path / name).write_bytes((finished.folder / name).read_bytes())
    (tmp_path / "plots").mkdir()
    for name in ("importance.svg", "metric_latency.png"):
        (tmp_path / "plots" / name).write_text("of an earlier state")
    paths = save_plots(read_files(tmp_path))
    others = {*(tmp_path / "plots").iterdir()} - {*paths}
    assert [path.name for path in others] == ["metric_latency.png"]  # drawn on request
    assert {(p.stem, p.suffix) for p in paths} == {(n, e) for n in PLOTS for e in (".png", ".svg")}
    for path in paths:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")
        else:
            ElementTree.parse(path)


@pytest.mark.slow
def test_the_same_study_gives_the_same_svg(finished: Results, drawn: dict[str, Figure]) -> None:
    again = draw_figures(finished)
    assert [svg_bytes(one.figure) for one in again] == [*map(svg_bytes, drawn.values())]


def test_every_title_names_the_dataset(drawn: dict[str, Figure]) -> None:
    for figure in drawn.values():
        assert any("dataset toy" in text.get_text() for text in figure.texts)


def test_an_unfinished_study_says_so_in_every_title(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(30))
    for one in draw_figures(results):
        assert any("UNFINISHED" in text.get_text() for text in one.figure.texts)


def test_convergence_shows_the_means_of_the_frame(
    finished: Results, drawn: dict[str, Figure]
) -> None:
    axes = drawn["convergence"].axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    for method, own in finished.trials.groupby("method"):
        expected = own.groupby("call")["incumbent_accuracy"].mean() * 100
        assert lines[method].get_ydata() == pytest.approx(expected.to_numpy())


def test_a_method_has_one_colour_in_every_study() -> None:
    assert style.colours(["gp", "forest"])["gp"] == style.colours(["random", "gp"])["gp"]
    everything = style.colours(["baseline", "random", "gp", "gbrt", "forest"])
    assert len(set(everything.values())) == 5


def test_study_json_tells_how_to_repeat_it(finished: Results) -> None:
    info = json.loads((finished.folder / "study.json").read_text())
    assert info["command"] == (
        "study compare --dataset toy --epochs 1 --seeds 2 --calls 7 --initial-points 3 "
        "--retrain 2 --margin 0.1 --methods baseline,random,gp,forest"
    )


def crosses(results: Results) -> int:
    (size,) = draw_figures(results, [spec for spec in FIGURES if spec.name == "size"])
    axes = size.figure.axes[0]
    return sum("claim" in text for text in axes.get_legend_handles_labels()[1])


def about(results: Results, **facts: Any) -> Results:
    """The same results of another problem."""
    problem = msgspec.structs.replace(results.info.problem, **facts)
    info, scores = msgspec.structs.replace(results.info, problem=problem), results.scores
    return make_results(results.folder, info, scores.trials, scores.finals, scores.trace)


def test_the_tutorials_claims_are_drawn_on_its_own_data_only(finished: Results) -> None:
    assert crosses(about(finished, name="mnist")) == 0  # a folder of that name is not MNIST
    assert crosses(about(finished, fingerprint=MNIST_FINGERPRINT)) == 3


def test_a_table_cut_between_rows_is_told(finished: Results, tmp_path: Path) -> None:
    for name in ("study.json", "trials.csv", "finals.csv"):
        (tmp_path / name).write_bytes((finished.folder / name).read_bytes())
    lines = (tmp_path / "trials.csv").read_text().splitlines(keepends=True)
    (tmp_path / "trials.csv").write_text("".join(lines[:-3]))
    with pytest.raises(StudyError, match=r"more or fewer rows than study\.json says"):
        read_files(tmp_path)


def test_a_killed_study_is_told_to_be_run_again(tmp_path: Path) -> None:
    results = study_in(tmp_path / "toy", before=stopping_at(20))
    (results.folder / "study.json").unlink()
    with pytest.raises(StudyError, match="run the same study compare again"):
        read_files(results.folder)
