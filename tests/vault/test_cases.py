"""What is kept of cases, budgets and use, for how long, and who is told of it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from people import Person, added, opened_case, signed_in
from vault_driver import CONTRACT, code_of, near, unit

from facekeep.terms import Role
from facekeep.vault import clock, schema, wire
from facekeep.vault import database as database_module
from facekeep.vault.database import Database
from facekeep.vault.keeper import Keeper
from facekeep.vault.open_vault import OpenVault

MINE = ("cases", "case_members", "approvals", "spendings", "usage", "probe_sketches")

CUSTOMERS = "FROM organizations WHERE org_id NOT IN (SELECT name FROM canary_names)"


class Office:
    """A vault in this process whose clock is turned by hand."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        patch.setattr(clock, "now", lambda: self.now)
        self.keeper = Keeper(folder / "vault")
        secret = str(folder / "key")
        made = self.keeper.operate(
            wire.Initialize(method="key_file", organization="One", member="Op", key_file=secret)
        )
        self.admin = signed_in(self.ask, made.api_key)
        self.collection = self.made("strict", wire.Policy(approval_required=True))

    @property
    def vault(self) -> OpenVault:
        assert self.keeper._open is not None
        return self.keeper._open

    def ask(self, message: wire.Message) -> Any:
        return self.keeper.serve(message)

    def made(self, name: str, policy: wire.Policy) -> str:
        message = wire.CreateCollection(
            session=self.admin.session, name=name, contract=CONTRACT, policy=policy
        )
        return str(self.ask(message).collection.collection_id)

    def approve(self, case_id: str) -> None:
        """The admin asks, somebody else approves."""
        rita = added(self.ask, self.admin.session, "Rita", [Role.REVIEWER])
        ask = wire.RequestApproval(session=self.admin.session, case_id=case_id, collection_id=self.collection)
        asked = self.ask(ask).approval
        self.ask(wire.DecideApproval(session=rita.session, approval_id=asked.approval_id, approved=True))

    def search(self, case_id: str, probe: Any = None, *, who: Person | None = None, **more: Any) -> wire.Grant:
        fields = {"collection_ids": (self.collection,), "probes": (unit("x") if probe is None else probe).tobytes()}
        return self.ask(
            wire.GrantSearch(session=(who or self.admin).session, case_id=case_id, **{**fields, **more})
        )

    def counts(self) -> dict[str, int]:
        tables = {name: self.vault.database.row(f"SELECT count(*) FROM {name}") for name in MINE}
        return {name: found[0] for name, found in tables.items() if found}

    def log(self) -> list[wire.LogEntry]:
        return list(self.ask(wire.ReadLog(session=self.admin.session, limit=1_000)).entries)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    one = Office(tmp_path, monkeypatch)
    yield one
    one.keeper.seal()


def test_a_case_is_forgotten_on_schedule_with_everything_about_it(office: Office) -> None:
    case_id = opened_case(office.ask, office.admin.session, reference="MP-118")
    office.approve(case_id)
    shown = office.ask(wire.CloseCase(session=office.admin.session, case_id=case_id)).case
    assert shown.forget_at == "2026-03-31T12:00:00.000Z"
    office.now += timedelta(days=30) - timedelta(milliseconds=1)
    office.vault.sweep()
    assert office.counts()["cases"] == 1
    office.now += timedelta(milliseconds=1)
    office.vault.sweep()
    assert [office.counts()[name] for name in ("cases", "case_members", "approvals")] == [0, 0, 0]
    assert code_of(office.ask, wire.ShowCase(session=office.admin.session, case_id=case_id)) == "not_found"
    (forgotten,) = [entry for entry in office.log() if entry.act == "case.forgotten"]
    assert (forgotten.actor, forgotten.facts["case"]) == ("keep", case_id)


def test_an_open_case_is_not_forgotten(office: Office) -> None:
    opened_case(office.ask, office.admin.session)
    office.now += timedelta(days=89)
    office.vault.sweep()
    assert office.counts()["cases"] == 1


def test_an_expired_case_is_forgotten_after_its_expiry(office: Office) -> None:
    opened_case(office.ask, office.admin.session)
    office.now += timedelta(days=90 + 30)
    office.vault.sweep()
    assert office.counts()["cases"] == 0


def test_the_vault_sweeps_by_itself(office: Office) -> None:
    office.keeper._log = msgspec.structs.replace(office.keeper._log, interval_s=0.01)
    opened_case(office.ask, office.admin.session)
    office.now += timedelta(days=121)
    stop = threading.Event()
    ticking = threading.Thread(target=office.keeper.publish_forever, args=(stop,))
    ticking.start()
    for _ in range(500):
        if office.counts()["cases"] == 0:
            break
        stop.wait(0.01)
    stop.set()
    ticking.join()
    assert office.counts()["cases"] == 0


