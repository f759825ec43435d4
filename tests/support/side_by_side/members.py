"""Invitations, members, roles, API keys."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from authenticator import EDDSA, ES256, Authenticator
from keep_model import Account, Session
from keep_model.people import START, Invitation, Key, Member
from town import PASSWORD

from facekeep.vault import wire
from facekeep.vault.identity import totp
from side_by_side.signing import Signing


class Members(Signing):
    """Who is in an organization, and with what."""

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
        self.model.write(org, "member.join", "offered")
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
        number = len(self.model.accounts)
        device = Authenticator(algorithm=EDDSA if number % 3 else ES256, counts=number % 2 == 0)
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


def _within(asked: Iterable[str] | None, own: set[str] | None) -> set[str] | None:
    if asked is None or own is None:
        return own if asked is None else set(asked)
    return set(asked) & own
