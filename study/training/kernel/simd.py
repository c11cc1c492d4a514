"""Sixteen numbers or more at a time: what numba lacks to compile sums that stay in registers.

numba's arrays carry owners that are counted at every call, and its loops guess where vectors pay.
Here are pointers and vectors as LLVM has them, and the one sum that a training consists of.

numba keeps compiled code until the file of a function changes, not those of what it calls: remove
`study/__pycache__` after changing this one, adam.py or first_layer.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, njit, types
from numba.core import cgutils
from numba.extending import models, register_model

LANES = 16  # numbers in the smallest vector
F = np.float32
Pointer = Any  # to numbers, see `at`
Vector = Any  # 16, 32 or 64 numbers of type F


def intrinsic(function: Callable[..., Any]) -> Any:
    """A function that is what LLVM makes of it: given types it returns its own and a builder."""
    return extending.intrinsic(prefer_literal=True)(function)


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
    """Numbers in registers: numba has no such type."""

    def __init__(self, lanes: int) -> None:
        super().__init__(name=f"Vector{lanes}")
        self.llvm = ir.VectorType(ir.FloatType(), lanes)


@register_model(_Vector)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, kind.llvm)


@intrinsic
def zero(_: Any, lanes: Any) -> Any:
    """A vector of so many times 0. Others are made `like` it."""
    kind = _Vector(lanes.literal_value)
    return kind(lanes), lambda context, builder, signature, args: kind.llvm(None)


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
def load(_: Any, pointer: Any, index: Any, like: Any) -> Any:
    """The vector that begins at pointer[index]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = builder.bitcast(builder.gep(args[0], args[1:2]), like.llvm.as_pointer())
        return builder.load(start, align=4)

    return like(pointer, types.intp, like), generate


@intrinsic
def store(_: Any, pointer: Any, index: Any, vector: Any) -> Any:
    """Write a vector to pointer[index] and what follows."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = builder.bitcast(builder.gep(args[0], args[1:2]), vector.llvm.as_pointer())
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
def spread(_: Any, number: Any, like: Any) -> Any:
    """A vector of one number."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        none, first = ir.Constant(like.llvm, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), like.llvm.count), None)
        return builder.shuffle_vector(builder.insert_element(none, args[0], first), none, lanes)

    return like(types.float32, like), generate


def _operation(name: str) -> Any:
    """LLVM's instruction of that name on two vectors. A product may be fused with a sum."""

    @intrinsic
    def operation(_: Any, a: Any, b: Any) -> Any:
        return a(a, b), lambda context, builder, signature, args: getattr(builder, name)(
            *args, flags=("contract",)
        )

    return operation


plus, minus, times, over = map(_operation, ("fadd", "fsub", "fmul", "fdiv"))


@intrinsic
def root(_: Any, vector: Any) -> Any:
    """Its square root."""
    name = f"llvm.sqrt.v{vector.llvm.count}f32"

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(vector.llvm, [vector.llvm])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return vector(vector), generate


@intrinsic
def total(_: Any, vector: Any) -> Any:
    """The sum of its numbers."""
    name = f"llvm.vector.reduce.fadd.v{vector.llvm.count}f32"
    number = ir.FloatType()

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(number, [number, vector.llvm])
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [number(0.0), *args], fastmath=("reassoc",))

    return types.float32(vector), generate


@intrinsic
def flushed(_: Any, vector: Any) -> Any:
    """With 0 for what is below 1e-30: processors take many times as long for denormal numbers."""
    count = vector.llvm.count
    bits = ir.VectorType(ir.IntType(32), count)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = builder.and_(builder.bitcast(args[0], bits), bits([0x7FFFFFFF] * count))
        smallest = int(np.float32(1e-30).view(np.int32))
        large = builder.icmp_signed(">", size, bits([smallest] * count))
        return builder.select(large, args[0], vector.llvm(None))

    return vector(vector), generate


@compiled()
def width_of(left: int) -> int:
    """Columns of the next block if so many are left."""
    return 64 if left >= 64 else 32 if left >= 32 else 16


@compiled(inline=True)
def plus_times(total: Vector, factor: Any, vector: Vector) -> Vector:
    """The sum of a vector and a multiple of another."""
    return plus(total, times(spread(factor, vector), vector))


@compiled(inline=True)
def _sum_of_rows(
    none: Vector,
    rows: Pointer,
    width: int,
    weights: Pointer,
    step: int,
    count: int,
) -> Vector:
    """The sum of weights[k * step] * rows[k], for k below `count`.

    All are pointers; rows are of `width`, that of the vector 0 `none`. Partial sums are kept apart,
    for an addition waits for the one before.
    """
    a, b, c, d = none, none, none, none
    k = 0
    while k + 4 <= count:
        a = plus_times(a, weights[k * step], load(rows, k * width, none))
        k += 1
        b = plus_times(b, weights[k * step], load(rows, k * width, none))
        k += 1
        c = plus_times(c, weights[k * step], load(rows, k * width, none))
        k += 1
        d = plus_times(d, weights[k * step], load(rows, k * width, none))
        k += 1
    while k < count:
        a = plus_times(a, weights[k * step], load(rows, k * width, none))
        k += 1
    return plus(plus(a, b), plus(c, d))


@compiled(inline=True)
def _add_products(
    none: Vector,
    out: Pointer,
    rows: Pointer,
    width: int,
    weights: Pointer,
    across: int,
    step: int,
    count: int,
    terms: int,
) -> None:
    for n in range(count):
        factors = after(weights, n * across)
        total = _sum_of_rows(none, rows, width, factors, step, terms)
        store(out, n * width, plus(load(out, n * width, none), total))


@compiled()
def add_product(
    out: Pointer,
    rows: Pointer,
    width: int,
    weights: Pointer,
    across: int,
    step: int,
    count: int,
    terms: int,
) -> None:
    """Add a matrix product: weights of `count` rows, `across` apart, by `terms` rows."""
    if width == 64:
        _add_products(zero(64), out, rows, width, weights, across, step, count, terms)
    elif width == 32:
        _add_products(zero(32), out, rows, width, weights, across, step, count, terms)
    else:
        _add_products(zero(16), out, rows, width, weights, across, step, count, terms)


@compiled()
def blank(out: Pointer, count: int) -> None:
    """Fill with 0."""
    for j in range(0, count, LANES):
        store(out, j, zero(16))


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
