"""Checksums of objects: of their code and of what that refers to, or of their data alone."""

import contextlib
import copyreg
import dataclasses
import functools
import hashlib
import types
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from study.core.code_names import FREE, GLOBAL, dotted_names, imports
from study.core.fingerprint import (
    checksum,
    fingerprint_imports,
    fingerprint_module,
    is_installed,
    is_installed_class,
)
from study.core.known_state import reader_of

PLAIN = {type(None), bool, int, float, complex, str, type(Ellipsis), type(NotImplemented)}
SKIPPED = {
    *("__module__", "__dict__", "__weakref__", "__doc__", "__firstlineno__", "__annotations__"),
    *("__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
    "__slotnames__",  # added by the first copy or pickle of an instance
    "_abc_impl",  # of an abstract class: what was asked of it so far
    # Compiled from its fields by pydantic.
    *("__pydantic_core_schema__", "__pydantic_validator__", "__pydantic_serializer__"),
}
"""Attributes of a class that change nothing of what it computes."""


class UnknownStateError(Exception):
    """Something has a state that cannot be read, such as a lock or an open file."""


class Data(str):
    """What tells an array, or bytes, from others."""

    __slots__ = ()


class Unknown(str):
    """Stands for something whose state cannot be read, and says what that is."""

    __slots__ = ()


def fingerprint_object(thing: Any) -> str:
    """A checksum of an object: its code, what that refers to, and its state.

    It is the same in another process. Of what is installed the name counts, and what it captured;
    of one's own modules the source, and what of them is used.

    Raises
    ------
    UnknownStateError
        If something has a state that cannot be read; the message says what.
    """
    digest = hashlib.sha256()
    with _too_deep(thing):
        for part in _parts(thing, {}):
            if isinstance(part, Unknown):
                raise UnknownStateError(part)
            digest.update(part.encode(errors="surrogatepass"))
            digest.update(b"\0")
    return digest.hexdigest()[:16]


def fingerprint_data(thing: Any) -> str:
    """A checksum of the arrays and data frames that an object refers to; empty if there are none.

    What has a state that cannot be read is passed over.

    Raises
    ------
    UnknownStateError
        If objects are nested too deeply.
    """
    with _too_deep(thing):
        found = [part for part in _parts(thing, {}) if isinstance(part, Data)]
    return checksum(*found) if found else ""


@contextlib.contextmanager
def _too_deep(thing: Any) -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise UnknownStateError(f"{type(thing).__name__}: it is nested too deeply") from error


Seen = dict[int, tuple[int, Any]]
"""What was visited, by its `id`: its number, and itself, so that no other object gets its `id`."""


def _parts(thing: Any, seen: Seen) -> Iterator[str]:
    """Texts that tell an object from another."""
    try:
        yield from _read(thing, seen)
    except RecursionError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever somebody's class raises)
        yield Unknown(f"{type(thing).__name__}: {error}")


def _read(thing: Any, seen: Seen) -> Iterator[str]:
    kind = type(thing)
    if kind in PLAIN:
        yield f"{kind.__name__} {thing!r}"
        return
    if kind in (bytes, bytearray):
        yield Data(f"{kind.__name__} {checksum(thing)}")
        return
    if id(thing) in seen:
        yield f"again {seen[id(thing)][0]}"
        return
    seen[id(thing)] = len(seen), thing
    yield kind.__qualname__
    if read := reader_of(thing):
        yield from _parts((kind, read(thing)), seen)
        return
    visitors = (visit for known, visit in VISITORS.items() if issubclass(kind, known))
    visit = CONTAINERS.get(kind) or next(visitors, _state)
    yield from visit(thing, seen)


def _each(things: Any, seen: Seen) -> Iterator[str]:
    for thing in things:
        yield from _parts(thing, seen)


def _mapping(thing: Any, seen: Seen) -> Iterator[str]:
    for key, value in thing.items():
        yield from _parts(key, seen)
        yield from _parts(value, seen)


def _set(thing: Any, seen: Seen) -> Iterator[str]:
    for item in sorted(
        # A copy for each, so that their order is no matter; what is plain leaves `seen` as it is.
        list(_parts(item, seen if type(item) in PLAIN else dict(seen)))
        for item in thing
    ):
        yield from item
    if type(thing) not in (set, frozenset):
        yield from _each((type(thing), getattr(thing, "__dict__", None)), seen)


def _array(thing: np.ndarray, seen: Seen) -> Iterator[str]:
    yield Data(f"{thing.dtype} {thing.shape}")
    if thing.dtype.hasobject:
        for part in _each(thing.ravel().tolist(), seen):
            yield part if isinstance(part, Unknown) else Data(part)
    else:
        yield Data(checksum(np.ascontiguousarray(thing).tobytes()))
    if isinstance(thing, np.ma.MaskedArray):  # its attributes change when they are read
        yield from _each((np.ma.getmaskarray(thing), thing.fill_value), seen)
    elif type(thing) is not np.ndarray:
        yield from _each((type(thing), getattr(thing, "__dict__", None)), seen)


def _module(thing: types.ModuleType, _: Seen) -> Iterator[str]:
    yield thing.__name__
    file = getattr(thing, "__file__", None)
    if file and not is_installed(thing.__name__) and Path(file).is_file():
        yield fingerprint_module(thing.__name__, Path(file))


def _function(thing: types.FunctionType, seen: Seen) -> Iterator[str]:
    free = {}
    for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
        try:  # what an installed function made may hold one's own
            free[name] = cell.cell_contents
            yield from _parts(free[name], seen)
        except ValueError:  # a cell that is not filled yet
            yield "empty"
    module = thing.__globals__.get("__name__") or ""  # `wraps` copies the `__module__` of another
    if is_installed(module):
        yield f"{module}.{thing.__code__.co_qualname}"
        return
    yield from _code(thing.__code__, seen)
    yield from _each((thing.__defaults__, thing.__kwdefaults__, vars(thing)), seen)
    for values, instructions in ((thing.__globals__, GLOBAL), (free, FREE)):
        for dotted in sorted(dotted_names(thing.__code__, instructions)):
            yield from _named(values, dotted, seen)
    package = thing.__globals__.get("__package__") or ""
    yield fingerprint_imports(imports(thing.__code__, package))


def _named(values: dict[str, Any], dotted: str, seen: Seen) -> Iterator[str]:
    """What a name stands for; with attributes, what is used of a module of one's own."""
    name, *attributes = dotted.split(".")
    if name not in values:
        return
    value = values[name]
    for attribute in attributes:
        if not isinstance(value, types.ModuleType) or is_installed(value.__name__):
            return
        value = vars(value).get(attribute)
    yield dotted
    yield from _parts(value, seen)


def _code(thing: types.CodeType, seen: Seen) -> Iterator[str]:
    counts = thing.co_argcount, thing.co_posonlyargcount, thing.co_kwonlyargcount, thing.co_flags
    arguments = thing.co_varnames[: thing.co_argcount + thing.co_kwonlyargcount]
    yield f"{thing.co_code.hex()} {thing.co_exceptiontable.hex()} {thing.co_names}"
    yield f"{counts} {arguments}"
    for constant in thing.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code(constant, seen)
        else:
            yield from _parts(constant, {})  # equal constants may or may not be one object


def _class(thing: type, seen: Seen) -> Iterator[str]:
    yield f"{thing.__module__}.{thing.__qualname__}"
    if is_installed_class(thing):
        return
    yield from _each((type(thing), *thing.__bases__), seen)
    for name, value in vars(thing).items():
        if name not in SKIPPED:
            yield name
            yield from _parts(value, seen)


def _builtin(thing: types.BuiltinFunctionType, seen: Seen) -> Iterator[str]:
    yield f"{thing.__module__}.{thing.__qualname__}"
    if not isinstance(thing.__self__, types.ModuleType):
        yield from _parts(thing.__self__, seen)


def _attributes(*names: str) -> Any:
    """A visitor of these attributes."""
    return lambda thing, seen: _each((getattr(thing, name) for name in names), seen)


def _state(thing: Any, seen: Seen) -> Iterator[str]:
    """What a pickle would hold of any other object."""
    kind = type(thing)
    yield from _parts(kind, seen)
    wrapped = getattr(thing, "__dict__", {}).get("__wrapped__")
    if wrapped is not None and is_installed(kind.__module__):
        # Cached or compiled: what it holds beside the function differs from process to process,
        # but for what numba was told.
        yield from _each((wrapped, getattr(thing, "targetoptions", None)), seen)
        return
    reduce = copyreg.dispatch_table.get(kind)
    reduced: Any = reduce(thing) if reduce else thing.__reduce_ex__(4)
    if isinstance(reduced, str):
        yield reduced
        return
    how, values, state, items, pairs = [*reduced, None, None, None][:5]
    yield from _each((how, values, _without_cached(kind, state)), seen)
    for more in (items, pairs):
        yield from _each(more or (), seen)


def _without_cached(kind: type, state: Any) -> Any:
    """The state of an instance without what its cached properties have computed so far."""
    if type(state) is not dict:
        return state
    known = {name: value for base in reversed(kind.__mro__) for name, value in vars(base).items()}
    cached = functools.cached_property
    return {n: x for n, x in state.items() if not isinstance(known.get(n), cached)} or None


CONTAINERS: dict[type, Any] = {tuple: _each, list: _each, dict: _mapping}
"""Those of their kind alone: one that is derived from them may have a state beside its items."""
VISITORS: dict[Any, Any] = {
    set: _set,
    frozenset: _set,
    types.MappingProxyType: _mapping,
    np.ndarray: _array,
    types.ModuleType: _module,
    types.FunctionType: _function,
    types.BuiltinFunctionType: _builtin,
    types.MethodType: _attributes("__func__", "__self__"),
    functools.partial: _attributes("func", "args", "keywords"),
    functools.cached_property: _attributes("func"),
    staticmethod: _attributes("__func__"),
    classmethod: _attributes("__func__"),
    property: _attributes("fget", "fset", "fdel"),
    dataclasses.Field: _attributes(
        *("name", "default", "default_factory", "init", "compare", "kw_only", "metadata")
    ),
    # Caches, by nature: what they hold comes and goes.
    weakref.ref: lambda *_: iter(()),
    weakref.WeakKeyDictionary: lambda *_: iter(()),
    weakref.WeakValueDictionary: lambda *_: iter(()),
    weakref.WeakSet: lambda *_: iter(()),
    type: _class,
}
