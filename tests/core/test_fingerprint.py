"""A fingerprint changes with what an object computes, and with nothing else."""

import collections
import functools
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd
import pytest

from study import Integer, keras_problem
from study.core.fingerprint import fingerprint_file, fingerprint_module, installed_version
from study.core.object_fingerprint import (
    UnknownStateError,
    fingerprint_data,
    fingerprint_object,
)
from tests.shared import printed_in_two_processes

FACTOR = 3


def helper(x: float) -> float:
    return x * FACTOR


def calls_helper(x: float) -> float:
    return helper(x)


compiled: Any = numba.njit(helper)


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
    ("def f(a, b): return a - b", "def f(b, a): return b - a"),
    ("def f(): ...\nf.rate = 1", "def f(): ...\nf.rate = 2"),
    (
        "import functools\n@functools.cache\ndef f(): return 1",
        "import functools\n@functools.cache\ndef f(): return 2",
    ),
    (
        "import collections\nd = collections.defaultdict(lambda: 1)\ndef f(): return d",
        "import collections\nd = collections.defaultdict(lambda: 2)\ndef f(): return d",
    ),
    (
        "class D(dict):\n    def __missing__(self, key): return 1\nd = D()\ndef f(): return d",
        "class D(dict):\n    def __missing__(self, key): return 2\nd = D()\ndef f(): return d",
    ),
    (
        "class M(type): x = 1\nclass f(metaclass=M): ...",
        "class M(type): x = 2\nclass f(metaclass=M): ...",
    ),
    (
        "import dataclasses\n@dataclasses.dataclass\nclass f: x: int = 1",
        "import dataclasses\n@dataclasses.dataclass\nclass f: x: int = 2",
    ),
    (
        "import abc\nclass f(abc.ABC):\n    def m(self): return 1",
        "import abc\nclass f(abc.ABC):\n    def m(self): return 2",
    ),
    (
        "import typing\nclass f(typing.Protocol):\n    def m(self): return 1",
        "import typing\nclass f(typing.Protocol):\n    def m(self): return 2",
    ),
    (
        "import functools\nclass f:\n    @functools.cached_property\n    def m(self): return 1",
        "import functools\nclass f:\n    @functools.cached_property\n    def m(self): return 2",
    ),
    (
        "import functools\n@functools.singledispatch\ndef f(x): return 1",
        "import functools\n@functools.singledispatch\ndef f(x): return 2",
    ),
    (
        "import dataclasses\nf = dataclasses.make_dataclass('P', [('x', int, 1)])",
        "import dataclasses\nf = dataclasses.make_dataclass('P', [('x', int, 2)])",
    ),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_computes_something_else_has_another_fingerprint(one: str, other: str) -> None:
    assert fingerprint_object(defined(one)) == fingerprint_object(defined(one))
    assert fingerprint_object(defined(one)) != fingerprint_object(defined(other))


SAME = [
    ("mean = 1\ndef f(x): return x.mean()", "mean = 2\ndef f(x): return x.mean()"),
    ("x = 1\ndef f(x): return lambda: x.a", "x = 2\ndef f(x): return lambda: x.a"),
    ("import functools\n@functools.cache\ndef f(): return 1", "f()"),
    (
        "import functools\nclass A:\n    @functools.cached_property\n    def b(self): return 1\n"
        "a = A()\ndef f(): return a",
        "a.b",
    ),
    ("import numpy\na = numpy.ma.array([1, 2])\ndef f(): return a", "a.fill_value"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_computes_the_same_has_the_same_fingerprint(one: str, other: str) -> None:
    text = other if "def f" in other else f"{one}\n{other}"
    assert fingerprint_object(defined(one)) == fingerprint_object(defined(text))


@pytest.mark.parametrize("text", ["def f(): return {}", "class f:\n    x = {}"])
def test_what_is_run_without_a_module_has_a_fingerprint(text: str) -> None:
    def run(number: int) -> Any:
        names: dict[str, Any] = {}
        exec(text.format(number), names)
        return names["f"]

    assert fingerprint_object(run(1)) == fingerprint_object(run(1)) != fingerprint_object(run(2))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ([1].append, [2].append),
        (re.compile("a"), re.compile("b")),
        (np.ma.array([1, 2], mask=[True, False]), np.ma.array([1, 2], mask=[False, True])),
        (collections.deque([1], 3), collections.deque([1], 4)),
        (np.vectorize(helper), np.vectorize(calls_helper)),
        (np.random.default_rng(0).normal, np.random.default_rng(1).normal),
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


def test_the_memory_of_a_text_array_does_not_count() -> None:
    texts = np.array(["a" * 100, "b"], np.dtypes.StringDType())
    assert fingerprint_object(texts) == fingerprint_object(texts.copy())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One's own: its module `inner` uses another, by a relative import."""
    folder = tmp_path / "own_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("from . import inner")
    (folder / "inner.py").write_text("from .helper import g")
    (folder / "helper.py").write_text("RATE = 1\ndef g(): return 1")
    (folder / "unrelated.py").write_text("x = 1")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "text",
    [
        "import own_package.inner\ndef f(): return own_package.inner.g()",
        "import own_package.inner as m\ndef f(): return m.g()",
        "import own_package\ndef f(): return own_package",
        "def f():\n    import own_package.inner\n    return own_package.inner.g()",
        "def f():\n    from own_package import inner\n    return inner.g()",
        "__package__ = 'own_package'\ndef f():\n    from .inner import g\n    return g()",
        "import own_package\ndef m(p): return lambda: p.inner.g()\nf = m(own_package)",
        "import own_package\nclass f:\n    def m(self): return own_package.inner.g()",
    ],
)
def test_modules_of_ones_own_count_however_they_are_reached(text: str, package: Path) -> None:
    found = defined(text)
    before = fingerprint_object(found)
    for file in sorted(package.glob("*.py")):
        content = file.read_text()
        file.write_text(content + "\n# another")
        assert (fingerprint_object(found) == before) == (file.name == "unrelated.py"), file
        file.write_text(content)
    assert fingerprint_object(found) == before


def test_what_is_used_of_a_module_of_ones_own_counts(package: Path) -> None:
    found = defined("import own_package.helper\ndef f(): return own_package.helper.RATE")
    before = fingerprint_object(found)
    sys.modules["own_package.helper"].RATE = 2  # type: ignore[attr-defined]
    assert fingerprint_object(found) != before


def test_a_global_that_changes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint_object(calls_helper)
    monkeypatch.setitem(calls_helper.__globals__, "FACTOR", 4)
    assert fingerprint_object(calls_helper) != before


def test_a_compiled_function_counts_as_what_was_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint_object(compiled)
    assert fingerprint_object(numba.njit(fastmath=True)(compiled.py_func)) != before
    monkeypatch.setitem(compiled.py_func.__globals__, "FACTOR", 4)
    assert fingerprint_object(compiled) != before


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
        "adding(pd.DataFrame({'a': ['x', 'y']})), compiled)))"
    )
    assert len(printed_in_two_processes(code)) == 1


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


