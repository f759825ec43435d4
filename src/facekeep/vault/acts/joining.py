"""An invitation becomes a membership: of somebody new, who brings a passkey or chooses a password, or of who is known.

Nothing of a new account exists until the last step; what both steps need follows from the ticket between them.
"""

from base64 import b32encode

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import AccountId
from facekeep.vault import wire
from facekeep.vault.acts.signing_in import membership_view, open_session, person, refused
from facekeep.vault.identity import (
    Caller,
    accounts,
    handles,
    invitations,
    members,
    organizations,
    passkeys,
    passwords,
    rules,
    tickets,
    totp,
)  # fmt: skip
from facekeep.vault.identity.accounts import Membership
from facekeep.vault.identity.callers import Way, names
from facekeep.vault.identity.invitations import Invitation
from facekeep.vault.journal import Facts
from facekeep.vault.open_vault import OpenVault

_JOIN = "join"


def begin_join(vault: OpenVault, message: wire.BeginJoin) -> wire.JoinOffer:
    """What a good invitation is for, and what a new account would be made of."""
    found = _invitation(vault, message.code)
    _write(vault, found, "nobody", "offered", {})
    ticket = vault.tickets.give(_JOIN, found.invitation_id, lifetime_s=tickets.SETUP_SECONDS)
    by_password = rules.load(vault.database, found.org_id).password_sign_in
    return wire.JoinOffer(
        ticket=ticket,
        rp_id=vault.relying_party.rp_id,
        user_id=_account_id(vault, ticket).encode(),
        organization=organizations.name_of(vault.database, found.org_id),
        name=found.name,
        roles=names(found.roles),
        expires_in_s=tickets.SETUP_SECONDS,
        handle=_handle(vault, ticket, found) if by_password else "",
        totp_secret=_totp_secret(vault, ticket) if by_password else b"",
    )


def finish_join(vault: OpenVault, message: wire.FinishJoin) -> wire.SignedIn:
    """A new person with a passkey, signed in."""
    found = _invitation(vault, message.code)
    made = _checked(vault, found, message)
    account_id = _account_id(vault, message.ticket)
    _write(vault, found, "nobody", "asked", {})
    with vault.database.transaction():
        membership = _join(vault, found, account_id, is_new=True)
        passkey = passkeys.add(vault.database, account_id, message.passkey_name, made)
        vault.journal.save_anchor()
    vault.tickets.use_up(message.ticket)
    return _signed_in(vault, found, account_id, passkey.passkey_id, Way.PASSKEY, membership)


def finish_join_by_password(vault: OpenVault, message: wire.FinishJoinByPassword) -> wire.SignedIn:
    """A new person with a password and a second factor, signed in."""
    found = _invitation(vault, message.code)
    if not rules.load(vault.database, found.org_id).password_sign_in:
        raise Refused(Code.FORBIDDEN, "this organization asks for a passkey")
    _check_ticket(vault, found, message.ticket)
    account_id = _account_id(vault, message.ticket)
    handle = _handle(vault, message.ticket, found)
    _write(vault, found, "nobody", "asked", {})
    with vault.database.transaction():
        membership = _join(vault, found, account_id, is_new=True)
        made = set_password(
            vault, account_id, handle, message.password, _totp_secret(vault, message.ticket), message.totp_code
        )
        vault.journal.save_anchor()
    vault.tickets.use_up(message.ticket)
    return _signed_in(vault, found, account_id, made.password_id, Way.PASSWORD, membership)


def accept_invitation(vault: OpenVault, caller: Caller, message: wire.AcceptInvitation) -> wire.InvitationAccepted:
    """One more membership of the person who is signed in. It tells the two organizations nothing of each other."""
    account_id = person(caller).account_id
    found = _invitation(vault, message.code)
    if caller.way is Way.PASSWORD and not rules.load(vault.database, found.org_id).password_sign_in:
        raise Refused(Code.FORBIDDEN, "this organization asks for a passkey; sign in with one first")
    _write(vault, found, caller.credential, "asked", {})
    with vault.database.transaction():
        membership = _join(vault, found, account_id, is_new=False)
        vault.journal.save_anchor()
    entry = _write(vault, found, caller.credential, "done", {"member": membership.member_id})
    return wire.InvitationAccepted(membership=membership_view(membership), entry=entry)


