"""Who is in the organization, who is invited, and who is stopped. Ids of people travel in bodies alone."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, StringConstraints

from facekeep.service import freezes
from facekeep.service import members as verbs
from facekeep.terms import InvitationId, MemberId
from facekeep.web.console.people import MAY_LIST
from facekeep.web.console.posted import Id, Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import Cursor, TheKeep, TheSession

HERE = "/console/organization"
_PAGE = 100
ROLES = ("admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer")

router = APIRouter(include_in_schema=False)
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
RoleName = Literal["admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer"]
Roles = Annotated[list[RoleName], Field(min_length=1, max_length=6)]


class OneMember(Posted):
    """A member."""

    member_id: Id


class RolesOfOne(OneMember):
    """What a member may do from now on."""

    roles: Roles


class NewProgram(Posted):
    """A member that acts by API keys alone."""

    name: Name
    roles: Roles


class OneInvitation(Posted):
    """An open invitation."""

    invitation_id: Id


class OneFreeze(Posted):
    """Something that is stopped."""

    kind: Literal["session", "key", "member", "organization"]
    subject_id: Id


@router.get(HERE, name="console_members")
def show_members(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, cursor: Cursor = ""
) -> Response:
    """Members with their roles, what is frozen and, for an admin, open invitations; others are shown the rules."""
    if not viewer.is_any(*MAY_LIST):
        return go_to(request, HERE + "/rules")
    frozen = freezes.list_freezes(keep, session).items
    invited = verbs.list_invitations(keep, session, cursor="", limit=_PAGE) if viewer.is_any("admin") else None
    return page(
        request,
        "members",
        viewer=viewer,
        roles=ROLES,
        members=verbs.list_members(keep, session, cursor=cursor, limit=_PAGE),
        freezes=frozen,
        frozen={one.subject_id for one in frozen if one.kind == "member"},
        invitations=invited,
    )


@router.post(HERE + "/roles", name="console_set_roles")
def set_roles(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[RolesOfOne, Depends(posted(RolesOfOne))]
) -> Response:
    """Change what a member may do; their sessions end."""
    verbs.set_roles(keep, session, MemberId(body.member_id), body.roles)
    return go_to(request, HERE)


@router.post(HERE + "/programs", name="console_add_program")
def add_program(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[NewProgram, Depends(posted(NewProgram))]
) -> Response:
    """Add a member that is no person."""
    verbs.add_program(keep, session, body.name, body.roles)
    return go_to(request, HERE)


@router.post(HERE + "/remove", name="console_remove_member")
def remove_member(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[OneMember, Depends(posted(OneMember))]
) -> Response:
    """End a membership with its keys and sessions."""
    verbs.remove_member(keep, session, MemberId(body.member_id))
    return go_to(request, HERE)


@router.post(HERE + "/end-sessions", name="console_end_sessions")
def end_sessions(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[OneMember, Depends(posted(OneMember))]
) -> Response:
    """Sign a member out everywhere."""
    verbs.end_sessions(keep, session, MemberId(body.member_id))
    return go_to(request, HERE)


@router.post(HERE + "/freeze", name="console_freeze_member")
def freeze_member(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[OneMember, Depends(posted(OneMember))]
) -> Response:
    """Stop a member at once."""
    freezes.freeze_member(keep, session, MemberId(body.member_id))
    return go_to(request, HERE)


@router.post(HERE + "/lift", name="console_lift_freeze")
def lift_freeze(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[OneFreeze, Depends(posted(OneFreeze))]
) -> Response:
    """Say that something frozen may go on; it does once two people have said so."""
    freezes.lift_freeze(keep, session, kind=body.kind, subject_id=body.subject_id)
    return go_to(request, HERE)


@router.post(HERE + "/withdraw", name="console_withdraw_invitation")
def withdraw_invitation(
    request: Request,
    keep: TheKeep,
    session: TheSession,
    body: Annotated[OneInvitation, Depends(posted(OneInvitation))],
) -> Response:
    """Make an invitation worthless."""
    verbs.withdraw_invitation(keep, session, InvitationId(body.invitation_id))
    return go_to(request, HERE)
