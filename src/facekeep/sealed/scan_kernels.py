"""The compiled loops of `scan`. Every one gives the same integers.

Why the kernels compute in float32 and are exact. Rows are taken eight at a time. For a probe of norm 180 the sum of
|p_i| over eight rows is at most 180 sqrt(8) < 512 = 2^9, and |B| <= 2^15, so every partial sum is an integer of at most
2^24, which float32 holds exactly, with a fused multiply-add or without. Eight rows later the sum moves to int32. This
reads memory as fast as it comes, where 32-bit integer products do not. A probe outside that bound takes the integer
kernel instead.
"""

from collections.abc import Callable

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import carray  # type: ignore[attr-defined]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from facekeep.sealed.compute import compiled

ROWS = 8
"""Rows summed in float32 before the sum moves to int32."""

ScanKernel = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], NDArray[np.int32]], None]
"""(addresses (K,), starts (K + 1,), probes as float32 (P, D), sums int32 (P, total)): some K blocks, all probes."""

_PASS = 2 * ROWS  # rows read side by side in one pass over the columns
SIGNATURE = "void(int64[::1], int64[::1], float32[:, ::1], int32[:, ::1])"
"""Of every `ScanKernel`."""
_FUSED = frozenset({"contract"})  # a product and a sum may be fused; both ways are exact here


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


@compiled("void(int16[:, ::1], float32[::1], int64, int32[::1])")
def add_rows(columns: NDArray[np.int16], probe: NDArray[np.float32], first: int, sums: NDArray[np.int32]) -> None:
    """Add rows `first` and up in integers: the odd rows of a block, or all of them."""
    for i in range(first, columns.shape[0]):
        factor = np.int32(probe[i])
        for j in range(columns.shape[1]):
            sums[j] += np.int32(factor * columns[i, j])


@compiled("void(int16[:, ::1], float32[::1], int32[::1])", relaxed=_FUSED)
def _add_passes(columns: NDArray[np.int16], probe: NDArray[np.float32], sums: NDArray[np.int32]) -> None:
    """Add all rows but the last D mod 16, sixteen at a time."""
    for i in range(0, columns.shape[0] - columns.shape[0] % _PASS, _PASS):
        for j in range(columns.shape[1]):
            low = np.float32(0)
            high = np.float32(0)
            for r in range(ROWS):
                low += probe[i + r] * np.float32(columns[i + r, j])
            for r in range(ROWS, _PASS):
                high += probe[i + r] * np.float32(columns[i + r, j])
            sums[j] += np.int32(low) + np.int32(high)


@compiled(SIGNATURE)
def scan_any(
    addresses: NDArray[np.int64],
    starts: NDArray[np.int64],
    probes: NDArray[np.float32],
    sums: NDArray[np.int32],
) -> None:
    """For probes outside the bound: integers only."""
    sums[:, starts[0] : starts[-1]] = 0
    for k in range(addresses.size):
        columns = columns_at(addresses[k], probes.shape[1], starts[k + 1] - starts[k])
        for q in range(probes.shape[0]):
            add_rows(columns, probes[q], 0, sums[q, starts[k] : starts[k + 1]])


@compiled(SIGNATURE)
def scan_one(
    addresses: NDArray[np.int64],
    starts: NDArray[np.int64],
    probes: NDArray[np.float32],
    sums: NDArray[np.int32],
) -> None:
    """For one probe: columns are converted in registers."""
    passes_end = probes.shape[1] - probes.shape[1] % _PASS
    for k in range(addresses.size):
        columns = columns_at(addresses[k], probes.shape[1], starts[k + 1] - starts[k])
        row = sums[0, starts[k] : starts[k + 1]]
        row[:] = 0
        _add_passes(columns, probes[0], row)
        add_rows(columns, probes[0], passes_end, row)
