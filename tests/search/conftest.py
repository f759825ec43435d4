"""Block files with random columns, as the vault would have sealed them; no key is needed to make one."""

import secrets
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facekeep.sealed.format import BlockHeader, block_digest, pack_block
from facekeep.sealed.params import RLWE_2048_32
from facekeep.terms import BlockId, BlockRef

Made = tuple[BlockRef, NDArray[np.int16]]


class Folder:
    """A folder of blocks that can be asked for paths as a store is."""

    def __init__(self, path: Path) -> None:
        self._folder = path
        self.asked = 0

    def path(self, block_id: BlockId) -> Path:
        self.asked += 1
        return self._folder / block_id

    def make(self, slots: int, dimension: int = 16) -> Made:
        bits = np.frombuffer(secrets.token_bytes(2 * dimension * slots), np.int16)
        columns = bits.reshape(dimension, slots)
        block_id = BlockId(f"b_{secrets.token_hex(8)}")
        header = BlockHeader(block_id, 1, dimension, slots, "sface", RLWE_2048_32.name)
        file = pack_block(header, columns)
        (self._folder / block_id).write_bytes(file)
        return BlockRef(block_id, slots, block_digest(file)), columns


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def make_probes() -> Callable[..., NDArray[np.int32]]:
    """Random probes of norm 180 or less, int32 (P, D)."""

    def make(count: int = 1, dimension: int = 16) -> NDArray[np.int32]:
        bound = int(180 / dimension**0.5)
        spread = np.frombuffer(secrets.token_bytes(4 * count * dimension), np.uint32) % (2 * bound + 1)
        return (spread.astype(np.int32) - bound).reshape(count, dimension)

    return make
