"""What is left of an organization that was shredded: nothing. The database is as it was before there was one.

The tables are read from the database itself: one that this file does not fill with rows of the organization fails, so
that whoever adds a table has to think of shredding.
"""

import gc

import pytest
from desk import Desk
from town import EVERY_ROLE, Person, Town
from vault_driver import CONTRACT, code_of, near, unit

from facekeep.errors import BadInput, FacekeepError
from facekeep.vault import carried, wire
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.journal import KEEP, entries_purpose
from facekeep.vault.keys import derive, unwrap
from facekeep.vault.log_entries import open_entry
from facekeep.vault.shelf import ORGANIZATIONS, OpenCollection

Rows = dict[str, list[tuple[object, ...]]]
NOBODYS = {
    "alarms": "the operator's list; what was said in it of an organization is blotted out",
    "canaries": "decoys, which are nobody's",
    "canary_names": "by which decoys are known when they are touched",
    "incidents": "the keep's own; customers have pseudonyms in their reports",
    "incident_notes": "checkpoints with cosignatures",
    "log_handovers": "the keep's own: one key of the log naming the next",
    "meta": "the keep's own: where its log stands, its keys",
    "garbage": "random names of ciphertext for the store to delete",
    "sqlite_sequence": "the highest row number of each table, of all organizations together",
}
RULES = wire.Rules(password_sign_in=True)


def rows(town: Town) -> Rows:
    """Every row of every table; of the log's places and of tallies only whose they are, because both go on."""
    town.vault.settle()
    database = town.vault.database
    tables = [name for (name,) in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: database.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables}
    places = database.rows("SELECT DISTINCT org_id FROM log_places ORDER BY 1")
    return found | {"log_places": places, "tallies": database.rows("SELECT DISTINCT subject FROM tallies ORDER BY 1")}


class Life:
    """An organization that does everything there is to do."""

    def __init__(self, town: Town, desk: Desk, boss: Person, name: str) -> None:
        self.town, self.desk, self.name, self.boss = town, desk, name, boss
        self.organization_id, self.session = boss.organization_id, boss.session
        town.ask(wire.SetRules(session=boss.session, rules=RULES), wire.RulesShown)
        self.people()
        self.gallery()
        self.case()
        self.troubles()

    def people(self) -> None:
        self.pam = self.town.join_by_password(self.town.invite("Pam", ("reviewer",), self.session))
        gone = self.town.join(self.town.invite("Gus", ("auditor",), self.session))
        self.town.invite("Nobody yet", ("auditor",), self.session)
        mine = self.town.myself(self.session).member.member_id
        key = wire.MakeApiKey(session=self.session, member_id=mine, name="key")
        self.api_key = self.town.ask(key, wire.ApiKeyMade).api_key
        known = wire.Authenticate(untrusted_credential=self.api_key, client_class="firefox linux")
        self.town.ask(known, wire.SessionOpened)
        left = self.town.myself(gone.session).member.member_id
        self.town.ask(wire.RemoveMember(session=self.session, member_id=left), wire.Done)

    def gallery(self) -> None:
        made = wire.CreateCollection(
            session=self.session, name="gallery", contract=CONTRACT, remember_key="k", remember_digest=bytes(32),
            policy=wire.Policy(keep_photos=True),
        )  # fmt: skip
        self.collection = self.town.ask(made, wire.CollectionShown).collection.collection_id
        self.places = self.enroll("Ann")

    def enroll(self, name: str) -> tuple[wire.FacePlace, ...]:
        return self.desk.enroll(self.session, self.collection, {name: [near(unit("x"), name, 0.9)]})

    def case(self) -> None:
        made = wire.CreateCase(session=self.session, purpose="Family tracing", legal_basis="a test")
        self.case_id = self.town.ask(made, wire.CaseShown).case.case_id
        ask = wire.RequestApproval(session=self.session, case_id=self.case_id, collection_id=self.collection)
        self.town.ask(ask, wire.ApprovalShown)
        standing = wire.CreateStanding(
            session=self.session, case_id=self.case_id, collection_ids=(self.collection,), probe=unit("x").tobytes()
        )
        standing_id = self.town.ask(standing, wire.StandingShown).standing.standing_id
        self.town.ask(wire.ApproveStanding(session=self.pam.session, standing_id=standing_id), wire.StandingShown)
        self.town.ask(wire.SetWebhook(session=self.session, url="https://example.org/hook"), wire.WebhookSet)
        (found,) = self.search().lists[0].candidates
        decide = wire.DecideLead(
            session=self.session, lead_id=str(found.lead_id), verdict="same_person", reason="the ear"
        )
        self.town.ask(decide, wire.LeadShown)
        self.town.ask(wire.RevealLead(session=self.session, lead_id=str(found.lead_id), reason="why"), wire.LeadShown)
        self.enroll("Bea")
        self.desk.compare()

    def troubles(self) -> None:
        """Its keys are rotated, a program of its own is frozen, and there is an alarm."""
        self.town.ask_operator(wire.RotateOrganization(organization_id=self.organization_id), wire.Done)
        added = wire.AddProgram(session=self.session, name="p", roles=("investigator",))
        program = self.program = self.town.ask(added, wire.MemberShown).member.member_id
        self.town.ask(wire.FreezeMember(session=self.session, member_id=program), wire.Done)
        lift = wire.LiftFreeze(session=self.session, kind="member", subject_id=program)
        self.town.ask(lift, wire.LiftSaid)
        leave = wire.AllowReading(member_id=program, collection_id=self.collection, hours=1)
        self.town.ask_operator(leave, wire.Done)
        raise_alarm(self.town.vault, "passkey.cloned", {"member": program}, org_id=self.organization_id)

    def search(self) -> wire.Candidates:
        return self.desk.search(self.session, self.collection, unit("x"), case_id=self.case_id)

    def shred(self) -> None:
        message = wire.ShredOrganization(organization_id=self.organization_id, expected_name=self.name)
        self.town.ask_operator(message, wire.Done)


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk(town.keeper)


