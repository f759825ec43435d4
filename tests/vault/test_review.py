"""Leads from the search that found them to the verdict, in a vault of this process."""

from collections.abc import Iterator
from secrets import token_hex

import msgspec
import pytest
from people import added
from review_room import ReviewRoom
from vault_driver import unit

from facekeep.terms import CellKind, Role
from facekeep.vault import clock, wire
from facekeep.vault.acts.searching import _CANDIDATE_BYTES
from facekeep.vault.shelf import _policy

CREW = ("ben", "rita", "rob", "ruth", "otto")


@pytest.fixture(scope="module")
def room() -> Iterator[ReviewRoom]:
    made = ReviewRoom()
    yield made
    made.close()


@pytest.fixture
def case_id(room: ReviewRoom) -> str:
    return room.case("ann", *CREW)


@pytest.fixture
def lead_id(room: ReviewRoom, case_id: str) -> str:
    lead_id = room.search("ann", case_id).candidates[0].lead_id
    assert lead_id is not None
    return lead_id


def test_every_candidate_of_a_search_in_a_case_is_a_lead_of_it(room: ReviewRoom, case_id: str) -> None:
    found = room.search("ann", case_id, probe_captured_at="1999").candidates
    listed = {one.lead_id: one for one in room.say("ann", wire.ListLeads, case_id=case_id).items}
    assert {one.lead_id for one in found} == set(listed)
    for one in found:
        lead = listed[one.lead_id]
        assert (lead.place, lead.score, lead.one_in) == (one.place, one.score, one.one_in)
        assert (lead.gallery, lead.model, lead.probe_captured_at) == (4, "test-contract", "1999")
        assert (lead.state, lead.verdict, lead.found_by) == ("waiting_for_first", None, room.member("ann"))


def test_finding_a_face_again_is_the_same_lead_with_newer_facts_until_somebody_decided(
    room: ReviewRoom, case_id: str, lead_id: str
) -> None:
    room.search("ann", case_id, probe="again", probe_captured_at="2001")
    assert room.lead("ann", lead_id).probe_captured_at == "2001"
    room.decide("ann", lead_id)
    room.search("ann", case_id, probe="third", probe_captured_at="2002")
    assert room.lead("ann", lead_id).probe_captured_at == "2001"


def test_two_who_agree_settle_a_lead(room: ReviewRoom, lead_id: str) -> None:
    first = room.decide("ann", lead_id, "same_person", "the scar").lead
    assert (first.state, first.verdict, len(first.decisions)) == ("waiting_for_second", None, 1)
    second = room.decide("rita", lead_id, "same_person", "the ear").lead
    assert (second.state, second.verdict) == ("agreed", "same_person")
    assert [(one.round, one.reason) for one in second.decisions] == [(1, "the scar"), (2, "the ear")]
    assert room.decide("rob", lead_id) == "conflict"


def test_where_two_differ_a_third_settles(room: ReviewRoom, lead_id: str) -> None:
    room.decide("rob", lead_id, "same_person")
    assert room.decide("rita", lead_id, "cannot_say").lead.state == "disputed"
    assert room.decide("ruth", lead_id, "not_the_same").lead.verdict == "not_the_same"
    assert room.lead("ann", lead_id).state == "agreed"


def test_only_a_reviewer_decides_second(room: ReviewRoom, case_id: str) -> None:
    amy = added(room.keeper.serve, room.admin.session, "amy", [Role.INVESTIGATOR])
    room.say("ann", wire.ChangeCase, case_id=case_id, add_members=(amy.member_id,))
    lead_id = room.search("ann", case_id).candidates[0].lead_id or ""
    room.decide("rob", lead_id)
    assert room.lead(amy, lead_id).may_decide is False
    assert room.decide(amy, lead_id) == "forbidden"
    assert room.lead("rita", lead_id).may_decide is True


def test_the_verdict_is_in_the_log_once_it_is_agreed_and_not_before(room: ReviewRoom, lead_id: str) -> None:
    room.decide("ann", lead_id, "not_the_same")
    said = [one for one in room.log() if one.facts.get("lead") == lead_id]
    assert {one.act for one in said} == {"lead.decide", "lead.decided"}
    assert not any("not_the_same" in str(one.facts) for one in said)
    room.decide("rita", lead_id, "not_the_same")
    (agreed,) = [one for one in room.log() if one.act == "lead.agreed" and one.facts["lead"] == lead_id]
    assert agreed.facts["verdict"] == "not_the_same"


