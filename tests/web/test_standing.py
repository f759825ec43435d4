"""Standing searches and webhooks from the first request to the delivery: real server, real receiver, SDK and CLI."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from keep_process import KeepProcess, running_keep, wait_until
from people import added, signed_in
from receiver import Receiver, running_receiver

from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.client import VaultClient
from facekeep_sdk import Client, FacekeepApiError, Photo, Policy, StandingSearch, verify_webhook

PERSON = "Aaron_Peirsol"
NAME, REASON, SOURCE = "Zdravko Planted", "a planted reason", "a planted source"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running_receiver() as one:
        yield one


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepProcess]:
    """A keep whose operator lists this machine for webhooks."""
    toml = '[webhooks]\nallow_networks = ["127.0.0.0/8"]\ntimeout_s = 2.0\n'
    with running_keep(tmp_path_factory.mktemp("standing"), toml=toml) as one:
        yield one


@pytest.fixture(scope="module")
def reviewer_key(keep: KeepProcess) -> str:
    vault = VaultClient(keep.settings.vault_socket)
    admin = signed_in(lambda message: vault.call(message, wire.Message), keep.api_key)
    rita = added(lambda message: vault.call(message, wire.Message), admin.session, "Rita", [Role.REVIEWER])
    vault.close()
    return rita.api_key


@pytest.fixture
def sdk(keep: KeepProcess) -> Iterator[Client]:
    with Client(keep.base_url, keep.api_key) as one:
        yield one


@pytest.fixture
def reviewer(keep: KeepProcess, reviewer_key: str) -> Iterator[Client]:
    with Client(keep.base_url, reviewer_key) as one:
        yield one


@pytest.fixture(scope="module")
def portraits(real_faces: Path) -> list[bytes]:
    """Two photos of one person, then one of another."""
    own = sorted((real_faces / "people" / PERSON).glob("*.jpg"))[:2]
    other = next(path for path in sorted((real_faces / "people").rglob("*.jpg")) if path.parent.name != PERSON)
    return [path.read_bytes() for path in (*own, other)]


def gallery(sdk: Client) -> str:
    return sdk.create_collection(f"gallery {time.monotonic_ns()}", Policy(minimum_quality=0)).collection_id


def asked(sdk: Client, photo: bytes, collection: str) -> StandingSearch:
    case = sdk.create_case("Missing person", "Missing Persons Act, s. 4")
    return sdk.create_standing_search(case.case_id, photo, [collection], reason=REASON, face_index=0)


def enroll(sdk: Client, collection: str, photo: bytes) -> str:
    known = Photo(photo, person_name=f"{NAME} {time.monotonic_ns()}", source=SOURCE, which_face="largest")
    return sdk.enroll(collection, [known]).photos[0].faces[0].face_id


def test_a_face_enrolled_later_is_told_of_and_listed(
    keep: KeepProcess, sdk: Client, reviewer: Client, receiver: Receiver, portraits: list[bytes]
) -> None:
    secret = sdk.set_webhook(receiver.url()).secret
    receiver.answers.append((503, {}))
    receiver.came.clear()
    collection = gallery(sdk)
    standing = asked(sdk, portraits[0], collection)
    assert standing.status == "waiting"
    with pytest.raises(FacekeepApiError, match="forbidden"):
        sdk.approve_standing_search(standing.standing_id)  # one's own
    assert reviewer.approve_standing_search(standing.standing_id).status == "active"
    enroll(sdk, collection, portraits[2])
    face = enroll(sdk, collection, portraits[1])
    wait_until(lambda: receiver.came, "nothing was delivered", 60)
    (hit,) = list(sdk.hits(standing.standing_id))
    assert (hit.face_id, hit.source, NAME in hit.person_name) == (face, SOURCE, True)
    _, headers, body = receiver.came[0]
    event = verify_webhook(secret, headers["Facekeep-Signature"], body)
    assert (event.standing_id, event.case_id, event.hits) == (standing.standing_id, standing.case_id, 1)
    (webhook,) = sdk.webhooks()
    wait_until(lambda: sdk.webhooks()[0].deliveries[0].last_outcome == "status_503", "no outcome", 20)
    assert webhook.deliveries[0].state == "pending"
    assert sdk.set_webhook(receiver.url()).secret != secret  # which also ends the wait
    sdk.test_webhook(webhook.webhook_id)
    wait_until(lambda: len(receiver.came) >= 3, "not tried again", 60)
    wait_until(lambda: {one.state for one in sdk.webhooks()[0].deliveries} == {"delivered"}, "not settled", 20)
    _nothing_personal(keep, receiver, [face, collection])
    sdk.remove_webhook(webhook.webhook_id)
    assert sdk.webhooks() == ()


def _nothing_personal(keep: KeepProcess, receiver: Receiver, ids: list[str]) -> None:
    """Neither in what was sent, nor in the lines that the server writes about itself."""
    lines = keep.log_path.read_bytes()
    for planted in (NAME, REASON, SOURCE, str(receiver.port), *ids):
        assert planted.encode() not in lines
        assert not any(planted.encode() in body for _, _, body in receiver.came)


def test_a_redirecting_receiver_is_not_followed(
    sdk: Client, receiver: Receiver
) -> None:
    made = sdk.set_webhook(receiver.url(path="/moves")).webhook
    receiver.came.clear()
    receiver.answers.append((307, {"Location": receiver.url(path="/elsewhere")}))
    sdk.test_webhook(made.webhook_id)
    wait_until(lambda: sdk.webhooks()[0].deliveries[0].last_outcome == "status_307", "no outcome", 60)
    assert [path for path, _, _ in receiver.came] == ["/moves"]
    sdk.remove_webhook(made.webhook_id)


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "https://[fd00::1]/", "http://[::ffff:127.0.0.1]:1/"])
def test_an_address_outside_the_listed_networks_is_refused(sdk: Client, url: str) -> None:
    made = sdk.set_webhook(url).webhook
    sdk.test_webhook(made.webhook_id)
    wait_until(lambda: sdk.webhooks()[0].deliveries[0].last_outcome == "address_refused", "no outcome", 60)
    sdk.remove_webhook(made.webhook_id)


@pytest.mark.parametrize("url", ["http://2130706433/", "https://0177.0.0.1/", "ftp://a.example/", "https://u@a.example/"])
def test_an_odd_address_is_not_taken(sdk: Client, url: str) -> None:
    with pytest.raises(FacekeepApiError, match="invalid_request"):
        sdk.set_webhook(url)


def test_a_server_killed_after_the_enrollment_loses_no_hit(
    keep: KeepProcess, sdk: Client, reviewer: Client, portraits: list[bytes]
) -> None:
    collection = gallery(sdk)
    standing = asked(sdk, portraits[0], collection)
    reviewer.approve_standing_search(standing.standing_id)
    face = enroll(sdk, collection, portraits[1])
    keep.restart(kill=True)
    with Client(keep.base_url, keep.api_key) as again:
        wait_until(lambda: [one.face_id for one in again.hits(standing.standing_id)] == [face], "no hit", 60)
        again.forget_face(face)
        assert list(again.hits(standing.standing_id)) == []


def test_the_same_request_sent_twice_makes_one(sdk: Client, portraits: list[bytes]) -> None:
    collection = gallery(sdk)
    case = sdk.create_case("Missing person", "Missing Persons Act, s. 4").case_id
    twice = [
        sdk.create_standing_search(case, portraits[0], [collection], face_index=0, idempotency_key=f"k{case[-20:]}")
        for _ in range(2)
    ]
    assert twice[0].standing_id == twice[1].standing_id
    assert len(list(sdk.standing_searches(case_id=case))) == 1


def test_the_command_line(keep: KeepProcess, sdk: Client, reviewer: Client, real_faces: Path) -> None:
    photo = str(sorted((real_faces / "people" / PERSON).glob("*.jpg"))[0])
    collection = gallery(sdk)
    case = sdk.create_case("Missing person", "Missing Persons Act, s. 4").case_id

    def run(*arguments: str) -> object:
        done = keep.cli(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    made = run("standing", "create", case, photo, collection, "--reason", "why", "--face", "1")
    standing = made["standing_id"]  # type: ignore[index]
    refused = keep.cli("standing", "approve", standing)
    assert refused.returncode != 0
    assert "second person" in refused.stderr
    reviewer.approve_standing_search(standing)
    assert run("standing", "show", standing)["status"] == "active"  # type: ignore[index]
    assert [one["standing_id"] for one in run("standing", "list", "--case", case)] == [standing]  # type: ignore[attr-defined]
    assert run("standing", "hits", standing) == []
    assert run("standing", "end", standing, "--yes")["ended_because"] == "ended"  # type: ignore[index]
    hook = run("webhooks", "set", "https://alerts.example/hook")
    assert hook["secret"].startswith("whsec_")  # type: ignore[index]
    webhook = hook["webhook"]["webhook_id"]  # type: ignore[index]
    assert run("webhooks", "test", webhook)["pending"] >= 1  # type: ignore[index]
    assert [one["webhook_id"] for one in run("webhooks", "list")] == [webhook]  # type: ignore[attr-defined]
    run("webhooks", "remove", webhook, "--yes")
    for plain in (("standing", "list"), ("standing", "hits", standing), ("webhooks", "list")):
        assert keep.cli(*plain).returncode == 0
