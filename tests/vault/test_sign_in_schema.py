"""A vault from before people could sign in is brought up to date with everything in it."""

from pathlib import Path

import pytest

from facekeep.vault import database as database_module
from facekeep.vault.database import Database
from facekeep.vault.identity import members, rules
from facekeep.vault.schema import STEPS, sign_in
from facekeep.vault.wire import Rules


def test_an_older_database_keeps_its_members_and_has_nobodys_passkey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = STEPS[: STEPS.index(sign_in.SQL)]
    with monkeypatch.context() as older:
        older.setattr(database_module, "STEPS", before)
        old = Database(tmp_path / "vault.db", b"k" * 32)
        old.run("INSERT INTO organizations (org_id, name, wrapped_key) VALUES ('org_a', 'A', x'00')")
        member = members.add(old, "org_a", "Ana", ("admin",))
        old.close()
    new = Database(tmp_path / "vault.db", b"k" * 32)
    assert members.by_id(new, "org_a", member).name == "Ana"
    assert rules.load(new, "org_a") == Rules()
    assert new.rows("SELECT * FROM passkeys") == new.rows("SELECT * FROM passwords") == []
    new.close()
