"""Backups of a small keep and what comes back: same root, same records, nothing forgotten, nothing altered."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_keep import SmallKeep
from vault_driver import code_of

from facekeep.errors import Code, FacekeepError
from facekeep.service.backup import keys, make, packs, restore
from facekeep.service.backup.make import Made, make_backup
from facekeep.service.backup.restore import Secret
from facekeep.vault import wire
from facekeep.vault.backup import frames


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[SmallKeep]:
    one = SmallKeep(tmp_path / "one" / "keep")
    one.initialize()
    one.enroll(["a", "b", "c"])
    yield one
    one.close()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "backup", tmp_path / "keys"


def back_up(keep: SmallKeep, folders: tuple[Path, Path], **more: bool) -> Made:
    return make_backup(keep.settings, *folders, **more)


def clean(keep: SmallKeep, name: str = "two") -> SmallKeep:
    """An empty place for the same keep."""
    found = SmallKeep(keep.data.parents[1] / name / "keep")
    found.collection, found.faces = keep.collection, keep.faces
    return found


def bring_back(
    keep: SmallKeep, folders: tuple[Path, Path], to: SmallKeep, *, backup_id: str = "", log_from: Path | None = None
) -> wire.Restored:
    key = keys.chosen(folders[1], backup_id, 24)
    found = restore.restore(to.settings, folders[0], key, Secret(key_file=str(keep.key_file)), log_from)
    to.sign_in(keep.api_key)
    return found


def root_of(keep: SmallKeep) -> tuple[int, bytes]:
    vault = keep.keeper._open
    assert vault is not None
    return vault.log.anchor()


def test_the_same_comes_back_with_the_same_root(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    back_up(keep, folders)
    back_up(keep, folders)
    log = keep.settings.vault_dir / "log"
    before = {name: keep.search(name) for name in "abc"}
    two = clean(keep)
    found = bring_back(keep, folders, two)
    vault = keep.keeper._open
    assert vault is not None
    assert (log / "checkpoint").is_file()
    assert vault.log.prove_consistency(found.log_size, vault.log.size) is not None
    assert {name: [face for face, _ in two.search(name)] for name in "abc"} == {
        name: [face for face, _ in candidates] for name, candidates in before.items()
    }
    assert [two.crop(name) for name in "abc"] == [b"crop of " + name.encode() for name in "abc"]
    two.enroll(["d"])  # and it goes on
    assert two.search("d")[0][0] == two.faces["d"].face_id
    two.close()


def test_the_root_is_the_one_that_the_live_log_had_at_that_size(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    back_up(keep, folders)
    two = clean(keep)
    found = bring_back(keep, folders, two)
    vault = keep.keeper._open
    assert vault is not None
    assert vault.log._hashes.root_at(found.log_size) == found.log_root
    two.close()


def test_only_what_is_new_is_copied(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    first, again = back_up(keep, folders), back_up(keep, folders)
    assert first.items_new > 0
    assert (again.items_new, again.items_before, again.bytes_new) == (0, first.items_new, 0)
    keep.enroll(["d"])
    third = back_up(keep, folders)
    assert 0 < third.items_new < first.items_new
    assert back_up(keep, folders, anew=True).items_new == first.items_new + third.items_new
    two = clean(keep)
    bring_back(keep, folders, two)
    assert two.crop("d") == b"crop of d"
    two.close()


def test_a_newer_log_goes_on_and_what_was_forgotten_since_is_forgotten_again(
    keep: SmallKeep, folders: tuple[Path, Path]
) -> None:
    back_up(keep, folders)
    keep.enroll(["later"])
    keep.forget(["a", "b"])
    size, root = root_of(keep)
    keep.close()
    two = clean(keep)
    found = bring_back(keep, folders, two, log_from=keep.settings.vault_dir / "log")
    assert found.forgotten_again == 2
    assert dict(found.since)["faces.forgotten"] == 1
    vault = two.keeper._open
    assert vault is not None
    assert vault.log._hashes.root_at(size) == root  # a client that was there sees a log that only grew
    assert [code_of(two.crop, name) for name in "ab"] == ["not_found", "not_found"]
    assert two.crop("c") == b"crop of c"
    assert [face for face, _ in two.search("a")] != [keep.faces["a"].face_id]
    two.tidy()
    assert {face for face, _ in two.search("a")} == {keep.faces["c"].face_id}
    entries, _ = vault.journal.read("", 0, 1_000)
    assert [one.act for one in entries if one.act.startswith("vault.")][-1] == "vault.restored"
    two.close()


def test_revoked_keys_stay_revoked_where_the_log_is_at_hand(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    back_up(keep, folders)
    issued = keep.keeper.operate(wire.IssueApiKey(revoke_others=True))
    assert isinstance(issued, wire.ApiKeyIssued)
    keep.close()
    two = clean(keep)
    key = keys.chosen(folders[1], "", 24)
    secret = Secret(key_file=str(keep.key_file))
    found = restore.restore(two.settings, folders[0], key, secret, keep.settings.vault_dir / "log")
    assert found.revoked_again == 1
    assert code_of(two.sign_in, keep.api_key) == "unauthenticated"
    two.close()


def test_another_log_is_refused_and_leaves_no_keep(
    keep: SmallKeep, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    other = SmallKeep(tmp_path / "other" / "keep")
    other.initialize()
    other.close()
    back_up(keep, folders)
    two = clean(keep)
    assert code_of(bring_back, keep, folders, two, log_from=other.settings.vault_dir / "log") == "log_altered"
    assert two.keeper.status().state == "uninitialized"
    bring_back(keep, folders, two)  # and it can be tried again
    assert two.crop("a") == b"crop of a"
    two.close()


def test_a_wrong_secret_and_a_keep_that_is_there_are_refused(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    back_up(keep, folders)
    key, two = keys.chosen(folders[1], "", 24), clean(keep)
    wrong = two.data / "wrong.key"
    wrong.write_text("ab" * 32)
    assert code_of(restore.restore, two.settings, folders[0], key, Secret(key_file=str(wrong))) == "unseal_refused"
    assert code_of(restore.restore, two.settings, folders[0], key, Secret()) == "invalid_request"
    assert two.keeper.status().state == "uninitialized"
    assert code_of(restore.restore, keep.settings, folders[0], key, Secret()) == "already_initialized"
    two.close()


def test_folders_that_lie_in_one_another_are_refused(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    to, keys_to = folders
    for pair in ((to, to / "keys"), (keys_to / "to", keys_to), (keep.data / "b", keys_to), (to, keep.data / "k")):
        assert code_of(make_backup, keep.settings, *pair) == "invalid_request"


def every_file(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


def damaged(content: bytes, way: str) -> bytes:
    middle = len(content) // 2
    return {
        "cut": content[:middle],
        "empty": b"",
        "longer": content + b"\0",
        "first bit": bytes([content[0] ^ 1]) + content[1:],
        "a bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "last bit": content[:-1] + bytes([content[-1] ^ 1]),
    }[way]


def test_every_file_of_a_backup_that_was_altered_is_refused(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    for number in range(260):  # enough for full tiles of the log
        keep.crop("abc"[number % 3])
    made, two = back_up(keep, folders), clean(keep)
    files = [*every_file(folders[0]), *every_file(folders[1])]
    assert {path.suffix for path in files} == {".pack", ".snapshot", ".json", ".key", ""}
    refusals = {"backup_altered", "log_altered", "backup_expired", "unseal_refused"}
    for path in files:
        good = path.read_bytes()
        for way in ("cut", "empty", "longer", "first bit", "a bit", "last bit", "gone"):
            path.unlink() if way == "gone" else path.write_bytes(damaged(good, way))
            code = code_of(bring_back, keep, folders, two, backup_id=made.backup_id)
            assert code in refusals, (path, way, code)
            assert two.keeper.status().state == "uninitialized"
        path.write_bytes(good)
    bring_back(keep, folders, two)
    two.close()


def test_files_of_two_backups_cannot_be_swapped(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    to, keys_to = folders
    first = back_up(keep, folders)
    keep.enroll(["d"])
    second = back_up(keep, folders)
    old, new = (to / "snapshots" / f"{made.backup_id}.snapshot" for made in (first, second))
    good = new.read_bytes()
    new.write_bytes(old.read_bytes())
    two = clean(keep)
    assert code_of(bring_back, keep, folders, two, backup_id=second.backup_id) == "backup_altered"
    new.write_bytes(good)
    names = {made.backup_id: keys.chosen(keys_to, made.backup_id, 24).path for made in (first, second)}
    good = names[second.backup_id].read_bytes()
    names[second.backup_id].write_bytes(names[first.backup_id].read_bytes())
    assert code_of(bring_back, keep, folders, two, backup_id=second.backup_id) == "backup_altered"
    names[second.backup_id].write_bytes(good)
    manifest = to / "manifests" / f"{second.backup_id}.json"
    good = manifest.read_bytes()
    older = (to / "manifests" / f"{first.backup_id}.json").read_bytes()
    manifest.write_bytes(older.replace(first.backup_id.encode(), second.backup_id.encode()))
    assert code_of(bring_back, keep, folders, two, backup_id=second.backup_id) == "backup_altered"
    manifest.write_bytes(good)
    bring_back(keep, folders, two, backup_id=second.backup_id)
    two.close()


def test_a_key_file_with_a_later_date_in_its_name_opens_nothing(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    back_up(keep, folders)
    key = keys.chosen(folders[1], "", 24)
    key.path.rename(key.path.with_name(key.path.name.replace("-24h-", "-720h-")))
    two = clean(keep)
    assert code_of(bring_back, keep, folders, two) == "backup_altered"
    two.close()


def test_keys_are_destroyed_at_the_horizon_without_a_vault(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    back_up(keep, folders)
    key, now = keys.chosen(folders[1], "", 24), time.time()
    assert keys.expire(folders[1], 24, lambda: now + 23 * 3_600) == 0
    assert code_of(keys.chosen, folders[1], "", 24, lambda: now + 25 * 3_600) == "backup_expired"
    assert keys.chosen(folders[1], "", 720, lambda: now + 1).expires_at <= now + 24 * 3_600  # not by a longer one later
    assert keys.expire(folders[1], 24, lambda: now + 24 * 3_600 + 1) == 1
    assert not key.path.exists()
    assert code_of(keys.chosen, folders[1], "", 24) == "backup_expired"


def test_what_no_key_opens_is_deleted_and_packs_that_are_used_stay(
    keep: SmallKeep, folders: tuple[Path, Path]
) -> None:
    to, _ = folders
    old = back_up(keep, folders)
    keep.forget(["a", "b"])
    new = back_up(keep, folders)
    for path in (to / "snapshots" / f"{old.backup_id}.snapshot", to / "manifests" / f"{old.backup_id}.json"):
        os.utime(path, (1, 1))
    before = set((to / "packs").iterdir())
    make.prune(to, 24)
    assert {path.stem for path in (to / "manifests").iterdir()} == {new.backup_id}
    assert set((to / "packs").iterdir()) < before
    two = clean(keep)
    bring_back(keep, folders, two)
    assert two.crop("c") == b"crop of c"
    assert all(keep.faces["a"].crop_cell != name for name, _ in two.store.names())
    two.close()


def test_a_full_disk_is_an_error_and_the_backup_before_stays(
    keep: SmallKeep, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = back_up(keep, folders)
    keep.enroll(["d"])

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "injected")

    for module, name in ((frames, "write"), (packs, "write")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, full)
            assert code_of(back_up, keep, folders) == "disk_full"
    assert [key.name.backup_id for key in keys.listed(folders[1], 24)] == [good.backup_id]
    assert not list(keep.settings.vault_dir.glob("backup-*"))
    two = clean(keep)
    bring_back(keep, folders, two)
    assert code_of(two.crop, "d") in ("cell_missing", "not_found")
    two.close()


def test_a_backup_that_was_cut_short_does_not_count_and_holds_up_nothing(
    keep: SmallKeep, folders: tuple[Path, Path]
) -> None:
    begun = keep.keeper.operate(wire.BeginBackup(to=str(folders[0])))
    assert isinstance(begun, wire.BackupBegun)
    keep.forget(["a"])
    assert keep.serve(wire.GetGarbage(), wire.Garbage).cell_ids == ()  # the snapshot speaks of it
    assert code_of(keys.chosen, folders[1], begun.backup_id, 24) == "backup_expired"
    stale = wire.FinishBackup(backup_id="bak_other", keys_to=str(folders[1]), manifest_sha256=bytes(32))
    with pytest.raises(FacekeepError) as caught:
        keep.keeper.operate(stale)
    assert caught.value.code is Code.NOT_FOUND
    back_up(keep, folders)
    assert keep.serve(wire.GetGarbage(), wire.Garbage).cell_ids
    assert [key.name.backup_id for key in keys.listed(folders[1], 24)] != [begun.backup_id]


def test_the_vault_tells_when_the_newest_backup_was_made(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    assert keep.keeper.status().last_backup_at == ""
    made = back_up(keep, folders)
    assert keep.keeper.status().last_backup_at == made.made_at
    assert (keep.data / "last-backup").is_file()  # what the doctor goes by


def test_nothing_of_the_keep_is_readable_in_either_folder(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    back_up(keep, folders)
    for path in [*every_file(folders[0]), *every_file(folders[1])]:
        content = path.read_bytes()
        assert b"crop of" not in content
        assert b"SQLite format" not in content
        assert path.stat().st_mode & 0o077 == 0
    assert not list(keep.settings.vault_dir.glob("backup-*"))


def test_the_check_finds_what_was_altered(keep: SmallKeep, folders: tuple[Path, Path]) -> None:
    made = back_up(keep, folders)
    key = keys.chosen(folders[1], "", 24)
    assert restore.check(folders[0], key) == made.items_new
    (pack,) = (folders[0] / "packs").iterdir()
    pack.write_bytes(damaged(pack.read_bytes(), "last bit"))
    assert code_of(restore.check, folders[0], key) == "backup_altered"
    assert back_up(keep, folders, anew=True).items_new == made.items_new
    assert restore.check(folders[0], keys.chosen(folders[1], "", 24)) == made.items_new
    shutil.rmtree(folders[0] / "packs")
    assert back_up(keep, folders).items_new == made.items_new  # what is not there is copied again
