"""The one door: every request passes here; what `open_paths` and `SIGN_IN_PATHS` name alone passes without a session.

In this order: request id, host name, concurrency, authentication with the vault by a key or by the console's cookie,
body limits, then the application; at the end a key's session is forgotten, the answer carries the security headers, and
one line is written. There is no way into the application around it, so a new route cannot forget to authenticate. Those
who sign in are not known yet: they have few places and small bodies, and their routes get no session.
"""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facekeep.errors import Code, FacekeepError, Refused, Tampered, Unavailable
from facekeep.service.keep import Keep
from facekeep.service.sessions import end_session, ends_with_request, open_session
from facekeep.settings import HttpSettings, Settings
from facekeep.terms import SessionToken
from facekeep.web.answers import answer_for
from facekeep.web.client_class import client_class
from facekeep.web.console.assets import is_asset
from facekeep.web.console.cookie import is_page, require_own_request, session_in_cookie, takes_cookie
from facekeep.web.console.policy import headers_for
from facekeep.web.console.sign_in import OPEN_PAGES, OPEN_POSTS
from facekeep.web.headers import header
from facekeep.web.hosts import allowed_hosts, check_host
from facekeep.web.intake import MAX_METADATA_BYTES, MAX_SMALL_BODY_BYTES, Held, Intake, check_declared_length, has_body
from facekeep.web.lines import write_failure, write_line

OPEN_PATHS = frozenset({"/healthz"}) | OPEN_PAGES
DESCRIPTION_PATHS = frozenset({"/openapi.json", "/docs"})
SIGN_IN_PATHS = frozenset({
    "/v1/sign-in/begin", "/v1/sign-in/finish", "/v1/sign-in/password",
    "/v1/join/begin", "/v1/join/finish", "/v1/join/password",
}) | OPEN_POSTS  # fmt: skip
_SIGN_INS_AT_ONCE = 6  # whoever is not known yet never takes the places of those who are
_BODIES_AT_ONCE = 4  # of the largest allowed size
PLACES_A_THREAD = 8  # one that waits for a thread costs little
VAULT_THREADS = 8  # for sessions and health alone, so that long searches never starve them
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def open_paths(settings: HttpSettings) -> frozenset[str]:
    """What anybody may ask for: how the keep is, where to sign in and, unless the settings say otherwise, its API."""
    return OPEN_PATHS | DESCRIPTION_PATHS if settings.describe else OPEN_PATHS


@dataclass(slots=True)
class Visit:
    """One request on its way through the door: its id, and what will be written about it."""

    request_id: str
    started: float = field(default_factory=time.monotonic)
    status: int = 0
    failure: BaseException | None = None

    @property
    def milliseconds(self) -> int:
        """Since the request came in."""
        return round((time.monotonic() - self.started) * 1000)


