"""What is frozen does nothing, what is running releases nothing, and two different people let it go on."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import Person, added, another_key, signed_in
from review_room import ReviewRoom
from town import Town
from vault_driver import unit

from facekeep.errors import FacekeepError, Unavailable
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.terms import Role
from facekeep.vault import freezes, wire
from facekeep.vault.acts import freezing
from facekeep.vault.freezes import OPERATOR, Kind
from facekeep.vault.identity import Sessions

PANIC_SECONDS = 1.0


@pytest.fixture
def room() -> Iterator[ReviewRoom]:
    one = ReviewRoom()
    one.people["paul"] = added(one.keeper.serve, one.admin.session, "paul", [Role.PRIVACY_OFFICER])
    yield one
    one.close()


def operate(room: ReviewRoom, message: wire.Message) -> object:
    try:
        return room.keeper.operate(message)
    except FacekeepError as error:
        return error.code


def enters(room: ReviewRoom, api_key: str) -> str:
    """What a key gets: a session that does something, or the code of a refusal."""
    try:
        signed_in(room.keeper.serve, api_key)
    except FacekeepError as error:
        return error.code
    return "in"


def running_search(room: ReviewRoom, who: str) -> wire.OpenSums:
    """An answer of the search node that only has to be handed in."""
    asked = {"collection_ids": (room.collection,), "probes": unit("target").tobytes(), "top_k": 3}
    grant = room.say(who, wire.GrantSearch, case_id=room.case(who), **asked)
    probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension)
    sums = scan_reference([parse_block(room.blocks[one.block_id])[1] for one in grant.blocks], probes)
    return wire.OpenSums(
        session=room.people[who].session, grant_id=grant.grant_id, sums=sums.astype("<i4").tobytes()
    )


def released(room: ReviewRoom, answer: wire.OpenSums) -> str:
    try:
        room.keeper.serve(answer)
    except FacekeepError as error:
        return error.code
    return "released"


def subject(room: ReviewRoom, kind: Kind) -> str:
    ann = room.people["ann"]
    return {
        Kind.KEY: ann.api_key.split("_")[1][:10],
        Kind.MEMBER: ann.member_id,
        Kind.ORGANIZATION: room.say("ann", wire.WhoAmI).organization_id,
    }[kind]


@pytest.mark.parametrize("kind", [Kind.KEY, Kind.MEMBER, Kind.ORGANIZATION])
def test_a_running_search_of_what_was_frozen_releases_nothing(room: ReviewRoom, kind: Kind) -> None:
    answer, what = running_search(room, "ann"), subject(room, kind)
    assert isinstance(operate(room, wire.Freeze(kind=kind, subject_id=what)), wire.Done)
    assert released(room, answer) == "frozen"
    assert room.ask("ann", wire.ListCases) == "frozen"
    assert enters(room, room.people["ann"].api_key) == "frozen"


@pytest.mark.parametrize("kind", [Kind.KEY, Kind.MEMBER, Kind.ORGANIZATION])
def test_a_running_search_of_what_was_ended_releases_nothing(room: ReviewRoom, kind: Kind) -> None:
    answer, what = running_search(room, "ann"), subject(room, kind)
    assert isinstance(operate(room, wire.End(kind=kind, subject_id=what)), wire.Done)
    assert released(room, answer) == "unauthenticated"
    assert enters(room, room.people["ann"].api_key) == "unauthenticated"
    assert room.ask("rita", wire.ListCases) == "unauthenticated" or kind is not Kind.ORGANIZATION


def test_a_freeze_between_the_two_looks_of_a_search_is_seen(room: ReviewRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes while the sums are opened, without the vault's lock."""
    answer, original = running_search(room, "ann"), freezing.freeze

    def opened_meanwhile(*parts: object) -> object:
        vault = room.keeper._open
        assert vault is not None
        original(vault, Kind.MEMBER, room.member("ann"), by="keep", why="test")
        return real(*parts)

    real = room.keeper.serve.__globals__["dispatch"].searching.gate.verify_and_open
    monkeypatch.setattr("facekeep.vault.acts.searching.gate.verify_and_open", opened_meanwhile)
    assert released(room, answer) == "frozen"
    assert "search.released" not in [one.act for one in room.log()]


