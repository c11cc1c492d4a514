"""Input by chance and by malice: it works, or one line says why not."""

import contextlib
import csv
import fnmatch
import gzip
import io
import json
import os
import shutil
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from study.cli import tables
from study.cli.console import error
from study.cli.main import main
from study.cli.progress import announce
from study.cli.tables import exit_code
from study.core.errors import StudyError, to_plain_line
from study.core.objective import ACCURACY
from study.core.settings import Settings
from study.data import formats
from study.data.sources import load_dataset
from study.execution.plan import StudyRequest, make_plan
from study.replication.report import chapter
from study.report.study_page import contents, write_report
from study.results import Results, load, make_results, read_files
from study.storage.csv import read_finals, read_trials, write_table
from study.storage.ledger import Ledger
from tests.report.test_page import claimed

# The same examples every time; fixtures are only read.
examples.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
examples.load_profile("repeatable")

ODD_TEXTS = [
    *("", "../../etc/passwd", "a\nb", "<script>alert(1)</script>", '"><img src=x>', "$x^{2$", "$$"),
    *("=1+1", "+1", "-1", "@SUM(A1)", "'=1", "a|b", "```", "\x1b[31mred", "\0", "\u202eknil"),
    *("[red]no[/]", "[/]", ":smile:", "{{ 7 * 7 }}", "\ud800", "\ufffe", "]]>", "--", "x" * 3000),
    *("_nolegend_", "nan", "None", "\\", "&amp;", "%s%n"),
]
NUMBERS = st.sampled_from([0, -1, 1, 2, 10**12, 10**30, 10**400, 0.5, -0.0, 1e-320, 1e300, 1e308])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | NUMBERS
    | st.text(max_size=20)
    | st.sampled_from(ODD_TEXTS)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


@contextlib.contextmanager
def one_line_or_nothing() -> Iterator[None]:
    """A `StudyError` of one line may be raised, and nothing else."""
    told = ""
    try:
        yield
    except StudyError as error:
        told = str(error)
    assert told.isprintable()  # so that it is one line, and moves no cursor


# Settings


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no text for this")


ANYTHING = (
    JSON
    | st.fractions()
    | st.decimals()
    | st.complex_numbers()
    | st.binary(max_size=9)
    | st.sampled_from(
        [Unspeakable(), np.int64(3), np.float32(0.5), np.arange(30), pd.NA, np.nan, int, 10**5000]
    )
    | st.lists(st.sampled_from(["gp", "random", "a\nb", ""])).map(tuple)
)


@pytest.mark.slow
@given(name=st.sampled_from(list(vars(Settings()))), value=ANYTHING)
@examples(max_examples=125)
def test_any_value_of_any_setting_is_valid_or_told(name: str, value: Any) -> None:
    with one_line_or_nothing():
        settings = Settings(**{name: value})
        json.dumps(vars(settings), allow_nan=False)
        for number in ("seeds", "calls", "initial_points", "retrain"):
            assert type(getattr(settings, number)) is int
            assert getattr(settings, number) >= 1
        assert settings.margin is None or type(settings.margin) is float
        assert settings.margin is None or 0 < settings.margin <= 1e15
        assert settings.calls >= settings.initial_points
        assert len(settings.methods) == len(set(settings.methods)) > 0


@given(text=st.text() | st.sampled_from(ODD_TEXTS))
@examples(max_examples=100)
def test_plain_text_is_one_printable_line_and_stays_as_it_is(text: str) -> None:
    assert to_plain_line(text).isprintable()
    assert to_plain_line(to_plain_line(text)) == to_plain_line(text)
    to_plain_line(text).encode()


# Image files


def idx(shape: tuple[int, ...], body: bytes) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + body


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (6, 3, 2), np.uint8),
        "y_train": np.arange(6, dtype=np.uint8) % 2,
        "x_test": rng.integers(0, 256, (4, 3, 2), np.uint8),
        "y_test": np.arange(4, dtype=np.uint8) % 2,
    }


def npz(content: dict[str, np.ndarray], *, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if zipped else np.savez)(file, **content)  # type: ignore[arg-type]
    return file.getvalue()


