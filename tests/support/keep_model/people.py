"""Organizations, the people in them, how they sign in, and what each session may do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = 86_400.0
IDLE, WHOLE, FRESH, MOST_SESSIONS = 900.0, 43_200.0, 300.0, 20
TRIES, SECONDS_A_TRY, ALL_TRIES = 5, 300.0, 30
CODE_SECONDS = 30

ADMIN, INVESTIGATOR, REVIEWER = "admin", "investigator", "reviewer"
CUSTODIAN, AUDITOR, OFFICER = "custodian", "auditor", "privacy_officer"
EVERYBODY = frozenset({ADMIN, INVESTIGATOR, REVIEWER, CUSTODIAN, AUDITOR, OFFICER})
DECIDERS, OVERSEERS, KEEPERS = {ADMIN, REVIEWER, OFFICER}, {ADMIN, AUDITOR, OFFICER}, {CUSTODIAN, OFFICER}

MAY: dict[str, frozenset[str] | set[str]] = {
    "member.self": EVERYBODY, "member.list": {ADMIN, AUDITOR, OFFICER}, "member.roles": {ADMIN},
    "member.remove": {ADMIN}, "member.invite": {ADMIN}, "member.add": {ADMIN}, "invitation.withdraw": {ADMIN},
    "invitation.list": {ADMIN}, "invitation.accept": EVERYBODY, "sessions.end": {ADMIN},
    "key.make": EVERYBODY, "key.revoke": {ADMIN}, "key.list": {ADMIN, AUDITOR, OFFICER},
    "session.begin_proof": EVERYBODY, "session.prove": EVERYBODY, "session.end": EVERYBODY,
    "session.end_others": EVERYBODY, "session.switch": EVERYBODY, "passkey.begin": EVERYBODY,
    "passkey.add": EVERYBODY, "passkey.revoke": EVERYBODY, "membership.list": EVERYBODY,
    "rules.set": {ADMIN}, "rules.show": EVERYBODY, "usage.show": {ADMIN, AUDITOR}, "collection.list": EVERYBODY,
    "case.create": {INVESTIGATOR}, "case.change": {INVESTIGATOR, ADMIN}, "case.close": {INVESTIGATOR, ADMIN},
    "case.list": EVERYBODY, "case.show": EVERYBODY,
    "approval.ask": {INVESTIGATOR}, "approval.decide": DECIDERS, "approval.list": EVERYBODY,
    "search.ask": {INVESTIGATOR}, "face.enroll": {CUSTODIAN}, "face.forget": KEEPERS, "person.forget": KEEPERS,
    "record.open": {CUSTODIAN, INVESTIGATOR, REVIEWER, OFFICER},
    "lead.list": {INVESTIGATOR, REVIEWER}, "lead.show": {INVESTIGATOR, REVIEWER},
    "lead.decide": {INVESTIGATOR, REVIEWER}, "lead.reveal": {INVESTIGATOR, REVIEWER},
}  # fmt: skip
PROVED = {
    "member.roles", "member.remove", "member.invite", "member.add", "invitation.accept", "key.make", "passkey.begin",
    "passkey.add", "passkey.revoke", "rules.set", "approval.decide", "lead.reveal",
}  # fmt: skip


@dataclass
class Member:
    """A person (`account`) or a program (none) in one organization."""

    member_id: str
    org: str
    account: str
    roles: set[str]
    removed: bool = False


@dataclass
class Invitation:
    org: str
    roles: set[str]
    expires: float
    ended: bool = False


@dataclass
class Key:
    member_id: str
    roles: set[str] | None = None
    acts: set[str] | None = None
    collections: set[str] | None = None
    expires: float | None = None
    revoked: bool = False


@dataclass
class Account:
    """Somebody who signs in: passkeys by id with their place on the device, and perhaps a password's name."""

    passkeys: dict[str, int] = field(default_factory=dict)
    password: str = ""
    used_step: int = 0
    tries_left: float = TRIES
    tried_at: float = 0.0


@dataclass
class Session:
    org: str
    member_id: str
    account: str
    credential: str
    way: str
    roles: set[str]
    began: float
    used: float
    proved: float
    acts: set[str] | None = None
    collections: set[str] | None = None
    ended: bool = False

    @property
    def person(self) -> str:
        """Two sessions with the same one are never both reviewers."""
        return self.account or self.member_id

    def sees(self, collection: str) -> bool:
        return self.collections is None or collection in self.collections


