"""Sealed but not yet live: what a batch will become once the store holds its ciphertext.

A pending batch lives in memory. Its identifiers are written down as provisional before its ciphertext leaves, so that
after a crash the store is told to delete what nothing will ever open.
"""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.secret import BlockSecret
from facekeep.terms import BatchId
from facekeep.vault.cells import CellKey
from facekeep.vault.database import Database
from facekeep.vault.keys import fresh_id
from facekeep.vault.wire import Block, FacePlace

_PATIENCE_SECONDS = 600


def _now() -> float:
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person who does not exist yet; `name_tag` is None for one without a name."""

    person_id: str
    name_tag: bytes | None
    person_cell: str


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A freshly sealed block and everything the database must keep of it."""

    block: Block
    secret: BlockSecret
    wrapped_secret: bytes
    tags: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Batch:
    """One pending batch. `moved` are the row numbers of faces re-sealed from the blocks it `replaces`.

    `is_own` marks what the vault itself enrolls.
    """

    batch_id: BatchId
    collection_id: str
    org_id: str
    keys: list[CellKey]
    persons: list[NewPerson] = field(default_factory=list)
    places: tuple[FacePlace, ...] = ()
    block: NewBlock | None = None
    moved: tuple[int, ...] = ()
    replaces: tuple[int, ...] = ()
    is_own: bool = False
    made_at: float = field(default_factory=_now)


class Batches:
    """The pending batches of an open vault."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[str, Batch] = {}
        self._discard_all_of_last_life()

    def add(self, batch: Batch) -> None:
        """Write down what the batch's ciphertext will be called, durably, and keep the rest in memory."""
        self.discard_old()
        names = [(key.cell_id, batch.batch_id, 0) for key in batch.keys]
        if batch.block is not None:
            names.append((batch.block.block.block_id, batch.batch_id, 1))  # type: ignore[arg-type]
        with self._database.transaction():
            self._database.run_many("INSERT INTO provisional VALUES (?, ?, ?)", sorted(names))
        self._pending[batch.batch_id] = batch

    def take(self, batch_id: str) -> Batch:
        """The batch, once. Raises BadInput `not_found` when it was committed, discarded or never made."""
        batch = self._pending.pop(batch_id, None)
        if batch is None:
            raise BadInput(Code.NOT_FOUND, "no such batch; enroll again")
        return batch

    def person_named(self, collection_id: str, tag: bytes) -> NewPerson | None:
        """A person of that name tag whom another pending batch introduces."""
        pending = (batch for batch in self._pending.values() if batch.collection_id == collection_id)
        return next((person for batch in pending for person in batch.persons if person.name_tag == tag), None)

    def settle(self, batch_id: str) -> None:
        """Inside the committing transaction: its ciphertext is no longer provisional."""
        self._database.run("DELETE FROM provisional WHERE batch_id = ?", batch_id)

    def discard(self, batch_id: str) -> None:
        """Give up a batch: nothing of it was or will be live."""
        self._pending.pop(batch_id, None)
        with self._database.transaction():
            self._to_garbage(batch_id)

    def discard_organization(self, org_id: str) -> None:
        """Give up the batches of a shredded organization."""
        for batch in [one for one in self._pending.values() if one.org_id == org_id]:
            self.discard(batch.batch_id)

    def discard_old(self) -> None:
        """Give up batches whose commit never came."""
        now = time.monotonic()
        for batch in [one for one in self._pending.values() if now - one.made_at > _PATIENCE_SECONDS]:
            self.discard(batch.batch_id)

    def _discard_all_of_last_life(self) -> None:
        for (batch_id,) in self._database.rows("SELECT DISTINCT batch_id FROM provisional"):
            self.discard(batch_id)

    def _to_garbage(self, batch_id: str) -> None:
        every = self._database.rows("SELECT id, is_block FROM provisional WHERE batch_id = ?", batch_id)
        self._database.run_many("INSERT OR IGNORE INTO garbage VALUES (?, ?)", every)
        self._database.run_many("DELETE FROM provisional WHERE id = ?", [(one,) for one, _ in every])


def fresh_batch_id() -> BatchId:
    """A random batch identifier."""
    return BatchId(fresh_id("bat"))
