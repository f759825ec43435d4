"""People sign in: a signed challenge, or a password with a code, becomes a session in one of their organizations.

Every failure has the same words after the same work, and is an entry of the keep's own log as far as a flood of them
leaves room. Every session is an entry of its organization's log before it is answered.
"""

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import AccountId, MemberId, OrganizationId
from facekeep.vault import wire
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.freezes import SPEAKERS
from facekeep.vault.identity import Caller, accounts, handles, passkeys, passwords, sessions, tickets
from facekeep.vault.identity.accounts import Membership
from facekeep.vault.identity.callers import Way, names
from facekeep.vault.identity.passkeys import REFUSAL, Passkey, Signed
from facekeep.vault.identity.passwords import Password
from facekeep.vault.identity.sessions import Session
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault

_SIGN_IN, _PROOF = "sign-in", "proof"


def begin_sign_in(vault: OpenVault, _message: wire.BeginSignIn) -> wire.Challenge:
    """A challenge for anybody; nothing is remembered of it."""
    return _challenge(vault, vault.tickets.give(_SIGN_IN), ())


def finish_sign_in(vault: OpenVault, message: wire.FinishSignIn) -> wire.SignedIn:
    """A session for a signed challenge."""
    try:
        known = _verified(vault, message.ticket, _SIGN_IN, "", message.assertion)
        membership = _chosen(vault, known.account_id, Way.PASSKEY, message.organization_id)
    except Refused as refusal:
        raise refused(vault, "sign_in.passkey", refusal) from None
    return open_session(vault, AccountId(known.account_id), known.passkey_id, Way.PASSKEY, membership)


def sign_in_by_password(vault: OpenVault, message: wire.PasswordSignIn) -> wire.SignedIn:
    """A session for a name, its password and a fresh code. The slow part runs without the vault's lock."""
    with vault.lock:
        vault.refuse_when_closed()
        tag = handles.tag(vault.credential_key, message.handle)
        found = _tried(vault, tag, passwords.by_tag(vault.database, tag))
    right = passwords.matches(found, message.password)
    with vault.lock:
        vault.refuse_when_closed()
        try:
            known = _with_code(vault, tag, right, message.code)
            membership = _chosen(vault, known.account_id, Way.PASSWORD, message.organization_id)
        except Refused as refusal:
            raise refused(vault, "sign_in.password", refusal) from None
        vault.tries.give_back(tag)
        return open_session(vault, AccountId(known.account_id), known.password_id, Way.PASSWORD, membership)


def open_session(  # noqa: PLR0917  who, by what, where
    vault: OpenVault,
    account_id: AccountId,
    credential: str,
    way: Way,
    membership: Membership,
    follows: Session | None = None,
) -> wire.SignedIn:
    """A person's session in one organization, with its entry."""
    caller = Caller(
        org_id=membership.org_id,
        member_id=membership.member_id,
        account_id=account_id,
        credential=credential,
        roles=membership.roles,
        way=way,
        session=sessions.fresh_session_id(),
    )
    vault.freezes.refuse(caller, but_organization=bool(caller.roles & SPEAKERS))
    facts: Facts = {"member": caller.member_id, "way": way.value}
    if follows is not None:
        facts["follows"] = follows.session_id
    entry = vault.journal.note(caller, "session.opened", facts)
    token = vault.sessions.open(caller, follows=follows)
    return wire.SignedIn(
        session=token,
        organization_id=OrganizationId(membership.org_id),
        memberships=_views(vault, account_id, way),
        idle_s=sessions.IDLE_SECONDS,
        expires_in_s=sessions.remaining_s(vault.sessions.find(token, in_frozen_organization=True)),
        entry=entry,
    )


def list_memberships(vault: OpenVault, caller: Caller, _message: wire.ListMemberships) -> wire.Memberships:
    """The caller's own memberships; a key has its one."""
    if caller.way is not Way.KEY:
        return wire.Memberships(items=_views(vault, caller.account_id, caller.way))
    return wire.Memberships(items=(membership_view(accounts.of_member(vault.database, caller.member_id)),))


