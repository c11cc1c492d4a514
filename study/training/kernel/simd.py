"""Vector registers for numba: pointers, loads, stores and arithmetic on 16, 32 or 64 floats.

numba's arrays are reference-counted at every call, and its auto-vectoriser decides by itself which
loops to vectorise. The intrinsics below are LLVM's own pointers and vectors, so that an accumulator
stays in registers for a whole loop; a vector wider than the processor's is several registers.

Matrices are stored in blocks: the columns are split into blocks of 64, then of 32 or 16, the last
one padded with zeros, and each block is a contiguous row-major matrix.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.extending import models, register_model

from study.training.kernel.jit import compiled

LANES = 16  # floats in the smallest vector
F32 = np.float32
Pointer = Any  # to numbers, see `pointer_to`
Vector = Any  # 16, 32 or 64 float32


def intrinsic(function: Callable[..., Any]) -> Any:
    """A function that returns its signature and what generates its LLVM code, given types."""
    return extending.intrinsic(prefer_literal=True)(function)


class _VectorType(types.Type):  # type: ignore[misc]
    """numba's type of a vector of so many float32."""

    def __init__(self, lanes: int) -> None:
        super().__init__(name=f"Vector{lanes}")
        self.llvm = ir.VectorType(ir.FloatType(), lanes)


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, kind.llvm)


def _call(builder: Any, name: str, result: Any, arguments: Any, **flags: Any) -> Any:
    """Call LLVM's intrinsic function of that name."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, arguments, **flags)


@intrinsic
def zero(_: Any, lanes: Any) -> Any:
    """A vector of zeros; `lanes` is a literal. Other functions take such a vector as `like`."""
    kind = _VectorType(lanes.literal_value)
    return kind(lanes), lambda context, builder, signature, args: kind.llvm(None)


@intrinsic
def pointer_to(_: Any, array: Any, index: Any) -> Any:
    """Pointer to array[index], of a contiguous array."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.gep(data, args[1:])

    return types.CPointer(array.dtype)(array, types.intp), generate


@intrinsic
def offset(_: Any, pointer: Any, count: Any) -> Any:
    """The pointer, advanced by `count` items."""
    return pointer(pointer, types.intp), lambda context, builder, signature, args: builder.gep(
        args[0], args[1:]
    )


@intrinsic
def load(_: Any, pointer: Any, index: Any, like: Any) -> Any:
    """The vector of the width of `like` that begins at pointer[index]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = builder.bitcast(builder.gep(args[0], args[1:2]), like.llvm.as_pointer())
        return builder.load(start, align=4)

    return like(pointer, types.intp, like), generate


@intrinsic
def store(_: Any, pointer: Any, index: Any, vector: Any) -> Any:
    """Write a vector to pointer[index] and the items after it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = builder.bitcast(builder.gep(args[0], args[1:2]), vector.llvm.as_pointer())
        builder.store(args[2], start, align=4)
        return context.get_dummy_value()

    return types.void(pointer, types.intp, vector), generate


@intrinsic
def prefetch(_: Any, pointer: Any) -> Any:
    """Start loading the cache line at `pointer`, for reading, into all levels of the cache."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = builder.bitcast(args[0], ir.IntType(8).as_pointer())
        read, all_levels, data = (ir.Constant(ir.IntType(32), value) for value in (0, 3, 1))
        arguments = [address, read, all_levels, data]
        _call(builder, "llvm.prefetch.p0", ir.VoidType(), arguments)
        return context.get_dummy_value()

    return types.void(pointer), generate


@intrinsic
def broadcast(_: Any, number: Any, like: Any) -> Any:
    """A vector with that number in every lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        undefined, first = ir.Constant(like.llvm, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), like.llvm.count), None)
        one_lane = builder.insert_element(undefined, args[0], first)
        return builder.shuffle_vector(one_lane, undefined, lanes)

    return like(types.float32, like), generate


def _arithmetic(instruction: str) -> Any:
    """LLVM's instruction of that name on two vectors, lane by lane."""

    @intrinsic
    def operation(_: Any, a: Any, b: Any) -> Any:
        return a(a, b), lambda context, builder, signature, args: getattr(builder, instruction)(
            *args, flags=("contract",)
        )

    return operation


add, subtract, multiply, divide = map(_arithmetic, ("fadd", "fsub", "fmul", "fdiv"))


