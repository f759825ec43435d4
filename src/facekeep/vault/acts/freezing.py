"""Freezing, letting go on, and ending: sessions, keys, members and organizations."""

from facekeep.errors import BadInput, Code, Refused
from facekeep.vault import freezes, wire
from facekeep.vault.clock import timestamp
from facekeep.vault.freezes import OPERATOR, Freeze, Kind
from facekeep.vault.identity import Caller, api_keys, invitations, members, organizations
from facekeep.vault.identity.callers import Way
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.signals import coverage

_COVERAGE = "signal.reading.coverage"  # two people have looked into what was read, and it counts anew


def freeze(vault: OpenVault, kind: Kind, subject: str, *, by: str, why: str) -> int:
    """Freeze at once, after its entry; the entry's number among the organization's.

    Parameters
    ----------
    kind, subject : what, by its id; a session of an API key is frozen with its key, which would open another
    by : who, as entries name actors: a credential, `operator`, or `keep` for the vault itself
    why : a word for entries: `admin`, `operator`, or the kind of the alarm that it follows

    Raises
    ------
    BadInput
        `not_found`: no live thing has this id.
    """
    kind, subject = _with_key(vault, kind, subject)
    org_id, owner = _owner(vault, kind, subject)
    entry = _note(vault, org_id, by, "freeze.made", {"kind": kind, "subject": subject, "why": why})
    with vault.database.transaction():
        vault.freezes.put(Freeze(kind, subject, org_id, owner, why, by, timestamp()))
        vault.journal.save_anchor()
    vault.freezes.reload()
    return entry


def lift(vault: OpenVault, found: Freeze, *, person: str, by: str) -> wire.LiftSaid:
    """One person's word that it may go on; it does once enough have said so."""
    facts: Facts = {"kind": found.kind, "subject": found.subject}
    words = vault.freezes.words(found) | {person}
    left = vault.freezes.is_anybody_left(found)
    is_lifted = freezes.is_enough(found.kind, words, is_anybody_left=left)
    act = "freeze.lifted" if is_lifted else "freeze.lift_said"
    entry = _note(vault, found.org_id, by, act, facts | {"words": len(words), "alone": is_lifted and len(words) == 1})
    with vault.database.transaction():
        if vault.freezes.say(found, person) and found.why == _COVERAGE:
            coverage.begin_anew(vault.database, found.owner)
        vault.journal.save_anchor()
    vault.freezes.reload()
    return wire.LiftSaid(is_lifted=is_lifted, entry=entry)


def freeze_member(vault: OpenVault, caller: Caller, message: wire.FreezeMember) -> wire.Done:
    """Nothing goes on in this member's name, by any session or key, until two people say so."""
    member = members.by_id(vault.database, caller.org_id, message.member_id)
    return wire.Done(entry=freeze(vault, Kind.MEMBER, member.member_id, by=caller.credential, why="admin"))


def list_freezes(vault: OpenVault, caller: Caller, _message: wire.ListFreezes) -> wire.FreezeList:
    """What is frozen of the caller's organization."""
    return wire.FreezeList(items=tuple(_view(vault, one) for one in vault.freezes.of(caller.org_id)))


def lift_freeze(vault: OpenVault, caller: Caller, message: wire.LiftFreeze) -> wire.LiftSaid:
    """The caller's word. Raises Refused `forbidden` for what is their own."""
    found = vault.freezes.find(freezes.parse_kind(message.kind), message.subject_id, caller.org_id)
    if found.owner == caller.member_id:
        raise Refused(Code.FORBIDDEN, "others let go on what is yours")
    return lift(vault, found, person=caller.person, by=caller.credential)


def freeze_by_operator(vault: OpenVault, message: wire.Freeze) -> wire.Done:
    """Freeze anything of anybody's."""
    kind = freezes.parse_kind(message.kind)
    entry = _note(vault, KEEP, OPERATOR, "freeze.make", {"kind": kind, "subject": message.subject_id})
    freeze(vault, kind, message.subject_id, by=OPERATOR, why="operator")
    return wire.Done(entry=entry)


