"""Somebody who may do each single step goes through a gallery: they are stopped before having seen 1 % of it.

Each road is walked to its end in a gallery of 1,000 faces, the smallest that the share holds for; the nightly target
walks in one of 10,000, and counts to the share of 1,000,000.
"""

from collections.abc import Callable, Iterator

import pytest
from insider import InsiderRoom
from vault_driver import near

from facekeep.terms import CellKind, Role
from facekeep.vault import wire
from facekeep.vault.standing import hits

SHARE = 0.01
Road = Callable[[InsiderRoom, str], None]
FACES = 1_000


@pytest.fixture
def room() -> Iterator[InsiderRoom]:
    one = InsiderRoom(FACES)
    yield one
    one.close()


def crops_one_by_one(room: InsiderRoom, who: str) -> None:
    for place in room.listed(who):
        room.opens(who, [place], CellKind.CROP)


def crops_of_whole_pages(room: InsiderRoom, who: str) -> None:
    places = room.listed(who)
    for size in (1_000, 100, 10, 9, 5, 1):
        for start in range(0, len(places), size):
            room.opens(who, places[start : start + size], CellKind.CROP)


def records_and_names(room: InsiderRoom, who: str) -> None:
    for start in range(0, FACES, 4):
        room.opens(who, room.places[start : start + 4], CellKind.FACE, CellKind.PERSON)


def another_kind_of_cell_each_time(room: InsiderRoom, who: str) -> None:
    kinds = (CellKind.CROP, CellKind.FACE, CellKind.PERSON)
    for number, place in enumerate(room.places):
        room.opens(who, [place], kinds[number % 3])


def many_probes(room: InsiderRoom, who: str) -> None:
    case = room.case(who)
    for number in range(0, FACES, 10):
        probe = near(room.templates[number], f"probe {number}", 0.95)
        room.finds(who, case, probes=probe.tobytes())


def many_probes_at_once(room: InsiderRoom, who: str) -> None:
    case = room.case(who)
    for count in (64, 16, 4, 3, 2, 1):
        for start in range(0, 128, count):
            probes = b"".join(one.tobytes() for one in room.templates[start : start + count])
            room.finds(who, case, probes=probes)


def snowball(room: InsiderRoom, who: str) -> None:
    """Search by each face that was found."""
    case = room.case(who)
    known = {one.face_id: one for one in room.finds(who, case, probes=room.templates[0].tobytes())}
    walked: set[str] = set()
    while todo := [one for face_id, one in known.items() if face_id not in walked]:
        walked.add(todo[0].face_id)
        cell = room.cells[todo[0].template_cell]
        found = room.finds(who, case, face_id=todo[0].face_id, probe_cell=cell)
        known |= {one.face_id: one for one in found}
    room.refusals.append(str(room.ask(who, wire.WhoAmI)))  # the refusal that stopped them may have been the last step


def every_face_compared(room: InsiderRoom, who: str) -> None:
    """1:1 with each: a score tells whether this face is the one."""
    case = room.case(who)
    for place in room.places[:60]:
        room.finds(who, case, probes=room.templates[0].tobytes(), only=place.face_id)


def lead_after_lead(room: InsiderRoom, who: str) -> None:
    """Search, reveal every lead with a reason, open what it was about, and start again."""
    case = room.case(who)
    for number in range(0, FACES, 25):
        for place in room.finds(who, case, probes=room.templates[number].tobytes()):
            leads = room.ask(who, wire.ListLeads, case_id=case)
            for lead in () if isinstance(leads, str) else leads.items:
                room.ask(who, wire.RevealLead, lead_id=lead.lead_id, reason="curious")
            room.opens(who, [place], CellKind.FACE, CellKind.PERSON, CellKind.CROP)


def a_key_and_then_another(room: InsiderRoom, who: str) -> None:
    """The same member by one key after another, made beforehand."""
    keys = [
        room.say("admin", wire.MakeApiKey, member_id=room.member(who), name=f"k{n}").api_key for n in range(5)
    ]
    for number, place in enumerate(room.places[:200]):
        try:
            answer = room.keeper.serve(wire.Authenticate(untrusted_credential=keys[number % 5]))
        except Exception as error:
            room.refusals.append(getattr(error, "code", "?"))
            continue
        room.people[who] = type(room.people[who])(answer.session, room.member(who), keys[number % 5])
        room.opens(who, [place], CellKind.CROP)


