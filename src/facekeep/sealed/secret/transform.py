"""Inverse transforms of length N/2 = 1024 in float32, one block after the other: what opening spends its time on.

The points are a square of 32 by 32: transform every column, multiply by the powers that tie columns together, turn the
square over, transform every column again. Every loop then runs along a row, which is contiguous, so that the compiler
turns it into vector instructions, and everything stays in the first-level cache. Source: D. H. Bailey, "FFTs in
external or hierarchical memory", J. Supercomputing 4 (1990).

Arrays to work in are float32 (`PARTS`,): real parts first, imaginary parts from `IMAGINARY` on. Offsets are
constants, and each loop is a function of its own, for the compiler to see that no two places meet.
"""

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from facekeep.sealed.compute import compiled, inlined
from facekeep.sealed.ring import HALF, TWIST

IMAGINARY = HALF + 16
"""Where imaginary parts begin: 4 KiB apart, a load of one part would wait for a store to the other."""
PARTS = 2 * IMAGINARY
"""Length of an array to work in."""

_FUSED = frozenset({"contract"})  # a product and a sum may be fused
_SIDE = 32  # rows, and columns, of the square
_LANES = 16


def _places() -> NDArray[np.int64]:
    """Which frequency the transform of a column leaves in row p, int64 (32,): digits of radix 4, 4 and 2 reversed."""
    return np.array([a + 4 * b + 16 * c for a in range(4) for b in range(4) for c in range(2)])


_FREQUENCY_OF_ROW = _places()
_ROW_OF_FREQUENCY = tuple(int(row) for row in np.argsort(_FREQUENCY_OF_ROW))


def _powers(length: int, exponents: NDArray[np.int64]) -> NDArray[np.complex128]:
    """exp(2 pi i e / length) of every exponent."""
    return np.asarray(np.exp(2j * np.pi * exponents / length))


def _in_turn(powers: NDArray[np.complex128]) -> NDArray[np.float32]:
    """Cosine, sine, cosine, sine, ..."""
    return powers.ravel().view(np.float64).astype(np.float32)


def parts(values: NDArray[np.complex128]) -> NDArray[np.float32]:
    """All real parts and then all imaginary parts: float32 (N,) from complex (N/2,)."""
    return np.concatenate([values.real.ravel(), values.imag.ravel()]).astype(np.float32)


_FIRST = _in_turn(_powers(_SIDE, np.outer(np.arange(8), np.arange(1, 4))))
_SECOND = _in_turn(_powers(8, np.outer(np.arange(2), np.arange(1, 4))))
_BETWEEN = parts(_powers(HALF, np.outer(_FREQUENCY_OF_ROW, np.arange(_SIDE))))
_UNTWIST = parts(TWIST.conj())


@inlined
def _radix_four(work: NDArray[np.float32], rows: int, powers: NDArray[np.float32]) -> None:
    """Transform rows r, r + `rows`, r + 2 `rows` and r + 3 `rows` of every 4 `rows`."""
    groups, second, third, fourth = _SIDE // (4 * rows), _SIDE * rows, 2 * _SIDE * rows, 3 * _SIDE * rows
    for g in range(groups):
        for r in range(rows):
            cos_1, sin_1 = powers[6 * r], powers[6 * r + 1]
            cos_2, sin_2 = powers[6 * r + 2], powers[6 * r + 3]
            cos_3, sin_3 = powers[6 * r + 4], powers[6 * r + 5]
            first = 4 * second * g + 32 * r
            for i in range(first, first + 32):
                j = i + IMAGINARY
                even, even_i = work[i] + work[i + third], work[j] + work[j + third]
                odd, odd_i = work[i] - work[i + third], work[j] - work[j + third]
                other, other_i = work[i + second] + work[i + fourth], work[j + second] + work[j + fourth]
                turned, turned_i = work[j + fourth] - work[j + second], work[i + second] - work[i + fourth]
                work[i], work[j] = even + other, even_i + other_i
                real, imag = odd + turned, odd_i + turned_i
                work[i + second], work[j + second] = real * cos_1 - imag * sin_1, real * sin_1 + imag * cos_1
                real, imag = even - other, even_i - other_i
                work[i + third], work[j + third] = real * cos_2 - imag * sin_2, real * sin_2 + imag * cos_2
                real, imag = odd - turned, odd_i - turned_i
                work[i + fourth], work[j + fourth] = real * cos_3 - imag * sin_3, real * sin_3 + imag * cos_3


@compiled("void(float32[::1])", relaxed=_FUSED)
def _four_rows_8_apart(work: NDArray[np.float32]) -> None:
    _radix_four(work, 8, _FIRST)


@compiled("void(float32[::1])", relaxed=_FUSED)
def _four_rows_2_apart(work: NDArray[np.float32]) -> None:
    _radix_four(work, 2, _SECOND)


