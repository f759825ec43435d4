"""Signing in with a password and a code, where an organization allows it."""

import statistics
import time
from base64 import b32encode
from contextlib import suppress

import pytest
from authenticator import Authenticator
from hypothesis import given
from hypothesis import strategies as some
from town import Town
from vault_driver import code_of

from facekeep.errors import Refused
from facekeep.vault import wire
from facekeep.vault.identity import handles, passwords, sessions, totp, tries
from facekeep.vault.identity.tries import Tries

# RFC 6238, appendix B, SHA-1 rows; six digits are the last six of its eight.
RFC_6238 = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
            20000000000: "353130"}  # fmt: skip


@pytest.fixture
def allowed(town: Town) -> Town:
    town.allow_passwords()
    return town


@pytest.mark.parametrize(("second", "code"), RFC_6238.items())
def test_codes_are_those_of_the_standard(second, code):
    assert totp.code_at(b"12345678901234567890", second // 30) == code


def test_a_code_is_good_for_a_step_before_and_after_and_once():
    secret, now = b"12345678901234567890", 1234567890
    step = now // 30
    assert [totp.step_of(secret, totp.code_at(secret, step + by), now, used_step=0) for by in range(-2, 3)] == [
        None, step - 1, step, step + 1, None,
    ]  # fmt: skip
    spaced = f" {totp.code_at(secret, step)[:3]} {totp.code_at(secret, step)[3:]} "
    assert totp.step_of(secret, spaced, now, used_step=0) == step
    assert totp.step_of(secret, totp.code_at(secret, step), now, used_step=step) is None
    for wrong in ("", "12345", "é" * 6, "١٢٣٤٥٦"):
        assert totp.step_of(secret, wrong, now, used_step=0) is None


def test_joining_and_signing_in_by_password(allowed):
    ana = allowed.join_by_password()
    assert allowed.myself(ana.session).member.name == "Ana"
    assert ana.handle.startswith("ana.")
    by_password = allowed.sign_in_by_password(ana, handle=f"  {ana.handle.upper()} ")
    assert allowed.myself(by_password.session).credential.startswith("pwd_")
    listed = allowed.ask(wire.ListPasskeys(session=ana.session), wire.PasskeyList)
    assert (listed.items, listed.handle) == ((), ana.handle)


def test_a_code_that_was_used_is_not_good_again(allowed):
    ana = allowed.join_by_password()
    allowed.sign_in_by_password(ana)
    assert code_of(allowed.sign_in_by_password, ana) == "unauthenticated"
    assert code_of(allowed.sign_in_by_password, ana, later=-1) == "unauthenticated"
    allowed.sign_in_by_password(ana, later=1)


def test_everything_must_be_right(allowed):
    ana = allowed.join_by_password()
    for wrong in ({"handle": "ana.aaaaa"}, {"password": "wrong"}, {"code": "000000"}, {"organization_id": "org_x"}):
        assert code_of(allowed.sign_in_by_password, ana, **wrong) == "unauthenticated", wrong
    assert allowed.keep_acts().count(("sign_in.password", "unauthenticated")) == 4


def test_five_wrong_tries_and_then_none_for_five_minutes_yet_a_passkey_always_opens(allowed, monkeypatch):
    ana, now = allowed.join_by_password(), [0.0]
    real = time.monotonic
    monkeypatch.setattr(tries.time, "monotonic", lambda: real() + now[0])
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    offer = allowed.ask(wire.BeginPasskey(session=ana.session), wire.PasskeyOffer)
    made = ana.device.register(offer.ticket, offer.rp_id, offer.user_id)
    add = wire.FinishPasskey(session=ana.session, ticket=offer.ticket, name="p", registration=made)
    allowed.ask(add, wire.PasskeyAdded)
    for handle in (ana.handle, "nobody.aaaaa"):
        codes = [code_of(allowed.sign_in_by_password, ana, handle=handle) for _ in range(7)]
        assert codes == ["unauthenticated"] * 5 + ["too_many_tries"] * 2
    allowed.sign_in(ana)
    monkeypatch.undo()
    monkeypatch.setattr(tries.time, "monotonic", lambda: real() + 301.0)
    allowed.sign_in_by_password(ana)


def test_a_flood_over_many_names_stops_passwords_and_no_passkey(allowed, monkeypatch):
    ana, bo = allowed.join_by_password(), allowed.join(allowed.invite("Bo"), Authenticator())
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    monkeypatch.setattr(tries.time, "monotonic", lambda: 1_000_000.0)
    codes = [code_of(allowed.sign_in_by_password, ana, handle=f"n{i}") for i in range(40)]
    assert codes == ["unauthenticated"] * 30 + ["too_many_tries"] * 10
    allowed.sign_in(bo)


@given(some.lists(some.tuples(some.integers(0, 3), some.floats(0, 400)), max_size=60))
def test_no_order_of_tries_gives_a_name_more_than_its_share(steps):
    clock, spent = [0.0], dict.fromkeys(range(4), 0)
    original = tries.time.monotonic
    tries.time.monotonic = lambda: clock[0]
    try:
        bucket = Tries()
        for name, wait in steps:
            clock[0] += wait
            with suppress(Refused):
                bucket.spend(bytes([name]))
                spent[name] += 1
            assert spent[name] <= tries.AT_ONCE + clock[0] / tries.SECONDS_EACH
        assert len(bucket._by_tag) <= 4
    finally:
        tries.time.monotonic = original


def test_passwords_are_off_unless_an_admin_allows_them(town):
    code = town.invite()
    offer = town.ask(wire.BeginJoin(code=code), wire.JoinOffer)
    forced = wire.FinishJoinByPassword(code=code, ticket=offer.ticket, password="x" * 20, totp_code="123456")
    assert code_of(town.keeper.serve, forced) == "forbidden"
    ana = town.join(code)
    assert code_of(town.keeper.serve, wire.BeginPassword(session=ana.session)) == "forbidden"


def test_what_an_admin_forbids_again_ends_at_once(allowed):
    ana, bo = allowed.join_by_password(), allowed.join(allowed.invite("Bo"))
    allowed.allow_passwords(False)
    assert code_of(allowed.myself, ana.session) == "unauthenticated"
    assert code_of(allowed.sign_in_by_password, ana) == "unauthenticated"
    allowed.myself(bo.session)


def test_a_password_opens_only_the_organizations_that_allow_it(allowed):
    ana = allowed.join(device=Authenticator())
    allowed.ask(
        wire.AcceptInvitation(session=ana.session, code=allowed.another_organization()), wire.InvitationAccepted
    )
    offer = allowed.ask(wire.BeginPassword(session=ana.session), wire.PasswordOffer)
    ana.handle, ana.totp_secret = offer.handle, offer.totp_secret
    finish = wire.FinishPassword(
        session=ana.session, ticket=offer.ticket, password=ana.password, code=ana.code(later=-1)
    )
    allowed.ask(finish, wire.Done)
    assert code_of(allowed.keeper.serve, finish) == "invalid_request"
    assert len(allowed.sign_in(ana).memberships) == 2
    second = allowed.sign_in(ana).memberships[1].organization_id
    assert [one.organization for one in allowed.sign_in_by_password(ana).memberships] == ["First"]
    switch = wire.ChooseOrganization(session=ana.session, organization_id=second)
    assert code_of(allowed.keeper.serve, switch) == "not_found"
    code = allowed.another_organization("Third")
    assert code_of(allowed.keeper.serve, wire.AcceptInvitation(session=ana.session, code=code)) == "forbidden"


def test_a_changed_password_ends_other_sessions_by_password_and_the_old_one(allowed):
    ana = allowed.join_by_password()
    first = ana.session
    allowed.sign_in_by_password(ana)
    allowed.ask(wire.ChangePassword(session=ana.session, password="another long password"), wire.Done)
    assert code_of(allowed.myself, first) == "unauthenticated"
    allowed.myself(ana.session)
    assert code_of(allowed.sign_in_by_password, ana, later=1) == "unauthenticated"
    ana.password = "another long password"
    allowed.sign_in_by_password(ana, later=1)


def test_a_new_authenticator_app_replaces_the_old_one(allowed):
    ana = allowed.join_by_password()
    offer = allowed.ask(wire.BeginPassword(session=ana.session), wire.PasswordOffer)
    assert offer.handle == ana.handle
    old, ana.totp_secret = ana.totp_secret, offer.totp_secret
    wrong = wire.FinishPassword(session=ana.session, ticket=offer.ticket, password=ana.password, code="000000")
    assert code_of(allowed.keeper.serve, wrong) == "invalid_request"
    right = wire.FinishPassword(
        session=ana.session, ticket=offer.ticket, password=ana.password, code=ana.code(later=-1)
    )
    allowed.ask(right, wire.Done)
    assert code_of(
        allowed.sign_in_by_password, ana, code=totp.code_at(old, int(time.time() // 30))
    ) == "unauthenticated"  # fmt: skip
    allowed.sign_in_by_password(ana)


def test_a_proof_by_password_and_a_wrong_one_that_keeps_the_session(allowed, monkeypatch):
    ana = allowed.join_by_password()
    real = time.monotonic
    monkeypatch.setattr(sessions.time, "monotonic", lambda: real() + 400.0)
    wrong = wire.ProvePassword(session=ana.session, password="wrong", code=ana.code())
    assert code_of(allowed.keeper.serve, wrong) == "proof_needed"
    change = wire.ChangePassword(session=ana.session, password="another long password")
    assert code_of(allowed.keeper.serve, change) == "proof_needed"
    right = wire.ProvePassword(session=ana.session, password=ana.password, code=ana.code())
    allowed.ask(right, wire.Done)
    assert code_of(allowed.keeper.serve, right) == "proof_needed"
    allowed.ask(change, wire.Done)


def test_a_session_by_passkey_is_not_proved_by_a_password(allowed):
    bo = allowed.join()
    message = wire.ProvePassword(session=bo.session, password="x" * 20, code="123456")
    assert code_of(allowed.keeper.serve, message) == "forbidden"


def test_short_passwords_are_refused_and_the_invitation_stays(allowed):
    code = allowed.invite()
    offer = allowed.ask(wire.BeginJoin(code=code), wire.JoinOffer)
    right_code = totp.code_at(offer.totp_secret, int(time.time() // 30))
    short = wire.FinishJoinByPassword(code=code, ticket=offer.ticket, password="x" * 11, totp_code=right_code)
    assert code_of(allowed.keeper.serve, short) == "invalid_request"
    real = "SELECT * FROM accounts WHERE account_id NOT IN (SELECT name FROM canary_names)"
    assert allowed.vault.database.rows(real) == []
    allowed.join_by_password(code)


def test_the_database_holds_no_secret_of_a_second_factor_in_clear(allowed):
    ana = allowed.join_by_password()
    ((digest, wrapped),) = allowed.vault.database.rows("SELECT hash, totp FROM passwords")
    assert digest.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    for form in (ana.totp_secret, ana.totp_secret.hex().encode(), b32encode(ana.totp_secret)):
        assert form not in wrapped


@given(some.text(max_size=60))
def test_a_made_name_is_normal_already(name):
    made = handles.made_from(name, b"12345")
    assert handles.normalized(made) == made
    assert handles.tag(b"k" * 32, f" {made.upper()} ") == handles.tag(b"k" * 32, made) or made.upper().lower() != made
    assert len(made) <= 30


@pytest.mark.nightly
def test_known_and_unknown_names_take_the_same_time(allowed, monkeypatch):
    ana = allowed.join_by_password()
    monkeypatch.setattr(allowed.vault.tries, "spend", lambda _: None)
    took: dict[str, list[float]] = {ana.handle: [], "nobody.aaaaa": []}
    for _ in range(150):
        for handle, times in took.items():
            began = time.perf_counter()
            assert code_of(allowed.sign_in_by_password, ana, handle=handle, password="wrong") == "unauthenticated"
            times.append(time.perf_counter() - began)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.1 * max(known, unknown)