def choose_organization(vault: OpenVault, caller: Caller, message: wire.ChooseOrganization) -> wire.SignedIn:
    """The same person, in another organization: as long as before, and proved when it was before."""
    person(caller)
    old = vault.sessions.find(message.session)
    membership = _membership(vault, caller.account_id, caller.way, message.organization_id)
    vault.journal.note(caller, "session.ended", {"member": caller.member_id, "why": "another organization"})
    vault.sessions.end(message.session)
    return open_session(vault, AccountId(caller.account_id), caller.credential, caller.way, membership, follows=old)


def begin_proof(vault: OpenVault, caller: Caller, message: wire.BeginProof) -> wire.Challenge:
    """A challenge for the caller's own passkeys."""
    known = passkeys.of_account(vault.database, person(caller).account_id)
    ticket = vault.tickets.give(_PROOF, vault.sessions.find(message.session).session_id)
    return _challenge(vault, ticket, tuple(one.credential_id for one in known))


def finish_proof(vault: OpenVault, caller: Caller, message: wire.FinishProof) -> wire.Done:
    """The person is there: a passkey of the same account has signed."""
    account_id, session = person(caller).account_id, vault.sessions.find(message.session)
    try:
        known = _verified(vault, message.ticket, _PROOF, session.session_id, message.assertion)
    except Refused:
        raise _not_proved() from None
    if known.account_id != account_id:
        raise _not_proved()
    return _proved(vault, caller, session, Way.PASSKEY)


def prove_password(vault: OpenVault, caller: Caller, message: wire.ProvePassword) -> wire.Done:
    """The person is there: their password and a fresh code. Good for sessions that began that way."""
    if person(caller).way is not Way.PASSWORD:
        raise Refused(Code.FORBIDDEN, "this session began with a passkey, and is proved with one")
    found = passwords.of_account(vault.database, caller.account_id)
    if found is None:
        raise _not_proved()
    vault.tries.spend(found.tag)
    try:
        _with_code(vault, found.tag, passwords.matches(found, message.password), message.code)
    except Refused:
        raise _not_proved() from None
    vault.tries.give_back(found.tag)
    return _proved(vault, caller, vault.sessions.find(message.session), Way.PASSWORD)


def sign_out(vault: OpenVault, _caller: Caller, message: wire.SignOut) -> wire.Done:
    """The end of this session."""
    vault.sessions.end(message.session)
    return wire.Done()


def list_sessions(vault: OpenVault, caller: Caller, message: wire.ListSessions) -> wire.SessionList:
    """The person's live sessions, in whichever organization."""
    own = vault.sessions.of_person(person(caller).account_id)
    return wire.SessionList(
        items=tuple(_session_view(one, is_this=token == message.session) for token, one in own.items())
    )


def end_other_sessions(vault: OpenVault, caller: Caller, message: wire.EndOtherSessions) -> wire.Done:
    """Nothing goes on in the person's name but this session."""
    others = [one for one in vault.sessions.of_person(person(caller).account_id) if one != message.session]
    entry = vault.journal.note(caller, "sessions.ended", {"member": caller.member_id, "ended": len(others)})
    for token in others:
        vault.sessions.end(token)
    return wire.Done(entry=entry)


def person(caller: Caller) -> Caller:
    """The caller, who signed in as a person. Raises Refused `forbidden` for an API key, also a person's own."""
    if caller.way is Way.KEY:
        raise Refused(Code.FORBIDDEN, "this is for a person who signed in, not for an API key")
    return caller


def refused(vault: OpenVault, act: str, refusal: Refused) -> Refused:
    """A refusal of somebody unknown, with its entry as far as a flood of guesses leaves room."""
    if refusal.entry is None and not vault.log.broken and vault.guesses.spend():
        facts: Facts = {"uncounted_before": vault.guesses.suppressed}
        refusal.entry = vault.journal.write(KEEP, "nobody", act, refusal.code, facts)
    return refusal


def membership_view(one: Membership) -> wire.MembershipView:
    """A membership on the wire."""
    return wire.MembershipView(OrganizationId(one.org_id), one.organization, MemberId(one.member_id), names(one.roles))