def test_a_freeze_stops_every_key_and_session_and_survives_a_restart(room: ReviewRoom) -> None:
    more = another_key(room.keeper.serve, room.admin.session, room.member("ann"))
    room.say("admin", wire.FreezeMember, member_id=room.member("ann"))
    assert enters(room, more) == enters(room, room.people["ann"].api_key) == "frozen"
    room.keeper.seal()
    room.keeper.operate(wire.Unseal(key_file=room.key_file))
    assert enters(room, more) == "frozen"
    assert enters(room, room.people["ben"].api_key) == "in"


def lifted(room: ReviewRoom, who: str, kind: Kind, what: str) -> object:
    answer = room.ask(who, wire.LiftFreeze, kind=kind, subject_id=what)
    return answer if isinstance(answer, str) else answer.is_lifted


def test_two_different_people_let_a_member_go_on(room: ReviewRoom) -> None:
    ann = room.member("ann")
    room.say("admin", wire.FreezeMember, member_id=ann)
    again = signed_in(room.keeper.serve, another_key(room.keeper.serve, room.admin.session, room.admin.member_id))
    assert room.ask("ben", wire.LiftFreeze, kind="member", subject_id=ann) == "forbidden"
    assert room.ask("eve", wire.LiftFreeze, kind="member", subject_id=ann) == "not_found"
    assert lifted(room, "admin", Kind.MEMBER, ann) is False
    room.people["admin again"] = again
    assert lifted(room, "admin again", Kind.MEMBER, ann) is False, "the same person by another key"
    assert [one.words for one in room.say("paul", wire.ListFreezes).items] == [1]
    assert lifted(room, "paul", Kind.MEMBER, ann) is True
    assert room.say("ann", wire.ListCases).items == ()
    assert room.say("paul", wire.ListFreezes).items == ()
    acts = [one.act for one in room.log() if one.act.startswith("freeze.") and one.outcome == "done"]
    assert acts == ["freeze.made", "freeze.lift_said", "freeze.lift_said", "freeze.lifted"]


def test_nobody_lets_their_own_go_on(room: ReviewRoom) -> None:
    key = another_key(room.keeper.serve, room.admin.session, room.member("paul"))
    operate(room, wire.Freeze(kind="key", subject_id=key.split("_")[1][:10]))
    assert lifted(room, "paul", Kind.KEY, key.split("_")[1][:10]) == "forbidden"
    assert lifted(room, "admin", Kind.KEY, key.split("_")[1][:10]) is False
    assert operate(room, wire.Unfreeze(kind="key", subject_id=key.split("_")[1][:10])).is_lifted  # type: ignore[attr-defined]
    assert enters(room, key) == "in"


def test_an_organization_goes_on_with_the_operator_and_one_of_its_own(room: ReviewRoom) -> None:
    what = subject(room, Kind.ORGANIZATION)
    operate(room, wire.Freeze(kind="organization", subject_id=what))
    assert lifted(room, "admin", Kind.ORGANIZATION, what) is False
    assert lifted(room, "paul", Kind.ORGANIZATION, what) is False
    assert room.ask("admin", wire.ListMembers) == "frozen"
    assert operate(room, wire.Unfreeze(kind="organization", subject_id=what)).is_lifted  # type: ignore[attr-defined]
    assert room.say("admin", wire.ListMembers).items


def test_frozen_again_the_earlier_words_count_no_more(room: ReviewRoom) -> None:
    ann = room.member("ann")
    room.say("admin", wire.FreezeMember, member_id=ann)
    assert lifted(room, "admin", Kind.MEMBER, ann) is False
    room.say("admin", wire.FreezeMember, member_id=ann)
    assert lifted(room, "paul", Kind.MEMBER, ann) is False


def test_where_nobody_else_is_left_the_operator_is_enough(room: ReviewRoom) -> None:
    room.say("admin", wire.RemoveMember, member_id=room.member("paul"))
    operate(room, wire.Freeze(kind="member", subject_id=room.member("admin")))
    assert operate(room, wire.Unfreeze(kind="member", subject_id=room.member("admin"))).is_lifted  # type: ignore[attr-defined]
    (entry,) = [one for one in room.log() if one.act == "freeze.lifted"]
    assert entry.facts["alone"] is True


