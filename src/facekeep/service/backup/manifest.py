"""The manifest of a backup: which packs belong to it. Its digest is in the key file, so the vault vouches for it."""

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec

from facekeep.errors import Code, Tampered

_LARGEST_BYTES = 1 << 30
_Name = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class PackUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pack, and the numbers of its items that were gone from the store by then."""

    name: _Name
    left_out: tuple[int, ...] = ()


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One backup. `snapshot_sha256` in hexadecimal digits."""

    version: int
    backup_id: str
    made_at: str
    snapshot_sha256: str
    snapshot_bytes: int
    packs: tuple[PackUse, ...]


def path_of(folder: Path, backup_id: str) -> Path:
    """Where a backup's manifest lies."""
    return folder / "manifests" / f"{backup_id}.json"


def read(folder: Path, backup_id: str) -> tuple[Manifest, bytes]:
    """A manifest and the SHA-256 of its file, for the vault to compare.

    Raises
    ------
    Tampered
        `backup_altered`: it is not there or not a manifest, or another backup's.
    """
    try:
        with path_of(folder, backup_id).open("rb") as file:
            untrusted = file.read(_LARGEST_BYTES)
        found = msgspec.json.decode(untrusted, type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise Tampered(Code.BACKUP_ALTERED, "the manifest of this backup is missing or was altered") from error
    if found.version != 1 or found.backup_id != backup_id:
        raise Tampered(Code.BACKUP_ALTERED, "the manifest is another backup's, or of another version")
    return found, sha256(untrusted).digest()
