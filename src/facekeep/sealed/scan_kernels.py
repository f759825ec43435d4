"""The compiled loops of `scan`. Every one gives the same integers.

A block is walked sixteen rows at a time, because that many streams are what memory feeds best; one probe takes them as
they come, several share a tile of them in the first-level cache.
"""

from collections.abc import Callable

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import carray  # type: ignore[attr-defined]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from facekeep.sealed.compute import compiled
from facekeep.sealed.scan_pairs import LANES, PAIRS, TOGETHER, add_rows_of_block, add_rows_of_tile

ScanKernel = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]], None]
"""(addresses (K,), starts (K + 1,), probes int32 (P, D), sums int32 (P, total)): some K blocks, all probes."""

LARGEST_FACTOR = 2**15 - 1
"""Of |p_i|, for `scan_one` and `scan_several`, where factors are 16-bit integers."""

_PASS = 2 * PAIRS  # rows read side by side in one pass over the columns
_STRIP = 2 * LANES  # columns of a block taken at once
_TILE = 512  # columns interleaved at a time: 16 KiB, a third of the first-level cache
_SIGNATURE = "void(int64[::1], int64[::1], Array(int32, 2, 'C', readonly=True), int32[:, ::1])"


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _pointer(_typing_context, _address):  # type: ignore[no-untyped-def]
    """The int16 pointer to an address."""

    def lower(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.inttoptr(arguments[0], ir.IntType(16).as_pointer())

    return types.CPointer(types.int16)(types.int64), lower  # type: ignore[no-untyped-call]


@compiled("int16[:, ::1](int64, int64, int64)")
def columns_at(address: int, dimension: int, slots: int) -> NDArray[np.int16]:
    """For kernels that walk a list of blocks: the block at an address, int16 (D, n)."""
    return carray(_pointer(address), (dimension, slots))  # type: ignore[call-arg, no-any-return, unused-ignore]


@compiled("void(int16[:, ::1], Array(int32, 1, 'C', readonly=True), int64, int64, int64, int32[::1])")
def _add_plainly(  # noqa: PLR0917  a kernel takes its arrays one by one
    columns: NDArray[np.int16],
    probe: NDArray[np.int32],
    first_row: int,
    last_row: int,
    first_column: int,
    sums: NDArray[np.int32],
) -> None:
    """Add a rectangle that no vector fits: odd rows, odd columns, or all of a block."""
    for i in range(first_row, last_row):
        factor = probe[i]
        for j in range(first_column, columns.shape[1]):
            sums[j] += np.int32(factor * columns[i, j])


@compiled("void(Array(int32, 2, 'C', readonly=True), int64, int16[:, :, ::1])")
def _repeat_factors(probes: NDArray[np.int32], first: int, factors: NDArray[np.int16]) -> None:
    """Both factors of each pair of rows, as often as there are lanes: int16 (P, pairs, 16), from row `first` on.

    Zeros for probes that `factors` has room for and that are not there.
    """
    for q in range(factors.shape[0]):
        for i in range(2 * factors.shape[1]):
            factor = np.int16(probes[q, first + i]) if q < probes.shape[0] else np.int16(0)
            for lane in range(LANES):
                factors[q, i // 2, 2 * lane + i % 2] = factor


@compiled("void(int16[:, ::1], int64, int64, int16[:, ::1])")
def _fill_tile(columns: NDArray[np.int16], row: int, column: int, tile: NDArray[np.int16]) -> None:
    """Interleave row `row` with the next one, and so on, from `column` on. What is beyond the last column stays."""
    width = min(_TILE, columns.shape[1] - column)
    for r in range(PAIRS):
        even = columns[row + 2 * r, column : column + width]
        odd = columns[row + 2 * r + 1, column : column + width]
        pairs = tile[r]
        for j in range(width):
            pairs[2 * j] = even[j]
            pairs[2 * j + 1] = odd[j]


@compiled("void(int16[:, ::1], int16[:, :, ::1], int32[:, ::1], int64)")
def _add_tile(tile: NDArray[np.int16], factors: NDArray[np.int16], sums: NDArray[np.int32], column: int) -> None:
    """Add one pass of rows for the columns of a tile, from `column` on, to the sums of four probes."""
    for j in range(0, _TILE, LANES):
        add_rows_of_tile(  # type: ignore[call-arg, unused-ignore]
            tile.ctypes.data + 4 * j,
            4 * _TILE,
            factors.ctypes.data,
            sums.ctypes.data + 4 * (column + j),
            4 * sums.shape[1],
        )


@compiled("void(int16[:, ::1], int64, int16[:, ::1], int32[::1])")
def _add_pass(columns: NDArray[np.int16], row: int, factors: NDArray[np.int16], sums: NDArray[np.int32]) -> None:
    """Add one pass of rows, from `row` on, for all columns but the last n mod 16, to the sums of one probe."""
    stride = 2 * columns.shape[1]
    first = columns.ctypes.data + row * stride
    for j in range(0, columns.shape[1] - columns.shape[1] % _STRIP, _STRIP):
        add_rows_of_block(  # type: ignore[call-arg, unused-ignore]
            first + 2 * j, stride, factors.ctypes.data, sums.ctypes.data + 4 * j
        )


@compiled(_SIGNATURE)
def scan_any(
    addresses: NDArray[np.int64],
    starts: NDArray[np.int64],
    probes: NDArray[np.int32],
    sums: NDArray[np.int32],
) -> None:
    """For factors beyond 16 bits."""
    sums[:, starts[0] : starts[-1]] = 0
    for k in range(addresses.size):
        columns = columns_at(addresses[k], probes.shape[1], starts[k + 1] - starts[k])
        for q in range(probes.shape[0]):
            _add_plainly(columns, probes[q], 0, columns.shape[0], 0, sums[q, starts[k] : starts[k + 1]])


@compiled(_SIGNATURE)
def scan_one(
    addresses: NDArray[np.int64],
    starts: NDArray[np.int64],
    probes: NDArray[np.int32],
    sums: NDArray[np.int32],
) -> None:
    """For one probe: rows are interleaved in registers."""
    passes_end = probes.shape[1] - probes.shape[1] % _PASS
    factors = np.empty((1, passes_end // 2, 2 * LANES), np.int16)
    _repeat_factors(probes, 0, factors)
    for k in range(addresses.size):
        slots = starts[k + 1] - starts[k]
        columns = columns_at(addresses[k], probes.shape[1], slots)
        row = sums[0, starts[k] : starts[k + 1]]
        row[:] = 0
        for i in range(0, passes_end, _PASS):
            _add_pass(columns, i, factors[0, i // 2 : i // 2 + PAIRS], row)
        _add_plainly(columns, probes[0], 0, passes_end, slots - slots % _STRIP, row)
        _add_plainly(columns, probes[0], passes_end, columns.shape[0], 0, row)


@compiled(_SIGNATURE)
def scan_several(
    addresses: NDArray[np.int64],
    starts: NDArray[np.int64],
    probes: NDArray[np.int32],
    sums: NDArray[np.int32],
) -> None:
    """For several probes: rows are interleaved once for all of them, into a tile."""
    passes_end = probes.shape[1] - probes.shape[1] % _PASS
    groups = -(-probes.shape[0] // TOGETHER)
    widest = -(-np.max(starts[1:] - starts[:-1]) // _TILE) * _TILE
    tile = np.zeros((PAIRS, 2 * _TILE), np.int16)
    factors = np.empty((groups * TOGETHER, PAIRS, 2 * LANES), np.int16)
    totals = np.empty((groups * TOGETHER, widest), np.int32)
    for k in range(addresses.size):
        slots = starts[k + 1] - starts[k]
        columns = columns_at(addresses[k], probes.shape[1], slots)
        totals[:] = 0
        for i in range(0, passes_end, _PASS):
            _repeat_factors(probes, i, factors)
            for column in range(0, slots, _TILE):
                _fill_tile(columns, i, column, tile)
                for q in range(0, groups * TOGETHER, TOGETHER):
                    _add_tile(tile, factors[q : q + TOGETHER], totals[q : q + TOGETHER], column)
        for q in range(probes.shape[0]):
            row = sums[q, starts[k] : starts[k + 1]]
            row[:] = totals[q, :slots]
            _add_plainly(columns, probes[q], passes_end, columns.shape[0], 0, row)