def _challenge(vault: OpenVault, ticket: bytes, credential_ids: tuple[bytes, ...]) -> wire.Challenge:
    return wire.Challenge(
        ticket=ticket,
        rp_id=vault.relying_party.rp_id,
        expires_in_s=tickets.LIFETIME_SECONDS,
        credential_ids=credential_ids,
    )


def _verified(vault: OpenVault, ticket: bytes, purpose: str, about: str, untrusted: wire.Assertion) -> Passkey:
    """The passkey that signed this ticket, which is used up. The counter is durable before anything follows from it."""
    known = passkeys.by_credential(vault.database, untrusted.credential_id)
    signed = passkeys.check_assertion(vault.relying_party, ticket, untrusted, known)
    vault.tickets.check(ticket, purpose, about)
    vault.tickets.use_up(ticket)
    if known is None or passkeys.is_cloned(known, signed):
        raise _alarm(vault, known)
    _note_use(vault, known, signed)
    return known


def _note_use(vault: OpenVault, known: Passkey, signed: Signed) -> None:
    with vault.database.transaction():
        passkeys.note_use(vault.database, known, signed)
        vault.journal.save_anchor()


def _alarm(vault: OpenVault, known: Passkey | None) -> Refused:
    """The refusal of a passkey that exists twice; each of the person's organizations finds it in its log."""
    refusal = Refused(Code.UNAUTHENTICATED, REFUSAL)
    if known is not None and vault.guesses.spend():
        for one in accounts.memberships(vault.database, known.account_id, Way.PASSKEY):
            facts: Facts = {"member": one.member_id}
            refusal.entry = vault.journal.write(one.org_id, known.passkey_id, "passkey.cloned", refusal.code, facts)
        raise_alarm(vault, "passkey.cloned", {"passkey": known.passkey_id})
    return refusal


def _tried(vault: OpenVault, tag: bytes, found: Password | None) -> Password | None:
    try:
        vault.tries.spend(tag)
    except Refused as refusal:
        raise refused(vault, "sign_in.password", refusal) from None
    return found


def _with_code(vault: OpenVault, tag: bytes, right: bool, untrusted_code: str) -> Password:
    """The password of a name, once its code was right too. The code is used up durably before anything follows."""
    found = passwords.by_tag(vault.database, tag)
    step = passwords.used_step(vault.second_factor_key, found, untrusted_code)
    if not right or found is None or step is None:
        raise Refused(Code.UNAUTHENTICATED, REFUSAL)
    with vault.database.transaction():
        passwords.note_step(vault.database, found.password_id, step)
        vault.journal.save_anchor()
    return found


def _chosen(vault: OpenVault, account_id: str, way: Way, wanted: str) -> Membership:
    """The membership to act in. Raises Refused `unauthenticated` for who has none."""
    try:
        return _membership(vault, account_id, way, wanted)
    except BadInput:
        raise Refused(Code.UNAUTHENTICATED, REFUSAL) from None


def _membership(vault: OpenVault, account_id: str, way: Way, wanted: str) -> Membership:
    """The wanted membership, or the oldest. Raises BadInput `not_found`, for another's organization too."""
    for one in accounts.memberships(vault.database, account_id, way):
        if wanted in ("", one.org_id):
            return one
    raise BadInput(Code.NOT_FOUND, "no such membership")


def _proved(vault: OpenVault, caller: Caller, session: Session, way: Way) -> wire.Done:
    entry = vault.journal.note(caller, "session.proved", {"member": caller.member_id, "way": way.value})
    sessions.prove(session)
    return wire.Done(entry=entry)


def _not_proved() -> Refused:
    """Who asks is known, and stays signed in."""
    return Refused(Code.PROOF_NEEDED, "the proof was not accepted")


def _views(vault: OpenVault, account_id: str, way: Way) -> tuple[wire.MembershipView, ...]:
    return tuple(membership_view(one) for one in accounts.memberships(vault.database, account_id, way))


def _session_view(one: Session, *, is_this: bool) -> wire.SessionView:
    return wire.SessionView(
        session_id=one.session_id,
        organization_id=OrganizationId(one.caller.org_id),
        credential=one.caller.credential,
        opened_at=one.opened_on,
        idle_s=sessions.idle_s(one),
        is_this=is_this,
    )
