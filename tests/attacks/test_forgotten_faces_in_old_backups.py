"""A thief with every backup ever made, the unseal secret and today's keep reads none of a thousand forgotten faces.

Until the horizon has passed such a backup can be opened, which the same test shows first: else it could not fail.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from small_keep import SmallKeep
from vault_driver import code_of

from facekeep.errors import FacekeepError
from facekeep.service.backup import keys, restore
from facekeep.service.backup.make import make_backup
from facekeep.service.backup.restore import Secret
from facekeep.store import Store
from facekeep.vault import cells, clock, wire
from facekeep.vault import keys as vault_keys
from facekeep.vault.backup import frames, making, snapshot
from facekeep.vault.database import Database
from facekeep.vault.open_vault import OpenVault

FACES = 1_000
HORIZON_HOURS = 24


class Clock:
    """The vault's clock, moved by hand."""

    def __init__(self) -> None:
        self.moved = timedelta()
        self._real = clock.now

    def now(self) -> datetime:
        return self._real() + self.moved


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clock, "now", found.now)
    return found


@pytest.fixture
def stolen_keys(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The keys of snapshots, as the vault drew them. The thief does not have them; the test looks where they are."""
    drawn: list[bytes] = []

    def draw() -> bytes:
        drawn.append(vault_keys.fresh_key())
        return drawn[-1]

    monkeypatch.setattr(making, "fresh_key", draw)
    return drawn


@pytest.fixture
def keep(tmp_path: Path, moved: Clock) -> Iterator[SmallKeep]:
    one = SmallKeep(tmp_path / "one" / "keep")
    one.initialize()
    yield one
    one.close()


def opened(place: SmallKeep, names: list[str], store: Store) -> int:
    """How many of these faces' records a keep opens from a store."""
    codes = [code_or_crop(place, name, store) for name in names]
    assert set(codes) <= {"opened", "not_found"}
    return codes.count("opened")


def code_or_crop(place: SmallKeep, name: str, store: Store) -> str:
    try:
        return "opened" if place.crop(name, store) == b"crop of " + name.encode() else "wrong"
    except FacekeepError as error:
        return error.code


def keys_held(vault: OpenVault, faces: list[wire.FacePlace]) -> int:
    """How many of the cells of these faces today's vault has any key of."""
    wanted = [cell for face in faces for cell in (face.face_cell, face.template_cell, face.crop_cell)]
    held = {cell for (cell,) in vault.database.rows("SELECT cell_id FROM cell_keys")}
    return len(held & set(wanted))


def test_no_backup_from_before_opens_a_forgotten_face_once_the_horizon_has_passed(
    keep: SmallKeep, tmp_path: Path, moved: Clock, stolen_keys: list[bytes]
) -> None:
    names = [f"forgotten {number}" for number in range(FACES)]
    keep.enroll(["stays"])
    for start in range(0, FACES, 250):
        keep.enroll(names[start : start + 250])
    to, keys_to = tmp_path / "backup", tmp_path / "keys"
    tapes = []
    for hour in range(3):
        make_backup(keep.settings, to, keys_to)
        tapes.append(copytree(to, tmp_path / f"tape {hour}"))
        moved.moved += timedelta(hours=1)
    secret = Secret(key_file=str(keep.key_file))

    # Before: whoever has the folder of keys and the unseal secret has what was there.
    within = SmallKeep(tmp_path / "within" / "keep")
    within.faces = keep.faces
    restore.restore(within.settings, tapes[0], keys.listed(keys_to, HORIZON_HOURS)[0], secret)
    within.sign_in(keep.api_key)
    assert opened(within, names[:50], within.store) == 50
    assert within.keeper._open is not None
    assert keys_held(within.keeper._open, [keep.faces[name] for name in names]) == 3 * FACES
    stolen_store = within.store  # every forgotten cell, for the thief to keep

    receipt = keep.forget(names)
    assert receipt.horizon_hours == HORIZON_HOURS
    moved.moved += timedelta(hours=receipt.horizon_hours)
    vault = keep.keeper._open
    assert vault is not None
    with vault.lock:
        assert making.destroy_expired(vault) == 3  # as the vault's own ticks do
    assert list(keys_to.iterdir()) == []

    # After: today's vault opens none of the stolen cells.
    keep.sign_in(keep.api_key)
    assert opened(keep, names[:50], stolen_store) == 0
    assert keys_held(vault, [keep.faces[name] for name in names]) == 0
    assert keys_held(vault, [keep.faces["stays"]]) == 3
    assert opened(keep, ["stays"], stolen_store) == 1
    # No key of a snapshot is anywhere any more.
    assert len(stolen_keys) == 3
    for path in (path for path in tmp_path.rglob("*") if path.is_file() and "within" not in path.parts):
        content = path.read_bytes()
        assert not any(key in content or key.hex().encode() in content for key in stolen_keys)
    # With the unseal secret and every key that today's keep holds, no snapshot opens.
    root = vault.root
    known = {root, vault.credential_key}
    for tape in [*tapes, to]:
        for path in (tape / "snapshots").iterdir():
            for key in known:
                with pytest.raises(FacekeepError):
                    list(frames.read(path, vault_keys.derive(key, "snapshot")))
    # And a restore says so.
    assert code_of(keys.chosen, keys_to, "", HORIZON_HOURS) == "backup_expired"
    within.close()


def test_a_key_file_that_somebody_kept_opens_nothing_at_a_vault_after_the_horizon(
    keep: SmallKeep, tmp_path: Path, moved: Clock
) -> None:
    keep.enroll(["a"])
    make_backup(keep.settings, tmp_path / "backup", tmp_path / "keys")
    copytree(tmp_path / "keys", tmp_path / "kept")
    (kept,) = keys.listed(tmp_path / "kept", HORIZON_HOURS)
    moved.moved += timedelta(hours=HORIZON_HOURS)
    late = SmallKeep(tmp_path / "late" / "keep")
    secret = Secret(key_file=str(keep.key_file))
    assert code_of(restore.restore, late.settings, tmp_path / "backup", kept, secret) == "backup_expired"
    assert late.keeper.status().state == "uninitialized"
    late.close()


def test_the_control_can_fail_a_key_that_is_known_opens_the_snapshot_and_every_wrapped_key(
    keep: SmallKeep, tmp_path: Path, stolen_keys: list[bytes]
) -> None:
    keep.enroll(["a"])
    made = make_backup(keep.settings, tmp_path / "backup", tmp_path / "keys")
    copy = tmp_path / "copy.db"
    path = tmp_path / "backup" / "snapshots" / f"{made.backup_id}.snapshot"
    snapshot.read(path, stolen_keys[0], copy)
    database = Database(copy, snapshot.copy_key(stolen_keys[0]))
    assert cells.wrapped_key_of(database, keep.faces["a"].crop_cell)[1]
    database.close()


def test_the_running_vault_destroys_keys_by_itself(keep: SmallKeep, tmp_path: Path, moved: Clock) -> None:
    make_backup(keep.settings, tmp_path / "backup", tmp_path / "keys")
    moved.moved += timedelta(hours=HORIZON_HOURS - 1)
    made = make_backup(keep.settings, tmp_path / "backup", tmp_path / "keys")
    assert len(keys.listed(tmp_path / "keys", HORIZON_HOURS)) == 2
    moved.moved += timedelta(hours=1)
    done = make_backup(keep.settings, tmp_path / "backup", tmp_path / "keys")
    assert done.keys_expired == 1
    left = [key.name.backup_id for key in keys.listed(tmp_path / "keys", HORIZON_HOURS)]
    assert left == [made.backup_id, done.backup_id]
    entries, _ = keep.keeper._open.journal.read("", 0, 1_000)
    assert "vault.backup_expired" in [entry.act for entry in entries]
