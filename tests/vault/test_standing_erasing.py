"""What goes with a case, a collection, an organization: every row of their standing searches, and nobody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from facekeep.terms import Role
from facekeep.vault.database import Database
from facekeep.vault.identity import Caller
from facekeep.vault.standing import deliveries, erasing, hits
from facekeep.vault.standing.register import Asked, Searches
from facekeep.vault.standing.webhooks import Webhooks

TABLES = ("standing_searches", "standing_collections", "standing_hits", "webhooks", "deliveries")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Two organizations, each with a standing search, a hit, a webhook and a delivery."""
    one = Database(tmp_path / "vault.db", bytes(32))
    with one.transaction():
        for number in (1, 2):
            fill(one, number)
    yield one
    one.close()


def fill(database: Database, number: int) -> None:
    org_id, case_id = f"org_{number}", f"cas_{number}"
    caller = Caller(org_id, f"mem_{number}", "", "key", frozenset(Role))
    asked = Asked(case_id, (number,), b"probe", "reason", None, "2999-01-01T00:00:00.000Z")
    standing_id = Searches(database, bytes(32)).add(caller, asked)
    hits.add(database, number, 10 + number, 0.9, None)
    Webhooks(database, bytes(32)).set(caller, f"https://{number}.example/x")
    deliveries.queue_hits(database, org_id, case_id, standing_id, 1)


def left(database: Database) -> list[int]:
    return [(database.row(f"SELECT count(*) FROM {table}") or (0,))[0] for table in TABLES]


def test_an_organization_takes_everything_of_its_own(database: Database) -> None:
    with database.transaction():
        erasing.erase_organization(database, "org_1")
    assert left(database) == [1, 1, 1, 1, 1]
    assert database.row("SELECT org_id FROM standing_searches") == ("org_2",)
    assert database.row("SELECT face FROM standing_hits") == (12,)


def test_a_case_takes_its_searches_and_deliveries_and_leaves_webhooks(database: Database) -> None:
    with database.transaction():
        erasing.erase_case(database, "cas_2")
    assert left(database) == [1, 1, 1, 2, 1]
    assert database.row("SELECT case_id FROM deliveries") == ("cas_1",)


def test_a_face_takes_its_hits(database: Database) -> None:
    with database.transaction():
        erasing.erase_face(database, 11)
    assert left(database) == [2, 2, 1, 2, 2]
