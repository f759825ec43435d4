"""Leads through HTTP: what a searcher, a reviewer and a stranger get, from the search to the verdict."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from customers import Customer, Customers, customers

from facekeep.service import organizations

ROLES = ("investigator", "reviewer", "auditor", "custodian")


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customers]:
    with customers(tmp_path_factory.mktemp("review")) as some:
        yield some


@pytest.fixture(scope="module")
def ours(everybody: Customers) -> Customer:
    return everybody.add()


@pytest.fixture(scope="module")
def gallery(ours: Customer) -> str:
    collection = ours.collection(case_required=True)
    metadata = [{"person_name": "Ada", "source": "the album", "captured_at": "2001", "legal_basis": "consent"}]
    ours.made(
        f"/v1/collections/{collection}/faces",
        data={"metadata": json.dumps(metadata)},
        files=[("photo", ("p", b"the one"))],
    )
    return collection


def as_(ours: Customer, role: str, method: str, path: str, **body: Any) -> httpx.Response:
    return ours.ask(method, path, api_key=ours.key_of(role), **body)


@pytest.fixture
def case_id(ours: Customer) -> str:
    facts = {
        "purpose": "Missing person", "legal_basis": "a test", "members": [ours.member_of(role) for role in ROLES],
    }  # fmt: skip
    return str(ours.made("/v1/cases", json=facts)["case_id"])


def searched(ours: Customer, gallery: str, case_id: str) -> dict[str, Any]:
    query = {"collection_ids": [gallery], "case_id": case_id, "probe_captured_at": "2022"}
    answer = as_(
        ours, "investigator", "POST", "/v1/search",
        data={"query": json.dumps(query)}, files=[("photo", ("p", b"the one"))],
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["candidates"]
    return {**found, "model": answer.json()["model"]}


def test_a_search_in_a_case_states_a_lead_and_hides_who_it_is(ours: Customer, gallery: str, case_id: str) -> None:
    found = searched(ours, gallery, case_id)
    assert found["lead_id"].startswith("lea_")
    assert (found["revealed"], found["person_name"], found["source"], found["legal_basis"]) == (False, None, None, None)
    assert (found["captured_at"], found["years_apart"], found["quality"]) == ("2001", 21.0, 90)
    assert found["score"] > 0.9
    assert found["meaning"]
    assert found["model"]


def test_two_people_decide_and_the_second_does_so_blind(ours: Customer, gallery: str, case_id: str) -> None:
    lead_id = searched(ours, gallery, case_id)["lead_id"]
    path = f"/v1/leads/{lead_id}"
    decide = {"json": {"verdict": "same_person", "reason": "the scar over the eye"}}
    first = as_(ours, "investigator", "POST", f"{path}/decisions", **decide)
    assert first.json()["state"] == "waiting_for_second"
    for answer in (
        as_(ours, "reviewer", "GET", path),
        as_(ours, "reviewer", "GET", f"/v1/cases/{case_id}/leads"),
    ):
        assert answer.status_code == 200
        assert "scar" not in answer.text
        (lead,) = answer.json().get("items", [answer.json()])
        assert (lead["score"], lead["one_in"], lead["meaning"], lead["decisions"]) == (None, None, None, [])
        assert (lead["is_blind"], lead["may_decide"], lead["identity"]) == (True, True, None)
        assert (lead["years_apart"], lead["quality"], lead["gallery"]) == (21.0, 90, 1)
    assert as_(ours, "investigator", "POST", f"{path}/decisions", **decide).json()["code"] == "forbidden"
    second = as_(ours, "reviewer", "POST", f"{path}/decisions", **decide).json()
    assert (second["state"], second["verdict"], len(second["decisions"])) == ("agreed", "same_person", 2)
    assert second["score"] > 0.9
    assert as_(ours, "reviewer", "POST", f"{path}/decisions", **decide).status_code == 409


def test_a_reveal_shows_who_it_is_to_whoever_gave_a_reason(ours: Customer, gallery: str, case_id: str) -> None:
    found = searched(ours, gallery, case_id)
    path = f"/v1/leads/{found['lead_id']}"
    assert as_(ours, "investigator", "GET", f"/v1/faces/{found['face_id']}").json()["code"] == "reveal_needed"
    assert as_(ours, "investigator", "GET", f"/v1/persons/{found['person_id']}").json()["code"] == "reveal_needed"
    assert as_(ours, "reviewer", "GET", f"/v1/collections/{gallery}/faces").json()["code"] == "reveal_needed"
    assert as_(ours, "reviewer", "GET", f"/v1/faces/{found['face_id']}/crop").status_code == 200
    for reason in ("", " ", None):
        refused = as_(ours, "investigator", "POST", f"{path}/reveal", json={"reason": reason})
        assert refused.status_code == 400
    assert as_(ours, "custodian", "POST", f"{path}/reveal", json={"reason": "r"}).status_code == 403
    shown = as_(ours, "investigator", "POST", f"{path}/reveal", json={"reason": "to ask the family"}).json()
    assert shown["identity"] == {"person_name": "Ada", "source": "the album", "license": "", "legal_basis": "consent"}
    assert as_(ours, "investigator", "GET", f"/v1/faces/{found['face_id']}").json()["person_name"] == "Ada"
    assert as_(ours, "reviewer", "GET", path).json()["identity"] is None
    assert searched(ours, gallery, case_id)["person_name"] == "Ada"


def test_the_case_log_is_for_those_who_read_logs_and_tells_no_decision_before_its_time(
    ours: Customer, gallery: str, case_id: str
) -> None:
    lead_id = searched(ours, gallery, case_id)["lead_id"]
    decide = {"json": {"verdict": "cannot_say", "reason": "too dark"}}
    as_(ours, "investigator", "POST", f"/v1/leads/{lead_id}/decisions", **decide)
    assert as_(ours, "reviewer", "GET", "/v1/log/entries").status_code == 403
    entries = as_(ours, "auditor", "GET", "/v1/log/entries", params={"limit": 1000}).json()["entries"]
    mine = [one for one in entries if one["facts"].get("lead") == lead_id]
    assert {one["act"] for one in mine} >= {"lead.decide", "lead.decided"}
    assert "cannot_say" not in json.dumps(mine)
    assert "too dark" not in json.dumps(entries)


def test_another_organization_finds_no_lead(
    everybody: Customers, ours: Customer, gallery: str, case_id: str
) -> None:
    lead_id = searched(ours, gallery, case_id)["lead_id"]
    theirs = everybody.add()
    for method, path, body in (
        ("GET", f"/v1/leads/{lead_id}", None),
        ("GET", f"/v1/cases/{case_id}/leads", None),
        ("POST", f"/v1/leads/{lead_id}/decisions", {"verdict": "cannot_say", "reason": "r"}),
        ("POST", f"/v1/leads/{lead_id}/reveal", {"reason": "r"}),
    ):
        answer = theirs.ask(method, path, json=body)
        nothing = theirs.ask(method, path.replace(lead_id, "lea_x").replace(case_id, "cas_x"), json=body)
        assert answer.status_code == nothing.status_code == 404
        assert {**answer.json(), "request_id": ""} == {**nothing.json(), "request_id": ""}


def test_an_organization_that_is_shredded_leaves_no_lead(everybody: Customers) -> None:
    theirs = everybody.add()
    collection = theirs.collection(case_required=True)
    theirs.face(collection, photo="somebody")
    case_id = theirs.made("/v1/cases", json={"purpose": "Missing person", "legal_basis": "t"})["case_id"]
    query = {"data": {"query": json.dumps({"collection_ids": [collection], "case_id": case_id})}}
    (found,) = theirs.made("/v1/search", **query, files=[("photo", ("p", b"somebody"))])["candidates"]
    theirs.made(f"/v1/leads/{found['lead_id']}/reveal", json={"reason": "r"})
    organizations.shred_organization(everybody.keep.settings, theirs.organization_id, expected_name=theirs.name)
    assert theirs.ask("GET", f"/v1/leads/{found['lead_id']}").status_code == 401
