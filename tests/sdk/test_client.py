"""The client against a real HTTP server on this machine."""

import asyncio
import inspect
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from facekeep_sdk import (
    AsyncClient,
    Box,
    Client,
    FacekeepApiError,
    FacekeepSdkError,
    FacekeepUnreachable,
    Photo,
    Policy,
)
from facekeep_sdk.sending import Retries

KEY = "fk_secret_0123456789"
QUICK = Retries(first_delay_s=0.001, longest_delay_s=0.002)
COLLECTION = {
    "collection_id": "c1",
    "name": "Archive",
    "model": "sface",
    "dimension": 128,
    "policy": {"keep_photos": True, "top_k": 5, "a_later_member": 1},
    "faces": 3,
    "persons": 2,
    "created_at": "2026-03-01T10:00:00Z",
}
FOUND = {"candidates": [], "gallery": 3, "floor": 0.4, "withheld": 1, "entry": 9}


@pytest.fixture
def client(server):
    with Client(server.url, KEY, retries=QUICK) as made:
        yield made


def in_loop(server, action) -> Any:
    async def run() -> Any:
        async with AsyncClient(server.url, KEY, retries=QUICK) as client:
            return await action(client)

    return asyncio.run(run())


def test_key_travels_as_a_header_and_is_never_shown(server, client) -> None:
    server.answer("GET /v1/status", {"state": "open", "trial": True, "model": {"name": "sface"}})
    status = client.status()
    assert (status.state, status.trial, status.model) == ("open", True, {"name": "sface"})
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(client)
    assert KEY not in server.asked[0].path


def test_an_answer_becomes_a_frozen_dataclass_and_later_members_are_ignored(server, client) -> None:
    server.answer("GET /v1/collections/c1", COLLECTION)
    collection = client.collection("c1")
    assert collection.policy == Policy(keep_photos=True, top_k=5)
    with pytest.raises(AttributeError):
        collection.name = "other"


def test_pages_are_followed_to_the_end_by_both_clients(server, client) -> None:
    def answers() -> None:
        server.answers.clear()
        server.answer("GET /v1/collections?limit=2", {"items": [COLLECTION, COLLECTION], "next_cursor": "a b/c"})
        server.answer("GET /v1/collections?limit=2&cursor=a+b%2Fc", {"items": [COLLECTION], "next_cursor": ""})

    answers()
    assert len(list(client.collections(limit=2))) == 3

    async def every(client: AsyncClient) -> list[Any]:
        return [one async for one in client.collections(limit=2)]

    answers()
    assert len(in_loop(server, every)) == 3


def test_log_pages_go_on_from_the_next_start(server, client) -> None:
    entry = {"entry": 4, "at": "2026", "actor": "operator", "act": "search", "outcome": "done", "facts": {"n": 1}}
    server.answer("GET /v1/log/entries?start=0&limit=1", {"entries": [entry], "next_start": 5})
    server.answer("GET /v1/log/entries?start=5&limit=1", {"entries": [{**entry, "entry": 5}], "next_start": None})
    assert [one.entry for one in client.log_entries(limit=1)] == [4, 5]


def test_both_clients_offer_the_same_calls_with_the_same_arguments() -> None:
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert public == {name for name in vars(AsyncClient) if not name.startswith("_")}
    assert {"enroll", "search", "verify", "check_log", "forget_person", "crop", "proof"} <= public
    for name in public - {"close", "send", "check_log", "prove_entry"}:
        mine, other = getattr(Client, name), getattr(AsyncClient, name)
        assert inspect.signature(mine) == inspect.signature(other)
        assert next(iter(inspect.signature(mine).parameters)) == "self"
        assert mine.__doc__


def test_a_problem_becomes_an_error_with_its_members(server, client) -> None:
    faces = [{"box": {"left": 1, "top": 2, "width": 3, "height": 4}}]
    server.refuse("POST /v1/search", "several_faces", status=422, faces=faces, entry=12)
    with pytest.raises(FacekeepApiError) as caught:
        client.search(b"photo", ["c1"])
    error = caught.value
    assert (error.code, error.status, error.entry, error.request_id) == ("several_faces", 422, 12, "r-1")
    assert error.members["faces"] == faces
    assert str(error) == "because of several_faces [several_faces]"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"code": 7, "entry": "x"}', b"\xff"])
