"""The server's first seconds."""

import asyncio

import httpx

from facekeep.service.health import VaultClient
from facekeep.web.hosts import allowed_hosts
from facekeep.web.opening import Opening


async def door(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def opening(tmp_path) -> Opening:
    return Opening(VaultClient(tmp_path / "nobody.sock"), allowed_hosts("127.0.0.1", ()))


def client_of(app) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


def test_health_is_told_before_the_keep_is_open(tmp_path):
    async def run():
        async with client_of(opening(tmp_path)) as client:
            answer = await client.get("/healthz")
            assert (answer.status_code, answer.json()) == (200, {"state": "unreachable"})
            assert answer.headers["cache-control"] == "no-store"
            assert (await client.get("/healthz", headers={"Host": "evil.example"})).status_code == 400

    asyncio.run(run())


def test_other_requests_wait_for_the_door(tmp_path):
    async def run():
        app = opening(tmp_path)
        async with client_of(app) as client:
            waiting = asyncio.create_task(client.get("/v1/status"))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            app.opened(door)
            assert (await waiting).status_code == 204
            assert (await client.get("/healthz")).status_code == 204

    asyncio.run(run())


def test_they_do_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("facekeep.web.opening._PATIENCE_S", 0.05)

    async def run():
        async with client_of(opening(tmp_path)) as client:
            answer = await client.get("/v1/status")
            assert (answer.status_code, answer.json()["code"]) == (503, "busy")
            assert answer.headers["retry-after"] == "1"

    asyncio.run(run())
