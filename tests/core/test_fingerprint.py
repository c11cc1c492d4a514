"""A fingerprint changes with what an object computes, and with nothing else."""

import functools
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import Integer, keras_problem
from study.core.fingerprint import UnknownStateError, fingerprint_file, fingerprint_object

FACTOR = 3


def helper(x: float) -> float:
    return x * FACTOR


def calls_helper(x: float) -> float:
    return helper(x)


def adding(what: Any) -> Callable[[Any], Any]:
    return lambda x: x + what


class Model:
    """With a state."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def evaluate(self, x: float) -> float:
        return self.weight * x


def defined(text: str) -> Any:
    """`f` of a text that is run as a notebook's cell would be."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "cell", "exec"), names)
    return names["f"]


DIFFERENT = [
    ("f = lambda c: c", "f = lambda c: -100 * c"),
    ("f = lambda c: c + 1", "f = lambda c: c + 1.0"),
    ("A = 1\ndef f(): return A", "A = 2\ndef f(): return A"),
    ("def g(): return 1\ndef f(): return g()", "def g(): return 2\ndef f(): return g()"),
    ("def f(a=1): return a", "def f(a=2): return a"),
    ("def f(*, a=1): return a", "def f(*, a=2): return a"),
    ("def f(): return [i for i in (1, 2)]", "def f(): return [i for i in (1, 3)]"),
    ("S = {'a', 'b'}\ndef f(): return S", "S = {'a', 'c'}\ndef f(): return S"),
    ("D = {'a': 1}\ndef f(): return D", "D = {'a': 2}\ndef f(): return D"),
    ("class f:\n    x = 1", "class f:\n    x = 2"),
    ("class f:\n    def m(self): return 1", "class f:\n    def m(self): return 2"),
    ("class A: x = 1\nclass f(A): pass", "class A: x = 2\nclass f(A): pass"),
    ("import math\nf = lambda: math.sin", "import math\nf = lambda: math.cos"),
    (
        "def f():\n    def g(): return 1\n    return g",
        "def f():\n    def g(): return 2\n    return g",
    ),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_computes_something_else_has_another_fingerprint(one: str, other: str) -> None:
    assert fingerprint_object(defined(one)) == fingerprint_object(defined(one))
    assert fingerprint_object(defined(one)) != fingerprint_object(defined(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ((1, 2), [1, 2]),
        (np.arange(3), np.arange(4)),
        (np.float32(1), np.float64(1)),
        (np.array(["a", {}], object), np.array(["b", {}], object)),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
        (np.random.default_rng(0), np.random.default_rng(1)),
        (Model(1.0), Model(2.0)),
        (Model(1.0).evaluate, Model(2.0).evaluate),
        (functools.partial(helper, 1), functools.partial(helper, 2)),
        (Path("a"), Path("b")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_state_counts(one: Any, other: Any) -> None:
    assert fingerprint_object(adding(one)) == fingerprint_object(adding(one))
    assert fingerprint_object(adding(one)) != fingerprint_object(adding(other))


def test_a_global_that_changes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint_object(calls_helper)
    monkeypatch.setitem(calls_helper.__globals__, "FACTOR", 4)
    assert fingerprint_object(calls_helper) != before


def test_what_refers_to_itself_has_a_fingerprint() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert fingerprint_object(loop) == fingerprint_object(loop)


def test_a_state_that_cannot_be_read_is_named() -> None:
    with pytest.raises(UnknownStateError, match="lock"):
        fingerprint_object(adding(threading.Lock()))


def test_another_process_finds_the_same() -> None:
    code = (
        "from tests.core.test_fingerprint import *\n"
        "print(*map(fingerprint_object, (calls_helper, adding({'a', 'b', 'c'}), Model(1.5), "
        "adding(pd.DataFrame({'a': ['x', 'y']})))))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": str(seed), "PATH": ""},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in (1, 2)
    }
    assert len(found) == 1


def test_a_file_counts_with_the_modules_beside_it_that_it_imports(tmp_path: Path) -> None:
    text = "import os, helperlib\ndef f():\n    from tools.inner import g\n    return g"
    (tmp_path / "tools").mkdir()
    files = {
        "helperlib.py": "import deeper",
        "deeper.py": "x = 1",
        "tools/__init__.py": "",
        "tools/inner.py": "g = 1",
        "unrelated.py": "y = 1",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    path = tmp_path / "mine.py"
    before = fingerprint_file(path, text)
    for name, content in files.items():
        (tmp_path / name).write_text(content + "\n# another")
        assert (fingerprint_file(path, text) == before) == (name == "unrelated.py")
        (tmp_path / name).write_text(content)
    assert fingerprint_file(path, text) == before
    assert fingerprint_file(path, text + "\n") != before


def test_what_an_installed_function_captured_counts() -> None:
    """As `keras_problem` does a user's `build` and the number of epochs."""

    def make(build: Any, epochs: int) -> Any:
        space = [Integer(name="n", low=1, high=3)]
        return keras_problem(build, space=space, default={"n": 1}, epochs=epochs)

    def build(_: Any) -> Any:
        return 1

    def other(_: Any) -> Any:
        return 2

    ways = (build, 1), (build, 1), (other, 1), (build, 2)
    found = [fingerprint_object(make(*way)) for way in ways]
    assert found[0] == found[1]
    assert len(set(found)) == 3
