from pathlib import Path

import pytest
import sqlcipher3

from facekeep.errors import FacekeepError
from facekeep.vault.database import Database
from facekeep.vault.identity import api_keys, members
from facekeep.vault.schema import STEPS, statements

KEY = bytes(range(32))


def database_of_step(path: Path, steps: int) -> None:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    for step in STEPS[:steps]:
        for statement in statements(step):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {steps}")
    connection.execute("INSERT INTO organizations (org_id, name, wrapped_key) VALUES ('org_1', 'Bureau', x'00')")
    connection.execute("INSERT INTO members VALUES ('mem_1', 'org_1', 'Op', 'admin')")
    connection.execute("INSERT INTO api_keys VALUES ('abcdefghij', 'mem_1', x'00', '2026-01-01T00:00:00.000Z', NULL)")
    connection.close()


def test_a_database_of_the_first_step_keeps_its_member_with_every_role(tmp_path: Path) -> None:
    database_of_step(tmp_path / "vault.db", 1)
    database = Database(tmp_path / "vault.db", KEY)
    (member,) = members.page(database, "org_1", 0, 10)
    assert (member.name, len(member.roles), member.account_id) == ("Op", 6, None)
    assert api_keys.live_keys_of(database, "mem_1") == ["abcdefghij"]
    assert database.row("PRAGMA user_version") == (len(STEPS),)
    database.close()


def test_a_new_database_and_one_brought_up_to_date_have_the_same_tables(tmp_path: Path) -> None:
    database_of_step(tmp_path / "old.db", 1)
    databases = [Database(tmp_path / name, KEY) for name in ("old.db", "new.db")]
    listing = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
    old, new = (one.rows(listing) for one in databases)
    assert old == new
    for one in databases:
        one.close()


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "vault.db", KEY)
    database.run(f"PRAGMA user_version = {len(STEPS) + 1}")
    database.close()
    with pytest.raises(FacekeepError, match=str(len(STEPS) + 1)):
        Database(tmp_path / "vault.db", KEY)
