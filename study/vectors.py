"""Sixteen numbers at a time: what numba lacks to compile sums of rows that stay in registers.

numba's arrays carry owners that are counted at every call, and its loops guess where vectors pay.
Here are pointers and vectors as LLVM has them, and the one sum that a training consists of.

numba keeps compiled code until the file of a function changes, not those of what it calls: remove
`__pycache__` after changing this one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, njit, types
from numba.core import cgutils
from numba.extending import models, register_model

LANES = 16  # numbers in a vector
F = np.float32
Pointer = Any  # to numbers, see `at`
Vector = Any  # LANES numbers of type F


def intrinsic(function: Callable[..., Any]) -> Any:
    """A function that is what LLVM makes of it: given types it returns its own and a builder."""
    return extending.intrinsic(function)


def compiled(*, inline: bool = False) -> Callable[[Any], Any]:
    """Compile a function once per installation, or per process where nothing can be kept.

    Sums may be reordered; NaN stays NaN. Other threads go on meanwhile: progress is shown, and a
    worker answers its scheduler.
    """
    options = {
        "fastmath": {"reassoc", "contract", "nsz"},
        "error_model": "numpy",
        "forceinline": inline,
        "nogil": True,
    }

    def decorate(function: Any) -> Any:
        try:
            return njit(cache=True, **options)(function)
        except RuntimeError:  # neither the package nor the user's cache can be written
            return njit(**options)(function)

    return decorate


class _Vector(types.Type):  # type: ignore[misc]
    """LANES numbers in a register: numba has no such type."""

    def __init__(self) -> None:
        super().__init__(name="Vector")


_VECTOR, _LLVM = _Vector(), ir.VectorType(ir.FloatType(), LANES)


@register_model(_Vector)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _LLVM)


@intrinsic
def at(_: Any, array: Any, index: Any) -> Any:
    """Pointer to array[index]. Pointers cost nothing to pass, unlike arrays with their owners."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.gep(data, args[1:])

    return types.CPointer(array.dtype)(array, types.intp), generate


@intrinsic
def after(_: Any, pointer: Any, count: Any) -> Any:
    """Pointer to what comes so many items later."""
    return pointer(pointer, types.intp), lambda context, builder, signature, args: builder.gep(
        args[0], args[1:]
    )


@intrinsic
def load(_: Any, pointer: Any, index: Any) -> Any:
    """The vector that begins at pointer[index]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = builder.bitcast(builder.gep(args[0], args[1:]), _LLVM.as_pointer())
        return builder.load(start, align=4)

    return _VECTOR(pointer, types.intp), generate


@intrinsic
def store(_: Any, pointer: Any, index: Any, vector: Any) -> Any:
    """Write a vector to pointer[index] and what follows."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = builder.bitcast(builder.gep(args[0], args[1:2]), _LLVM.as_pointer())
        builder.store(args[2], start, align=4)
        return context.get_dummy_value()

    return types.void(pointer, types.intp, vector), generate


@intrinsic
def prefetch(_: Any, pointer: Any) -> Any:
    """Have the processor bring what is there into its cache, without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        read_and_keep = [ir.Constant(number, value) for value in (0, 3, 1)]
        builder.call(function, [builder.bitcast(args[0], byte), *read_and_keep])
        return context.get_dummy_value()

    return types.void(pointer), generate


@intrinsic
def spread(_: Any, number: Any) -> Any:
    """A vector of one number."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        none, first = ir.Constant(_LLVM, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(builder.insert_element(none, args[0], first), none, lanes)

    return _VECTOR(types.float32), generate


def _operation(name: str) -> Any:
    """LLVM's instruction of that name on two vectors. A product may be fused with a sum."""

    @intrinsic
    def operation(_: Any, a: Any, b: Any) -> Any:
        return _VECTOR(a, b), lambda context, builder, signature, args: getattr(builder, name)(
            *args, flags=("contract",)
        )

    return operation


plus, minus, times, over = map(_operation, ("fadd", "fsub", "fmul", "fdiv"))


