"""The documents: their blocks run, their links lead somewhere, and they name what exists."""

import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import typer

import study
from study.cli.main import app, main
from study.core.records import CALL_COLUMNS, OUTCOME_COLUMNS, RETRAINING_COLUMNS
from study.storage.frames import PROBLEM_COLUMNS
from tests.pages import NOT_RUN, PAGES, ROOT, Block, anchors, blocks, commands, links, name_of
from tests.shared import made_once

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)

BLOCKS = [block for page in PAGES for block in blocks(page)]
STUDY_COMMANDS = [
    (block, words)
    for block in BLOCKS
    if block.runs and block.language == "sh"
    for words in commands(block.text)
    if words[0] == "study"
]
PYTHON_PAGES = sorted({block.page for block in BLOCKS if block.runs and block.language == "python"})

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Keras, libraries to export to, problems with data of their own, and a hundred seeds or calls
SLOW = {"winner", "optuna", "skopt", "tabular", "sklearn", "100"}
SMALL: dict[str, Any] = {"seeds": 2, "calls": 4, "initial_points": 3, "retrain": 1, "workers": 1}


# What a block may be


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    named = block.marked("by a test") or block.marked("file")
    assert block.runs or named or block.marker in {*NOT_RUN, "a diagram"} or is_output(block), (
        "say sh or python, or in a comment before it why it is not run: see tests/pages.py"
    )
    if test := block.marked("by a test"):
        assert (ROOT / test).is_file()
    if file := block.marked("file"):
        assert any(file in " ".join(words) for _, words in STUDY_COMMANDS), "nothing runs it"
    if block.language == "python":
        compile(block.text, block.place, "exec")
    for words in commands(block.text if block.language == "sh" else ""):
        require_known(words, runs=block.runs)


def is_output(block: Block) -> bool:
    """Whether it says which known command prints it."""
    for words in commands(block.marked("output of") or ""):
        require_known(words, runs=True)
    return block.marked("output of") is not None and block.language == "text"


def require_known(words: list[str], *, runs: bool) -> None:
    """Fail if a command is misspelt, or names what is not there."""
    program, *arguments = words
    if program == "study":
        group: Any = typer.main.get_command(app)
        group.commands[arguments[0]].make_context(arguments[0], arguments[1:])
    elif program == "nox":
        end = arguments.index("--") if "--" in arguments else len(arguments)
        assert set(arguments[1:end]) <= nox_sessions()
    elif arguments[:3] == ["-m", "pip", "install"]:
        extras = re.search(r"\.\[(.*)\]", " ".join(arguments))
        assert not extras or set(extras[1].split(",")) <= set(PROJECT["optional-dependencies"])
    else:
        assert not runs, f"no test runs {program}"


