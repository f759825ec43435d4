"""The innermost steps of `scan`, as vector code: sixteen rows of a few columns at a time.

Two rows are taken together. Processors multiply pairs of 16-bit integers and add the two products in one instruction,
which is exact in 32 bits, needs no conversion, and does twice the work of a fused multiply-add on float32. The compiler
does not find that instruction by itself. Where a processor lacks it, the same is written out.

Addresses and strides are in bytes. Nothing is aligned.
"""

import numba
from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

LANES = 8
"""32-bit sums in a vector."""

PAIRS = 8
"""Of rows, in one pass."""

TOGETHER = 4
"""Probes that share every load of a tile."""

_WORDS = 2 * LANES
_I64 = ir.IntType(64)
_PLACES = ir.IntType(32)
_PAIR_OF_WORDS = ir.VectorType(ir.IntType(16), _WORDS)
_SUMS = ir.VectorType(ir.IntType(32), LANES)
_MULTIPLY_AND_ADD = "llvm.x86.avx2.pmadd.wd"
# Two rows are interleaved within each half of a vector, which takes one instruction; the sums are put right at the end.
_INTERLEAVE = tuple(
    [half + place + row for half in (0, LANES) for place in range(first, first + 4) for row in (0, _WORDS)]
    for first in (0, 4)
)
_PUT_RIGHT = tuple([first + half + place for half in (0, LANES) for place in range(4)] for first in (0, 4))


def _has_instruction() -> bool:
    features = numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    return "+avx2" in (features or binding.get_host_cpu_features().flatten()).split(",")


def _pair_products(builder: ir.IRBuilder, columns: ir.Value, factors: ir.Value) -> ir.Value:
    """Products of 16-bit integers, neighbors added: a vector of 32-bit integers."""
    if _has_instruction():
        kind = ir.FunctionType(_SUMS, [_PAIR_OF_WORDS, _PAIR_OF_WORDS])
        known = builder.module.globals.get(_MULTIPLY_AND_ADD)
        return builder.call(known or ir.Function(builder.module, kind, _MULTIPLY_AND_ADD), [columns, factors])
    even, odd = (builder.mul(_half(builder, columns, i), _half(builder, factors, i)) for i in (0, 1))
    return builder.add(even, odd)


def _half(builder: ir.IRBuilder, words: ir.Value, first: int) -> ir.Value:
    return builder.sext(_shuffled(builder, words, words, list(range(first, _WORDS, 2))), _SUMS)


def _shuffled(builder: ir.IRBuilder, first: ir.Value, second: ir.Value, places: list[int]) -> ir.Value:
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(_PLACES, len(places)), places))


def _at(builder: ir.IRBuilder, base: ir.Value, row: int, stride: ir.Value, kind: ir.Type) -> ir.Value:
    """A pointer to a vector in row `row` of an array whose rows are `stride` bytes apart."""
    place = builder.add(base, builder.mul(stride, ir.Constant(_I64, row)))
    return builder.inttoptr(place, kind.as_pointer())


def _add_to(builder: ir.IRBuilder, place: ir.Value, more: ir.Value) -> None:
    builder.store(builder.add(builder.load(place, align=4), more), place, align=4)


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def add_rows_of_block(_typing_context, _rows, _stride, _factors, _sums):  # type: ignore[no-untyped-def]
    """Add 16 rows of 16 columns, as they lie in a block, to the sums of one probe.

    `factors` is the address of int16 (8, 16): both factors of a pair of rows, repeated.
    """

    def lower(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        rows, stride, factors, sums = arguments
        vector = ir.Constant(_I64, 4 * LANES)
        totals = [ir.Constant(_SUMS, [0] * LANES)] * 2
        for r in range(PAIRS):
            even = builder.load(_at(builder, rows, 2 * r, stride, _PAIR_OF_WORDS), align=2)
            odd = builder.load(_at(builder, rows, 2 * r + 1, stride, _PAIR_OF_WORDS), align=2)
            of_pair = builder.load(_at(builder, factors, r, vector, _PAIR_OF_WORDS), align=2)
            for i, places in enumerate(_INTERLEAVE):
                products = _pair_products(builder, _shuffled(builder, even, odd, places), of_pair)
                totals[i] = builder.add(totals[i], products)
        for i, places in enumerate(_PUT_RIGHT):
            _add_to(builder, _at(builder, sums, i, vector, _SUMS), _shuffled(builder, totals[0], totals[1], places))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), lower


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def add_rows_of_tile(_typing_context, _tile, _stride, _factors, _sums, _sums_stride):  # type: ignore[no-untyped-def]
    """Add 16 rows of 8 columns, interleaved in pairs already, to the sums of four probes.

    `factors` is the address of int16 (4, 8, 16), for each probe as in `add_rows_of_block`.
    """

    def lower(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        tile, stride, factors, sums, sums_stride = arguments
        totals = [ir.Constant(_SUMS, [0] * LANES)] * TOGETHER
        for r in range(PAIRS):
            columns = builder.load(_at(builder, tile, r, stride, _PAIR_OF_WORDS), align=2)
            for q in range(TOGETHER):
                place = _at(builder, factors, q * PAIRS + r, ir.Constant(_I64, 2 * _WORDS), _PAIR_OF_WORDS)
                products = _pair_products(builder, columns, builder.load(place, align=2))
                totals[q] = builder.add(totals[q], products)
        for q in range(TOGETHER):
            _add_to(builder, _at(builder, sums, q, sums_stride, _SUMS), totals[q])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), lower
