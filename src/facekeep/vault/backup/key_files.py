"""The small files that open backups: made last, so that a backup without one does not count, and destroyed in time."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from facekeep.errors import BadInput, Code, Tampered
from facekeep.vault import clock
from facekeep.vault.keys import derive, unwrap, wrap
from facekeep.vault.seal import SealFile, open_root, write_private
from facekeep.vault.wire.backup import KeyName, parse_key_name

_LARGEST_BYTES = 100_000


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a key file keeps secret: the key of the snapshot, and which manifest belongs to it."""

    key: bytes
    manifest_sha256: bytes


class KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key file: the vault's seal as it was, and an `Opening` wrapped under the root key that the seal holds."""

    version: int
    seal: bytes
    wrapped: bytes


class Opened(msgspec.Struct, frozen=True):
    """Everything that a key file gives to whoever can open it."""

    name: KeyName
    seal: bytes
    root: bytes
    generation: int
    opening: Opening


def write(folder: Path, name: KeyName, seal: bytes, wrapping_key: bytes, opening: Opening) -> None:
    """Write a key file, durably; from now on the backup counts. Raises Unavailable `disk_full`, OSError."""
    wrapped = wrap(wrapping_key, msgspec.msgpack.encode(opening), _context(name))
    write_private(folder / name.text, msgspec.json.encode(KeyFile(version=1, seal=seal, wrapped=wrapped)))


def read(path: Path, secret: str, horizon_hours: int) -> Opened:
    """What a key file holds, opened with the secret of the vault's seal of that time.

    Raises
    ------
    BadInput
        `backup_expired`: its time is over, whoever kept a copy of the file; or it was destroyed. `not_found`: it is no
        key file.
    Refused
        `unseal_refused`: the secret does not open the seal.
    Tampered
        `backup_altered`: the file, or its name, is not as it was written.
    """
    name, untrusted = parse_key_name(path.name), _content(path)
    if name is None:
        raise BadInput(Code.NOT_FOUND, "that is not the key file of a backup")
    if clock.now().timestamp() >= name.expires_at(horizon_hours):
        raise BadInput(Code.BACKUP_EXPIRED, "the horizon of this backup has passed; its key is to be destroyed")
    try:
        found = msgspec.json.decode(untrusted, type=KeyFile)
        seal = msgspec.json.decode(found.seal, type=SealFile)
        root = open_root(seal, secret)
        inside = unwrap(derive(root, "backups"), found.wrapped, _context(name))
        return Opened(name, found.seal, root, seal.generation, msgspec.msgpack.decode(inside, type=Opening))
    except (msgspec.DecodeError, Tampered, KeyError) as error:
        raise Tampered(Code.BACKUP_ALTERED, "the key file of this backup was altered") from error


def expired(folder: Path, horizon_hours: int) -> list[Path]:
    """Every key file in the folder whose time is over, half-written ones too. Raises OSError."""
    now = clock.now().timestamp()
    names = [(path, parse_key_name(path.name.removesuffix(".new"))) for path in folder.iterdir()]
    return sorted(path for path, name in names if name is not None and now >= name.expires_at(horizon_hours))


def destroy(path: Path) -> None:
    """Overwrite a file and take its name away, durably. What copy-on-write disks and flash keep is not ours to say."""
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_BYTES)
    except OSError as error:
        raise BadInput(Code.BACKUP_EXPIRED, "the key of this backup is not there: destroyed, or elsewhere") from error


def _context(name: KeyName) -> str:
    return f"backup key/{name.text}"
