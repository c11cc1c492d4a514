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


def reader_of(thing: Any) -> Callable[[Any], Any] | None:
    """What reads the names, numbers and arrays that an object computes with, if its kind is known.

    A kind goes by the package and the name of a class, or of a base of it.
    """
    for name, one in SINGLETONS.items():
        if thing is one:
            return lambda _: name
    bases = type(thing).__mro__
    keys = (f"{str(base.__module__).partition('.')[0]}.{base.__name__}" for base in bases)
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
