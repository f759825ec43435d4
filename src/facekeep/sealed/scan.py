"""Exact sums of sealed blocks with any probe: y[j] = sum_i p_i B[i, j]. Holds no key and needs none.

Every column of every block is read whatever the probe, once for all probes of a call. `scan_reference` defines the
meaning; the kernels agree with it bit for bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.compute import spread
from facekeep.sealed.scan_kernels import LARGEST_FACTOR, ScanKernel, scan_any, scan_one, scan_several

Columns = NDArray[np.int16]

_LARGEST_IN_INT = 2**16 - 1  # of sum |p_i| over all rows: times 2^15 stays below 2^31
_BYTES_A_TASK = 1 << 20


@dataclass(frozen=True)
class BlockList:
    """Blocks of one dimension, ready to be scanned again and again.

    Attributes
    ----------
    blocks : int16 (D, n_k) each, C-order; kept alive here.
    addresses : int64 (K,), where each begins in memory.
    starts : int64 (K + 1,), the place of each block's first slot in the sums; the last is their total.
    """

    blocks: tuple[Columns, ...]
    addresses: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, blocks: Sequence[Columns]) -> "BlockList":
        """Check and gather `blocks`.

        Raises
        ------
        BadInput
            `invalid_request`: a block that is empty or not int16 in C order, or blocks of different dimensions.
        """
        for block in blocks:
            if (
                block.dtype != np.int16
                or block.ndim != 2
                or not block.size
                or not (block.flags.c_contiguous and block.flags.aligned)
            ):
                raise BadInput(Code.INVALID_REQUEST, "expected blocks of int16 (D, n) in C order, none of them empty")
            if len(block) != len(blocks[0]):
                raise BadInput(Code.INVALID_REQUEST, f"expected blocks of dimension {len(blocks[0])}, got {len(block)}")
        addresses = np.array([block.__array_interface__["data"][0] for block in blocks], np.int64)
        starts = np.cumsum([0, *(block.shape[1] for block in blocks)], dtype=np.int64)
        return cls(tuple(blocks), addresses, starts)

    @property
    def total(self) -> int:
        """The number of slots."""
        return int(self.starts[-1])


def scan_blocks(
    blocks: Sequence[Columns] | BlockList,
    probes: NDArray[np.int32],
    out: NDArray[np.int32] | None = None,
    threads: int = 1,
) -> NDArray[np.int32]:
    """The exact sums of every probe with every slot: int32 (P, total), blocks and slots in order.

    Parameters
    ----------
    blocks : int16 (D, n_k) each, C-order
    probes : int32 (P, D); sum |p_i| at most 65535 for each, so that no sum can leave int32
    out : int32 (P, total), C-order, to be filled and returned; None makes one
    threads : how many to use at most

    Raises
    ------
    BadInput
        `invalid_request`: a shape, a type or a probe outside these limits.

    Guarantees
    ----------
    The same work and the same memory accesses for every probe whose factors fit 16 bits, as all of norm 180 do.
    """
    listed = blocks if isinstance(blocks, BlockList) else BlockList.of(blocks)
    _require_probes(probes, listed)
    sums = np.empty((len(probes), listed.total), np.int32) if out is None else out
    if sums.shape != (len(probes), listed.total) or sums.dtype != np.int32 or not sums.flags.c_contiguous:
        raise BadInput(Code.INVALID_REQUEST, f"expected room for int32 sums of {(len(probes), listed.total)}")
    if sums.size:
        _scan(listed, np.ascontiguousarray(probes), sums, threads)
    return sums


def scan_block(columns: Columns, probes: NDArray[np.int32]) -> NDArray[np.int32]:
    """The exact sums of one block, int32 (P, n); see `scan_blocks`."""
    return scan_blocks((columns,), probes)


def scan_reference(blocks: Sequence[Columns], probes: NDArray[np.int32]) -> NDArray[np.int32]:
    """What `scan_blocks` means, slowly: int32 (P, total)."""
    sums = [probes.astype(np.int64) @ block.astype(np.int64) for block in blocks]
    return np.concatenate(sums, axis=1).astype(np.int32)


def _require_probes(probes: NDArray[np.int32], listed: BlockList) -> None:
    if probes.ndim != 2 or probes.dtype != np.int32:
        raise BadInput(Code.INVALID_REQUEST, "expected probes of int32 (P, D)")
    if listed.blocks and probes.shape[1] != len(listed.blocks[0]):
        raise BadInput(Code.INVALID_REQUEST, f"expected probes of dimension {len(listed.blocks[0])}")
    if probes.size and np.abs(probes.astype(np.int64)).sum(axis=1).max() > _LARGEST_IN_INT:
        raise BadInput(Code.INVALID_REQUEST, f"the sum of |p_i| of a probe is at most {_LARGEST_IN_INT}")


def _scan(listed: BlockList, probes: NDArray[np.int32], sums: NDArray[np.int32], threads: int) -> None:
    dimension, blocks = probes.shape[1], len(listed.blocks)
    at_least = -(-_BYTES_A_TASK * blocks // (2 * dimension * listed.total))
    kernel = _kernel_for(probes)

    def task(first: int, last: int) -> None:
        kernel(listed.addresses[first:last], listed.starts[first : last + 1], probes, sums)

    spread(task, blocks, threads=threads, at_least=at_least)


def _kernel_for(probes: NDArray[np.int32]) -> ScanKernel:
    if np.abs(probes).max(initial=0) > LARGEST_FACTOR:
        return scan_any
    return scan_one if len(probes) == 1 else scan_several
