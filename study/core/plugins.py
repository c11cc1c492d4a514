"""Somebody's own Python code, named as `my_file.py:name` or `package.module:name`.

A file travels as its text, so that workers on other hosts need not have it.
"""

import contextlib
import functools
import importlib.util
import io
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from study.core.errors import (
    ExitError,
    StudyError,
    describe_error,
    exits_as_errors,
    reason_of,
    translate_errors,
)
from study.core.fingerprint import fingerprint_file, is_own_file
from study.core.own_files import fingerprint_import, import_own, run_file
from study.core.stderr import without_chatter
from study.core.validation import to_path


@dataclass(frozen=True, kw_only=True)
class ObjectReference:
    """Where an object is defined."""

    module: str
    """A file as it was named, or the dotted name of a module that can be imported."""
    name: str
    """Of the object in it."""
    text: str | None = None
    """The file's content; None for a module."""
    item: int | None = None
    """Which one of a list that the object is, counted from 0."""

    @property
    def fingerprint(self) -> str:
        """A checksum of the file or module, and of the modules of one's own that it imports.

        Of an installed module the version of its package counts.
        """
        if self.text is not None:
            return fingerprint_file(Path(self.module), self.text)
        return fingerprint_import(self.module)

    @property
    def origin(self) -> str:
        """Where it comes from, in words."""
        return f"the {'module' if self.text is None else 'file'} {Path(self.module).name}"

    def load(self) -> Any:
        """The object; its module is run once per process, a file again when it was edited.

        Raises `StudyError` if the code fails, or has no such name.
        """
        with (
            translate_errors(Exception, self._cannot_be_imported),
            quiet_exit(),
            without_chatter(),
        ):
            module = (
                import_own(self.module) if self.text is None else run_file(self.module, self.text)
            )
        if not hasattr(module, self.name):
            near = get_close_matches(self.name, vars(module), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "name something that it defines"
            raise StudyError(f"{self.origin} has no {self.name!r}: {hint}")
        found = getattr(module, self.name)
        if self.item is None:
            return found
        try:
            return found[self.item]
        except (TypeError, LookupError) as error:
            what = f"{self.name}[{self.item}] in {self.origin}"
            raise StudyError(f"{what} is no item of a list ({describe_error(error)})") from error

    def _cannot_be_imported(self, error: Exception) -> str:
        if isinstance(error, ExitError):
            return (
                f"{self.origin} ends the process when it is imported ({error}): put what it runs "
                "as a program behind if __name__ == '__main__'"
            )
        return f"{self.origin} cannot be imported ({describe_own_error(error)}): fix it"

    def load_callable(self) -> Callable[..., Any]:
        """The object, a class or a function; raises `StudyError` if it is neither."""
        found = self.load()
        if not callable(found):
            raise StudyError(f"{self.name} in {self.origin} is neither a class nor a function")
        return found  # type: ignore[no-any-return]


def parse_reference(option: str, named: str) -> ObjectReference:
    """The code of `FILE.py:NAME` or `MODULE:NAME`, not run yet; of a list `NAME[0]` and so on.

    Raises `StudyError` if there is no such file or module; `option` is what it was named with.
    """
    module, _, place = named.rpartition(":")
    name, bracket, number = place.removesuffix("]").partition("[")
    item = int(number) if number.isdecimal() else None
    if not (module and name.isidentifier()) or bool(bracket) != (item is not None):
        raise StudyError(f"--{option} {named!r}: give FILE.py:NAME or package.module:NAME")
    path = to_path(f"--{option}", module)
    if path.suffix == ".py":
        with translate_errors(
            (OSError, ValueError, SyntaxError),
            lambda e: (
                f"--{option} {named!r}: {path} cannot be read "
                f"({reason_of(e, with_path=False)}): name a Python file"
            ),
        ):
            text = importlib.util.decode_source(path.read_bytes())  # as Python itself reads it
            return ObjectReference(module=str(path), name=name, text=text, item=item)
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise StudyError(
            f"--{option} {named!r}: there is no module {module!r}: install it, or name a file that "
            "ends in .py"
        )
    return ObjectReference(module=module, name=name, item=item)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Something that can be named on a command line."""

    name: str
    origin: str
    """Where it comes from, in words."""
    summary: str


@functools.cache
def entry_point_objects(group: str) -> dict[str, ObjectReference]:
    """What other packages add to the entry points of that group, by name."""
    return {
        point.name: ObjectReference(module=point.module, name=point.attr)
        for point in entry_points(group=group)
    }


def describe_own_error(error: BaseException) -> str:
    """An exception of somebody's code in one line: its kind, what it says, and where it came up.

    That is the innermost line of their own, in brackets.
    """
    place = ""
    cause: BaseException | None = error
    while cause is not None and not place:
        for frame, line in traceback.walk_tb(cause.__traceback__):
            if is_own_file(frame.f_code.co_filename):
                place = f" ({Path(frame.f_code.co_filename).name}, line {line})"
        cause = cause.__cause__
    return describe_error(error) + place


@contextlib.contextmanager
def quiet_exit() -> Iterator[None]:
    """Raise `ExitError` if the body calls `sys.exit`, without what it wrote to standard error.

    argparse, for one, writes how the program is used, which would be taken for this one's.
    """
    written = io.StringIO()
    try:
        with contextlib.redirect_stderr(written), exits_as_errors():
            yield
    except ExitError:
        raise
    except BaseException:
        sys.stderr.write(written.getvalue())
        raise
    sys.stderr.write(written.getvalue())
