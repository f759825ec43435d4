"""Whoever wants to be somebody else: lies of a browser, copied devices, replays, old invitations, guesses, remains."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
import webauthn
from authenticator import EDDSA, ES256, Authenticator
from town import Town
from vault_driver import code_of, running_vault, unit

from facekeep.errors import FacekeepError
from facekeep.vault import clock, wire
from facekeep.vault.identity import passkeys, passwords, tickets, totp


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


LIES = {
    "another origin": {"origin": "http://localhost:8471"},
    "a phishing origin": {"origin": "https://localhost.evil.example"},
    "an origin within": {"origin": "http://localhost:8470.evil.example"},
    "no verification of the person": {"verified": False},
    "nobody touched it": {"present": False},
    "the other ceremony": {"kind": "payment.get"},
    "inside another site's page": {"framed": True},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
@pytest.mark.parametrize("algorithm", [ES256, EDDSA])
def test_a_lie_of_the_browser_or_device_signs_nobody_in(town, lie, algorithm):
    ana = town.join(device=Authenticator(algorithm=algorithm))
    assert code_of(town.sign_in, ana, **lie) == "unauthenticated"
    town.sign_in(ana)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_while_joining_joins_nobody_and_keeps_the_invitation(town, lie):
    code = town.invite()
    assert code_of(town.join, code, **lie) == "unauthenticated"
    town.join(code)


def test_an_attestation_nobody_asked_for_is_not_even_parsed_further(town):
    for fmt in ("tpm", "android-key", "android-safetynet", "apple", "fido-u2f", "made-up"):
        assert code_of(town.join, town.invite(), fmt=fmt) == "unauthenticated"


def _signed(town: Town, ana, rp_id: str = "localhost"):
    ticket = town.ask(wire.BeginSignIn(), wire.Challenge).ticket
    return ticket, ana.device.sign(ticket, rp_id)


def _try(town: Town, ticket: bytes, signed: wire.Assertion) -> str:
    return code_of(town.keeper.serve, wire.FinishSignIn(ticket=ticket, assertion=signed))


def test_a_signature_for_another_domain_is_worthless(town):
    ana = town.join()
    for rp_id in ("example.org", "evil.localhost", "localhos", ""):
        assert _try(town, *_signed(town, ana, rp_id)) == "unauthenticated"


@pytest.mark.parametrize("counts", [True, False])
def test_a_challenge_signs_in_once(town, counts):
    ana = town.join(device=Authenticator(counts=counts))
    ticket, signed = _signed(town, ana)
    message = wire.FinishSignIn(ticket=ticket, assertion=signed)
    town.ask(message, wire.SignedIn)
    assert code_of(town.keeper.serve, message) == "unauthenticated"
    assert _try(town, ticket, ana.device.sign(ticket, "localhost")) == "unauthenticated"


def test_a_challenge_is_good_for_two_minutes(town, monkeypatch):
    ana, real = town.join(), time.monotonic
    ticket, signed = _signed(town, ana)
    monkeypatch.setattr(tickets.time, "monotonic", lambda: real() + 121.0)
    assert _try(town, ticket, signed) == "unauthenticated"


def test_a_challenge_of_ones_own_making_or_for_something_else_is_worthless(town):
    ana = town.join()
    made_up = os.urandom(56)
    assert _try(town, made_up, ana.device.sign(made_up, "localhost")) == "unauthenticated"
    for other in (
        town.ask(wire.BeginProof(session=ana.session), wire.Challenge).ticket,
        town.ask(wire.BeginPasskey(session=ana.session), wire.PasskeyOffer).ticket,
        town.ask(wire.BeginJoin(code=town.invite()), wire.JoinOffer).ticket,
    ):
        assert _try(town, other, ana.device.sign(other, "localhost")) == "unauthenticated"
    ticket = town.ask(wire.BeginSignIn(), wire.Challenge).ticket
    for bit in range(0, 8 * len(ticket), 37):
        bent = bytearray(ticket)
        bent[bit // 8] ^= 1 << bit % 8
        assert _try(town, bytes(bent), ana.device.sign(bytes(bent), "localhost")) == "unauthenticated"


def test_unfinished_challenges_take_no_memory_and_push_nobody_out(town):
    ana = town.join()
    ticket, signed = _signed(town, ana)
    for _ in range(20_000):
        town.vault.tickets.give("sign-in")
    assert len(town.vault.tickets._used) == 1  # the one of joining
    town.ask(wire.FinishSignIn(ticket=ticket, assertion=signed), wire.SignedIn)


def test_a_copied_device_is_noticed_at_its_first_use_behind_the_other(town):
    ana = town.join()
    copy = ana.device.passkeys[0].clone()
    town.sign_in(ana)
    town.sign_in(ana)
    ticket = town.ask(wire.BeginSignIn(), wire.Challenge).ticket
    assert _try(town, ticket, ana.device.sign(ticket, "localhost", copy)) == "unauthenticated"
    assert ("passkey.cloned", "unauthenticated") in town.acts()
    town.sign_in(ana)


def test_a_low_counter_without_the_key_raises_no_alarm(town):
    ana = town.join()
    town.sign_in(ana)
    ticket, signed = _signed(town, ana)
    forged = replace_data(signed, signed.authenticator_data[:33] + bytes(4))
    assert _try(town, ticket, forged) == "unauthenticated"
    assert ("passkey.cloned", "unauthenticated") not in town.acts()


def replace_data(signed: wire.Assertion, data: bytes) -> wire.Assertion:
    return msgspec.structs.replace(signed, authenticator_data=data)


def test_another_persons_credential_is_no_door_to_this_person(town):
    ana, bo = town.join(), town.join(town.invite("Bo"))
    hers, his = ana.device.passkeys[0], bo.device.passkeys[0]
    ticket = town.ask(wire.BeginSignIn(), wire.Challenge).ticket
    renamed = replace(his, credential_id=hers.credential_id, user_handle=hers.user_handle)
    assert _try(town, ticket, bo.device.sign(ticket, "localhost", renamed)) == "unauthenticated"
    assert _try(town, ticket, bo.device.sign(ticket, "localhost", user_handle=hers.user_handle)) == "unauthenticated"
    proof = town.ask(wire.BeginProof(session=ana.session), wire.Challenge).ticket
    message = wire.FinishProof(session=ana.session, ticket=proof, assertion=bo.device.sign(proof, "localhost"))
    assert code_of(town.keeper.serve, message) == "proof_needed"


def test_a_known_credential_is_never_taken_over_by_registering_it_again(town):
    ana = town.join()
    accounts = town.vault.database.rows("SELECT * FROM accounts")
    code, known = town.invite("Eve"), ana.device.passkeys[0].credential_id
    assert code_of(town.join, code, credential_id=known) == "conflict"
    assert town.vault.database.rows("SELECT * FROM accounts") == accounts
    town.sign_in(ana)


def test_proofs_belong_to_their_session(town):
    ana = town.join()
    first = ana.session
    town.sign_in(ana)
    challenge = town.ask(wire.BeginProof(session=first), wire.Challenge)
    signed = ana.device.sign(challenge.ticket, challenge.rp_id)
    message = wire.FinishProof(session=ana.session, ticket=challenge.ticket, assertion=signed)
    assert code_of(town.keeper.serve, message) == "proof_needed"


def test_invitations_that_are_over_open_nothing_and_look_like_none(town, monkeypatch):
    session = town.key_session()
    used, withdrawn, expired = town.invite(), town.invite(), town.invite()
    town.join(used)
    name = withdrawn.split("_")[1]
    town.ask(wire.WithdrawInvitation(session=session, invitation_id=name), wire.Done)
    town.vault.database.run(
        "UPDATE invitations SET expires_at = '2020-01-01T00:00:00.000Z' WHERE invitation_id = ?", expired.split("_")[1]
    )
    made_up = "fi_" + "a" * 10 + "_" + "a" * 52
    bent = town.invite()
    bent = bent[:-1] + ("a" if bent[-1] != "a" else "b")
    answers = set()
    for code in (used, withdrawn, expired, made_up, bent, "", "x" * 200, town.api_key):
        try:
            town.keeper.serve(wire.BeginJoin(code=code))
        except FacekeepError as error:
            answers.add((error.code, error.message))
    assert answers == {("unauthenticated", "the invitation is unknown, used or expired")}


def test_an_invitation_withdrawn_between_two_steps_opens_nothing(town):
    code, accounts = town.invite(), town.vault.database.rows("SELECT * FROM accounts")
    device = Authenticator()
    offer = town.ask(wire.BeginJoin(code=code), wire.JoinOffer)
    made = device.register(offer.ticket, offer.rp_id, offer.user_id)
    town.ask(wire.WithdrawInvitation(session=town.key_session(), invitation_id=code.split("_")[1]), wire.Done)
    message = wire.FinishJoin(code=code, ticket=offer.ticket, passkey_name="x", registration=made)
    assert code_of(town.keeper.serve, message) == "unauthenticated"
    assert town.vault.database.rows("SELECT * FROM accounts") == accounts


def test_a_session_is_over_with_the_key_that_opened_it(town, monkeypatch):
    session = town.key_session()
    member = town.myself(session).member.member_id
    ends = clock.timestamp(hours=0.1)
    made = town.ask(wire.MakeApiKey(session=session, member_id=member, name="short", expires_at=ends), wire.ApiKeyMade)
    short = town.key_session(made.api_key)
    assert town.myself(short).member.member_id == member
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(hours=0.2))
    assert code_of(town.keeper.serve, wire.WhoAmI(session=short)) == "unauthenticated"
    assert town.myself(session).member.member_id == member


def test_a_ticket_of_one_invitation_does_not_serve_another(town):
    mine, admins = town.invite("Eve", ("auditor",)), town.invite("Boss", ("admin",))
    offer = town.ask(wire.BeginJoin(code=mine), wire.JoinOffer)
    made = Authenticator().register(offer.ticket, offer.rp_id, offer.user_id)
    message = wire.FinishJoin(code=admins, ticket=offer.ticket, passkey_name="x", registration=made)
    assert code_of(town.keeper.serve, message) == "unauthenticated"


def test_the_sessions_of_who_was_removed_or_given_another_role_end_at_once(town):
    ana = town.join()
    member = town.myself(ana.session).member.member_id
    town.ask(wire.SetRoles(session=town.key_session(), member_id=member, roles=("auditor",)), wire.MemberShown)
    assert code_of(town.myself, ana.session) == "unauthenticated"
    town.sign_in(ana)
    assert town.myself(ana.session).roles == ("auditor",)
    town.ask(wire.RemoveMember(session=town.key_session(), member_id=member), wire.Done)
    assert code_of(town.myself, ana.session) == "unauthenticated"
    assert code_of(town.sign_in, ana) == "unauthenticated"


def _all_answers(call, cases) -> set[tuple[str, str]]:
    found = set()
    for case in cases:
        try:
            call(case)
        except FacekeepError as error:
            found.add((error.code, error.message))
        else:
            raise AssertionError("expected a refusal")
    return found


def test_known_and_unknown_passkeys_are_refused_with_the_same_words_after_the_same_work(town, monkeypatch):
    ana = town.join()
    verified = []
    real = webauthn.verify_authentication_response
    monkeypatch.setattr(
        webauthn, "verify_authentication_response", lambda **more: (verified.append(1), real(**more))[1]
    )
    stranger = Authenticator()
    stranger.register(b"x", "localhost", b"acc_nobody")
    wrong_key = replace(stranger.passkeys[0], credential_id=ana.device.passkeys[0].credential_id)

    def attempt(passkey) -> None:
        ticket = town.ask(wire.BeginSignIn(), wire.Challenge).ticket
        signed = stranger.sign(ticket, "localhost", passkey)
        town.keeper.serve(wire.FinishSignIn(ticket=ticket, assertion=signed))

    cases = [stranger.passkeys[0], wrong_key]
    assert _all_answers(attempt, cases) == {("unauthenticated", passkeys.REFUSAL)}
    assert len(verified) == 2


def test_known_and_unknown_names_are_refused_with_the_same_words_after_the_same_work(town, monkeypatch):
    town.allow_passwords()
    ana = town.join_by_password()
    work = []
    real_verify, real_code = passwords._HASHER.verify, totp.code_at
    monkeypatch.setattr(
        type(passwords._HASHER), "verify",
        lambda self, digest, password: (work.append(f"argon2 {digest[:30]}"), real_verify(digest, password))[1],
    )  # fmt: skip
    monkeypatch.setattr(totp, "code_at", lambda *of: (work.append("code"), real_code(*of))[1])
    cases = (
        {"handle": "nobody.aaaaa"}, {"password": "wrong"}, {"code": "000000"}, {"handle": ""},
        {"password": "wrong", "code": "000000"}, {"organization_id": "org_x"},
    )  # fmt: skip
    works = []
    for case in cases:
        told = {"handle": ana.handle, "password": ana.password, "code": ana.code(later=1), **case}
        if "organization_id" in case:
            told["code"] = ana.code()
        work.clear()
        message = wire.PasswordSignIn(**told)
        assert _all_answers(town.keeper.serve, [message]) == {("unauthenticated", passkeys.REFUSAL)}, case
        works.append(tuple(one for one in work if one.startswith("argon2") or one == "code")[:4])
        town.vault.tries._by_tag.clear()
    assert set(works) == {("argon2 $argon2id$v=19$m=65536,t=3,p=4", "code", "code", "code")}


def test_failures_are_counted_in_the_log_until_a_flood_and_then_only_summed(town):
    stranger = Authenticator()
    stranger.register(b"x", "localhost", b"acc_nobody")
    for _ in range(120):
        _try(town, *_signed(town, type("P", (), {"device": stranger})()))
    written = town.keep_acts().count(("sign_in.passkey", "unauthenticated"))
    assert 50 <= written < 115


def test_a_session_revoked_while_its_search_runs_gets_nothing(tmp_path):
    with running_vault(tmp_path) as vault:
        collection = vault.collection()
        vault.enroll(collection, {"Ana": [unit("ana")]})
        invited = vault.server.call(
            wire.Invite(session=vault.session, name="Bo", roles=("investigator",)), wire.Invited
        )
        device = Authenticator()
        offer = vault.server.call(wire.BeginJoin(code=invited.code), wire.JoinOffer)
        made = device.register(offer.ticket, offer.rp_id, offer.user_id)
        joined = vault.server.call(
            wire.FinishJoin(code=invited.code, ticket=offer.ticket, passkey_name="p", registration=made), wire.SignedIn
        )
        operator = vault.session
        for revoke in ("passkey", "roles", "sessions", "removed"):
            challenge = vault.server.call(wire.BeginSignIn(), wire.Challenge)
            signed = device.sign(challenge.ticket, challenge.rp_id)
            session = vault.server.call(
                wire.FinishSignIn(ticket=challenge.ticket, assertion=signed), wire.SignedIn
            ).session
            vault.session = session
            assert vault.search(collection, unit("ana")).candidates
            grant = vault.grant([collection], np.stack([unit("ana")]))
            sums = vault.scan(grant)
            vault.session = operator
            _revoke(vault, revoke, session, joined.memberships[0].member_id, device)
            vault.session = session
            before = len(vault_log(vault, operator, "search.released"))
            assert code_of(vault.open, grant, sums) == "unauthenticated", revoke
            assert len(vault_log(vault, operator, "search.released")) == before


def vault_log(vault, operator: str, act: str) -> list[wire.LogEntry]:
    page = vault.server.call(wire.ReadLog(session=operator, start=0, limit=1000), wire.LogPage)
    return [one for one in page.entries if one.act == act]


def _revoke(vault, how: str, session: str, member: str, device: Authenticator) -> None:
    call = vault.server.call
    if how == "passkey":
        offer = call(wire.BeginPasskey(session=session), wire.PasskeyOffer)
        old = call(wire.ListPasskeys(session=session), wire.PasskeyList).items[0].passkey_id
        made = device.register(offer.ticket, offer.rp_id, offer.user_id)
        call(wire.FinishPasskey(session=session, ticket=offer.ticket, name="q", registration=made), wire.PasskeyAdded)
        call(wire.RevokePasskey(session=session, passkey_id=old), wire.Done)
    elif how == "roles":
        call(
            wire.SetRoles(session=vault.session, member_id=member, roles=("investigator", "auditor")), wire.MemberShown
        )
    elif how == "sessions":
        call(wire.EndSessions(session=vault.session, member_id=member), wire.Done)
    else:
        call(wire.RemoveMember(session=vault.session, member_id=member), wire.Done)
