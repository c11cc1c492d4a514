"""What users are told of errors that are not this package's own."""

import errno
import os
import socket
import urllib.request
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from study.core.errors import describe_error, reason_of


def raised(act: object) -> OSError:
    """The error of the operating system that a call without arguments raises."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 (its kind is what the test is about)
        act()  # type: ignore[operator]
    return caught.value


def test_real_errors_of_files_are_words_with_the_file(tmp_path: Path) -> None:
    missing, file = tmp_path / "none.csv", tmp_path / "a"
    file.touch()
    for act, path, words in (
        (missing.read_text, missing, "no such file or folder"),
        (tmp_path.read_text, tmp_path, "it is a folder"),
        ((file / "b").read_text, file / "b", "a part of the path is a file"),
        (file.mkdir, file, "it exists already"),
        ((tmp_path / ("x" * 300)).read_text, tmp_path / ("x" * 300), "the name is too long"),
    ):
        error = raised(act)
        assert reason_of(error) == f"{path}: {words}"
        assert reason_of(error, with_path=False) == words


def test_a_refused_connection_is_told_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
        error = raised(lambda: urllib.request.build_opener().open(address, timeout=5))
    assert isinstance(error, URLError)
    assert reason_of(error) == "the connection was refused"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out/study.db"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "no permission"),
        (OSError(errno.EIO, "Input/output error"), "input/output error"),
        (OSError("the connection broke off"), "the connection broke off"),
        (OSError(), "no reason given"),
        (TimeoutError("timed out"), "timed out"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "no answer in time"),
        (socket.gaierror(-2, "Name or service not known"), "cannot be resolved"),
        (URLError(socket.gaierror(-3, "Temporary failure")), "cannot be resolved"),
        (URLError("no host given"), "no host given"),
        (
            HTTPError("http://host/file", 404, "Not Found", None, None),  # type: ignore[arg-type]
            "http://host/file was answered with 404 Not Found",
        ),
        (ValueError("two\nlines"), "two lines"),
    ],
    ids=repr,
)
def test_no_error_shows_numbers_or_brackets(error: Exception, words: str) -> None:
    told = reason_of(error)
    assert words in told
    assert "Errno" not in told
    assert "<" not in told


def test_an_error_of_somebody_elses_code_keeps_its_kind() -> None:
    error = FileNotFoundError(errno.ENOENT, "No such file or directory", "data.csv")
    assert describe_error(error) == "FileNotFoundError: data.csv: no such file or folder"
    assert describe_error(KeyError("a")) == "KeyError: 'a'"
