"""A vault and the plain model of it, side by side: every act is done to both, and both must say the same.

The vault is a real one in this process: SQLCipher database, log, messages of the server's. Its clock is the model's.
"""

import copy
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from argon2 import PasswordHasher
from authenticator import Authenticator
from desk import Desk
from keep_model import Account, Lead, Look, Model, Session
from keep_model.casework import Approval, Case, Collection, Rules
from keep_model.findings import Face
from keep_model.people import DAY, START, Invitation, Key, Member
from town import PASSWORD

from facekeep.errors import FacekeepError
from facekeep.vault import batches, clock, grants, wire
from facekeep.vault.identity import guesses, passwords, sessions, tickets, totp, tries
from facekeep.vault.keeper import Keeper
from facekeep.vault.standing import due

CONTRACT = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 32)
LOOKS = [
    Look(0.93, 0), Look(0.84, 0), Look(0.75, 0.57), Look(0.66, 0.66), Look(0.57, 0.75), Look(0, 0.84), Look(0, 0.93),
]  # fmt: skip
PROBES = ("a0", "a1", "a2", "b0", "b1", "b2")  # three photos of each of the two people who are looked for
_CLOCKS = (sessions, tickets, tries, guesses, grants, due, batches, passwords, totp)
_NOBODY = "fs_nobody"
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of entries, and no power cut to survive


def template_of(look: Look, number: int) -> np.ndarray:
    """A face as alike to the two people as `look` says, and not at all to another face of another number."""
    vector = np.zeros(32, np.float32)
    vector[0], vector[1], vector[2 + number % 20] = look.first, look.second, np.sqrt(1 - look.first**2 - look.second**2)
    return vector


def probe_of(name: str) -> np.ndarray:
    vector = np.zeros(32, np.float32)
    vector["ab".index(name[0])], vector[22 + PROBES.index(name)] = 0.99, np.sqrt(1 - 0.99**2)
    return vector


