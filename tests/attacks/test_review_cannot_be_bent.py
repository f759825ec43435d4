"""Being both reviewers, peeking before deciding, looking behind a hidden lead, and offering a rejected face again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import Person, another_key, signed_in
from review_room import ReviewRoom
from town import Person as Human
from town import Town
from vault_driver import code_of

from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.identity import Caller
from facekeep.vault.review.verdicts import Decision, why_not

SECRET = "a scar that only the first reviewer names"


@pytest.fixture(scope="module")
def room() -> Iterator[ReviewRoom]:
    made = ReviewRoom(5)
    yield made
    made.close()


@pytest.fixture
def fresh_room() -> Iterator[ReviewRoom]:
    """One in which nobody revealed anything yet."""
    made = ReviewRoom(2)
    yield made
    made.close()


@pytest.fixture
def case_id(room: ReviewRoom) -> str:
    return room.case("ann", "ben", "rita", "rob", "ruth", "otto", "carl")


@pytest.fixture
def lead_id(room: ReviewRoom, case_id: str) -> str:
    return str(room.search("ann", case_id).candidates[0].lead_id)


def disguised(room: ReviewRoom, who: str, **changes: Any) -> Person:
    """A session of somebody who signed in another way."""
    assert room.keeper._open is not None
    caller = room.keeper._open.sessions.caller(room.people[who].session)
    session = room.keeper._open.sessions.open(replace(caller, **changes))
    return Person(session, changes.get("member_id", caller.member_id), "")


@pytest.fixture
def town(room: ReviewRoom) -> Town:
    """The people of the room's first organization, who really sign in."""
    found = Town(Path(room.folder.name), room.keeper, room.admin.api_key)
    found.allow_passwords()
    return found


def reviewer(room: ReviewRoom, town: Town, case_id: str, name: str) -> Human:
    """Somebody who was invited, joined with a passkey, signed in, and was put into the case."""
    one = town.join(town.invite(name, ("reviewer",)))
    into_case(room, case_id, town.myself(one.session).member.member_id)
    return one


def into_case(room: ReviewRoom, case_id: str, member_id: str) -> None:
    room.say("ann", wire.ChangeCase, case_id=case_id, add_members=(member_id,))


def session_of(one: Human) -> Person:
    return Person(one.session, "", "")


def everything_in(answer: Any) -> list[Any]:
    """Every single value of an answer."""
    if isinstance(answer, msgspec.Struct):
        answer = msgspec.to_builtins(answer)
    if isinstance(answer, dict):
        return [one for value in answer.values() for one in everything_in(value)]
    if isinstance(answer, list | tuple):
        return [one for value in answer for one in everything_in(value)]
    return [answer]


# ---- one person as both reviewers ----


def test_by_a_second_key_or_a_second_session(room: ReviewRoom, lead_id: str) -> None:
    room.decide("rita", lead_id)
    again = signed_in(room.keeper.serve, room.people["rita"].api_key)
    other_key = signed_in(room.keeper.serve, another_key(room.keeper.serve, room.admin.session, room.member("rita")))
    for rita in (room.people["rita"], again, other_key):
        assert room.lead(rita, lead_id).may_decide is False
        assert room.decide(rita, lead_id) == "forbidden"
    assert room.lead("rita", lead_id).state == "waiting_for_second"


def test_by_a_passkey_after_a_key(room: ReviewRoom, lead_id: str) -> None:
    room.decide("rita", lead_id)
    assert room.decide(disguised(room, "rita", credential="a passkey"), lead_id) == "forbidden"


def test_by_a_second_membership_of_the_same_account(room: ReviewRoom, lead_id: str) -> None:
    first = disguised(room, "rita", account_id="acc_one", credential="a passkey")
    second = disguised(room, "rob", account_id="acc_one", credential="another passkey")
    assert not isinstance(room.decide(first, lead_id), str)
    assert room.decide(second, lead_id) == "forbidden"


def test_by_the_same_credential_under_another_name(room: ReviewRoom, lead_id: str) -> None:
    assert not isinstance(room.decide(disguised(room, "rita", credential="shared"), lead_id), str)
    assert room.decide(disguised(room, "rob", credential="shared"), lead_id) == "forbidden"


