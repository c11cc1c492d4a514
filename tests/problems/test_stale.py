"""A result is reused only if what produced it is known to be the same."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study import Categorical, Problem, Real, Results, StudyError
from study.core import own_files
from study.problems import registry
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


def test_a_name_leads_to_no_other_folder() -> None:
    odd = Problem(space=SPACE, default={"x": 0.5}, evaluate=lambda c, s: 0.0, name="a/../../b")
    (own,) = Path(get(odd)[0].folder).parts
    assert own.startswith("a-..-..-b-")


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

    with pytest.warns(UserWarning, match=r"cannot be resumed, for .*memoryview.*Problem\(version="):
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
        ran(tmp_path / "out", evaluate, workers=2, version="1")


def test_without_a_fingerprint_the_folder_has_the_name_alone() -> None:
    view = memoryview(b"1")
    problem = Problem(space=SPACE, default={"x": 0.5}, evaluate=lambda c, s: view[0], name="first")
    assert get(problem)[0].folder == "first"


def test_the_version_of_the_package_that_defines_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate: Any = np.testing.assert_equal
    problem = Problem(space=SPACE, default={"x": 0.5}, evaluate=evaluate)
    found = []
    for version in ("1", "1", "2"):
        versions = {"numpy.testing._private.utils": version}
        monkeypatch.setattr(registry, "installed_version", lambda name, v=versions: v.get(name, ""))
        found.append(get(problem)[0].fingerprint)
    assert found[0] == found[1] != found[2]


DATA = """
import numpy as np
from study import Problem, Real
x = np.loadtxt("{folder}/x.csv")
problem = Problem(space=[Real(name="x", low=0.0, high=1.0)], default={{"x": 0.5}},
                  evaluate=lambda c, s: x[0] * c["x"]{version})
"""


@pytest.mark.parametrize(("version", "changes"), [("", True), (", version='1'", False)])
def test_data_that_a_file_loads_count_unless_it_has_a_version(
    version: str, changes: bool, tmp_path: Path
) -> None:
    named = f"{tmp_path}/mine.py:problem"
    (tmp_path / "mine.py").write_text(DATA.format(folder=tmp_path, version=version))

    def found(numbers: str) -> str:
        (tmp_path / "x.csv").write_text(numbers)
        own_files._run.cache_clear()  # as in another process
        registry.loaded_state.cache_clear()
        return registry.get(named)[0].fingerprint

    before = found("1 2")
    assert found("1 2") == before
    again = registry.find_again(named, before)
    assert again is not None
    again.problem.evaluate.__globals__["x"][0] = 5  # an evaluation writes into it
    assert registry.get(named)[0].fingerprint == before
    assert (found("3 2") != before) == changes
    assert (registry.find_again(named, before) is None) == changes
    (tmp_path / "mine.py").write_text(DATA.format(folder=tmp_path, version=", version='2'"))
    assert found("1 2") != before


def test_a_function_gives_its_name() -> None:
    def hill(configuration: Any, seed: int) -> float:
        return float(configuration["x"])

    assert get(Problem(space=SPACE, default={"x": 0.5}, evaluate=hill))[0].name == "hill"


@pytest.mark.slow
def test_a_helper_or_data_that_changed_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "helperlib.py").write_text("FACTOR = 1")
    (tmp_path / "data.csv").write_text("1 2")
    (tmp_path / "mine.py").write_text(
        "import helperlib\nimport numpy as np\nfrom study import Problem, Real\n"
        "data = np.loadtxt('data.csv')\n"
        "problem = Problem(space=[Real(name='x', low=0.0, high=1.0)], default={'x': 0.5},\n"
        "                  evaluate=lambda c, s: data[0] * helperlib.FACTOR * c['x'])\n"
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
    (tmp_path / "data.csv").write_text("3 2")
    assert "the data or the version in the file mine.py changed since" in study(4).stderr
