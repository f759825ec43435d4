"""Sealing blocks anew: after a forget, when a collection has gathered too many small blocks, and when asked to.

One job for all: take the live faces of some blocks, bring their templates from the store, seal them under a fresh
secret, and let the old secrets die at the commit.
"""

from dataclasses import dataclass

from facekeep.errors import BadInput, Code, Tampered, Unavailable
from facekeep.terms import CellId, CellKind, JobId
from facekeep.vault import batches, cells
from facekeep.vault.batches import Batch
from facekeep.vault.database import Database, Row
from facekeep.vault.enroll import insert_block
from facekeep.vault.keys import fresh_id
from facekeep.vault.sealing import parse_templates, seal_templates
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.wire import Cell, SealedBatch

FULL_BLOCK = 2048
MOST_SMALL_BLOCKS = 16


@dataclass(frozen=True, slots=True)
class Job:
    """Blocks to replace, and the live faces in them as (row number, template cell)."""

    job_id: JobId
    collection: int
    blocks: tuple[int, ...]
    faces: tuple[tuple[int, CellId], ...]
    is_rotation: bool = False


class Jobs:
    """Re-sealing jobs, handed out in rounds. Lives as long as the vault is open.

    Whoever does the housekeeping begins a round with `begin_round`, then asks for jobs until there is none.

    **Guarantees.** Within a round no block is handed out twice, so that a round ends even where a job fails whenever it
    is tried. A job that never came back, because a server was killed over it, is handed out again in the next round.
    Where two servers share a vault, one's round takes the other's jobs away: the other is answered `not_found`, or
    `stale` where it came as far as the commit. Nothing is sealed twice or lost, because a commit replaces only live
    blocks.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._out: dict[str, Job] = {}
        self._blocks_of_round: set[int] = set()

    def begin_round(self) -> None:
        """Forget what was handed out; it is all due again, as far as it was not committed."""
        self._out.clear()
        self._blocks_of_round.clear()

    def next(self, *, after_forget_only: bool) -> Job | None:
        """The most urgent job of this round, or None."""
        chosen, is_rotation = self._forgotten() or (None if after_forget_only else self._small()), False
        if chosen is None and not after_forget_only:
            chosen, is_rotation = self._due(), True
        if chosen is None:
            return None
        job = self._plan(*chosen, is_rotation=is_rotation)
        self._out[job.job_id] = job
        self._blocks_of_round.update(job.blocks)
        return job

    def take(self, job_id: str) -> Job:
        """A job of this round, once. Raises BadInput `not_found`."""
        job = self._out.pop(job_id, None)
        if job is None:
            raise BadInput(Code.NOT_FOUND, "no such job")
        return job

    def _forgotten(self) -> tuple[int, list[int]] | None:
        rows = self._database.rows("SELECT collection, number FROM blocks WHERE has_forgotten ORDER BY number")
        return self._first_of(rows)

    def _small(self) -> tuple[int, list[int]] | None:
        crowded = self._database.rows(
            "SELECT collection FROM blocks WHERE slots < ? GROUP BY collection HAVING count(*) > ?",
            FULL_BLOCK,
            MOST_SMALL_BLOCKS,
        )
        for (collection,) in crowded:
            rows = self._database.rows(
                "SELECT number, slots FROM blocks WHERE collection = ? AND slots < ? ORDER BY slots, number",
                collection,
                FULL_BLOCK,
            )
            chosen = _fill_one_block([row for row in rows if row[0] not in self._blocks_of_round])
            if len(chosen) > 1:
                return collection, chosen
        return None

    def _due(self) -> tuple[int, list[int]] | None:
        return self._first_of(self._database.rows("SELECT collection, number FROM blocks WHERE is_due ORDER BY number"))

    def _first_of(self, rows: list[Row]) -> tuple[int, list[int]] | None:
        new = ((collection, [number]) for collection, number in rows if number not in self._blocks_of_round)
        return next(new, None)

    def _plan(self, collection: int, blocks: list[int], *, is_rotation: bool) -> Job:
        faces = [
            (number, CellId(cell))
            for block in blocks
            for number, cell in self._database.rows(
                "SELECT number, template_cell FROM faces WHERE block = ? ORDER BY slot", block
            )
        ]
        return Job(JobId(fresh_id("job")), collection, tuple(blocks), tuple(faces), is_rotation)


def _fill_one_block(rows: list[Row]) -> list[int]:
    """The smallest blocks first, as many as fit into one full block."""
    chosen, filled = [], 0
    for number, slots in rows:
        if filled + slots > FULL_BLOCK:
            break
        chosen.append(number)
        filled += slots
    return chosen


def reseal(
    database: Database, collection: OpenCollection, job: Job, untrusted: tuple[Cell, ...]
) -> tuple[Batch, SealedBatch]:
    """A pending batch that replaces the job's blocks by one new block of their live faces.

    Raises
    ------
    Tampered
        `cell_missing` where a template the job asked for was not brought, `cell_altered` where it fails its
        authentication. The old block stays live: nothing is lost, and the forgotten face stays forgotten.
    BadInput
        `not_found`: every face of the job was forgotten meanwhile; nothing is left to seal.
    """
    brought = {cell.cell_id: cell for cell in untrusted if cell.kind is CellKind.TEMPLATE}
    alive = [one for one in job.faces if database.row("SELECT 1 FROM faces WHERE number = ?", one[0])]
    if not alive:
        raise BadInput(Code.NOT_FOUND, "no such job")
    if any(cell_id not in brought for _, cell_id in alive):
        raise Tampered(Code.CELL_MISSING, "the store did not bring every template of a block")
    plain = tuple(_open_template(database, collection, brought[cell_id]) for _, cell_id in alive)
    block, content = seal_templates(collection, parse_templates(plain, collection.contract.dimension))
    batch = Batch(
        batch_id=batches.fresh_batch_id(),
        collection_id=collection.collection_id,
        org_id=collection.org_id,
        keys=[],
        block=block,
        moved=tuple(number for number, _ in alive),
        replaces=job.blocks,
    )
    return batch, SealedBatch(batch_id=batch.batch_id, cells=(), block=block.block, block_bytes=content)


def commit_reseal(database: Database, collection: OpenCollection, batch: Batch) -> None:
    """Inside a transaction: the new block takes over, the old secrets are destroyed.

    A face forgotten between sealing and commit leaves its slot to nobody, and the new block is due again.
    """
    live = [database.row("SELECT 1 FROM blocks WHERE number = ?", old) for old in batch.replaces]
    if batch.block is None or not all(live):
        raise Unavailable(Code.STALE, "those blocks were re-sealed meanwhile")
    block = insert_block(database, collection, batch.block)
    for slot, number in enumerate(batch.moved):
        database.run("UPDATE faces SET block = ?, slot = ? WHERE number = ?", block, slot, number)
    (kept,) = database.row("SELECT count(*) FROM faces WHERE block = ?", block) or (0,)
    database.run("UPDATE blocks SET has_forgotten = ? WHERE number = ?", int(kept < len(batch.moved)), block)
    for old in batch.replaces:
        database.run("INSERT OR IGNORE INTO garbage SELECT block_id, 1 FROM blocks WHERE number = ?", old)
        database.run("DELETE FROM blocks WHERE number = ?", old)
        collection.blocks.pop(old, None)
    collection.stack = None


def _open_template(database: Database, collection: OpenCollection, cell: Cell) -> bytes:
    _, wrapped_key = cells.wrapped_key_of(database, cell.cell_id)
    return cells.open_cell(collection.cells_key, wrapped_key, cell)