def test_a_module_in_an_encoding_of_its_own_is_followed(tmp_path: Path) -> None:
    (tmp_path / "marked.py").write_bytes(b"\xef\xbb\xbfimport deeper\n")
    (tmp_path / "declared.py").write_bytes(b"# coding: latin-1\nimport deeper  # \xe9\n")
    for name in ("marked", "declared"):
        (tmp_path / "deeper.py").write_text("x = 1")
        before = fingerprint_file(tmp_path / "mine.py", f"import {name}")
        (tmp_path / "deeper.py").write_text("x = 2")
        assert fingerprint_file(tmp_path / "mine.py", f"import {name}") != before


def test_relative_imports_of_a_file_count(tmp_path: Path) -> None:
    files = {
        "tools/__init__.py": "from . import first",
        "tools/first.py": "from .second import f",
        "tools/second.py": "from .deep.third import f",
        "tools/deep/third.py": "from ..fourth import f\nfrom .... import beyond",
        "tools/fourth.py": "def f(): return 1",
        "second.py": "def f(): return 1",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    file, inside = tmp_path / "mine.py", tmp_path / "tools" / "deep" / "mine.py"

    def found() -> tuple[str, str]:
        of_module = fingerprint_file(inside, "from .third import f", package_depth=2)
        return fingerprint_file(file, "import tools"), of_module

    before = found()
    for name, content in files.items():
        (tmp_path / name).write_text(content + "\n# another")
        assert [a == b for a, b in zip(found(), before, strict=True)] == [name == "second.py"] * 2
        (tmp_path / name).write_text(content)


def test_a_module_of_ones_own_counts_wherever_it_lies(package: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / "mine.py"
    before = fingerprint_file(file, "from own_package import inner")
    (package / "helper.py").write_text("RATE = 2")
    assert fingerprint_file(file, "from own_package import inner") != before


def test_of_an_installed_module_the_version_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "site-packages"
    (place / "own_installed-1.dist-info").mkdir(parents=True)
    source = place / "own_installed.py"
    source.write_text("import helper")
    (place / "helper.py").write_text("x = 1")
    monkeypatch.syspath_prepend(place)
    found = []
    for version in ("1", "1", "2"):
        metadata = f"Metadata-Version: 2.1\nName: own_installed\nVersion: {version}\n"
        (place / "own_installed-1.dist-info" / "METADATA").write_text(metadata)
        installed_version.cache_clear()
        found.append(fingerprint_module("own_installed", source))
    installed_version.cache_clear()
    assert found[0] == found[1] != found[2]


def test_data_of_a_file_are_its_arrays(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]})
    text = frame.assign(a=["x", "z"])
    ways = [np.arange(3), np.arange(4), np.array(["a"], object), b"a", b"b", frame, text]
    found = [fingerprint_data(adding(way)) for way in ways]
    assert len(set(found)) == len(ways)
    assert "" not in found
    for nothing in (threading.Lock(), tmp_path, "text", [1, 2]):
        assert fingerprint_data(adding(nothing)) == ""
    assert fingerprint_data(adding((threading.Lock(), np.arange(3)))) == found[0]


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
