"""People at the real door of a live keep: they join, sign in, act as themselves, and leave; and strangers do not."""

import json
import socket
import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest
from authenticator import Authenticator, assertion_json, registration_json, unb64
from keep_process import KeepProcess

from facekeep.vault import wire
from facekeep.vault.client import VaultClient
from facekeep.vault.identity import totp
from facekeep.web.door import SIGN_IN_PATHS
from facekeep_sdk import Client, FacekeepApiError, Passkey, Rules, SignedIn

PASSWORD = "correct horse battery staple"


class Desk:
    """Invites people to the live keep, as its first member, and is a browser for them."""

    def __init__(self, keep: KeepProcess) -> None:
        self.keep = keep
        self.vault = VaultClient(keep.settings.vault_socket)
        self.origin = f"http://localhost:{keep.port}"

    def admin(self) -> str:
        return self.vault.call(wire.Authenticate(untrusted_credential=self.keep.api_key), wire.SessionOpened).session

    def invite(self, *roles: str) -> str:
        message = wire.Invite(session=self.admin(), name="Ana Diaz", roles=roles or ("investigator",))
        return self.vault.call(message, wire.Invited).code

    def stranger(self) -> Client:
        return Client(self.keep.base_url, "")

    def person(self, signed_in: SignedIn) -> Client:
        return Client(self.keep.base_url, signed_in.session)

    def join(self, device: Authenticator, *roles: str) -> SignedIn:
        code = self.invite(*roles)
        with self.stranger() as client:
            offer = client.begin_join(code)
            return client.finish_join(code, offer.ticket, "phone", made_by(device, offer.public_key))

    def sign_in(self, device: Authenticator) -> SignedIn:
        with self.stranger() as client:
            asked = client.begin_sign_in()
            return client.finish_sign_in(asked.ticket, signed_by(device, asked.public_key))


def made_by(device: Authenticator, options: dict) -> dict:
    """What a browser does with `parseCreationOptionsFromJSON` and `navigator.credentials.create`."""
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert {"type": "public-key", "alg": device.algorithm} in options["pubKeyCredParams"]
    made = device.register(unb64(options["challenge"]), options["rp"]["id"], unb64(options["user"]["id"]))
    return registration_json(made)


def signed_by(device: Authenticator, options: dict) -> dict:
    """The same with `navigator.credentials.get`."""
    assert options["userVerification"] == "required"
    return assertion_json(device.sign(unb64(options["challenge"]), options["rpId"]))


@pytest.fixture
def desk(live_keep: KeepProcess) -> Iterator[Desk]:
    one = Desk(live_keep)
    yield one
    one.vault.close()


@pytest.fixture
def device(desk: Desk) -> Authenticator:
    return Authenticator(origin=desk.origin)


def refusal(call, *arguments, **more) -> FacekeepApiError:
    with pytest.raises(FacekeepApiError) as caught:
        call(*arguments, **more)
    return caught.value


def test_a_person_joins_signs_in_works_and_signs_out(desk, device):
    joined = desk.join(device, "investigator", "custodian")
    signed_in = desk.sign_in(device)
    assert signed_in.organization_id == joined.organization_id
    assert signed_in.memberships[0].roles == ("investigator", "custodian")
    with desk.person(signed_in) as client:
        made = client.create_collection(f"of a person {time.monotonic_ns()}")
        assert client.collection(made.collection_id).name == made.name
        assert refusal(client.set_rules, Rules()).code == "forbidden"
        assert client.memberships() == signed_in.memberships
        assert [one.is_this for one in client.sessions()] == [False, True]
        client.end_other_sessions()
        with desk.person(joined) as elsewhere:
            assert refusal(elsewhere.memberships).code == "unauthenticated"
        client.sign_out()
        assert refusal(client.memberships).status == 401


def test_a_further_passkey_over_http(desk, device):
    with desk.person(desk.join(device)) as client:
        asked = client.begin_passkey()
        assert len(asked.public_key["excludeCredentials"]) == 1
        added = client.finish_passkey(asked.ticket, "laptop", made_by(device, asked.public_key))
        assert isinstance(added, Passkey)
        proof = client.begin_proof()
        assert len(proof.public_key["allowCredentials"]) == 2
        assert client.finish_proof(proof.ticket, signed_by(device, proof.public_key)).entry >= 0
        with desk.person(desk.sign_in(device)) as by_second:
            assert len(by_second.own_credentials().passkeys) == 2
            client.revoke_passkey(added.passkey_id)
            assert refusal(by_second.own_credentials).code == "unauthenticated"


