"""Each signal at its threshold, its response, and what the log says of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from insider import InsiderRoom
from ordinary_days import OrdinaryDays
from people import added, signed_in
from review_room import ReviewRoom
from town import Town

from facekeep.errors import FacekeepError
from facekeep.settings import Response, SignalSettings, load
from facekeep.terms import Role
from facekeep.vault import clock, wire
from facekeep.vault.signals.tallies import HISTORY_HOURS, Seen, Tallies, is_off_hours

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def room() -> Iterator[ReviewRoom]:
    one = ReviewRoom()
    yield one
    one.close()


def watched(room: ReviewRoom, **changed: object) -> None:
    assert room.keeper._open is not None
    room.keeper._open.signals = SignalSettings(**changed)  # type: ignore[arg-type]


def alarms(room: ReviewRoom) -> list[str]:
    return [one.kind for one in room.keeper.operate(wire.ListAlarms()).items]  # type: ignore[union-attr]


def open_crop(room: ReviewRoom, who: str) -> object:
    return room.ask(who, wire.OpenCells, cells=(room.cells[room.faces[0].crop_cell],))


def test_opening_more_than_usual_is_an_alarm_once_an_hour(room: ReviewRoom) -> None:
    watched(room, opens_an_hour=3)
    for expected in ([], [], [], ["signal.opens"], ["signal.opens"]):
        assert not isinstance(open_crop(room, "ann"), str)
        assert alarms(room) == expected
    (alarm,) = room.keeper.operate(wire.ListAlarms()).items  # type: ignore[union-attr]
    assert alarm.facts == {"member": room.member("ann")}


def test_searching_more_than_usual_is_an_alarm_of_the_member_and_of_the_case(room: ReviewRoom) -> None:
    watched(room, searches_an_hour=2, case_searches_an_hour=3)
    case = room.case("ann", "ben")
    for who in ("ann", "ann", "ben", "ben"):
        room.search(who, case)
    assert alarms(room) == ["signal.case_searches"]
    room.search("ann", case)
    assert alarms(room) == ["signal.searches", "signal.case_searches"]


def test_many_weak_leads_are_an_alarm(room: ReviewRoom) -> None:
    watched(room, low_scores_an_hour=1)
    case = room.case("ann")
    for _ in range(2):
        room.search("ann", case, score_floor=0.93)
    assert alarms(room) == ["signal.low_scores"]


def test_a_large_export_is_an_alarm(room: ReviewRoom) -> None:
    watched(room, exports_an_hour=1)
    room.say("otto", wire.BeginExport)
    assert alarms(room) == ["signal.exports"]


@pytest.mark.parametrize(
    ("response", "ann", "ben"),
    [
        ("freeze-session", "frozen", "in"),
        ("freeze-member", "frozen", "in"),
        ("freeze-organization", "frozen", "frozen"),
    ],
)
def test_the_response_is_as_the_operator_set_it(room: ReviewRoom, response: str, ann: str, ben: str) -> None:
    """A session that a key opened is frozen with the key."""
    watched(room, opens_an_hour=1, responses={"opens": Response(response)})
    assert not isinstance(open_crop(room, "ann"), str)
    assert open_crop(room, "ann") == "frozen"
    assert _enters(room, "ann") == ann
    assert _enters(room, "ben") == ben


def test_a_response_may_be_to_seal(room: ReviewRoom) -> None:
    watched(room, opens_an_hour=1, responses={"opens": Response.SEAL})
    open_crop(room, "ann")
    assert open_crop(room, "ann") == "vault_sealed"
    assert room.keeper.status().state == "sealed"
    assert open_crop(room, "ann") == "vault_sealed"
    room.keeper.operate(wire.Unseal(key_file=room.key_file))
    assert alarms(room) == ["signal.opens"]


def _enters(room: ReviewRoom, who: str) -> str:
    try:
        signed_in(room.keeper.serve, room.people[who].api_key)
    except FacekeepError as error:
        return error.code
    return "in"


def test_settings_name_signals_and_responses_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "keep.toml").write_text('[signals.responses]\nopens = "seal"\n"reading.coverage" = "none"\n')
    chosen = load(tmp_path).signals
    assert chosen.response_to("opens") is Response.SEAL
    assert chosen.response_to("reading.coverage") is Response.NONE
    assert SignalSettings().response_to("reading.coverage") is Response.FREEZE_MEMBER
    assert SignalSettings().response_to("off_hours") is Response.NONE
    (tmp_path / "keep.toml").write_text('[signals.responses]\nopening = "seal"\n')
    with pytest.raises(FacekeepError):
        load(tmp_path)


def test_work_at_a_time_of_day_that_never_was_is_an_alarm(room: ReviewRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(7):
        for hour in range(8):
            _at(monkeypatch, START + timedelta(days=day, hours=hour))
            room.say("ann", wire.WhoAmI)
    assert alarms(room) == []
    _at(monkeypatch, START + timedelta(days=7, hours=16))  # one in the morning
    room.say("ann", wire.WhoAmI)
    room.say("ann", wire.WhoAmI)
    assert alarms(room) == ["signal.off_hours"]


def test_a_kind_of_client_that_never_was_is_an_alarm_and_is_known_then(
    room: ReviewRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def comes(client: str) -> None:
        key = room.people["ann"].api_key
        room.keeper.serve(wire.Authenticate(untrusted_credential=key, client_class=client))

    comes("firefox linux")
    comes("curl linux")
    assert alarms(room) == [], "on the first day everything is new"
    tomorrow = clock.now() + timedelta(days=1)
    _at(monkeypatch, tomorrow)
    comes("curl linux")
    comes("")
    assert alarms(room) == []
    comes("chrome windows")
    comes("chrome windows")
    assert alarms(room) == ["signal.new_client"]
    assert room.keeper._open is not None
    stored = b"".join(client for (client,) in room.keeper._open.database.rows("SELECT client FROM known_clients"))
    assert len(stored) == 3 * 8
    assert b"chrome" not in stored


def test_a_witness_that_refuses_is_an_alarm_of_the_keeps_own(room: ReviewRoom) -> None:
    room.keeper.serve(wire.WitnessRefused(witness="witness.example/w1"))
    room.keeper.serve(wire.WitnessRefused(witness="witness.example/w1"))
    (alarm,) = room.keeper.operate(wire.ListAlarms()).items  # type: ignore[union-attr]
    assert (alarm.kind, alarm.times) == ("signal.witness_refused", 2)


def test_counts_are_saved_with_a_checkpoint_and_forgotten_after_four_weeks(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.myself(town.admin)
    assert town.vault.database.rows("SELECT 1 FROM tallies") == []
    town.vault.settle()
    assert town.vault.database.rows("SELECT 1 FROM tallies")
    _at(monkeypatch, clock.now() + timedelta(days=30))
    town.vault.sweep()
    assert town.vault.database.rows("SELECT 1 FROM tallies") == []


def test_a_shredded_organization_leaves_no_counts(room: ReviewRoom) -> None:
    room.say("ann", wire.ListCases)
    open_crop(room, "ann")
    vault = room.keeper._open
    assert vault is not None
    org_id = room.say("admin", wire.WhoAmI).organization_id
    room.keeper.serve(wire.Authenticate(untrusted_credential=room.people["ann"].api_key, client_class="curl linux"))
    vault.settle()
    room.keeper.operate(wire.Freeze(kind="member", subject_id=room.member("ann")))
    room.keeper.operate(wire.ShredOrganization(organization_id=org_id, expected_name="One"))
    vault.settle()
    mine = {one.member_id for one in room.people.values()} - {room.member("eve")}
    for table, column in (
        ("tallies", "subject"), ("sightings", "member_id"), ("known_clients", "member_id"), ("freezes", "subject")
    ):  # fmt: skip
        left = {one for (one,) in vault.database.rows(f"SELECT {column} FROM {table}")}
        assert not left & mine, table


def test_the_operator_allows_only_what_is_there(room: ReviewRoom) -> None:
    for member, collection in ((room.member("ann"), "col_x"), ("mem_x", room.collection)):
        with pytest.raises(FacekeepError, match="not_found"):
            room.keeper.operate(wire.AllowReading(member_id=member, collection_id=collection, hours=1))
    theirs = added(room.keeper.serve, room.people["eve"].session, "x", [Role.CUSTODIAN])
    with pytest.raises(FacekeepError, match="not_found"):
        room.keeper.operate(wire.AllowReading(member_id=theirs.member_id, collection_id=room.collection, hours=1))


# ---- pure rules against plain ones ----


class Rows:
    """A database that holds nothing yet."""

    def rows(self, *_: object) -> list[tuple[int, int]]:
        return []


@given(st.lists(st.tuples(st.integers(0, 2 * HISTORY_HOURS), st.integers(1, 50)), max_size=30))
def test_tallies_are_as_a_plain_counter_has_them(steps: list[tuple[int, int]]) -> None:
    tallies, model = Tallies(Rows()), {}  # type: ignore[arg-type, var-annotated]
    for hour, count in sorted(steps):
        before = model.get(hour, 0)
        model[hour] = before + count
        usual = max((n for at, n in model.items() if hour - HISTORY_HOURS <= at < hour), default=0)
        assert tallies.add("m", "k", count, hour) == Seen(before, before + count, usual)


@given(st.integers(0, 100), st.integers(1, 100), st.integers(0, 50), st.integers(1, 50))
def test_a_bound_is_crossed_once(before: int, count: int, usual: int, least: int) -> None:
    bound = max(least, 3 * usual)
    assert Seen(before, before + count, usual).crosses(least, 3) == (before <= bound and before + count > bound)


@settings(max_examples=50)
@given(st.sets(st.integers(0, 600), max_size=80), st.integers(601, 640))
def test_off_hours_need_enough_history_and_no_hour_nearby(active: set[int], hour: int) -> None:
    enough = len(active) >= 40 and len({at // 24 for at in active}) >= 5
    nearby = any(min((at - hour) % 24, (hour - at) % 24) <= 1 for at in active)
    assert is_off_hours(active, hour) == (enough and not nearby)


def _at(monkeypatch: pytest.MonkeyPatch, when: datetime) -> None:
    now: Callable[[], datetime] = lambda: when  # noqa: E731  typed for the patch
    monkeypatch.setattr(clock, "now", now)


# ---- ordinary work ----


@pytest.mark.parametrize(
    ("operations", "faces"),
    [(250, 1_500), pytest.param(10_000, 5_000, marks=[pytest.mark.nightly, pytest.mark.timeout(3_000)])],
)
def test_ordinary_days_raise_no_alarm_and_hinder_nobody(
    operations: int, faces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = InsiderRoom(faces, alike=False)
    try:
        days = OrdinaryDays(room, seed=operations, set_clock=lambda when: _at(monkeypatch, when))
        days.run(operations)
        assert days.done >= operations
        assert room.alarms() == []
        assert room.say("paula", wire.ListFreezes).items == ()
    finally:
        room.close()
