"""Cases, approvals, rules and usage through HTTP and the SDK, on a live keep with real photos."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import httpx
import pytest
from keep_process import KeepProcess
from people import added, signed_in

from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.client import VaultClient
from facekeep_sdk import Client, FacekeepApiError, Photo, Policy, Rules


@pytest.fixture
def sdk(live_keep: KeepProcess) -> Iterator[Client]:
    with Client(live_keep.base_url, live_keep.api_key) as one:
        yield one


@pytest.fixture
def reviewer(live_keep: KeepProcess) -> Iterator[Client]:
    """Another person, who reviews."""
    vault = VaultClient(live_keep.settings.vault_socket)
    admin = signed_in(lambda message: vault.call(message, wire.Message), live_keep.api_key)
    rita = added(lambda message: vault.call(message, wire.Message), admin.session, "Rita", [Role.REVIEWER])
    vault.close()
    with Client(live_keep.base_url, rita.api_key) as one:
        yield one


@pytest.fixture
def gallery(sdk: Client, portrait: bytes) -> str:
    """A watched collection with one face."""
    made = sdk.create_collection(token_hex(8), Policy(approval_required=True, minimum_quality=0))
    assert sdk.enroll(made.collection_id, [Photo(portrait, which_face="main")]).photos[0].faces
    return made.collection_id


@pytest.fixture(scope="session")
def portrait(real_faces) -> bytes:
    return (real_faces / "people" / "Aaron_Peirsol" / "1.jpg").read_bytes()


def code(call, *arguments, **more) -> str:
    with pytest.raises(FacekeepApiError) as caught:
        call(*arguments, **more)
    return caught.value.code


def test_a_case_from_its_opening_to_its_end(sdk: Client) -> None:
    case = sdk.create_case("Missing person", "Missing Persons Act, s. 4", reference="MP-118", searches_a_day=9)
    assert (case.status, case.reference, case.searches_a_day, case.searches_today) == ("open", "MP-118", 9, 0)
    assert case in list(sdk.cases(limit=1))
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
    changed = sdk.change_case(case.case_id, expires_at=later, searches_a_day=4)
    assert datetime.fromisoformat(changed.ends_at) == datetime.fromisoformat(later)
    assert changed.searches_a_day == 4
    assert sdk.close_case(case.case_id).status == "closed"
    assert sdk.case(case.case_id).status == "closed"
    assert code(sdk.close_case, case.case_id) == code(sdk.change_case, case.case_id, expires_at=later) == "case_closed"


def test_members_come_and_go(sdk: Client, reviewer: Client, live_keep: KeepProcess) -> None:
    vault = VaultClient(live_keep.settings.vault_socket)
    admin = signed_in(lambda message: vault.call(message, wire.Message), live_keep.api_key)
    ann = added(lambda message: vault.call(message, wire.Message), admin.session, "Ann", [Role.INVESTIGATOR])
    vault.close()
    case = sdk.create_case("Missing person", "consent")
    with Client(live_keep.base_url, ann.api_key) as other:
        assert code(other.case, case.case_id) == "not_found"
        sdk.change_case_members(case.case_id, add=[ann.member_id])
        assert other.case(case.case_id).members == sdk.case(case.case_id).members
        assert code(other.close_case, case.case_id) == "forbidden"
        sdk.change_case_members(case.case_id, remove=[ann.member_id])
        assert code(other.case, case.case_id) == "not_found"
    assert code(sdk.change_case_members, case.case_id, add=["mem_nobody"]) == "not_found"


def test_the_same_key_opens_one_case_and_asks_once(sdk: Client, gallery: str) -> None:
    key = token_hex(8)
    made = [sdk.create_case("Missing person", "consent", idempotency_key=key) for _ in range(2)]
    assert made[0] == made[1]
    assert code(sdk.create_case, "Family tracing", "consent", idempotency_key=key) == "idempotency_mismatch"
    asked = [sdk.request_approval(made[0].case_id, gallery, idempotency_key=key + "a") for _ in range(2)]
    assert asked[0] == asked[1]
    assert code(sdk.request_approval, made[0].case_id, gallery) == "conflict"


def test_a_search_with_a_second_persons_approval(
    sdk: Client, reviewer: Client, gallery: str, portrait: bytes
) -> None:
    assert code(sdk.search, portrait, [gallery], face_index=0) == "case_needed"
    case = sdk.create_case("Missing person", "consent")
    assert code(sdk.search, portrait, [gallery], face_index=0, case_id=case.case_id) == "approval_needed"
    asked = sdk.request_approval(case.case_id, gallery, reason="seen at the harbour")
    assert code(sdk.decide_approval, asked.approval_id, approved=True) == "forbidden"
    seen = next(one for one in reviewer.approvals() if one.approval_id == asked.approval_id)
    assert (seen.reason, seen.purpose, seen.status) == ("seen at the harbour", "Missing person", "asked")
    assert reviewer.decide_approval(asked.approval_id, approved=True).status == "approved"
    assert sdk.approval(asked.approval_id).status == "approved"
    result = sdk.search(portrait, [gallery], face_index=0, case_id=case.case_id)
    (best,) = result.candidates
    assert sdk.search_by_face(best.face_id, [gallery], case_id=case.case_id).candidates == ()
    assert sdk.verify(portrait, face_id=best.face_id, first_face_index=0, case_id=case.case_id).score is not None
    assert code(sdk.verify, portrait, face_id=best.face_id, first_face_index=0) == "case_needed"
    assert code(sdk.search_by_face, best.face_id, [gallery]) == "case_needed"
    assert sdk.case(case.case_id).searches_today == 3
    assert code(reviewer.search, portrait, [gallery], face_index=0, case_id=case.case_id) == "forbidden"


def test_a_used_up_budget_says_so_and_when_it_returns(
    client: httpx.Client, sdk: Client, new_collection, portrait: bytes
) -> None:
    collection = new_collection(searches_a_day=1)
    query = {"query": json.dumps({"collection_ids": [collection], "face_index": 0})}
    answers = [client.post("/v1/search", data=query, files={"photo": portrait}) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 429], answers[0].text
    told = answers[1].json()
    assert (told["code"], told["exhausted"], told["limit"]) == ("budget_exhausted", "collection", 1)
    returns = datetime.fromisoformat(told["returns_at"])
    assert (returns.hour, returns.minute) == (0, 0)
    wait = int(answers[1].headers["retry-after"])
    assert abs((returns - datetime.now(UTC)).total_seconds() - wait) < 30
    with pytest.raises(FacekeepApiError) as caught:
        sdk.search(portrait, [collection], face_index=0)
    assert caught.value.members["exhausted"] == "collection"


def test_rules_are_set_whole_and_kept(sdk: Client, reviewer: Client) -> None:
    before = sdk.rules()
    try:
        changed = sdk.set_rules(Rules(purposes=("Missing person", "Archive research"), case_days=5))
        assert (changed.purposes, changed.case_days) == (("Missing person", "Archive research"), 5)
        assert changed.searches_a_day == before.searches_a_day
        assert reviewer.rules() == changed
        assert code(sdk.create_case, "Family tracing", "consent") == "invalid_request"
        assert code(reviewer.set_rules, Rules()) == "forbidden"
    finally:
        assert sdk.set_rules(before) == before


def test_wrong_rules_change_nothing(client: httpx.Client) -> None:
    before = client.get("/v1/rules").json()
    for wrong in ({"case_days": 0}, {"purposes": []}, {"searches_a_day": 100_001}, {"unknown": 1}, {"purposes": [""]}):
        assert client.put("/v1/rules", json=wrong).json()["code"] == "invalid_request"
    assert client.put("/v1/rules", json={"approval_collections": ["col_nobody"]}).status_code == 404
    assert client.get("/v1/rules").json() == before


def test_usage_counts_what_was_answered(sdk: Client, new_collection, portrait: bytes) -> None:
    def today():
        days = sdk.usage(first_day=datetime.now(UTC).date().isoformat()).days
        return (days[-1].searches, days[-1].verifications, days[-1].enrollments) if days else (0, 0, 0)

    collection, before = new_collection(minimum_quality=0), today()
    sdk.enroll(collection, [Photo(portrait, which_face="main")])
    sdk.search(portrait, [collection], face_index=0)
    sdk.verify(portrait, portrait, first_face_index=0, second_face_index=0)
    assert tuple(after - then for after, then in zip(today(), before, strict=True)) == (1, 1, 1)
    assert code(sdk.usage, first_day="2020-01-01") == "invalid_request"


def test_whoever_has_no_role_for_it_reads_no_usage(reviewer: Client) -> None:
    assert code(reviewer.usage) == "forbidden"


def test_unknown_cases_and_approvals_are_not_found(client: httpx.Client) -> None:
    for method, path, body in (
        ("GET", "/v1/cases/cas_none", None),
        ("PATCH", "/v1/cases/cas_none", {}),
        ("POST", "/v1/cases/cas_none/members", {}),
        ("POST", "/v1/cases/cas_none/close", None),
        ("GET", "/v1/approvals/apr_none", None),
        ("POST", "/v1/approvals/apr_none/decision", {"approved": True}),
        ("POST", "/v1/approvals", {"case_id": "cas_none", "collection_id": "col_none"}),
    ):
        assert client.request(method, path, json=body).status_code == 404, path
