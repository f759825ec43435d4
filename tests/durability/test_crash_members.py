"""kill -9 of the vault while members, keys, invitations and organizations change: nothing acknowledged is lost, and
nothing is half done. The one act that was under way at the kill may have happened or not; all of it, or none.
"""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from beside import beside
from vault_driver import CONTRACT, VaultDriver

from facekeep.errors import FacekeepError, Refused
from facekeep.terms import SessionToken
from facekeep.vault import wire
from facekeep.vault.wire import Message

CYCLES, SEED = 6, 20_261_123
ROLES = ("admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer")
A = TypeVar("A", bound=Message)


@dataclass
class Known:
    """What was acknowledged. `unsure` is what the act under way at the kill was about."""

    roles: dict[str, frozenset[str]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)  # id: (whole key, member)
    revoked: dict[str, str] = field(default_factory=dict)
    invitations: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    organizations: dict[str, tuple[str, str]] = field(default_factory=dict)  # id: (name, key)
    shredded: dict[str, str] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    acts: int = 0


class Busy:
    """Changes things at random until the vault is gone."""

    def __init__(self, driver: VaultDriver, known: Known, seed: int) -> None:
        self._driver, self._known, self._chance = driver, known, random.Random(seed)

    def run(self) -> None:
        acts = (self._add, self._add, self._change, self._remove, self._key, self._key, self._revoke)
        more = (self._invite, self._withdraw, self._organization, self._shred)
        try:
            while True:
                self._chance.choice((*acts, *more))()
                self._known.unsure.clear()
                self._known.acts += 1
        except FacekeepError as error:
            if error.code not in {"vault_unreachable", "vault_sealed"}:
                raise

    def _ask(self, message: Message, expected: type[A]) -> A:
        return self._driver.server.call(message, expected)

    @property
    def _session(self) -> SessionToken:
        return SessionToken(self._driver.session)

    def _pick(self, some: object) -> str | None:
        return self._chance.choice(sorted(some)) if some else None  # type: ignore[call-overload,no-any-return]

    def _some_roles(self) -> tuple[str, ...]:
        return tuple(self._chance.sample(ROLES, self._chance.randint(1, 6)))

    def _add(self) -> None:
        roles = self._some_roles()
        made = self._ask(wire.AddProgram(session=self._session, name="p", roles=roles), wire.MemberShown).member
        self._known.roles[made.member_id] = frozenset(roles)

    def _change(self) -> None:
        if member := self._pick(self._known.roles):
            self._known.unsure.add(member)
            roles = self._some_roles()
            self._ask(wire.SetRoles(session=self._session, member_id=member, roles=roles), wire.MemberShown)
            self._known.roles[member] = frozenset(roles)

    def _remove(self) -> None:
        if member := self._pick(self._known.roles):
            self._known.unsure |= {member, *(key for key, (_, owner) in self._known.keys.items() if owner == member)}
            self._ask(wire.RemoveMember(session=self._session, member_id=member), wire.Done)
            self._known.roles.pop(member)
            self._known.removed.add(member)
            gone = [key for key, (_, owner) in self._known.keys.items() if owner == member]
            self._known.revoked |= {key: self._known.keys.pop(key)[0] for key in gone}

    def _key(self) -> None:
        if member := self._pick(self._known.roles):
            ask = wire.MakeApiKey(session=self._session, member_id=member, name="k")
            made = self._ask(ask, wire.ApiKeyMade)
            self._known.keys[made.key_id] = (made.api_key, member)

    def _revoke(self) -> None:
        if key := self._pick(self._known.keys):
            self._known.unsure.add(key)
            self._ask(wire.RevokeApiKey(session=self._session, key_id=key), wire.Done)
            self._known.revoked[key] = self._known.keys.pop(key)[0]

    def _invite(self) -> None:
        ask = wire.Invite(session=self._session, name="i", roles=self._some_roles())
        self._known.invitations.add(self._ask(ask, wire.Invited).invitation_id)

    def _withdraw(self) -> None:
        if invitation := self._pick(self._known.invitations):
            self._known.unsure.add(invitation)
            self._ask(wire.WithdrawInvitation(session=self._session, invitation_id=invitation), wire.Done)
            self._known.invitations.remove(invitation)
            self._known.withdrawn.add(invitation)

    def _organization(self) -> None:
        name = f"organization {self._chance.getrandbits(60)}"
        ask = wire.AddOrganization(name=name, admin="a", is_program=True)
        made = self._driver.operator.call(ask, wire.OrganizationAdded)
        session = self._ask(wire.Authenticate(untrusted_credential=made.api_key), wire.SessionOpened).session
        self._ask(wire.CreateCollection(session=session, name="c", contract=CONTRACT), wire.CollectionShown)
        self._known.organizations[made.organization_id] = (name, made.api_key)

    def _shred(self) -> None:
        if organization := self._pick(self._known.organizations):
            self._known.unsure.add(organization)
            name = self._known.organizations[organization][0]
            ask = wire.ShredOrganization(organization_id=organization, expected_name=name)
            self._driver.operator.call(ask, wire.Done)
            self._known.shredded[organization] = self._known.organizations.pop(organization)[1]