def test_one_human_by_every_way_to_sign_in_is_one_reviewer(
    room: ReviewRoom, town: Town, case_id: str, lead_id: str
) -> None:
    mia = reviewer(room, town, case_id, "Mia")
    by_other_passkey = town.add_passkey(mia)
    town.add_password(mia)
    me = town.myself(mia.session).member.member_id
    key = town.ask(wire.MakeApiKey(session=mia.session, member_id=me, name="k"), wire.ApiKeyMade).api_key
    assert not isinstance(room.decide(session_of(mia), lead_id), str)
    ways = (
        mia.session,
        town.sign_in(mia).session,
        town.sign_in(by_other_passkey).session,
        town.sign_in_by_password(mia).session,
        town.key_session(key),
    )
    assert len({town.myself(one).credential for one in ways}) == 4
    for session in ways:
        assert room.lead(Person(session, "", ""), lead_id).may_decide is False
        assert room.decide(Person(session, "", ""), lead_id) == "forbidden"
    moe = reviewer(room, town, case_id, "Moe")
    town.sign_in(moe)
    assert room.decide(session_of(moe), lead_id, "not_the_same").lead.state == "disputed"
    for session in ways:  # nor the third who settles it
        assert room.decide(Person(session, "", ""), lead_id) == "forbidden"


def test_one_human_by_another_membership_is_one_reviewer(
    room: ReviewRoom, town: Town, case_id: str, lead_id: str
) -> None:
    mia = reviewer(room, town, case_id, "Mia")
    eve = town.key_session(room.people["eve"].api_key)
    second = town.accept(mia, town.invite("Mia", ("reviewer", "admin"), eve)).organization_id
    assert not isinstance(room.decide(session_of(mia), lead_id), str)
    first, other = mia.organization_id, town.add_passkey(mia)
    town.sign_in(other, second)
    assert room.decide(session_of(other), lead_id) == "not_found"
    message = wire.ChooseOrganization(session=other.session, organization_id=first)
    back = town.ask(message, wire.SignedIn).session
    assert room.decide(Person(back, "", ""), lead_id) == "forbidden"


def test_one_human_who_left_and_was_invited_again_is_one_reviewer(
    room: ReviewRoom, town: Town, case_id: str, lead_id: str
) -> None:
    mia = reviewer(room, town, case_id, "Mia")
    eve = town.key_session(room.people["eve"].api_key)
    second = town.accept(mia, town.invite("Mia", ("reviewer",), eve)).organization_id
    assert not isinstance(room.decide(session_of(mia), lead_id), str)
    first, old = mia.organization_id, town.myself(mia.session).member.member_id
    other = town.add_passkey(mia)
    town.ask(wire.RemoveMember(session=town.key_session(), member_id=old), wire.Done)
    town.sign_in(other, second)
    new = town.accept(other, town.invite("Maria", ("reviewer",))).member_id
    assert new != old
    into_case(room, case_id, new)
    town.sign_in(other, first)
    assert town.myself(other.session).member.name == "Maria"
    assert room.lead(session_of(other), lead_id).may_decide is False
    assert room.decide(session_of(other), lead_id) == "forbidden"


def test_two_humans_who_sign_in_agree(room: ReviewRoom, town: Town, case_id: str, lead_id: str) -> None:
    mia, moe = (reviewer(room, town, case_id, name) for name in ("Mia", "Moe"))
    town.sign_in(mia)
    town.sign_in(moe)
    assert room.decide(session_of(mia), lead_id).lead.state == "waiting_for_second"
    assert room.decide(session_of(moe), lead_id).lead.verdict == "same_person"


def test_from_another_organization(room: ReviewRoom, case_id: str, lead_id: str) -> None:
    room.decide("rita", lead_id)
    eve = disguised(room, "eve", account_id=room.member("rob"))
    for who in ("eve", eve):
        assert room.lead(who, lead_id) == "not_found"
        assert room.decide(who, lead_id) == "not_found"
        assert room.ask(who, wire.RevealLead, lead_id=lead_id, reason="x") == "not_found"
        assert room.ask(who, wire.ListLeads, case_id=case_id) == "not_found"


def test_as_the_third_who_settles(room: ReviewRoom, lead_id: str) -> None:
    room.decide("rita", lead_id, "same_person")
    room.decide("rob", lead_id, "not_the_same")
    assert [room.decide(who, lead_id) for who in ("rita", "rob")] == ["forbidden"] * 2
    assert room.decide("ann", lead_id) == "forbidden"  # no reviewer, and her search showed her the score
    assert room.decide("ruth", lead_id, "not_the_same").lead.verdict == "not_the_same"


names = st.sampled_from(["a", "b", "c"])


@given(
    mine=st.tuples(names, names, names), before=st.lists(st.tuples(names, names, names), max_size=2),
    finders=st.sets(names), roles=st.sets(st.sampled_from([Role.INVESTIGATOR, Role.REVIEWER]), min_size=1),
)  # fmt: skip
def test_whoever_shares_anything_with_an_earlier_decision_never_takes_the_next(
    mine: tuple[str, str, str], before: list[tuple[str, str, str]], finders: set[str], roles: set[Role]
) -> None:
    person, credential, session = mine
    caller = Caller("org", f"member {person}", person, credential, frozenset(roles))
    made = [Decision(i, "cannot_say", "", "", *one, "") for i, one in enumerate(before, start=1)]
    shares = any(theirs == own for one in before for theirs, own in zip(one, mine, strict=True))
    blind_reviewer = Role.REVIEWER in roles and person not in finders
    assert (why_not(caller, session, made, finders) == "") == (not shares and (not before or blind_reviewer))


