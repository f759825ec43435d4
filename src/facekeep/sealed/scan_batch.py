"""The compiled loop of `scan` for several probes at once: every column is read once for all of them.

Two rows are taken together. Processors multiply pairs of 16-bit integers and add the two products in one instruction,
which is exact in 32 bits and does twice the work of a fused multiply-add on float32.
"""

import numba
import numpy as np
from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from facekeep.sealed.compute import compiled
from facekeep.sealed.scan_kernels import SIGNATURE, add_rows, columns_at

LARGEST_FACTOR = 2**15 - 1
"""Of |p_i|: factors are 16-bit integers here."""

_LANES = 8  # columns of one instruction
_PAIRS = 8  # of rows, in one pass over the columns
_TOGETHER = 4  # probes that share every load of a column
_TILE = 512  # columns interleaved at a time: 16 KiB, half of the first-level cache
_I64 = ir.IntType(64)
_PAIR_OF_WORDS = ir.VectorType(ir.IntType(16), 2 * _LANES)
_SUMS = ir.VectorType(ir.IntType(32), _LANES)
_MULTIPLY_AND_ADD = "llvm.x86.avx2.pmadd.wd"


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
    places = ir.Constant(_SUMS, list(range(first, 2 * _LANES, 2)))
    return builder.sext(builder.shuffle_vector(words, words, places), _SUMS)


def _at(builder: ir.IRBuilder, base: ir.Value, row: int, stride: ir.Value, kind: ir.Type) -> ir.Value:
    """A pointer to a vector in row `row` of an array whose rows are `stride` bytes apart."""
    place = builder.add(base, builder.mul(stride, ir.Constant(_I64, row)))
    return builder.inttoptr(place, kind.as_pointer())


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _add_pairs(_typing_context, _tile, _tile_stride, _factors, _sums, _sums_stride):  # type: ignore[no-untyped-def]
    """Add eight pairs of rows of eight columns to the sums of four probes; addresses, and bytes from row to row."""

    def lower(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        tile, tile_stride, factors, sums, sums_stride = arguments
        factors_stride = ir.Constant(_I64, 4 * _LANES)
        places = [_at(builder, sums, q, sums_stride, _SUMS) for q in range(_TOGETHER)]
        totals = [builder.load(place, align=4) for place in places]
        for r in range(_PAIRS):
            columns = builder.load(_at(builder, tile, r, tile_stride, _PAIR_OF_WORDS), align=4)
            for q in range(_TOGETHER):
                place = _at(builder, factors, q * _PAIRS + r, factors_stride, _PAIR_OF_WORDS)
                products = _pair_products(builder, columns, builder.load(place, align=4))
                totals[q] = builder.add(totals[q], products)
        for place, total in zip(places, totals, strict=True):
            builder.store(total, place, align=4)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), lower


@compiled("void(int16[:, ::1], int16[:, ::1], int32[:, ::1], int64)")
def _add_tile(tile: NDArray[np.int16], factors: NDArray[np.int16], sums: NDArray[np.int32], column: int) -> None:
    """Add one pass of rows for the columns of a tile, from `column` on, to the sums of some probes."""
    for j in range(0, tile.shape[1] // 2, _LANES):
        _add_pairs(  # type: ignore[call-arg, unused-ignore]
            tile.ctypes.data + 4 * j,
            2 * tile.shape[1],
            factors.ctypes.data,
            sums.ctypes.data + 4 * (column + j),
            4 * sums.shape[1],
        )


@compiled("void(int16[:, ::1], int64, int64, int16[:, ::1])")
def _fill_tile(columns: NDArray[np.int16], row: int, column: int, tile: NDArray[np.int16]) -> None:
    """Interleave row `row` with the next one, and so on, from `column` on. What is beyond the last column stays."""
    width = min(_TILE, columns.shape[1] - column)
    for r in range(_PAIRS):
        even = columns[row + 2 * r, column : column + width]
        odd = columns[row + 2 * r + 1, column : column + width]
        pairs = tile[r]
        for j in range(width):
            pairs[2 * j] = even[j]
            pairs[2 * j + 1] = odd[j]


@compiled("void(float32[:, ::1], int64, int64, int16[:, ::1])")
def _fill_factors(probes: NDArray[np.float32], first: int, row: int, factors: NDArray[np.int16]) -> None:
    """Repeat every pair of factors for all lanes, for four probes from `first` on; zeros where there are fewer."""
    for q in range(_TOGETHER):
        for i in range(2 * _PAIRS):
            factor = np.int16(probes[first + q, row + i]) if first + q < probes.shape[0] else np.int16(0)
            for lane in range(_LANES):
                factors[q * _PAIRS + i // 2, 2 * lane + i % 2] = factor


@compiled(SIGNATURE)
def scan_several(
    addresses: NDArray[np.int64],
    starts: NDArray[np.int64],
    probes: NDArray[np.float32],
    sums: NDArray[np.int32],
) -> None:
    """For several probes: columns are interleaved once, into a tile that stays in the first-level cache."""
    tile = np.zeros((_PAIRS, 2 * _TILE), np.int16)
    groups = -(-probes.shape[0] // _TOGETHER)
    widest = -(-np.max(starts[1:] - starts[:-1]) // _TILE) * _TILE
    totals = np.empty((groups, _TOGETHER, widest), np.int32)
    passes_end = probes.shape[1] - probes.shape[1] % (2 * _PAIRS)
    factors = np.empty((groups, _TOGETHER * _PAIRS, 2 * _LANES), np.int16)
    for k in range(addresses.size):
        slots = starts[k + 1] - starts[k]
        columns = columns_at(addresses[k], probes.shape[1], slots)
        totals[:] = 0
        for i in range(0, passes_end, 2 * _PAIRS):
            for g in range(groups):
                _fill_factors(probes, _TOGETHER * g, i, factors[g])
            for column in range(0, slots, _TILE):
                _fill_tile(columns, i, column, tile)
                for g in range(groups):
                    _add_tile(tile, factors[g], totals[g], column)
        for q in range(probes.shape[0]):
            row = sums[q, starts[k] : starts[k + 1]]
            row[:] = totals[q // _TOGETHER, q % _TOGETHER, :slots]
            add_rows(columns, probes[q], passes_end, row)
