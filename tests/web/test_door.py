"""The door, tried from outside on a live keep: nobody gets in without a key, and limits hold."""

import json
import socket
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from facekeep.web.door import OPEN_PATHS, SIGN_IN_PATHS

ROUTES = [
    tuple(line.split()[:2])
    for line in (Path(__file__).parents[1] / "contracts" / "routes.txt").read_text().splitlines()
]
CLOSED = [(method, path) for method, path in ROUTES if path not in OPEN_PATHS | SIGN_IN_PATHS]
WRONG_KEYS = [
    "", "Bearer", "Bearer fk wrong", "Bearer fk_wrong", "Basic dXNlcjpwYXNz", "Bearer " + "k" * 5_000, "Bearer \xe9",
]  # fmt: skip
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


def filled(path: str, some_id: str = "fac_nobody") -> str:
    return "/".join(some_id if step.startswith("{") else step for step in path.split("/"))


def without_id(answer: httpx.Response) -> dict:
    body = answer.json()
    assert body.pop("request_id") == answer.headers["x-request-id"]
    return body


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_every_route_refuses_whoever_has_no_key_in_the_same_words(stranger, method, path):
    expected = without_id(stranger.get("/v1/status"))
    for key in WRONG_KEYS:
        headers = {"Authorization": key.encode("latin-1")} if key else {}
        answer = stranger.request(method, filled(path), headers=headers, content=b"{}")
        assert answer.status_code == 401, key
        assert without_id(answer) == expected, key
        assert answer.headers["www-authenticate"] == 'Bearer realm="facekeep"'


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/nothing", "/admin", "/healthz/", "/%2Fhealthz", "/docs/x", "/openapi.json/", "/consoles", "/Console"],
)
def test_paths_that_do_not_exist_look_the_same_to_a_stranger(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert without_id(answer) == without_id(stranger.get("/v1/status"))


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE"])
def test_other_methods_need_a_key_too_and_no_origin_is_ever_allowed(stranger, client, method):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert stranger.request(method, "/v1/status", headers=headers).status_code == 401
    answer = client.request(method, "/v1/status", headers=headers)
    assert answer.status_code == 400
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_only_three_paths_are_open(stranger):
    assert stranger.get("/healthz").json() == {"state": "open"}
    assert stranger.get("/openapi.json").json()["info"]["title"] == "facekeep"
    page = stranger.get("/docs")
    assert "<script" not in page.text
    assert "http" not in page.text.replace("https://", "http").split("<style>")[0]


def test_every_answer_carries_the_security_headers(stranger, client):
    for answer in (stranger.get("/healthz"), stranger.get("/v1/status"), client.get("/v1/status"), client.get("/x")):
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert len(answer.headers["x-request-id"]) == 24
        assert "server" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path in CLOSED if "{" in path])
def test_ids_that_are_not_there_look_alike_whatever_they_look_like(client, method, path):
    ids = ["fac_nobody", "col_" + "a" * 26, "x" * 64, "x" * 65, "x" * 3_000, "%00", "'%20OR%201=1", "..%2f"]
    bodies = []
    for one in ids:
        options = _valid_body(method, path)
        answer = client.request(method, filled(path, one), **options)
        assert answer.status_code == 404, (one, answer.text)
        bodies.append(json.dumps(without_id(answer)))
    assert len(set(bodies)) == 1


_VALID = {
    ("POST", "/v1/leads/{lead_id}/decisions"): {"verdict": "cannot_say", "reason": "r"},
    ("POST", "/v1/leads/{lead_id}/reveal"): {"reason": "r"},
    ("POST", "/v1/collections/{collection_id}/persons"): {"name": "n"},
    ("POST", "/v1/faces/{face_id}/search"): {"collection_ids": ["col_nobody"]},
    ("PATCH", "/v1/cases/{case_id}"): {},
    ("POST", "/v1/cases/{case_id}/members"): {},
    ("POST", "/v1/approvals/{approval_id}/decision"): {"approved": True},
}


def _valid_body(method: str, path: str) -> dict:
    if path.endswith("/faces"):
        return {"data": {"metadata": "[{}]"}, "files": {"photo": ("p", b"not a photo")}} if method == "POST" else {}
    if (method, path) == ("POST", "/v1/cases/{case_id}/standing-searches"):
        query = json.dumps({"collection_ids": ["col_nobody"]})
        return {"data": {"query": query}, "files": {"photo": ("p", b"not a photo")}}
    return {"json": _VALID[method, path]} if (method, path) in _VALID else {}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8470", "evil.example:8470"])
