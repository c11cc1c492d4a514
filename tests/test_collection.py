"""Studies of several problems: which belong together, and what is written of them."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import study
from study import Objective, Problem, Real
from study.api import run_plan
from study.cli.main import main
from study.collection import write_collection
from study.combining import expand
from study.execution.plan import StudyRequest, make_plan
from study.report.across_page import contents, notices, write_combined
from study.report.across_words import answer
from study.storage.files import COLLECTION_TABLES, REPORTS
from tests.shared import studied

BUDGET: dict[str, Any] = {"seeds": 3, "calls": 6, "initial_points": 2, "retrain": 1, "workers": 1}
METHODS = ("random", "quasi-random")


def make_study(folder: Path, problem: Any, **changes: Any) -> Path:
    """A small study of a cheap problem, without a report."""
    studied(**{"methods": METHODS, **BUDGET, **changes}, problem=problem, output=folder)
    return folder


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three studies."""
    folder = tmp_path_factory.mktemp("suite")
    for problem in ("mixed", "branin", "hartmann6"):
        make_study(folder / problem, problem)
    return folder


def test_a_folder_of_studies_stands_for_them(suite: Path) -> None:
    whole = study.combine([suite])
    apart = study.combine([suite / "hartmann6", suite / "mixed", suite / "branin"])
    assert list(whole.studies) == ["branin", "hartmann6", "mixed"] == list(apart.studies)
    pd.testing.assert_frame_equal(whole.pairs, apart.pairs)
    pd.testing.assert_frame_equal(whole.method_table, apart.method_table)
    assert whole.left_out == ()


def test_the_runs_are_those_of_the_studies(suite: Path, tmp_path: Path) -> None:
    collection = study.combine([suite])
    write_collection(collection, tmp_path)
    runs = pd.read_csv(tmp_path / "runs.csv")
    assert len(runs) == 3 * 3 * 2
    finals = study.load(suite / "branin").finals
    expected = finals[finals["kind"] == "test"].groupby(["method", "seed"])["final_regret"].mean()
    own = runs[runs["problem"] == "branin"].set_index(["method", "seed"])["value"]
    pd.testing.assert_series_equal(own.sort_index(), expected.sort_index(), check_names=False)
    problems = pd.read_csv(tmp_path / "problems.csv")
    assert list(problems["problem"]) == ["branin", "hartmann6", "mixed"]
    assert (problems["best_known"] == 0).all()


def test_python_and_files_have_the_same_tables(suite: Path, tmp_path: Path) -> None:
    collection = study.combine([suite])
    write_collection(collection, tmp_path)
    for name, frame in (("pairs", collection.pairs), ("methods", collection.method_table)):
        pd.testing.assert_frame_equal(
            pd.read_csv(tmp_path / f"{name}.csv"), frame, check_dtype=False
        )


def test_another_budget_is_left_out_and_told(suite: Path, tmp_path: Path) -> None:
    other = make_study(tmp_path / "rosenbrock4", "rosenbrock4", calls=8)
    collection = study.combine([other, suite])
    assert list(collection.studies) == ["branin", "hartmann6", "mixed"]
    (line,) = collection.left_out
    assert line.startswith("rosenbrock4 (")
    assert "8 calls, 2 of them initial, in place of 6 calls, 2 of them initial" in line


