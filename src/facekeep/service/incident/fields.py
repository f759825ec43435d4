"""What every entry of the log says that somebody saw or changed: for each act, which fields of which subjects.

An act that is not here fails a test, and nothing is proven of a time in which it occurs: a new act is placed here on
its first day. `asked` stands for leave that was given where no refusal follows; `done` is written before the answer
leaves. What passes through the server on a caller's behalf is seen by whoever holds the server, by the caller not.
"""

from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """One kind of what a customer entrusts to a keep."""

    ORGANIZATION = "organization"
    MEMBERS = "members"
    INVITATIONS = "invitations"
    API_KEYS = "api_keys"
    SIGN_IN = "sign_in"
    SESSIONS = "sessions"
    USAGE = "usage"
    LOG = "log"
    RULES = "rules"
    WEBHOOKS = "webhooks"
    COLLECTIONS = "collections"
    RECORD_IDS = "record_ids"
    NAME = "name"
    PROVENANCE = "provenance"
    CROP = "crop"
    PHOTO = "photo"
    TEMPLATE = "template"
    SCORE = "score"
    LEADS = "leads"
    DECISIONS = "decisions"
    CASES = "cases"
    APPROVALS = "approvals"
    STANDING = "standing"
    PASSING = "passing"
    CREDENTIALS = "credentials"


MEANING: dict[Field, str] = {
    Field.ORGANIZATION: "the organization's name, that it is a customer, since when, and how many members it has",
    Field.MEMBERS: "names and roles of members",
    Field.INVITATIONS: "open invitations and whom they are for",
    Field.API_KEYS: "which API keys there are, their names and limits; never a key",
    Field.SIGN_IN: "a person's own ways to sign in: names of passkeys, sign-in name, second factor as it is set up",
    Field.SESSIONS: "which sessions are open",
    Field.USAGE: "how much was searched, compared and enrolled, by day",
    Field.LOG: "entries of the organization's log",
    Field.RULES: "the organization's rules",
    Field.WEBHOOKS: "addresses of webhooks",
    Field.COLLECTIONS: "names, policies and sizes of collections",
    Field.RECORD_IDS: "which faces and persons there are, and which face is whose, by id",
    Field.NAME: "names of persons",
    Field.PROVENANCE: "records of faces: source, dates, license, legal basis, quality",
    Field.CROP: "pictures of single faces",
    Field.PHOTO: "whole photos",
    Field.TEMPLATE: "templates of enrolled faces",
    Field.SCORE: "which faces a search returned, and how similar they were",
    Field.LEADS: "leads of cases and their states",
    Field.DECISIONS: "what reviewers decided, and why",
    Field.CASES: "purposes, legal bases, references and members of cases",
    Field.APPROVALS: "requests for approval and their reasons",
    Field.STANDING: "standing searches and their reasons",
    Field.PASSING: "photos, names and templates as they pass: probes, and what is being enrolled",
    Field.CREDENTIALS: "API keys, passwords and session tokens as they pass",
}


class Audience(StrEnum):
    """Who sees it: who asked; whoever holds the server it passes through; whoever scans."""

    CALLER = "caller"
    SERVER = "server"
    SCAN = "scan"


@dataclass(frozen=True, slots=True)
class Touch:
    """One field that an entry shows or changes; `fact` names the fact that holds the subjects' ids, if one does."""

    field: Field
    fact: str = ""
    changed: bool = False
    to: Audience = Audience.CALLER


ASKED, DONE, OFFERED = "asked", "done", "offered"
Touches = dict[str, tuple[Touch, ...]]
NOTHING: Touches = {}


def _shown(field: Field, fact: str = "") -> Touch:
    return Touch(field, fact)


def _changed(field: Field, fact: str = "") -> Touch:
    return Touch(field, fact, changed=True)


def _passes(field: Field, fact: str = "") -> Touch:
    return Touch(field, fact, to=Audience.SERVER)


def _scanned(field: Field, fact: str = "") -> Touch:
    return Touch(field, fact, to=Audience.SCAN)


def _asked(*touches: Touch) -> Touches:
    return {ASKED: touches}


def _done(*touches: Touch) -> Touches:
    return {DONE: touches}


_F = Field
_EVERYTHING_OF_FACES = (_F.RECORD_IDS, _F.PROVENANCE, _F.CROP, _F.PHOTO, _F.TEMPLATE)