def test_texts_of_cases_and_approvals_are_sealed_in_the_database(office: Office) -> None:
    case_id = opened_case(office.ask, office.admin.session, reference="reference-of-the-case")
    ask = wire.RequestApproval(
        session=office.admin.session, case_id=case_id, collection_id=office.collection, reason="reason-to-ask"
    )
    office.ask(ask)
    rows = [office.vault.database.rows(f"SELECT * FROM {name}") for name in ("cases", "approvals")]
    kept = msgspec.msgpack.encode(rows)
    for text in (b"reference-of-the-case", b"reason-to-ask", b"a test", b"Testing and training"):
        assert text not in kept


def test_a_shredded_organization_leaves_no_case_budget_or_sketch(office: Office) -> None:
    case_id = opened_case(office.ask, office.admin.session)
    ann = added(office.ask, office.admin.session, "Ann", [Role.INVESTIGATOR])
    office.ask(
        wire.ChangeCase(session=office.admin.session, case_id=case_id, add_members=(ann.member_id,))
    )
    office.approve(case_id)
    office.search(case_id, who=ann)
    office.vault.database.run(f"INSERT INTO usage SELECT org_id, 1, 'searches', 1 {CUSTOMERS}")
    assert all(office.counts().values())
    me = office.ask(wire.WhoAmI(session=office.admin.session))
    office.keeper.operate(wire.ShredOrganization(organization_id=me.organization_id, expected_name="One"))
    assert not any(office.counts().values())


def test_spendings_sketches_and_usage_are_kept_no_longer_than_needed(office: Office) -> None:
    case_id = opened_case(office.ask, office.admin.session)
    ann = added(office.ask, office.admin.session, "Ann", [Role.INVESTIGATOR])
    office.ask(wire.ChangeCase(session=office.admin.session, case_id=case_id, add_members=(ann.member_id,)))
    office.approve(case_id)
    office.search(case_id, who=ann)
    today = clock.day_number()
    office.vault.database.run(f"INSERT INTO usage SELECT org_id, ?, 'searches', 1 {CUSTOMERS}", today)
    steps = ((0, [4, 1, 1]), (1, [0, 1, 1]), (29, [0, 0, 1]), (3 * 366 - 30, [0, 0, 1]), (1, [0, 0, 0]))
    for days, expected in steps:
        office.now += timedelta(days=days)
        office.vault.sweep()
        assert [office.counts()[name] for name in ("spendings", "probe_sketches", "usage")] == expected


def test_a_budget_returns_at_midnight(office: Office) -> None:
    office.ask(wire.SetRules(session=office.admin.session, rules=wire.Rules(searches_a_day_by_person=1)))
    office.collection = office.made("plain", wire.Policy())
    case_id = opened_case(office.ask, office.admin.session)
    office.search(case_id)
    assert code_of(office.search, case_id) == "budget_exhausted"
    office.now = datetime(2026, 3, 1, 23, 59, 59, 999_000, tzinfo=UTC)
    assert code_of(office.search, case_id) == "budget_exhausted"
    office.now += timedelta(milliseconds=1)
    office.search(case_id)


def test_use_is_counted_where_it_is_released(office: Office) -> None:
    office.collection = office.made("measured", wire.Policy(evaluation=True))
    drafts = tuple(
        wire.FaceDraft(template=unit(name).tobytes(), crop=b"", facts=wire.FaceFacts(), person_name=name)
        for name in ("a", "b")
    )
    seal = wire.SealFaces(session=office.admin.session, collection_id=office.collection, faces=drafts)
    batch = office.ask(seal)
    assert office.ask(wire.ShowUsage(session=office.admin.session)).days == ()
    office.ask(wire.CommitBatch(session=office.admin.session, batch_id=batch.batch_id))
    pair = wire.Compare(
        session=office.admin.session, contract=CONTRACT, first=unit("a").tobytes(), second=unit("b").tobytes()
    )
    office.ask(pair)
    office.search("")  # granted and never opened
    expected = wire.UsageDay("2026-03-01", searches=0, verifications=1, enrollments=2)
    assert office.ask(wire.ShowUsage(session=office.admin.session)).days == (expected,)


def test_usage_is_for_the_organizations_own_admins_and_auditors(office: Office) -> None:
    office.vault.database.run(
        "INSERT INTO usage SELECT org_id, ?, 'searches', 7 FROM organizations", clock.day_number()
    )
    other = office.keeper.operate(wire.AddOrganization(name="Two", admin="Eve", is_program=True))
    eve = signed_in(office.ask, other.api_key)
    assert office.ask(wire.ShowUsage(session=eve.session)).days == ()
    for role in Role:
        who = added(office.ask, office.admin.session, role, [role])
        ask = wire.ShowUsage(session=who.session)
        if role in (Role.ADMIN, Role.AUDITOR):
            assert office.ask(ask).days[0].searches == 7
        else:
            assert code_of(office.ask, ask) == "forbidden"