@st.composite
def damaged(draw: Any, whole: bytes) -> bytes:
    """A valid file with a few bytes flipped, cut out, repeated or put in."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.integers(1, 40))
        part = content[place : place + length]
        how = draw(st.sampled_from(["flip", "cut", "repeat", "insert", "end"]))
        if how == "flip" and part:
            content[place] ^= draw(st.integers(1, 255))
        elif how == "cut":
            del content[place : place + length]
        elif how == "repeat":
            content[place:place] = part
        elif how == "insert":
            content[place:place] = draw(st.binary(min_size=1, max_size=8))
        else:
            del content[place:]
    return bytes(content)


IDX = idx((3, 2, 2), bytes(range(12)))


@given(content=st.binary(max_size=60) | damaged(IDX) | st.binary(max_size=12).map(IDX[:4].__add__))
@examples(max_examples=100)
@pytest.mark.parametrize("zipped", [False, True])
def test_any_bytes_of_an_idx_file_are_read_as_they_say_or_told(
    tmp_path: Path, content: bytes, zipped: bool
) -> None:
    path = tmp_path / ("a.gz" if zipped else "a")
    path.write_bytes(gzip.compress(content, 1) if zipped else content)
    with one_line_or_nothing():
        read = formats.read_idx(path)
        assert idx(read.shape, read.tobytes()) == content


@given(content=damaged(gzip.compress(IDX, mtime=0)))
@examples(max_examples=50)
def test_a_damaged_gzip_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(content)
    with one_line_or_nothing():
        assert formats.read_idx(tmp_path / "a.gz").tobytes() == bytes(range(12))


@given(
    content=st.binary(max_size=200) | damaged(npz(arrays())) | damaged(npz(arrays(), zipped=False))
)
@examples(max_examples=150)
def test_any_bytes_of_an_npz_file_are_read_as_they_say_or_told(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with one_line_or_nothing():
        read = formats.read_folder(tmp_path)
        assert read is not None
        for key, array in arrays().items():  # the checksums let no other content through
            np.testing.assert_array_equal(read[key], array)
    with one_line_or_nothing():
        load_dataset(str(tmp_path))


class Bomb:
    """Whoever unpickles it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_pickles_in_an_npz_file_are_never_run(tmp_path: Path) -> None:
    burst = tmp_path / "burst"
    for key in formats.ARRAYS:
        bombs = np.array([Bomb(burst)] * 4, dtype=object)
        (tmp_path / "a.npz").write_bytes(npz(arrays() | {key: bombs}))
        with pytest.raises(StudyError, match=r"a\.npz cannot be read"):
            formats.read_folder(tmp_path)
    assert not burst.exists()


HUGE = 40 * 2**30


def npy_header(shape: tuple[int, ...], descr: str = "|u1") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


def lying(announced: int, said_of_the_entry: int) -> bytes:
    """An npz file whose headers and whose directory announce what is not there."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for key in formats.ARRAYS:
            archive.writestr(f"{key}.npy", npy_header((announced,)) + bytes(1000))
        for entry in archive.infolist():
            entry.file_size = said_of_the_entry
    return file.getvalue()


HEADER = len(npy_header((HUGE,)))
TOO_LARGE = {
    "npy": ("a.npz", lying(HUGE, HEADER + 1000)),
    "npy and zip": ("a.npz", lying(HUGE, HEADER + HUGE)),
    "below the limit": ("a.npz", lying(2**32, HEADER + 2**32)),
    "idx": ("train-images-idx3-ubyte", idx((2**31, 28, 28), bytes(1000))),
    "idx below the limit": ("train-images-idx3-ubyte", idx((2**16, 28, 28), bytes(1000))),
    "gzipped idx": ("train-images-idx3-ubyte.gz", gzip.compress(idx((2**22, 128, 128), b"0" * 99))),
    "gzip bomb": ("train-images-idx3-ubyte.gz", gzip.compress(idx((2, 2, 2), bytes(2**26)))),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_what_announces_too_much_is_refused_before_memory_is_taken(
    tmp_path: Path, kind: str
) -> None:
    name, content = TOO_LARGE[kind]
    path = tmp_path / name
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(StudyError, match="cannot be read") as caught:
            (formats.read_npz if path.suffix == ".npz" else formats.read_idx)(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
    assert str(caught.value).isprintable()


def test_a_large_array_that_is_there_is_read(tmp_path: Path) -> None:
    """Zeros are compressed as far as it goes; they are pixels all the same."""
    blank = arrays() | {"x_train": np.zeros((6, 3000, 2000), np.uint8)}
    (tmp_path / "a.npz").write_bytes(npz(blank))
    assert formats.read_npz(tmp_path / "a.npz")["x_train"].shape == (6, 3000, 2000)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(idx((6, 3000, 2000), bytes(36_000_000))))
    assert formats.read_idx(path).shape == (6, 3000, 2000)


# Results folders


NAMES = ("study.json", "trials.csv", "finals.csv")


def copied(results: Results, folder: Path) -> dict[str, Any]:
    """Put a study's three files into a folder; study.json as it was read."""
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        shutil.copy(results.folder / name, folder)
    info: dict[str, Any] = json.loads((folder / "study.json").read_text())
    return info


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in inside:
        found.append((*above, key))
        if isinstance(item, dict | list):
            found += places(item, (*above, key))
    return found