@intrinsic
def root(_: Any, vector: Any) -> Any:
    """Its square root."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_LLVM, [_LLVM])
        root = cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32")
        return builder.call(root, args)

    return _VECTOR(vector), generate


@intrinsic
def flushed(_: Any, vector: Any) -> Any:
    """With 0 for what is below 1e-30: processors take many times as long for denormal numbers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = ir.VectorType(ir.IntType(32), LANES)
        size = builder.and_(builder.bitcast(args[0], bits), ir.Constant(bits, [0x7FFFFFFF] * LANES))
        smallest = int(np.float32(1e-30).view(np.int32))
        large = builder.icmp_signed(">", size, ir.Constant(bits, [smallest] * LANES))
        return builder.select(large, args[0], ir.Constant(_LLVM, [0.0] * LANES))

    return _VECTOR(vector), generate


@compiled()
def width_of(left: int) -> int:
    """Columns of the next block if so many are left."""
    return 64 if left >= 64 else 32 if left >= 32 else 16


@compiled(inline=True)
def plus_times(total: Vector, factor: Any, vector: Vector) -> Vector:
    """The sum of a vector and a multiple of another."""
    return plus(total, times(spread(factor), vector))


@compiled(inline=True)
def _add_rows_of_64(
    out: Pointer, rows: Pointer, where: Pointer, weights: Pointer, step: int, start: int, stop: int
) -> None:
    a, b, c, d = load(out, 0), load(out, 16), load(out, 32), load(out, 48)
    e, f, g, h = spread(F(0)), spread(F(0)), spread(F(0)), spread(F(0))
    k = start
    while k + 2 <= stop:
        x, i = weights[k * step], np.intp(where[k]) * 64
        y, j = weights[(k + 1) * step], np.intp(where[k + 1]) * 64
        a, b = plus_times(a, x, load(rows, i)), plus_times(b, x, load(rows, i + 16))
        c, d = plus_times(c, x, load(rows, i + 32)), plus_times(d, x, load(rows, i + 48))
        e, f = plus_times(e, y, load(rows, j)), plus_times(f, y, load(rows, j + 16))
        g, h = plus_times(g, y, load(rows, j + 32)), plus_times(h, y, load(rows, j + 48))
        k += 2
    if k < stop:
        x, i = weights[k * step], np.intp(where[k]) * 64
        a, b = plus_times(a, x, load(rows, i)), plus_times(b, x, load(rows, i + 16))
        c, d = plus_times(c, x, load(rows, i + 32)), plus_times(d, x, load(rows, i + 48))
    store(out, 0, plus(a, e))
    store(out, 16, plus(b, f))
    store(out, 32, plus(c, g))
    store(out, 48, plus(d, h))


@compiled(inline=True)
def _add_rows_of_32(
    out: Pointer, rows: Pointer, where: Pointer, weights: Pointer, step: int, start: int, stop: int
) -> None:
    a, b, c, d = load(out, 0), load(out, 16), spread(F(0)), spread(F(0))
    e, f, g, h = spread(F(0)), spread(F(0)), spread(F(0)), spread(F(0))
    k = start
    while k + 4 <= stop:
        x, i = weights[k * step], np.intp(where[k]) * 32
        a, b = plus_times(a, x, load(rows, i)), plus_times(b, x, load(rows, i + 16))
        x, i = weights[(k + 1) * step], np.intp(where[k + 1]) * 32
        c, d = plus_times(c, x, load(rows, i)), plus_times(d, x, load(rows, i + 16))
        x, i = weights[(k + 2) * step], np.intp(where[k + 2]) * 32
        e, f = plus_times(e, x, load(rows, i)), plus_times(f, x, load(rows, i + 16))
        x, i = weights[(k + 3) * step], np.intp(where[k + 3]) * 32
        g, h = plus_times(g, x, load(rows, i)), plus_times(h, x, load(rows, i + 16))
        k += 4
    while k < stop:
        x, i = weights[k * step], np.intp(where[k]) * 32
        a, b = plus_times(a, x, load(rows, i)), plus_times(b, x, load(rows, i + 16))
        k += 1
    store(out, 0, plus(plus(a, c), plus(e, g)))
    store(out, 16, plus(plus(b, d), plus(f, h)))


