"""Backing the vault up and bringing it back, an operator's acts; and how the files of a backup are named.

A key file's name says when its backup was made and for how many hours it may be opened, so that whoever destroys key
files whose time has come needs no key for that, and no vault.
"""

import re
from typing import Annotated

import msgspec

from facekeep.vault.wire.base import Id, Message, Text

KEY_SUFFIX, SNAPSHOT_SUFFIX = ".key", ".snapshot"
SNAPSHOTS, LOG = "snapshots", "log"
"""Folders of a backup: the vault's encrypted snapshots, and full tiles and bundles of the log."""

_KEY_NAME = re.compile(r"(\d{13,15})-(\d{1,4})h-(bak_[a-z2-7]{26})\.key")
Path = Annotated[str, msgspec.Meta(min_length=1, max_length=4_096)]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class BeginBackup(Message, frozen=True):
    """Write an encrypted snapshot of the vault, and the log's full tiles, below the folder `to`.

    Until `FinishBackup`, or for an hour, the vault gives out no garbage, so that the store keeps what the snapshot
    speaks of. `anew`: write every tile again, whatever lies there.
    """

    to: Path
    anew: bool = False


class BackupBegun(Message, frozen=True):
    """The snapshot lies in the folder, and opens for nobody until its key is written. `made_at` in ISO 8601."""

    backup_id: str
    made_at: str
    snapshot_sha256: Digest
    snapshot_bytes: int


class FinishBackup(Message, frozen=True):
    """Write the key of the backup that was begun, and with it what its manifest must be, into the folder `keys_to`."""

    backup_id: Id
    keys_to: Path
    manifest_sha256: Digest


class BackupFinished(Message, frozen=True):
    """The backup counts. `expired` keys of older ones were destroyed."""

    entry: int
    key_name: str
    expired: int


class Restore(Message, frozen=True):
    """Make this vault, which must not be initialized, what it was at a backup; exactly one secret opens its seal.

    `log_from` is the folder of a newer copy of the same log: it is gone on with, and what was forgotten and revoked
    since the backup is forgotten and revoked again.
    """

    from_folder: Path
    key_path: Path
    manifest_sha256: Digest
    passphrase: Text = ""
    shares: Annotated[tuple[Text, ...], msgspec.Meta(max_length=16)] = ()
    key_file: Annotated[str, msgspec.Meta(max_length=4_096)] = ""
    log_from: Annotated[str, msgspec.Meta(max_length=4_096)] = ""


class Restored(Message, frozen=True):
    """The vault is open. `since` counts acts by name that came after the backup, where a newer log was at hand."""

    entry: int
    log_size: int
    log_root: Digest
    forgotten_again: int = 0
    revoked_again: int = 0
    since: tuple[tuple[str, int], ...] = ()


class KeyName(msgspec.Struct, frozen=True):
    """What the name of a key file says. `made_at` in milliseconds since 1970, UTC."""

    made_at: int
    horizon_hours: int
    backup_id: str

    @property
    def text(self) -> str:
        """The name."""
        return f"{self.made_at:013d}-{self.horizon_hours}h-{self.backup_id}{KEY_SUFFIX}"

    def expires_at(self, horizon_hours: int) -> float:
        """When the key must be gone, in seconds: by the horizon of that day or today's, whichever is shorter."""
        return self.made_at / 1_000 + 3_600 * min(self.horizon_hours, horizon_hours)


def parse_key_name(untrusted_name: str) -> KeyName | None:
    """What the name says, or None where it is not a key file's."""
    found = _KEY_NAME.fullmatch(untrusted_name)
    return KeyName(int(found[1]), int(found[2]), found[3]) if found else None
