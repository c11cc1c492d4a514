"""What tells objects of well-known libraries apart, where a pickle does not.

Their pickles hold addresses, dates or caches, so that they differ from process to process, or once
an object was used.
"""

import os
import random
from collections.abc import Callable
from typing import Any

import numpy as np

SINGLETONS = {
    "random": random._inst,
    "numpy.random": np.random.mtrand._rand,
    "numpy.ma.masked": np.ma.masked,
    "os.environ": os.environ,
}
"""Of which each process has one, by name; its state is that of the process."""


def has_known_state(thing: Any) -> bool:
    """Whether `known_state` can tell an object from others."""
    return _name(thing) != "" or _reader(type(thing)) is not None


def known_state(thing: Any) -> Any:
    """What an object is computed with: names, numbers and arrays."""
    read = _reader(type(thing))
    return _name(thing) if read is None else read(thing)


def _name(thing: Any) -> str:
    return next((name for name, one in SINGLETONS.items() if thing is one), "")


def _reader(kind: type) -> Callable[[Any], Any] | None:
    """What reads objects of a kind, by the package and the name of it or of a base of it."""
    keys = (f"{str(base.__module__).partition('.')[0]}.{base.__name__}" for base in kind.__mro__)
    return next((READERS[key] for key in keys if key in READERS), None)


def _values(column: Any) -> Any:
    """Of a column or an index of pandas: numbers of dates, arrays, or what holds other kinds."""
    if hasattr(column.array, "asi8"):
        return str(column.dtype), column.array.asi8
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array


def _frame(frame: Any) -> Any:
    columns = [_values(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return frame.columns, frame.index, columns, frame.attrs


def _sparse(matrix: Any) -> Any:
    rows = matrix.tocsr().copy()
    rows.sum_duplicates()  # sorts, too, which others may do whenever they use it
    return matrix.format, matrix.shape, rows.data, rows.indices, rows.indptr


READERS: dict[str, Callable[[Any], Any]] = {
    "keras.KerasSaveable": lambda thing: (
        thing.get_config(),
        [np.asarray(one) for one in getattr(thing, "variables", ())],
    ),
    "numpy.NpzFile": dict,
    "pandas.DataFrame": _frame,
    "pandas.Index": lambda index: (list(index.names), _values(index)),
    "pandas.MultiIndex": lambda index: (list(index.names), index.levels, index.codes),
    "pandas.Series": lambda column: (column.name, column.index, _values(column), column.attrs),
    "scipy._spbase": _sparse,
    "study.Dataset": lambda images: images.fingerprint().encode(),
    "torch.Generator": lambda generator: generator.get_state(),
    "torch.Module": vars,
    "torch.Tensor": lambda tensor: (str(tensor.dtype), tensor.detach().cpu().numpy()),
}