def test_any_body_of_a_refusal_becomes_an_error(server, client, body) -> None:
    server.answer("GET /v1/status", body, status=500)
    with pytest.raises(FacekeepApiError) as caught:
        client.status()
    assert (caught.value.code, caught.value.status, caught.value.entry) == ("internal", 500, None)


def test_an_answer_that_is_not_facekeeps_is_said_to_be_so(server, client) -> None:
    server.answer("GET /v1/status", b"<html>hello</html>")
    with pytest.raises(FacekeepUnreachable) as caught:
        client.status()
    assert caught.value.code == "bad_answer"


def test_a_redirect_does_not_carry_the_key_elsewhere(server, client) -> None:
    server.answer("GET /v1/status", {}, status=307, headers={"Location": f"{server.url}/elsewhere"})
    with pytest.raises(FacekeepApiError):
        client.status()
    assert [one.path for one in server.asked] == ["/v1/status"]


def test_a_busy_server_is_asked_again_with_the_same_idempotency_key(server, client) -> None:
    server.refuse("POST /v1/collections", "busy", status=503)
    server.refuse("POST /v1/collections", "store_unavailable", status=503)
    server.answer("POST /v1/collections", COLLECTION)
    assert client.create_collection("Archive", Policy(top_k=7)).collection_id == "c1"
    keys = {one.headers["Idempotency-Key"] for one in server.asked}
    assert (len(server.asked), len(keys)) == (3, 1)
    assert json.loads(server.asked[0].body)["policy"]["top_k"] == 7


def test_a_given_idempotency_key_is_used(server, client) -> None:
    server.answer("POST /v1/collections/c1/faces", {"photos": [], "entry": None})
    client.enroll("c1", [Photo(b"x")], idempotency_key="mine")
    assert server.asked[0].headers["Idempotency-Key"] == "mine"


def test_what_needs_a_person_is_not_tried_again(server, client) -> None:
    server.refuse("GET /v1/status", "vault_sealed", status=503)
    with pytest.raises(FacekeepApiError):
        client.status()
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [503, 0])
def test_a_search_is_never_sent_twice(server, client, status) -> None:
    server.answer("POST /v1/search", {"code": "busy"}, status=status)
    with pytest.raises(FacekeepSdkError):
        client.search(b"photo", ["c1"])
    assert len(server.asked) == 1


def test_a_forget_is_never_sent_twice(server, client) -> None:
    server.answer("DELETE /v1/faces/f1", b"", status=0)
    with pytest.raises(FacekeepUnreachable):
        client.forget_face("f1")
    assert len(server.asked) == 1


def test_retries_are_bounded(server, client) -> None:
    server.refuse("GET /v1/status", "busy", status=503)
    with pytest.raises(FacekeepApiError):
        client.status()
    assert len(server.asked) == QUICK.attempts


def test_a_broken_connection_is_tried_again_where_that_is_safe(server, client) -> None:
    server.answer("GET /v1/status", b"", status=0)
    server.answer("GET /v1/status", {"state": "open"})
    assert client.status().state == "open"
    assert in_loop(server, lambda one: one.status()).state == "open"


def test_nothing_at_the_address_is_unreachable_after_bounded_attempts() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with Client(url, KEY, retries=QUICK) as client, pytest.raises(FacekeepUnreachable) as caught:
            client.search(b"photo", ["c1"])
    assert caught.value.code == "server_unreachable"
    assert url not in caught.value.message


@pytest.mark.parametrize(("attempt", "longest"), [(1, 0.25), (2, 0.5), (3, 1.0)])
def test_delays_grow_and_a_wish_of_the_server_is_heard_within_limits(attempt, longest) -> None:
    import httpx

    from facekeep_sdk import calls

    retries = Retries()
    busy = httpx.Response(503, json={"code": "busy"})
    assert longest / 2 <= retries.delay_s(calls.status(), attempt, busy) <= longest
    patient = httpx.Response(503, json={"code": "busy"}, headers={"Retry-After": "3"})
    assert retries.delay_s(calls.status(), attempt, patient) == 3
    endless = httpx.Response(503, json={"code": "busy"}, headers={"Retry-After": "9999"})
    assert retries.delay_s(calls.status(), attempt, endless) == retries.longest_delay_s