class People:
    """Everything about who is who. `now` counts seconds from `START`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.members: dict[str, Member] = {}
        self.accounts: dict[str, Account] = {}
        self.invitations: dict[str, Invitation] = {}
        self.keys: dict[str, Key] = {}
        self.sessions: dict[str, Session] = {}
        self.log: dict[str, list[tuple[str, str]]] = {}
        self.all_tries_left, self.all_tried_at = float(ALL_TRIES), 0.0

    @property
    def time(self) -> datetime:
        return START + timedelta(seconds=self.now)

    @property
    def day(self) -> int:
        return (self.time - datetime(1970, 1, 1, tzinfo=UTC)).days

    def write(self, org: str, act: str, outcome: str = "done") -> None:
        self.log[org].append((act, outcome))

    def name(self, org: str, act: str, records: int) -> None:
        """Entries that name so many records, twenty to an entry, and one where there are none."""
        for _ in range(max(1, -(-records // 20))):
            self.write(org, act)

    # ---- sessions ----

    def lives(self, token: str) -> bool:
        one = self.sessions.get(token)
        if one is None or one.ended or (one.way == "key" and not self.key_opens(one.credential)):
            return False
        return self.now - one.used < IDLE and self.now - one.began < WHOLE

    def gate(self, token: str, act: str) -> str:
        """What stands before every act: a live session, a role, the limits of a key, and a fresh proof."""
        if not self.lives(token):
            return "unauthenticated"
        one = self.sessions[token]
        one.used = self.now
        self.write(one.org, act, "asked")
        if not one.roles & MAY[act] or (one.acts is not None and act not in one.acts):
            return "forbidden"
        return "proof_needed" if act in PROVED and self.now - one.proved >= FRESH else ""

    def open_session(self, token: str, member_id: str, credential: str, way: str, follows: str = "") -> None:
        member = self.members[member_id]
        self._make_room(member.account, way)
        one = Session(
            member.org, member_id, member.account, credential, way, set(member.roles), self.now, self.now, self.now
        )
        if follows:
            one.began, one.proved = self.sessions[follows].began, self.sessions[follows].proved
        self.sessions[token] = one
        self.write(member.org, "session.opened")

    def open_with_key(self, token: str, key_id: str) -> None:
        key = self.keys[key_id]
        member = self.members[key.member_id]
        roles = set(member.roles) if key.roles is None else member.roles & key.roles
        self.sessions[token] = Session(
            member.org, member.member_id, member.account, key_id, "key", roles, self.now, self.now, self.now,
            key.acts, key.collections,
        )  # fmt: skip

    def end(self, *, member: str = "", credential: str = "", way_in: str = "") -> None:
        """End sessions: a member's, those of a credential, or those by password in an organization."""
        for one in self.sessions.values():
            theirs = one.member_id == member or one.credential == credential
            one.ended |= theirs or (bool(way_in) and one.org == way_in and one.way == "password")

    def of_account(self, account: str) -> list[str]:
        """Live sessions that a person opened, by sign-in."""
        own = [token for token, one in self.sessions.items() if one.account == account and one.way != "key"]
        return [token for token in own if self.lives(token)]

    def _make_room(self, account: str, way: str) -> None:
        own = self.of_account(account)
        by_use = sorted(own, key=lambda token: self.sessions[token].used)
        for token in by_use[: max(0, len(own) - MOST_SESSIONS + 1)]:
            self.sessions[token].ended = True

    # ---- members ----

    def memberships(self, account: str, way: str, allowed: set[str]) -> list[Member]:
        """Live ones, oldest first; a password is good for the `allowed` organizations only."""
        own = [one for one in self.members.values() if one.account == account and not one.removed]
        return [one for one in own if way != "password" or one.org in allowed]

    def live_member(self, org: str, member_id: str) -> Member | None:
        one = self.members.get(member_id)
        return one if one is not None and one.org == org and not one.removed else None

    def leaves_no_admin(self, member: Member, roles: set[str]) -> bool:
        others = (one for one in self.members.values() if one.org == member.org and not one.removed)
        return ADMIN not in roles and not any(ADMIN in one.roles for one in others if one is not member)

    def remove(self, member: Member) -> None:
        member.removed = True
        for key in self.keys.values():
            key.revoked |= key.member_id == member.member_id
        self.end(member=member.member_id)

    def invitation_is_open(self, code: str) -> bool:
        one = self.invitations.get(code)
        return one is not None and not one.ended and self.now < one.expires

    # ---- keys ----

    def key_opens(self, key_id: str) -> bool:
        key = self.keys[key_id]
        return not key.revoked and (key.expires is None or self.now < key.expires)

    def key_refused(self, session: Session, member_id: str, roles: set[str] | None, past: bool) -> str:
        member = self.live_member(session.org, member_id)
        if member is None:
            return "not_found"
        if member_id != session.member_id and ADMIN not in session.roles:
            return "forbidden"
        wanted = member.roles if roles is None else roles
        if not wanted <= member.roles or (member_id == session.member_id and not wanted <= session.roles):
            return "forbidden"
        return "invalid_request" if past else ""

    # ---- passwords ----

    @property
    def code_step(self) -> int:
        return int(self.time.timestamp() // CODE_SECONDS)

    def try_password(self, account: str, *, right: bool, in_some: bool) -> str:
        """What a sign-in by password comes to; a wrong one costs a try, a right one gives it back."""
        one = self.accounts[account]
        one.tries_left = min(float(TRIES), one.tries_left + (self.now - one.tried_at) / SECONDS_A_TRY)
        self.all_tries_left = min(float(ALL_TRIES), self.all_tries_left + self.now - self.all_tried_at)
        one.tried_at = self.all_tried_at = self.now
        if one.tries_left < 1 or self.all_tries_left < 1:
            return "too_many_tries"
        one.tries_left -= 1
        self.all_tries_left -= 1
        if not right or self.code_step <= one.used_step:
            return "unauthenticated"
        one.used_step = self.code_step
        if not in_some:
            return "unauthenticated"
        one.tries_left = TRIES
        self.all_tries_left = min(float(ALL_TRIES), self.all_tries_left + 1)
        return ""
