"""Looks for traces in bytes, files and the memory of processes, thousands of patterns in one pass.

Finds what lies there as it is, and what lies in a gzip or zlib stream. What is encrypted, or packed otherwise, is not
found: that a scan found nothing says what these scans look for, and no more.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numba
import numpy as np
from numpy.typing import NDArray

from facekeep.service.drill.traces import KEY_BYTES, Trace

_TABLE_BITS = 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MOST_HITS = 1 << 20
_CHUNK = 64 << 20
_OVERLAP = 256
_COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_COMPRESSED_REACH = 1 << 16
_MOST_INFLATED = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A trace and the place where it was found."""

    label: str
    place: str
    offset: int


@numba.njit(cache=True, nogil=True)
def _candidates(data, keys, table, shift, multiplier, hits):  # type: ignore[no-untyped-def]  # noqa: PLR0917  numba's
    """Positions in `data` at which one of the sorted 8-byte `keys` begins; returns how many."""
    key, count = np.uint64(0), 0
    for i in range(len(data)):
        key = (key >> np.uint64(8)) | (np.uint64(data[i]) << np.uint64(56))
        if i < 7 or not table[(key * multiplier) >> shift]:
            continue
        place = np.searchsorted(keys, key)
        if place < len(keys) and keys[place] == key:
            if count == len(hits):
                return -1
            hits[count] = i - 7
            count += 1
    return count


class Scanner:
    """Finds any of many traces. Every pattern has 8 bytes or more."""

    def __init__(self, traces: Iterable[Trace]) -> None:
        self._by_key: dict[int, list[Trace]] = {}
        for trace in traces:
            assert len(trace.pattern) >= KEY_BYTES
            self._by_key.setdefault(int.from_bytes(trace.pattern[:KEY_BYTES], "little"), []).append(trace)
        self._keys = np.array(sorted(self._by_key), np.uint64)
        self._shift = np.uint64(64 - _TABLE_BITS)
        self._table = np.zeros(1 << _TABLE_BITS, np.bool_)
        self._table[(self._keys * _MULTIPLIER) >> self._shift] = True

    def in_bytes(self, data: bytes, place: str, base: int = 0) -> list[Finding]:
        """Every trace in `data`, and in what inflates inside it."""
        return self._plain(data, place, base) + [
            finding
            for offset, inflated in _inflated(data)
            for finding in self._plain(inflated, f"{place}, compressed", base + offset)
        ]

    def in_folder(self, folder: Path) -> list[Finding]:
        """Every trace in the files below `folder`, and in their names."""
        found = self.in_bytes("\n".join(str(path) for path in folder.rglob("*")).encode(), "file names")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            with suppress(FileNotFoundError):  # a running keep replaces files; what came instead was listed, or is new
                found += self.in_bytes(path.read_bytes(), str(path.relative_to(folder)))
        return found

    def in_process(self, pid: int) -> list[Finding]:
        """Every trace in the memory of a process that is its own: all readable mappings but unwritten files."""
        return [
            finding
            for place, address, chunk in memory_of(pid)
            for finding in self.in_bytes(chunk, f"process {pid}: {place}", address)
        ]

    def _plain(self, data: bytes, place: str, base: int) -> list[Finding]:
        array = np.frombuffer(data, np.uint8)
        hits: NDArray[np.int64] = np.empty(_MOST_HITS, np.int64)
        count = _candidates(array, self._keys, self._table, self._shift, _MULTIPLIER, hits)
        assert count >= 0, "too many candidates: a pattern begins with something common"
        found = []
        for start in hits[:count].tolist():
            for trace in self._by_key[int.from_bytes(data[start : start + KEY_BYTES], "little")]:
                if data.startswith(trace.pattern, start):
                    found.append(Finding(trace.label, place, base + start))
        return found


def memory_of(pid: int) -> Iterator[tuple[str, int, bytes]]:
    """The process's own memory in pieces that overlap: name of the mapping, address, bytes."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, flags, *_, inode = line.split(maxsplit=5)[:5]
            name = [*line.split(maxsplit=5), ""][5]
            if not _is_own(flags, inode, name):
                continue
            start, end = (int(one, 16) for one in span.split("-"))
            for address in range(start, end, _CHUNK):
                yield from _piece(memory, name, address, min(end, address + _CHUNK + _OVERLAP))


def _is_own(flags: str, inode: str, name: str) -> bool:
    if "r" not in flags or name in ("[vvar]", "[vsyscall]", "[vdso]", "[vvar_vclock]"):
        return False
    return "w" in flags or inode == "0"


def _piece(memory: BinaryIO, name: str, address: int, end: int) -> Iterator[tuple[str, int, bytes]]:
    try:
        memory.seek(address)
        yield name or "anonymous", address, memory.read(end - address)
    except OSError:
        return  # unmapped meanwhile, or a device


def _inflated(data: bytes) -> Iterator[tuple[int, bytes]]:
    for match in _COMPRESSED.finditer(data):
        start = match.start()
        inflate = zlib.decompressobj(wbits=47)
        out = _inflate(inflate, data[start : start + 512], 4096)
        if len(out) >= KEY_BYTES:
            rest = inflate.unconsumed_tail + data[start + 512 : start + _COMPRESSED_REACH]
            yield start, out + _inflate(inflate, rest, _MOST_INFLATED)


def _inflate(inflate: "zlib._Decompress", packed: bytes, most: int) -> bytes:
    try:
        return inflate.decompress(packed, most)
    except zlib.error:
        return b""