@pytest.mark.parametrize(("first", "last"), [("2026-03-02", "2026-03-01"), ("2020-01-01", None), ("yesterday", None)])
def test_a_wrong_span_of_days_is_refused(office: Office, first: str, last: str | None) -> None:
    ask = wire.ShowUsage(session=office.admin.session, first_day=first, last_day=last)
    assert code_of(office.ask, ask) == "invalid_request"


def test_rules_name_no_collection_of_others(office: Office) -> None:
    other = office.keeper.operate(wire.AddOrganization(name="Two", admin="Eve", is_program=True))
    eve = signed_in(office.ask, other.api_key)
    rules = wire.Rules(approval_collections=(office.collection,))
    assert code_of(office.ask, wire.SetRules(session=eve.session, rules=rules)) == "not_found"
    assert office.ask(wire.ShowRules(session=eve.session)).rules == wire.Rules()


def test_the_largest_rules_fit_into_their_log_entry(office: Office) -> None:
    rules = wire.Rules(purposes=tuple(f"{i:03}" * 66 for i in range(50)), searches_a_day=100_000)
    assert office.ask(wire.SetRules(session=office.admin.session, rules=rules)).rules == rules
    full = wire.Rules(
        purposes=("one",), case_days=3_660, case_retention_days=3_660, approval_collections=(office.collection,),
        approval_hours=24 * 366, searches_a_day_by_person=100_000, searches_a_day_in_case=100_000,
        searches_a_day_of_collection=99_999, searches_a_day=99_999,
    )  # fmt: skip
    office.ask(wire.SetRules(session=office.admin.session, rules=full))
    set_, changed = [entry for entry in office.log() if entry.act.startswith("rules.")][-2:]
    assert set_.facts["searches_a_day"] == 99_999
    assert len(str(changed.facts["fields"]).split()) == 9


def test_a_change_of_every_member_fits_into_its_log_entry(office: Office) -> None:
    case_id = opened_case(office.ask, office.admin.session)
    many = tuple(f"mem_{i:026}" for i in range(100))
    gone = wire.ChangeCase(
        session=office.admin.session, case_id=case_id, remove_members=many, expires_at="2026-03-02", searches_a_day=1
    )
    assert office.ask(gone).case.members == (office.admin.member_id,)


def test_a_case_has_a_hundred_members_at_most(office: Office) -> None:
    case_id = opened_case(office.ask, office.admin.session)
    programs = [
        office.ask(wire.AddProgram(session=office.admin.session, name=f"{i}", roles=(Role.REVIEWER,))).member.member_id
        for i in range(100)
    ]
    first = wire.ChangeCase(session=office.admin.session, case_id=case_id, add_members=tuple(programs[:99]))
    assert len(office.ask(first).case.members) == 100
    one_more = wire.ChangeCase(session=office.admin.session, case_id=case_id, add_members=(programs[99],))
    assert code_of(office.ask, one_more) == "invalid_request"
    assert len(office.ask(wire.ShowCase(session=office.admin.session, case_id=case_id)).case.members) == 100


def test_pages_of_cases_follow_each_other(office: Office) -> None:
    made = [opened_case(office.ask, office.admin.session) for _ in range(5)]
    found, cursor = [], ""
    for _ in range(3):
        page = office.ask(wire.ListCases(session=office.admin.session, limit=2, cursor=cursor))
        found, cursor = [*found, *(one.case_id for one in page.items)], page.next_cursor
    assert (found, cursor) == (made, "")


def test_a_near_probe_in_an_evaluation_collection_is_not_remembered(office: Office) -> None:
    office.collection = office.made("measured", wire.Policy(evaluation=True))
    office.search("")
    office.search("", near(unit("x"), "y", 0.99))
    assert office.counts()["probe_sketches"] == office.counts()["spendings"] == 0


def test_a_database_from_before_there_were_cases_is_brought_up_with_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tuple(step for step in schema.STEPS if step is not schema.cases.SQL)[:2]
    monkeypatch.setattr(database_module, "STEPS", older)
    before = Database(tmp_path / "vault.db", b"k" * 32)
    before.run("INSERT INTO organizations (org_id, name, wrapped_key) VALUES ('org_a', 'One', x'00')")
    before.close()
    monkeypatch.setattr(database_module, "STEPS", schema.STEPS)
    after = Database(tmp_path / "vault.db", b"k" * 32)
    assert after.rows("SELECT name, rules FROM organizations") == [("One", b"\x80")]
    assert [after.rows(f"SELECT * FROM {name}") for name in MINE] == [[]] * len(MINE)
    after.close()
