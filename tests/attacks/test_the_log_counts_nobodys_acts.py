"""Whoever sees every checkpoint, and a member who sees every answer, cannot count what others do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_driver import code_of

from facekeep.ledger.note import parse_checkpoint, parse_note
from facekeep.settings import LogSettings
from facekeep.vault import wire
from facekeep.vault.journal import KEEP
from facekeep.vault.keeper import Keeper
from facekeep.vault.log_stored import StoredLog
from facekeep.vault.log_tail import pack_tail
from facekeep.vault.open_vault import OpenVault

BUCKET = 8
CONTRACT = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 128)


class Small:
    """An open vault in this process; its checkpoints come when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keeper = Keeper(folder / "vault", LogSettings(interval_s=3600, bucket=BUCKET))
        made = self.keeper.operate(
            wire.Initialize(method="key_file", organization="O", member="M", key_file=str(folder / "key"))
        )
        assert isinstance(made, wire.Initialized)
        self.api_key = made.api_key
        self.sign_in()

    @property
    def vault(self) -> OpenVault:
        assert self.keeper._open is not None
        return self.keeper._open

    def sign_in(self) -> None:
        opened = self.keeper.serve(wire.Authenticate(untrusted_credential=self.api_key))
        assert isinstance(opened, wire.SessionOpened)
        self.session = opened.session

    def note(self) -> str:
        answer = self.keeper.serve(wire.GetCheckpoint())
        assert isinstance(answer, wire.Checkpoint)
        return answer.note

    def size(self) -> int:
        return parse_checkpoint(parse_note(self.note().encode()).untrusted_text).size

    def act(self) -> None:
        self.keeper.serve(wire.ListCollections(session=self.session))

    def entries(self, start: int = 0, limit: int = 1_000) -> wire.LogPage:
        page = self.keeper.serve(wire.ReadLog(session=self.session, start=start, limit=limit))
        assert isinstance(page, wire.LogPage)
        return page


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    yield made
    made.keeper.seal()


@pytest.mark.parametrize(
    ("written", "buckets"), [(0, 1), (1, 1), (BUCKET - 1, 1), (BUCKET, 1), (BUCKET + 1, 2), (20, 3)]
)
def test_a_checkpoint_says_no_more_than_how_many_buckets(small: Small, written: int, buckets: int) -> None:
    small.vault.settle()
    before, note = small.size(), small.note()
    for _ in range(written):
        small.vault.journal.write(KEEP, "somebody", "something", "done", {})
        assert small.note() == note  # what was done since stays inside
    small.vault.settle()
    assert small.size() == before + buckets * BUCKET
    small.vault.settle()
    assert small.size() == before + (buckets + 1) * BUCKET


def test_sealing_and_unsealing_publish_whole_buckets(small: Small) -> None:
    before = small.size()
    small.act()
    small.keeper.seal()
    small.keeper.operate(wire.Unseal(key_file=str(small.folder / "key")))
    assert small.size() == before + BUCKET
    small.vault.settle()
    assert small.size() == before + 2 * BUCKET


def test_no_question_reaches_beyond_the_published_size(small: Small) -> None:
    small.vault.settle()
    size = small.size()
    small.act()
    for ask in (
        wire.ProveConsistency(old_size=size, new_size=size + 1),
        wire.ProveConsistency(old_size=size + 1),
        wire.ProveEntry(session=small.session, entry=0, size=size + 1),
        wire.ProveEntry(session=small.session, entry=1),
    ):
        assert code_of(small.keeper.serve, ask) == "not_found"
    assert code_of(small.keeper.serve, wire.ProveEntry(session=small.session, entry=0)) == "not_yet_published"
    small.vault.settle()
    proof = small.keeper.serve(wire.ProveEntry(session=small.session, entry=0))
    assert isinstance(proof, wire.Proof)
    assert proof.size == small.size()
    assert size <= proof.index < proof.size


def test_ones_own_numbers_do_not_count_what_others_do(small: Small) -> None:
    small.act()
    for _ in range(5):
        code_of(small.keeper.serve, wire.Authenticate(untrusted_credential="fk_wrong"))
        small.vault.journal.write(KEEP, "operator", "something", "done", {})
    small.act()
    page = small.entries()
    assert [(entry.entry, entry.act) for entry in page.entries] == [
        (0, "collection.list"),
        (1, "collection.list"),
        (2, "log.read"),
    ]


def test_the_newest_part_on_disk_does_not_tell_entries_from_padding(small: Small) -> None:
    for _ in range(3):
        small.act()
    small.vault.settle()
    stored = StoredLog(small.folder / "vault" / "log")
    tail = stored.tail()
    used = stored.tail_path.read_bytes().rstrip(b"\x00")
    assert used == pack_tail(tail.start, tail.leaves).rstrip(b"\x00")  # a frame a leaf, whatever came together


def test_a_refusal_to_a_stranger_carries_no_number_of_the_keeps(small: Small) -> None:
    for message in (
        wire.Authenticate(untrusted_credential="fk_wrong"),
        wire.CommitBatch(session="no-such-session", batch_id="bat_x"),
        wire.OpenSums(session="no-such-session", grant_id="x", sums=b""),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011  whatever it is refused with
            small.keeper.serve(message)
        assert caught.value.entry is None


def test_numbers_and_places_survive_a_kill_between_append_and_commit(small: Small) -> None:
    for _ in range(4):
        small.act()
    small.vault.settle()
    for _ in range(3):
        small.act()  # appended; no commit of the database follows
    vault, small.keeper._open = small.vault, None
    vault.database.close()
    vault.log.close()
    small.keeper.operate(wire.Unseal(key_file=str(small.folder / "key")))
    small.sign_in()
    assert [entry.entry for entry in small.entries().entries] == list(range(8))
    small.vault.settle()
    for number in range(8):
        proof = small.keeper.serve(wire.ProveEntry(session=small.session, entry=number))
        assert isinstance(proof, wire.Proof)


def test_pages_follow_one_another_without_gap(small: Small) -> None:
    for count in (3, 2, 0, 4):
        for _ in range(count):
            small.act()
        small.vault.settle()
    found, start = [], 0
    while start is not None and len(found) < 10:
        page = small.entries(start, 2)
        found += [entry.entry for entry in page.entries]
        start = page.next_start
    assert found == list(range(10))
    assert small.entries(10_000).entries == ()


def test_an_entry_moved_to_another_place_is_noticed(small: Small) -> None:
    for _ in range(3):
        small.act()
    small.vault.settle()
    small.act()
    with small.vault.database.transaction():
        small.vault.database.run("UPDATE log_places SET place = place + 1 WHERE entry = 1")
    assert code_of(small.entries) == "log_altered"


def test_nothing_of_a_shredded_organization_says_how_much_it_did(small: Small) -> None:
    added = small.keeper.operate(wire.AddOrganization(name="Gone", admin="A"))
    assert isinstance(added, wire.OrganizationAdded)
    org_id = added.organization_id
    small.vault.journal.write(org_id, "somebody", "something", "done", {})
    small.vault.settle()
    small.vault.journal.write(org_id, "somebody", "something", "done", {})  # not yet in the database
    small.keeper.operate(wire.ShredOrganization(organization_id=org_id, expected_name="Gone"))
    small.vault.settle()
    assert small.vault.database.rows("SELECT * FROM log_places WHERE org_id = ?", org_id) == []
    assert code_of(small.vault.journal.read, org_id, 0, 10) == "not_found"
