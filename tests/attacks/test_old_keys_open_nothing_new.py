"""A thief has what opened the vault, or an organization's key, from before a rotation, and steals the disk after it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from review_room import ReviewRoom
from vault_driver import code_of

from facekeep.errors import FacekeepError
from facekeep.ledger.tiles import TILE_WIDTH
from facekeep.vault import files, seal, wire
from facekeep.vault.carried import generations
from facekeep.vault.database import Database
from facekeep.vault.journal import KEEP, entries_purpose
from facekeep.vault.keeper import Keeper
from facekeep.vault.keys import derive, unwrap
from facekeep.vault.log_entries import open_entry
from facekeep.vault.rotation.organization import SEALED


@pytest.fixture
def room() -> Iterator[ReviewRoom]:
    room = ReviewRoom(lookalikes=1)
    yield room
    room.close()


def folder_of(room: ReviewRoom) -> Path:
    return Path(room.folder.name) / "vault"


def rotate_root(room: ReviewRoom) -> None:
    room.keeper.operate(wire.RotateRoot(present=room.key_file, method="key_file", secret=room.key_file))


def opened(room: ReviewRoom):
    assert room.keeper._open is not None
    return room.keeper._open


def test_the_old_secret_with_the_old_seal_opens_no_newer_database(room: ReviewRoom, tmp_path: Path) -> None:
    shutil.copy(folder_of(room) / "seal.json", tmp_path / "seal.json")
    shutil.copy(room.key_file, tmp_path / "key")
    rotate_root(room)
    room.keeper.seal()
    assert not (folder_of(room) / "vault.db").exists()
    stolen = tmp_path / "stolen"
    shutil.copytree(folder_of(room), stolen)
    old = seal.read(tmp_path)
    assert old is not None
    root = seal.open_root(old, str(tmp_path / "key"))
    for key in (root, files.database_key(root)):
        with pytest.raises(FacekeepError):
            Database(stolen / "vault-1.db", key)
    now = seal.read(stolen)
    assert now is not None
    with pytest.raises(FacekeepError):
        seal.open_root(now, str(tmp_path / "key"))
    (stolen / "vault-1.db").rename(stolen / "vault.db")
    shutil.copy(tmp_path / "seal.json", stolen / "seal.json")
    assert code_of(Keeper(stolen).operate, wire.Unseal(key_file=str(tmp_path / "key"))) == "database_altered"
    room.restart()


def test_the_old_root_key_opens_nothing_in_the_newer_database(room: ReviewRoom) -> None:
    """Even a thief who could read the new database, row by row."""
    old = opened(room).root
    rotate_root(room)
    vault = opened(room)
    for org_id, wrapped in vault.database.rows("SELECT org_id, wrapped_key FROM organizations"):
        assert not opens(derive(old, "organizations"), wrapped, org_id)
    ((log_key,),) = vault.database.rows("SELECT value FROM meta WHERE name = 'log_key'")
    assert not opens(derive(old, "log key"), log_key, "log key")
    for org_id, purpose, since, wrapped in vault.database.rows("SELECT * FROM carried_keys WHERE org_id = ''"):
        assert not opens(derive(old, "carried keys"), wrapped, f"{org_id}/{purpose}/{since}")


def test_the_old_root_key_opens_no_newer_entry_of_the_keep(room: ReviewRoom) -> None:
    vault = opened(room)
    old = [key for _, key in generations(vault.database, KEEP, vault.root, entries_purpose(KEEP))]
    rotate_root(room)
    start = vault.log.size
    vault.journal.write(KEEP, "operator", "secret.act", "done", {})
    assert vault.journal.read(KEEP, 0, 100)[0][-1].act == "secret.act"
    assert not readable(vault.log.leaves(start, TILE_WIDTH), old)


def test_the_old_key_of_an_organization_opens_nothing_that_comes_after(room: ReviewRoom) -> None:
    vault = opened(room)
    org_id = vault.database.rows("SELECT org_id FROM organizations ORDER BY rowid")[0][0]
    old = vault.shelf.org_key(org_id)
    entries = [key for _, key in generations(vault.database, org_id, old, entries_purpose(org_id))]
    assert readable([vault.log.leaf(vault.journal.place(org_id, 0))], entries)
    room.keeper.operate(wire.RotateOrganization(organization_id=org_id))
    start = vault.log.size
    case_id = room.case("ann")
    room.new_collection("new", wire.Policy())
    lead = room.search("ann", case_id).candidates[0].lead_id
    room.decide("rita", lead)
    assert not readable(vault.log.leaves(start, TILE_WIDTH), entries)
    for one in SEALED:
        rows = vault.database.rows(f"SELECT {one.column}, {one.context} FROM {one.table}")
        key = derive(old, one.label) if one.label else old
        assert not any(opens(key, wrapped, context) for wrapped, context in rows if wrapped)
    assert opens(derive(vault.shelf.org_key(org_id), "cases"), *case_row(room, case_id))


def case_row(room: ReviewRoom, case_id: str) -> tuple[bytes, str]:
    ((wrapped,),) = opened(room).database.rows("SELECT wrapped_facts FROM cases WHERE case_id = ?", case_id)
    return wrapped, case_id


def readable(leaves: list[bytes], keys: list[bytes]) -> int:
    """How many of the leaves one of the keys opens."""
    found = 0
    for leaf in leaves:
        for key in keys:
            try:
                open_entry(leaf, org_key=key)
                found += 1
            except FacekeepError:
                continue
    return found


def opens(key: bytes, wrapped: bytes, context: str) -> bool:
    try:
        unwrap(key, wrapped, context)
    except FacekeepError:
        return False
    return True


def test_the_secret_of_a_rotated_block_is_gone(room: ReviewRoom) -> None:
    vault = opened(room)
    collection = vault.shelf.by_number(1)
    ((block_id, wrapped),) = vault.database.rows("SELECT block_id, wrapped_secret FROM blocks")
    assert opens(collection.blocks_key, wrapped, block_id)
    room.keeper.operate(wire.RotateBlocks())
    job = room.keeper.serve(wire.NextReseal(anew=True))
    cells = tuple(room.cells[one] for one in job.cell_ids)
    batch = room.keeper.serve(wire.Reseal(job_id=job.job_id, cells=cells))
    room.keeper.serve(wire.CommitBatch(session=None, batch_id=batch.batch_id))
    assert vault.database.rows("SELECT 1 FROM blocks WHERE wrapped_secret = ?", wrapped) == []
    assert vault.database.rows("SELECT is_due FROM blocks") == [(0,)]
