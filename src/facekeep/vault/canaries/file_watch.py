"""Who opens, moves or deletes a file of ours, as the kernel tells: inotify(7), called by its three functions.

It tells of this machine's programs alone, not of who reads the disk from another one, below the file system, or while
nobody watches; and it does not tell who it was. Elsewhere than on Linux there is no watch.
"""

import ctypes
import os
import select
import struct
from pathlib import Path

_OPEN, _MOVED_FROM_HERE, _DELETED, _IGNORED = 0x20, 0x800, 0x400, 0x8000
_EVENT = struct.Struct("iIII")
_READ_BYTES = 65_536


class FileWatch:
    """A watch over some files, each under a name of its own."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        init = getattr(self._libc, "inotify_init1", None)
        self._handle = -1 if init is None else int(init(os.O_NONBLOCK | os.O_CLOEXEC))
        self._names: dict[int, str] = {}

    @property
    def works(self) -> bool:
        """Whether this system tells of files."""
        return self._handle >= 0

    def add(self, name: str, path: Path) -> bool:
        """Watch one more file, from now on; False where that cannot be."""
        if not self.works:
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
        if not self.works:
            return set()
        poller = select.poll()
        poller.register(self._handle, select.POLLIN)
        return self._read() if poller.poll(timeout_s * 1000) else set()

    def close(self) -> None:
        """Let go of the watch."""
        if self.works:
            os.close(self._handle)
            self._handle = -1

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
