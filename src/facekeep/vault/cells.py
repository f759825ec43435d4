"""Cells: one random key for every record, template and photo, so that each can be destroyed alone.

The key of a cell is wrapped under the key of its collection and kept in the vault's database; the ciphertext goes to
the store. Plaintexts are padded to size classes, so that the length of a name or a note does not show.
"""

import struct
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facekeep.errors import BadInput, Code, Tampered
from facekeep.terms import CellId, CellKind
from facekeep.vault.database import Database, listed
from facekeep.vault.keys import fresh_id, fresh_key, unwrap, wrap
from facekeep.vault.wire import Cell

_LENGTH = struct.Struct(">I")
_PADDING = {
    CellKind.PERSON: 512,
    CellKind.FACE: 1024,
    CellKind.TEMPLATE: 64,
    CellKind.CROP: 4096,
    CellKind.PHOTO: 65_536,
}
_ZERO_NONCE = bytes(12)  # every key encrypts exactly one message


class CellKey:
    """A fresh cell's identifier and wrapped key, to be stored at commit."""

    __slots__ = ("cell_id", "kind", "wrapped_key")

    def __init__(self, cell_id: CellId, kind: CellKind, wrapped_key: bytes) -> None:
        self.cell_id, self.kind, self.wrapped_key = cell_id, kind, wrapped_key


def seal_cell(collection_key: bytes, kind: CellKind, plaintext: bytes) -> tuple[CellKey, Cell]:
    """Encrypt `plaintext` under a fresh key."""
    cell_id, key = CellId(fresh_id("cel")), fresh_key()
    size = -(-(len(plaintext) + _LENGTH.size) // _PADDING[kind]) * _PADDING[kind]
    padded = (_LENGTH.pack(len(plaintext)) + plaintext).ljust(size, b"\0")
    ciphertext = AESGCM(key).encrypt(_ZERO_NONCE, padded, _context(cell_id, kind))
    return CellKey(cell_id, kind, wrap(collection_key, key, cell_id)), Cell(cell_id, kind, ciphertext)


def open_cell(collection_key: bytes, wrapped_key: bytes, cell: Cell) -> bytes:
    """The plaintext. Raises Tampered `cell_altered` where a single bit of the cell, its id or its kind differs."""
    key = unwrap(collection_key, wrapped_key, cell.cell_id)
    try:
        padded = AESGCM(key).decrypt(_ZERO_NONCE, cell.ciphertext, _context(cell.cell_id, cell.kind))
    except (InvalidTag, ValueError) as error:
        raise Tampered(Code.CELL_ALTERED, "a record fails its authentication") from error
    (length,) = _LENGTH.unpack_from(padded)
    return padded[_LENGTH.size : _LENGTH.size + length]


def save_keys(database: Database, collection: int, keys: list[CellKey], owners: Mapping[str, int]) -> None:
    """Store the wrapped keys of fresh cells, in the order of the table: every page is then written once a batch.

    `owners` are the row numbers of the faces and persons whose the cells are; a photo's has none.
    """
    by_id = sorted(keys, key=lambda key: key.cell_id)
    database.run_many(
        "INSERT INTO cell_keys VALUES (?, ?, ?, ?, ?)",
        [(key.cell_id, collection, key.kind.value, key.wrapped_key, owners.get(key.cell_id)) for key in by_id],
    )


def wrapped_keys_of(database: Database, cell_ids: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """The collection number and wrapped key of every one of some cells that was not forgotten, by id."""
    sql = "SELECT cell_id, collection, wrapped_key FROM cell_keys WHERE cell_id IN (SELECT value FROM json_each(?))"
    return {cell_id: (number, wrapped_key) for cell_id, number, wrapped_key in database.rows(sql, listed(cell_ids))}


def wrapped_key_of(database: Database, cell_id: str) -> tuple[int, bytes]:
    """The collection number and wrapped key of a cell. Raises BadInput `not_found` once it was forgotten."""
    found = wrapped_keys_of(database, [cell_id])
    if not found:
        raise BadInput(Code.NOT_FOUND, "no such record")
    return found[cell_id]


def destroy_cells(database: Database, cell_ids: list[str]) -> None:
    """Destroy keys and hand the ciphertexts to the garbage list. What they held opens for nobody any more."""
    rows = [(cell_id,) for cell_id in cell_ids]
    database.run_many("DELETE FROM cell_keys WHERE cell_id = ?", rows)
    database.run_many("INSERT OR IGNORE INTO garbage VALUES (?, 0)", rows)


def _context(cell_id: str, kind: CellKind) -> bytes:
    return f"facekeep/1/cell/{kind.value}/{cell_id}".encode()
