"""`Store`: put, get and delete ciphertext, with one rule for where things lie.

Persons, faces, templates and crops are rows of the table `records`; photos and sealed blocks are blobs. Crops (about 8
to 20 kB) are rows because each file costs an fsync of its own and a row does not: sixteen faces with their crops are
one commit (2 to 4 ms on the machine this was measured on) where sixteen files took 14 ms. Photos (hundreds of kB)
would swell the database and its backups, and blocks must be files to be mapped. The rule is one for every backend.

What is *not* done here: ciphertext is not checked, access is not decided, and nothing is ever retried on a disk that
failed to write.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from facekeep.errors import Code, Tampered
from facekeep.settings import StoreSettings
from facekeep.store.blobs import BlobStore, open_blobs
from facekeep.store.engine import open_engine
from facekeep.store.failures import DiskFailed, refuse_after_failure
from facekeep.store.names import Folder, blob_name, checked
from facekeep.store.records import Records
from facekeep.terms import BlockId, CellId, CellKind, SealedCell


class Store:
    """Encrypted cells and blocks, for any number of threads.

    **Guarantees.** What `put` returned from survives kill -9 and a power cut; what it raised from may lie there
    unreferenced but is never half a cell. Blobs become durable before the rows of the same call, so a crash between the
    two leaves only ciphertext that nobody refers to.
    """

    def __init__(self, settings: StoreSettings, store_dir: Path, cache_dir: Path) -> None:
        """Open or create the store under `store_dir`, or wherever `settings` points; `migrate` comes next.

        Raises
        ------
        BadInput
            `invalid_setting`: a URL of a kind that is not supported, or one that holds a password.
        Unavailable
            The folders cannot be made or the database does not answer.
        """
        self._blobs: BlobStore = open_blobs(settings.blobs_url, store_dir, cache_dir)
        self._records = Records(open_engine(settings.records_url, store_dir))
        self._disk_failed = False

    def migrate(self) -> None:
        """Bring the tables to the layout of this version; changes nothing where they are."""
        self._records.migrate()

    def put(self, cells: Sequence[SealedCell], blocks: Mapping[BlockId, bytes]) -> None:
        """Store `cells` and whole block files; on return all of it is durable.

        Putting the same ids again replaces what they held, so a caller that got no answer may repeat the call.

        Raises
        ------
        BadInput
            `invalid_request`: an id with characters that no id has. Nothing was stored.
        Unavailable
            `disk_full` or `store_unavailable`. After a failed fsync every later write is refused until restart.
        """
        blobs = {blob_name(Folder.BLOCKS, block_id): content for block_id, content in blocks.items()}
        rows = [cell for cell in cells if cell.kind is not CellKind.PHOTO]
        checked(cell.cell_id for cell in rows)
        blobs |= {blob_name(Folder.PHOTOS, c.cell_id): c.ciphertext for c in cells if c.kind is CellKind.PHOTO}
        with self._writing():
            self._blobs.put(blobs)
            self._records.put(rows)

    def get(self, cell_ids: Iterable[CellId]) -> dict[CellId, SealedCell]:
        """The cells of `cell_ids`, every one of them.

        Raises
        ------
        Tampered
            `cell_missing`: at least one is not there; `database_altered`: the database is damaged.
        """
        wanted = checked(cell_ids)
        found = self._records.get(wanted)
        return found | {cell_id: self._photo(cell_id) for cell_id in wanted if cell_id not in found}

    def delete(self, cell_ids: Iterable[CellId], block_ids: Iterable[BlockId]) -> None:
        """Delete cells and blocks, durably; those that are not there already are no error.

        An id does not tell its kind, so every cell id is tried as a row and as a photo. That also removes a photo whose
        row-writing sibling never committed.
        """
        cells = checked(cell_ids)
        blobs = [blob_name(Folder.PHOTOS, cell_id) for cell_id in cells]
        blobs += [blob_name(Folder.BLOCKS, block_id) for block_id in block_ids]
        with self._writing():
            self._records.delete(cells)
            self._blobs.delete(blobs)

    def names(self) -> Iterator[tuple[CellId, CellKind] | tuple[BlockId, None]]:
        """Every cell with its kind, and every block with None. What comes or goes meanwhile may be there or not."""
        yield from self._records.names()
        yield from ((CellId(one), CellKind.PHOTO) for one in self._blobs.names(Folder.PHOTOS))
        yield from ((BlockId(one), None) for one in self._blobs.names(Folder.BLOCKS))

    def block_path(self, block_id: BlockId) -> Path:
        """The local file of a block; a remote one is fetched into the cache once.

        Raises
        ------
        Tampered
            `cell_missing`: the block is not there. A block that was retired a moment ago is not there either, so a
            caller that holds an older list of live blocks asks for a new one before it calls this an alarm.
        """
        path = self._blobs.path(blob_name(Folder.BLOCKS, block_id))
        if path is None:
            raise Tampered(Code.CELL_MISSING, "a sealed block is missing from the store")
        return path

    def close(self) -> None:
        """Close every connection. SQLite folds its write-ahead log into the database."""
        self._records.close()
        self._blobs.close()

    def _photo(self, cell_id: CellId) -> SealedCell:
        ciphertext = self._blobs.get(blob_name(Folder.PHOTOS, cell_id))
        if ciphertext is None:
            raise Tampered(Code.CELL_MISSING, "a sealed cell is missing from the store")
        return SealedCell(cell_id, CellKind.PHOTO, ciphertext)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Let a write through unless an earlier one failed on the disk.

        A failed fsync may drop the pages it was asked to save, and the next fsync then reports success: only a restart,
        which reads what is really there, makes an acknowledgement mean something again.
        """
        refuse_after_failure(self._disk_failed)
        try:
            yield
        except DiskFailed:
            self._disk_failed = True
            raise