def check(driver: VaultDriver, known: Known) -> None:
    """Everything the vault shows, against everything it acknowledged; then what was unsure is settled."""
    session = SessionToken(driver.session)
    members = every(driver, session, wire.ListMembers)
    keys = every(driver, session, wire.ListApiKeys)
    open_ones = every(driver, session, wire.ListInvitations)
    seen = {one.member_id: frozenset(one.roles) for one in members}
    owners = {one.key_id: one.member_id for one in keys}
    assert all(seen.values())
    assert set(owners.values()) <= set(seen), "a key outlived its member"
    for member, roles in known.roles.items():
        assert member in known.unsure or seen.get(member) == roles, "a member was lost, or has other roles"
    assert not (known.removed - known.unsure) & set(seen), "a removed member is back"
    assert known.keys.keys() - known.unsure <= set(owners), "a key was lost"
    assert not known.revoked.keys() & set(owners), "a revoked key is back"
    invited = {one.invitation_id for one in open_ones}
    assert known.invitations - known.unsure <= invited, "an invitation was lost"
    assert not known.withdrawn & invited, "a withdrawn invitation is back"
    _check_organizations(driver, known)
    known.roles = {member: seen[member] for member in known.roles if member in seen}
    known.keys = {key: one for key, one in known.keys.items() if key in owners}
    known.invitations &= invited
    known.unsure.clear()


def every(driver: VaultDriver, session: SessionToken, kind: Any) -> list[Any]:
    """Every item of a listing, all its pages."""
    found: list[Any] = []
    cursor = None
    while cursor != "":
        page: Any = driver.server.call(kind(session=session, limit=1_000, cursor=cursor or ""), Message)
        found, cursor = [*found, *page.items], page.next_cursor
    return found


def _check_organizations(driver: VaultDriver, known: Known) -> None:
    for key in known.shredded.values():
        assert _collections_of(driver, key) is None, "a shredded organization is back"
    for organization, (_, key) in list(known.organizations.items()):
        found = _collections_of(driver, key)
        assert found == 1 or (found is None and organization in known.unsure), "an organization is lost or half there"
        if found is None:
            known.organizations.pop(organization)


def _collections_of(driver: VaultDriver, key: str) -> int | None:
    """How many collections the holder of a key sees; None where the key is nobody's."""
    try:
        session = driver.server.call(wire.Authenticate(untrusted_credential=key), wire.SessionOpened).session
    except Refused:
        return None
    return len(driver.server.call(wire.ListCollections(session=session), wire.CollectionPage).items)


def cycles(folder: Path, count: int) -> Known:
    driver, known = VaultDriver(folder / "keep"), Known()
    driver.data.mkdir()
    driver.start()
    driver.initialize()
    try:
        for seed in range(SEED, SEED + count):
            with beside(Busy(driver, known, seed).run):
                time.sleep(random.Random(seed).uniform(0.05, 0.6))
                assert driver.process is not None
                driver.process.kill()
                driver.process.wait()
            driver.server.close()
            driver.operator.close()
            driver.restart()
            check(driver, known)
    finally:
        driver.stop()
    return known


@pytest.mark.timeout(300)
def test_kill_9_while_members_change_loses_nothing_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    known = cycles(tmp_path, CYCLES)
    print(f"{CYCLES} cycles, {known.acts} acts acknowledged, {len(known.shredded)} organizations shredded")
    assert known.acts > 10 * CYCLES


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_hundreds_of_kills_while_members_change(tmp_path: Path) -> None:
    assert cycles(tmp_path, 300).acts > 3_000