@pytest.mark.parametrize("path", ["/healthz", "/v1/status", "/docs"])
def test_a_page_that_rebound_its_name_finds_nobody(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"


def test_a_declared_length_over_the_limit_is_refused_at_once(client):
    form = {"Content-Type": "multipart/form-data; boundary=edge", "Content-Length": str(10**12)}
    assert _first_line(client, "/v1/search", form) == b"HTTP/1.1 413 "
    assert _first_line(client, "/v1/collections", {"Content-Length": "65537"}) == b"HTTP/1.1 413 "


def test_a_stream_over_the_limit_is_cut_off(client):
    def endless():
        for _ in range(200):
            yield b"x" * 1_000_000

    for path, kind in (("/v1/search", "multipart/form-data; boundary=edge"), ("/v1/collections", "application/json")):
        answer = client.post(path, content=endless(), headers={"Content-Type": kind})
        assert answer.status_code in (400, 413), answer.text
        assert answer.json()["code"] in ("request_too_large", "invalid_request")


def test_a_large_form_without_a_key_is_not_read(stranger):
    answer = stranger.post("/v1/search", files={"photo": ("p", b"x" * 30_000_000)})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"", b"--edge", b"--edge--\r\n", b"\0" * 1_000, b"--edge\r\n\r\n\r\n--edge--",
        b'--edge\r\nContent-Disposition: form-data; name="photo"\r\n\r\nabc',
        b'--edge\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nabc\r\n--edge--\r\n',
        b'--edge\r\nContent-Disposition: form-data; name="query"\r\n\r\n{}\r\n--edge--\r\n',
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/search", "/v1/detect", "/v1/verify"])
def test_garbage_forms_are_refused_as_such(client, path, body):
    answer = client.post(path, content=body, headers={"Content-Type": "multipart/form-data; boundary=edge"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid_request"


def test_a_form_that_stops_half_way_harms_nobody(client):
    for _ in range(20):
        with _connected(client) as connection:
            connection.sendall(_head(client, "/v1/search", {
                "Content-Type": "multipart/form-data; boundary=edge", "Content-Length": "1000"}) + b"--edge\r\n")
    assert client.get("/v1/status").status_code == 200


def test_bytes_that_are_not_http_are_refused(client):
    with _connected(client) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    assert client.get("/v1/status").status_code == 200


def test_a_head_without_end_is_cut_off(client):
    with _connected(client) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 100_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
queries = some.fixed_dictionaries(
    {}, optional=dict.fromkeys(("name", "policy", "collection_ids", "top_k", "score_floor", "box", "extra"), anything)
)
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@relaxed
@given(body=anything | queries)
def test_any_json_is_answered_with_a_clean_no(client, body):
    content = json.dumps(body).encode()
    for path in ("/v1/collections", "/v1/faces/fac_nobody/search", "/v1/collections/col_nobody/persons"):
        answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (201, 400, 404, 409), answer.text
        if answer.status_code != 201:
            assert answer.headers["content-type"] == "application/problem+json"


@relaxed
@given(query=anything | queries, metadata=anything)
def test_any_json_in_a_form_is_answered_with_a_clean_no(client, query, metadata):
    photo = {"photo": ("p", b"")}
    search = client.post("/v1/search", data={"query": json.dumps(query)}, files=photo)
    assert search.status_code in (400, 404), search.text
    enroll = client.post("/v1/collections/col_x/faces", data={"metadata": json.dumps(metadata)}, files=photo)
    assert enroll.status_code in (400, 404), enroll.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"name": "\\ud800"}', b"[" * 50_000, b'{"name": 1e999}', b"NaN", b"{}x"]
)
def test_broken_json_is_refused_without_repeating_it(client, body):
    answer = client.post("/v1/collections", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid_request"
    form = {"query": ("q", body), "photo": ("p", b"")}
    assert client.post("/v1/search", files=form).json()["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["/v1/collections?limit=0", "/v1/collections?limit=1001", "/v1/collections?limit=x",
                                  "/v1/log/entries?start=-1", "/v1/log/proof", "/v1/log/proof?entry=999999999",
                                  "/v1/log/consistency?old_size=5&new_size=2"])  # fmt: skip
def test_wrong_parameters_are_refused(client, path):
    assert client.get(path).status_code in (400, 404), path


def test_the_log_names_nobody_and_nothing(live_keep, client):
    marker = "Zebedee-Quux"
    made = client.post("/v1/collections", json={"name": marker}).json()["collection_id"]
    person = client.post(f"/v1/collections/{made}/persons", json={"name": marker}).json()["person_id"]
    client.get(f"/v1/persons/{person}?{marker}")
    client.get(f"/v1/{marker}", headers={"X-Name": marker})
    client.request(marker, "/v1/status")
    text = live_keep.log_path.read_text()
    for secret in (marker, made, person, live_keep.api_key):
        assert secret not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert "/v1/persons/{person_id}" in [line.get("route") for line in lines]


def _connected(client: httpx.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=20)


def _head(client: httpx.Client, path: str, headers: dict[str, str]) -> bytes:
    all_headers = {"Host": "localhost", "Authorization": client.headers["authorization"], **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in all_headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def _first_line(client: httpx.Client, path: str, headers: dict[str, str]) -> bytes:
    with _connected(client) as connection:
        connection.sendall(_head(client, path, headers))
        return connection.recv(13)
