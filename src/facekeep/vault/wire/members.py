"""An organization's own people, programs and rules, as its admins see them."""

from typing import Annotated

import msgspec

from facekeep.terms import ApiKeyId, InvitationId, MemberId, OrganizationId, SessionToken
from facekeep.vault.wire.base import Id, Message, Name, Page

Ids = Annotated[tuple[Id, ...], msgspec.Meta(max_length=64)]


class MemberView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member: a person who signs in, or a program with API keys alone."""

    member_id: MemberId
    name: str
    roles: tuple[str, ...]
    is_person: bool
    created_at: str


class InvitationView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An open invitation, without its code."""

    invitation_id: InvitationId
    name: str
    roles: tuple[str, ...]
    invited_by: str
    created_at: str
    expires_at: str


class ApiKeyView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API key, without its secret. None is no limit; `used_on` is the day of its last use, empty if never."""

    key_id: ApiKeyId
    member_id: MemberId
    name: str
    roles: tuple[str, ...] | None
    acts: tuple[str, ...] | None
    collections: tuple[str, ...] | None
    created_at: str
    expires_at: str | None
    used_on: str


class WhoAmI(Message, frozen=True):
    """Who holds this session, and what they may do."""

    session: SessionToken


class Myself(Message, frozen=True):
    """`credential` is what signed in; `acts` and `collections` are the limits of an API key, None where it has none."""

    organization_id: OrganizationId
    organization: str
    member: MemberView
    credential: str
    roles: tuple[str, ...]
    acts: tuple[str, ...] | None
    collections: tuple[str, ...] | None


class ListMembers(Message, frozen=True):
    """Live members of the caller's organization."""

    session: SessionToken
    cursor: str = ""
    limit: Page = 100


class MemberPage(Message, frozen=True):
    """Members and the cursor of the next page, empty at the end."""

    items: tuple[MemberView, ...]
    next_cursor: str = ""


class MemberShown(Message, frozen=True):
    """One member."""

    member: MemberView
    entry: int = -1


class AddProgram(Message, frozen=True):
    """A member that is no person: it acts by API keys alone."""

    session: SessionToken
    name: Name
    roles: Ids


class SetRoles(Message, frozen=True):
    """Change what a member may do; their sessions end at once."""

    session: SessionToken
    member_id: Id
    roles: Ids


class RemoveMember(Message, frozen=True):
    """End a membership with its sessions and API keys, at once."""

    session: SessionToken
    member_id: Id


class EndSessions(Message, frozen=True):
    """End every session of a member at once, searches under way included."""

    session: SessionToken
    member_id: Id


class Invite(Message, frozen=True):
    """A code for one person to become a member, once, within `hours`."""

    session: SessionToken
    name: Name
    roles: Ids
    hours: Annotated[int, msgspec.Meta(ge=1, le=14 * 24)] = 72


class Invited(Message, frozen=True):
    """The code, shown once."""

    invitation_id: InvitationId
    code: str
    entry: int = -1


class ListInvitations(Message, frozen=True):
    """Open invitations of the caller's organization."""

    session: SessionToken
    cursor: str = ""
    limit: Page = 100


class InvitationPage(Message, frozen=True):
    """Invitations and the cursor of the next page."""

    items: tuple[InvitationView, ...]
    next_cursor: str = ""


class WithdrawInvitation(Message, frozen=True):
    """Make an invitation worthless."""

    session: SessionToken
    invitation_id: Id


class MakeApiKey(Message, frozen=True):
    """A new key of a member. None is no limit beyond the member's own; `expires_at` is ISO 8601 in UTC."""

    session: SessionToken
    member_id: Id
    name: Name
    roles: Ids | None = None
    acts: Ids | None = None
    collections: Ids | None = None
    expires_at: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class ApiKeyMade(Message, frozen=True):
    """The key, shown once."""

    key_id: ApiKeyId
    api_key: str
    entry: int = -1


class ListApiKeys(Message, frozen=True):
    """Live API keys of the caller's organization."""

    session: SessionToken
    cursor: str = ""
    limit: Page = 100


class ApiKeyPage(Message, frozen=True):
    """Keys and the cursor of the next page."""

    items: tuple[ApiKeyView, ...]
    next_cursor: str = ""


class RevokeApiKey(Message, frozen=True):
    """Make an API key worthless; its sessions end at once."""

    session: SessionToken
    key_id: Id
