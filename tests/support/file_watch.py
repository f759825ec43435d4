"""Sees every file that this process opens for writing, and every temporary file it asks for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_opened: list[str] = []
_watching = [False]


def _watch(event: str, arguments: tuple) -> None:
    if _watching[0] and (event.startswith("tempfile.") or (event == "open" and _writes(*arguments))):
        _opened.append(f"{event} {arguments!r}")


def _writes(path: object, mode: object, flags: int) -> bool:
    return path != "/dev/null" and (bool(flags & 3) or (isinstance(mode, str) and any(one in mode for one in "wax+")))


sys.addaudithook(_watch)


@contextmanager
def no_file_is_written() -> Iterator[None]:
    """Fails at the end of the block if a file was opened for writing in it."""
    _opened.clear()
    _watching[0] = True
    try:
        yield
    finally:
        _watching[0] = False
    assert _opened == []
