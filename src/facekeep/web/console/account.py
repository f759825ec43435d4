"""One's own account: memberships, passkeys, password and sessions. Passkeys are made by the page's script."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import StringConstraints

from facekeep.service import me, members
from facekeep.service import own_credentials as credentials
from facekeep.service.rules import show_rules
from facekeep.web.console.posted import Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import ID_PATTERN, TheKeep, TheSession

ADDRESS = "/console/account"

router = APIRouter(include_in_schema=False)
Password = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=False)]


class PasskeyMeant(Posted):
    """One of one's own passkeys."""

    passkey_id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class PasswordChanged(Posted):
    """Another password."""

    password: Password


class PresenceProven(Posted):
    """One's password and a fresh code."""

    password: Password
    code: Annotated[str, StringConstraints(min_length=1, max_length=16)]


class InvitationGiven(Posted):
    """The code of an invitation, or the link that it came in."""

    invitation: Annotated[str, StringConstraints(min_length=1, max_length=400)]


@router.get(ADDRESS, name="console_account")
def show_account(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer) -> Response:
    """Who one is here, how one signs in, and where one is signed in."""
    own, sessions = credentials.list_credentials(keep, session), me.list_sessions(keep, session)
    return page(
        request,
        "account",
        viewer=viewer,
        myself=members.who_am_i(keep, session).member,
        own=own,
        passkey_names={one.passkey_id: one.name for one in own.passkeys},
        sessions=sessions,
        this=next(one for one in sessions if one.is_this),
        allows_password=show_rules(keep, session).password_sign_in,
    )


@router.post(ADDRESS + "/passkeys/revoke", name="console_revoke_passkey")
def revoke_passkey(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[PasskeyMeant, Depends(posted(PasskeyMeant))]
) -> Response:
    """Make a passkey worthless, with the sessions that it opened."""
    credentials.revoke_passkey(keep, session, body.passkey_id)
    return go_to(request, ADDRESS)


@router.post(ADDRESS + "/password", name="console_change_password")
def change_password(
    request: Request, keep: TheKeep, session: TheSession,
    body: Annotated[PasswordChanged, Depends(posted(PasswordChanged))],
) -> Response:  # fmt: skip
    """Another password; other sessions by password end."""
    credentials.change_password(keep, session, body.password)
    return go_to(request, ADDRESS)


@router.post(ADDRESS + "/proof", name="console_prove_password")
def prove(
    request: Request, keep: TheKeep, session: TheSession,
    body: Annotated[PresenceProven, Depends(posted(PresenceProven))],
) -> Response:  # fmt: skip
    """Prove by password and code that one is there; sensitive acts are open for five minutes."""
    me.prove_password(keep, session, body.password, body.code)
    return go_to(request, ADDRESS)


@router.post(ADDRESS + "/sessions/end-others", name="console_end_other_sessions")
def end_other_sessions(request: Request, keep: TheKeep, session: TheSession) -> Response:
    """Sign out everywhere else."""
    me.end_other_sessions(keep, session)
    return go_to(request, ADDRESS)


@router.post(ADDRESS + "/join", name="console_accept_invitation")
def accept_invitation(
    request: Request, keep: TheKeep, session: TheSession,
    body: Annotated[InvitationGiven, Depends(posted(InvitationGiven))],
) -> Response:  # fmt: skip
    """One more membership of the person who is signed in."""
    me.accept_invitation(keep, session, body.invitation.rpartition("#")[2])
    return go_to(request, ADDRESS)
