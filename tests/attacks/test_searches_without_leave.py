"""Searching without a case, in somebody else's, in one that is over, or on one's own approval: nobody gets a grant."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from people import Person, added, another_key, opened_case, signed_in
from vault_driver import VaultDriver, code_of, running_vault, unit

from facekeep.terms import Role
from facekeep.vault import wire

STRICT = wire.Policy()
WATCHED = wire.Policy(approval_required=True)


@dataclass
class Bureau:
    """A vault with an organization: somebody with every role, two investigators, a reviewer, a custodian."""

    vault: VaultDriver
    admin: Person
    ann: Person
    ben: Person
    rita: Person
    collection: str
    watched: str

    def ask(self, message: wire.Message) -> Any:
        return self.vault.server.call(message, wire.Message)

    def grant(self, who: Person, case_id: str = "", *collections: str, only: str | None = None) -> wire.Grant:
        message = wire.GrantSearch(
            session=who.session,
            collection_ids=collections or (self.collection,),
            probes=unit("target").tobytes(),
            case_id=case_id,
            only=only,
        )
        return self.vault.server.call(message, wire.Grant)

    def search(self, who: Person, case_id: str = "", *collections: str) -> int:
        """How many candidates a whole search shows."""
        grant = self.grant(who, case_id, *collections)
        sums = self.vault.scan(grant).astype("<i4").tobytes()
        message = wire.OpenSums(session=who.session, grant_id=grant.grant_id, sums=sums)
        return len(self.vault.server.call(message, wire.Candidates).lists[0].candidates)

    def approved(self, asking: Person, deciding: Person, case_id: str) -> str:
        asked = self.ask(wire.RequestApproval(session=asking.session, case_id=case_id, collection_id=self.watched))
        decide = wire.DecideApproval(
            session=deciding.session, approval_id=asked.approval.approval_id, approved=True
        )
        return str(self.ask(decide).approval.status)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with running_vault(tmp_path_factory.mktemp("vault")) as vault:
        admin = signed_in(lambda message: vault.server.call(message, wire.Message), vault.api_key)
        people = [
            added(lambda message: vault.server.call(message, wire.Message), admin.session, name, roles)
            for name, roles in (
                ("Ann", [Role.INVESTIGATOR]),
                ("Ben", [Role.INVESTIGATOR, Role.REVIEWER]),
                ("Rita", [Role.REVIEWER]),
            )
        ]
        collections = [vault.collection("strict", STRICT), vault.collection("watched", WATCHED)]
        for collection in collections:
            vault.enroll(collection, {"target": [unit("target")]})
        yield Bureau(vault, admin, *people, *collections)


def last(bureau: Bureau, act: str) -> list[wire.LogEntry]:
    return [entry for entry in bureau.vault.log() if entry.act == act]


def test_a_search_without_a_case_is_refused_and_logged(bureau: Bureau) -> None:
    assert code_of(bureau.grant, bureau.ann) == "case_needed"
    assert code_of(bureau.grant, bureau.ann, "", bureau.watched) == "case_needed"
    refused = [entry.outcome for entry in last(bureau, "search.ask")]
    assert refused[-4:] == ["asked", "case_needed", "asked", "case_needed"]


def test_a_search_narrowed_to_one_person_needs_a_case_too(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    grant = bureau.grant(bureau.ann, case_id)
    sums = bureau.vault.scan(grant).astype("<i4").tobytes()
    opened = wire.OpenSums(session=bureau.ann.session, grant_id=grant.grant_id, sums=sums)
    (candidate,) = bureau.vault.server.call(opened, wire.Candidates).lists[0].candidates
    assert code_of(bureau.grant, bureau.ann, only=candidate.place.person_id) == "case_needed"


def test_a_member_of_the_case_searches_and_the_log_names_the_case(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    assert bureau.search(bureau.ann, case_id) == 1
    assert last(bureau, "search.released")[-1].facts["case"] == case_id


def test_another_members_case_is_not_found(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    assert code_of(bureau.grant, bureau.ben, case_id) == "not_found"
    assert code_of(bureau.ask, wire.ShowCase(session=bureau.ben.session, case_id=case_id)) == "not_found"
    assert code_of(bureau.ask, wire.CloseCase(session=bureau.ben.session, case_id=case_id)) == "not_found"
    listed = bureau.ask(wire.ListCases(session=bureau.ben.session)).items
    assert case_id not in [one.case_id for one in listed]


def test_whoever_oversees_a_case_does_not_search_in_it_and_does_not_read_its_reference(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session, reference="MP-118")
    seen = bureau.ask(wire.ShowCase(session=bureau.admin.session, case_id=case_id)).case
    assert (seen.purpose, seen.reference, seen.searches_today) == ("Testing and training", "", None)
    assert bureau.ask(wire.ShowCase(session=bureau.ann.session, case_id=case_id)).case.reference == "MP-118"
    assert code_of(bureau.grant, bureau.admin, case_id) == "not_found"


def test_another_organizations_case_is_not_found_by_anybody(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    made = bureau.vault.operator.call(
        wire.AddOrganization(name="Other", admin="Admin", is_program=True), wire.OrganizationAdded
    )
    stranger = signed_in(bureau.ask, made.api_key)
    for message in (
        wire.ShowCase(session=stranger.session, case_id=case_id),
        wire.ChangeCase(session=stranger.session, case_id=case_id, searches_a_day=1),
        wire.ChangeCase(session=stranger.session, case_id=case_id, add_members=(stranger.member_id,)),
        wire.CloseCase(session=stranger.session, case_id=case_id),
        wire.RequestApproval(session=stranger.session, case_id=case_id, collection_id=bureau.watched),
    ):
        assert code_of(bureau.ask, message) == "not_found"
    own = opened_case(bureau.ask, stranger.session)
    assert code_of(bureau.grant, stranger, own) == "not_found"  # the collection is another's
    outsider = wire.ChangeCase(session=bureau.ann.session, case_id=case_id, add_members=(stranger.member_id,))
    assert code_of(bureau.ask, outsider) == "not_found"
    assert bureau.ask(wire.ListCases(session=stranger.session)).items[0].case_id == own
    assert bureau.ask(wire.ListApprovals(session=stranger.session)).items == ()


def test_an_expired_case_is_closed(bureau: Bureau) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=0.8)).isoformat()
    case_id = opened_case(bureau.ask, bureau.ann.session, expires_at=soon)
    assert bureau.search(bureau.ann, case_id) == 1
    time.sleep(0.9)
    assert code_of(bureau.grant, bureau.ann, case_id) == "case_closed"
    assert bureau.ask(wire.ShowCase(session=bureau.ann.session, case_id=case_id)).case.status == "closed"
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    extend = wire.ChangeCase(session=bureau.ann.session, case_id=case_id, expires_at=later)
    assert code_of(bureau.ask, extend) == "case_closed"


def test_a_closed_case_is_closed_for_searches_under_way_too(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    grant = bureau.grant(bureau.ann, case_id)
    bureau.ask(wire.CloseCase(session=bureau.ann.session, case_id=case_id))
    sums = bureau.vault.scan(grant).astype("<i4").tobytes()
    late = wire.OpenSums(session=bureau.ann.session, grant_id=grant.grant_id, sums=sums)
    assert code_of(bureau.ask, late) == "case_closed"
    assert last(bureau, "search.refused")[-1].outcome == "case_closed"
    assert code_of(bureau.grant, bureau.ann, case_id) == "case_closed"


def test_whoever_was_taken_out_of_a_case_gets_nothing_of_a_search_under_way(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session, members=(bureau.ben.member_id,))
    grant = bureau.grant(bureau.ben, case_id)
    bureau.ask(
        wire.ChangeCase(session=bureau.ann.session, case_id=case_id, remove_members=(bureau.ben.member_id,))
    )
    sums = bureau.vault.scan(grant).astype("<i4").tobytes()
    late = wire.OpenSums(session=bureau.ben.session, grant_id=grant.grant_id, sums=sums)
    assert code_of(bureau.ask, late) == "not_found"


def test_only_its_creator_or_an_admin_changes_a_case(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session, members=(bureau.ben.member_id,))
    for message in (
        wire.ChangeCase(session=bureau.ben.session, case_id=case_id, searches_a_day=1),
        wire.CloseCase(session=bureau.ben.session, case_id=case_id),
    ):
        assert code_of(bureau.ask, message) == "forbidden"
    bureau.ask(wire.ChangeCase(session=bureau.admin.session, case_id=case_id, searches_a_day=3))


def test_a_search_of_a_watched_collection_needs_a_second_person(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    assert code_of(bureau.grant, bureau.ann, case_id, bureau.watched) == "approval_needed"
    assert bureau.approved(bureau.ann, bureau.rita, case_id) == "approved"
    assert bureau.search(bureau.ann, case_id, bureau.watched) == 1
    decided = last(bureau, "approval.decided")[-1]
    assert (decided.facts["case"], decided.facts["approved"]) == (case_id, True)


def test_a_refused_request_opens_nothing(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    request = wire.RequestApproval(session=bureau.ann.session, case_id=case_id, collection_id=bureau.watched)
    asked = bureau.ask(request).approval
    no = wire.DecideApproval(session=bureau.rita.session, approval_id=asked.approval_id, approved=False)
    assert bureau.ask(no).approval.status == "refused"
    yes = wire.DecideApproval(session=bureau.rita.session, approval_id=asked.approval_id, approved=True)
    assert code_of(bureau.ask, yes) == "conflict"
    assert code_of(bureau.grant, bureau.ann, case_id, bureau.watched) == "approval_needed"


def test_an_approval_holds_for_its_case_and_collection_alone(bureau: Bureau) -> None:
    case_id, other = (opened_case(bureau.ask, bureau.ann.session) for _ in range(2))
    bureau.approved(bureau.ann, bureau.rita, case_id)
    assert code_of(bureau.grant, bureau.ann, other, bureau.watched) == "approval_needed"
    rules = bureau.ask(wire.ShowRules(session=bureau.admin.session)).rules
    named = wire.Rules(approval_collections=(bureau.collection,))
    bureau.ask(wire.SetRules(session=bureau.admin.session, rules=named))
    try:
        assert code_of(bureau.grant, bureau.ann, case_id) == "approval_needed"
    finally:
        bureau.ask(wire.SetRules(session=bureau.admin.session, rules=rules))
    assert bureau.search(bureau.ann, case_id) == 1


def test_nobody_approves_their_own_request_by_whatever_key(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ben.session)
    request = wire.RequestApproval(session=bureau.ben.session, case_id=case_id, collection_id=bureau.watched)
    asked = bureau.ask(request).approval
    again = signed_in(bureau.ask, bureau.ben.api_key)
    other = signed_in(bureau.ask, another_key(bureau.ask, bureau.admin.session, bureau.ben.member_id))
    for who in (bureau.ben, again, other):
        own = wire.DecideApproval(session=who.session, approval_id=asked.approval_id, approved=True)
        assert code_of(bureau.ask, own) == "forbidden"
    assert code_of(bureau.grant, bureau.ben, case_id, bureau.watched) == "approval_needed"


def test_whoever_approved_does_not_search_on_their_own_word(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session, members=(bureau.ben.member_id,))
    bureau.approved(bureau.ann, bureau.ben, case_id)
    assert bureau.search(bureau.ann, case_id, bureau.watched) == 1
    assert code_of(bureau.grant, bureau.ben, case_id, bureau.watched) == "approval_needed"


def test_an_investigator_decides_nothing(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ben.session, members=(bureau.ann.member_id,))
    request = wire.RequestApproval(session=bureau.ben.session, case_id=case_id, collection_id=bureau.watched)
    asked = bureau.ask(request).approval
    decide = wire.DecideApproval(session=bureau.ann.session, approval_id=asked.approval_id, approved=True)
    assert code_of(bureau.ask, decide) == "forbidden"


def test_an_approval_does_not_outlive_its_case(bureau: Bureau) -> None:
    case_id = opened_case(bureau.ask, bureau.ann.session)
    request = wire.RequestApproval(session=bureau.ann.session, case_id=case_id, collection_id=bureau.watched)
    asked = bureau.ask(request).approval
    bureau.ask(wire.CloseCase(session=bureau.ann.session, case_id=case_id))
    decide = wire.DecideApproval(session=bureau.rita.session, approval_id=asked.approval_id, approved=True)
    assert code_of(bureau.ask, decide) == "case_closed"


def test_a_purpose_that_is_not_the_organizations_opens_no_case(bureau: Bureau) -> None:
    for facts in (
        {"purpose": "Curiosity"},
        {"expires_at": "2020-01-01"},
        {"expires_at": (datetime.now(UTC) + timedelta(days=91)).isoformat()},
        {"expires_at": "soon"},
    ):
        assert code_of(opened_case, bureau.ask, bureau.ann.session, **facts) == "invalid_request"


def test_a_case_of_no_investigators_is_not_opened(bureau: Bureau) -> None:
    assert code_of(opened_case, bureau.ask, bureau.rita.session) == "forbidden"


def test_an_evaluation_collection_needs_no_case(bureau: Bureau) -> None:
    collection = bureau.vault.collection("measured", wire.Policy(evaluation=True, score_floor=-1.0))
    bureau.vault.enroll(collection, {"target": [unit("target")]})
    assert bureau.search(bureau.ann, "", collection) == 1
    assert code_of(bureau.grant, bureau.ann, "", collection, bureau.collection) == "case_needed"


def test_a_collection_made_before_there_were_cases_asks_for_none() -> None:
    from msgspec import msgpack

    from facekeep.vault.shelf import _policy

    old = msgpack.encode({"keep_photos": True, "top_k": 7})
    assert _policy(old) == wire.Policy(keep_photos=True, top_k=7, case_required=False, reveal_required=False)
    assert _policy(msgpack.encode(wire.Policy())) == wire.Policy()


def test_a_probe_is_not_even_quantized_without_leave(bureau: Bureau) -> None:
    nonsense = wire.GrantSearch(
        session=bureau.ann.session,
        collection_ids=(bureau.collection,),
        probes=np.zeros(128, "<f4").tobytes(),
    )
    assert code_of(bureau.ask, nonsense) == "case_needed"
