"""A search over HTTP releases nothing once what it was asked with is revoked, however late: while the index is scanned.

The vault, the door and the store are real; the search engine calls back in the middle of its scan, which is when the
revocation happens, and then answers as ever.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from authenticator import Authenticator, assertion_json, registration_json, unb64
from customers import Customer, Customers, customers

from facekeep.search.local import LocalSearch
from facekeep.service import organizations

Act = Callable[[], object]


@dataclass
class Bureau:
    """A customer with a face to search by, and somebody who signed in with the first of their two passkeys."""

    everybody: Customers
    ours: Customer
    collection_id: str
    face_id: str
    devices: tuple[Authenticator, Authenticator]
    session: str

    def search(self, credential: str) -> httpx.Response:
        asked = {"collection_ids": [self.collection_id]}
        return self.ours.ask("POST", f"/v1/faces/{self.face_id}/search", api_key=credential, json=asked)

    def did(self, path: str, bearer: str = "", **asked: Any) -> dict[str, Any]:
        answer = self.ours.ask("POST", path, api_key=bearer or self.ours.api_key, json=asked)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def acts(self) -> list[str]:
        entries = self.ours.ask("GET", "/v1/log/entries", params={"limit": 1_000}).json()["entries"]
        return [one["act"] for one in entries]

    def member_id(self, credential: str) -> str:
        return str(self.ours.ask("GET", "/v1/me", api_key=credential).json()["member"]["member_id"])

    def signed_in(self, device: Authenticator) -> str:
        asked = self.did("/v1/sign-in/begin")
        options = asked["public_key"]
        signed = assertion_json(device.sign(unb64(options["challenge"]), options["rpId"]))
        return str(self.did("/v1/sign-in/finish", ticket=asked["ticket"], credential=signed)["session"])


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customers]:
    with customers(tmp_path_factory.mktemp("revoked")) as one:
        yield one


@pytest.fixture
def bureau(everybody: Customers) -> Bureau:
    ours = everybody.add()
    collection = ours.collection(score_floor=-1, evaluation=True)
    faces = [ours.face(collection)["face_id"] for _ in range(2)]
    origin = f"http://localhost:{everybody.process.port}"
    one = Bureau(everybody, ours, collection, faces[0], (Authenticator(origin), Authenticator(origin)), "")
    _join(one)
    one.session = one.signed_in(one.devices[0])
    return one


@pytest.fixture
def meanwhile(everybody: Customers, monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], None]:
    """Says what is done while the next search scans."""

    def arrange(act: Act) -> None:
        scan = LocalSearch.scan

        def interrupted(engine: LocalSearch, *more: Any, **options: Any) -> Any:
            sums = scan(engine, *more, **options)
            act()
            return sums

        monkeypatch.setattr(LocalSearch, "scan", interrupted)

    return arrange


def _join(bureau: Bureau) -> None:
    """A person with two passkeys, each on a device of its own."""
    first, second = bureau.devices
    code = bureau.did("/v1/invitations", name="Ana", roles=["investigator"])["code"]
    offer = bureau.did("/v1/join/begin", invitation=code)
    joined = bureau.did(
        "/v1/join/finish", invitation=code, ticket=offer["ticket"], passkey_name="1", credential=_made(first, offer)
    )
    asked = bureau.did("/v1/me/passkeys/begin", joined["session"])
    made = {"ticket": asked["ticket"], "name": "2", "credential": _made(second, asked)}
    bureau.did("/v1/me/passkeys/finish", joined["session"], **made)


def _made(device: Authenticator, offer: dict[str, Any]) -> dict[str, Any]:
    options = offer["public_key"]
    return registration_json(
        device.register(unb64(options["challenge"]), options["rp"]["id"], unb64(options["user"]["id"]))
    )


def _session_ended(bureau: Bureau) -> tuple[str, Act]:
    return bureau.session, lambda: bureau.ours.ask("DELETE", "/v1/me/session", api_key=bureau.session)


def _sessions_ended_by_an_admin(bureau: Bureau) -> tuple[str, Act]:
    member = bureau.member_id(bureau.session)
    return bureau.session, lambda: bureau.did("/v1/members/end-sessions", member_id=member)


def _member_removed(bureau: Bureau) -> tuple[str, Act]:
    member = bureau.member_id(bureau.session)
    return bureau.session, lambda: bureau.did("/v1/members/remove", member_id=member)


def _other_roles(bureau: Bureau) -> tuple[str, Act]:
    member = bureau.member_id(bureau.session)
    return bureau.session, lambda: bureau.did("/v1/members/roles", member_id=member, roles=["auditor"])


def _api_key_revoked(bureau: Bureau) -> tuple[str, Act]:
    member = bureau.ours.member_of("investigator")
    key = bureau.did("/v1/api-keys", member_id=member, name="another")
    return key["api_key"], lambda: bureau.did("/v1/api-keys/revoke", key_id=key["key_id"])


def _passkey_revoked(bureau: Bureau) -> tuple[str, Act]:
    elsewhere = bureau.signed_in(bureau.devices[1])
    listed = bureau.ours.ask("GET", "/v1/me/passkeys", api_key=elsewhere).json()["passkeys"]
    (first,) = [one["passkey_id"] for one in listed if one["name"] == "1"]
    return bureau.session, lambda: bureau.did("/v1/me/passkeys/revoke", elsewhere, passkey_id=first)


@pytest.mark.parametrize(
    "revocation",
    [_session_ended, _sessions_ended_by_an_admin, _member_removed, _other_roles, _api_key_revoked, _passkey_revoked],
)
def test_a_search_under_way_releases_nothing(
    bureau: Bureau, meanwhile: Callable[[Act], None], revocation: Callable[[Bureau], tuple[str, Act]]
) -> None:
    credential, revoke = revocation(bureau)
    assert len(bureau.search(credential).json()["candidates"]) == 1
    meanwhile(revoke)
    before = bureau.acts().count("search.released")
    answer = bureau.search(credential)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert bureau.face_id not in answer.text
    assert bureau.acts().count("search.released") == before
    assert bureau.search(credential).status_code == 401


def test_a_search_under_way_in_a_shredded_organization_releases_nothing(
    bureau: Bureau, meanwhile: Callable[[Act], None]
) -> None:
    assert len(bureau.search(bureau.session).json()["candidates"]) == 1
    settings, ours = bureau.everybody.keep.settings, bureau.ours
    whole = {"organization_id": ours.organization_id, "expected_name": ours.name}
    meanwhile(lambda: organizations.shred_organization(settings, **whole))
    answer = bureau.search(bureau.session)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "candidates" not in answer.json()
