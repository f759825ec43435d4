"""Who opens, moves or deletes a file of ours, as the kernel tells: inotify(7), called by its three functions.

It tells of this machine's programs alone, not of who reads the disk from another one, below the file system, or while
nobody watches; and it does not tell who it was. Elsewhere than on Linux there is no watch.
"""

import ctypes
import os
import select
import struct
import time
import weakref
from collections.abc import Callable
from pathlib import Path

_OPEN, _MOVED_FROM_HERE, _DELETED, _IGNORED = 0x20, 0x800, 0x400, 0x8000
_EVENT = struct.Struct("iIII")
_READ_BYTES = 65_536


def _nothing() -> None:
    """There is nothing to let go of yet."""


class FileWatch:
    """A watch over some files, each under a name of its own. The kernel gives a user few: see `begin`."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = -1
        self._names: dict[int, str] = {}
        self._let_go: Callable[[], object] = _nothing

    def begin(self) -> None:
        """Ask the kernel for a watch, where it has any; before this, nothing is watched."""
        init = getattr(self._libc, "inotify_init1", None)
        if self._handle < 0 and init is not None:
            self._handle = int(init(os.O_NONBLOCK | os.O_CLOEXEC))
            if self._handle >= 0:
                self._let_go = weakref.finalize(self, os.close, self._handle)

    def add(self, name: str, path: Path) -> bool:
        """Watch one more file, from now on; False where that cannot be."""
        if self._handle < 0:
            return False
        wanted = _OPEN | _MOVED_FROM_HERE | _DELETED
        watch = int(self._libc.inotify_add_watch(self._handle, os.fsencode(path), wanted))
        if watch >= 0:
            self._names[watch] = name
        return watch >= 0

    @property
    def names(self) -> frozenset[str]:
        """The names of what is watched."""
        return frozenset(self._names.values())

    def clear(self) -> None:
        """Watch nothing, and forget what was not told yet."""
        for watch in self._names:
            self._libc.inotify_rm_watch(self._handle, watch)
        self._names = {}
        self.touched(0)

    def touched(self, timeout_s: float) -> set[str]:
        """The names of files that were touched since the last time; waits so long for the first."""
        if self._handle < 0:
            time.sleep(timeout_s)
            return set()
        poller = select.poll()
        poller.register(self._handle, select.POLLIN)
        return self._read() if poller.poll(timeout_s * 1000) else set()

    def close(self) -> None:
        """Let go of the watch."""
        self._let_go()
        self._handle, self._names = -1, {}

    def _read(self) -> set[str]:
        try:
            content = os.read(self._handle, _READ_BYTES)
        except BlockingIOError:
            return set()  # another thread was faster
        found, at = set(), 0
        while at < len(content):
            watch, mask, _, length = _EVENT.unpack_from(content, at)
            at += _EVENT.size + length
            if watch in self._names and not mask & _IGNORED:
                found.add(self._names[watch])
        return found