def test_studies_that_start_from_own_points_are_told_apart(suite: Path, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("x,y\n1.0,2.0\n")
    other = make_study(tmp_path / "own", "branin", start_from=tmp_path / "points.csv")
    collection = study.combine([other, suite])
    assert list(collection.studies) == ["branin", "hartmann6", "mixed"]
    assert collection.studies["branin"].folder == suite / "branin"
    (line,) = collection.left_out
    assert "6 calls, 2 of them initial, with 1 own point among these, in place of" in line


@pytest.mark.slow
def test_of_equally_common_budgets_the_larger_counts(suite: Path, tmp_path: Path) -> None:
    more = [make_study(tmp_path / p, p, calls=8) for p in ("rosenbrock4", "goldstein_price")]
    collection = study.combine([suite / "branin", suite / "mixed", *more])
    assert collection.budget == (8, 2)
    assert len(collection.left_out) == 2


def test_only_shared_methods_are_compared(suite: Path, tmp_path: Path) -> None:
    other = make_study(tmp_path / "rosenbrock4", "rosenbrock4", methods=(*METHODS, "baseline"))
    collection = study.combine([suite, other])
    assert collection.methods == METHODS
    (line,) = collection.left_out
    assert line == "the method baseline: not, or not the same, on branin, hartmann6 and mixed"


OWN = """
class Mine:
    adaptive = False

    def __init__(self, context):
        self.context = context

    def ask(self):
        return self.context.space.sample(self.context.rng)

    def tell(self, configuration, score):
        pass
"""


@pytest.mark.slow
def test_a_method_of_ones_own_is_the_same_if_its_code_is(tmp_path: Path) -> None:
    folders = []
    for problem, code in (("branin", OWN), ("mixed", OWN), ("hartmann6", OWN + "# changed\n")):
        file = tmp_path / problem / "mine.py"
        file.parent.mkdir()
        file.write_text(code)
        methods = (*METHODS, f"{file}:Mine")
        folders.append(make_study(tmp_path / f"{problem}-study", problem, methods=methods))
    assert study.combine(folders[:2]).methods == (*METHODS, "Mine")
    assert study.combine(folders).methods == METHODS


def test_studies_that_share_no_two_methods_are_an_error(suite: Path, tmp_path: Path) -> None:
    other = make_study(tmp_path / "rosenbrock4", "rosenbrock4", methods=("random", "baseline"))
    with pytest.raises(study.StudyError, match="share 1 method, two are needed"):
        study.combine([suite, other])


def test_studies_of_one_method_are_told_without_empty_brackets(tmp_path: Path) -> None:
    folders = [make_study(tmp_path / p, p, methods=("random",)) for p in ("branin", "hartmann6")]
    with pytest.raises(study.StudyError, match="share 1 method, two are needed: add the methods"):
        study.combine(folders)


def test_a_second_study_of_a_problem_is_left_out(suite: Path, tmp_path: Path) -> None:
    again = make_study(tmp_path / "again", "branin", seeds="10-12")
    collection = study.combine([suite, again])
    assert len(collection.studies) == 3
    assert "a second study of that problem" in collection.left_out[0]


def test_one_problem_is_no_suite(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["combine", str(suite / "branin"), "--output", str(tmp_path / "out")])
    assert exited.value.code == 2
    assert "1 problem cannot be combined: name the folders of two" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_study_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(study.StudyError, match=re.escape(str(tmp_path))):
        study.combine([tmp_path])


def test_a_suites_folder_is_no_study_and_says_so(suite: Path) -> None:
    with pytest.raises(study.StudyError, match=r"it holds 3 studies: name one, such as .*branin"):
        study.load(suite)


def test_a_folder_that_is_a_study_stands_for_itself(suite: Path) -> None:
    assert expand(suite / "branin") == [suite / "branin"]


def test_what_holds_no_study_is_left_out_and_told(suite: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("a file is nothing")
    (tmp_path / "empty").mkdir()
    write_collection(study.combine([suite]), tmp_path / "combined")
    (tmp_path / "suite").symlink_to(suite)
    collection = study.combine(sorted(tmp_path.iterdir()))
    assert len(collection.studies) == 3
    (line,) = collection.left_out
    assert line.startswith(f"{tmp_path / 'empty'} holds no study.json")
    assert len(study.combine([tmp_path]).studies) == 3


def own_problem(name: str, evaluate: Callable[..., float]) -> Problem:
    """A problem of one variable, of which 1 is the best."""
    objective = Objective(name="loss", maximise=False, optimum=1.0)
    space, default = [Real(name="x", low=0, high=1)], {"x": 0.5}
    return Problem(
        evaluate=evaluate, space=space, default=default, objective=objective, name=name, version="1"
    )


def test_a_study_that_failed_a_check_is_named_at_the_top(suite: Path, tmp_path: Path) -> None:
    remembered = itertools.count(1)
    leaky = own_problem("leaky", lambda configuration, seed: 1.0 + next(remembered))
    frail = own_problem("frail", lambda configuration, seed: 1.0 / (configuration["x"] < 0.9))
    for problem in (leaky, frail):
        make_study(tmp_path / problem.name, problem)
    collection = study.combine([suite / "branin", tmp_path / "frail"])
    (warning,) = notices(collection)
    assert warning.text == "Something failed on frail: see what, below."
    assert answer(collection)[0].startswith("On these 2 problems, ")
    collection = study.combine([suite / "branin", tmp_path / "leaky"])
    (alarm,) = notices(collection)
    assert alarm.kind == "alarm"
    assert alarm.text == "Not to be relied on: a check failed on leaky."
    assert answer(collection)[0].startswith("Not to be relied on: on these 2 problems, ")


def test_methods_that_are_tied_on_every_problem_are_called_so(tmp_path: Path) -> None:
    for name in ("flat", "plain"):
        make_study(tmp_path / name, own_problem(name, lambda configuration, seed: 1.0))
    collection = study.combine([tmp_path])
    assert answer(collection)[0] == "On these 2 problems, random and quasi-random are tied."
    write_collection(collection, tmp_path / "out")
    assert "-0.0" not in (tmp_path / "out" / "runs.csv").read_text()


@pytest.mark.slow
def test_of_an_unfinished_study_whole_seeds_count(
    suite: Path, tmp_path: Path, interrupting: Callable[[int], Callable[[Any], None]]
) -> None:
    request = StudyRequest(
        **BUDGET, methods=("random", "gp"), problem="rosenbrock4", output=tmp_path / "rosenbrock4"
    )
    with pytest.raises(KeyboardInterrupt):
        run_plan(make_plan(request), interrupting(45))
    for problem in ("branin", "mixed"):
        make_study(tmp_path / problem, problem, methods=("random", "gp"))
    collection = study.combine([tmp_path])
    assert not collection.finished
    table = collection.problems.set_index("problem")["seeds"]
    assert table["branin"] == 3
    assert collection.scores.get("rosenbrock4", pd.DataFrame()).notna().all(axis=None)
    (told,) = notices(collection)
    assert told.text.startswith("A study is unfinished")


@pytest.fixture
def interrupting() -> Callable[[int], Callable[[Any], None]]:
    """An observer that interrupts once so many calls and retrainings are done."""

    def make(number: int) -> Callable[[Any], None]:
        def observe(progress: Any) -> None:
            if progress.done >= number:
                raise KeyboardInterrupt

        return observe

    return make


def test_the_report_holds_the_answer_and_leads_to_each_problems_own(
    suite: Path, tmp_path: Path
) -> None:
    (suite / "branin" / "report.html").write_text("its own")
    collection = study.combine([suite])
    written = write_combined(collection, tmp_path / "deep" / "out")
    assert all(path.is_file() for path in written)
    guarded = {*(f"{name}.csv" for name in COLLECTION_TABLES), *REPORTS}
    assert {path.name for path in written if path.parent.name == "out"} == guarded
    page = (tmp_path / "deep" / "out" / "report.html").read_text()
    assert "Which search is better, over 3 problems?" in page
    assert "take at least 5 to learn what holds on problems like these" in page
    (link,) = re.findall(r'<a href="([^"]+)">branin</a>', page)
    assert (tmp_path / "deep" / "out" / link).resolve() == suite / "branin" / "report.html"
    markdown = (tmp_path / "deep" / "out" / "report.md").read_text()
    assert "| quasi-random \N{MINUS SIGN} random |" in markdown
    assert f"    study combine {suite} --output {tmp_path / 'deep' / 'out'}\n" in markdown
    two = contents(study.combine([suite / "branin", suite / "hartmann6"]), [], tmp_path)
    assert two[-1].command.startswith(f"study combine {suite / 'branin'} {suite / 'hartmann6'} ")


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 60])
def test_the_terminal_tells_it_whole_within_its_columns(
    suite: Path,
    tmp_path: Path,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit) as exited:
        main(["combine", str(suite), "--output", str(tmp_path / "out")])
    assert exited.value.code == 0
    shown = capsys.readouterr().out
    assert "quasi-random \N{MINUS SIGN} random" in shown
    flat = " ".join(shown.split())
    assert "On these 3 problems, " in flat
    assert "Over 3 problems, with 6 calls per run," in flat
    assert "…" not in shown
    lines = [line for line in shown.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= width