def test_a_persons_session_is_frozen_alone(town: Town) -> None:
    ana = town.join()
    first, second = ana.session, town.sign_in(ana).session
    ids = {one.session_id: one.is_this for one in town.ask(wire.ListSessions(session=first), wire.SessionList).items}
    this = next(one for one, is_this in ids.items() if is_this)
    town.ask_operator(wire.Freeze(kind="session", subject_id=this), wire.Done)
    with pytest.raises(FacekeepError, match="frozen"):
        town.myself(first)
    assert town.myself(second)
    town.vault.sweep()
    with pytest.raises(FacekeepError, match="frozen"):
        town.myself(first)
    town.ask_operator(wire.End(kind="session", subject_id=this), wire.Done)
    with pytest.raises(FacekeepError, match="unknown or has ended"):
        town.myself(first)
    town.vault.sweep()
    assert town.vault.freezes.of(ana.organization_id) == []


def test_nobody_signs_in_or_joins_where_it_is_frozen(town: Town) -> None:
    ana, code = town.join(), town.invite("Rui")
    town.ask_operator(wire.Freeze(kind="organization", subject_id=ana.organization_id), wire.Done)
    with pytest.raises(FacekeepError, match="frozen"):
        town.sign_in(ana)
    with pytest.raises(FacekeepError, match="frozen"):
        town.ask(wire.BeginJoin(code=code), wire.JoinOffer)


def test_an_admin_signs_in_to_a_frozen_organization_to_let_it_go_on_and_does_nothing_else(town: Town) -> None:
    ana = town.join(town.invite("Ana", ("admin",)))
    what = ana.organization_id
    town.ask_operator(wire.Freeze(kind="organization", subject_id=what), wire.Done)
    town.sign_in(ana)
    town.ask(wire.Authenticate(untrusted_credential=ana.session), wire.SessionOpened)
    with pytest.raises(FacekeepError, match="frozen"):
        town.myself(ana.session)
    word = wire.LiftFreeze(session=ana.session, kind="organization", subject_id=what)
    assert town.ask(word, wire.LiftSaid).is_lifted is False
    assert town.ask_operator(wire.Unfreeze(kind="organization", subject_id=what), wire.LiftSaid).is_lifted
    assert town.myself(ana.session)


def test_what_is_not_there_is_not_frozen(room: ReviewRoom) -> None:
    for kind in Kind:
        assert operate(room, wire.Freeze(kind=kind, subject_id="nothing")) == "not_found"
        assert operate(room, wire.Unfreeze(kind=kind, subject_id="nothing")) == "not_found"
        assert operate(room, wire.End(kind=kind, subject_id="nothing")) == "not_found"
    assert operate(room, wire.Freeze(kind="planet", subject_id="x")) == "invalid_request"
    assert room.ask("eve", wire.FreezeMember, member_id=room.member("ann")) == "not_found"


@given(st.sets(st.sampled_from([OPERATOR, "a", "b", "c"])), st.sampled_from(Kind), st.booleans())
def test_enough_is_two_people_or_the_operator_where_nobody_is_left(words: set[str], kind: Kind, left: bool) -> None:
    said = frozenset(words)
    if freezes.is_enough(kind, said, is_anybody_left=left):
        assert OPERATOR in said or (len(said) >= 2 and kind is not Kind.ORGANIZATION)
        assert len(said) >= 2 or not left
    elif len(said) >= 2:
        assert kind is Kind.ORGANIZATION
        assert OPERATOR not in said


# ---- panic ----


def test_a_panic_waits_for_no_lock_and_nothing_is_released_after_it(room: ReviewRoom) -> None:
    """The lock is held by long work; the search that wakes up after it finds the vault sealed."""
    answer, vault = running_search(room, "ann"), room.keeper._open
    assert vault is not None
    outcome: list[str] = []
    with vault.lock:
        searching = threading.Thread(target=lambda: outcome.append(released(room, answer)))
        searching.start()
        panicking = threading.Thread(target=room.keeper.operate, args=(wire.Panic(),))
        panicking.start()
        panicking.join(PANIC_SECONDS)
        assert not panicking.is_alive()
        with pytest.raises(Unavailable, match="sealed"):
            room.keeper.serve(wire.Authenticate(untrusted_credential=room.admin.api_key))
    searching.join(10)
    assert outcome == ["vault_sealed"]
    room.keeper.operate(wire.Unseal(key_file=room.key_file))
    assert ("vault.panic", "done") in [
        (one.act, one.outcome) for one in room.keeper._open.journal.read("", 0, 1000)[0]  # type: ignore[union-attr]
    ]


