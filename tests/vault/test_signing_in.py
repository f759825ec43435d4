"""People join, sign in, prove to be there, change organization, and sign out."""

import time

import pytest
from authenticator import EDDSA, ES256, Authenticator
from town import EVERY_ROLE
from vault_driver import code_of

from facekeep.vault import wire
from facekeep.vault.identity import sessions


@pytest.mark.parametrize("algorithm", [ES256, EDDSA])
@pytest.mark.parametrize(("backed_up", "counts"), [(False, True), (True, False)])
def test_an_invited_person_joins_with_a_passkey_and_signs_in_with_it(town, algorithm, backed_up, counts):
    device = Authenticator(algorithm=algorithm, backed_up=backed_up, counts=counts)
    ana = town.join(town.invite("Ana", ("investigator", "reviewer")), device)
    joined = town.myself(ana.session)
    assert joined.member.name == "Ana"
    assert joined.member.is_person
    assert joined.roles == ("investigator", "reviewer")
    answer = town.sign_in(ana)
    assert answer.session.startswith("fs_")
    assert answer.idle_s == 15 * 60
    assert answer.expires_in_s == 12 * 3600
    assert town.myself(ana.session).member == joined.member
    (own,) = town.ask(wire.ListPasskeys(session=ana.session), wire.PasskeyList).items
    assert (own.name, own.backed_up, own.transports) == ("phone", backed_up, ("internal", "hybrid"))
    assert own.used_on
    assert joined.credential == own.passkey_id


def test_joining_and_signing_in_are_entries_of_the_organization(town):
    ana = town.join()
    town.sign_in(ana)
    acts = town.acts()
    assert acts.index(("member.join", "asked")) < acts.index(("member.join", "done"))
    assert acts.count(("session.opened", "done")) == 2


def test_an_invitation_says_what_it_is_for_and_works_once(town):
    code = town.invite("Ana", ("auditor",))
    offer = town.ask(wire.BeginJoin(code=code), wire.JoinOffer)
    assert (offer.organization, offer.name, offer.roles) == ("First", "Ana", ("auditor",))
    assert (offer.handle, offer.totp_secret) == ("", b"")
    town.join(code)
    assert code_of(town.join, code) == "unauthenticated"


def test_a_person_of_two_organizations_acts_in_one_at_a_time(town):
    ana = town.join()
    first = ana.organization_id
    accepted = town.ask(
        wire.AcceptInvitation(session=ana.session, code=town.another_organization()), wire.InvitationAccepted
    )
    second = accepted.membership.organization_id
    assert accepted.membership.roles == EVERY_ROLE
    assert town.sign_in(ana).organization_id == first
    before = ana.session
    switched = town.ask(wire.ChooseOrganization(session=before, organization_id=second), wire.SignedIn)
    assert switched.organization_id == second
    assert [one.organization for one in switched.memberships] == ["First", "Second"]
    assert code_of(town.myself, before) == "unauthenticated"
    assert town.myself(switched.session).organization == "Second"
    assert town.sign_in(ana, second).organization_id == second
    strange = wire.ChooseOrganization(session=ana.session, organization_id="org_nobody")
    assert code_of(town.keeper.serve, strange) == "not_found"


def test_the_second_organization_sees_a_member_and_nothing_of_the_first(town):
    ana = town.join()
    town.ask(wire.AcceptInvitation(session=ana.session, code=town.another_organization()), wire.InvitationAccepted)
    second = town.sign_in(ana).memberships[1]
    town.sign_in(ana, second.organization_id)
    page = town.ask(wire.ListMembers(session=ana.session), wire.MemberPage)
    assert [one.member_id for one in page.items] == [second.member_id]
    assert "session.opened" in dict(town.acts(ana.session))


def test_accepting_twice_is_a_conflict_and_keeps_the_invitation(town):
    ana = town.join()
    code = town.invite("Ana again")
    message = wire.AcceptInvitation(session=ana.session, code=code)
    assert code_of(town.keeper.serve, message) == "conflict"
    town.join(code)


def test_a_sensitive_act_asks_for_a_fresh_proof(town, monkeypatch):
    ana = town.join(town.invite("Ana", ("admin",)))
    soon, real = 0.0, time.monotonic
    monkeypatch.setattr(sessions.time, "monotonic", lambda: real() + soon)
    invite = wire.Invite(session=ana.session, name="Bo", roles=("reviewer",))
    town.ask(invite, wire.Invited)
    soon = 301.0
    assert code_of(town.keeper.serve, invite) == "proof_needed"
    assert code_of(town.keeper.serve, wire.BeginPasskey(session=ana.session)) == "proof_needed"
    town.prove(ana)
    town.ask(invite, wire.Invited)
    assert ("session.proved", "done") in town.acts()


def test_a_session_ends_after_a_quarter_of_an_hour_without_use_and_after_half_a_day_of_use(town, monkeypatch):
    ana = town.join()
    clock, real = [0.0], time.monotonic
    monkeypatch.setattr(sessions.time, "monotonic", lambda: real() + clock[0])
    clock[0] = 14 * 60.0
    town.myself(ana.session)
    clock[0] += 15 * 60
    assert code_of(town.myself, ana.session) == "unauthenticated"
    clock[0] = 0.0
    town.sign_in(ana)
    for _ in range(12 * 6 - 1):
        clock[0] += 600.0
        town.myself(ana.session)
    clock[0] += 600.0
    assert code_of(town.myself, ana.session) == "unauthenticated"


