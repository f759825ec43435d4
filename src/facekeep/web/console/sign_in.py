"""Signing in and joining. These pages pass the door without a session, and say nothing of anybody."""

import contextlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import StringConstraints

from facekeep.errors import FacekeepError
from facekeep.service import me
from facekeep.service import sign_in as verbs
from facekeep.service.keep import Keep
from facekeep.service.sign_in import SignedIn
from facekeep.terms import SessionToken
from facekeep.web.console.cookie import drop_session, keep_session, session_before
from facekeep.web.console.posted import Id, Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.parsed import TheKeep, TheSession
from facekeep.web.passkey_shapes import AssertionCredential, RegistrationCredential, Short, bytes_of

HOME = "/console"
OPEN_PAGES = frozenset({"/", "/console/sign-in", "/console/join"})
OPEN_POSTS = frozenset({
    "/console/sign-in/passkey", "/console/sign-in/password", "/console/join/passkey", "/console/join/password",
})  # fmt: skip

router = APIRouter(include_in_schema=False)
Next = Annotated[str, StringConstraints(pattern=r"^/console(/[A-Za-z0-9_-]+)*$", max_length=200)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=False)]
Short16 = Annotated[str, StringConstraints(min_length=1, max_length=16)]
Back = Annotated[str, Query(alias="next", max_length=200)]


class ByPasskey(Posted):
    """A signed challenge."""

    ticket: Short
    credential: AssertionCredential
    next: Next = HOME


class ByPassword(Posted):
    """A name, its password, and a fresh code."""

    handle: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    password: Password
    code: Short16
    next: Next = HOME


class JoinedByPasskey(Posted):
    """An invitation, accepted with a new passkey."""

    invitation: Code
    ticket: Short
    passkey_name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    credential: RegistrationCredential


class JoinedByPassword(Posted):
    """An invitation, accepted with a password and the first code of a second factor."""

    invitation: Code
    ticket: Short
    password: Password
    code: Short16


class Chosen(Posted):
    """One of one's own organizations."""

    organization_id: Id


@router.get("/", name="console_root")
def root(request: Request) -> Response:
    """Whoever comes to the keep's address wants the console."""
    return go_to(request, HOME)


@router.get("/console/sign-in", name="console_sign_in")
def show_sign_in(request: Request, untrusted_next: Back = HOME) -> Response:
    """The page to sign in on; `next` is where to go then, if it is one of ours."""
    return page(request, "sign_in", next=_own_page(untrusted_next))


@router.get("/console/join", name="console_join")
def show_join(request: Request) -> Response:
    """The page that a one-time link leads to. The invitation is in the part of the address that is never sent."""
    return page(request, "join")


@router.post("/console/sign-in/passkey", name="console_sign_in_passkey")
def by_passkey(request: Request, keep: TheKeep, body: Annotated[ByPasskey, Depends(posted(ByPasskey))]) -> Response:
    """Sign in with a passkey."""
    signed_in = verbs.finish_sign_in(keep, bytes_of(body.ticket), body.credential.given(), "")
    return _begin(request, keep, signed_in, body.next)


@router.post("/console/sign-in/password", name="console_sign_in_password")
def by_password(request: Request, keep: TheKeep, body: Annotated[ByPassword, Depends(posted(ByPassword))]) -> Response:
    """Sign in with a password and a code."""
    return _begin(request, keep, verbs.sign_in_by_password(keep, body.handle, body.password, body.code, ""), body.next)


@router.post("/console/join/passkey", name="console_join_passkey")
def join_by_passkey(
    request: Request, keep: TheKeep, body: Annotated[JoinedByPasskey, Depends(posted(JoinedByPasskey))]
) -> Response:
    """Accept an invitation with a new passkey, and be signed in."""
    made, ticket = body.credential.given(), bytes_of(body.ticket)
    return _begin(request, keep, verbs.finish_join(keep, body.invitation, ticket, body.passkey_name, made), HOME)


@router.post("/console/join/password", name="console_join_password")
def join_by_password(
    request: Request, keep: TheKeep, body: Annotated[JoinedByPassword, Depends(posted(JoinedByPassword))]
) -> Response:
    """Accept an invitation with a password and a second factor, and be signed in."""
    ticket = bytes_of(body.ticket)
    joined = verbs.finish_join_by_password(keep, body.invitation, ticket, body.password, body.code)
    return _begin(request, keep, joined, HOME)


@router.post("/console/organization/choose", name="console_choose_organization")
def choose_organization(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[Chosen, Depends(posted(Chosen))]
) -> Response:
    """Go on in another organization, in a new session."""
    chosen = me.choose_organization(keep, session, body.organization_id)
    return keep_session(go_to(request, HOME), keep.settings, chosen.session)


@router.post("/console/sign-out", name="console_sign_out")
def sign_out(request: Request, keep: TheKeep, session: TheSession) -> Response:
    """End the session; the browser drops what it kept of every page."""
    me.sign_out(keep, session)
    return drop_session(go_to(request, "/console/sign-in"), keep.settings)


def _begin(request: Request, keep: Keep, signed_in: SignedIn, address: str) -> Response:
    """A session that nobody knew before takes the place of whatever the browser brought along."""
    before = session_before(request.scope, keep.settings)
    if before:
        with contextlib.suppress(FacekeepError):  # it had ended already, or was never one
            me.sign_out(keep, SessionToken(before))
    return keep_session(go_to(request, address), keep.settings, signed_in.session)


def _own_page(untrusted_next: str) -> str:
    try:
        return _Next(next=untrusted_next).next
    except ValueError:
        return HOME


class _Next(Posted):
    next: Next
