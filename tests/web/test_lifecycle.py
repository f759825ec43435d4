"""A keep whose parts are sealed, killed, overloaded and stopped."""

import json
import socket
from collections.abc import Iterator
from secrets import token_hex

import httpx
import pytest
from keep_process import KeepProcess, running_keep, wait_until

from facekeep.web.door import PLACES_A_THREAD


@pytest.fixture(scope="module")
def keep(tmp_path_factory) -> Iterator[KeepProcess]:
    """A keep that takes two requests at once."""
    with running_keep(tmp_path_factory.mktemp("lifecycle"), toml="workers_threads = 1\n") as one:
        yield one


@pytest.fixture
def client(keep) -> Iterator[httpx.Client]:
    with keep.client() as one:
        yield one


def state(client: httpx.Client) -> str:
    return client.get("/healthz").json()["state"]


def test_a_sealed_vault_is_said_and_nothing_is_opened(keep, client):
    keep.seal()
    assert state(client) == "sealed"
    answer = client.get("/v1/status")
    assert (answer.status_code, answer.json()["code"]) == (503, "vault_sealed")
    assert answer.headers["retry-after"].isdigit()
    keep.unseal()
    assert state(client) == "open"
    assert client.get("/v1/status").status_code == 200


def test_a_killed_vault_is_said_and_a_new_one_is_found_again(keep, client):
    made = client.post("/v1/collections", json={"name": token_hex(8)}).json()["collection_id"]
    keep.kill_vault()
    assert state(client) == "unreachable"
    answer = client.get("/v1/status")
    assert (answer.status_code, answer.json()["code"]) == (503, "vault_unreachable")
    keep.start_vault()
    assert client.get(f"/v1/collections/{made}").status_code == 200


def test_what_was_acknowledged_outlives_kill_9(keep, client):
    collection = client.post("/v1/collections", json={"name": token_hex(8)}).json()["collection_id"]
    person = client.post(f"/v1/collections/{collection}/persons", json={"name": "Ada"}).json()
    keep.restart(kill=True)
    with keep.client() as fresh:
        assert fresh.get(f"/v1/persons/{person['person_id']}").json() == person


def test_too_many_requests_at_once_are_sent_away_and_places_come_free_again(keep, client):
    head = (
        f"POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {keep.api_key}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 100\r\n\r\n--edge\r\n"
    )
    slow = [socket.create_connection(("127.0.0.1", keep.port)) for _ in range(PLACES_A_THREAD)]
    for connection in slow:
        connection.sendall(head.encode())
    wait_until(lambda: client.get("/v1/status").status_code == 503, "never busy", 10)
    answer = client.get("/v1/status")
    assert (answer.json()["code"], answer.headers["retry-after"]) == ("busy", "1")
    assert state(client) == "open"
    for connection in slow:
        connection.close()
    wait_until(lambda: client.get("/v1/status").status_code == 200, "busy for ever", 10)


def test_a_stopped_server_finishes_what_it_began_and_ends_well(keep, client):
    with socket.create_connection(("127.0.0.1", keep.port), timeout=20) as connection:
        body = b'{"name": "%s"}' % token_hex(8).encode()
        head = (
            f"POST /v1/collections HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {keep.api_key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:5])
        wait_until(lambda: client.get("/healthz").status_code == 200, "not serving", 5)
        client.close()
        keep.server.terminate()
        connection.sendall(body[5:])
        assert connection.recv(100).startswith(b"HTTP/1.1 201 ")
    assert keep.stop_server() == 0
    lines = [json.loads(line) for line in keep.log_path.read_text().splitlines()]
    assert lines[-1]["event"] == "stopped"
    keep.start_server()