def change(info: dict[str, Any], place: tuple[Any, ...], value: Any) -> None:
    """Replace what stands in a place; `...` deletes it."""
    inside: Any = info
    for key in place[:-1]:
        inside = inside[key]
    if value is ...:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value


def used(folder: Path) -> None:
    """Everything that is said of a results folder."""
    results = read_files(folder)
    contents(results, [])
    chapter(results)
    with contextlib.redirect_stdout(io.StringIO()):
        tables.print_results(results)


@pytest.mark.parametrize("looks", [[8, 8], [20, 8]])
def test_looks_that_do_not_rise_are_told(
    finished: Results, tmp_path: Path, looks: list[int]
) -> None:
    info = copied(finished, tmp_path) | {"looks": looks}
    (tmp_path / "study.json").write_text(json.dumps(info))
    with pytest.raises(StudyError, match=r"looks are .*, which do not rise"):
        read_files(tmp_path)


@given(data=st.data())
@examples(max_examples=30)
def test_a_changed_study_json_works_or_is_told(
    finished: Results, tmp_path: Path, data: st.DataObject
) -> None:
    info = copied(finished, tmp_path)
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places(info)))
        change(info, place, data.draw(JSON | st.just(...)))
    (tmp_path / "study.json").write_text(json.dumps(info))
    with one_line_or_nothing():
        used(tmp_path)


@pytest.mark.slow
def test_a_study_json_that_lacks_anything_works_or_is_told(
    finished: Results, tmp_path: Path
) -> None:
    told = 0
    for place in [place for place in places(copied(finished, tmp_path)) if len(place) <= 2]:
        info = copied(finished, tmp_path)
        change(info, place, ...)
        (tmp_path / "study.json").write_text(json.dumps(info))
        try:
            used(tmp_path)
        except StudyError:
            told += 1
    assert told > 20


CELLS = SCALARS.map(str) | st.sampled_from(["inf", "-inf", "nan", "1e999", "9" * 400, "True", "{}"])


