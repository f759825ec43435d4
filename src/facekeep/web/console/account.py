"""One's own account: memberships, passkeys, password and sessions. Most of what can be done here needs a proof of
presence, so that the page's script does it over the API."""

from fastapi import APIRouter, Request, Response

from facekeep.service import me
from facekeep.service import own_credentials as credentials
from facekeep.web.console.posted import go_to
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import TheKeep, TheSession

ADDRESS = "/console/account"

router = APIRouter(include_in_schema=False)


@router.get(ADDRESS, name="console_account")
def show_account(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer) -> Response:
    """Who one is here, how one signs in, and where one is signed in."""
    own, sessions = credentials.list_credentials(keep, session), me.list_sessions(keep, session)
    return page(
        request,
        "account",
        viewer=viewer,
        memberships=me.list_memberships(keep, session),
        own=own,
        passkey_names={one.passkey_id: one.name for one in own.passkeys},
        sessions=sessions,
        this=next(one for one in sessions if one.is_this),
    )


@router.post(ADDRESS + "/sessions/end-others", name="console_end_other_sessions")
def end_other_sessions(request: Request, keep: TheKeep, session: TheSession) -> Response:
    """Sign out everywhere else."""
    me.end_other_sessions(keep, session)
    return go_to(request, ADDRESS)
