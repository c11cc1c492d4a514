"""The front door as a program sees it."""

import inspect
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import study
from study.core.errors import OPTIONS
from study.execution.plan import StudyRequest

EXAMPLE = Path(__file__).parent.parent / "examples" / "in_python.py"


def test_a_wrong_argument_is_named_with_the_nearest_right_one() -> None:
    with pytest.raises(
        TypeError, match=r"compare\(\) has no argument 'seed': did you mean 'seeds'"
    ):
        study.compare(seed=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="has no argument 'x': there are dataset, target, problem"):
        study.compare(x=3)  # type: ignore[call-arg]


def test_every_setting_is_an_argument_an_option_and_a_word_of_errors() -> None:
    settings = set(inspect.signature(StudyRequest).parameters)
    assert set(inspect.signature(study.compare).parameters) == settings | {"observe"}
    assert {option.replace("-", "_") for option in OPTIONS} == settings | {"suite"}
    shown = subprocess.run(
        [sys.executable, "-m", "study", "compare", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert all(f"--{option}" in shown for option in OPTIONS)


def test_errors_speak_of_arguments(tmp_path: Path) -> None:
    with pytest.raises(study.StudyError, match=r"^initial_points is 0: it must be a whole number"):
        study.compare(dataset="digits", initial_points=0, output=tmp_path)


@pytest.mark.parametrize(
    ("function", "arguments", "settings", "told"),
    [
        ("combine", ["text"], {}, "folders is 'text': give a list of results folders"),
        ("combine", [Path("text")], {}, "give a list of results folders"),
        ("combine", [5], {}, "folders is 5: give a list of results folders"),
        ("combine", [[None]], {}, "folders is None: give a path"),
        ("load", [None], {}, "folder is None: give a path, as a text or a pathlib.Path"),
        ("compare", [], {"start_from": [{}]}, "start_from is [{}]: give a path"),
        ("compare", [], {"output": 5}, "output is 5: give a path"),
        ("compare", [], {"dataset": 5}, "dataset is 5: give a path"),
        ("compare", [], {"problem": "branin", "seeds": "x"}, "seeds is 'x': it must be a whole"),
        ("compare", [], {"problem": "branin", "methods": 5}, "methods is 5: give a list of names"),
        ("compare_suite", ["functions"], {"output": 5}, "output is 5: give a path"),
    ],
)
def test_what_is_of_another_kind_is_one_line(
    function: str, arguments: list[Any], settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(study.StudyError) as caught:
        getattr(study, function)(*arguments, **settings)
    assert told in str(caught.value)


def test_the_version_is_that_of_the_distribution() -> None:
    assert study.__version__ == version("hpo-study")


@pytest.mark.slow
def test_the_example_in_python_runs(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert "gp against random: undecided" in run.stdout
    assert run.stdout.endswith("kept its rules\n")
