"""Secret polynomials, errors and check vectors from 32-byte seeds, without a branch on a secret value.

Each purpose has its own SHAKE-256 stream. Ternary digits come five to a byte; bytes from 243 = 3^5 on are rejected,
because a remainder modulo 3 of all 256 would favor some digits.
"""

from hashlib import shake_256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.compute import compiled
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import DEGREE, label, require_seed

_DIGITS_A_BYTE = 5
_FIRST_REJECTED = 3**_DIGITS_A_BYTE
_BYTES_AN_ERROR = 5  # 40 bits, of which three uniforms take 39
_UNIFORM_BITS = RLWE_2048_32.error_bits
_UNIFORM_MASK = 2**_UNIFORM_BITS - 1
_CENTER = 3 * 2 ** (_UNIFORM_BITS - 1)
_BYTES_AT_FIRST = 512  # 410 accepted ones are needed; 486 are expected


def wipe(*buffers: NDArray[Any] | bytearray) -> None:
    """Overwrite with zeros what held a secret."""
    for buffer in buffers:
        if isinstance(buffer, bytearray):
            buffer[:] = bytes(len(buffer))
        else:
            buffer.fill(0)


def ternary(seed: bytes) -> NDArray[np.int8]:
    """A uniform ternary polynomial, int8 (N,) of -1, 0 and 1: the secret of one block.

    Raises
    ------
    BadInput
        `invalid_request`: the seed is not 32 bytes.
    """
    require_seed(seed)
    length = _BYTES_AT_FIRST
    while True:
        stream = np.frombuffer(shake_256(label(b"secret") + seed).digest(length), np.uint8)
        digits = ternary_digits(stream)
        if digits.size >= DEGREE:
            return digits[:DEGREE].copy()
        length *= 2  # the longer stream begins with the shorter one


def ternary_digits(stream: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The ternary digits in a stream of uniform bytes, least significant first; bytes >= 243 give none."""
    accepted = stream[stream < _FIRST_REJECTED]
    powers = 3 ** np.arange(_DIGITS_A_BYTE, dtype=np.uint8)
    digits = np.asarray(accepted[:, None] // powers % 3, np.int8).reshape(-1)
    digits -= 1
    return digits


def errors(seed: bytes, dimension: int, slots: int) -> NDArray[np.int16]:
    """Errors e of a sealing, int16 (D, n): sums of three centered uniforms of 13 bits, |e| <= 12288.

    Raises
    ------
    BadInput
        `invalid_request`: the seed is not 32 bytes.
    """
    require_seed(seed)
    drawn = np.empty((dimension, slots), np.int16)
    stream = shake_256(label(b"error") + seed).digest(_BYTES_AN_ERROR * drawn.size)
    _sum_uniforms(np.frombuffer(stream, np.uint8), drawn.reshape(-1))
    return drawn


def check_words(seed: bytes) -> NDArray[np.uint32]:
    """Uniform words, uint32 (N,), for a check vector. Raises as `ternary` does."""
    require_seed(seed)
    return np.frombuffer(shake_256(label(b"check") + seed).digest(4 * DEGREE), "<u4").copy()


@compiled("void(Array(uint8, 1, 'C', readonly=True), int16[::1])")
def _sum_uniforms(stream: NDArray[np.uint8], drawn: NDArray[np.int16]) -> None:
    """Bits 0-12, 13-25 and 26-38 of each five bytes, little-endian, each less 4096, added up."""
    for k in range(drawn.size):
        at = _BYTES_AN_ERROR * k
        word = np.int64(stream[at]) | np.int64(stream[at + 1]) << 8 | np.int64(stream[at + 2]) << 16
        word |= np.int64(stream[at + 3]) << 24 | np.int64(stream[at + 4]) << 32
        low = (word & _UNIFORM_MASK) + (word >> _UNIFORM_BITS & _UNIFORM_MASK)
        drawn[k] = np.int16(low + (word >> 2 * _UNIFORM_BITS & _UNIFORM_MASK) - _CENTER)
