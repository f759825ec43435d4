"""`LocalSearch`: the sums of a probe over the blocks on this machine, from memory maps, on all cores.

A block is checked once, when it is mapped: the SHA-256 of its file against the vault's list, then its header. A change
of the file after that is caught by the vault's check of the sums. No answer is ever partly of one block and partly of
another: a scan keeps the maps it began with, whatever is dropped meanwhile.

Not done here: choosing blocks, opening sums, or telling a retired block from a stolen one.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import Code, Tampered, Unavailable
from facekeep.sealed.compute import CORES
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import BlockList, scan_blocks
from facekeep.search.mapping import map_file
from facekeep.terms import BlockId, BlockRef

_LISTS_KEPT = 16


@dataclass(frozen=True, slots=True, eq=False)
class _MappedBlock:
    """A checked block. `columns` int16 (D, n) looks into the map; `size` is that of the file in bytes."""

    block_id: BlockId
    slots: int
    digest: bytes
    columns: NDArray[np.int16]
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class _PreparedList:
    """Blocks that were searched together, and what the kernels want to know of them (costly for many small blocks)."""

    blocks: list[_MappedBlock]
    columns: BlockList


class LocalSearch:
    """Scans with the blocks of a list, mapping those not mapped yet; for any number of threads."""

    def __init__(self, block_path: Callable[[BlockId], Path], threads: int = 0) -> None:
        """Find block files with `block_path` and scan with `threads` threads (0: one a core)."""
        self._block_path = block_path
        self._threads = threads or CORES
        self._mapped: dict[BlockId, _MappedBlock] = {}
        self._prepared: deque[_PreparedList] = deque(maxlen=_LISTS_KEPT)
        self._loading = Lock()

    @property
    def mapped_blocks(self) -> int:
        """Number of blocks mapped now."""
        return len(self._mapped)

    @property
    def mapped_bytes(self) -> int:
        """Bytes of block files mapped now."""
        return sum(block.size for block in list(self._mapped.values()))

    def scan(self, blocks: Sequence[BlockRef], probes: NDArray[np.int32]) -> NDArray[np.int32]:
        """The exact sums of every probe with every slot.

        Parameters
        ----------
        blocks : blocks in the order of the vault's grant
        probes : ndarray[int32] (P, D), C-order

        Returns
        -------
        ndarray[int32] (P, total), C-order: blocks in the order given, slots in order.

        Raises
        ------
        BadInput
            `invalid_request`: the probes have another dimension than the blocks, or are out of range.
        Tampered
            `block_altered`: a file differs from the vault's list; `cell_missing`: a file is not there, which also
            happens when the block was retired after the list was made (ask for a new list, then believe it).
        """
        listed = self._prepare(self._all_mapped(blocks))
        return scan_blocks(listed.columns, probes, threads=self._threads)

    def drop(self, block_ids: Iterable[BlockId]) -> None:
        """Let go of blocks; scans that already began still finish with them."""
        dropped = [self._mapped.pop(block_id, None) for block_id in block_ids]
        if any(dropped):
            self._prepared.clear()  # or it would keep the dropped ones mapped

    def keep_only(self, live: Collection[BlockId]) -> None:
        """Let go of every block that is not in `live`."""
        kept = frozenset(live)
        self.drop([block_id for block_id in list(self._mapped) if block_id not in kept])

    def _all_mapped(self, blocks: Sequence[BlockRef]) -> list[_MappedBlock]:
        found = [self._find(block) for block in blocks]
        missing = [block for block, mapped in zip(blocks, found, strict=True) if mapped is None]
        loaded = self._load(missing) if missing else {}
        return [mapped or loaded[block.block_id] for block, mapped in zip(blocks, found, strict=True)]

    def _find(self, block: BlockRef) -> _MappedBlock | None:
        """The map that was checked against this very entry of the list; anything else is checked anew."""
        mapped = self._mapped.get(block.block_id)
        if mapped is None or mapped.digest != block.digest or mapped.slots != block.slots:
            return None
        return mapped

    def _prepare(self, blocks: list[_MappedBlock]) -> _PreparedList:
        prepared = next((kept for kept in self._prepared.copy() if kept.blocks == blocks), None)
        if prepared is None:
            prepared = _PreparedList(blocks, BlockList.of([block.columns for block in blocks]))
            self._keep_prepared(prepared)
        return prepared

    def _keep_prepared(self, prepared: _PreparedList) -> None:
        """Keep it for the next search, unless one of its blocks was dropped since."""
        self._prepared.append(prepared)
        if any(self._mapped.get(block.block_id) is not block for block in prepared.blocks):
            with suppress(ValueError):
                self._prepared.remove(prepared)

    def _load(self, blocks: Sequence[BlockRef]) -> dict[BlockId, _MappedBlock]:
        """Map `blocks`, several at once, unless another thread did so while this one waited."""
        with self._loading, ThreadPoolExecutor(self._threads) as pool:
            loaded = pool.map(lambda block: self._find(block) or self._map(block), blocks)
            fresh = {block.block_id: mapped for block, mapped in zip(blocks, loaded, strict=True)}
            self._mapped.update(fresh)
        return fresh

    def _map(self, block: BlockRef) -> _MappedBlock:
        path = self._block_path(block.block_id)
        try:
            with path.open("rb", buffering=0) as file:
                untrusted = _read_and_map(file)
        except FileNotFoundError as error:
            raise Tampered(Code.CELL_MISSING, "a sealed block is missing") from error
        except OSError as error:
            raise Unavailable(Code.STORE_UNAVAILABLE, f"a sealed block cannot be read: {error.strerror}") from error
        _, columns = parse_block(
            untrusted,
            expected_block_id=block.block_id,
            expected_slots=block.slots,
            expected_digest=block.digest,
        )
        return _MappedBlock(block.block_id, block.slots, block.digest, columns, len(untrusted))


def _read_and_map(file: FileIO) -> memoryview:
    """Read first, for the system's cache, and then map: so a bad sector is an error of the read and not a crash."""
    file.readall()
    return map_file(file.fileno())