def test_work_that_was_under_way_in_a_panic_is_not_answered(room: ReviewRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """It held the lock and came to its end; its answer stays inside."""
    real = Sessions.find

    def panicked(self: Sessions, token: str, **more: bool) -> object:
        found = real(self, token, **more)
        room.keeper.panic()
        return found

    monkeypatch.setattr(Sessions, "find", panicked)
    assert room.ask("admin", wire.ListMembers) == "vault_sealed"
    monkeypatch.undo()
    room.keeper.operate(wire.Unseal(key_file=room.key_file))


def test_an_unsealing_under_way_comes_to_nothing(room: ReviewRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.keeper.seal()
    real = room.keeper._open_with.__globals__["seal"].open_root

    def panicked(*given: object) -> object:
        room.keeper.panic()
        return real(*given)

    monkeypatch.setattr("facekeep.vault.keeper.seal.open_root", panicked)
    with pytest.raises(Unavailable, match="sealed"):
        room.keeper.operate(wire.Unseal(key_file=room.key_file))
    monkeypatch.undo()
    assert room.keeper.status().state == "sealed"
    room.keeper.operate(wire.Unseal(key_file=room.key_file))


def test_a_disk_that_hangs_does_not_hold_up_a_panic(room: ReviewRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, hand = threading.Event(), room.keeper._open.log._fuse._hand
    monkeypatch.setattr("facekeep.vault.log_files.os.fsync", lambda _: let_go.wait(20))
    monkeypatch.setattr("facekeep.vault.log_files.os.fdatasync", lambda _: let_go.wait(20), raising=False)
    writing = threading.Thread(target=room.ask, args=("admin", wire.ListMembers))
    writing.start()
    time.sleep(0.2)
    panicking = threading.Thread(target=room.keeper.operate, args=(wire.Panic(),))
    panicking.start()
    panicking.join(PANIC_SECONDS)
    assert not panicking.is_alive()
    assert room.keeper.status().state == "sealed"
    let_go.set()
    for one in (writing, panicking, hand):  # or the folder goes while they still write to it
        one.join(10)
        assert not one.is_alive()


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["freeze", "restart", "admin", "paul", "operator"])), max_size=12))
def test_freezes_are_as_a_plain_model_has_them(steps: list[tuple[str]]) -> None:
    room = ReviewRoom()
    try:
        room.people["paul"] = added(room.keeper.serve, room.admin.session, "paul", [Role.PRIVACY_OFFICER])
        _run(room, [step for (step,) in steps], room.people["ann"])
    finally:
        room.close()


def _run(room: ReviewRoom, steps: list[str], ann: Person) -> None:
    words: set[str] | None = None
    for step in steps:
        if step == "freeze":
            room.say("admin", wire.FreezeMember, member_id=ann.member_id)
            words = set()
        elif step == "restart":
            room.keeper.seal()
            room.keeper.operate(wire.Unseal(key_file=room.key_file))
            room.people |= {
                name: signed_in(room.keeper.serve, room.people[name].api_key) for name in ("admin", "paul")
            }
        elif step == "operator":
            answer = operate(room, wire.Unfreeze(kind="member", subject_id=ann.member_id))
            words = _said(words, step, answer)
        else:
            answer = room.ask(step, wire.LiftFreeze, kind="member", subject_id=ann.member_id)
            words = _said(words, step, answer)
        assert enters(room, ann.api_key) == ("in" if words is None else "frozen")


def _said(words: set[str] | None, who: str, answer: object) -> set[str] | None:
    if words is None:
        assert answer == "not_found"
        return None
    words = words | {who}
    assert answer.is_lifted == (len(words) > 1)  # type: ignore[attr-defined]
    return None if len(words) > 1 else words
