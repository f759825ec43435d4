"""More searches than a budget allows: by restarting the vault, racing, failing on purpose, moving the probe."""

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from people import Person, added, opened_case, signed_in
from vault_driver import VaultDriver, code_of, near, running_vault, unit

from facekeep.errors import FacekeepError, Refused
from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.client import VaultClient


class Office:
    """A vault, its admin, and an investigator who searches one collection in one case."""

    def __init__(self, vault: VaultDriver, policy: wire.Policy) -> None:
        self.vault = vault
        self.admin = signed_in(self.ask, vault.api_key)
        self.collection = vault.collection("strict", policy)
        vault.enroll(self.collection, {"target": [unit("target")]})
        self.ann = added(self.ask, self.admin.session, "Ann", [Role.INVESTIGATOR])
        self.case_id = opened_case(self.ask, self.ann.session)

    def ask(self, message: wire.Message) -> Any:
        return self.vault.server.call(message, wire.Message)

    def rules(self, **limits: int) -> None:
        self.ask(wire.SetRules(session=self.admin.session, rules=wire.Rules(**limits)))

    def asking(self, who: Person, name: str = "target", case_id: str = "") -> wire.GrantSearch:
        return wire.GrantSearch(
            session=who.session,
            collection_ids=(self.collection,),
            probes=unit(name).tobytes(),
            case_id=case_id or self.case_id,
        )

    def back(self, who: Person) -> Person:
        """Kill the vault, start it again, sign in again."""
        self.vault.kill()
        self.vault.restart()
        self.admin = signed_in(self.ask, self.vault.api_key)
        return signed_in(self.ask, who.api_key)


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_vault(tmp_path_factory.mktemp("vault")) as vault:
        yield Office(vault, wire.Policy())


def refusal(office: Office, message: wire.Message) -> FacekeepError:
    with pytest.raises(Refused) as caught:
        office.ask(message)
    return caught.value


def test_a_restart_buys_nothing(office: Office) -> None:
    office.rules(searches_a_day_by_person=4)
    ann = office.ann
    for _ in range(2):
        office.ask(office.asking(ann))
        office.ask(office.asking(ann))
        ann = office.back(ann)
    assert refusal(office, office.asking(ann)).details["exhausted"] == "person"


def test_the_refusal_says_what_ran_out_and_when_it_returns(office: Office) -> None:
    office.rules(searches_a_day_by_person=1)
    office.ask(office.asking(office.ann))
    error = refusal(office, office.asking(office.ann))
    assert error.code == "budget_exhausted"
    assert {**error.details, "returns_at": ""} == {"exhausted": "person", "limit": 1, "returns_at": ""}
    assert str(error.details["returns_at"]).endswith("T00:00:00.000Z")
    assert str(error.details["returns_at"]) in error.message
    assert [entry.outcome for entry in office.vault.log() if entry.entry == error.entry] == ["budget_exhausted"]