# ---- peeking ----


def test_a_blind_reviewer_learns_nothing_of_the_first_decision_or_the_score_by_any_route(
    room: ReviewRoom, case_id: str, lead_id: str
) -> None:
    score = room.lead("ann", lead_id).score
    room.decide("ann", lead_id, "not_the_same", SECRET)
    room.say("ann", wire.RevealLead, lead_id=lead_id, reason=SECRET)
    cell = room.cells[room.lead("rita", lead_id).place.face_cell]
    for who in ("rita", "otto", "ben"):
        answers = [
            room.say(who, wire.ShowLead, lead_id=lead_id),
            room.say(who, wire.ListLeads, case_id=case_id),
            room.say(who, wire.DescribeLeads, lead_ids=(lead_id,), cells=(cell,)),
            room.say(who, wire.ShowCase, case_id=case_id),
            room.say(who, wire.ListCases),
            room.say(who, wire.ListApprovals),
            room.say(who, wire.RevealLead, lead_id=lead_id, reason="mine"),
        ]
        log = room.log() if who == "otto" else []
        answers += [one for one in log if one.facts.get("lead") == lead_id]
        seen = everything_in(answers)
        assert score is not None
        assert score not in seen
        assert not any(word in str(one) for one in seen for word in ("not_the_same", SECRET))
        assert room.lead(who, lead_id).may_decide is True
    assert room.ask("rita", wire.ReadLog, start=0) == "forbidden"
    after = room.decide("rita", lead_id, "same_person").lead
    assert (after.score, after.decisions[0].reason, after.reveals[0].reason) == (score, SECRET, SECRET)


def test_whoever_finds_it_by_a_search_of_their_own_is_not_second(room: ReviewRoom, case_id: str, lead_id: str) -> None:
    room.decide("rita", lead_id)
    assert room.lead("ben", lead_id).may_decide is True
    room.search("ben", case_id, probe="my own photo")
    assert room.lead("ben", lead_id).may_decide is False
    assert room.decide("ben", lead_id) == "forbidden"
    assert room.lead("ben", lead_id).decisions == ()


def test_whoever_compares_it_is_not_second(room: ReviewRoom, case_id: str, lead_id: str) -> None:
    room.decide("rita", lead_id)
    place = room.lead("ben", lead_id).place
    (compared,) = room.search("ben", case_id, probe="fresh", only=place.face_id, top_k=1).candidates
    assert compared.lead_id is None
    assert room.decide("ben", lead_id) == "forbidden"


def test_whoever_searches_with_the_same_photo_in_another_case_is_not_second(
    room: ReviewRoom, case_id: str
) -> None:
    lead_id = str(room.search("ann", case_id, probe="the same photo").candidates[0].lead_id)
    room.decide("rita", lead_id)
    assert room.lead("ben", lead_id).may_decide is True
    room.search("ben", room.case("ben"), probe="the same photo")
    assert room.decide("ben", lead_id) == "forbidden"


def test_the_order_of_leads_says_nothing_of_their_scores(room: ReviewRoom) -> None:
    orders = set()
    for _ in range(12):
        case_id = room.case("ann", "rita")
        ranks = {one.lead_id: rank for rank, one in enumerate(room.search("ann", case_id).candidates)}
        listed = [one.lead_id for one in room.say("rita", wire.ListLeads, case_id=case_id).items]
        assert listed == sorted(listed, key=str)
        orders.add(tuple(ranks[one] for one in listed))
    assert len(orders) > 1  # once in 6^11 by chance


def test_whoever_was_taken_out_of_the_case_sees_no_lead_of_it(fresh_room: ReviewRoom) -> None:
    room = fresh_room
    case_id = room.case("ann", "rita")
    lead_id = str(room.search("ann", case_id).candidates[0].lead_id)
    room.decide("rita", lead_id)
    place = room.lead("rita", lead_id).place
    room.say("rita", wire.RevealLead, lead_id=lead_id, reason="x")
    record = (room.cells[place.person_cell],)
    assert room.say("rita", wire.OpenCells, cells=record).plaintexts
    room.say("ann", wire.ChangeCase, case_id=case_id, remove_members=(room.member("rita"),))
    assert room.lead("rita", lead_id) == "not_found"
    assert room.ask("rita", wire.ListLeads, case_id=case_id) == "not_found"
    assert room.ask("rita", wire.OpenCells, cells=record) == "reveal_needed"


