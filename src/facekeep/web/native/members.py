"""/v1/me, /v1/members, /v1/invitations, /v1/api-keys

Ids of people and of their keys travel in bodies, never in addresses.
"""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import members as verbs
from facekeep.terms import ApiKeyId, InvitationId, MemberId
from facekeep.web.documented import errors
from facekeep.web.native import member_models as models
from facekeep.web.parsed import Cursor, Limit, TheKeep, TheSession

router = APIRouter(prefix="/v1", tags=["members"])
_CHANGED = errors(Code.NOT_FOUND, Code.PROOF_NEEDED, Code.CONFLICT, Code.DISK_FULL)


@router.get("/me", responses=errors())
def me(keep: TheKeep, session: TheSession) -> models.Myself:
    """Say who you are here, and what you may do."""
    return models.Myself.model_validate(verbs.who_am_i(keep, session))


@router.get("/members", responses=errors())
def list_members(keep: TheKeep, session: TheSession, cursor: Cursor = "", limit: Limit = 100) -> models.Members:
    """List your organization's members, oldest first."""
    return models.Members.model_validate(verbs.list_members(keep, session, cursor=cursor, limit=limit))


@router.post("/members", status_code=201, responses=_CHANGED)
def add_program(keep: TheKeep, session: TheSession, body: models.NewProgram) -> models.Member:
    """Add a program: a member that acts by API keys alone. People are invited."""
    return models.Member.model_validate(verbs.add_program(keep, session, body.name, body.roles))


@router.post("/members/roles", responses=_CHANGED)
def set_roles(keep: TheKeep, session: TheSession, body: models.NewRoles) -> models.Member:
    """Change what a member may do; their sessions end at once."""
    return models.Member.model_validate(verbs.set_roles(keep, session, MemberId(body.member_id), body.roles))


@router.post("/members/remove", responses=_CHANGED)
def remove_member(keep: TheKeep, session: TheSession, body: models.MemberAsked) -> models.Written:
    """End a membership with its keys and sessions, at once."""
    return models.Written.model_validate(verbs.remove_member(keep, session, MemberId(body.member_id)))


@router.post("/members/end-sessions", responses=_CHANGED)
def end_sessions(keep: TheKeep, session: TheSession, body: models.MemberAsked) -> models.Written:
    """End every session of a member, searches under way included."""
    return models.Written.model_validate(verbs.end_sessions(keep, session, MemberId(body.member_id)))


@router.get("/invitations", responses=errors())
def list_invitations(
    keep: TheKeep, session: TheSession, cursor: Cursor = "", limit: Limit = 100
) -> models.Invitations:
    """List open invitations, oldest first."""
    return models.Invitations.model_validate(verbs.list_invitations(keep, session, cursor=cursor, limit=limit))


@router.post("/invitations", status_code=201, responses=_CHANGED)
def invite(keep: TheKeep, session: TheSession, body: models.NewInvitation) -> models.Invited:
    """Invite one person. The code is shown once, and is good once."""
    return models.Invited.model_validate(verbs.invite(keep, session, body.name, body.roles, body.hours))


@router.post("/invitations/withdraw", responses=_CHANGED)
def withdraw_invitation(keep: TheKeep, session: TheSession, body: models.InvitationAsked) -> models.Written:
    """Make an invitation worthless."""
    done = verbs.withdraw_invitation(keep, session, InvitationId(body.invitation_id))
    return models.Written.model_validate(done)


@router.get("/api-keys", responses=errors())
def list_api_keys(keep: TheKeep, session: TheSession, cursor: Cursor = "", limit: Limit = 100) -> models.ApiKeys:
    """List live API keys, oldest first, without their secrets."""
    return models.ApiKeys.model_validate(verbs.list_api_keys(keep, session, cursor=cursor, limit=limit))


@router.post("/api-keys", status_code=201, responses=_CHANGED)
def make_api_key(keep: TheKeep, session: TheSession, body: models.NewApiKey) -> models.ApiKeyMade:
    """Make an API key, shown once: your own, or as an admin anybody's."""
    made = verbs.make_api_key(
        keep,
        session,
        MemberId(body.member_id),
        name=body.name,
        roles=body.roles,
        acts=body.acts,
        collections=body.collections,
        expires_at=body.expires_at or None,
    )
    return models.ApiKeyMade.model_validate(made)


@router.post("/api-keys/revoke", responses=_CHANGED)
def revoke_api_key(keep: TheKeep, session: TheSession, body: models.ApiKeyAsked) -> models.Written:
    """Make an API key worthless at once."""
    return models.Written.model_validate(verbs.revoke_api_key(keep, session, ApiKeyId(body.key_id)))