def test_changing_organization_does_not_prolong_a_session(town, monkeypatch):
    ana = town.join()
    town.ask(wire.AcceptInvitation(session=ana.session, code=town.another_organization()), wire.InvitationAccepted)
    other = town.sign_in(ana).memberships[1].organization_id
    real = time.monotonic
    monkeypatch.setattr(sessions.time, "monotonic", lambda: real() + 600.0)
    switched = town.ask(wire.ChooseOrganization(session=ana.session, organization_id=other), wire.SignedIn)
    assert switched.expires_in_s <= 12 * 3600 - 600
    assert code_of(town.keeper.serve, wire.BeginPasskey(session=switched.session)) == "proof_needed"


def test_signing_out_and_ending_other_sessions(town):
    ana = town.join()
    first = ana.session
    town.sign_in(ana)
    shown = town.ask(wire.ListSessions(session=ana.session), wire.SessionList).items
    assert [one.is_this for one in shown] == [False, True]
    town.ask(wire.EndOtherSessions(session=ana.session), wire.Done)
    assert code_of(town.myself, first) == "unauthenticated"
    town.ask(wire.SignOut(session=ana.session), wire.Done)
    assert code_of(town.myself, ana.session) == "unauthenticated"


def test_nobody_holds_more_than_twenty_sessions_and_the_least_used_ends(town):
    ana, bo = town.join(), town.join(town.invite("Bo"))
    first = ana.session
    for _ in range(20):
        town.sign_in(ana)
    assert code_of(town.myself, first) == "unauthenticated"
    assert len(town.ask(wire.ListSessions(session=ana.session), wire.SessionList).items) == 20
    town.myself(bo.session)


def test_a_second_passkey_is_added_used_and_revoked(town):
    ana = town.join()
    offer = town.ask(wire.BeginPasskey(session=ana.session), wire.PasskeyOffer)
    assert offer.known_ids == (ana.device.passkeys[0].credential_id,)
    made = ana.device.register(offer.ticket, offer.rp_id, offer.user_id)
    add = wire.FinishPasskey(session=ana.session, ticket=offer.ticket, name="laptop", registration=made)
    added = town.ask(add, wire.PasskeyAdded).passkey
    assert code_of(town.keeper.serve, add) == "invalid_request"
    by_first = ana.session
    town.sign_in(ana)
    assert town.myself(ana.session).credential == added.passkey_id
    town.ask(wire.RevokePasskey(session=by_first, passkey_id=added.passkey_id), wire.Done)
    assert code_of(town.myself, ana.session) == "unauthenticated"
    assert code_of(town.sign_in, ana) == "unauthenticated"
    (left,) = town.ask(wire.ListPasskeys(session=by_first), wire.PasskeyList).items
    last = wire.RevokePasskey(session=by_first, passkey_id=left.passkey_id)
    assert code_of(town.keeper.serve, last) == "conflict"


def test_another_persons_passkey_is_not_found(town):
    ana, bo = town.join(), town.join(town.invite("Bo"))
    (hers,) = town.ask(wire.ListPasskeys(session=ana.session), wire.PasskeyList).items
    assert code_of(town.keeper.serve, wire.RevokePasskey(session=bo.session, passkey_id=hers.passkey_id)) == "not_found"


def test_an_api_key_of_a_person_does_nothing_that_only_the_person_may(town):
    ana = town.join()
    member = town.myself(ana.session).member.member_id
    make = wire.MakeApiKey(session=ana.session, member_id=member, name="script")
    key = town.key_session(town.ask(make, wire.ApiKeyMade).api_key)
    code = town.invite("Bo")
    for message in (
        wire.BeginPasskey(session=key), wire.ListPasskeys(session=key), wire.BeginProof(session=key),
        wire.ListSessions(session=key), wire.EndOtherSessions(session=key), wire.BeginPassword(session=key),
        wire.ChangePassword(session=key, password="x" * 20), wire.AcceptInvitation(session=key, code=code),
        wire.ChooseOrganization(session=key, organization_id=ana.organization_id),
        wire.RevokePasskey(session=key, passkey_id="pas_x"),
    ):  # fmt: skip
        assert code_of(town.keeper.serve, message) == "forbidden", message
    assert len(town.ask(wire.ListMemberships(session=key), wire.Memberships).items) == 1


def test_a_persons_token_is_a_credential_as_long_as_the_session_lives(town):
    ana = town.join()
    asked = wire.Authenticate(untrusted_credential=ana.session)
    assert town.ask(asked, wire.SessionOpened).session == ana.session
    town.ask(wire.SignOut(session=ana.session), wire.Done)
    assert code_of(town.keeper.serve, asked) == "unauthenticated"
    assert ("authenticate", "unauthenticated") in town.keep_acts()


def test_a_sealed_vault_forgets_every_session_and_ticket(town):
    ana = town.join()
    challenge = town.ask(wire.BeginSignIn(), wire.Challenge)
    town.keeper.seal()
    town.ask_operator(wire.Unseal(key_file=str(town.folder / "k")), wire.Status)
    assert code_of(town.myself, ana.session) == "unauthenticated"
    signed = ana.device.sign(challenge.ticket, challenge.rp_id)
    assert code_of(town.keeper.serve, wire.FinishSignIn(ticket=challenge.ticket, assertion=signed)) == "unauthenticated"
    town.sign_in(ana)


def test_shredding_the_only_organization_of_a_person_leaves_no_passkey(town):
    before = town.vault.database.rows("SELECT * FROM passkeys")  # a decoy's
    code = town.another_organization()
    bo = town.join(code)
    town.ask_operator(
        wire.ShredOrganization(organization_id=bo.organization_id, expected_name="Second"), wire.Done
    )
    assert town.vault.database.rows("SELECT * FROM passkeys") == before
    assert code_of(town.sign_in, bo) == "unauthenticated"