def test_what_was_agreed_not_to_be_the_person_is_not_offered_again_and_the_list_stays_full(room: ReviewRoom) -> None:
    case_id, other = room.case("ann", "rita"), room.case("ann", "rita")
    before = [one.place.face_id for one in room.search("ann", case_id).candidates]
    lead = room.search("ann", case_id).candidates[0]
    room.decide("ann", lead.lead_id or "", "not_the_same")
    assert [one.place.face_id for one in room.search("ann", case_id).candidates] == before  # not agreed yet
    room.decide("rita", lead.lead_id or "", "not_the_same")
    after = [one.place.face_id for one in room.search("ann", case_id, probe="another").candidates]
    assert len(after) == room.top_k
    assert lead.place.face_id not in after
    assert lead.place.face_id in [one.place.face_id for one in room.search("ann", other).candidates]


def test_quality_and_date_are_told_of_a_hidden_photo_and_nothing_else(room: ReviewRoom, lead_id: str) -> None:
    lead = room.lead("rita", lead_id)
    cell = room.cells[lead.place.face_cell]
    described = room.say("rita", wire.DescribeLeads, lead_ids=(lead_id,), cells=(cell,))
    assert described.photos == (wire.LeadPhoto(60, ("blurred",), "2010-05-01"),)
    wrong = room.cells[lead.place.person_cell]
    assert room.ask("rita", wire.DescribeLeads, lead_ids=(lead_id,), cells=(wrong,)) == "invalid_request"
    assert room.ask("rita", wire.DescribeLeads, lead_ids=(lead_id,), cells=(cell, cell)) == "invalid_request"


def test_a_reveal_opens_one_lead_to_one_person_and_says_why(room: ReviewRoom, case_id: str, lead_id: str) -> None:
    place = room.lead("ann", lead_id).place
    records = tuple(room.cells[one] for one in (place.person_cell, place.face_cell))
    assert room.ask("ann", wire.OpenCells, cells=records) == "reveal_needed"
    shown = room.say("ann", wire.RevealLead, lead_id=lead_id, reason="two agree on the ear").lead
    assert shown.is_revealed
    assert [one.reason for one in shown.reveals] == ["two agree on the ear"]
    name, facts = room.say("ann", wire.OpenCells, cells=records).plaintexts
    assert b"Name" in name
    assert b"album" in facts
    assert room.search("ann", case_id).candidates[0].is_revealed
    assert not room.search("ann", case_id).candidates[1].is_revealed
    assert room.ask("rita", wire.OpenCells, cells=records) == "reveal_needed"
    acts = [one.act for one in room.log() if one.facts.get("lead") == lead_id]
    assert acts[-2:] == ["lead.reveal", "lead.revealed"]


def test_crops_and_whoever_keeps_the_gallery_need_no_reveal(room: ReviewRoom) -> None:
    place = room.faces[0]
    crop = room.cells[place.crop_cell]
    assert crop.kind is CellKind.CROP
    for who in ("ann", "rita"):
        assert room.say(who, wire.OpenCells, cells=(crop,)).plaintexts == (b"crop",)
    record = (room.cells[place.person_cell],)
    assert room.say("carl", wire.OpenCells, cells=record).plaintexts[0].startswith(b'{"name"')


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (wire.Policy(), True),
        (wire.Policy(reveal_required=False), False),
        (wire.Policy(case_required=False), False),
        (wire.Policy(case_required=False, approval_required=True), True),
        (wire.Policy(evaluation=True), False),
    ],
)
def test_reveals_are_asked_for_where_searches_need_a_case(room: ReviewRoom, policy: wire.Policy, kept: bool) -> None:
    collection_id = room.new_collection(token_hex(8), policy)
    shown = room.say("ann", wire.ShowCollection, collection_id=collection_id).collection
    assert shown.policy.reveal_required is kept


def test_a_collection_from_before_reveals_asks_for_none() -> None:
    old = msgspec.msgpack.encode({"keep_photos": True, "case_required": True})
    assert _policy(old) == wire.Policy(keep_photos=True, case_required=True, reveal_required=False)


def test_a_search_in_no_case_makes_no_leads(room: ReviewRoom) -> None:
    collection = room.new_collection("no case", wire.Policy(case_required=False))
    room.enroll(collection, [unit("target")])
    (found,) = room.search("ann", "", collection_ids=(collection,)).candidates
    assert (found.lead_id, found.is_revealed) == (None, True)