@cache
def nox_sessions() -> set[str]:
    """The names that `nox -s` knows."""
    decorated = r"@nox\.session(?:\((.*)\))?\n(?:@nox\.parametrize\([^@]*?\n\)\n)?def (\w+)"
    found = re.findall(decorated, (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    named = [re.search(r'name="(.*?)"', options) for options, _ in found]
    return {name[1] if name else function for name, (_, function) in zip(named, found, strict=True)}


# What blocks do


def write_documented(folder: Path) -> None:
    """The files and the small studies that pages speak of; nothing is drawn."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    for block in BLOCKS:
        if file := block.marked("file"):
            (folder / file).write_text(block.text)
    lengths = [number % 7 / 10 for number in range(90)]
    species = [f"kind {number % 3}" for number in range(90)]
    pd.DataFrame({"length": lengths, "species": species}).to_csv(folder / "my.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        draw_nothing(patch)
        run_documented()


def run_documented() -> None:
    """The studies, in results/ of the current folder, and points to start from."""
    digits = study.compare(dataset="digits", epochs=1, **SMALL)
    points = digits.trials[list(digits.best.configuration)].drop_duplicates()
    points.tail(2).to_csv("my_points.csv", index=False)
    for problem in ("branin", "hartmann6", "timed.py:timed"):
        output = f"results/{problem.partition('.')[0]}"
        study.compare(problem=problem, methods=["random", "gp"], output=output, **SMALL)
    for name in ("branin", "hartmann6"):
        shutil.copytree(f"results/{name}", f"results/functions/{name}")


def draw_nothing(patch: pytest.MonkeyPatch) -> None:
    """Have studies write their tables only."""
    patch.setattr("study.replication.report.write_full_report", lambda _: [])
    patch.setattr("study.report.across_page.write_combined", lambda *_: [])


@pytest.fixture(scope="session")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what pages speak of, not to be changed."""
    return made_once(tmp_path_factory, "documented", write_documented)


@pytest.fixture
def folder(
    documented: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: Path
) -> Path:
    """A copy of it, which is the current folder."""
    shutil.copytree(documented, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            words,
            id=f"{block.place}: {' '.join(words)}",
            marks=[pytest.mark.slow] if SLOW & set(words) else [],
        )
        for block, words in STUDY_COMMANDS
    ],
)
def test_a_command_runs(
    words: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What evaluates as far as its plan, all else to its end, but for drawing."""
    draw_nothing(monkeypatch)
    before = set(folder.rglob("*"))
    plan = ["--dry-run", "--output", "planned"] if words[1] in ("compare", "replicate") else []
    with pytest.raises(SystemExit) as ended:
        main([*words[1:], *plan])
    printed = capsys.readouterr()
    assert ended.value.code in (0, None), printed.err
    assert printed.out
    if plan:
        assert set(folder.rglob("*")) == before


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=name_of)
def test_python_runs(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a page's blocks, one after the other, with studies of a small size."""
    draw_nothing(monkeypatch)
    monkeypatch.setenv("MPLBACKEND", "agg")
    for name in ("compare", "compare_suite"):
        monkeypatch.setattr(study, name, small(getattr(study, name)))
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if block.runs and block.language == "python":
            exec(compile(block.text, block.place, "exec"), namespace)
    plt.close("all")


def small(function: Callable[..., Any]) -> Callable[..., Any]:
    """That function with a small budget, whatever it is given."""

    def called(*arguments: Any, **settings: Any) -> Any:
        epochs = {"epochs": 1} if "dataset" in settings else {}
        return function(*arguments, **settings | SMALL | epochs)

    return called


# What README is


def test_the_readme_is_short_and_narrow() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 180
    assert [line for line in lines if len(line) > 100] == []


def test_the_readme_says_how_to_install_run_and_test() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert "python -m pip install . && study compare --seeds 5" in lines
    assert "python -m pip install 'nox[uv]' && nox -s tests" in lines


def test_the_readme_lists_every_page() -> None:
    listed = {target.split("#")[0] for target in links(ROOT / "README.md")}
    assert {name_of(page) for page in PAGES if page.parent.name == "docs"} <= listed


# What pages name


def dead_links(page: Path) -> Iterator[str]:
    for target in links(page):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            leads_to = (page.parent / path).resolve() if path else page
            if not leads_to.exists() or (anchor and anchor not in anchors(leads_to)):
                yield target


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []


@every_page
def test_every_file_that_is_named_exists(page: Path) -> None:
    for path in re.findall(r"`((?:study|tests|benchmarks|examples)/[\w/.]*)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_every_score_is_shown_with_its_own_sign_and_name(finished: study.Results) -> None:
    """A column of scores must stand in PROBLEM_COLUMNS: else a minimised value is negative."""
    scores = finished.scores
    columns = {*CALL_COLUMNS, *OUTCOME_COLUMNS, *RETRAINING_COLUMNS, *scores.summary, *scores.runs}
    assert {name for name in columns if name.endswith("_score")} <= set(PROBLEM_COLUMNS)
