"""Results in a notebook, and at Python's prompt."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from nbclient import NotebookClient

from study import Results, StudyError, compare, load
from study.execution import notebook
from study.execution.progress import Progress, RunningJob
from study.plots.figures import FIGURES

EXAMPLE = Path(__file__).parent.parent / "examples" / "notebook.ipynb"
ENLARGED = (
    *("comparisons", "final", "convergence", "convergence_seconds", "size", "winners_curse"),
)
SINGLE = ("time_per_call", "score_distribution")
PANELS = ("importance", "partial_dependence", "dependence_maps", "slices", "parallel_coordinates")


@pytest.fixture(autouse=True)
def canvas() -> Any:
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def outputs(cell: Any, kind: str) -> list[str]:
    return [one["data"][kind] for one in cell["outputs"] if kind in one.get("data", {})]


@pytest.mark.slow
def test_the_example_runs_and_shows_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # which the command sets for its own process
    read: Any = nbformat.read
    content = read(EXAMPLE, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(content, timeout=300, kernel_name="python3", resources=resources).execute()
    first, summary, pairs, plots = (c for c in content.cells if c.cell_type == "code")
    bar, shown = outputs(first, "text/html")
    assert '<progress value="' in bar
    assert "done" in bar
    assert " on branin" in shown
    assert "<svg" in shown
    assert "quasi-random" in outputs(summary, "text/html")[0]
    assert "verdict" in outputs(pairs, "text/html")[0]
    assert outputs(plots, "image/png")
    assert (tmp_path / "results" / "branin" / "report.html").is_file()


def test_a_repr_is_five_lines(finished: Results) -> None:
    first, methods, best, answer, folder = repr(finished).splitlines()
    assert first == "dataset toy: 2 seeds of 7 calls, finished"
    assert methods == "methods: baseline, random, gp and forest"
    assert best.startswith("Best: rate=")
    assert " on toy" in answer
    assert folder.startswith("tables, plots and report: ")
    assert max(map(len, repr(finished).splitlines())) <= 100


def test_a_study_without_results_has_a_repr_too(finished: Results, tmp_path: Path) -> None:
    for name in ("study.json", "trials.csv", "finals.csv"):
        (tmp_path / name).write_bytes((finished.folder / name).read_bytes())
    rows = (tmp_path / "finals.csv").read_text().splitlines()
    (tmp_path / "finals.csv").write_text(rows[0] + "\n")
    text = (tmp_path / "study.json").read_text()
    done = f'"retrainings": {{\n    "done": {len(rows) - 1}'
    assert done in text
    text = text.replace(done, '"retrainings": {\n    "done": 0').replace(
        '"finished": true', '"finished": false'
    )
    (tmp_path / "study.json").write_text(text)
    unfinished = load(tmp_path)
    assert "unfinished: 56 of 56 calls, 0 of" in repr(unfinished)
    assert "Unfinished" in unfinished._repr_html_()


def test_a_notebook_shows_answer_table_and_picture(finished: Results) -> None:
    shown = finished._repr_html_()
    assert " on toy" in shown
    assert shown.count("<tr>") == 1 + len(finished.summary)
    assert shown.count("<svg") == 1
    assert str(finished.folder) in shown


@pytest.mark.parametrize("name", [*SINGLE, *ENLARGED])
def test_a_plot_is_drawn_on_the_axes_that_are_given(finished: Results, name: str) -> None:
    _, (left, right) = plt.subplots(1, 2)
    draw = getattr(finished.plot, name)
    assert draw(ax=left) is left
    assert left.has_data()
    assert not right.has_data()


@pytest.mark.parametrize("name", SINGLE)
def test_a_plot_of_one_panel_is_shown_by_itself(finished: Results, name: str) -> None:
    own = getattr(finished.plot, name)()
    assert isinstance(own, Axes)
    assert own.figure is plt.gcf()


@pytest.mark.parametrize("name", [*ENLARGED, *PANELS])
def test_a_plot_of_several_panels_is_a_figure(finished: Results, name: str) -> None:
    drawn = getattr(finished.plot, name)()
    assert isinstance(drawn, Figure)
    assert drawn.axes


def test_every_plot_of_the_report_is_at_hand() -> None:
    assert {spec.name for spec in FIGURES} == {*SINGLE, *ENLARGED, *PANELS}


def test_the_bar_tells_how_far_it_is() -> None:
    job = RunningJob(description="gp seed 0 call <7>", began=0.0)
    progress = Progress(
        workers=1, done=3, total=10, running=(job,), best={}, notes=(), seconds_left=75.0
    )
    shown = notebook.to_html(progress)
    assert '<progress value="3" max="10">' in shown
    assert "3 of 10 about 1 min 15 s left" in shown
    assert "gp seed 0 call &lt;7&gt;" in shown


def test_no_notebook_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert not notebook.in_notebook()
    notebook.choose_observer(None)(
        Progress(workers=1, done=0, total=1, running=(), best={}, notes=(), seconds_left=None)
    )
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_told_of_progress_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^observe is 5: give a function, which is called with"):
        compare(problem="branin", output=tmp_path, observe=5)  # type: ignore[arg-type]