# What members and their keys do, and how it ends.
_MEMBERS: dict[str, Touches] = {
    "approval.ask": NOTHING,
    "approval.asked": _done(_changed(_F.APPROVALS, "approval"), _shown(_F.CASES, "case")),
    "approval.decide": NOTHING,
    "approval.decided": _done(_changed(_F.APPROVALS, "approval"), _shown(_F.CASES, "case")),
    "approval.list": NOTHING,
    "approvals.listed": _done(_shown(_F.APPROVALS, "approvals"), _shown(_F.CASES, "cases")),
    "approval.show": _asked(_shown(_F.APPROVALS, "approval"), _shown(_F.CASES)),
    "answer.recalled": _done(_shown(_F.RECORD_IDS), _shown(_F.NAME)),
    "case.change": _asked(_changed(_F.CASES, "case")),
    "case.close": NOTHING,
    "case.closed": _done(_changed(_F.CASES, "case")),
    "case.create": NOTHING,
    "case.created": _done(_changed(_F.CASES, "case")),
    "case.list": NOTHING,
    "cases.listed": _done(_shown(_F.CASES, "cases")),
    "case.show": _asked(_shown(_F.CASES, "case")),
    "collection.create": _asked(_changed(_F.COLLECTIONS)),
    "collection.forget": NOTHING,
    "collection.forgotten": _done(
        *(_changed(one, "collection") for one in (_F.COLLECTIONS, _F.NAME, *_EVERYTHING_OF_FACES))
    ),
    "collection.list": _asked(_shown(_F.COLLECTIONS)),
    "collection.show": _asked(_shown(_F.COLLECTIONS, "collection")),
    "face.enroll": _asked(_passes(_F.PASSING, "collection")),
    "faces.enrolled": NOTHING,
    "faces.enrolled_ids": _done(
        _changed(_F.RECORD_IDS, "faces"),
        _changed(_F.RECORD_IDS, "persons"),
        _changed(_F.PROVENANCE, "faces"),
        _changed(_F.CROP, "faces"),
        _changed(_F.NAME, "persons"),
        _changed(_F.PHOTO, "photos"),
        _passes(_F.TEMPLATE, "faces"),
    ),
    "face.forget": NOTHING,
    "faces.forgotten": NOTHING,
    "faces.forgotten_ids": _done(*(_changed(one, "faces") for one in _EVERYTHING_OF_FACES)),
    "face.list": NOTHING,
    "faces.listed": _done(_shown(_F.RECORD_IDS, "faces")),
    "face.show": _asked(_shown(_F.RECORD_IDS, "face")),
    "invitation.accept": NOTHING,
    "invitation.list": _asked(_shown(_F.INVITATIONS)),
    "invitation.withdraw": NOTHING,
    "invitation.withdrawn": _done(_changed(_F.INVITATIONS, "invitation")),
    "key.list": _asked(_shown(_F.API_KEYS)),
    "key.make": NOTHING,
    "key.made": _done(_changed(_F.API_KEYS, "key")),
    "key.revoke": NOTHING,
    "key.revoked": _done(_changed(_F.API_KEYS, "key")),
    "lead.agreed": NOTHING,
    "lead.decide": NOTHING,
    "lead.decided": _done(_changed(_F.DECISIONS, "lead")),
    "lead.describe": NOTHING,
    "leads.described": _done(_shown(_F.PROVENANCE, "faces")),
    "lead.list": NOTHING,
    "leads.shown": _done(
        _shown(_F.LEADS, "leads"),
        _shown(_F.RECORD_IDS, "faces"),
        _shown(_F.SCORE, "scores"),
        _shown(_F.DECISIONS, "decisions"),
    ),
    "lead.reveal": NOTHING,
    "lead.revealed": _done(_changed(_F.DECISIONS, "lead")),
    "lead.show": NOTHING,
    "log.export": _asked(_shown(_F.LOG)),
    "log.read": _asked(_shown(_F.LOG)),
    "member.add": _asked(_changed(_F.MEMBERS)),
    "member.invite": NOTHING,
    "member.invited": _done(_changed(_F.INVITATIONS, "invitation")),
    "member.join": {
        OFFERED: (_shown(_F.ORGANIZATION), _shown(_F.INVITATIONS, "invitation"), _passes(_F.SIGN_IN, "invitation")),
        ASKED: (),
        DONE: (_changed(_F.MEMBERS, "member"), _shown(_F.ORGANIZATION)),
    },
    "member.list": NOTHING,
    "members.listed": _done(_shown(_F.MEMBERS, "members")),
    "member.remove": NOTHING,
    "member.removed": _done(_changed(_F.MEMBERS, "member")),
    "member.roles": _asked(_changed(_F.MEMBERS, "member")),
    "member.self": _asked(_shown(_F.ORGANIZATION), _shown(_F.MEMBERS, "by")),
    "membership.list": _asked(_shown(_F.ORGANIZATION)),
    "passkey.add": NOTHING,
    "passkey.added": _done(_changed(_F.SIGN_IN, "passkey")),
    "passkey.begin": _asked(_shown(_F.SIGN_IN, "by")),
    "passkey.cloned": NOTHING,
    "passkey.list": _asked(_shown(_F.SIGN_IN, "by")),
    "passkey.revoke": NOTHING,
    "passkey.revoked": _done(_changed(_F.SIGN_IN, "passkey")),
    "password.begin": _asked(_shown(_F.SIGN_IN, "by")),
    "password.change": NOTHING,
    "password.changed": _done(_changed(_F.SIGN_IN, "member")),
    "password.set": _done(_changed(_F.SIGN_IN, "member")),
    "person.create": _asked(_passes(_F.PASSING, "collection")),
    "person.created": NOTHING,
    "person.forget": NOTHING,
    "person.forgotten": _done(_changed(_F.NAME, "person"), _changed(_F.RECORD_IDS, "person")),
    "person.list": NOTHING,
    "persons.listed": _done(_shown(_F.RECORD_IDS, "persons")),
    "person.show": _asked(_shown(_F.RECORD_IDS, "person")),
    "photo.detect": _asked(_passes(_F.PASSING)),
    "record.open": NOTHING,
    "record.opened": _done(
        _shown(_F.NAME, "names"),
        _shown(_F.PROVENANCE, "provenance"),
        _shown(_F.CROP, "crops"),
        _shown(_F.PHOTO, "photos"),
    ),
    "rules.changed": _done(_changed(_F.RULES)),
    "rules.set": NOTHING,
    "rules.show": _asked(_shown(_F.RULES)),
    "search.alarm": NOTHING,
    "search.ask": _asked(
        _passes(_F.PASSING),
        _scanned(_F.PASSING),
        _scanned(_F.TEMPLATE, "face"),
        _shown(_F.COLLECTIONS, "collections"),
    ),
    "search.granted": _done(_shown(_F.COLLECTIONS, "collections")),
    "search.refused": NOTHING,
    "search.released": NOTHING,
    "search.released_faces": _done(
        _shown(_F.SCORE, "faces"),
        _shown(_F.SCORE, "collections"),
        _shown(_F.RECORD_IDS, "faces"),
        _shown(_F.RECORD_IDS, "collections"),
    ),
    "session.begin_proof": NOTHING,
    "session.end": NOTHING,
    "session.end_others": NOTHING,
    "session.ended": NOTHING,
    "session.list": _asked(_shown(_F.SESSIONS, "by")),
    "session.opened": _done(_shown(_F.ORGANIZATION)),
    "session.prove": NOTHING,
    "session.prove_password": NOTHING,
    "session.proved": NOTHING,
    "session.switch": NOTHING,
    "sessions.end": NOTHING,
    "sessions.ended": _done(_changed(_F.SESSIONS, "member")),
    "standing.approve": NOTHING,
    "standing.approved": _done(_changed(_F.STANDING, "standing"), _shown(_F.CASES, "case")),
    "standing.create": _asked(_passes(_F.PASSING, "case")),
    "standing.created": _done(_changed(_F.STANDING, "standing"), _shown(_F.CASES, "case")),
    "standing.end": NOTHING,
    "standing.ended": _done(_changed(_F.STANDING, "standing")),
    "standing.hits": NOTHING,
    "standing.hits_shown": _done(_shown(_F.SCORE, "faces"), _shown(_F.RECORD_IDS, "faces")),
    "standing.list": NOTHING,
    "standing.listed": _done(_shown(_F.STANDING, "standing"), _shown(_F.CASES, "cases")),
    "standing.show": _asked(_shown(_F.STANDING, "standing"), _shown(_F.CASES)),
    "usage.show": _asked(_shown(_F.USAGE)),
    "verify.ask": _asked(_passes(_F.PASSING)),
    "verify.released": NOTHING,
    "webhook.list": _asked(_shown(_F.WEBHOOKS)),
    "webhook.remove": NOTHING,
    "webhook.removed": _done(_changed(_F.WEBHOOKS, "webhook")),
    "webhook.set": NOTHING,
    "webhook.was_set": _done(_changed(_F.WEBHOOKS, "webhook")),
    "webhook.test": NOTHING,
    "webhook.test_queued": NOTHING,
    "freeze.lift": NOTHING,
    "freeze.lift_said": _done(_changed(_F.SESSIONS, "subject")),
    "freeze.lifted": _done(_changed(_F.SESSIONS, "subject")),
    "freeze.list": _asked(_shown(_F.SESSIONS)),
    "freeze.made": _done(_changed(_F.SESSIONS, "subject")),
    "member.freeze": NOTHING,
    "reading.allowed": NOTHING,
}

