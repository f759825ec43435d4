"""How long the disk takes to flush a little: every log entry and every commit of the vault waits for that."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

_ENTRY = bytes(1_024)
_ROOM = 1_000 * len(_ENTRY)


@contextmanager
def flushes_in(folder: Path) -> Iterator[Callable[[], float]]:
    """A function that writes as much as a log entry has into `folder`, durably, and returns how many ms it took."""
    with TemporaryFile(dir=folder) as file:
        os.ftruncate(file.fileno(), _ROOM)
        os.fsync(file.fileno())
        yield lambda: _flush(file.fileno())


def _flush(file: int) -> float:
    started = time.perf_counter()
    os.write(file, _ENTRY)
    os.fsync(file)
    return (time.perf_counter() - started) * 1e3
