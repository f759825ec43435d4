"""Signing in and out, by passkey, password and key."""

from typing import Any

from authenticator import Authenticator
from keep_model import Session
from keep_model.people import Member
from town import PASSWORD

from facekeep.vault import wire
from facekeep.vault.identity import totp
from side_by_side.base import NOBODY, Base


class Signing(Base):
    """What people do to be known, and not to be any more."""

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
        return own[-1] if own else self.sign_in(name, org_id) or self.sign_in(name, "") or NOBODY

    def sign_in(self, name: str, org_id: str, *, right: bool = True) -> str:
        account = self.model.accounts[name]
        if account.password and not account.passkeys:
            return self.sign_in_by_password(name, org_id, right=right)
        passkey, place = list(account.passkeys.items())[-1 if right else 0]
        ticket = self.ask(wire.BeginSignIn()).ticket
        device = self.hands[name]
        signed = device.sign(ticket, "localhost", device.passkeys[place])
        message = wire.FinishSignIn(ticket=ticket, assertion=signed, organization_id=org_id)
        answer = self.ask(message)
        assert self.ask(message) == "unauthenticated", "a ceremony was good twice"
        return self.let_in(name, org_id, passkey, "passkey", answer)

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