@intrinsic
def sqrt(_: Any, vector: Any) -> Any:
    """The square root of every lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, f"llvm.sqrt.v{vector.llvm.count}f32", vector.llvm, args)

    return vector(vector), generate


@intrinsic
def horizontal_sum(_: Any, vector: Any) -> Any:
    """The sum of all lanes, as a float32."""
    name = f"llvm.vector.reduce.fadd.v{vector.llvm.count}f32"
    scalar = ir.FloatType()

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _call(builder, name, scalar, [scalar(0.0), *args], fastmath=("reassoc",))

    return types.float32(vector), generate


_FLUSH = 0x8040  # of MXCSR, x86's control register: denormal results, and operands, are 0


def _mxcsr(builder: Any, instruction: str, place: Any) -> None:
    """Store the register to `place` (`stmxcsr`) or load it (`ldmxcsr`); only x86 has it."""
    if builder.module.triple.startswith(("x86_64", "i686")):
        address = builder.bitcast(place, ir.IntType(8).as_pointer())
        _call(builder, f"llvm.x86.sse.{instruction}", ir.VoidType(), [address])


@intrinsic
def flush_denormals(_: Any) -> Any:
    """From here on denormal numbers count as 0; returns what `restore_denormals` takes.

    On x86 arithmetic on them takes many times as long, and a saturated network is full of them.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = cgutils.alloca_once_value(builder, ir.Constant(ir.IntType(32), 0))
        _mxcsr(builder, "stmxcsr", place)
        before = builder.load(place)
        builder.store(builder.or_(before, before.type(_FLUSH)), place)
        _mxcsr(builder, "ldmxcsr", place)
        return before

    return types.int32(), generate


@intrinsic
def restore_denormals(_: Any, before: Any) -> Any:
    """Undo `flush_denormals`: the thread is the caller's, too."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _mxcsr(builder, "ldmxcsr", cgutils.alloca_once_value(builder, args[0]))
        return context.get_dummy_value()

    return types.void(types.int32), generate


@compiled()
def block_width(columns: int) -> int:
    """Width of the next block if so many columns are left: 64, 32 or 16."""
    return 64 if columns >= 64 else 32 if columns >= 32 else 16


@compiled(inline=True)
def fma(accumulator: Vector, factor: Any, vector: Vector) -> Vector:
    """The sum accumulator + factor * vector, with a scalar factor."""
    return add(accumulator, multiply(broadcast(factor, vector), vector))


@compiled(inline=True)
def _weighted_sum(
    like: Vector, rows: Pointer, width: int, weights: Pointer, stride: int, count: int
) -> Vector:
    """The sum over k < count of weights[k * stride] * rows[k].

    Rows are of `width`, which is that of `like`, a vector of zeros. Four accumulators hide the
    latency of the additions.
    """
    a, b, c, d = like, like, like, like
    k = 0
    while k + 4 <= count:
        a = fma(a, weights[k * stride], load(rows, k * width, like))
        b = fma(b, weights[(k + 1) * stride], load(rows, (k + 1) * width, like))
        c = fma(c, weights[(k + 2) * stride], load(rows, (k + 2) * width, like))
        d = fma(d, weights[(k + 3) * stride], load(rows, (k + 3) * width, like))
        k += 4
    while k < count:
        a = fma(a, weights[k * stride], load(rows, k * width, like))
        k += 1
    return add(add(a, b), add(c, d))


@compiled(inline=True)
def _add_matmul(
    like: Vector,
    out: Pointer,
    rows: Pointer,
    width: int,
    weights: Pointer,
    strides: tuple[int, int],
    count: int,
    terms: int,
) -> None:
    for n in range(count):
        row = offset(weights, n * strides[0])
        total = _weighted_sum(like, rows, width, row, strides[1], terms)
        store(out, n * width, add(load(out, n * width, like), total))


@compiled()
def add_matmul(
    out: Pointer,
    rows: Pointer,
    width: int,
    weights: Pointer,
    strides: tuple[int, int],
    count: int,
    terms: int,
) -> None:
    """Add the matrix product weights @ rows to a block, `out`.

    `out` is (count, width) and `rows` is (terms, width), both contiguous; `weights` is
    (count, terms), its element (n, k) at weights[n * strides[0] + k * strides[1]].
    """
    if width == 64:
        _add_matmul(zero(64), out, rows, width, weights, strides, count, terms)
    elif width == 32:
        _add_matmul(zero(32), out, rows, width, weights, strides, count, terms)
    else:
        _add_matmul(zero(16), out, rows, width, weights, strides, count, terms)


@compiled()
def exp(x: Any) -> Any:
    """e^x of a float32, to 2 units in the last place; LLVM vectorises loops over it.

    Cody and Waite's range reduction to 2^n e^r, and for r within ln(2)/2 of 0 the polynomial of
    expf in Moshier's Cephes library. Arguments are clamped to -87..88; NaN stays NaN.
    """
    x = F32(-87) if x < F32(-87) else F32(88) if x > F32(88) else x
    n = np.floor(x * F32(1.44269504) + F32(0.5))
    r = x - n * F32(0.693359375) + n * F32(2.12194440e-4)
    y = F32(1.9875691500e-4) * r + F32(1.3981999507e-3)
    y = (y * r + F32(8.3334519073e-3)) * r + F32(4.1665795894e-2)
    y = (y * r + F32(1.6666665459e-1)) * r + F32(5.0000001201e-1)
    power = (np.int32(n) + np.int32(127)) << np.int32(23)
    return (y * r * r + r + F32(1)) * np.int32(power).view(np.float32)
