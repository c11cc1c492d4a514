"""A result is reused only if what produced it is known to be the same."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from study import Categorical, Problem, Real, Results, StudyError
from study.problems.registry import get
from tests.shared import studied

SPACE = [Real(name="x", low=0.0, high=1.0)]


def ran(
    folder: Path | None, evaluate: Any, seeds: int = 1, workers: int = 1, **facts: Any
) -> Results:
    problem = Problem(space=SPACE, default={"x": 0.5}, evaluate=evaluate, **facts)
    return studied(
        problem=problem, methods=["random"], seeds=seeds, calls=3, initial_points=3, retrain=1,
        workers=workers, output=folder,
    )  # fmt: skip


@pytest.mark.slow
def test_another_function_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    first = ran(tmp_path / "out", lambda c, s: c["x"])
    with pytest.raises(StudyError, match="the code of Problem changed since"):
        ran(tmp_path / "out", lambda c, s: -100 * c["x"])
    again = ran(tmp_path / "out", lambda c, s: c["x"], seeds=2)
    assert again.trials["observed_value"].tolist()[:3] == first.trials["observed_value"].tolist()


def test_another_problem_in_the_same_folder_is_told_in_a_line_that_is_no_page(
    tmp_path: Path,
) -> None:
    ran(tmp_path, lambda c, s: c["x"], version="1")
    choices = tuple(f"choice {number}" for number in range(100))
    wide = [Categorical(name=f"dimension {n}", choices=choices) for n in range(50)]
    other = Problem(
        space=wide, default={d.name: choices[0] for d in wide}, evaluate=lambda c, s: 1.0
    )
    with pytest.raises(StudyError, match="holds a study with other settings") as told:
        studied(
            problem=replace(other, version="1", name="Problem"), methods=["random"], seeds=1,
            calls=3, initial_points=3, retrain=1, workers=1, output=tmp_path,
        )  # fmt: skip
    assert len(str(told.value)) < 2000


@pytest.mark.slow
def test_objects_have_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = ran(None, lambda c, s: c["x"])
    other = ran(None, lambda c, s: -100 * c["x"])
    assert one.folder != other.folder
    assert other.trials["observed_value"].max() <= 0
    assert ran(None, lambda c, s: c["x"]).folder == one.folder
    assert ran(None, lambda c, s: c["x"], name="hill").folder.name.startswith("hill-")


def test_a_global_that_changed_is_noticed(tmp_path: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__", "A": 1}
    exec("def evaluate(c, s): return A * c['x']", names)
    ran(tmp_path / "out", names["evaluate"])
    names["A"] = 2
    with pytest.raises(StudyError, match="changed since"):
        ran(tmp_path / "out", names["evaluate"], seeds=2)


@pytest.mark.slow
def test_what_cannot_be_known_is_not_continued_unless_it_has_a_version(tmp_path: Path) -> None:
    view = memoryview(b"1")

    def evaluate(configuration: Any, seed: int) -> float:
        return float(configuration["x"]) * view[0]

    assert ran(tmp_path / "out", evaluate).finished
    with pytest.raises(StudyError, match=r"cannot be known \(memoryview: .*give Problem\(version="):
        ran(tmp_path / "out", evaluate, seeds=2)
    ran(tmp_path / "named", evaluate, version="1")
    assert ran(tmp_path / "named", evaluate, seeds=2, version="1").finished
    with pytest.raises(StudyError, match="changed since"):
        ran(tmp_path / "named", evaluate, seeds=3, version="2")


def test_what_cannot_be_sent_to_workers_is_one_line(tmp_path: Path) -> None:
    lock = threading.Lock()

    def evaluate(configuration: Any, seed: int) -> float:
        with lock:
            return float(configuration["x"])

    with pytest.raises(StudyError, match=r"cannot be sent to workers \(TypeError: .*lock"):
        ran(tmp_path / "out", evaluate, workers=2)


def test_a_function_gives_its_name() -> None:
    def hill(configuration: Any, seed: int) -> float:
        return float(configuration["x"])

    assert get(Problem(space=SPACE, default={"x": 0.5}, evaluate=hill))[0].name == "hill"


@pytest.mark.slow
def test_a_helper_that_changed_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "helperlib.py").write_text("FACTOR = 1")
    (tmp_path / "mine.py").write_text(
        "import helperlib\nfrom study import Problem, Real\n"
        "problem = Problem(space=[Real(name='x', low=0.0, high=1.0)], default={'x': 0.5},\n"
        "                  evaluate=lambda c, s: helperlib.FACTOR * c['x'])\n"
    )

    def study(seeds: int) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [
                *(sys.executable, "-m", "study", "compare", "--problem", "mine.py:problem"),
                *("--methods", "random", "--calls", "2", "--initial-points", "2"),
                *("--retrain", "1", "--workers", "1", "--seeds", str(seeds), "--output", "out"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert study(2).returncode == 0
    (tmp_path / "helperlib.py").write_text("FACTOR = 2")
    refused = study(3)
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert "the file mine.py or what it imports changed since out was begun" in line
    (tmp_path / "helperlib.py").write_text("FACTOR = 1")
    assert study(3).returncode == 0