def lift_by_operator(vault: OpenVault, message: wire.Unfreeze) -> wire.LiftSaid:
    """The operator's word, which is one person's."""
    found = vault.freezes.find(freezes.parse_kind(message.kind), message.subject_id)
    entry = _note(vault, KEEP, OPERATOR, "freeze.lift", {"kind": found.kind, "subject": found.subject})
    said = lift(vault, found, person=OPERATOR, by=OPERATOR)
    return wire.LiftSaid(is_lifted=said.is_lifted, entry=entry)


def end_by_operator(vault: OpenVault, message: wire.End) -> wire.Done:
    """End it everywhere, at once and for good; an organization stays, frozen and with no key or session.

    Raises BadInput `not_found`.
    """
    kind = freezes.parse_kind(message.kind)
    org_id, _ = _owner(vault, kind, message.subject_id)
    facts: Facts = {"kind": kind, "subject": message.subject_id}
    entry = _note(vault, KEEP, OPERATOR, "access.end", facts)
    _note(vault, org_id, OPERATOR, "access.ended", facts)
    if kind is Kind.SESSION:
        vault.sessions.end_by_id(message.subject_id)
        return wire.Done(entry=entry)
    with vault.database.transaction():
        _revoke(vault, kind, message.subject_id, org_id)
        vault.journal.save_anchor()
    ended = {Kind.KEY: "credential", Kind.MEMBER: "member_id", Kind.ORGANIZATION: "org_id"}[kind]
    vault.sessions.end_where(lambda caller: getattr(caller, ended) == message.subject_id)
    if kind is Kind.ORGANIZATION:
        freeze(vault, kind, org_id, by=OPERATOR, why="ended")
    return wire.Done(entry=entry)


def _with_key(vault: OpenVault, kind: Kind, subject: str) -> tuple[Kind, str]:
    """The key in place of a session that one opened: it would open the next."""
    session = vault.sessions.by_id(subject) if kind is Kind.SESSION else None
    if session is None or session.caller.way is not Way.KEY:
        return kind, subject
    return Kind.KEY, session.caller.credential


def _revoke(vault: OpenVault, kind: Kind, subject: str, org_id: str) -> None:
    if kind is Kind.KEY:
        api_keys.revoke(vault.database, [subject])
        return
    if kind is Kind.MEMBER:
        members.end(vault.database, subject)
        api_keys.revoke(vault.database, api_keys.live_keys_of(vault.database, subject))
        return
    for member in members.page(vault.database, org_id, 0, limit=-1):
        api_keys.revoke(vault.database, api_keys.live_keys_of(vault.database, member.member_id))
    for one in invitations.page(vault.database, org_id, 0, limit=-1):
        invitations.end(vault.database, org_id, one.invitation_id)


def _owner(vault: OpenVault, kind: Kind, subject: str) -> tuple[str, str]:
    """The organization and the member of a live thing. Raises BadInput `not_found`."""
    if kind is Kind.ORGANIZATION:
        organizations.name_of(vault.database, subject)
        return subject, ""
    if kind is Kind.SESSION:
        session = vault.sessions.by_id(subject)
        found = None if session is None else (session.caller.org_id, session.caller.member_id)
    else:
        sql = {
            Kind.KEY: "SELECT m.org_id, m.member_id FROM api_keys k JOIN members m USING (member_id)"
            " WHERE k.key_id = ? AND k.revoked_at IS NULL",
            Kind.MEMBER: "SELECT org_id, member_id FROM members WHERE member_id = ? AND removed_at IS NULL",
        }[kind]
        row = vault.database.row(sql, subject)
        found = None if row is None else (row[0], row[1])
    if found is None:
        raise BadInput(Code.NOT_FOUND, f"no such {kind}")
    return found


def _view(vault: OpenVault, one: Freeze) -> wire.FreezeView:
    return wire.FreezeView(
        kind=one.kind,
        subject_id=one.subject,
        member_id=one.owner,
        why=one.why,
        frozen_by=one.frozen_by,
        frozen_at=one.frozen_at,
        words=len(vault.freezes.words(one)),
    )


def _note(vault: OpenVault, org_id: str, by: str, act: str, facts: Facts) -> int:
    return vault.journal.write(org_id, by, act, "done", facts)
