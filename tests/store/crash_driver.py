"""Kills a writer again and again, and counts what it had acknowledged and what is still there.

Run as `python crash_driver.py FOLDER CYCLES`; prints one JSON object. A process of its own because it forks.
"""

import json
import os
import random
import secrets
import signal
import sys
import time
from hashlib import shake_128
from pathlib import Path

from facekeep.errors import Tampered
from facekeep.settings import StoreSettings
from facekeep.store import Store
from facekeep.terms import BlockId, CellId, CellKind, SealedCell

_FIRST = 3  # in every other cycle, however slow the machine is
_NAME = 16


def content(name: str, size: int) -> bytes:
    return shake_128(name.encode()).digest(size)


def cells_of(batch: str) -> list[SealedCell]:
    kinds = (*CellKind, CellKind.CROP)
    names = [f"{batch}_{number}" for number in range(len(kinds))]
    return [SealedCell(CellId(name), kind, content(name, 6_000)) for name, kind in zip(names, kinds, strict=True)]


def open_store(folder: Path) -> Store:
    store = Store(StoreSettings(), folder / "store", folder / "cache")
    store.migrate()
    return store


def write_until_killed(folder: Path, acknowledge: int) -> None:
    store = open_store(folder)
    while True:
        batch = secrets.token_hex(_NAME // 2)
        store.put(cells_of(batch), {BlockId(f"b_{batch}"): content(batch, 5_000)})
        os.write(acknowledge, batch.encode())


def is_whole(store: Store, batch: str) -> bool:
    wanted = {cell.cell_id: cell for cell in cells_of(batch)}
    try:
        block = store.block_path(BlockId(f"b_{batch}")).read_bytes()
        return store.get(wanted) == wanted and block == content(batch, 5_000)
    except Tampered:
        return False


def one_cycle(folder: Path, first: int) -> list[str]:
    """Batches that a writer acknowledged before it was killed: a moment after its start, or after its first ones."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            write_until_killed(folder, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with open(reading, "rb") as pipe:
        text = pipe.read(first * _NAME).decode()
        time.sleep(random.uniform(0.0, 0.15))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        text += pipe.read().decode()
    return [text[start : start + _NAME] for start in range(0, len(text), _NAME)]


def main(folder: Path, cycles: int) -> None:
    acknowledged: list[str] = []
    for cycle in range(cycles):
        acknowledged += one_cycle(folder, 0 if cycle % 2 else _FIRST)
        store = open_store(folder)
        lost = [batch for batch in acknowledged if not is_whole(store, batch)]
        store.close()
        if lost:
            break
    print(json.dumps({"cycles": cycle + 1, "acknowledged": len(acknowledged), "lost": len(lost)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