@compiled("void(float32[::1])")
def _two_rows(work: NDArray[np.float32]) -> None:
    """Radix 2 over neighboring rows, of both parts."""
    for g in range(16):
        for i in range(64 * g, 64 * g + 32):
            low, high = work[i], work[i + 32]
            work[i], work[i + 32] = low + high, low - high
            j = i + IMAGINARY
            low, high = work[j], work[j + 32]
            work[j], work[j + 32] = low + high, low - high


@compiled("void(float32[::1])")
def _columns(work: NDArray[np.float32]) -> None:
    """Transform every column of the square; row p then holds frequency `_FREQUENCY_OF_ROW[p]`."""
    _four_rows_8_apart(work)
    _four_rows_2_apart(work)
    _two_rows(work)


@compiled("void(float32[::1])", relaxed=_FUSED)
def _tie(work: NDArray[np.float32]) -> None:
    """Multiply row k, column c by exp(2 pi i k c / 1024), k being the frequency in that row."""
    for i in range(1024):
        real, imag = work[i], work[i + IMAGINARY]
        work[i] = real * _BETWEEN[i] - imag * _BETWEEN[i + 1024]
        work[i + IMAGINARY] = real * _BETWEEN[i + 1024] + imag * _BETWEEN[i]


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _turn_over(_typing_context, _source, _target):  # type: ignore[no-untyped-def]
    """Transpose a square of float32 at one address to another, its rows brought into the order of their frequencies.

    Sixteen rows of sixteen are transposed by interleaving the first half with the second, four times over. A loop takes
    five times as long, which would be a third of the transform.
    """

    def lower(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        source, target = (builder.inttoptr(one, ir.FloatType().as_pointer()) for one in arguments)
        for row in range(0, _SIDE, _LANES):
            for column in range(0, _SIDE, _LANES):
                places = [_SIDE * _ROW_OF_FREQUENCY[row + lane] + column for lane in range(_LANES)]
                lines = [builder.load(_line(builder, source, place), align=4) for place in places]
                for _ in range(4):
                    lines = _interleaved(builder, lines)
                for lane, line in enumerate(lines):
                    builder.store(line, _line(builder, target, _SIDE * (column + lane) + row), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), lower


def _line(builder: ir.IRBuilder, base: ir.Value, place: int) -> ir.Value:
    """A pointer to sixteen numbers, `place` numbers after `base`."""
    address = builder.gep(base, [ir.Constant(ir.IntType(64), place)])
    return builder.bitcast(address, ir.VectorType(ir.FloatType(), _LANES).as_pointer())


def _interleaved(builder: ir.IRBuilder, lines: list[ir.Value]) -> list[ir.Value]:
    """Line 0 interleaved with line 8 (two lines), line 1 with line 9, and so on."""
    masks = [[place + lane for place in range(half, half + 8) for lane in (0, _LANES)] for half in (0, 8)]
    constants = [ir.Constant(ir.VectorType(ir.IntType(32), _LANES), mask) for mask in masks]
    pairs = zip(lines[:8], lines[8:], strict=True)
    return [builder.shuffle_vector(low, high, mask) for low, high in pairs for mask in constants]


@compiled("void(float32[::1], float32[::1])")
def _turn_parts_over(work: NDArray[np.float32], spare: NDArray[np.float32]) -> None:
    for first in (0, 4 * IMAGINARY):
        _turn_over(work.ctypes.data + first, spare.ctypes.data + first)  # type: ignore[call-arg, unused-ignore]


@compiled("void(float32[::1], float32[::1])", relaxed=_FUSED)
def _untwist(folded: NDArray[np.float32], product: NDArray[np.float32]) -> None:
    """Bring rows into the order of their frequencies and undo the twist of the fold."""
    for a in range(4):
        for b in range(4):
            for c in range(2):
                row, target = 32 * (8 * a + 2 * b + c), 32 * (a + 4 * b + 16 * c)
                for j in range(32):
                    real, imag = folded[row + j], folded[row + j + IMAGINARY]
                    cos, sin = _UNTWIST[target + j], _UNTWIST[target + j + 1024]
                    product[target + j] = real * cos - imag * sin
                    product[target + j + 1024] = real * sin + imag * cos


@compiled("void(float32[::1], float32[::1])")
def unfold(work: NDArray[np.float32], spare: NDArray[np.float32]) -> None:
    """A real polynomial in place of its folded transform times N/2; the inverse of `ring.spectrum`.

    `work` float32 (`PARTS`,) holds the parts of the transform, and in the end the polynomial in its first N places.
    `spare` float32 (`PARTS`,) is overwritten.
    """
    _columns(work)
    _tie(work)
    _turn_parts_over(work, spare)
    _columns(spare)
    _untwist(spare, work)