def restart_after_restart(room: InsiderRoom, who: str) -> None:
    for start in range(0, 30, 5):
        for place in room.places[start : start + 5]:
            room.opens(who, [place], CellKind.CROP)
        room.keeper.seal()
        room.keeper.operate(wire.Unseal(key_file=room.key_file))
        try:
            answer = room.keeper.serve(wire.Authenticate(untrusted_credential=room.people[who].api_key))
        except Exception as error:
            room.refusals.append(getattr(error, "code", "?"))
            return
        room.people[who] = type(room.people[who])(answer.session, room.member(who), room.people[who].api_key)


def hits_of_a_standing_search(room: InsiderRoom, who: str) -> None:
    """As if much that was enrolled later looked like the probe; listed a few at a time."""
    case = room.case(who)
    asked = {"case_id": case, "collection_ids": (room.big,), "probe": room.templates[0].tobytes(), "reason": "look"}
    standing = room.say(who, wire.CreateStanding, **asked).standing.standing_id
    vault = room.keeper._open
    assert vault is not None
    (number,) = vault.database.row("SELECT number FROM standing_searches WHERE standing_id = ?", standing) or (0,)
    rows = vault.database.rows("SELECT number FROM faces WHERE collection > 1 ORDER BY number LIMIT 100")
    for (face,) in rows:
        hits.add(vault.database, number, face, 0.9, None)
    cursor = ""
    while not isinstance(page := room.ask(who, wire.ListHits, standing_id=standing, cursor=cursor, limit=2), str):
        room.seen |= {one.candidate.place.face_id for one in page.items}
        cursor = page.next_cursor
    room.refusals.append(page)
    room.refusals.append(str(room.ask(who, wire.WhoAmI)))


