"""The log's key hands over to another one: the log opens, grows and is checked on."""

from pathlib import Path
from typing import Any

import pytest
from town import Town

from facekeep.errors import Code, Unavailable
from facekeep.vault import wire
from facekeep_sdk.ledger_check import open_checkpoint
from facekeep_sdk.log_handover import follow


def checkpoint(town: Town) -> wire.Checkpoint:
    found = town.ask(wire.GetCheckpoint(), wire.Checkpoint)
    open_checkpoint(found.note, found.verifier_key)
    return found


def rotate(town: Town) -> wire.LogKeyRotated:
    return town.ask_operator(wire.RotateLogKey(), wire.LogKeyRotated)


def restart(town: Town) -> None:
    town.keeper.seal()
    town.keeper.operate(wire.Unseal(key_file=str(town.folder / "k")))


def test_the_old_key_leads_to_each_newer_one(town: Town) -> None:
    keys = [checkpoint(town).verifier_key]
    for _ in range(3):
        done = rotate(town)
        assert done.handover == checkpoint(town).handovers[-1]
        keys.append(done.verifier_key)
        town.vault.settle()
        restart(town)
    newest = checkpoint(town)
    assert newest.verifier_key == keys[-1]
    assert len(set(keys)) == 4
    for older, key in enumerate(keys):
        followed = follow(newest.handovers, key)
        assert followed.verifier_key == keys[-1]
        assert len(followed.heads) == 3 - older
    assert town.acts()


def test_a_checkpoint_of_every_older_key_is_still_known_as_the_logs_own(town: Town) -> None:
    notes = []
    for _ in range(3):
        town.vault.settle()
        notes.append(checkpoint(town).note)
        rotate(town)
    for _ in range(2):
        sizes = [town.vault.log.size_signed_in(note.encode()) for note in notes]
        assert sizes == sorted(sizes)
        restart(town)


def test_after_the_next_checkpoint_the_old_key_signs_nothing(town: Town) -> None:
    old = checkpoint(town).verifier_key
    rotate(town)
    open_checkpoint(checkpoint(town).note, old)  # by both, for whoever asks just now
    town.vault.settle()
    with pytest.raises(Exception, match="not signed by the log's key"):
        open_checkpoint(checkpoint(town).note, old)


def test_cut_short_before_the_commit_the_old_key_goes_on(town: Town, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise Unavailable(Code.DISK_FULL, "full")

    before = checkpoint(town)
    monkeypatch.setattr("facekeep.vault.rotation.log_key.wrap", full)
    with pytest.raises(Unavailable):
        rotate(town)
    monkeypatch.undo()
    for _ in range(2):
        found = checkpoint(town)
        assert (found.verifier_key, found.handovers) == (before.verifier_key, ())
        restart(town)
    rotate(town)


def test_cut_short_after_the_commit_the_new_key_goes_on(town: Town, monkeypatch: Any) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    before = checkpoint(town)
    monkeypatch.setattr("facekeep.vault.log.Log.change_key", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate(town)
    monkeypatch.undo()
    town.vault.log.close()  # as it lies on the disk: signed by both
    town.vault.database.close()
    town.keeper._open = None
    town.keeper.operate(wire.Unseal(key_file=str(town.folder / "k")))
    found = checkpoint(town)
    assert follow(found.handovers, before.verifier_key).verifier_key == found.verifier_key != before.verifier_key


def test_the_root_key_may_be_rotated_before_and_after(town: Town) -> None:
    first, key = checkpoint(town).verifier_key, str(town.folder / "k")
    for _ in range(2):
        rotate(town)
        town.keeper.operate(wire.RotateRoot(present=key, method="key_file", secret=key))
        restart(town)
    found = checkpoint(town)
    assert follow(found.handovers, first).verifier_key == found.verifier_key


def test_nothing_of_the_old_key_is_in_the_database(town: Town) -> None:
    (before,) = town.vault.database.row("SELECT value FROM meta WHERE name = 'log_key'")
    rotate(town)
    (after,) = town.vault.database.row("SELECT value FROM meta WHERE name = 'log_key'")
    assert before != after
    assert Path(town.folder / "vault" / "vault.db-wal").stat().st_size == 0
