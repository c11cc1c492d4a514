"""What files of one's own import is what lies beside them, as it is now."""

import sys
from pathlib import Path

import pytest

from study import StudyError
from study.core.plugins import ObjectReference, parse_reference
from study.problems.registry import get
from tests.shared import evaluated

FILE = """
{imports}
from study import Problem, Real

def evaluate(configuration, seed):
    {late}
    return loss(configuration["x"])

problem = Problem(space=[Real(name="x", low=0.0, high=1.0)], default={{"x": 0.5}},
                  evaluate=evaluate)
"""
EARLY, LATE = "from beside_it import loss", "from late_beside_it import loss"
UNCHANGED = "def loss(x): return x"


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    """What files add to `sys.path` is gone after each test."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def written(folder: Path, helper: str, *, imports: str = EARLY, late: str = "pass") -> str:
    """A problem, and beside it what computes its value."""
    folder.mkdir(exist_ok=True)
    name = (imports + late).split()[1]
    (folder / f"{name}.py").write_text(helper)
    (folder / "mine.py").write_text(FILE.format(imports=imports, late=late))
    return f"{folder}/mine.py:problem"


def test_each_file_has_its_own_helper(tmp_path: Path) -> None:
    first = written(tmp_path / "first", UNCHANGED)
    second = written(tmp_path / "second", "import between\nloss = between.loss")
    (tmp_path / "second" / "between.py").write_text("def loss(x): return 1000 + x")
    for _ in range(2):
        assert evaluated(first).score == 0.5
        assert evaluated(second).score == 1000.5


def test_an_edited_helper_is_loaded_anew(tmp_path: Path) -> None:
    named = written(tmp_path, "import deeper_beside_it\ndef loss(x): return deeper_beside_it.f(x)")
    deeper = tmp_path / "deeper_beside_it.py"
    deeper.write_text("def f(x): return x")
    before, _ = get(named)
    assert evaluated(named).score == 0.5
    deeper.write_text("def f(x): return 1000 + x")
    assert get(named)[0].fingerprint != before.fingerprint
    assert evaluated(named).score == 1000.5


def test_what_could_be_imported_from_two_folders_later_is_refused(tmp_path: Path) -> None:
    late = {"imports": "", "late": LATE}
    assert evaluated(written(tmp_path / "first", UNCHANGED, **late)).score == 0.5
    other = written(tmp_path / "second", UNCHANGED, **late)
    with pytest.raises(StudyError, match=r"^mine\.py imports late_beside_it from .*second, and "):
        get(other)


def test_where_a_file_says_that_its_helpers_are_counts(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    helper = tmp_path / "lib" / "elsewhere_it.py"
    helper.write_text(UNCHANGED)
    where = f"import sys; sys.path.insert(0, {str(tmp_path / 'lib')!r})"
    imports = f"{where}\nfrom elsewhere_it import loss"
    (tmp_path / "mine.py").write_text(FILE.format(imports=imports, late="pass"))
    before = get(f"{tmp_path}/mine.py:problem")[0].fingerprint
    assert get(f"{tmp_path}/mine.py:problem")[0].fingerprint == before
    helper.write_text("def loss(x): return 1000 + x")
    assert get(f"{tmp_path}/mine.py:problem")[0].fingerprint != before


def test_a_module_of_the_same_name_as_an_installed_one_replaces_it_nowhere(tmp_path: Path) -> None:
    json = sys.modules["json"]
    assert evaluated(written(tmp_path, UNCHANGED, imports="import json\nloss = abs")).score == 0.5
    assert sys.modules["json"] is json


def test_a_module_that_was_edited_since_it_was_imported_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "edited_later.py"
    module.write_text("import elsewhere_still\nvalue = 1")
    (tmp_path / "elsewhere_still.py").write_text("")
    reference: ObjectReference = parse_reference("problem", "edited_later:value")
    assert reference.load() == reference.load() == 1
    (tmp_path / "elsewhere_still.py").write_text("value = 2")
    with pytest.raises(StudyError, match=r"^the module edited_later, or one that it imports, was "):
        reference.load()
