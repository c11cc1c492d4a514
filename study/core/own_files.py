"""Runs somebody's files and modules: what is loaded is what their fingerprint says."""

import functools
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from study.core.errors import StudyError
from study.core.fingerprint import (
    checksum,
    fingerprint_file,
    fingerprint_module,
    imported_late,
    is_own_file,
    own_imports,
)

_IMPORTED: dict[str, tuple[Path, bytes]] = {}
"""Modules that files import, by name: where they lie, and their text when such a file ran."""
_LATE: set[str] = set()
"""What functions of files that ran import when they are called."""


def run_file(path: str, text: str) -> ModuleType:
    """A module of that text, whose neighbours it can import if they are on this host.

    It runs once per process, and again when a module of one's own that it imports was edited.
    Raises `StudyError` if another one of these has the same name and may be imported instead.
    """
    return _run(path, text, fingerprint_file(Path(path), text))


def import_own(name: str) -> ModuleType:
    """A module by its name; raises `StudyError` if it was edited since this process imported it."""
    module = importlib.import_module(name)  # which may say where others are imported from
    if _first_fingerprint(name) != fingerprint_import(name):
        raise StudyError(
            f"the module {name}, or one that it imports, was edited after this process had "
            "imported it: start Python anew"
        )
    return module


def fingerprint_import(name: str) -> str:
    """A checksum of the module of that name and of what it imports; empty if it has no source."""
    found = importlib.util.find_spec(name)
    source = Path(found.origin) if found and found.origin else None
    return fingerprint_module(name, source) if source and source.is_file() else ""


@functools.cache
def _first_fingerprint(name: str) -> str:
    return fingerprint_import(name)


@functools.cache
def _run(path: str, text: str, fingerprint: str) -> ModuleType:  # noqa: ARG001 (runs once for each)
    module = ModuleType("study_own_" + checksum(text))
    module.__file__ = path
    _make_way(Path(path).resolve(), text)
    sys.modules[module.__name__] = module  # what it defines can be pickled
    try:
        exec(compile(text, path, "exec"), vars(module))  # noqa: S102 (the user's own, as named)
    except BaseException:
        del sys.modules[module.__name__]
        raise
    return module


def _make_way(path: Path, text: str) -> None:
    """Have a file import its neighbours, as they are now, and no others of the same names."""
    folder = str(path.parent)
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)  # as Python does for a script
    found = {name: (file, file.read_bytes()) for name, file in own_imports(path, text).items()}
    late = imported_late(text).union(*(imported_late(own) for _, own in found.values()))
    others = [name for name, (file, _) in found.items() if _places(name) - {file}]
    if both := sorted((late | _LATE) & {name.partition(".")[0] for name in others}):
        raise StudyError(
            f"{path.name} imports {both[0]} from {folder}, and this process has another {both[0]}, "
            "which functions import when they are called: rename one of the two, or start anew"
        )
    if others or any(_IMPORTED.get(name, own) != own for name, own in found.items()):
        for name in found:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
    _IMPORTED.update(found)
    _LATE.update(late)


def _places(name: str) -> set[Path]:
    """Where a module of one's own of that name was found for a file, and was loaded from."""
    known = {_IMPORTED[name][0]} if name in _IMPORTED else set()
    loaded = getattr(sys.modules.get(name), "__file__", None)
    return known | ({Path(loaded).resolve()} if loaded and is_own_file(loaded) else set())