@pytest.fixture
def ours(town: Town, desk: Desk) -> Life:
    """The first organization, in which as much was done; its admin is also a member of the other one."""
    return Life(town, desk, town.join(town.invite("Olga", EVERY_ROLE)), "First")


@pytest.fixture
def before(town: Town, ours: Life) -> Rows:
    return rows(town)


@pytest.fixture
def theirs(town: Town, desk: Desk, before: Rows) -> Life:
    return Life(town, desk, town.join(town.another_organization()), "Second")


def entry_keys(town: Town, org_id: str) -> list[bytes]:
    """Every key of log entries that an organization, or the keep itself, has had."""
    own, purpose = town.vault.shelf.owner_key(org_id), entries_purpose(org_id)
    return [key for _, key in carried.generations(town.vault.database, org_id, own, purpose)]


def entries(town: Town, keys: list[bytes]) -> int:
    """How many leaves of the log these keys open."""
    return sum(_opens(leaf, keys) for leaf in town.vault.log.leaves(0, town.vault.log.size))


def _opens(leaf: bytes, keys: list[bytes]) -> bool:
    for key in keys:
        try:
            open_entry(leaf, org_key=key)
        except BadInput:
            continue
        return True
    return False


def test_the_database_is_as_if_it_had_never_been(town: Town, ours: Life, before: Rows, theirs: Life) -> None:
    code = town.invite("Olga", ("auditor",), theirs.session)
    town.ask(wire.AcceptInvitation(session=ours.session, code=code), wire.InvitationAccepted)
    theirs.desk.seal(theirs.session, theirs.collection, {"Pending": [unit("pending")]})
    full = rows(town)
    idle = [name for name in full if name not in NOBODYS and len(full[name]) <= len(before[name])]
    assert not idle, f"give the organization rows of {idle}, and see that they go"
    theirs.shred()
    left = rows(town)
    assert set(left) == set(before)
    for name in set(left) - set(NOBODYS):
        assert left[name] == before[name], name
    told = b" ".join(str(one).encode() for name in NOBODYS for row in left[name] for one in row)
    for gone in (theirs.organization_id, theirs.case_id, theirs.collection, theirs.program, theirs.api_key[3:13]):
        assert gone.encode() not in told


def test_neither_cells_nor_blocks_nor_entries_of_it_open_for_anybody(town: Town, ours: Life, theirs: Life) -> None:
    keys, wrapping = entry_keys(town, theirs.organization_id), derive(town.vault.root, ORGANIZATIONS)
    assert len(keys) == 2
    written = entries(town, keys)
    assert written > 20
    theirs.shred()
    cells = tuple(theirs.desk.cells[cell_id] for cell_id in (theirs.places[0].crop_cell, theirs.places[0].face_cell))
    assert code_of(town.keeper.serve, wire.OpenCells(session=ours.session, cells=cells)) == "not_found"
    assert town.vault.database.rows("SELECT 1 FROM organizations WHERE org_id = ?", theirs.organization_id) == []
    for blob in {one for table in rows(town).values() for row in table for one in row if isinstance(one, bytes)}:
        with pytest.raises(FacekeepError):
            unwrap(wrapping, blob, theirs.organization_id)
    everybody = entries(town, entry_keys(town, KEEP) + entry_keys(town, ours.organization_id))
    assert town.vault.log.size - everybody >= written
    assert entries(town, keys) == written  # they are there; what opened them is not
    assert code_of(town.vault.journal.read, theirs.organization_id, 0, 10) == "not_found"
    assert theirs.organization_id not in town.vault.journal._keys


def test_no_key_of_it_stays_in_memory_whatever_was_under_way(town: Town, theirs: Life) -> None:
    probe = unit("x").tobytes()
    grant = town.ask(
        wire.GrantSearch(
            session=theirs.session, collection_ids=(theirs.collection,), probes=probe, case_id=theirs.case_id
        ),
        wire.Grant,
    )
    theirs.desk.seal(theirs.session, theirs.collection, {"Pending": [unit("pending")]})
    theirs.enroll("Cid")
    comparison = town.ask(wire.NextStanding(anew=True), wire.StandingGrant)
    assert comparison.grant_id is not None
    theirs.shred()
    gc.collect()
    alive = [one for one in gc.get_objects() if isinstance(one, OpenCollection)]
    assert [one for one in alive if one.org_id == theirs.organization_id] == []
    opened = wire.OpenSums(session=theirs.session, grant_id=grant.grant_id, sums=b"")
    assert code_of(town.keeper.serve, opened) == "unauthenticated"
    compared = wire.OpenStandingSums(grant_id=comparison.grant_id, sums=b"")
    assert code_of(town.keeper.serve, compared) == "not_found"


def test_the_other_organization_goes_on(town: Town, ours: Life, theirs: Life) -> None:
    theirs.shred()
    assert ours.places[0].face_id in {one.place.face_id for one in ours.search().lists[0].candidates}
    town.sign_in(ours.boss)
    town.keeper.seal()
    town.ask_operator(wire.Unseal(key_file=str(town.folder / "k")), wire.Status)
    ours.session = town.sign_in(ours.boss).session
    assert ours.search().lists[0].candidates
    for gone in (theirs.boss, theirs.pam):
        ceremony = town.sign_in if gone is theirs.boss else town.sign_in_by_password
        assert code_of(ceremony, gone) == "unauthenticated"
    assert code_of(town.key_session, theirs.api_key) == "unauthenticated"