def test_whoever_oversees_cases_does_not_see_their_leads(room: ReviewRoom, case_id: str, lead_id: str) -> None:
    assert room.lead("admin", lead_id) == "not_found"
    assert room.ask("admin", wire.ListLeads, case_id=case_id) == "not_found"


# ---- looking behind a hidden lead ----


def test_without_a_reason_a_role_or_a_case(room: ReviewRoom, lead_id: str) -> None:
    for empty in ("", "  \n", "x" * 2_001):
        for message in (
            wire.RevealLead(session="s", lead_id=lead_id, reason=empty),
            wire.DecideLead(session="s", lead_id=lead_id, verdict="cannot_say", reason=empty),
        ):
            with pytest.raises(msgspec.ValidationError):
                msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=wire.ServerRequest)
    assert room.ask("carl", wire.RevealLead, lead_id=lead_id, reason="r") == "forbidden"
    assert room.ask("admin", wire.RevealLead, lead_id=lead_id, reason="r") == "not_found"
    refused = [one.outcome for one in room.log() if one.act == "lead.reveal" and one.facts.get("lead") == lead_id]
    assert refused == ["asked", "asked"]


def test_by_opening_its_record_under_any_name(fresh_room: ReviewRoom) -> None:
    room = fresh_room
    lead_id = str(room.search("ann", room.case("ann", "rita")).candidates[0].lead_id)
    place = room.lead("rita", lead_id).place
    for who in ("ann", "rita"):
        for cell_id in (place.person_cell, place.face_cell):
            cell = room.cells[cell_id]
            assert room.ask(who, wire.OpenCells, cells=(cell,)) == "reveal_needed"
            as_crop = wire.Cell(cell.cell_id, room.cells[place.crop_cell].kind, cell.ciphertext)
            assert room.ask(who, wire.OpenCells, cells=(as_crop,)) == "cell_altered"
            with_crop = (room.cells[place.crop_cell], cell)
            assert room.ask(who, wire.OpenCells, cells=with_crop) == "reveal_needed"


def test_a_narrow_key_of_somebody_with_every_role_opens_nothing_hidden(room: ReviewRoom) -> None:
    record = (room.cells[room.faces[0].person_cell],)
    narrow = disguised(room, "admin", roles=frozenset({Role.INVESTIGATOR, Role.REVIEWER}))
    assert room.ask(narrow, wire.OpenCells, cells=record) == "reveal_needed"
    assert room.say("admin", wire.OpenCells, cells=record).plaintexts


def test_a_key_for_other_collections_does_not_learn_that_there_is_a_record(fresh_room: ReviewRoom) -> None:
    room = fresh_room
    record = (room.cells[room.faces[0].person_cell],)
    narrow = disguised(room, "rita", collections=frozenset({"col_another"}))
    assert room.ask("rita", wire.OpenCells, cells=record) == "reveal_needed"
    assert room.ask(narrow, wire.OpenCells, cells=record) == "not_found"


# ---- offering a rejected face again ----


def test_a_rejected_face_is_never_offered_again_in_its_case(room: ReviewRoom) -> None:
    case_id = room.case("ann", "rita", "ben")
    gone = set()
    for _ in range(3):
        one = room.search("ann", case_id).candidates[0]
        gone.add(one.place.face_id)
        room.decide("ann", str(one.lead_id), "not_the_same")
        room.decide("rita", str(one.lead_id), "not_the_same")
    place = next(one for one in room.faces if one.face_id not in gone)
    by_face = {"probes": b"", "face_id": place.face_id, "probe_cell": room.cells[place.template_cell]}
    for who, more in (("ann", {}), ("ben", {"top_k": 10}), ("ann", {"score_floor": 0.51}), ("ben", by_face)):
        offered = {found.place.face_id for found in room.search(who, case_id, **more).candidates}
        assert offered
        assert not offered & gone


def test_a_search_under_way_does_not_offer_what_was_rejected_meanwhile(room: ReviewRoom, case_id: str) -> None:
    lead_id = str(room.search("ann", case_id).candidates[0].lead_id)
    room.decide("ann", lead_id, "not_the_same")
    serve = room.keeper.serve

    def meanwhile(message: wire.Message) -> Any:
        if isinstance(message, wire.OpenSums):
            serve(wire.DecideLead(session=rita, lead_id=lead_id, verdict="not_the_same", reason="r"))
        return serve(message)

    rita = room.people["rita"].session
    room.keeper.serve = meanwhile  # type: ignore[method-assign]
    try:
        assert code_of(room.search, "ann", case_id) == "stale"
    finally:
        del room.keeper.serve  # type: ignore[attr-defined]
