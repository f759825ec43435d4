"""An organization's people and programs: who they are, what they may do, and how that ends."""

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import ApiKeyId, InvitationId, MemberId, OrganizationId, Role
from facekeep.vault import wire
from facekeep.vault.acts.names import ACTS
from facekeep.vault.acts.shared import collection_of
from facekeep.vault.clock import parsed, timestamp
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.identity import Caller, api_keys, callers, invitations, members, organizations, parse_roles
from facekeep.vault.identity.api_keys import Limits
from facekeep.vault.identity.callers import names
from facekeep.vault.identity.invitations import Invitation
from facekeep.vault.identity.members import Member
from facekeep.vault.naming import naming
from facekeep.vault.open_vault import OpenVault


def who_am_i(vault: OpenVault, caller: Caller, _message: wire.WhoAmI) -> wire.Myself:
    """The caller, as the vault sees them."""
    return wire.Myself(
        organization_id=OrganizationId(caller.org_id),
        organization=organizations.name_of(vault.database, caller.org_id),
        member=member_view(members.by_id(vault.database, caller.org_id, caller.member_id)),
        credential=caller.credential,
        roles=names(caller.roles),
        acts=_sorted(caller.acts),
        collections=_sorted(caller.collections),
    )


def list_members(vault: OpenVault, caller: Caller, message: wire.ListMembers) -> wire.MemberPage:
    """A page of members."""
    key = vault.shelf.cursor_key(caller.org_id)
    found = members.page(vault.database, caller.org_id, start_of(key, "members", message.cursor), message.limit)
    more = cursor_after(key, "members", found[-1].number) if len(found) == message.limit else ""
    vault.journal.note_all(caller, naming("members.listed", {}, {"members": [one.member_id for one in found]}))
    return wire.MemberPage(items=tuple(member_view(one) for one in found), next_cursor=more)


def add_program(vault: OpenVault, caller: Caller, message: wire.AddProgram) -> wire.MemberShown:
    """A member without a person behind it."""
    with vault.database.transaction():
        member_id = members.add(vault.database, caller.org_id, message.name, parse_roles(message.roles))
        vault.journal.save_anchor()
    return wire.MemberShown(member=member_view(members.by_id(vault.database, caller.org_id, member_id)))


def set_roles(vault: OpenVault, caller: Caller, message: wire.SetRoles) -> wire.MemberShown:
    """Other roles. Sessions and keys with what they had until now end or shrink at once."""
    with vault.database.transaction():
        members.set_roles(vault.database, caller.org_id, message.member_id, parse_roles(message.roles))
        vault.journal.save_anchor()
    vault.sessions.end_where(lambda one: one.member_id == message.member_id)
    return wire.MemberShown(member=member_view(members.by_id(vault.database, caller.org_id, message.member_id)))


def remove_member(vault: OpenVault, caller: Caller, message: wire.RemoveMember) -> wire.Done:
    """The end of a membership, of its keys and of its sessions."""
    with vault.database.transaction():
        members.remove(vault.database, caller.org_id, message.member_id)
        api_keys.revoke(vault.database, api_keys.live_keys_of(vault.database, message.member_id))
        entry = vault.journal.note(caller, "member.removed", {"member": message.member_id})  # the last admin stays
        vault.journal.save_anchor()
    vault.sessions.end_where(lambda one: one.member_id == message.member_id)
    return wire.Done(entry=entry)


def end_sessions(vault: OpenVault, caller: Caller, message: wire.EndSessions) -> wire.Done:
    """Nothing goes on in this member's name until they sign in again."""
    member = members.by_id(vault.database, caller.org_id, message.member_id)
    ended = vault.sessions.end_where(lambda one: one.member_id == member.member_id)
    return wire.Done(entry=vault.journal.note(caller, "sessions.ended", {"member": member.member_id, "ended": ended}))


def invite(vault: OpenVault, caller: Caller, message: wire.Invite) -> wire.Invited:
    """An invitation code for one person."""
    roles = parse_roles(message.roles)
    with vault.database.transaction():
        made = invitations.make(
            vault.database,
            vault.credential_key,
            caller.org_id,
            message.name,
            roles,
            caller.member_id,
            message.hours,
        )
        vault.journal.save_anchor()
    entry = vault.journal.note(caller, "member.invited", {"invitation": made.name, "roles": callers.written(roles)})
    return wire.Invited(invitation_id=InvitationId(made.name), code=made.text, entry=entry)


def list_invitations(vault: OpenVault, caller: Caller, message: wire.ListInvitations) -> wire.InvitationPage:
    """A page of open invitations."""
    key = vault.shelf.cursor_key(caller.org_id)
    start = start_of(key, "invitations", message.cursor)
    found = invitations.page(vault.database, caller.org_id, start, message.limit)
    more = cursor_after(key, "invitations", found[-1].number) if len(found) == message.limit else ""
    return wire.InvitationPage(items=tuple(_invitation_view(one) for one in found), next_cursor=more)


