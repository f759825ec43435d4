"""Members, invitations and API keys over HTTP, in a keep of many organizations."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from customers import ROLES, Customer, Customers, customers

from facekeep.errors import BadInput
from facekeep.service import organizations
from facekeep.service.sessions import open_session
from facekeep.terms import CollectionId
from facekeep.vault import wire


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customers]:
    with customers(tmp_path_factory.mktemp("members")) as one:
        yield one


@pytest.fixture
def ours(everybody: Customers) -> Customer:
    return everybody.add()


def key(ours: Customer, **limits: Any) -> dict[str, Any]:
    return ours.made("/v1/api-keys", json={"member_id": myself(ours)["member"]["member_id"], "name": "k", **limits})


def myself(ours: Customer, api_key: str | None = None) -> dict[str, Any]:
    answer = ours.ask("GET", "/v1/me", api_key=api_key)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def status(ours: Customer, method: str, path: str, api_key: str, **body: Any) -> int:
    return ours.ask(method, path, api_key=api_key, **body).status_code


def test_the_first_admin_is_told_who_they_are(ours: Customer) -> None:
    me = myself(ours)
    assert (me["organization"], me["member"]["name"]) == (ours.name, f"Admin of {ours.name}")
    assert set(me["roles"]) == set(ROLES)
    assert me["acts"] is me["collections"] is None


def test_a_key_for_some_acts_does_those_and_no_others(ours: Customer) -> None:
    narrow = key(ours, acts=["collection.list", "member.self"])["api_key"]
    assert status(ours, "GET", "/v1/collections", narrow) == 200
    assert status(ours, "GET", "/v1/members", narrow) == 403
    assert myself(ours, narrow)["acts"] == ["collection.list", "member.self"]


def test_a_key_for_one_collection_finds_no_other(ours: Customer) -> None:
    mine, other = ours.collection(), ours.collection()
    faces = {one: ours.face(one) for one in (mine, other)}
    narrow = key(ours, collections=[mine])["api_key"]
    listed = ours.ask("GET", "/v1/collections", api_key=narrow).json()["items"]
    assert [one["collection_id"] for one in listed] == [mine]
    for path in (f"/v1/collections/{other}", f"/v1/collections/{other}/faces", f"/v1/faces/{faces[other]['face_id']}"):
        assert status(ours, "GET", path, narrow) == 404
    for path in ("crop", "photo"):
        assert status(ours, "GET", f"/v1/faces/{faces[other]['face_id']}/{path}", narrow) == 404
    assert status(ours, "GET", f"/v1/persons/{faces[other]['person_id']}", narrow) == 404
    assert status(ours, "DELETE", f"/v1/persons/{faces[other]['person_id']}", narrow) == 404
    asked = {"collection_ids": [other]}
    assert status(ours, "POST", f"/v1/faces/{faces[mine]['face_id']}/search", narrow, json=asked) == 404
    assert (
        status(ours, "POST", f"/v1/faces/{faces[mine]['face_id']}/search", narrow, json={"collection_ids": [mine]})
        == 200
    )


def test_a_key_cannot_make_a_wider_one(ours: Customer) -> None:
    mine, other = ours.collection(), ours.collection()
    member = myself(ours)["member"]["member_id"]
    narrow = key(ours, collections=[mine], acts=["key.make", "member.self", "collection.list"])["api_key"]
    asked = {"member_id": member, "name": "k"}
    made = ours.ask("POST", "/v1/api-keys", api_key=narrow, json=asked).json()["api_key"]
    assert myself(ours, made)["collections"] == [mine]
    assert status(ours, "GET", "/v1/members", made) == 403
    assert status(ours, "POST", "/v1/api-keys", narrow, json={**asked, "collections": [other]}) == 404
    auditor = key(ours, roles=["auditor"])["api_key"]
    assert status(ours, "POST", "/v1/api-keys", auditor, json={**asked, "roles": ["admin"]}) == 403


def test_only_an_admin_makes_keys_for_others(ours: Customer) -> None:
    program = ours.made("/v1/members", json={"name": "bot", "roles": ["auditor"]})["member_id"]
    asked = {"member_id": program, "name": "k"}
    assert status(ours, "POST", "/v1/api-keys", ours.key_of("custodian"), json=asked) == 403
    assert status(ours, "POST", "/v1/api-keys", ours.key_of("admin"), json={**asked, "roles": ["admin"]}) == 403
    assert status(ours, "POST", "/v1/api-keys", ours.key_of("admin"), json=asked) == 201


def test_a_key_that_expired_or_was_revoked_is_nobodys(ours: Customer) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    short, other = key(ours, expires_at=soon), key(ours)
    assert status(ours, "GET", "/v1/me", short["api_key"]) == 200
    assert ours.ask("POST", "/v1/api-keys/revoke", json={"key_id": other["key_id"]}).status_code == 200
    unknown = ours.ask("GET", "/v1/me", api_key="fk_" + "a" * 10 + "_" + "a" * 52)
    refused = ours.ask("GET", "/v1/me", api_key=other["api_key"])
    told = [{**one.json(), "request_id": ""} for one in (unknown, refused)]
    assert told[0] == told[1]
    while datetime.now(UTC).isoformat() <= soon:
        pass
    assert status(ours, "GET", "/v1/me", short["api_key"]) == 401
    gone = ours.ask("POST", "/v1/api-keys/revoke", json={"key_id": other["key_id"]})
    assert gone.status_code == 404


def test_keys_are_listed_with_their_limits_and_last_use_and_without_their_secret(ours: Customer) -> None:
    made = key(ours, roles=["auditor"], acts=["log.read"])
    ours.ask("GET", "/v1/log/entries", api_key=made["api_key"])
    listed = ours.ask("GET", "/v1/api-keys").json()["items"]
    (one,) = [one for one in listed if one["key_id"] == made["key_id"]]
    assert (one["roles"], one["acts"], one["used_on"]) == (["auditor"], ["log.read"], str(datetime.now(UTC).date()))
    assert made["api_key"].split("_")[2] not in str(listed)


def test_a_removed_member_is_gone_with_every_key(ours: Customer) -> None:
    bot = ours.key_of("custodian")
    member = myself(ours, bot)["member"]["member_id"]
    assert ours.ask("POST", "/v1/members/remove", json={"member_id": member}).status_code == 200
    assert status(ours, "GET", "/v1/me", bot) == 401
    listed = ours.ask("GET", "/v1/members").json()["items"]
    assert member not in [one["member_id"] for one in listed]
    assert ours.ask("POST", "/v1/members/remove", json={"member_id": member}).status_code == 404


def test_other_roles_hold_for_keys_that_were_made_before(ours: Customer) -> None:
    bot = ours.key_of("custodian")
    member = myself(ours, bot)["member"]["member_id"]
    answer = ours.ask("POST", "/v1/members/roles", json={"member_id": member, "roles": ["auditor"]})
    assert answer.json()["roles"] == ["auditor"]
    assert status(ours, "POST", "/v1/collections", bot, json={"name": "c"}) == 403


def test_an_organization_keeps_an_admin(ours: Customer) -> None:
    me = {"member_id": myself(ours)["member"]["member_id"]}
    for path, body in (("remove", me), ("roles", {**me, "roles": ["auditor"]})):
        assert ours.ask("POST", f"/v1/members/{path}", json=body).status_code == 403
    assert set(myself(ours)["roles"]) == set(ROLES)


def test_pages_of_members_follow_each_other(ours: Customer) -> None:
    for name in "abc":
        ours.made("/v1/members", json={"name": name, "roles": ["auditor"]})
    first = ours.ask("GET", "/v1/members", params={"limit": 3}).json()
    rest = ours.ask("GET", "/v1/members", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [one["name"] for one in (*first["items"], *rest["items"])][1:] == ["a", "b", "c"]
    assert rest["next_cursor"] == ""
    assert ours.ask("GET", "/v1/invitations", params={"cursor": first["next_cursor"]}).status_code == 400


def test_an_invitation_is_listed_until_it_is_withdrawn(ours: Customer) -> None:
    made = ours.made("/v1/invitations", json={"name": "Ana", "roles": ["reviewer"], "hours": 1})
    (listed,) = ours.ask("GET", "/v1/invitations").json()["items"]
    assert (listed["invitation_id"], listed["roles"]) == (made["invitation_id"], ["reviewer"])
    asked = {"invitation_id": made["invitation_id"]}
    assert ours.ask("POST", "/v1/invitations/withdraw", json=asked).status_code == 200
    assert ours.ask("GET", "/v1/invitations").json()["items"] == []
    assert ours.ask("POST", "/v1/invitations/withdraw", json=asked).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "roles": []},
        {"name": "x", "roles": ["king"]},
        {"name": "", "roles": ["auditor"]},
        {"name": "x", "roles": ["auditor"], "hours": 0},
        {"name": "x", "roles": ["auditor"], "hours": 337},
        {"name": "x", "roles": ["auditor"], "more": 1},
    ],
)
def test_an_invitation_that_is_not_valid_is_not_made(ours: Customer, body: dict[str, Any]) -> None:
    assert ours.ask("POST", "/v1/invitations", json=body).status_code == 400
    assert ours.ask("GET", "/v1/invitations").json()["items"] == []


def test_ending_sessions_stops_a_search_that_is_under_way(ours: Customer, everybody: Customers) -> None:
    collection = ours.collection()
    ours.face(collection)
    keep, bot = everybody.keep, ours.key_of("investigator")
    session = open_session(keep, bot)
    probe = keep.faces.analyze([b"photo"], probes=True)[0].faces[0].probe  # type: ignore[union-attr]
    ask = wire.GrantSearch(session=session, collection_ids=(CollectionId(collection),), probes=probe.tobytes())
    grant = keep.vault.call(ask, wire.Grant)
    sums = bytes(4 * sum(block.slots for block in grant.blocks))
    member = myself(ours, bot)["member"]["member_id"]
    assert ours.ask("POST", "/v1/members/end-sessions", json={"member_id": member}).status_code == 200
    with pytest.raises(Exception, match="unauthenticated"):
        keep.vault.call(wire.OpenSums(session=session, grant_id=grant.grant_id, sums=sums), wire.Candidates)


def test_a_shredded_organization_is_nobodys_and_leaves_the_others_alone(everybody: Customers, ours: Customer) -> None:
    theirs = everybody.add()
    for one in (ours, theirs):
        one.face(one.collection())
    settings = everybody.keep.settings
    with pytest.raises(BadInput, match="another name"):
        organizations.shred_organization(settings, theirs.organization_id, expected_name=ours.name)
    organizations.shred_organization(settings, theirs.organization_id, expected_name=theirs.name)
    assert theirs.ask("GET", "/v1/me").status_code == 401
    assert len(ours.ask("GET", "/v1/collections").json()["items"]) == 1
    listed = {one.organization_id: one for one in organizations.organizations(settings)}
    assert theirs.organization_id not in listed
    assert listed[ours.organization_id].members == 1
    with pytest.raises(BadInput, match="no such organization"):
        organizations.shred_organization(settings, theirs.organization_id, expected_name=theirs.name)


def test_two_organizations_cannot_have_one_name(everybody: Customers, ours: Customer) -> None:
    with pytest.raises(BadInput, match="of that name"):
        everybody.add(ours.name)


def test_an_invited_admin_is_awaited(everybody: Customers) -> None:
    settings = everybody.keep.settings
    added = organizations.add_organization(settings, name="By invitation", admin="Ana", is_program=False)
    assert added.invitation.startswith("fi_")
    assert added.api_key == ""
