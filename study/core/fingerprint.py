"""Checksums of source files, and of the modules of one's own that they import."""

import ast
import contextlib
import functools
import hashlib
import importlib.util
import itertools
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

FOLDERS = tuple(
    f"{place}{os.sep}"
    for path in (
        *map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(__file__).parents[1]),
    )
    for place in {Path(path), Path(path).resolve()}
)
"""Of Python, of what is installed, and of this package."""
HEAP_TYPE = 1 << 9  # in a class's __flags__: made while Python runs
INSTALLED = {"site-packages", "dist-packages"}  # a user's, and those of the system, too


def checksum(*parts: bytes | str) -> str:
    """16 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def fingerprint_file(path: Path, text: bytes | str, package_depth: int = 0) -> str:
    """A checksum of a Python file with that text, and of the modules of one's own it imports.

    `package_depth`: how many packages the file lies in. Of an installed file the text alone counts.
    """
    place = path.resolve()
    if not is_own_file(str(place)):
        return checksum(path.name, text)
    root = place.parents[package_depth]
    names = _imports(text, _package(place, root))
    return checksum(path.name, text, *_sources(names, root))


def fingerprint_module(name: str, source: Path) -> str:
    """A checksum of a module; of an installed one, of its text and its package's version."""
    text = source.read_bytes()
    if not is_own_file(str(source)):
        return checksum(source.name, text, installed_version(name))
    return fingerprint_file(source, text, name.count(".") + (source.name == "__init__.py"))


def fingerprint_imports(names: Iterable[str]) -> str:
    """A checksum of the modules of one's own among these, and of what they import."""
    return checksum(*_sources(names))


@functools.cache  # a name that is not the package's takes long
def installed_version(module: str) -> str:
    """Of the distribution that a module comes with; empty for Python's own and this package's."""
    top = module.partition(".")[0]
    if top in ("study", *sys.stdlib_module_names):
        return ""
    with contextlib.suppress(PackageNotFoundError):
        return version(top)
    names = {*packages_distributions().get(top, ())}
    return " ".join(f"{name} {version(name)}" for name in sorted(names))


def is_installed(module: str) -> bool:
    """Whether a module belongs to Python or to an installed package, this one among them."""
    top = module.partition(".")[0]
    if top in sys.builtin_module_names or top in ("study", "builtins"):
        return True
    found = sys.modules.get(module)
    if found is None or module == "__main__":
        return False
    file = getattr(found, "__file__", None) or next(iter(getattr(found, "__path__", ())), None)
    return file is None or not is_own_file(str(file))


def is_installed_class(thing: type) -> bool:
    """Whether a class is installed, and not made by `exec` or `make_dataclass` for somebody."""
    module = thing.__module__
    if module in ("builtins", "types") and thing.__flags__ & HEAP_TYPE:  # or so they say
        return hasattr(sys.modules[module], thing.__name__)
    return is_installed(module)


def is_own_file(name: str) -> bool:
    """Whether a file of code is neither Python's, nor an installed package's, nor this one's.

    What these generate, such as the `__init__` of a dataclass, is theirs, too.
    """
    if name.startswith(("<frozen", "<string>")) or not INSTALLED.isdisjoint(Path(name).parts):
        return False
    return not f"{name}{os.sep}".startswith(FOLDERS)


def own_imports(path: Path, text: bytes | str) -> dict[str, Path]:
    """The modules of one's own that a file imports, and that these do: their files by name."""
    place = path.resolve()
    found = _files(_imports(text, ""), place.parent) if is_own_file(str(place)) else {}
    return {
        relative.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file.resolve()
        for relative, file in found.items()
    }


def imported_late(text: bytes | str) -> set[str]:
    """The first parts of the names that functions of a source import when they are called."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inner = [node for node in _nodes(text) if isinstance(node, functions)]
    names = _imported(itertools.chain.from_iterable(map(ast.walk, inner)), "")
    return {name.partition(".")[0] for name in names}


def _sources(names: Iterable[str], folder: Path | None = None) -> list[bytes | str]:
    """Paths and contents of the modules that these names stand for, and of those they import."""
    found = _files(names, folder)
    return [part for name in sorted(found) for part in (name, found[name].read_bytes())]


def _files(names: Iterable[str], folder: Path | None = None) -> dict[str, Path]:
    """The files of the modules that these names stand for, and of those they import.

    They lie in the folder, or where an import would find them, and are not installed; by their
    path below that.
    """
    found: dict[str, Path] = {}
    roots: dict[str, Path | None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if top not in roots:
            roots[top] = _root(top, folder)
        if (root := roots[top]) is None:
            continue
        for path in _candidates(root, name):
            relative = path.relative_to(root).as_posix()
            if relative not in found and path.is_file():
                found[relative] = path
                waiting += _imports(path.read_bytes(), _package(path, root))
    return found


def _root(top: str, folder: Path | None) -> Path | None:
    """The folder that a module or package of one's own lies in; None if it is not one's own."""
    if folder and any(path.is_file() for path in _candidates(folder, top)):
        return folder
    try:
        spec = importlib.util.find_spec(top) if top else None
    except (ImportError, ValueError):  # such as the script that runs
        spec = None
    if spec is None:
        return folder  # a folder in it may be a package without __init__.py
    for place in spec.submodule_search_locations or [spec.origin or ""]:
        if Path(place).exists() and is_own_file(place):
            return Path(place).parent
    return None


def _package(path: Path, root: Path) -> str:
    """The package that a module belongs to, or is."""
    return ".".join(path.relative_to(root).parent.parts)


@functools.cache  # a module is looked at once for each that imports it, and whenever it is loaded
def _imports(text: bytes | str, package: str) -> tuple[str, ...]:
    """Dotted names that the source of a module in a package imports, wherever in it."""
    return tuple(_imported(_nodes(text), package))


def _nodes(text: bytes | str) -> Iterator[ast.AST]:
    """All of a source; nothing of what is not Python."""
    with contextlib.suppress(SyntaxError, ValueError):
        yield from ast.walk(ast.parse(text))


def _imported(nodes: Iterable[ast.AST], package: str) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            yield from imported_names(node.module or "", names, node.level, package)


def imported_names(base: str, names: Iterable[str], level: int, package: str) -> Iterator[str]:
    """The dotted names of `from base import names`, with so many dots, in a module of a package."""
    try:
        base = importlib.util.resolve_name("." * level + base, package)
    except ImportError:  # beyond the topmost package: that import fails
        return
    yield base
    yield from (f"{base}.{name}" for name in names)


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    """The files that a dotted name may stand for, its packages included."""
    place = folder
    for part in filter(None, name.split(".")):
        place = place / part
        yield place.with_suffix(".py")
        yield place / "__init__.py"
