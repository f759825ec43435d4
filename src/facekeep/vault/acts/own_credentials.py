"""A person's own ways to sign in: passkeys and a password, added, changed and revoked by that person alone."""

from facekeep.errors import BadInput, Code, Refused
from facekeep.vault import wire
from facekeep.vault.acts.joining import set_password
from facekeep.vault.acts.signing_in import person
from facekeep.vault.identity import Caller, accounts, handles, passkeys, passwords, rules, tickets, totp
from facekeep.vault.identity.callers import Way
from facekeep.vault.identity.passkeys import Passkey
from facekeep.vault.journal import Facts
from facekeep.vault.open_vault import OpenVault

_PASSKEY, _PASSWORD = "passkey", "password"


def begin_passkey(vault: OpenVault, caller: Caller, message: wire.BeginPasskey) -> wire.PasskeyOffer:
    """What a further passkey is made with."""
    account_id = person(caller).account_id
    known = passkeys.of_account(vault.database, account_id)
    return wire.PasskeyOffer(
        ticket=vault.tickets.give(_PASSKEY, _session_id(vault, message.session)),
        rp_id=vault.relying_party.rp_id,
        user_id=account_id.encode(),
        name=accounts.name_of(vault.database, account_id),
        expires_in_s=tickets.LIFETIME_SECONDS,
        known_ids=tuple(one.credential_id for one in known),
    )


def finish_passkey(vault: OpenVault, caller: Caller, message: wire.FinishPasskey) -> wire.PasskeyAdded:
    """A further passkey."""
    account_id = person(caller).account_id
    made = _made(vault, message)
    with vault.database.transaction():
        added = passkeys.add(vault.database, account_id, message.name, made)
        vault.journal.save_anchor()
    vault.tickets.use_up(message.ticket)
    entry = vault.journal.note(caller, "passkey.added", {"passkey": added.passkey_id, "member": caller.member_id})
    return wire.PasskeyAdded(passkey=_view(added), entry=entry)


def list_passkeys(vault: OpenVault, caller: Caller, _message: wire.ListPasskeys) -> wire.PasskeyList:
    """One's own passkeys and sign-in name."""
    account_id = person(caller).account_id
    password = passwords.of_account(vault.database, account_id)
    found = passkeys.of_account(vault.database, account_id)
    return wire.PasskeyList(items=tuple(_view(one) for one in found), handle=password.handle if password else "")


def revoke_passkey(vault: OpenVault, caller: Caller, message: wire.RevokePasskey) -> wire.Done:
    """A passkey that opens nothing any more, and whose sessions have ended."""
    account_id = person(caller).account_id
    gone = passkeys.by_id(vault.database, account_id, message.passkey_id)
    if len(passkeys.of_account(vault.database, account_id)) == 1 and not _has_password(vault, account_id):
        raise BadInput(Code.CONFLICT, "this is the last way to sign in; add another one first")
    with vault.database.transaction():
        passkeys.revoke(vault.database, gone.passkey_id)
        vault.journal.save_anchor()
    vault.sessions.end_where(lambda one: one.credential == gone.passkey_id)
    return wire.Done(entry=vault.journal.note(caller, "passkey.revoked", {"passkey": gone.passkey_id}))


def begin_password(vault: OpenVault, caller: Caller, message: wire.BeginPassword) -> wire.PasswordOffer:
    """A second factor to set up. Raises Refused `forbidden` where the organization does not allow passwords."""
    _require_passwords(vault, caller)
    ticket = vault.tickets.give(
        _PASSWORD, _session_id(vault, message.session), lifetime_s=tickets.SETUP_SECONDS
    )
    return wire.PasswordOffer(
        ticket=ticket,
        handle=_handle(vault, caller, ticket),
        totp_secret=_totp_secret(vault, ticket),
        expires_in_s=tickets.SETUP_SECONDS,
    )


def finish_password(vault: OpenVault, caller: Caller, message: wire.FinishPassword) -> wire.Done:
    """The offered second factor with a password; what was signed in with the older ones ends."""
    _require_passwords(vault, caller)
    _check_ticket(vault, message.ticket, _PASSWORD, message.session)
    handle, secret = _handle(vault, caller, message.ticket), _totp_secret(vault, message.ticket)
    with vault.database.transaction():
        made = set_password(vault, caller.account_id, handle, message.password, secret, message.code)
        vault.journal.save_anchor()
    vault.tickets.use_up(message.ticket)
    _end_others(vault, caller, message.session, made.password_id)
    facts: Facts = {"password": made.password_id, "member": caller.member_id}
    return wire.Done(entry=vault.journal.note(caller, "password.set", facts))


def change_password(vault: OpenVault, caller: Caller, message: wire.ChangePassword) -> wire.Done:
    """Another password; other sessions by password end."""
    found = passwords.of_account(vault.database, person(caller).account_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "there is no password to change")
    digest = passwords.digest_of(message.password)
    with vault.database.transaction():
        passwords.change(vault.database, caller.account_id, digest)
        vault.journal.save_anchor()
    _end_others(vault, caller, message.session, found.password_id)
    return wire.Done(entry=vault.journal.note(caller, "password.changed", {"member": caller.member_id}))


def _has_password(vault: OpenVault, account_id: str) -> bool:
    """Whether there is a password that opens anything."""
    has_one = passwords.of_account(vault.database, account_id) is not None
    return has_one and bool(accounts.memberships(vault.database, account_id, Way.PASSWORD))


def _made(vault: OpenVault, message: wire.FinishPasskey) -> passkeys.Credential:
    """The new credential. Who asks is known here, so what is wrong with it is no failed sign-in."""
    _check_ticket(vault, message.ticket, _PASSKEY, message.session)
    try:
        return passkeys.check_registration(vault.relying_party, message.ticket, message.registration)
    except Refused:
        raise BadInput(Code.INVALID_REQUEST, "the passkey was not accepted") from None


def _check_ticket(vault: OpenVault, ticket: bytes, purpose: str, session: str) -> None:
    try:
        vault.tickets.check(ticket, purpose, _session_id(vault, session))
    except Refused as refusal:
        raise BadInput(Code.INVALID_REQUEST, refusal.message) from None


def _require_passwords(vault: OpenVault, caller: Caller) -> None:
    if not rules.load(vault.database, person(caller).org_id).password_sign_in:
        raise Refused(Code.FORBIDDEN, "this organization asks for a passkey")


def _end_others(vault: OpenVault, caller: Caller, session: str, credential: str) -> None:
    for token, one in vault.sessions.of_person(caller.account_id).items():
        if one.caller.credential == credential and token != session:
            vault.sessions.end(token)


def _handle(vault: OpenVault, caller: Caller, ticket: bytes) -> str:
    """The sign-in name there is, or a new one."""
    found = passwords.of_account(vault.database, caller.account_id)
    if found is not None:
        return found.handle
    name = accounts.name_of(vault.database, caller.account_id)
    return handles.made_from(name, vault.tickets.secret(ticket, "handle"))


def _totp_secret(vault: OpenVault, ticket: bytes) -> bytes:
    return vault.tickets.secret(ticket, "totp")[: totp.SECRET_BYTES]


def _session_id(vault: OpenVault, session: str) -> str:
    return vault.sessions.find(session).session_id


def _view(one: Passkey) -> wire.PasskeyView:
    return wire.PasskeyView(one.passkey_id, one.name, one.transports, one.backed_up, one.created_at, one.used_on)
