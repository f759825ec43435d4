"""People, their memberships, passkeys and sessions against a plain model: whatever they do in whatever order.

The model holds, for every session that ever was, who it belongs to, where, by which passkey, and when it began and was
used. The vault must agree on which of them live, with which roles, and on which proofs are fresh.
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from authenticator import EDDSA, ES256, Authenticator
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from town import Person, Town
from vault_driver import code_of

from facekeep.vault import wire
from facekeep.vault.identity import sessions

IDLE, WHOLE, FRESH, MOST = 900.0, 43_200.0, 300.0, 20
ROLES = some.sets(some.sampled_from(["investigator", "reviewer", "auditor", "custodian"]), min_size=1)


@dataclass
class OnePerson:
    device: Authenticator
    members: dict[str, str] = field(default_factory=dict)  # organization to member
    passkeys: dict[str, int] = field(default_factory=dict)  # id to its place on the device


@dataclass
class OneSession:
    person: int
    organization: str
    passkey: str
    began: float
    used: float
    proved: float
    ended: bool = False

    def lives(self, now: float) -> bool:
        return not self.ended and now - self.used < IDLE and now - self.began < WHOLE


class Clock:
    """Stands still unless it is told to go on."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


class People(RuleBasedStateMachine):
    """Two organizations, two to four people."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = sessions.time = Clock()
        self.town = Town(Path(self.folder.name))
        code = self.town.another_organization()
        boss = self.town.join(code)
        self.boss = boss
        self.organizations = {"First": self.town.myself(self.town.key_session()).organization_id,
                              "Second": boss.organization_id}  # fmt: skip
        self.people: list[OnePerson] = []
        self.live: dict[str, OneSession] = {}
        self.roles: dict[str, tuple[str, ...]] = {}
        for counts in (True, False):  # two people who are in both from the start
            self.join({"investigator"}, "First", ES256, counts)
            (token,) = self.sessions_of(len(self.people) - 1)
            self.accept(token, "Second")

    def teardown(self) -> None:
        if hasattr(self, "town"):
            self.town.keeper.seal()
            self.folder.cleanup()
        import time

        sessions.time = time

    def admin(self, organization: str) -> str:
        """A session that may administer it, fresh."""
        if organization == self.organizations["First"]:
            return self.town.key_session()
        return self.town.sign_in(self.boss).session

    def opened(self, person: int, answer: wire.SignedIn, passkey: str, follows: OneSession | None = None) -> None:
        own = [one for one in self.live.values() if one.person == person and one.lives(self.clock.now)]
        assert len(own) < MOST
        began, proved = (follows.began, follows.proved) if follows else (self.clock.now, self.clock.now)
        self.live[answer.session] = OneSession(
            person, answer.organization_id, passkey, began, self.clock.now, proved
        )
        assert {one.organization_id for one in answer.memberships} == set(self.people[person].members)

    def sessions_of(self, person: int) -> list[str]:
        return [token for token, one in self.live.items() if one.person == person and one.lives(self.clock.now)]

    def some_session(self, data: some.DataObject) -> tuple[str, OneSession] | None:
        alive = [item for item in self.live.items() if item[1].lives(self.clock.now)]
        return data.draw(some.sampled_from(alive)) if alive else None

    @precondition(lambda self: hasattr(self, "people") and len(self.people) < 4)
    @rule(roles=ROLES, where=some.sampled_from(["First", "Second"]), algorithm=some.sampled_from([ES256, EDDSA]),
          counts=some.booleans())  # fmt: skip
    def join(self, roles: set[str], where: str, algorithm: int, counts: bool) -> None:
        organization = self.organizations[where]
        code = self.town.invite("P", tuple(roles), self.admin(organization))
        made = self.town.join(code, Authenticator(algorithm=algorithm, counts=counts))
        me = self.town.myself(made.session)
        person = OnePerson(made.device, {organization: me.member.member_id}, {me.credential: 0})
        self.people.append(person)
        self.roles[me.member.member_id] = me.roles
        answer = wire.SignedIn(
            session=made.session, organization_id=organization, idle_s=0, expires_in_s=0,
            memberships=(wire.MembershipView(organization, "", me.member.member_id, me.roles),),
        )  # fmt: skip
        self.opened(len(self.people) - 1, answer, me.credential)

    @precondition(lambda self: getattr(self, "people", None))
    @rule(data=some.data())
    def sign_in(self, data: some.DataObject) -> None:
        number = data.draw(some.integers(0, len(self.people) - 1))
        person = self.people[number]
        passkey, place = data.draw(some.sampled_from(list(person.passkeys.items())))
        wanted = data.draw(some.sampled_from(["", *self.organizations.values()]))
        if len(self.sessions_of(number)) >= MOST - 1:
            return
        one = Person(person.device)
        used = person.device.passkeys[place]
        ticket = self.town.ask(wire.BeginSignIn(), wire.Challenge).ticket
        message = wire.FinishSignIn(
            ticket=ticket, assertion=one.device.sign(ticket, "localhost", used), organization_id=wanted
        )
        if not person.members or (wanted and wanted not in person.members):
            assert code_of(self.town.keeper.serve, message) == "unauthenticated"
            return
        self.opened(number, self.town.ask(message, wire.SignedIn), passkey)
        assert code_of(self.town.keeper.serve, message) == "unauthenticated"

    @rule(data=some.data())
    def accept_another_invitation(self, data: some.DataObject) -> None:
        found = self.some_session(data)
        if found is None:
            return
        self.accept(found[0], data.draw(some.sampled_from(["First", "Second"])))

    def accept(self, token: str, where: str) -> None:
        session, organization = self.live[token], self.organizations[where]
        code = self.town.invite("P", ("reviewer",), self.admin(organization))
        person = self.people[session.person]
        fresh = self.clock.now - session.proved < FRESH
        session.used = self.clock.now
        message = wire.AcceptInvitation(session=token, code=code)
        if not fresh or organization in person.members:
            assert code_of(self.town.keeper.serve, message) == ("conflict" if fresh else "proof_needed")
            return
        accepted = self.town.ask(message, wire.InvitationAccepted)
        person.members[organization] = accepted.membership.member_id
        self.roles[accepted.membership.member_id] = ("reviewer",)

    @rule(data=some.data(), where=some.sampled_from(["First", "Second"]))
    def change_organization(self, data: some.DataObject, where: str) -> None:
        found = self.some_session(data)
        if found is None:
            return
        token, session = found
        session.used = self.clock.now
        organization = self.organizations[where]
        message = wire.ChooseOrganization(session=token, organization_id=organization)
        if organization not in self.people[session.person].members:
            assert code_of(self.town.keeper.serve, message) == "not_found"
            return
        answer = self.town.ask(message, wire.SignedIn)
        session.ended = True
        self.opened(session.person, answer, session.passkey, follows=session)

    @rule(data=some.data(), by_other=some.booleans())
    def prove(self, data: some.DataObject, by_other: bool) -> None:
        found = self.some_session(data)
        if found is None:
            return
        token, session = found
        session.used = self.clock.now
        number = (session.person + by_other) % len(self.people)
        person = self.people[number]
        place = data.draw(some.sampled_from(list(person.passkeys.values())))
        ticket = self.town.ask(wire.BeginProof(session=token), wire.Challenge).ticket
        signed = person.device.sign(ticket, "localhost", person.device.passkeys[place])
        message = wire.FinishProof(session=token, ticket=ticket, assertion=signed)
        if number != session.person:
            assert code_of(self.town.keeper.serve, message) == "proof_needed"
            return
        self.town.ask(message, wire.Done)
        session.proved = self.clock.now

    @rule(data=some.data())
    def add_a_passkey(self, data: some.DataObject) -> None:
        found = self.some_session(data)
        if found is None:
            return
        token, session = found
        session.used = self.clock.now
        person = self.people[session.person]
        begin = wire.BeginPasskey(session=token)
        if self.clock.now - session.proved >= FRESH:
            assert code_of(self.town.keeper.serve, begin) == "proof_needed"
            return
        if len(person.passkeys) > 2:
            return
        offer = self.town.ask(begin, wire.PasskeyOffer)
        assert len(offer.known_ids) == len(person.passkeys)
        made = person.device.register(offer.ticket, "localhost", offer.user_id)
        add = wire.FinishPasskey(session=token, ticket=offer.ticket, name="n", registration=made)
        added = self.town.ask(add, wire.PasskeyAdded).passkey
        person.passkeys[added.passkey_id] = len(person.device.passkeys) - 1

    @rule(data=some.data())
    def revoke_a_passkey(self, data: some.DataObject) -> None:
        found = self.some_session(data)
        if found is None:
            return
        token, session = found
        session.used = self.clock.now
        person = self.people[session.person]
        gone = data.draw(some.sampled_from(list(person.passkeys)))
        message = wire.RevokePasskey(session=token, passkey_id=gone)
        if self.clock.now - session.proved >= FRESH:
            assert code_of(self.town.keeper.serve, message) == "proof_needed"
        elif len(person.passkeys) == 1:
            assert code_of(self.town.keeper.serve, message) == "conflict"
        else:
            self.town.ask(message, wire.Done)
            del person.passkeys[gone]
            self.end(lambda one: one.passkey == gone)

    @rule(data=some.data(), everywhere=some.booleans())
    def sign_out(self, data: some.DataObject, everywhere: bool) -> None:
        found = self.some_session(data)
        if found is None:
            return
        token, session = found
        if everywhere:
            self.town.ask(wire.EndOtherSessions(session=token), wire.Done)
            self.end(lambda one: one.person == session.person and one is not session)
        self.town.ask(wire.SignOut(session=token), wire.Done)
        session.ended = True

    @precondition(lambda self: getattr(self, "people", None))
    @rule(data=some.data(), roles=ROLES, remove=some.booleans())
    def change_or_end_a_membership(self, data: some.DataObject, roles: set[str], remove: bool) -> None:
        everybody = [
            (number, organization, member)
            for number, person in enumerate(self.people)
            for organization, member in person.members.items()
        ]
        if not everybody:
            return
        number, organization, member = data.draw(some.sampled_from(everybody))
        session = self.admin(organization)
        if remove:
            self.town.ask(wire.RemoveMember(session=session, member_id=member), wire.Done)
            del self.people[number].members[organization]
        else:
            message = wire.SetRoles(session=session, member_id=member, roles=tuple(roles))
            self.roles[member] = self.town.ask(message, wire.MemberShown).member.roles
        self.end(lambda one: one.person == number and one.organization == organization)

    @rule(seconds=some.sampled_from([1.0, 60.0, 290.0, 301.0, 600.0, 899.0, 901.0]))
    def wait(self, seconds: float) -> None:
        if hasattr(self, "town"):
            self.clock.now += seconds

    @rule(data=some.data())
    def use(self, data: some.DataObject) -> None:
        found = self.some_session(data)
        if found is not None:
            self.town.myself(found[0])
            found[1].used = self.clock.now

    @invariant()
    def the_vault_agrees_on_who_is_signed_in(self) -> None:
        if not hasattr(self, "live"):
            return
        known = self.town.vault.sessions._live
        for token, one in self.live.items():
            session = known.get(token)
            alive = session is not None and sessions._alive(session, self.clock.now)
            assert alive == one.lives(self.clock.now), one
            if alive:
                member = self.people[one.person].members[one.organization]
                assert (session.opened_at, session.proved_at) == (one.began, one.proved)
                assert session.caller.org_id == one.organization
                assert session.caller.member_id == member
                assert session.caller.credential == one.passkey
                assert session.caller.roles == set(self.roles[member])
                assert sessions.is_fresh(session) == (self.clock.now - one.proved < FRESH)

    def end(self, matches) -> None:
        for one in self.live.values():
            one.ended |= matches(one)


def _run(examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(People, settings=chosen)


def test_people_and_sessions_follow_the_model() -> None:
    _run(12, 40)


@pytest.mark.nightly
def test_people_and_sessions_follow_the_model_for_long() -> None:
    _run(400, 60)