def test_a_password_over_http_where_it_is_allowed(desk):
    admin = Client(desk.keep.base_url, desk.keep.api_key)
    before = admin.rules()
    assert not before.password_sign_in
    assert admin.set_rules(replace(before, password_sign_in=True)).password_sign_in
    try:
        code = desk.invite()
        with desk.stranger() as client:
            offer = client.begin_join(code)
            assert offer.password is not None
            assert offer.password.totp_uri.startswith("otpauth://totp/facekeep:ana.diaz.")
            secret = b32decode(offer.password.totp_secret)
            step = int(time.time() // 30)
            client.join_by_password(code, offer.ticket, PASSWORD, totp.code_at(secret, step - 1))
            handle, now = offer.password.handle, totp.code_at(secret, step)
            signed_in = client.sign_in_by_password(handle, PASSWORD, now)
            replayed = refusal(client.sign_in_by_password, handle, PASSWORD, now)
            unknown = refusal(client.sign_in_by_password, "nobody.aaaaa", PASSWORD, now)
        assert (replayed.status, replayed.code, replayed.message) == (unknown.status, unknown.code, unknown.message)
        with desk.person(signed_in) as client:
            client.change_password("another long password")
            assert client.own_credentials().handle == handle
            again = client.begin_password()
            code = totp.code_at(b32decode(again.password.totp_secret), step)
            assert client.finish_password(again.ticket, "a third long password", code).entry >= 0
    finally:
        admin.set_rules(before)
        admin.close()


def test_an_invitation_is_accepted_by_who_is_signed_in_once(desk, device):
    with desk.person(desk.join(device)) as client:
        assert refusal(client.accept_invitation, desk.invite()).code == "conflict"
        assert refusal(client.accept_invitation, "fi_wrong").code == "unauthenticated"
        assert refusal(client.choose_organization, "org_nobody").code == "not_found"


def test_every_way_to_fail_to_sign_in_has_the_same_bytes(desk, device, stranger):
    desk.join(device)
    unknown, elsewhere = Authenticator(origin=desk.origin), Authenticator(origin="https://evil.example")
    unknown.register(b"x", "localhost", b"acc_nobody")
    elsewhere.passkeys = device.passkeys
    bodies = set()
    for one in (unknown, elsewhere):
        asked = stranger.post("/v1/sign-in/begin").json()
        signed = signed_by(one, asked["public_key"])
        bodies.add(_words(stranger.post("/v1/sign-in/finish", json={"ticket": asked["ticket"], "credential": signed})))
    bodies.add(_words(stranger.post("/v1/join/begin", json={"invitation": "fi_nothing"})))
    for handle in ("nobody.aaaaa", "ana.diaz.aaaaa"):
        told = {"handle": handle, "password": "wrong", "code": "123456"}
        bodies.add(_words(stranger.post("/v1/sign-in/password", json=told)))
    bodies.add(_words(stranger.get("/v1/me/memberships", headers={"Authorization": "Bearer fs_" + "0" * 64})))
    assert len(bodies) == 1


def _words(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    del body["request_id"]
    return answer.status_code, json.dumps(body)


@pytest.mark.parametrize("path", sorted(SIGN_IN_PATHS))
def test_the_open_routes_take_little_and_only_what_they_know(stranger, path):
    stranger.headers["Sec-Fetch-Site"] = "same-origin"  # as scripts of the console ask
    assert stranger.post(path, content=b"x" * 65_537).status_code == 413
    form = stranger.post(path, files={"photo": ("p", b"x" * 200_000)})
    assert form.status_code == 413
    for body in (b"", b"{}", b"[]", b'{"ticket": "\\ud800"}', b"\xff", b'{"unknown": 1}'):
        if path == "/v1/sign-in/begin":
            break
        answer = stranger.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (body, answer.text)
    for method in ("GET", "PUT", "DELETE"):
        assert stranger.request(method, path).status_code == 400
    assert stranger.post(path + "/").status_code == 401
    assert stranger.post(path.upper()).status_code == 401


def test_strangers_who_send_slowly_keep_nobody_from_signing_in(desk, device):
    head = "POST /v1/sign-in/finish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    with ExitStack() as stack:
        for _ in range(30):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", desk.keep.port)))
            slow.sendall(head.encode())
        desk.join(device)
        desk.sign_in(device)


def test_only_these_routes_are_open_to_those_who_sign_in():
    assert {
        "/v1/sign-in/begin", "/v1/sign-in/finish", "/v1/sign-in/password",
        "/v1/join/begin", "/v1/join/finish", "/v1/join/password",
        "/console/sign-in/passkey", "/console/sign-in/password", "/console/join/passkey", "/console/join/password",
    } == SIGN_IN_PATHS  # fmt: skip


@pytest.mark.parametrize("wrong", ["A", "AAAAA", "a+b/", "é", "A" * 1_365])
def test_ids_of_credentials_that_are_no_bytes_are_refused_before_the_vault(stranger, wrong):
    response = {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"}
    credential = {"id": wrong, "type": "public-key", "response": response}
    answer = stranger.post("/v1/sign-in/finish", json={"ticket": "AA", "credential": credential})
    assert answer.status_code == 400, answer.text


def test_the_largest_credential_that_is_taken_reaches_the_vault(stranger):
    response = {
        "clientDataJSON": "A" * 5_460, "authenticatorData": "A" * 5_460, "signature": "A" * 1_364,
        "userHandle": "A" * 84, "more": 1,
    }  # fmt: skip
    credential = {"id": "A" * 1_364, "rawId": "x", "type": "public-key", "response": response, "more": {}}
    answer = stranger.post("/v1/sign-in/finish", json={"ticket": "A" * 84, "credential": credential})
    assert answer.json()["code"] == "unauthenticated"


def test_a_session_of_a_key_never_crosses_the_door(desk, stranger):
    token = desk.admin()
    assert not token.startswith("fs_")
    for credential in (token, f"fs_{token}"):
        answer = stranger.get("/v1/status", headers={"Authorization": f"Bearer {credential}"})
        assert answer.status_code == 401


def test_nothing_of_a_person_is_in_the_servers_lines(desk, device, live_keep):
    joined = desk.join(device)
    with desk.person(joined) as client:
        client.memberships()
        passkey = client.own_credentials().passkeys[0]
    lines = live_keep.log_path.read_text()
    assert "/v1/me/memberships" in lines
    for secret in (joined.session, joined.organization_id, joined.memberships[0].member_id, passkey.passkey_id, "Diaz"):
        assert secret not in lines
