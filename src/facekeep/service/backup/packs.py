"""Packs: what was new in the store at one backup, in one file that never changes, named by the digest of its index.

    length of the index u32 | index | the items' bytes, one after the other

The index says of each item its kind, id, size and SHA-256. So the name vouches for the index, the index for each item,
and the manifest's digest, which only the vault can read, for the names. Items are in the order of their random ids.
"""

import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from facekeep.errors import Code, Tampered
from facekeep.service.backup import files

BLOCK = "block"
MOST_BYTES = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_LARGEST_INDEX_BYTES = 256 * 1024 * 1024


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One cell, `kind` as the store names it, or one block."""

    kind: str
    id: str
    size: int
    sha256: bytes


def write(folder: Path, items: Sequence[tuple[str, str, bytes]]) -> str:
    """Write a pack of (kind, id, content), durably; its name. Raises OSError."""
    ordered = sorted(items, key=lambda item: item[1])
    listed = [Item(kind, name, len(content), sha256(content).digest()) for kind, name, content in ordered]
    index = msgspec.msgpack.encode(listed)
    name = sha256(index).hexdigest()
    files.write(folder / f"{name}.pack", [_LENGTH.pack(len(index)), index, *(content for *_, content in ordered)])
    return name


def index_of(folder: Path, name: str) -> list[Item]:
    """What a pack holds, as its name vouches for.

    Raises
    ------
    Tampered
        `backup_altered`: it is not there, its index is another one, or it is not as long as its items are.
    """
    path = folder / f"{name}.pack"
    try:
        with path.open("rb") as file:
            items, start = _read_index(file, name)
            if path.stat().st_size != start + sum(item.size for item in items):
                raise _altered(name)
    except OSError as error:
        raise Tampered(Code.BACKUP_ALTERED, f"the pack {name[:12]} is not there") from error
    return items


def contents(folder: Path, name: str, left_out: frozenset[int]) -> Iterator[tuple[Item, bytes]]:
    """The items of a pack but those left out by their number, each compared with its digest. Raises as `index_of`."""
    index_of(folder, name)
    with (folder / f"{name}.pack").open("rb") as file:
        items, _ = _read_index(file, name)
        for number, item in enumerate(items):
            content = file.read(item.size)
            if sha256(content).digest() != item.sha256:
                raise _altered(name)
            if number not in left_out:
                yield item, content


def _read_index(file: BinaryIO, name: str) -> tuple[list[Item], int]:
    head = file.read(_LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else _LARGEST_INDEX_BYTES + 1
    index = file.read(length) if length <= _LARGEST_INDEX_BYTES else b""
    if sha256(index).hexdigest() != name:
        raise _altered(name)
    return msgspec.msgpack.decode(index, type=list[Item]), _LENGTH.size + length


def _altered(name: str) -> Tampered:
    return Tampered(Code.BACKUP_ALTERED, f"the pack {name[:12]} was altered")
