"""Arming decoys at the first opening of a keep, looking after their files, and replacing them by fresh ones."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from facekeep.vault import forget
from facekeep.vault.canaries import customer, files
from facekeep.vault.canaries.register import Canary, Kind
from facekeep.vault.canaries.touches import Touch, tell
from facekeep.vault.identity import organizations
from facekeep.vault.journal import KEEP
from facekeep.vault.open_vault import OpenVault


def arm(vault: OpenVault) -> None:
    """Make the decoys that a keep has from its first opening, where there are none."""
    wanted = vault.surroundings.settings
    if not wanted.armed or vault.canaries.live(Kind.ORGANIZATION):
        return
    vault.journal.write(KEEP, "keep", "canary.arm", "done", {"files": wanted.files})
    made = customer.make(vault)
    if not wanted.files:
        return
    with vault.database.transaction():
        for one in files.planned(made, vault.surroundings.data_dir):
            vault.canaries.add(one.kind, one.name, content=one.content)
        vault.journal.save_anchor()
    vault.canaries.reload()


def watch_files(vault: OpenVault) -> None:
    """Bring decoy files back that are missing, tell of those that were read unwatched, and watch them all."""
    data_dir, watch = vault.surroundings.data_dir, vault.surroundings.watch
    watch.clear()
    for canary in files_of(vault):
        with suppress(OSError):  # a folder that cannot be written has no decoys in it, and `canary list` says so
            _look_after(vault, canary, data_dir)
            watch.add(canary.thing, data_dir / canary.thing)


def files_of(vault: OpenVault) -> list[Canary]:
    """The decoys that are files; a name with a dot is one, an id has none."""
    return [one for one in vault.canaries.live(*files.FILES) if "." in one.thing]


def tell_of_files(vault: OpenVault, touched: Iterable[str]) -> None:
    """Alarms for decoy files that were opened, moved or deleted, by their names."""
    for canary in files_of(vault):
        if canary.thing in touched:
            tell(vault, Touch(canary, "file.opened"))
            _remember(vault, canary, None)  # the access time goes on changing as it is read


def rotate(vault: OpenVault) -> None:
    """Fresh decoys for all there are. The old ones open nothing, and still give away who uses them."""
    vault.surroundings.watch.clear()
    for canary in files_of(vault):
        files.remove(canary, vault.surroundings.data_dir)
    for canary in vault.canaries.live(Kind.ORGANIZATION):
        _shred(vault, canary.thing)
    with vault.database.transaction():
        for canary in vault.canaries.live():
            vault.canaries.retire(canary)
        vault.journal.save_anchor()
    vault.canaries.reload()
    arm(vault)
    watch_files(vault)
    vault.placing.hurry()


def _look_after(vault: OpenVault, canary: Canary, data_dir: Path) -> None:
    path = data_dir / canary.thing
    if not path.exists():
        _remember(vault, canary, files.write(vault, canary, data_dir))
        return
    read_at = path.stat().st_atime_ns
    if canary.read_at is not None and read_at != canary.read_at:
        tell(vault, Touch(canary, "file.read_unwatched"))
    if read_at != canary.read_at:
        _remember(vault, canary, files.set_back(path))


def _remember(vault: OpenVault, canary: Canary, read_at: int | None) -> None:
    with vault.database.transaction():
        vault.canaries.set_read_at(canary, read_at)
        vault.journal.save_anchor()
    vault.canaries.reload()


def _shred(vault: OpenVault, org_id: str) -> None:
    """As any organization is shredded: galleries, then the key and every name."""
    collections = vault.shelf.page(org_id, 0, limit=-1)
    with vault.database.transaction():
        for collection in collections:
            forget.forget_collection(vault.database, collection)
        vault.journal.save_anchor()
        organizations.shred(vault.database, org_id)
    vault.forget_organization(org_id)