def withdraw_invitation(vault: OpenVault, caller: Caller, message: wire.WithdrawInvitation) -> wire.Done:
    """An invitation that opens nothing any more."""
    with vault.database.transaction():
        invitations.end(vault.database, caller.org_id, message.invitation_id)
        vault.journal.save_anchor()
    return wire.Done(entry=vault.journal.note(caller, "invitation.withdrawn", {"invitation": message.invitation_id}))


def make_api_key(vault: OpenVault, caller: Caller, message: wire.MakeApiKey) -> wire.ApiKeyMade:
    """A key with at most the roles of its member; one's own, unless one is an admin."""
    member = members.by_id(vault.database, caller.org_id, message.member_id)
    limits = _limits(vault, caller, member, message)
    with vault.database.transaction():
        made = api_keys.issue(vault.database, vault.credential_key, member.member_id, limits)
        vault.journal.save_anchor()
    entry = vault.journal.note(caller, "key.made", {"key": made.name, "member": member.member_id})
    return wire.ApiKeyMade(key_id=ApiKeyId(made.name), api_key=made.text, entry=entry)


def list_api_keys(vault: OpenVault, caller: Caller, message: wire.ListApiKeys) -> wire.ApiKeyPage:
    """A page of live keys."""
    key = vault.shelf.cursor_key(caller.org_id)
    start = start_of(key, "keys", message.cursor)
    found = api_keys.page(vault.database, caller.org_id, start, message.limit)
    more = cursor_after(key, "keys", found[-1].number) if len(found) == message.limit else ""
    return wire.ApiKeyPage(items=tuple(_key_view(one) for one in found), next_cursor=more)


def revoke_api_key(vault: OpenVault, caller: Caller, message: wire.RevokeApiKey) -> wire.Done:
    """A key that opens nothing any more, from now on."""
    found = api_keys.by_id(vault.database, caller.org_id, message.key_id)
    with vault.database.transaction():
        api_keys.revoke(vault.database, [found.key_id])
        vault.journal.save_anchor()
    vault.sessions.end_where(lambda one: one.credential == found.key_id)
    return wire.Done(entry=vault.journal.note(caller, "key.revoked", {"key": found.key_id}))


def member_view(member: Member) -> wire.MemberView:
    """A member on the wire."""
    return wire.MemberView(
        member_id=MemberId(member.member_id),
        name=member.name,
        roles=names(member.roles),
        is_person=member.account_id is not None,
        created_at=member.created_at,
    )


def _limits(vault: OpenVault, caller: Caller, member: Member, message: wire.MakeApiKey) -> Limits:
    """The limits of a new key. A caller with a narrow key cannot make a wider one."""
    if member.member_id != caller.member_id and Role.ADMIN not in caller.roles:
        raise Refused(Code.FORBIDDEN, "only an admin makes keys for others")
    roles = member.roles if message.roles is None else parse_roles(message.roles)
    if not roles <= member.roles or (caller.member_id == member.member_id and not roles <= caller.roles):
        raise Refused(Code.FORBIDDEN, "a key has no role that its member, or the key it was made with, does not have")
    for collection_id in message.collections or ():
        collection_of(vault, caller, collection_id)
    return Limits(
        name=message.name,
        roles=None if message.roles is None else roles,
        acts=_narrowed(_known(message.acts), caller.acts),
        collections=_narrowed(message.collections, caller.collections),
        expires_at=None if message.expires_at is None else _future(message.expires_at),
    )


def _known(acts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The acts, if each is one: a mistyped one would make a key that opens nothing."""
    unknown = set(acts or ()) - ACTS
    if unknown:
        raise BadInput(Code.INVALID_REQUEST, f"there is no act {min(unknown)}; docs/roles.md names them all")
    return acts


def _narrowed(asked: tuple[str, ...] | None, own: frozenset[str] | None) -> frozenset[str] | None:
    """What was asked for, within what the caller's own key is for."""
    if asked is None or own is None:
        return own if asked is None else frozenset(asked)
    return frozenset(asked) & own


def _future(untrusted_time: str) -> str:
    """A time to come, as the database keeps it. Raises BadInput `invalid_request`."""
    when = parsed(untrusted_time)
    if when <= timestamp():
        raise BadInput(Code.INVALID_REQUEST, "a key that expires in the past opens nothing")
    return when


def _invitation_view(one: Invitation) -> wire.InvitationView:
    return wire.InvitationView(
        invitation_id=InvitationId(one.invitation_id),
        name=one.name,
        roles=names(one.roles),
        invited_by=one.invited_by,
        created_at=one.created_at,
        expires_at=one.expires_at,
    )


def _key_view(one: api_keys.ApiKey) -> wire.ApiKeyView:
    return wire.ApiKeyView(
        key_id=ApiKeyId(one.key_id),
        member_id=MemberId(one.member_id),
        name=one.limits.name,
        roles=None if one.limits.roles is None else names(one.limits.roles),
        acts=_sorted(one.limits.acts),
        collections=_sorted(one.limits.collections),
        created_at=one.created_at,
        expires_at=one.limits.expires_at,
        used_on=one.used_on,
    )


def _sorted(values: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(sorted(values))