def set_password(  # noqa: PLR0917  a row's fields
    vault: OpenVault, account_id: str, handle: str, password: str, secret: bytes, untrusted_code: str
) -> passwords.Password:
    """A password with a second factor that was seen to work. Inside a transaction.

    Raises
    ------
    BadInput
        `invalid_request`: the code is wrong or the password too short; `conflict`: the sign-in name is in use.
    """
    step = totp.current_step_of(secret, untrusted_code)
    if step is None:
        raise BadInput(Code.INVALID_REQUEST, "that is not the code that the authenticator app shows now")
    tag = handles.tag(vault.credential_key, handle)
    other = passwords.by_tag(vault.database, tag)
    if other is not None and other.account_id != account_id:
        raise BadInput(Code.CONFLICT, "begin again: another sign-in name is needed")
    return passwords.put(
        vault.database,
        account_id,
        handle=handle,
        tag=tag,
        digest=passwords.digest_of(password),
        wrapped_totp=passwords.wrapped(vault.second_factor_key, secret, account_id),
        step=step,
    )


def _invitation(vault: OpenVault, untrusted_code: str) -> Invitation:
    try:
        found = invitations.find(vault.database, vault.credential_key, untrusted_code)
        vault.freezes.refuse_organization(found.org_id)
        return found
    except Refused as refusal:
        raise refused(vault, "invitation.try", refusal) from None


def _checked(vault: OpenVault, found: Invitation, message: wire.FinishJoin) -> passkeys.Credential:
    try:
        vault.tickets.check(message.ticket, _JOIN, found.invitation_id)
        return passkeys.check_registration(vault.relying_party, message.ticket, message.registration)
    except Refused as refusal:
        raise refused(vault, "join.passkey", refusal) from None


def _check_ticket(vault: OpenVault, found: Invitation, ticket: bytes) -> None:
    try:
        vault.tickets.check(ticket, _JOIN, found.invitation_id)
    except Refused as refusal:
        raise refused(vault, "join.password", refusal) from None


def _join(vault: OpenVault, found: Invitation, account_id: str, *, is_new: bool) -> Membership:
    """Inside a transaction: use the invitation up and add the member."""
    invitations.end(vault.database, found.org_id, found.invitation_id)
    if is_new:
        accounts.add(vault.database, account_id, found.name)
    member_id = members.add(vault.database, found.org_id, found.name, found.roles, account_id)
    return accounts.of_member(vault.database, member_id)


def _signed_in(  # noqa: PLR0917  who, by what, where
    vault: OpenVault, found: Invitation, account_id: str, credential: str, way: Way, membership: Membership
) -> wire.SignedIn:
    _write(vault, found, credential, "done", {"member": membership.member_id, "way": way.value})
    return open_session(vault, AccountId(account_id), credential, way, membership)


def _write(vault: OpenVault, found: Invitation, actor: str, outcome: str, facts: Facts) -> int:
    """An entry of the organization that is joined."""
    told: Facts = {"invitation": found.invitation_id, **facts}
    return vault.journal.write(found.org_id, actor, "member.join", outcome, told)


def _account_id(vault: OpenVault, ticket: bytes) -> str:
    return "acc_" + b32encode(vault.tickets.secret(ticket, "account")[:16]).decode().rstrip("=").lower()


def _handle(vault: OpenVault, ticket: bytes, found: Invitation) -> str:
    return handles.made_from(found.name, vault.tickets.secret(ticket, "handle"))


def _totp_secret(vault: OpenVault, ticket: bytes) -> bytes:
    return vault.tickets.secret(ticket, "totp")[: totp.SECRET_BYTES]