def test_racing_grants_never_pass_the_budget(office: Office) -> None:
    office.rules(searches_a_day_by_person=20, searches_a_day_in_case=17)
    outcomes: list[str] = []

    def storm(number: int) -> None:
        client = VaultClient(office.vault.server._path)
        for turn in range(5):
            try:
                client.call(office.asking(office.ann, f"{number} {turn}"), wire.Grant)
                outcomes.append("granted")
            except FacekeepError as error:
                outcomes.append(str(error.details.get("exhausted", error.code)))
        client.close()

    threads = [threading.Thread(target=storm, args=(number,)) for number in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (outcomes.count("granted"), outcomes.count("case")) == (17, 33)


def test_a_failed_search_gives_nothing_back(office: Office) -> None:
    office.rules(searches_a_day_by_person=3)
    for _ in range(3):
        grant = office.ask(office.asking(office.ann))
        short = wire.OpenSums(session=office.ann.session, grant_id=grant.grant_id, sums=b"")
        assert code_of(office.ask, short) == "invalid_request"
    assert refusal(office, office.asking(office.ann)).code == "budget_exhausted"


def test_a_refused_search_spends_of_no_budget(office: Office) -> None:
    office.rules(searches_a_day_by_person=5, searches_a_day_in_case=2)
    for _ in range(2):
        office.ask(office.asking(office.ann))
    for _ in range(4):
        assert refusal(office, office.asking(office.ann)).details["exhausted"] == "case"
    other = opened_case(office.ask, office.ann.session)
    for _ in range(2):
        office.ask(office.asking(office.ann, case_id=other))
    third = opened_case(office.ask, office.ann.session)
    office.ask(office.asking(office.ann, case_id=third))  # the fifth of this person
    assert refusal(office, office.asking(office.ann, case_id=third)).details["exhausted"] == "person"


def test_several_probes_are_several_searches(office: Office) -> None:
    office.rules(searches_a_day_by_person=10)
    many = wire.GrantSearch(
        session=office.ann.session,
        collection_ids=(office.collection,),
        probes=b"".join(unit(f"p{i}").tobytes() for i in range(11)),
        case_id=office.case_id,
    )
    assert refusal(office, many).code == "budget_exhausted"
    assert office.ask(wire.ShowCase(session=office.ann.session, case_id=office.case_id)).case.searches_today == 0


def test_another_member_cannot_spend_more_than_the_organization_has(office: Office) -> None:
    office.rules(searches_a_day=3)
    for number in range(3):
        ben = added(office.ask, office.admin.session, f"Ben {number}", [Role.INVESTIGATOR])
        office.ask(office.asking(ben, case_id=opened_case(office.ask, ben.session)))
    eve = added(office.ask, office.admin.session, "Eve", [Role.INVESTIGATOR])
    own = opened_case(office.ask, eve.session)
    assert refusal(office, office.asking(eve, case_id=own)).details["exhausted"] == "organization"


def test_a_case_and_a_collection_narrow_the_rules_and_never_widen_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_vault(tmp_path_factory.mktemp("vault")) as vault:
        office = Office(vault, wire.Policy(searches_a_day=2))
        for _ in range(2):
            office.ask(office.asking(office.ann))
        error = refusal(office, office.asking(office.ann))
        assert (error.details["exhausted"], error.details["limit"]) == ("collection", 2)
        narrow = opened_case(office.ask, office.ann.session, searches_a_day=1)
        office.collection = vault.collection("wide", wire.Policy(searches_a_day=100_000))
        office.ask(office.asking(office.ann, case_id=narrow))
        assert refusal(office, office.asking(office.ann, case_id=narrow)).details["exhausted"] == "case"
        office.rules(searches_a_day_of_collection=1)
        error = refusal(office, office.asking(office.ann))
        assert (error.details["exhausted"], error.details["limit"]) == ("collection", 1)


def test_a_campaign_of_moved_probes_is_flagged_for_the_auditor_and_not_for_the_searcher(office: Office) -> None:
    def searched(probe: Any) -> wire.Candidates:
        message = wire.GrantSearch(
            session=office.ann.session,
            collection_ids=(office.collection,),
            probes=probe.tobytes(),
            case_id=office.case_id,
        )
        grant = office.ask(message)
        sums = office.vault.scan(grant).astype("<i4").tobytes()
        return office.ask(wire.OpenSums(session=office.ann.session, grant_id=grant.grant_id, sums=sums))

    start = near(unit("target"), "start", 0.8)
    plain = [searched(unit(f"somebody {i}")) for i in range(5)]
    plain += [searched(start), searched(start)]
    moved = [searched(near(start, f"step {i}", 0.97)) for i in range(10)]
    flags = [entry.facts["near_duplicate"] for entry in office.vault.log() if entry.act == "search.released"]
    assert flags == [False] * 7 + [True] * 10
    sizes = {len(msgspec.msgpack.encode(one.lists)) + len(one.padding) for one in (*plain, *moved)}
    assert len(sizes) == 1, "the size of an answer tells which probes were flagged"
    log = wire.ReadLog(session=office.ann.session)
    assert code_of(office.ask, log) == "forbidden"


def test_an_abandoned_probe_is_remembered_across_a_restart(office: Office) -> None:
    office.ask(office.asking(office.ann, "face"))
    ann = office.back(office.ann)
    moved = wire.GrantSearch(
        session=ann.session,
        collection_ids=(office.collection,),
        probes=near(unit("face"), "moved", 0.98).tobytes(),
        case_id=office.case_id,
    )
    grant = office.ask(moved)
    sums = office.vault.scan(grant).astype("<i4").tobytes()
    office.ask(wire.OpenSums(session=ann.session, grant_id=grant.grant_id, sums=sums))
    office.vault.session = office.admin.session
    released = [entry for entry in office.vault.log() if entry.act == "search.released"]
    assert released[-1].facts["near_duplicate"] is True
