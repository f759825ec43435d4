"""Random histories through a real vault, against a plain record of who saw what in which minute.

For every filter, what the report calls accessed is exactly what was seen: precision and recall are both 1.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from incident_room import Actor, Room, furnish, probe_of
from vault_driver import unit

from facekeep.vault import wire


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    patch = pytest.MonkeyPatch()
    folder: Path = tmp_path_factory.mktemp("room")
    made = furnish(folder, patch)
    made.drill(store="unreadable", server="unreadable", search="unreadable")
    yield made
    made.keeper.seal()
    patch.undo()


def listing(room: Room, one: Actor) -> None:
    page = wire.ListFaces(session=one.session, collection_id=one.collection_id)
    room.ask(one, page, wire.FacePage, "record_ids")


ACTS = {
    "faces": listing,
    "persons": lambda room, one: room.ask(
        one, wire.ListPersons(session=one.session, collection_id=one.collection_id), wire.PersonPage, "record_ids"
    ),
    "names and crops": lambda room, one: room.open_cells(one, "name", "crop"),
    "provenance": lambda room, one: room.open_cells(one, "provenance"),
    "search": lambda room, one: room.search(one, probe_of(one)),
    "search of a stranger": lambda room, one: room.search(one, unit("a stranger to everybody")),
    "search that never ends": lambda room, one: room.search(one, probe_of(one), ends_well=False),
    "enroll": lambda room, one: room.enroll(one, f"new at {room.at}"),
    "members": lambda room, one: room.ask(one, wire.ListMembers(session=one.session), wire.MemberPage, "members"),
    "keys": lambda room, one: room.ask(one, wire.ListApiKeys(session=one.session), wire.ApiKeyPage, "api_keys"),
    "log": lambda room, one: room.ask(one, wire.ReadLog(session=one.session), wire.LogPage, "log"),
    "usage": lambda room, one: room.ask(one, wire.ShowUsage(session=one.session), wire.UsageShown, "usage"),
    "rules": lambda room, one: room.ask(one, wire.ShowRules(session=one.session), wire.RulesShown, "rules"),
    "collections": lambda room, one: room.ask(
        one, wire.ListCollections(session=one.session), wire.CollectionPage, "collections"
    ),
    "no such face": lambda room, one: room.try_to(one, wire.ShowFace(session=one.session, face_id="fac_none")),
    "somebody else's gallery": lambda room, one: room.try_to(
        one,
        wire.ListFaces(
            session=one.session,
            collection_id=next(o for o in room.actors if o.organization_id != one.organization_id).collection_id,
        ),
    ),
    "no cases": lambda room, one: room.ask(one, wire.ListCases(session=one.session), wire.CasePage),
}

history = st.lists(
    st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 3), st.sampled_from([0, 5, 61, 600])), max_size=14
)


def exactly(room: Room, steps: list[tuple[str, int, int]], whose: int) -> None:
    """Act, then ask about one suspect by key or session, about the server, and about thieves without hands."""
    room.wait(3 * 3_600)
    room.checkpoint()
    room.wait(120)
    begins_at, seen_before, passed_before = room.at, {k: set(v) for k, v in room.truth.items()}, set(room.passed)
    room.wait(1)
    four = room.actors[:4]
    for act, by, pause in steps:
        ACTS[act](room, four[by])
        room.wait(pause)
    room.wait(1)
    ends_at = room.at
    room.wait(3_600)
    room.checkpoint()
    seen = {key: found - seen_before.get(key, set()) for key, found in room.truth.items()}
    incident, suspect = room.incident(), four[whose]
    for name, tier in ((suspect.key_id, "api-key"), (room_session(room, suspect), "session")):
        told = room.report(incident, begins_at, ends_at, suspects=(name,), tiers=(tier,))
        assert room.accessed(told) == seen.get(suspect.key_id, set())
        assert told.problems == ()
        assert _verdicts(told) <= {"ACCESSED", "PROVEN NOT ACCESSED"}
    told = room.report(incident, begins_at, ends_at, tiers=("server",))
    assert room.accessed(told) == set().union(*seen.values(), room.passed - passed_before)
    thief = room.report(incident, begins_at, ends_at, tiers=("store", "search"))
    assert {field for _, field, _ in room.accessed(thief)} <= {"passing"}
    assert _verdicts(thief) <= {"ACCESSED", "PROVEN NOT ACCESSED"}


_QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(steps=history, whose=st.integers(0, 3))
@settings(max_examples=2, deadline=None, suppress_health_check=_QUIET, database=None, derandomize=True)
def test_what_is_reported_is_what_was_seen(room: Room, steps: list[tuple[str, int, int]], whose: int) -> None:
    exactly(room, steps, whose)


@pytest.mark.nightly
@given(steps=history, whose=st.integers(0, 3))
@settings(max_examples=100, deadline=None, suppress_health_check=_QUIET)
def test_what_is_reported_is_what_was_seen_in_many_histories(
    room: Room, steps: list[tuple[str, int, int]], whose: int
) -> None:
    exactly(room, steps, whose)


def test_every_act_at_once_is_reported_as_it_was(room: Room) -> None:
    exactly(room, [(act, at % 4, 61 if at % 3 else 0) for at, act in enumerate(sorted(ACTS))], 1)


def room_session(room: Room, one: Actor) -> str:
    vault = room.keeper._open
    assert vault is not None
    return vault.sessions.find(one.session).session_id


def _verdicts(report: object) -> set[str]:
    return {str(one.verdict) for customer in report.customers for one in customer.fields}  # type: ignore[attr-defined]
