"""People of a vault in this process: invited, joined, signed in."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from authenticator import Authenticator

from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.identity import totp
from facekeep.vault.keeper import Keeper

PASSWORD = "correct horse battery staple"


@dataclass
class Person:
    """Somebody with a device, and perhaps a password."""

    device: Authenticator = field(default_factory=Authenticator)
    session: str = ""
    organization_id: str = ""
    handle: str = ""
    totp_secret: bytes = b""
    password: str = PASSWORD

    def code(self, later: int = 0) -> str:
        return totp.code_at(self.totp_secret, int(time.time() // totp.STEP_SECONDS) + later)


class Town:
    """A vault in this process with one organization, and everything that people do with it.

    With a `keeper` it is one that is open already, and `api_key` is of an admin there.
    """

    def __init__(self, folder: Path, keeper: Keeper | None = None, api_key: str = "") -> None:
        self.folder = folder
        self.keeper = keeper or Keeper(folder / "vault")
        self.api_key = api_key or self._initialized()
        self.admin = self.key_session()

    def _initialized(self) -> str:
        message = wire.Initialize(
            method="key_file", organization="First", member="Op", key_file=str(self.folder / "k")
        )
        return self.ask_operator(message, wire.Initialized).api_key

    def ask(self, message, kind):
        answer = self.keeper.serve(message)
        assert isinstance(answer, kind), answer
        return answer

    def ask_operator(self, message, kind):
        answer = self.keeper.operate(message)
        assert isinstance(answer, kind), answer
        return answer

    @property
    def vault(self):
        assert self.keeper._open is not None
        return self.keeper._open

    def key_session(self, key: str = "") -> str:
        return self.ask(wire.Authenticate(untrusted_credential=key or self.api_key), wire.SessionOpened).session

    def invite(self, name: str = "Ana", roles: tuple[str, ...] = ("investigator",), session: str = "") -> str:
        message = wire.Invite(session=session or self.key_session(), name=name, roles=roles)
        return self.ask(message, wire.Invited).code

    def join(self, code: str = "", device: Authenticator | None = None, **lies: object) -> Person:
        code = code or self.invite()
        one = Person(device or Authenticator())
        offer = self.ask(wire.BeginJoin(code=code), wire.JoinOffer)
        made = one.device.register(offer.ticket, offer.rp_id, offer.user_id, **lies)
        message = wire.FinishJoin(code=code, ticket=offer.ticket, passkey_name="phone", registration=made)
        return self._let_in(one, self.ask(message, wire.SignedIn))

    def allow_passwords(self, allowed: bool = True) -> None:
        message = wire.SetRules(session=self.key_session(), rules=wire.Rules(password_sign_in=allowed))
        self.ask(message, wire.RulesShown)

    def join_by_password(self, code: str = "") -> Person:
        code = code or self.invite()
        offer = self.ask(wire.BeginJoin(code=code), wire.JoinOffer)
        one = Person(handle=offer.handle, totp_secret=offer.totp_secret)
        message = wire.FinishJoinByPassword(
            code=code, ticket=offer.ticket, password=one.password, totp_code=one.code(later=-1)
        )
        return self._let_in(one, self.ask(message, wire.SignedIn))

    def sign_in(self, one: Person, organization_id: str = "", **lies: object) -> wire.SignedIn:
        challenge = self.ask(wire.BeginSignIn(), wire.Challenge)
        signed = one.device.sign(challenge.ticket, challenge.rp_id, **lies)
        message = wire.FinishSignIn(ticket=challenge.ticket, assertion=signed, organization_id=organization_id)
        answer = self.ask(message, wire.SignedIn)
        self._let_in(one, answer)
        return answer

    def sign_in_by_password(self, one: Person, later: int = 0, **other: str) -> wire.SignedIn:
        told = {"handle": one.handle, "password": one.password, "code": one.code(later), **other}
        answer = self.ask(wire.PasswordSignIn(**told), wire.SignedIn)
        self._let_in(one, answer)
        return answer

    def prove(self, one: Person, session: str = "") -> wire.Done:
        challenge = self.ask(wire.BeginProof(session=session or one.session), wire.Challenge)
        signed = one.device.sign(challenge.ticket, challenge.rp_id)
        message = wire.FinishProof(session=session or one.session, ticket=challenge.ticket, assertion=signed)
        return self.ask(message, wire.Done)

    def add_passkey(self, one: Person) -> Person:
        """The same person with one more passkey, on another device."""
        offer = self.ask(wire.BeginPasskey(session=one.session), wire.PasskeyOffer)
        other = replace(one, device=Authenticator())
        made = other.device.register(offer.ticket, offer.rp_id, offer.user_id)
        message = wire.FinishPasskey(session=one.session, ticket=offer.ticket, name="other", registration=made)
        self.ask(message, wire.PasskeyAdded)
        return other

    def add_password(self, one: Person) -> None:
        """A password for somebody who has a passkey."""
        offer = self.ask(wire.BeginPassword(session=one.session), wire.PasswordOffer)
        one.handle, one.totp_secret = offer.handle, offer.totp_secret
        message = wire.FinishPassword(
            session=one.session, ticket=offer.ticket, password=one.password, code=one.code(later=-1)
        )
        self.ask(message, wire.Done)

    def accept(self, one: Person, code: str) -> wire.MembershipView:
        """One more membership of somebody who is signed in."""
        message = wire.AcceptInvitation(session=one.session, code=code)
        return self.ask(message, wire.InvitationAccepted).membership

    def another_organization(self, name: str = "Second") -> str:
        """Its invitation, for an admin of every role."""
        return self.ask_operator(wire.AddOrganization(name=name, admin="Ana"), wire.OrganizationAdded).invitation

    def myself(self, session: str) -> wire.Myself:
        return self.ask(wire.WhoAmI(session=session), wire.Myself)

    def acts(self, session: str = "") -> list[tuple[str, str]]:
        """Act and outcome of every entry of the organization, oldest first."""
        page = self.ask(wire.ReadLog(session=session or self.key_session(), start=0, limit=1000), wire.LogPage)
        return [(one.act, one.outcome) for one in page.entries]

    def keep_acts(self) -> list[tuple[str, str]]:
        """The same of the keep's own entries."""
        found, _ = self.vault.journal.read("", 0, 1000)
        return [(one.act, one.outcome) for one in found]

    def _let_in(self, one: Person, answer: wire.SignedIn) -> Person:
        one.session, one.organization_id = answer.session, answer.organization_id
        return one


EVERY_ROLE = tuple(Role)
