"""Encrypted cells between the vault and the store, and the plaintexts the vault opens of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.service.keep import Keep
from facekeep.terms import BlockId, CellId, SealedCell, SessionToken
from facekeep.vault.wire import Cell, CommitBatch, Done, OpenCells, OpenedCells, Remember, SealedBatch

R = TypeVar("R")


class PersonRecord(msgspec.Struct, frozen=True):
    """The plaintext of a person cell."""

    name: str = ""


def fetch(keep: Keep, cell_ids: Sequence[CellId]) -> tuple[Cell, ...]:
    """The stored cells in the order asked, still encrypted. Raises `cell_missing` where one is not there."""
    stored = keep.store.get(cell_ids)
    return tuple(Cell(stored[one].cell_id, stored[one].kind, stored[one].ciphertext) for one in cell_ids)


def opened(keep: Keep, session: SessionToken, cell_ids: Iterable[CellId]) -> dict[CellId, bytes]:
    """The plaintexts of the cells, by id, with one call to the vault (and one log entry) for all of them.

    Raises
    ------
    Unavailable
        `stale`: one of them was forgotten since it was listed.
    """
    wanted = list(dict.fromkeys(cell_ids))
    if not wanted:
        return {}
    try:
        answer = keep.vault.call(OpenCells(session=session, cells=fetch(keep, wanted)), OpenedCells)
    except FacekeepError as error:
        if error.code is Code.NOT_FOUND:
            raise Unavailable(Code.STALE, "a record was forgotten meanwhile; ask again") from error
        raise
    return dict(zip(wanted, answer.plaintexts, strict=True))


def record(plaintexts: Mapping[CellId, bytes], cell_id: CellId, kind: type[R]) -> R:
    """The record of type `kind` that an opened cell holds."""
    return msgspec.json.decode(plaintexts[cell_id], type=kind)


def keep_batch(
    keep: Keep, session: SessionToken | None, batch: SealedBatch, remember: Remember | None = None
) -> Done:
    """Store what the vault sealed, durably, and only then make it live.

    If the store fails, nothing is committed and the vault discards the batch by itself.
    """
    cells = [SealedCell(cell.cell_id, cell.kind, cell.ciphertext) for cell in batch.cells]
    blocks: dict[BlockId, bytes] = {} if batch.block is None else {batch.block.block_id: batch.block_bytes}
    keep.store.put(cells, blocks)
    return keep.vault.call(CommitBatch(session=session, batch_id=batch.batch_id, remember=remember), Done)