class Door:
    """The ASGI application that guards `app`. `touched` is called after every request."""

    def __init__(self, app: ASGIApp, keep: Keep, *, touched: Callable[[], None]) -> None:
        self._app = app
        self._keep = keep
        self._settings: HttpSettings = keep.settings.http
        self._hosts = allowed_hosts(self._settings.host, self._settings.allowed_hosts)
        self._touched = touched
        self._open_paths = open_paths(self._settings)
        self._inside = 0
        self._signing_in = {True: 0, False: 0}  # by password, and by passkey
        self._held = Held(limit=_BODIES_AT_ONCE * self._settings.max_request_bytes)
        self._vault_threads = anyio.CapacityLimiter(VAULT_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connections are not taken."""
        if scope["type"] == "http":
            anyio.to_thread.current_default_thread_limiter().total_tokens = self._settings.workers_threads
            await self._visit(scope, receive, send)

    async def _visit(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = Visit(secrets.token_hex(12))
        scope.setdefault("state", {})["request_id"] = visit.request_id
        answer = _signed(scope, send, visit)
        limit = _body_limit(scope, self._settings)
        intake = Intake(receive, limit=limit, held=self._held, has_body=has_body(scope))
        try:
            await self._enter(scope, intake, answer, limit)
        except FacekeepError as error:
            visit.failure = error
            await _refuse(scope, error, visit, intake, answer)
        except Exception as error:  # the outermost loop of a request
            visit.failure = error
            await _refuse(scope, Tampered(Code.INTERNAL, ""), visit, intake, answer)
        finally:
            intake.release()
            self._touched()
            _write(scope, visit, every=self._settings.request_lines)
            visit.failure = None

    async def _enter(self, scope: Scope, intake: Intake, send: Send, limit: int) -> None:
        check_host(header(scope, b"host"), self._hosts)
        if scope["path"] in self._open_paths or is_asset(scope["path"]):
            check_declared_length(scope, 0)
            await self._app(scope, _Whole(bytearray()), send)
            return
        if scope["path"] in SIGN_IN_PATHS:
            if is_page(scope["path"]):
                require_own_request(scope)  # nobody is signed in as somebody else by another site
            check_declared_length(scope, limit)
            body = _Whole(await intake.whole())  # before a place is taken: whoever sends slowly holds none
            with self._place_to_sign_in(scope["path"]):
                await self._app(scope, body, send)
            return
        with self._place():
            async with self._session(scope) as session:
                scope["state"]["session"] = session
                check_declared_length(scope, limit)
                await self._app(scope, await _body(scope, intake), send)

    @asynccontextmanager
    async def _session(self, scope: Scope) -> AsyncIterator[SessionToken]:
        """A session at the vault for as long as the request lasts, or the person's own, which outlives it."""
        untrusted_key = _credential(scope, self._keep.settings)
        client = client_class(header(scope, b"user-agent"))
        session = await anyio.to_thread.run_sync(
            open_session, self._keep, untrusted_key, client, limiter=self._vault_threads
        )
        try:
            yield session
        finally:
            if ends_with_request(untrusted_key):
                with anyio.CancelScope(shield=True):
                    await self._end(session)

    async def _end(self, session: SessionToken) -> None:
        """A session that cannot be ended now ends by itself; the answer is not held up for it."""
        try:
            await anyio.to_thread.run_sync(end_session, self._keep, session, limiter=self._vault_threads)
        except FacekeepError as error:
            write_failure("session_not_ended", error)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One request's place among those being served. Raises `busy` where there is none."""
        if self._inside >= PLACES_A_THREAD * self._settings.workers_threads:
            raise Unavailable(Code.BUSY, "too many requests at once; try again in a moment")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @contextmanager
    def _place_to_sign_in(self, path: str) -> Iterator[None]:
        """The same for those who are not known yet. Passwords take long, and never the places of passkeys."""
        by_password = path.endswith("/password")
        if self._signing_in[by_password] >= _SIGN_INS_AT_ONCE:
            raise Unavailable(Code.BUSY, "too many people sign in at once; try again in a moment")
        self._signing_in[by_password] += 1
        try:
            yield
        finally:
            self._signing_in[by_password] -= 1


class _Whole:
    """An ASGI `receive` that hands on a body which was already taken in, once."""

    def __init__(self, body: bytearray) -> None:
        self._body = body

    async def __call__(self) -> Message:
        body, self._body = self._body, bytearray()
        return {"type": "http.request", "body": bytes(body), "more_body": False}


async def _body(scope: Scope, intake: Intake) -> Receive:
    """Forms are streamed to their own parser; everything else is small and taken in here, before it is parsed."""
    return intake if _is_form(scope) else _Whole(await intake.whole())


def _is_form(scope: Scope) -> bool:
    return header(scope, b"content-type").lower().startswith("multipart/form-data")


def _body_limit(scope: Scope, settings: HttpSettings) -> int:
    if not _is_form(scope) or scope["path"] in SIGN_IN_PATHS:
        return MAX_SMALL_BODY_BYTES
    return settings.max_request_bytes + MAX_METADATA_BYTES


def _credential(scope: Scope, settings: Settings) -> str:
    """What says who asks: a header for programs, a cookie for the console's pages and scripts. Never both."""
    if takes_cookie(scope):
        return session_in_cookie(scope, settings)
    return _bearer(scope)


def _bearer(scope: Scope) -> str:
    scheme, _, key = header(scope, b"authorization").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refused(Code.UNAUTHENTICATED, "nothing was given that says who asks")
    return key.strip()


def _signed(scope: Scope, send: Send, visit: Visit) -> Send:
    """A `send` that adds the request id and the security headers to the answer, and notes its status."""

    async def send_signed(message: Message) -> None:
        if message["type"] == "http.response.start":
            visit.status = message["status"]
            own = (*headers_for(scope), (b"x-request-id", visit.request_id.encode()))
            message = {**message, "headers": [*message.get("headers", []), *own]}
        await send(message)

    return send_signed


async def _refuse(scope: Scope, error: FacekeepError, visit: Visit, intake: Intake, send: Send) -> None:
    """Answer with the error, unless an answer has begun.

    What the client is still sending is let through for a moment after the answer, so that it reads the answer and not
    a broken connection; then the connection ends.
    """
    if visit.status:
        return
    answer = answer_for(scope, error, visit.request_id)
    headers = answer.headers if intake.ended else (*answer.headers, (b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    await intake.drain()
    await send({"type": "http.response.body", "body": b""})


def _write(scope: Scope, visit: Visit, *, every: bool) -> None:
    """A line about a request that failed here, and about every one where the settings ask for it."""
    failure = visit.failure or scope["state"].pop("failure", None)
    facts = {
        "request_id": visit.request_id,
        "method": scope["method"] if scope["method"] in _METHODS else "other",
        "route": getattr(scope.get("route"), "path", None),
        "status": visit.status,
        "ms": visit.milliseconds,
    }
    if failure is not None and visit.status >= 500:
        write_failure("request", failure, **facts)
    elif every:
        write_line("request", **facts)
