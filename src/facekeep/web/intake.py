"""Taking in request bodies under limits that hold before anything is parsed: bytes, time, and all requests together."""

import asyncio
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope

from facekeep.errors import BadInput, Code, Unavailable
from facekeep.web.headers import header

MAX_SMALL_BODY_BYTES = 65_536  # everything that is no multipart form
MAX_METADATA_BYTES = 262_144
_LONGEST_SILENCE_S = 30.0
_LONGEST_BODY_S = 300.0
_DRAIN_S = 3.0


@dataclass(slots=True)
class Held:
    """How many bytes of bodies all requests hold together. Lives on the event loop, so no lock is needed."""

    limit: int
    now: int = 0


class Intake:
    """One request's body, received under limits.

    Wraps an ASGI `receive`. Guarantees: MUST NOT hand on more than `limit` bytes; MUST NOT wait for ever.
    """

    def __init__(self, receive: Receive, *, limit: int, held: Held, has_body: bool = True) -> None:
        self._receive = receive
        self._limit = limit
        self._held = held
        self._taken = 0
        self._ended = not has_body
        self._deadline = asyncio.get_running_loop().time() + _LONGEST_BODY_S

    async def __call__(self) -> Message:
        """The next message.

        Raises
        ------
        BadInput
            `request_too_large`, or `invalid_request` where the body came too slowly.
        Unavailable
            `busy`: all requests together hold too much.
        """
        if self._ended:
            return {"type": "http.request", "body": b"", "more_body": False}
        message = await self._next()
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
            self._ended = not message.get("more_body", False)
        return message

    async def whole(self) -> bytearray:
        """The whole body at once; for small ones."""
        body = bytearray()
        while not self._ended:
            message = await self()
            if message["type"] == "http.disconnect":
                raise BadInput(Code.INVALID_REQUEST, "the request ended inside its body")
            body += message.get("body", b"")
        return body

    @property
    def ended(self) -> bool:
        """Whether the whole body came in, or there was none."""
        return self._ended

    async def drain(self) -> None:
        """Let the client finish sending, within reason; what it sends is dropped."""
        try:
            async with asyncio.timeout(_DRAIN_S):
                while not self._ended:
                    message = await self._receive()
                    self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        except TimeoutError:
            self._ended = True

    def release(self) -> None:
        """Take this body off the common account."""
        self._held.now -= self._taken
        self._taken = 0

    async def _next(self) -> Message:
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(_LONGEST_SILENCE_S, max(0.0, self._deadline - now))):
                return await self._receive()
        except TimeoutError:
            raise BadInput(Code.INVALID_REQUEST, "the body did not arrive in time") from None

    def _count(self, size: int) -> None:
        self._taken += size
        self._held.now += size
        if self._taken > self._limit:
            raise too_large(self._limit)
        if self._held.now > self._held.limit:
            raise Unavailable(Code.BUSY, "too many large requests at once; try again in a moment")


def has_body(scope: Scope) -> bool:
    """Whether the request announces a body."""
    return header(scope, b"content-length") not in ("", "0") or b"transfer-encoding" in dict(scope["headers"])


def too_large(limit: int) -> BadInput:
    """The error of a body over the limit."""
    return BadInput(Code.REQUEST_TOO_LARGE, f"the request body is over {limit} bytes")


def check_declared_length(scope: Scope, limit: int) -> None:
    """Refuse by the declared length, before a single byte is taken. Raises `request_too_large`, `invalid_request`."""
    declared = header(scope, b"content-length")
    if not declared:
        return
    if not (declared.isascii() and declared.isdigit() and len(declared) < 20):
        raise BadInput(Code.INVALID_REQUEST, "Content-Length is not a number")
    if int(declared) > limit:
        raise too_large(limit)