# What the vault does by itself, or on behalf of whoever runs the server; and failures of nobody.
_KEEP: dict[str, Touches] = {
    "alarm.raised": NOTHING,
    "alarm.sent": NOTHING,
    "authenticate": NOTHING,
    "block.resealed": NOTHING,
    "canary.arm": NOTHING,
    "case.forgotten": NOTHING,
    "invitation.try": NOTHING,
    "join.passkey": NOTHING,
    "log.hung": NOTHING,
    "join.password": NOTHING,
    "sign_in.passkey": NOTHING,
    "sign_in.password": NOTHING,
    "standing.alarm": NOTHING,
    "vault.backup_expired": NOTHING,
    "standing.compare": _asked(_scanned(_F.PASSING, "standing")),
    "standing.compared": NOTHING,
    "standing.hit_faces": NOTHING,
    "webhook.sent": NOTHING,
    "webhook.sign": _asked(_passes(_F.WEBHOOKS, "webhook")),
}

# What an operator does at the vault's own door.
_OPERATOR: dict[str, Touches] = {
    "access.end": NOTHING,
    "access.ended": _done(_changed(_F.SESSIONS, "subject")),
    "alarm.acknowledge": NOTHING,
    "alarm.list": NOTHING,
    "alarm.test": NOTHING,
    "blocks.rotate": NOTHING,
    "canary.list": NOTHING,
    "canary.rotate": NOTHING,
    "canary.test": NOTHING,
    "customer.named": _done(_shown(_F.ORGANIZATION)),
    "doctor.accept": NOTHING,
    "drill.recorded": NOTHING,
    "freeze.make": NOTHING,
    "host.foreign": NOTHING,
    "incident.closed": NOTHING,
    "incident.list": NOTHING,
    "incident.note": NOTHING,
    "incident.opened": NOTHING,
    "incident.read": _done(_shown(_F.LOG)),
    "incident.report_signed": NOTHING,
    "incident.settings": _done(_shown(_F.RULES)),
    "keep.examine": NOTHING,
    "log_key.rotate": NOTHING,
    "organization.rotate": NOTHING,
    "organization.rotated": NOTHING,
    "root.rotate": NOTHING,
    "key.issue": _done(_changed(_F.API_KEYS)),
    "organization.add": NOTHING,
    "organization.added": _done(_changed(_F.ORGANIZATION)),
    "organization.list": _done(_shown(_F.ORGANIZATION)),
    "organization.shred": _done(_changed(_F.ORGANIZATION)),
    "quarantine.clear": NOTHING,
    "reading.allow": NOTHING,
    "scores.install": NOTHING,
    "vault.backup": NOTHING,
    "vault.initialize": NOTHING,
    "vault.panic": NOTHING,
    "vault.restored": NOTHING,
    "vault.seal": NOTHING,
    "vault.unseal": NOTHING,
}

TOUCHES: dict[str, Touches] = _MEMBERS | _KEEP | _OPERATOR
"""Every act that an entry can name, and what its outcomes show or change."""

OF_EVERY_CUSTOMER = frozenset({"organization.list", "incident.read", "incident.settings"})
"""Acts of an operator's that concern every customer, not one that the entry names."""