class SideBySide:
    """What everybody does. Methods return what the vault answered, None where both refused."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=_MEMORY)
        self.model = Model()
        self.hands: dict[str, Authenticator] = {}
        self.secrets: dict[str, tuple[str, bytes]] = {}
        self.api_keys: dict[str, str] = {}
        self.orgs: dict[str, str] = {}
        self.collections: dict[str, str] = {}
        self.places: dict[str, wire.FacePlace] = {}
        self.grants: dict[str, wire.Grant] = {}
        self.worn: set[str] = set()
        self.checked: dict[str, int] = {}
        self.enrolled = 0
        self.keeper = Keeper(self.root / "vault")
        self.desk = Desk(self.keeper)

    # ---- the machine that it runs on ----

    @property
    def root(self) -> Path:
        return Path(self.folder.name)

    @property
    def vault(self) -> Any:
        assert self.keeper._open is not None
        return self.keeper._open

    def monotonic(self) -> float:
        return 1_000.0 + self.model.now

    def time(self) -> float:
        return self.model.time.timestamp()

    def set_clocks(self, patch: pytest.MonkeyPatch) -> None:
        """From now on the vault's clocks show the model's time."""
        patch.setattr(clock, "now", lambda: self.model.time)
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))  # the cheapest
        for module in _CLOCKS:
            patch.setattr(module, "time", self)

    def twin(self) -> "SideBySide":
        """Another one that is in the same state, with the vault closed; this one must be sealed."""
        other = SideBySide()
        shutil.copytree(self.root, other.root, dirs_exist_ok=True)
        for name in ("model", "secrets", "api_keys", "orgs", "collections", "places", "worn", "checked", "enrolled"):
            setattr(other, name, copy.deepcopy(getattr(self, name)))
        other.hands = {
            name: replace(one, passkeys=[key.clone() for key in one.passkeys]) for name, one in self.hands.items()
        }
        other.desk.cells, other.desk.blocks = dict(self.desk.cells), dict(self.desk.blocks)
        return other

    def unseal(self) -> None:
        self.keeper.operate(wire.Unseal(key_file=str(self.root / "key")))

    def restart(self) -> None:
        self.keeper.seal()
        self.unseal()
        self.model.restart()
        self.grants.clear()

    def kill(self) -> None:
        """As after SIGKILL: the files as they are this moment, and nothing of the memory."""
        moment = tempfile.TemporaryDirectory(dir=_MEMORY)
        shutil.copytree(self.root, moment.name, dirs_exist_ok=True)
        self.close()
        self.folder, self.keeper = moment, Keeper(Path(moment.name) / "vault")
        self.desk.keeper = self.keeper
        self.unseal()
        self.model.restart()
        self.grants.clear()

    def close(self) -> None:
        self.keeper.seal()
        self.folder.cleanup()

    # ---- asking ----

    def ask(self, message: wire.Message) -> Any:
        """The answer; in place of a refusal its code, for a budget with what is used up."""
        try:
            return self.keeper.serve(message)
        except FacekeepError as error:
            return " ".join(str(one) for one in (error.code, error.details.get("exhausted")) if one)

    def say(
        self, token: str, act: str, kind: Any, check: Callable[[Session], str] = lambda _: "", *done: str, **fields: Any
    ) -> Any:
        """Let whoever holds the session ask, and see that it is answered or refused as the model says."""
        refused = self.model.gate(token, act)
        is_known = refused != "unauthenticated"
        refused = refused or check(self.model.sessions[token])
        answer = self.ask(kind(session=token, **fields))
        if refused:
            assert answer == refused, (act, answer, refused)
            if is_known:
                self.model.write(self.model.sessions[token].org, act, refused.split()[0])
            return None
        assert not isinstance(answer, str), (act, answer)
        for one in done:
            self.model.write(self.model.sessions[token].org, one)
        return answer

    def only_people(self, session: Session) -> str:
        return "forbidden" if session.way == "key" else ""

    # ---- signing in ----

    def token_of(self, name: str, org: str = "One", way: str = "usual", number: int = 0) -> str:
        """A session of somebody: one that lives in that organization, else a new one; or by a key; or any at all."""
        model, org_id = self.model, self.orgs[org]
        if way == "any" and model.sessions:
            return list(model.sessions)[number % len(model.sessions)]
        if way == "key":
            mine = {one.member_id for one in model.members.values() if one.account == name and one.org == org_id}
            keys = [key for key, one in model.keys.items() if one.member_id in mine and model.key_opens(key)]
            if keys:
                return self.use_key(keys[number % len(keys)])
        if name not in model.accounts:
            return self.use_key(next(k for k, one in model.keys.items() if model.members[one.member_id].org == org_id))
        own = [one for one in model.of_account(name) if model.sessions[one].org == org_id]
        return own[-1] if own else self.sign_in(name, org_id) or self.sign_in(name, "") or _NOBODY

    def sign_in(self, name: str, org_id: str, *, right: bool = True) -> str:
        account = self.model.accounts[name]
        if account.password and not account.passkeys:
            return self.sign_in_by_password(name, org_id, right=right)
        passkey, place = list(account.passkeys.items())[-1 if right else 0]
        ticket = self.ask(wire.BeginSignIn()).ticket
        device = self.hands[name]
        signed = device.sign(ticket, "localhost", device.passkeys[place])
        message = wire.FinishSignIn(ticket=ticket, assertion=signed, organization_id=org_id)
        return self.let_in(name, org_id, passkey, "passkey", self.ask(message))

    def sign_in_by_password(self, name: str, org_id: str, *, right: bool = True) -> str:
        handle, secret = self.secrets[name]
        account = self.model.accounts[name]
        found = self._membership(name, "password", org_id)
        code = totp.code_at(secret, self.model.code_step)
        message = wire.PasswordSignIn(
            handle=handle, password=PASSWORD if right else "another password", code=code, organization_id=org_id
        )
        refused = self.model.try_password(name, right=right, in_some=found is not None)
        answer = self.ask(message)
        if refused:
            assert answer == refused
            return ""
        return self.let_in(name, org_id, account.password, "password", answer)

    def let_in(self, name: str, org_id: str, credential: str, way: str, answer: Any) -> str:
        member = self._membership(name, way, org_id)
        if member is None:
            assert answer == "unauthenticated"
            return ""
        assert answer.organization_id == member.org
        own = self.model.memberships(name, way, self.model.with_passwords)
        assert [one.member_id for one in answer.memberships] == [one.member_id for one in own]
        self.model.open_session(answer.session, member.member_id, credential, way)
        return str(answer.session)

    def _membership(self, name: str, way: str, org_id: str) -> Member | None:
        own = self.model.memberships(name, way, self.model.with_passwords)
        return next((one for one in own if org_id in ("", one.org)), None)

    def use_key(self, key_id: str) -> str:
        answer = self.ask(wire.Authenticate(untrusted_credential=self.api_keys[key_id]))
        if not self.model.key_opens(key_id):
            assert answer == "unauthenticated"
            return ""
        self.model.open_with_key(answer.session, key_id)
        assert set(answer.roles) == self.model.sessions[answer.session].roles
        return str(answer.session)

    def prove(self, token: str, name: str) -> None:
        """With a passkey of that person, who need not be the session's."""
        begun = self.say(token, "session.begin_proof", wire.BeginProof, self.only_people)
        account = self.model.accounts[name]
        if begun is None or not account.passkeys:
            return
        device, session = self.hands[name], self.model.sessions[token]
        signed = device.sign(begun.ticket, "localhost", device.passkeys[next(iter(account.passkeys.values()))])
        refused = "" if session.account == name else "proof_needed"
        fields = {"ticket": begun.ticket, "assertion": signed}
        if self.say(token, "session.prove", wire.FinishProof, lambda _: refused, "session.proved", **fields):
            session.proved = self.model.now

    def switch(self, token: str, org: str) -> None:
        def check(session: Session) -> str:
            found = session.way != "key" and self._membership(session.account, session.way, self.orgs[org])
            return self.only_people(session) or ("" if found else "not_found")

        answer = self.say(
            token, "session.switch", wire.ChooseOrganization, check, "session.ended", organization_id=self.orgs[org]
        )
        if answer is not None:
            old = self.model.sessions[token]
            member = self._membership(old.account, old.way, self.orgs[org])
            assert member is not None
            old.ended = True
            self.model.open_session(answer.session, member.member_id, old.credential, old.way, follows=token)

    def sign_out(self, token: str, *, others: bool) -> None:
        session = self.model.sessions.get(token)
        if others and self.say(
            token, "session.end_others", wire.EndOtherSessions, self.only_people, "sessions.ended"
        ) and session:
            for one in self.model.of_account(session.account):
                self.model.sessions[one].ended |= one != token
        if self.say(token, "session.end", wire.SignOut) is not None and session:
            session.ended = True

    def add_passkey(self, token: str) -> None:
        offer = self.say(token, "passkey.begin", wire.BeginPasskey, self.only_people)
        if offer is None or len(self.model.accounts[self.model.sessions[token].account].passkeys) > 2:
            return
        name = self.model.sessions[token].account
        device = self.hands.setdefault(name, Authenticator())
        assert len(offer.known_ids) == len(self.model.accounts[name].passkeys)
        made = device.register(offer.ticket, offer.rp_id, offer.user_id)
        fields = {"ticket": offer.ticket, "name": "n", "registration": made}
        added = self.say(token, "passkey.add", wire.FinishPasskey, self.only_people, "passkey.added", **fields)
        self.model.accounts[name].passkeys[added.passkey.passkey_id] = len(device.passkeys) - 1

    def revoke_passkey(self, token: str, passkey: str) -> None:
        def check(session: Session) -> str:
            if session.way == "key":
                return "forbidden"
            own = self.model.accounts[session.account]
            if passkey not in own.passkeys:
                return "not_found"
            by_password = own.password and self.model.memberships(
                session.account, "password", self.model.with_passwords
            )
            return "conflict" if len(own.passkeys) == 1 and not by_password else ""

        if self.say(token, "passkey.revoke", wire.RevokePasskey, check, "passkey.revoked", passkey_id=passkey):
            del self.model.accounts[self.model.sessions[token].account].passkeys[passkey]
            self.model.end(credential=passkey)

    def stay(self, token: str, *, times: int, every_s: float) -> None:
        """Use a session again and again; only the last use is a message, and so an entry."""
        for _ in range(times):
            self.model.now += every_s
            if self.model.lives(token):
                self.model.sessions[token].used = self.model.now
                self.vault.sessions.find(token)
        self.say(token, "member.self", wire.WhoAmI)

    # ---- members ----

    def invite(self, token: str, roles: set[str], hours: int) -> str:
        """The code, empty where it was refused."""
        fields = {"name": "Somebody", "roles": tuple(roles), "hours": hours}
        answer = self.say(token, "member.invite", wire.Invite, lambda _: "", "member.invited", **fields)
        if answer is None:
            return ""
        org = self.model.sessions[token].org
        self.model.invitations[answer.code] = Invitation(org, roles, self.model.now + hours * 3600)
        return str(answer.code)

    def withdraw(self, token: str, code: str) -> None:
        def check(session: Session) -> str:
            mine = self.model.invitation_is_open(code) and self.model.invitations[code].org == session.org
            return "" if mine else "not_found"

        fields = {"invitation_id": code[3:13]}
        if self.say(token, "invitation.withdraw", wire.WithdrawInvitation, check, "invitation.withdrawn", **fields):
            self.model.invitations[code].ended = True

    def join(self, name: str, code: str, *, by_password: bool = False) -> None:
        """Somebody new."""
        offer = self.ask(wire.BeginJoin(code=code))
        if not self.model.invitation_is_open(code):
            assert offer == "unauthenticated"
            return
        org = self.model.invitations[code].org
        assert bool(offer.handle) == self.model.rules[org].passwords
        answer = self._join_by_password(name, code, offer) if by_password else self._join_by_passkey(name, code, offer)
        if by_password and not self.model.rules[org].passwords:
            assert answer == "forbidden"
            return
        self.model.write(org, "member.join", "asked")
        self.model.write(org, "member.join")
        (membership,) = answer.memberships
        self._now_a_member(name, code, membership.member_id)
        account = self.model.accounts[name] = Account()
        way = "password" if by_password else "passkey"
        self.model.open_session(answer.session, membership.member_id, "", way)
        credential = self.say(answer.session, "member.self", wire.WhoAmI).credential
        self.model.sessions[answer.session].credential = credential
        if by_password:
            account.password, account.used_step = credential, self.model.code_step
        else:
            account.passkeys[credential] = 0

    def _join_by_passkey(self, name: str, code: str, offer: wire.JoinOffer) -> Any:
        device = Authenticator(counts=len(name) % 2 == 0)
        made = device.register(offer.ticket, offer.rp_id, offer.user_id)
        self.hands[name] = device
        return self.ask(wire.FinishJoin(code=code, ticket=offer.ticket, passkey_name="phone", registration=made))

    def _join_by_password(self, name: str, code: str, offer: wire.JoinOffer) -> Any:
        self.secrets[name] = offer.handle, offer.totp_secret
        now = totp.code_at(offer.totp_secret, self.model.code_step)
        return self.ask(
            wire.FinishJoinByPassword(code=code, ticket=offer.ticket, password=PASSWORD, totp_code=now)
        )

    def _now_a_member(self, name: str, code: str, member_id: str) -> None:
        invitation = self.model.invitations[code]
        invitation.ended = True
        self.model.members[member_id] = Member(member_id, invitation.org, name, set(invitation.roles))

    def accept(self, token: str, code: str) -> None:
        """One more membership of who is signed in."""
        invitation = self.model.invitations[code]

        def check(session: Session) -> str:
            if session.way == "key":
                return "forbidden"
            if not self.model.invitation_is_open(code):
                return "unauthenticated"
            if session.way == "password" and invitation.org not in self.model.with_passwords:
                return "forbidden"
            self.model.write(invitation.org, "member.join", "asked")
            own = self.model.memberships(session.account, "passkey", set())
            return "conflict" if invitation.org in {one.org for one in own} else ""

        answer = self.say(token, "invitation.accept", wire.AcceptInvitation, check, code=code)
        if answer is not None:
            self.model.write(invitation.org, "member.join")
            self._now_a_member(self.model.sessions[token].account, code, answer.membership.member_id)

    def set_roles(self, token: str, member_id: str, roles: set[str]) -> None:
        check = self._about_member(member_id, roles)
        fields = {"member_id": member_id, "roles": tuple(roles)}
        if self.say(token, "member.roles", wire.SetRoles, check, **fields):
            self.model.members[member_id].roles = set(roles)
            self.model.end(member=member_id)

    def remove(self, token: str, member_id: str) -> None:
        check = self._about_member(member_id, set())
        if self.say(token, "member.remove", wire.RemoveMember, check, "member.removed", member_id=member_id):
            self.model.remove(self.model.members[member_id])

    def _about_member(self, member_id: str, roles: set[str]) -> Callable[[Session], str]:
        def check(session: Session) -> str:
            member = self.model.live_member(session.org, member_id)
            if member is None:
                return "not_found"
            return "forbidden" if self.model.leaves_no_admin(member, roles) else ""

        return check

    def end_sessions(self, token: str, member_id: str) -> None:
        def check(session: Session) -> str:
            return "" if self.model.live_member(session.org, member_id) else "not_found"

        if self.say(token, "sessions.end", wire.EndSessions, check, "sessions.ended", member_id=member_id):
            self.model.end(member=member_id)

    def make_key(self, token: str, member_id: str, roles: set[str] | None, **limits: Any) -> None:
        """`acts`, `collections` (ids) and `hours`, as far as the key is limited."""
        hours, collections, acts = limits.get("hours"), limits.get("collections"), limits.get("acts")

        def check(session: Session) -> str:
            refused = self.model.key_refused(session, member_id, roles, past=False)
            seen = [self.model.collection_refused(session, one) for one in collections or ()]
            return refused or max(seen, default="") or ("invalid_request" if hours is not None and hours < 0 else "")

        expires = None if hours is None else self.model.now + hours * 3600
        fields = {
            "member_id": member_id,
            "name": "k",
            "roles": None if roles is None else tuple(roles),
            "acts": acts,
            "collections": collections,
            "expires_at": None if expires is None else self.written(expires),
        }
        answer = self.say(token, "key.make", wire.MakeApiKey, check, "key.made", **fields)
        if answer is not None:
            session = self.model.sessions[token]
            within = _within(acts, session.acts), _within(collections, session.collections)
            self.model.keys[answer.key_id] = Key(member_id, roles, *within, expires)
            self.api_keys[answer.key_id] = answer.api_key

    def revoke_key(self, token: str, key_id: str) -> None:
        def check(session: Session) -> str:
            key = self.model.keys[key_id]
            mine = not key.revoked and self.model.members[key.member_id].org == session.org
            return "" if mine else "not_found"

        if self.say(token, "key.revoke", wire.RevokeApiKey, check, "key.revoked", key_id=key_id):
            self.model.keys[key_id].revoked = True
            self.model.end(credential=key_id)

    def written(self, at: float) -> str:
        """A time of the model's as messages have it."""
        return (START + timedelta(seconds=at)).isoformat()

    # ---- rules, cases, approvals ----

    def set_rules(self, token: str, rules: Rules) -> None:
        def check(session: Session) -> str:
            return max((self.model.collection_refused(session, one) for one in rules.named), default="")

        sent = wire.Rules(
            case_days=rules.case_days,
            case_retention_days=rules.retention_days,
            approval_hours=rules.approval_hours,
            approval_collections=tuple(rules.named),
            searches_a_day_by_person=rules.person,
            searches_a_day_in_case=rules.case,
            searches_a_day_of_collection=rules.collection,
            searches_a_day=rules.organization,
            password_sign_in=rules.passwords,
        )
        if self.say(token, "rules.set", wire.SetRules, check, "rules.changed", rules=sent):
            org = self.model.sessions[token].org
            self.model.rules[org] = rules
            if not rules.passwords:
                self.model.end(way_in=org)

    def open_case(self, token: str, members: set[str], hours: float, limit: int | None) -> str:
        ends = self.model.now + hours * 3600

        def check(session: Session) -> str:
            return self.model.new_case_refused(session, ends, members)

        fields = {
            "purpose": "Family tracing",
            "legal_basis": "a test",
            "members": tuple(members),
            "expires_at": self.written(ends),
            "searches_a_day": limit,
        }
        answer = self.say(token, "case.create", wire.CreateCase, check, "case.created", **fields)
        if answer is None:
            return ""
        session = self.model.sessions[token]
        everybody = {session.member_id, *members}
        self.model.cases[answer.case.case_id] = Case(session.org, session.member_id, everybody, ends, limit)
        return str(answer.case.case_id)

    def change_case(self, token: str, case_id: str, *, add: str = "", remove: str = "", hours: int = 0) -> None:
        ends = self.model.now + hours * 3600

        def check(session: Session) -> str:
            refused = self.model.change_refused(session, case_id)
            if not refused and add and not self.model.live_member(session.org, add):
                refused = "not_found"
            if not refused and hours and ends > self.model.now + self.model.rules[session.org].case_days * DAY:
                refused = "invalid_request"
            return refused

        fields = {
            "case_id": case_id,
            "add_members": (add,) if add else (),
            "remove_members": (remove,) if remove else (),
            "expires_at": self.written(ends) if hours else None,
        }
        answer = self.say(token, "case.change", wire.ChangeCase, check, **fields)
        if answer is not None:
            case = self.model.cases[case_id]
            case.members.discard(remove)
            case.members |= {add} if add else set()
            case.ends = ends if hours else case.ends
            assert set(answer.case.members) == case.members

    def close_case(self, token: str, case_id: str) -> None:
        def check(session: Session) -> str:
            return self.model.change_refused(session, case_id)

        if self.say(token, "case.close", wire.CloseCase, check, "case.closed", case_id=case_id):
            self.model.cases[case_id].ends = self.model.now

    def ask_approval(self, token: str, case_id: str, collection: str) -> str:
        def check(session: Session) -> str:
            return self.model.ask_refused(session, case_id, collection)

        fields = {"case_id": case_id, "collection_id": collection, "reason": "why"}
        answer = self.say(token, "approval.ask", wire.RequestApproval, check, "approval.asked", **fields)
        if answer is None:
            return ""
        session = self.model.sessions[token]
        expires = self.model.now + self.model.rules[session.org].approval_hours * 3600
        approval = Approval(session.org, case_id, collection, session.person, expires)
        self.model.approvals[answer.approval.approval_id] = approval
        return str(answer.approval.approval_id)

    def decide_approval(self, token: str, approval_id: str, approved: bool) -> None:
        def check(session: Session) -> str:
            return self.model.decision_refused(session, approval_id)

        fields = {"approval_id": approval_id, "approved": approved}
        if self.say(token, "approval.decide", wire.DecideApproval, check, "approval.decided", **fields):
            session, one = self.model.sessions[token], self.model.approvals[approval_id]
            one.approved, one.decider = approved, session.person
            one.expires = self.model.now + self.model.rules[session.org].approval_hours * 3600

    # ---- galleries ----

    def add_collection(self, token: str, name: str, **policy: Any) -> None:
        """While the world is made, by an admin who may."""
        made = self.ask(
            wire.CreateCollection(session=token, name=name, contract=CONTRACT, policy=wire.Policy(**policy))
        )
        org, evaluation = self.model.sessions[token].org, policy.get("evaluation", False)
        self.collections[name] = made.collection.collection_id
        self.model.collections[made.collection.collection_id] = Collection(
            org, not evaluation, policy.get("approval_required", False), evaluation, not evaluation
        )
        self.model.write(org, "collection.create", "asked")

    def enroll(self, token: str, collection: str, *people: tuple[str, Look]) -> None:
        """A batch, so a block, of people by name, each with a look."""

        def check(session: Session) -> str:
            return self.model.collection_refused(session, collection)

        drafts = []
        for name, look in people:
            self.enrolled += 1
            template = template_of(look, self.enrolled).tobytes()
            drafts.append(
                wire.FaceDraft(
                    template=template, crop=b"crop", facts=wire.FaceFacts(source="album"), person_name=name
                )
            )
        fields = {"collection_id": collection, "faces": tuple(drafts)}
        batch = self.say(token, "face.enroll", wire.SealFaces, check, **fields)
        if batch is None:
            return
        self.desk.store(batch)
        assert isinstance(self.ask(wire.CommitBatch(session=token, batch_id=batch.batch_id)), wire.Done)
        org = self.model.sessions[token].org
        self.model.write(org, "faces.enrolled")
        self.model.count(org, "enrollments", len(people))
        for place, (_, look) in zip(batch.places, people, strict=True):
            self.model.faces[place.face_id] = Face(collection, place.person_id, batch.block.block_id, look)
            self.model.persons[place.person_id] = collection
            self.places[place.face_id] = place

    def forget(self, token: str, face_id: str, *, person: bool) -> None:
        face = self.model.faces[face_id]
        gone = [one for one, other in self.model.faces.items() if other.person == face.person] if person else [face_id]

        def check(session: Session) -> str:
            return self.model.collection_refused(session, face.collection)

        if person:
            fields: dict[str, Any] = {"person_id": face.person}
            answer = self.say(token, "person.forget", wire.ForgetPerson, check, "person.forgotten", **fields)
        else:
            fields = {"face_ids": (face_id,)}
            answer = self.say(token, "face.forget", wire.ForgetFaces, check, "faces.forgotten", **fields)
        if answer is not None:
            assert answer.faces == len(gone)
            self.worn |= {self.model.faces[one].block for one in gone}
            for one in gone:
                self.model.forget_face(one)
            if person:
                del self.model.persons[face.person]

    def housekeep(self) -> None:
        """Blocks with a forgotten face are sealed anew under another name."""
        self.desk.housekeep()
        moved = {one.block: one.collection for one in self.model.faces.values() if one.block in self.worn}
        for block, collection in moved.items():
            self.model.write(self.model.collections[collection].org, "block.resealed")
            for face in self.model.faces.values():
                face.block = f"{block} anew" if face.block == block else face.block
        self.worn.clear()

    # ---- searches ----

    def begin_search(self, token: str, case_id: str, collections: tuple[str, ...], probe: str, top_k: int) -> str:
        """The grant's id, empty where it was refused."""

        def check(session: Session) -> str:
            unseen = max((self.model.collection_refused(session, one) for one in collections), default="")
            refused = unseen or self.model.admission_refused(session, case_id, collections)
            return refused or self.model.spend(session, case_id, collections)

        fields = {
            "collection_ids": collections,
            "probes": probe_of(probe).tobytes(),
            "case_id": case_id,
            "top_k": top_k,
        }
        grant = self.say(token, "search.ask", wire.GrantSearch, check, **fields)
        if grant is None:
            return ""
        self.grants[grant.grant_id] = grant
        self.model.searches[grant.grant_id] = self.model.begin(token, case_id, collections, probe, top_k)
        return str(grant.grant_id)

    def finish_search(self, token: str, grant_id: str) -> list[str]:
        """The leads it showed."""
        search, grant = self.model.searches.get(grant_id), self.grants[grant_id]
        refused = self.model.finish_refused(token, search)
        answer = self.ask(wire.OpenSums(session=token, grant_id=grant_id, sums=self.desk.scan(grant)))
        if search is not None and search.token == token and refused != "unauthenticated":
            del self.model.searches[grant_id]  # a grant is good for one answer
        if refused:
            assert answer == refused, (answer, refused)
            return []
        assert search is not None
        assert isinstance(answer, wire.Candidates), answer
        session, (found,) = self.model.sessions[token], answer.lists
        shown, withheld = self.model.release(session, search)
        assert {one.place.face_id for one in found.candidates} == set(shown)
        assert found.withheld == withheld
        scores = [one.score for one in found.candidates]
        assert scores == sorted(scores, reverse=True)
        return [self._as_lead(session, search, one) for one in found.candidates]

    def _as_lead(self, session: Session, search: Any, one: wire.Candidate) -> str:
        face = self.model.faces[one.place.face_id]
        alike = face.look.first if search.probe[0] == "a" else face.look.second
        assert abs(one.score - 0.99 * alike) < 0.04
        hides = self.model.collections[face.collection].hides
        if not search.case_id:
            assert one.lead_id is None
            assert one.is_revealed is not hides
            return ""
        known = [
            key
            for key, other in self.model.leads.items()
            if (other.case_id, other.face) == (search.case_id, one.place.face_id)
        ]
        assert [one.lead_id] == (known or [one.lead_id])
        lead = self.model.found(session, search, one.place.face_id, str(one.lead_id))
        assert one.is_revealed == (not hides or session.person in lead.revealed)
        return str(one.lead_id)

    # ---- review ----

    def decide(self, token: str, lead_id: str, verdict: str) -> None:
        def check(_: Session) -> str:
            return self.model.verdict_refused(token, lead_id)

        fields = {"lead_id": lead_id, "verdict": verdict, "reason": "the ear"}
        answer = self.say(token, "lead.decide", wire.DecideLead, check, "lead.decided", **fields)
        if answer is not None:
            session, lead = self.model.sessions[token], self.model.leads[lead_id]
            lead.decisions.append((replace(session), token, verdict))
            assert (answer.lead.state, answer.lead.verdict) == (lead.state, lead.verdict)
            if lead.verdict:
                self.model.write(session.org, "lead.agreed")

    def reveal(self, token: str, lead_id: str) -> None:
        def check(session: Session) -> str:
            if not self.model.sees_lead(session, lead_id):
                return "not_found"
            return "" if self.model.is_open(self.model.leads[lead_id].case_id) else "case_closed"

        fields = {"lead_id": lead_id, "reason": "to know"}
        if self.say(token, "lead.reveal", wire.RevealLead, check, "lead.revealed", **fields):
            self.model.leads[lead_id].revealed.add(self.model.sessions[token].person)

    def open_record(self, token: str, face_id: str) -> None:
        def check(session: Session) -> str:
            return self.model.record_refused(session, face_id)

        cell = self.desk.cells[self.places[face_id].face_cell]
        answer = self.say(token, "record.open", wire.OpenCells, check, cells=(cell,))
        assert answer is None or b"album" in answer.plaintexts[0]

    # ---- looking ----

    def look(self, token: str) -> None:
        """Everything that can be listed, as the holder of this session sees it."""
        self._look_at_people(token)
        self._look_at_cases(token)
        self._look_at_use(token)

    def _look_at_people(self, token: str) -> None:
        model = self.model
        me = self.say(token, "member.self", wire.WhoAmI)
        if me is None:
            return
        session = model.sessions[token]
        assert (me.organization_id, me.member.member_id, set(me.roles)) == (
            session.org, session.member_id, session.roles,
        )  # fmt: skip
        members = self.say(token, "member.list", wire.ListMembers)
        own = {one.member_id: one.roles for one in model.members.values() if one.org == session.org and not one.removed}
        assert members is None or {one.member_id: set(one.roles) for one in members.items} == own
        keys = self.say(token, "key.list", wire.ListApiKeys)
        live = {key for key, one in model.keys.items() if not one.revoked and one.member_id in own}
        assert keys is None or {one.key_id for one in keys.items} == live
        codes = self.say(token, "invitation.list", wire.ListInvitations)
        ready = {code[3:13] for code in model.invitations if model.invitation_is_open(code)}
        theirs = {code[3:13] for code, one in model.invitations.items() if one.org != session.org}
        assert codes is None or {one.invitation_id for one in codes.items} == ready - theirs

    def _look_at_cases(self, token: str) -> None:
        model = self.model
        listed = self.say(token, "case.list", wire.ListCases, limit=1_000)
        if listed is None:
            return
        session = model.sessions[token]
        assert {one.case_id for one in listed.items} == {one for one in model.cases if model.sees_case(session, one)}
        for one in listed.items:
            case, is_mine = model.cases[one.case_id], model.in_case(session, one.case_id)
            assert (one.status == "open", set(one.members)) == (model.is_open(one.case_id), case.members)
            spent = model.spent_today(session.org, "case", one.case_id)
            assert one.searches_today == (spent if is_mine else None)
            if is_mine:
                self._look_at_leads(token, one.case_id)
        approvals = self.say(token, "approval.list", wire.ListApprovals, limit=1_000)
        seen = {key for key, one in model.approvals.items() if model.sees_approval(session, one)}
        assert approvals is None or {one.approval_id for one in approvals.items} == seen

    def _look_at_leads(self, token: str, case_id: str) -> None:
        model = self.model
        page = self.say(token, "lead.list", wire.ListLeads, case_id=case_id, limit=1_000)
        if page is None:
            return
        session = model.sessions[token]
        own = {key for key, one in model.leads.items() if one.case_id == case_id and model.sees_lead(session, key)}
        assert {one.lead_id for one in page.items} == own
        for view in page.items:
            self._agrees(token, model.leads[view.lead_id], view)

    def _agrees(self, token: str, lead: Lead, view: wire.LeadView) -> None:
        model, session = self.model, self.model.sessions[token]
        others = lead.state == "agreed" or session.person in {one.person for one, _, _ in lead.decisions}
        hides = model.collections[model.faces[lead.face].collection].hides
        may = model.is_open(lead.case_id) and not lead.verdict and not model.turn_refused(token, lead)
        assert (view.state, view.verdict, view.place.face_id) == (lead.state, lead.verdict, lead.face)
        assert (view.score is not None) == (others or model.knows_score(session, lead))
        assert [one.verdict for one in view.decisions] == [one for _, _, one in lead.decisions if others]
        assert (view.is_blind, view.may_decide) == (not others, may)
        assert view.is_revealed == (not hides or session.person in lead.revealed)

    def _look_at_use(self, token: str) -> None:
        model = self.model
        shown = self.say(token, "usage.show", wire.ShowUsage)
        if shown is None:
            return
        org = model.sessions[token].org
        own = {(day, kind): n for (one, day, kind), n in model.usage.items() if one == org and day >= model.day - 30}
        kinds = ("searches", "verifications", "enrollments", "evaluation_searches")
        told = {(one.day, kind): getattr(one, kind) for one in shown.days for kind in kinds if getattr(one, kind)}
        assert told == {(clock.date_of(day), kind): n for (day, kind), n in own.items()}

    # ---- what lies in the vault, without asking it ----

    def same_entries(self) -> None:
        """Each log holds exactly what the model wrote, numbered without a gap; the keep's own numbers have none."""
        for org, written in self.model.log.items():
            start = self.checked.get(org, 0)
            entries, _ = self.vault.journal.read(org, start, 10_000)
            assert [one.entry for one in entries] == list(range(start, start + len(entries)))
            assert [(one.act, one.outcome) for one in entries] == written[start:]
            self.checked[org] = start + len(entries)
        start = self.checked.get("", 0)
        entries, _ = self.vault.journal.read("", start, 10_000)
        assert [one.entry for one in entries] == list(range(start, start + len(entries)))
        self.checked[""] = start + len(entries)

    def same_rows(self) -> None:
        """Usage, members, cases, approvals, leads, faces and who saw them, of both organizations."""
        model, rows = self.model, self.vault.database.rows
        assert {row[:3]: row[3] for row in rows("SELECT org_id, day, kind, count FROM usage")} == model.usage
        live = {(one.member_id, one.org) for one in model.members.values() if not one.removed}
        assert set(rows("SELECT member_id, org_id FROM members WHERE removed_at IS NULL")) == live
        assert set(rows("SELECT case_id, org_id FROM cases")) == {(key, one.org) for key, one in model.cases.items()}
        assert {key for (key,) in rows("SELECT approval_id FROM approvals")} == set(model.approvals)
        leads = rows("SELECT lead_id, case_id, verdict FROM leads")
        assert set(leads) == {(key, one.case_id, one.verdict) for key, one in model.leads.items()}
        assert {key for (key,) in rows("SELECT face_id FROM faces")} == set(model.faces)
        seen = rows("SELECT principal, coalesce(face_id, 'forgotten') FROM exposures LEFT JOIN faces ON number = face")
        assert sorted(seen) == sorted(key for key, days in model.seen.items() for _ in days)
        today = rows("SELECT org_id, scope, subject, spent FROM spendings WHERE day = ?", model.day)
        assert {row[:3]: row[3] for row in today} == {
            key[1:]: spent for key, spent in model.spent.items() if key[0] == model.day
        }

    def same_sessions(self) -> None:
        """The sessions that live are the model's, with the same roles, begun, used and proved at the same moments."""
        known = self.vault.sessions._live
        alive = {token: one for token, one in known.items() if sessions._alive(one, self.monotonic())}
        assert set(alive) == {token for token in self.model.sessions if self.model.lives(token)}
        for token, one in alive.items():
            mine, caller = self.model.sessions[token], one.caller
            assert (caller.org_id, caller.member_id, caller.credential) == (mine.org, mine.member_id, mine.credential)
            assert (caller.roles, caller.acts, caller.collections) == (mine.roles, mine.acts, mine.collections)
            times = (mine.began, mine.used, mine.proved)
            assert (one.opened_at, one.used_at, one.proved_at) == tuple(1_000.0 + at for at in times)


def _within(asked: Iterable[str] | None, own: set[str] | None) -> set[str] | None:
    if asked is None or own is None:
        return own if asked is None else set(asked)
    return set(asked) & own
