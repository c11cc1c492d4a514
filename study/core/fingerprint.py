"""Checksums of somebody's code and of what it refers to: another one may compute something else."""

import ast
import functools
import hashlib
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

INSTALLED = tuple(
    {str(Path(sysconfig.get_path(name))) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
SKIPPED = {
    *("__module__", "__dict__", "__weakref__", "__doc__", "__firstlineno__", "__annotations__"),
    *("__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
    "__slotnames__",  # added by the first copy or pickle of an instance
}
"""Attributes of a class that change nothing of what it computes."""


PACKAGE = str(Path(__file__).parents[1])


class UnknownStateError(Exception):
    """Something has a state that cannot be read, such as a lock or an open file."""


def checksum(*parts: bytes | str) -> str:
    """16 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def fingerprint_object(thing: Any) -> str:
    """A checksum of an object: its code, what that refers to, and its state.

    It is the same in another process. Of what is installed the name counts, for its version is
    noted elsewhere, and what it captured; of one's own modules, the source.

    Raises
    ------
    UnknownStateError
        If something has a state that cannot be read; the message says what.
    """
    digest = hashlib.sha256()
    for part in _parts(thing, {}):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def fingerprint_file(path: Path, text: str, package_depth: int = 0) -> str:
    """A checksum of a Python file with that text, and of the modules beside it that it imports.

    `package_depth`: how many packages the file lies in. Of an installed module the text alone
    counts, for the version of its package is noted elsewhere.
    """
    place = path.resolve()
    root = place.parents[package_depth]
    sources = {path.name: text}
    if not str(place).startswith(INSTALLED):
        sources |= _neighbours(root, text)
    return checksum(*(part for name in sorted(sources) for part in (name, sources[name])))


def _neighbours(folder: Path, text: str) -> dict[str, str]:
    """The sources of the modules below a folder that a text imports, and that these import."""
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        for name in _imports(waiting.pop()):
            for path in _candidates(folder, name):
                relative = str(path.relative_to(folder))
                if relative not in found and path.is_file():
                    found[relative] = path.read_text(encoding="utf-8", errors="replace")
                    waiting.append(found[relative])
    return found


def _imports(text: str) -> Iterator[str]:
    """Dotted names that a source imports, wherever in it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from (f"{base}.{alias.name}".strip(".") for alias in node.names)
            yield base


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    """The files that a dotted name may stand for, its packages included."""
    place = folder
    for part in filter(None, name.split(".")):
        place = place / part
        yield place.with_suffix(".py")
        yield place / "__init__.py"


def is_installed(module: str) -> bool:
    """Whether a module belongs to Python or to an installed package, this one among them."""
    top = module.partition(".")[0]
    if top in sys.builtin_module_names or top in ("study", "builtins"):
        return True
    found = sys.modules.get(module)
    file = getattr(found, "__file__", None)
    if file is None:
        return found is not None and module != "__main__"
    return str(file).startswith(INSTALLED)


def is_own_file(name: str) -> bool:
    """Whether a file of code is neither Python's, nor an installed package's, nor this one's.

    What these generate, such as the `__init__` of a dataclass, is theirs, too.
    """
    return not name.startswith((*INSTALLED, PACKAGE, "<frozen", "<string>"))


def _parts(thing: Any, seen: dict[int, Any]) -> Iterator[str]:
    """Texts that tell an object from another."""
    if isinstance(thing, PLAIN):
        yield f"{type(thing).__name__} {thing!r}"
        return
    if id(thing) in seen:
        yield f"again {list(seen).index(id(thing))}"
        return
    seen[id(thing)] = thing  # kept, so that no other object gets its number
    yield type(thing).__qualname__
    for kind, visit in VISITORS.items():
        if isinstance(thing, kind):
            yield from visit(thing, seen)
            return
    yield from _state(thing, seen)


def _each(things: Any, seen: dict[int, Any]) -> Iterator[str]:
    for thing in things:
        yield from _parts(thing, seen)


def _mapping(thing: dict[Any, Any], seen: dict[int, Any]) -> Iterator[str]:
    for key, value in thing.items():
        yield from _parts(key, seen)
        yield from _parts(value, seen)


def _set(thing: Any, seen: dict[int, Any]) -> Iterator[str]:
    yield from sorted(" ".join(_parts(item, dict(seen))) for item in thing)


def _array(thing: np.ndarray, seen: dict[int, Any]) -> Iterator[str]:
    yield f"{thing.dtype} {thing.shape}"
    if thing.dtype.hasobject:
        yield from _each(thing.ravel().tolist(), seen)
    else:
        yield checksum(np.ascontiguousarray(thing).tobytes())


def _module(thing: types.ModuleType, _: dict[int, Any]) -> Iterator[str]:
    yield thing.__name__
    file = getattr(thing, "__file__", None)
    if file and not is_installed(thing.__name__) and Path(file).is_file():
        text = Path(file).read_text(encoding="utf-8", errors="replace")
        yield fingerprint_file(Path(file), text, thing.__name__.count("."))


def _function(thing: types.FunctionType, seen: dict[int, Any]) -> Iterator[str]:
    for cell in thing.__closure__ or ():  # what an installed function made may hold one's own
        try:
            yield from _parts(cell.cell_contents, seen)
        except ValueError:  # a cell that is not filled yet
            yield "empty"
    if is_installed(thing.__module__):
        yield f"{thing.__module__}.{thing.__qualname__}"
        return
    yield from _code(thing.__code__, seen)
    yield from _each((thing.__defaults__, thing.__kwdefaults__), seen)
    for name in sorted(_names(thing.__code__) & thing.__globals__.keys()):
        yield name
        yield from _parts(thing.__globals__[name], seen)


def _names(code: types.CodeType) -> set[str]:
    """Names that a function and those within it look up."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _code(thing: types.CodeType, seen: dict[int, Any]) -> Iterator[str]:
    yield f"{thing.co_code.hex()} {thing.co_names} {thing.co_argcount} {thing.co_kwonlyargcount}"
    for constant in thing.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code(constant, seen)
        else:
            yield from _parts(constant, {})  # equal constants may or may not be one object


def _class(thing: type, seen: dict[int, Any]) -> Iterator[str]:
    yield f"{thing.__module__}.{thing.__qualname__}"
    if is_installed(thing.__module__):
        return
    yield from _each(thing.__bases__, seen)
    for name, value in vars(thing).items():
        if name not in SKIPPED:
            yield name
            yield from _parts(value, seen)


def _attributes(*names: str) -> Any:
    """A visitor of these attributes."""
    return lambda thing, seen: _each((getattr(thing, name) for name in names), seen)


def _state(thing: Any, seen: dict[int, Any]) -> Iterator[str]:
    """What a pickle would hold of any other object."""
    yield from _parts(type(thing), seen)
    try:
        reduced = thing.__reduce_ex__(4)
    except Exception as error:
        raise UnknownStateError(f"{type(thing).__name__}: {error}") from error
    if isinstance(reduced, str):
        yield reduced
        return
    for part in reduced[1:3]:
        yield from _parts(part, seen)
    for items in reduced[3:5]:
        yield from _each(items or (), seen)


VISITORS: dict[Any, Any] = {
    tuple: _each,
    list: _each,
    dict: _mapping,
    set: _set,
    frozenset: _set,
    np.ndarray: _array,
    types.ModuleType: _module,
    types.FunctionType: _function,
    types.BuiltinFunctionType: _attributes("__module__", "__qualname__"),
    types.MethodType: _attributes("__func__", "__self__"),
    functools.partial: _attributes("func", "args", "keywords"),
    staticmethod: _attributes("__func__"),
    classmethod: _attributes("__func__"),
    property: _attributes("fget", "fset", "fdel"),
    type: _class,
}
