"""The server's first seconds: /healthz answers from the start, everything else waits until the keep is open.

Models, kernels and the database library take seconds to load; whoever started the server must not take that for a hang.
"""

import asyncio
import json

import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.service.health import VaultClient, vault_state
from facekeep.web.headers import SECURITY_HEADERS, header
from facekeep.web.hosts import check_host
from facekeep.web.problems import answer_to

_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.05
_NO_REQUEST = "0" * 24  # nothing is logged of requests before the door is there


class Opening:
    """An ASGI application that becomes the door once `opened` was called (from any thread)."""

    def __init__(self, vault: VaultClient, allowed: frozenset[str] | None) -> None:
        self._vault = vault
        self._allowed = allowed
        self._door: ASGIApp | None = None

    def opened(self, door: ASGIApp) -> None:
        """Hand every request to `door` from now on."""
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        if self._door is None and scope["path"] == "/healthz":
            await self._health(scope, send)
            return
        door = await self._wait()
        if door is None:
            await _refuse(Unavailable(Code.BUSY, "the keep is still being opened"), send)
        else:
            await door(scope, receive, send)

    async def _health(self, scope: Scope, send: Send) -> None:
        try:
            check_host(header(scope, b"host"), self._allowed)
            state = await anyio.to_thread.run_sync(vault_state, self._vault)
        except FacekeepError as error:
            await _refuse(error, send)
            return
        await _answer(200, ((b"content-type", b"application/json"),), json.dumps({"state": state}).encode(), send)

    async def _wait(self) -> ASGIApp | None:
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while self._door is None and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_EVERY_S)
        return self._door


async def _refuse(error: FacekeepError, send: Send) -> None:
    answer = answer_to(error, _NO_REQUEST)
    await _answer(answer.status, answer.headers, answer.body, send)


async def _answer(status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes, send: Send) -> None:
    own = (*headers, *SECURITY_HEADERS, (b"x-request-id", _NO_REQUEST.encode()))
    await send({"type": "http.response.start", "status": status, "headers": list(own)})
    await send({"type": "http.response.body", "body": body})
