"""How the keep is: whether the vault is open, which model runs, what is mapped, the newest checkpoint."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from facekeep import __version__
from facekeep.service.keep import Keep
from facekeep.service.log import newest_checkpoint
from facekeep.terms import ModelContract
from facekeep.vault.wire import Checkpoint, GetStatus
from facekeep.vault.wire import Status as VaultStatus

_LEAST_FREE = 0.1


@dataclass(frozen=True, slots=True)
class MappedIndex:
    """How much of the sealed index this server has mapped: blocks of every organization together."""

    mapped_blocks: int
    mapped_bytes: int


@dataclass(frozen=True, slots=True)
class Storage:
    """What holds records and files, in a word each, and whether the data folder's disk is nearly full.

    No sizes: how a disk fills would tell one customer of the others.
    """

    records: str
    files: str
    is_disk_short: bool


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the keep. `trial` is true while a key file unseals it, which protects nothing at rest.

    `last_backup_at` is empty where none was made, or while the vault is not open.
    """

    state: str
    version: str
    model: ModelContract
    licenses: Mapping[str, str]
    unseal_method: str
    trial: bool
    quarantined: bool
    index: MappedIndex
    storage: Storage
    last_backup_at: str
    checkpoint: Checkpoint


def status(keep: Keep) -> Status:
    """The state of the keep, for a caller who has a session."""
    vault = keep.vault.call(GetStatus(), VaultStatus)
    return Status(
        state=vault.state,
        version=__version__,
        model=keep.faces.contract,
        licenses=keep.faces.licenses,
        unseal_method=vault.method,
        trial=vault.method == "key_file",
        quarantined=vault.quarantined,
        index=MappedIndex(keep.search.mapped_blocks, keep.search.mapped_bytes),
        storage=_storage(keep),
        last_backup_at=vault.last_backup_at,
        checkpoint=newest_checkpoint(keep),
    )


def _storage(keep: Keep) -> Storage:
    store, disk = keep.settings.store, shutil.disk_usage(keep.settings.data_dir)
    return Storage(
        records="PostgreSQL" if store.records_url.startswith("postgresql") else "SQLite",
        files="S3" if store.blobs_url.startswith("s3:") else "folder",
        is_disk_short=disk.free < _LEAST_FREE * disk.total,
    )
