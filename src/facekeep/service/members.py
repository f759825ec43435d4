"""An organization's people, programs, invitations and API keys. The vault decides; codes and keys pass through once."""

from collections.abc import Sequence

from facekeep.service.keep import Keep
from facekeep.terms import ApiKeyId, InvitationId, MemberId, SessionToken
from facekeep.vault.wire import (
    AddProgram,
    ApiKeyMade,
    ApiKeyPage,
    Done,
    EndSessions,
    InvitationPage,
    Invite,
    Invited,
    ListApiKeys,
    ListInvitations,
    ListMembers,
    MakeApiKey,
    MemberPage,
    MemberShown,
    MemberView,
    Myself,
    RemoveMember,
    RevokeApiKey,
    SetRoles,
    WhoAmI,
    WithdrawInvitation,
)


def who_am_i(keep: Keep, session: SessionToken) -> Myself:
    """Who holds this session, and what they may do."""
    return keep.vault.call(WhoAmI(session=session), Myself)


def list_members(keep: Keep, session: SessionToken, *, cursor: str, limit: int) -> MemberPage:
    """Live members after the cursor of the last page."""
    return keep.vault.call(ListMembers(session=session, cursor=cursor, limit=limit), MemberPage)


def add_program(keep: Keep, session: SessionToken, name: str, roles: Sequence[str]) -> MemberView:
    """A member that acts by API keys alone."""
    return keep.vault.call(AddProgram(session=session, name=name, roles=tuple(roles)), MemberShown).member


def set_roles(keep: Keep, session: SessionToken, member_id: MemberId, roles: Sequence[str]) -> MemberView:
    """Change what a member may do. Raises Refused `forbidden` where no admin would be left."""
    message = SetRoles(session=session, member_id=member_id, roles=tuple(roles))
    return keep.vault.call(message, MemberShown).member


def remove_member(keep: Keep, session: SessionToken, member_id: MemberId) -> Done:
    """End a membership with its keys and sessions, at once."""
    return keep.vault.call(RemoveMember(session=session, member_id=member_id), Done)


def end_sessions(keep: Keep, session: SessionToken, member_id: MemberId) -> Done:
    """End every session of a member, searches under way included."""
    return keep.vault.call(EndSessions(session=session, member_id=member_id), Done)


def invite(keep: Keep, session: SessionToken, name: str, roles: Sequence[str], hours: int) -> Invited:
    """A code for one person, good once and for so many hours."""
    return keep.vault.call(Invite(session=session, name=name, roles=tuple(roles), hours=hours), Invited)


def list_invitations(keep: Keep, session: SessionToken, *, cursor: str, limit: int) -> InvitationPage:
    """Open invitations after the cursor of the last page."""
    return keep.vault.call(ListInvitations(session=session, cursor=cursor, limit=limit), InvitationPage)


def withdraw_invitation(keep: Keep, session: SessionToken, invitation_id: InvitationId) -> Done:
    """Make an invitation worthless."""
    return keep.vault.call(WithdrawInvitation(session=session, invitation_id=invitation_id), Done)


def make_api_key(
    keep: Keep,
    session: SessionToken,
    member_id: MemberId,
    *,
    name: str,
    roles: Sequence[str] | None,
    acts: Sequence[str] | None,
    collections: Sequence[str] | None,
    expires_at: str | None,
) -> ApiKeyMade:
    """A new key of a member, no wider than the member and than the key it is made with."""
    message = MakeApiKey(
        session=session,
        member_id=member_id,
        name=name,
        roles=None if roles is None else tuple(roles),
        acts=None if acts is None else tuple(acts),
        collections=None if collections is None else tuple(collections),
        expires_at=expires_at,
    )
    return keep.vault.call(message, ApiKeyMade)


def list_api_keys(keep: Keep, session: SessionToken, *, cursor: str, limit: int) -> ApiKeyPage:
    """Live keys after the cursor of the last page."""
    return keep.vault.call(ListApiKeys(session=session, cursor=cursor, limit=limit), ApiKeyPage)


def revoke_api_key(keep: Keep, session: SessionToken, key_id: ApiKeyId) -> Done:
    """Make a key worthless, and end its sessions."""
    return keep.vault.call(RevokeApiKey(session=session, key_id=key_id), Done)