def test_leads_go_with_their_face(room: ReviewRoom, case_id: str) -> None:
    fresh = room.enroll(room.collection, [unit("target")])[0]
    lead = room.search("ann", case_id).candidates[0]
    assert lead.place.face_id == fresh.face_id
    room.decide("ann", lead.lead_id or "")
    room.say("ann", wire.RevealLead, lead_id=lead.lead_id, reason="because")
    room.say("carl", wire.ForgetFaces, face_ids=(fresh.face_id,))
    assert room.lead("ann", lead.lead_id or "") == "not_found"
    assert lead.lead_id not in [one.lead_id for one in room.say("ann", wire.ListLeads, case_id=case_id).items]
    _nothing_hangs(room)


def test_a_face_that_is_forgotten_during_a_search_is_neither_shown_nor_counted(room: ReviewRoom) -> None:
    case_id, serve = room.case("ann", "rita"), room.keeper.serve
    gone = next(one for one in room.faces if not isinstance(room.ask("admin", wire.ShowFace, face_id=one.face_id), str))

    def meanwhile(message: wire.Message) -> object:
        if isinstance(message, wire.OpenSums):
            serve(wire.ForgetFaces(session=room.admin.session, face_ids=(gone.face_id,)))
        return serve(message)

    room.keeper.serve = meanwhile  # type: ignore[method-assign]
    try:
        found = room.search("ann", case_id, probe="a photo of its own", top_k=10)
    finally:
        del room.keeper.serve  # type: ignore[attr-defined]
    assert room.keeper._open is not None
    assert gone.face_id not in {one.place.face_id for one in found.candidates}
    assert found.withheld == 0
    left = "SELECT * FROM exposures WHERE face NOT IN (SELECT number FROM faces)"
    assert room.keeper._open.database.rows(left) == []


def test_leads_go_with_their_case(room: ReviewRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = room.case("ann", "rita")
    lead = room.search("ann", case_id).candidates[0].lead_id or ""
    room.decide("ann", lead)
    room.say("ann", wire.CloseCase, case_id=case_id)
    assert room.decide("rita", lead) == "case_closed"
    assert room.ask("rita", wire.RevealLead, lead_id=lead, reason="x") == "case_closed"
    assert room.lead("rita", lead).may_decide is False
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + clock.timedelta(days=31))
    assert room.keeper._open is not None
    room.keeper._open.sweep()
    monkeypatch.undo()
    assert room.lead("rita", lead) == "not_found"
    _nothing_hangs(room)


def test_leads_go_with_their_collection(room: ReviewRoom) -> None:
    collection = room.new_collection("short-lived", wire.Policy())
    room.enroll(collection, [unit("target")])
    case_id = room.case("ann")
    (found,) = room.search("ann", case_id, collection_ids=(collection,)).candidates
    room.decide("ann", found.lead_id or "")
    room.say("carl", wire.DeleteCollection, collection_id=collection)
    assert room.say("ann", wire.ListLeads, case_id=case_id).items == ()
    _nothing_hangs(room)


def _nothing_hangs(room: ReviewRoom) -> None:
    assert room.keeper._open is not None
    for table in ("lead_finders", "lead_decisions", "lead_reveals"):
        sql = f"SELECT count(*) FROM {table} WHERE lead NOT IN (SELECT number FROM leads)"
        assert room.keeper._open.database.row(sql) == (0,)


def test_pages_of_leads_go_on_where_they_stopped(room: ReviewRoom, case_id: str) -> None:
    room.search("ann", case_id)
    seen, cursor = [], ""
    while True:
        page = room.say("rita", wire.ListLeads, case_id=case_id, cursor=cursor, limit=2)
        seen += [one.lead_id for one in page.items]
        if not (cursor := page.next_cursor):
            break
    whole = room.say("rita", wire.ListLeads, case_id=case_id).items
    assert seen == [one.lead_id for one in whole]
    assert len(seen) == room.top_k
    other = room.case("ben")
    page = room.say("rita", wire.ListLeads, case_id=case_id, limit=2)
    assert room.ask("ben", wire.ListLeads, case_id=other, cursor=page.next_cursor) == "invalid_request"


def test_decisions_survive_a_restart(room: ReviewRoom, case_id: str, lead_id: str) -> None:
    room.decide("ann", lead_id, "cannot_say", "too blurred")
    room.restart()
    assert [one.reason for one in room.lead("ann", lead_id).decisions] == ["too blurred"]
    assert room.decide("ann", lead_id) == "forbidden"


def test_a_candidate_with_everything_fits_the_padding(room: ReviewRoom, case_id: str) -> None:
    found = room.search("ann", case_id).candidates[0]
    longest = msgspec.structs.replace(found, one_in=1e10, score=-0.123456)
    longest = msgspec.structs.replace(longest, place=msgspec.structs.replace(found.place, photo_cell="c" * 30))
    assert len(msgspec.msgpack.encode(longest)) < _CANDIDATE_BYTES