ROADS: list[tuple[Road, str]] = [
    (crops_one_by_one, "ann"), (crops_one_by_one, "rita"), (crops_one_by_one, "carl"), (crops_one_by_one, "paula"),
    (crops_of_whole_pages, "ben"), (crops_of_whole_pages, "carl"), (records_and_names, "carl"),
    (records_and_names, "paula"), (another_kind_of_cell_each_time, "carl"), (many_probes, "ann"),
    (many_probes_at_once, "ann"), (snowball, "ann"), (hits_of_a_standing_search, "ann"),
    (every_face_compared, "ann"), (lead_after_lead, "ben"),
    (a_key_and_then_another, "ann"), (restart_after_restart, "carl"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Iterator[InsiderRoom]:
    """One gallery for every road; each is walked by a member of its own."""
    one = InsiderRoom(FACES)
    yield one
    one.close()


@pytest.mark.parametrize(("road", "like"), ROADS, ids=[f"{road.__name__}-{like}" for road, like in ROADS])
def test_an_insider_is_stopped_before_seeing_a_hundredth(shared: InsiderRoom, road: Road, like: str) -> None:
    who = _newcomer(shared, like, road.__name__)
    shared.seen.clear()
    shared.refusals.clear()
    road(shared, who)
    assert 0 < shared.share < SHARE
    assert shared.refusals[-1] in {"frozen", "unauthenticated"}
    assert shared.ask(who, wire.WhoAmI) in {"frozen", "unauthenticated"}
    assert "signal.reading.coverage" in shared.alarms()


def test_one_request_for_too_much_is_refused_and_freezes_nobody(shared: InsiderRoom) -> None:
    who = _newcomer(shared, "carl", "a page")
    shared.seen.clear()
    assert not shared.opens(who, shared.places[:100], CellKind.FACE, CellKind.PERSON)
    assert shared.refusals[-1] == "budget_exhausted"
    assert shared.opens(who, shared.places[:4], CellKind.FACE, CellKind.PERSON)
    assert shared.opens(who, shared.places[:4], CellKind.CROP), "what was seen before is seen again"


def test_who_was_stopped_begins_anew_once_two_people_have_looked(shared: InsiderRoom) -> None:
    who = _newcomer(shared, "carl", "anew")
    crops_one_by_one(shared, who)
    member = shared.member(who)
    lift = {"kind": "member", "subject_id": member}
    second = _newcomer(shared, "paula", "second")
    assert shared.ask("admin", wire.LiftFreeze, **lift).is_lifted is False
    assert shared.ask(second, wire.LiftFreeze, **lift).is_lifted is True
    shared.seen.clear()
    crops_one_by_one(shared, who)
    assert 0 < shared.share < SHARE
    assert shared.ask(who, wire.WhoAmI) == "frozen"


def test_the_operator_allows_an_export_for_some_hours(shared: InsiderRoom) -> None:
    who = _newcomer(shared, "carl", "export")
    allowed = wire.AllowReading(member_id=shared.member(who), collection_id=shared.big, hours=1)
    shared.keeper.operate(allowed)
    assert shared.opens(who, shared.places[:600], CellKind.FACE)
    vault = shared.keeper._open
    assert vault is not None
    with vault.database.transaction():
        vault.database.run("UPDATE reading_leaves SET ends_at = '2020-01-01T00:00:00.000Z'")
    assert not shared.opens(who, shared.places[600:700], CellKind.FACE)


def test_whose_leads_are_decided_goes_on(shared: InsiderRoom) -> None:
    """Work that two people have looked at counts no more, in the eyes of everybody in the case."""
    who = _newcomer(shared, "ann", "work")
    first, second = _newcomer(shared, "rita", "work one"), _newcomer(shared, "rita", "work two")
    case = shared.case(who, first, second)
    for number in range(0, 60, 3):
        probe = near(shared.templates[number], f"work {number}", 0.99)
        assert shared.finds(who, case, top_k=1, probes=probe.tobytes()), number
        for lead in shared.say(first, wire.ListLeads, case_id=case).items:
            if lead.state != "agreed":
                shared.decide(first, lead.lead_id, "cannot_say")
                shared.decide(second, lead.lead_id, "cannot_say")
    assert shared.say(who, wire.WhoAmI)


def _newcomer(room: InsiderRoom, like: str, road: str) -> str:
    from people import added

    roles = {
        "ann": [Role.INVESTIGATOR], "ben": [Role.INVESTIGATOR, Role.REVIEWER], "rita": [Role.REVIEWER],
        "carl": [Role.CUSTODIAN], "paula": [Role.PRIVACY_OFFICER],
    }[like]  # fmt: skip
    name = f"{like} by {road}"
    room.people[name] = added(room.keeper.serve, _fresh_admin(room), name, roles)
    return name


def _fresh_admin(room: InsiderRoom) -> str:
    """The admin's session; restarts have ended the one before."""
    session = str(room.keeper.serve(wire.Authenticate(untrusted_credential=room.admin.api_key)).session)  # type: ignore[union-attr]
    room.people["admin"] = type(room.admin)(session, room.admin.member_id, room.admin.api_key)
    return session


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize(("enrolled", "faces"), [(2_000, 10_000), (10_100, 1_000_000)])
def test_the_share_holds_in_large_galleries(enrolled: int, faces: int) -> None:
    """Rows of faces that nobody opens make the gallery as large as it is said to be; what is opened is real."""
    room = InsiderRoom(enrolled, alike=False)
    try:
        vault = room.keeper._open
        assert vault is not None
        collection = vault.shelf.by_number(2)
        assert collection.collection_id == room.big
        with vault.database.transaction():
            vault.database.run(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                " INSERT INTO faces (face_id, collection, person, block, slot, face_cell, template_cell, crop_cell)"
                " SELECT 'none' || i, 2, 0, 0, i, '', '', '' FROM n",
                faces - enrolled,
            )
        collection.counts = None
        who = _newcomer(room, "carl", "walk")
        for start in range(0, enrolled, 9):
            room.opens(who, room.places[start : start + 9], CellKind.CROP)
        assert faces * SHARE - 9 <= len(room.seen) < faces * SHARE
        assert room.ask(who, wire.WhoAmI) == "frozen"
    finally:
        room.close()