def test_photos_are_sent_from_paths_without_their_file_names(server, client, tmp_path: Path) -> None:
    path = tmp_path / "Ana_Secret_Name.jpg"
    path.write_bytes(b"\xff\xd8 photo bytes")
    server.answer("POST /v1/collections/c1/faces", {
        "photos": [{"photo_name": "p", "faces": [], "refused": {"code": "no_face", "detail": "none"}}], "entry": None,
    })  # fmt: skip
    photo = Photo(path, person_name="Ana", license="CC0", box=Box(1, 2, 3, 4), which_face="largest")
    result = client.enroll("c1", [photo, Photo(b"second", photo_name="two.jpg")])
    assert result.photos[0].refused is not None
    assert result.photos[0].refused.code == "no_face"
    body = server.asked[0].body
    assert b"photo bytes" in body
    assert b"second" in body
    assert b"Ana_Secret_Name" not in body
    metadata = json.loads(body.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])
    assert metadata == [
        {
            "person_name": "Ana",
            "license": "CC0",
            "which_face": "largest",
            "box": {"left": 1, "top": 2, "width": 3, "height": 4},
        },
        {"photo_name": "two.jpg", "which_face": "only"},
    ]


def test_a_path_is_sent_again_whole_when_tried_again(server, client, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"whole photo")
    server.refuse("POST /v1/detect", "busy", status=503)
    server.answer("POST /v1/detect", {"width": 4, "height": 5, "faces": []})
    assert client.detect(path).width == 4
    assert [b"whole photo" in one.body for one in server.asked] == [True, True]
    assert in_loop(server, lambda one: one.detect(path)).height == 5


def test_a_missing_photo_is_said_without_its_path(client, tmp_path: Path) -> None:
    with pytest.raises(FacekeepSdkError) as caught:
        client.detect(tmp_path / "Ana.jpg")
    assert caught.value.code == "photo_unreadable"
    assert "Ana" not in str(caught.value)


def test_an_id_cannot_leave_its_place_in_the_path(server, client) -> None:
    with pytest.raises(FacekeepApiError):
        client.face("../log/checkpoint?x=1")
    assert server.asked[0].path == "/v1/faces/..%2Flog%2Fcheckpoint%3Fx%3D1"


def test_search_sends_the_query_and_returns_candidates(server, client) -> None:
    candidate = {"rank": 1, "face_id": "f", "person_id": "p", "person_name": "Ana", "score": 0.61, "one_in": 9e3}
    server.answer("POST /v1/search", {**FOUND, "candidates": [candidate]})
    result = client.search(b"photo", ["c1", "c2"], top_k=3, score_floor=0.0, face_index=0)
    assert (result.candidates[0].person_name, result.withheld, result.entry) == ("Ana", 1, 9)
    query = json.loads(server.asked[0].body.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])
    assert query == {"collection_ids": ["c1", "c2"], "top_k": 3, "score_floor": 0.0, "face_index": 0}


def test_verify_wants_exactly_one_counterpart(server, client) -> None:
    server.answer("POST /v1/verify", {"score": None, "meaning": "below what is shown", "entry": 1})
    assert client.verify(b"a", b"b").score is None
    assert client.verify(b"a", person_id="p").entry == 1
    for bad in ({}, {"second": b"b", "person_id": "p"}, {"person_id": "p", "face_id": "f"}):
        with pytest.raises(FacekeepSdkError):
            client.verify(b"a", **bad)
    assert len(server.asked) == 2


def test_pictures_are_bytes(server, client) -> None:
    server.answer("GET /v1/faces/f1/crop", b"\xff\xd8jpeg")
    assert client.crop("f1") == b"\xff\xd8jpeg"
