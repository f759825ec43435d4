"""Whether what two keeps store tells that the same photo is in both: bytes that stored things have in common.

Each stored thing is one cell of the records database or one file of the store. The header of a block is not compared:
it says which model and parameters its templates are of, and that is the same in every keep. All else is ciphertext,
where stores of a drill's size have eight bytes in a row in common by a chance of one in a million.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.format import HEADER_BYTES
from facekeep.service.drill.loot import DATABASE

_BLOCK = b"FKBLOCK"
_WINDOW = 8


def stored(store: Path) -> list[bytes]:
    """Every stored thing below a copied store's folder."""
    connection = sqlite3.connect(store / DATABASE)
    try:
        cells = [bytes(cell) for (cell,) in connection.execute("SELECT cell FROM records")]
    finally:
        connection.close()
    files = [path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file() and DATABASE not in path.name]
    return cells + files


def in_common(first: Iterable[bytes], second: Iterable[bytes]) -> int:
    """How many runs of eight bytes, behind the headers of blocks, are in a thing of each."""
    return len(np.intersect1d(_windows(first), _windows(second)))


def _windows(things: Iterable[bytes]) -> NDArray[np.uint64]:
    """Every eight bytes in a row at any place, each once; not where one byte repeats."""
    parts = []
    for thing in things:
        body = np.frombuffer(_behind_header(thing), np.uint8)
        if len(body) >= _WINDOW:
            views = np.lib.stride_tricks.sliding_window_view(body, _WINDOW)
            telling = views[(views != views[:, :1]).any(axis=1)]
            parts.append(np.unique(np.ascontiguousarray(telling).view(np.uint64).ravel()))
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)


def _behind_header(thing: bytes) -> bytes:
    return thing[HEADER_BYTES:] if thing.startswith(_BLOCK) else thing
