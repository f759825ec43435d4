"""A vault from a backup: database and log in a folder that has none, and last of all the seal, which makes it count."""

import shutil
from collections.abc import Callable
from pathlib import Path

from facekeep.errors import BadInput, Code, Tampered, Unavailable
from facekeep.vault import clock, files, seal, wire
from facekeep.vault.backup import key_files, making, reapplying, snapshot
from facekeep.vault.backup.reapplying import Again
from facekeep.vault.journal import KEEP, Facts, read_anchor
from facekeep.vault.log_files import DiskFullError
from facekeep.vault.log_frozen import FrozenLog, thaw
from facekeep.vault.log_fsck import fsck
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire.backup import LOG, SNAPSHOT_SUFFIX, SNAPSHOTS, KeyName

COPY = "restoring.db"


def restore(
    folder: Path, message: wire.Restore, horizon_hours: int, opened: Callable[[bytes, int], OpenVault]
) -> tuple[OpenVault, wire.Restored]:
    """The vault as it was, open, and what to say of it. Where anything raises, nothing counts as a vault afterwards.

    `opened` opens the vault in the folder by its root key and generation.

    Raises
    ------
    BadInput
        `backup_expired`, `invalid_request`.
    Refused
        `unseal_refused`.
    Tampered
        `backup_altered`, `database_altered`, `log_altered`: what was altered is not opened.
    Unavailable
        `disk_full`, `log_unwritable`.
    """
    found = key_files.read(Path(message.key_path), _secret(message), horizon_hours)
    if found.opening.manifest_sha256 != message.manifest_sha256:
        raise Tampered(Code.BACKUP_ALTERED, "the manifest is not the one that belongs to this backup")
    try:
        _lay_out(folder, message, found)
    except (OSError, DiskFullError) as error:
        raise Unavailable(Code.DISK_FULL, "the vault's folder cannot be written, or is full") from error
    vault = opened(found.root, found.generation)
    try:
        answer = _checked_and_told(vault, message, found.name)
        seal.write_private(folder / seal.FILE, found.seal)
    except BaseException:
        vault.close()
        raise
    return vault, answer


def _secret(message: wire.Restore) -> str:
    given = [one for one in (message.passphrase, "\n".join(message.shares), message.key_file) if one]
    if len(given) != 1:
        raise BadInput(Code.INVALID_REQUEST, "give exactly the secret that opened the vault at that time")
    return given[0]


def _lay_out(folder: Path, message: wire.Restore, found: key_files.Opened) -> None:
    source, copy = Path(message.from_folder), folder / COPY
    frozen = snapshot.read(source / SNAPSHOTS / f"{found.name.backup_id}{SNAPSHOT_SUFFIX}", found.opening.key, copy)
    path = files.database_path(folder, found.generation)
    snapshot.reencrypt(copy, found.opening.key, path, files.database_key(found.root))
    copy.unlink()
    _lay_out_log(frozen, source / LOG, Path(message.log_from) if message.log_from else None, folder / "log")


def _lay_out_log(frozen: FrozenLog, kept: Path, newer: Path | None, folder: Path) -> None:
    if newer is None:
        thaw(frozen, kept, folder)
    elif not (newer / "checkpoint").is_file():
        raise BadInput(Code.NOT_FOUND, "there is no log in the folder that was named")
    else:
        shutil.copytree(newer, folder)


def _checked_and_told(vault: OpenVault, message: wire.Restore, name: KeyName) -> wire.Restored:
    size, root = read_anchor(vault.database)
    assert root is not None
    again = reapplying.reapply(vault) if message.log_from else Again()
    facts: Facts = {"backup": name.backup_id, "made_at": clock.at(name.made_at), "log_went_on": bool(message.log_from)}
    for org_id in reapplying.organizations(vault):
        vault.journal.write(org_id, "operator", "vault.restored", "done", facts)
    counts: Facts = {"forgotten_again": again.forgotten, "revoked_again": again.revoked}
    entry = vault.journal.write(KEEP, "operator", "vault.restored", "done", facts | counts)
    with vault.database.transaction():
        making.remember_folder(vault.database, str(Path(message.key_path).parent.absolute()))
        vault.journal.save_anchor()
    vault.settle()  # which also writes the partial tiles, that no backup holds
    fsck(vault.folder / "log", vault.log.verifier_key, expected_size=size, expected_root=root)
    return wire.Restored(
        entry=entry,
        log_size=size,
        log_root=root,
        forgotten_again=again.forgotten,
        revoked_again=again.revoked,
        since=tuple(again.since.most_common()),
    )
