"""The quadratic forms of the predictive variance, summed as numpy's einsum sums them."""

import functools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COLUMNS = 512  # which stay in the processor's cache


def quadratic_forms(rows: Floats, matrix: Floats) -> Floats:
    """Each row @ matrix @ row, of shapes (m, n) and (n, n), as an array (m,).

    To the last bit what `einsum("ki,kj,ij->k", rows, rows, matrix)` gives, for that is what
    scikit-optimize calls; many rows take two thirds of its time, read by columns.
    """
    if len(rows) < COLUMNS or not sums_by_columns():
        return plainly(rows, matrix)
    parts = (rows[start : start + COLUMNS] for start in range(0, len(rows), COLUMNS))
    return np.concatenate([by_columns(part, matrix) for part in parts])


def plainly(rows: Floats, matrix: Floats) -> Floats:
    """By that call itself."""
    forms: Floats = np.einsum("ki,kj,ij->k", rows, rows, matrix)
    return forms


def by_columns(rows: Floats, matrix: Floats) -> Floats:
    """The same, for all rows at once: the totals of as many i as fit numpy's buffer are added."""
    columns = np.ascontiguousarray(rows.T)
    total = np.zeros(len(rows))
    step = max(np.getbufsize() // len(matrix), 1)
    for start in range(0, len(matrix), step):
        some = slice(start, start + step)
        total += np.einsum("ik,jk,ij->k", columns[some], columns, matrix[some])
    return total


@functools.cache
def sums_by_columns() -> bool:
    """Whether this numpy adds up in that order, at sizes below and above its buffer's."""
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 30, 90, 91, 127, 160):
        rows, root = rng.random((5, size)), rng.normal(size=(size, size))
        matrix = root.dot(root.T)
        if not np.array_equal(plainly(rows, matrix), by_columns(rows, matrix)):
            return False
    return True