@compiled(inline=True)
def _add_rows_of_16(
    out: Pointer, rows: Pointer, where: Pointer, weights: Pointer, step: int, start: int, stop: int
) -> None:
    a, b, c, d = load(out, 0), spread(F(0)), spread(F(0)), spread(F(0))
    k = start
    while k + 4 <= stop:
        a = plus_times(a, weights[k * step], load(rows, np.intp(where[k]) * 16))
        k += 1
        b = plus_times(b, weights[k * step], load(rows, np.intp(where[k]) * 16))
        k += 1
        c = plus_times(c, weights[k * step], load(rows, np.intp(where[k]) * 16))
        k += 1
        d = plus_times(d, weights[k * step], load(rows, np.intp(where[k]) * 16))
        k += 1
    while k < stop:
        a = plus_times(a, weights[k * step], load(rows, np.intp(where[k]) * 16))
        k += 1
    store(out, 0, plus(plus(a, b), plus(c, d)))


@compiled(inline=True)
def _add_rows(
    out: Pointer,
    rows: Pointer,
    width: int,
    where: Pointer,
    weights: Pointer,
    step: int,
    start: int,
    stop: int,
) -> None:
    """Add weights[k * step] * rows[where[k]] to the row `out`, for k from start to stop.

    All are pointers; rows are of `width`, a block's. Partial sums are kept apart, for an addition
    waits for the one before.
    """
    if width == 64:
        _add_rows_of_64(out, rows, where, weights, step, start, stop)
    elif width == 32:
        _add_rows_of_32(out, rows, where, weights, step, start, stop)
    else:
        _add_rows_of_16(out, rows, where, weights, step, start, stop)


@compiled()
def add_listed(
    out: Pointer,
    rows: Pointer,
    width: int,
    where: Pointer,
    weights: Pointer,
    starts: Pointer,
    count: int,
) -> None:
    """To each of `count` rows of out, add the rows listed for it, from starts[n] on."""
    for n in range(count):
        if starts[n] < starts[n + 1]:
            row = after(out, n * width)
            _add_rows(row, rows, width, where, weights, 1, starts[n], starts[n + 1])


@compiled()
def add_product(
    out: Pointer,
    rows: Pointer,
    width: int,
    every: Pointer,
    weights: Pointer,
    across: int,
    step: int,
    count: int,
    terms: int,
) -> None:
    """Add a matrix product: weights of `count` rows, `across` apart, by `terms` rows."""
    for n in range(count):
        row, factors = after(out, n * width), after(weights, n * across)
        _add_rows(row, rows, width, every, factors, step, 0, terms)


@compiled()
def blank(out: Pointer, count: int) -> None:
    """Fill with 0."""
    for j in range(0, count, LANES):
        store(out, j, spread(F(0)))


@compiled()
def exp(x: Any) -> Any:
    """e^x to 2 units in the last place, for whole vectors at once.

    Cody and Waite's reduction to 2^n e^r, and a Taylor-like polynomial for r in +-ln(2)/2 with the
    coefficients of Moshier's Cephes (expf).
    """
    x = F(-87) if x < F(-87) else F(88) if x > F(88) else x  # NaN stays
    n = np.floor(x * F(1.44269504) + F(0.5))
    r = x - n * F(0.693359375) + n * F(2.12194440e-4)
    y = F(1.9875691500e-4) * r + F(1.3981999507e-3)
    y = (y * r + F(8.3334519073e-3)) * r + F(4.1665795894e-2)
    y = (y * r + F(1.6666665459e-1)) * r + F(5.0000001201e-1)
    power = (np.int32(n) + np.int32(127)) << np.int32(23)
    return (y * r * r + r + F(1)) * np.int32(power).view(np.float32)