@pytest.mark.slow
@given(data=st.data())
@examples(max_examples=30)
@pytest.mark.parametrize("name", ["trials.csv", "finals.csv"])
def test_changed_tables_work_or_are_told(
    finished: Results, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    copied(finished, tmp_path)
    frame = pd.read_csv(tmp_path / name, dtype=str, keep_default_na=False)
    column = data.draw(st.sampled_from(list(frame.columns)))
    how = data.draw(st.sampled_from(["cell", "column", "drop", "rename", "rows", "bytes"]))
    if how == "cell":
        frame.loc[data.draw(st.integers(0, len(frame) - 1)), column] = data.draw(CELLS)
    elif how == "column":
        frame[column] = data.draw(CELLS)
    elif how == "drop":
        frame = frame.drop(columns=column)
    elif how == "rename":
        frame = frame.rename(columns={column: data.draw(CELLS)})
    elif how == "rows":
        rows = st.lists(st.integers(0, len(frame) - 1), min_size=len(frame), max_size=len(frame))
        frame = frame.iloc[data.draw(rows | st.permutations(range(len(frame))))]
    with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate is in no file
        frame.to_csv(tmp_path / name, index=False)
    if how == "bytes":
        (tmp_path / name).write_bytes(data.draw(damaged((finished.folder / name).read_bytes())))
    with one_line_or_nothing():
        used(tmp_path)


@pytest.fixture(scope="module")
def replicated(finished: Results, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("replicated") / "toy"
    return claimed(load(shutil.copytree(finished.folder, folder)))()


@pytest.mark.slow
@given(data=st.data())
@examples(max_examples=8)
@pytest.mark.parametrize("name", ["claims.csv", "leak.csv"])
def test_changed_claims_work_or_are_told(
    replicated: Results, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    copied(replicated, tmp_path)
    for table in ("claims.csv", "leak.csv"):
        shutil.copy(replicated.folder / table, tmp_path)
    frame = pd.read_csv(tmp_path / name, dtype=str, keep_default_na=False)
    column = data.draw(st.sampled_from(list(frame.columns)))
    row = data.draw(st.integers(0, len(frame) - 1))
    rows = data.draw(st.sampled_from([[row], list(range(len(frame)))]))
    frame.loc[rows, column] = data.draw(CELLS)
    frame = frame.drop(index=data.draw(st.lists(st.integers(0, len(frame) - 1), unique=True)))
    with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate is in no file
        frame.to_csv(tmp_path / name, index=False)
    with one_line_or_nothing():
        used(tmp_path)


EXTREMES: dict[str, dict[str, Any]] = {
    "nothing known": {"*_accuracy": "", "initial_loss": ""},
    "nothing learned": {"*_accuracy": "0.0", "*_seconds": "0.0", "parameters": "0"},
    "nothing wrong": {"*_accuracy": "1.0", "*_seconds": "1e14", "parameters": "1000000000000000"},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXTREMES)
def test_the_ends_of_what_is_accepted_are_drawn(
    finished: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    copied(finished, tmp_path)
    for name in ("trials.csv", "finals.csv"):
        frame = pd.read_csv(tmp_path / name, dtype=str, keep_default_na=False)
        for pattern, value in EXTREMES[kind].items():
            for column in fnmatch.filter(frame.columns, pattern):
                frame[column] = value
        frame.to_csv(tmp_path / name, index=False)
    for command in ("show", "report"):
        with pytest.raises(SystemExit) as ended:
            main([command, str(tmp_path)])
        assert ended.value.code == 0
    assert capsys.readouterr().err == ""
    check_pages(tmp_path)


@given(content=st.binary(max_size=300) | JSON.map(json.dumps).map(str.encode))
@examples(max_examples=15)
@pytest.mark.parametrize("command", ["show", "report", "plot"])
@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_in_a_results_folder_are_told(
    finished: Results,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    name: str,
    content: bytes,
) -> None:
    copied(finished, tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main([command, str(tmp_path)])
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_study_json_of_lists_in_lists_is_told(finished: Results, tmp_path: Path) -> None:
    copied(finished, tmp_path)
    (tmp_path / "study.json").write_text("[" * 100_000)
    with pytest.raises(StudyError, match="lists without end"):
        read_files(tmp_path)


# Names

TAGS = {
    *("html", "head", "meta", "title", "link", "style", "body", "h1", "h2", "p", "i", "ul", "li"),
    *("div", "table", "thead", "tbody", "tr", "th", "td", "figure", "img", "figcaption", "span"),
    *("pre", "dl", "dt", "dd", "details", "summary", "main", "nav", "a", "wbr"),
    *("svg", "g", "path", "use", "defs", "clipPath", "rect", "image", "pattern"),
}
TROUBLE = (
    "../../x\n|a|<script>$x^{2$ ```\x1b[31m\u202e\ud800[red]{{ 7 }}]]>--</title>&" + 300 * "=1+1;"
)
FREE_TEXTS = [
    *(("problem", "name"), ("problem", "fingerprint"), ("problem", "facts", "epochs")),
    *(("problem", "words", word) for word in ("subject", "description", "detail", "judged")),
    *(("data", "source"), ("data", "dataset")),
    *(("data", "instead_of"), ("command",), ("errors",), ("methods", "gp", "summary")),
    *(("sessions", 0, "machine"), ("sessions", 0, "versions", "numpy")),
]


def all_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def check_pages(folder: Path) -> None:
    """Report and plots are well-formed, and hold no markup but their own."""
    for path in folder.rglob("*.svg"):
        ElementTree.parse(path)
    page = (folder / "report.html").read_text(encoding="utf-8")
    tree = ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    assert {element.tag for element in tree.iter()} <= TAGS
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert {sign for sign in text if not sign.isprintable()} == {"\n"}
    for block in text.split("\n\n"):
        bars = {line.replace(r"\|", "").count("|") for line in block.splitlines()}
        assert len(bars - {0}) <= 1
    assert not [line for line in text.splitlines() if line.strip() == "<script>"]


@pytest.mark.slow
def test_texts_of_strangers_are_shown_and_not_obeyed(finished: Results, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "side"
    folder.parent.mkdir()
    info = copied(finished, folder)
    for place in FREE_TEXTS:
        change(info, place, [TROUBLE] if place == ("errors",) else TROUBLE)
    (folder / "study.json").write_text(json.dumps(info))
    trials = pd.read_csv(folder / "trials.csv", dtype=str, keep_default_na=False)
    trials.loc[3, ["status", "reason"]] = "failed", TROUBLE.replace("\ud800", "")
    trials.to_csv(folder / "trials.csv", index=False)
    before = all_files(tmp_path)
    write_report(read_files(folder))
    check_pages(folder)
    assert all(path.is_relative_to(folder) for path in all_files(tmp_path) - before)
    assert "[31m\ufffd\ufffd[red]{{ 7 }}" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize(
    "place", [("settings", "methods", 2), ("problem", "space", 0, "name")], ids=["method", "name"]
)
def test_a_method_or_dimension_that_is_no_name_is_told(
    finished: Results, tmp_path: Path, place: tuple[Any, ...], text: str
) -> None:
    info = copied(finished, tmp_path)
    change(info, place, text)
    (tmp_path / "study.json").write_text(json.dumps(info))
    with pytest.raises(StudyError) as caught:
        read_files(tmp_path)
    assert str(caught.value).isprintable()


def test_a_ledger_of_strangers_is_inspected_too(finished: Results, tmp_path: Path) -> None:
    shutil.copy(finished.folder / "study.db", tmp_path)
    changes: dict[str, Callable[[Any], Any]] = {
        "settings": lambda settings: settings | {"methods": ["<script>"]},
        "problem": lambda problem: problem | {"space": [{"name": 5}]},
        "data": lambda _: [],
    }
    for name, changed in changes.items():
        path = tmp_path / name / "study.db"
        path.parent.mkdir()
        shutil.copy(finished.folder / "study.db", path)
        with Ledger(path) as ledger:
            facts = {fact: json.loads(text) for fact, text in ledger.rows("facts")}
            ledger.write(**{name: changed(facts[name])})
        with pytest.raises(StudyError) as caught:
            load(path.parent)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "reason", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "'", "", "fine", 'a, "b"', "None", "nan"]
)
def test_no_reason_is_a_formula_in_a_csv_file_and_it_is_read_back_the_same(
    finished: Results, tmp_path: Path, reason: str
) -> None:
    trials, space = finished.trials.assign(reason=reason), finished.info.problem.space
    write_table(trials, tmp_path / "trials.csv")
    read = read_trials(tmp_path / "trials.csv", space, ACCURACY)
    assert read["reason"].tolist() == [reason] * len(trials)
    write_table(finished.finals.assign(reason=reason), tmp_path / "finals.csv")
    assert set(read_finals(tmp_path / "finals.csv", ACCURACY)["reason"]) == {reason}
    with (tmp_path / "trials.csv").open(newline="") as file:
        cells = [row["reason"] for row in csv.DictReader(file)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


FOLDER_NAMES = [
    *("<script>", "=1+1", "a\nb", "a|b", "$x^{2$", "\x1b[31m", "[red]no", ":smile:", " ", "~"),
    *("-rf", "\u202eknil", "%s", "\udcff", "\\", "..."),
]


@pytest.mark.parametrize("name", FOLDER_NAMES, ids=ascii)
def test_a_dataset_folder_may_have_any_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "a.npz").write_bytes(npz(arrays()))
    planned = make_plan(StudyRequest(dataset=str(folder), workers=1))
    assert planned.output.parent == Path("results")
    assert planned.problem.name.isprintable()
    announce(planned)
    out = " ".join(capsys.readouterr().out.split())
    assert f"Dataset {planned.problem.name}:" in out


@pytest.mark.parametrize("text", ["[red]no[/]", "[/]", ":smile:", "[bold", "\\"])
def test_the_terminal_takes_no_text_for_markup(
    finished: Results, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    scores = finished.scores
    trials = scores.trials.assign(status="failed", reason=f"a {text} b")
    failed = make_results(finished.folder, finished.info, trials, scores.finals, scores.trace)
    exit_code(failed)
    assert f"baseline seed 0 call 1: failed, a {text} b" in capsys.readouterr().err
    error(text)
    assert capsys.readouterr().err == f"study: {text}\n"
