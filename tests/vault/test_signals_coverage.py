"""What a member has seen of a collection, against a plain model; and that the share holds at every size."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.settings import SignalSettings
from facekeep.terms import CellId, CellKind
from facekeep.vault import clock
from facekeep.vault.database import Database
from facekeep.vault.signals import coverage
from facekeep.vault.signals.coverage import SMALL, SMALL_LIMIT, TooMuchReadError, limit_of
from facekeep.vault.wire import Cell

RULES = SignalSettings(reading_days=30)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    one = Database(tmp_path / "vault.db", bytes(32))
    yield one
    one.close()


def sees(database: Database, faces: int, records: set[int], member: str = "mem") -> bool:
    try:
        with database.transaction():
            coverage.see(database, member, 1, faces, records, RULES)
    except TooMuchReadError:
        return False
    return True


@given(st.integers(SMALL, 1_000_000), st.sampled_from([0.01, 0.001, 0.05]))
def test_the_limit_is_below_the_share_and_no_lower_than_it_must_be(faces: int, share: float) -> None:
    limit = limit_of(faces, share)
    assert limit < faces * share <= limit + 1


def test_the_figures_that_the_documentation_states() -> None:
    assert [limit_of(n, 0.01) for n in (1, 999, 1_000, 5_000, 100_000, 1_000_000)] == [100, 100, 9, 49, 999, 9_999]


Step = tuple[str, int, frozenset[int]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["see", "see", "see", "days", "grow", "own"]),
        st.integers(1, 40),
        st.frozensets(st.integers(1, 60), max_size=14),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_a_plain_model_counts_the_same(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        database = Database(Path(folder) / "vault.db", bytes(32))
        try:
            _compare(database, steps, patch)
        finally:
            database.close()


def _compare(database: Database, steps: list[Step], patch: pytest.MonkeyPatch) -> None:
    day, faces = 0, 900
    model: dict[int, tuple[int, int]] = {}  # record: (day, whether it was small; 2 for own)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for what, number, records in steps:
        patch.setattr(clock, "now", lambda: start + timedelta(days=day))  # noqa: B023  the day of this step
        model = {record: at for record, at in model.items() if at[0] > day - RULES.reading_days}
        if what == "days":
            day += number
        elif what == "grow":
            faces = SMALL + 40 * number
        elif what == "own":
            record = 1_000 + number
            database.run("DELETE FROM faces")
            database.run(
                "INSERT INTO faces (number, face_id, collection, person, block, slot, face_cell, template_cell,"
                " crop_cell) VALUES (?, 'f', 1, 1, 1, 1, 'a', 'b', 'c')",
                record,
            )
            with database.transaction():
                coverage.note_own(database, "mem", 1, 1)
            model[record] = day, 2
        else:
            small = int(faces < SMALL)
            new = set(records) - set(model)
            counted = sum(1 for _, was_small in model.values() if was_small <= small)
            limit = SMALL_LIMIT if small else -(-faces // 100) - 1
            allowed = not new or counted + len(new) <= limit
            assert sees(database, faces, set(records)) == allowed
            if allowed:
                model |= dict.fromkeys(new, (day, small))


def test_each_member_has_their_own_share(database: Database) -> None:
    assert sees(database, 1_000, set(range(9)))
    assert not sees(database, 1_000, {10})
    assert sees(database, 1_000, {10}, member="another")
    assert sees(database, 1_000, {3}), "what was seen is seen again"


def test_what_was_seen_while_it_was_small_counts_no_more(database: Database) -> None:
    assert sees(database, 999, set(range(100)))
    assert not sees(database, 999, {200})
    assert sees(database, 1_000, set(range(200, 209)))
    assert not sees(database, 1_000, {209})


def test_one_request_too_large_is_no_browsing_yet(database: Database) -> None:
    for seen, browsing in ((0, False), (4, False), (5, True)):
        assert sees(database, 1_000, set(range(seen)))
        with pytest.raises(TooMuchReadError) as refused:
            coverage.see(database, "mem", 1, 1_000, range(100, 200), RULES)
        assert refused.value.is_browsing == browsing
        assert refused.value.details["left"] == 9 - seen


def test_a_cell_says_what_it_shows(database: Database) -> None:
    """A whole photo shows every face on it, a name one face of the person, a template nothing."""
    for number in (1, 2, 3):
        database.run(
            "INSERT INTO faces (number, face_id, collection, person, block, slot, face_cell, template_cell, crop_cell,"
            " photo_cell) VALUES (?, ?, 1, 7, 1, 1, 'f', 't', 'c', 'group')",
            number,
            f"face {number}",
        )
    kinds = {"group": CellKind.PHOTO, "one": CellKind.CROP, "name": CellKind.PERSON, "alone": CellKind.PERSON}
    owners = {"group": None, "one": 2, "name": 7, "alone": 8}
    for cell, kind in kinds.items():
        database.run("INSERT INTO cell_keys VALUES (?, 1, ?, x'00', ?)", cell, kind.value, owners[cell])
    database.run("INSERT INTO cell_keys VALUES ('template', 1, 'template', x'00', 1)")
    shown = {
        cell: coverage.records_of(database, [Cell(CellId(cell), kind, b"")]).get(1, set())
        for cell, kind in {**kinds, "template": CellKind.TEMPLATE, "gone": CellKind.CROP}.items()
    }
    assert shown == {"group": {1, 2, 3}, "one": {2}, "name": {1}, "alone": {-8}, "template": set(), "gone": set()}


def test_what_is_old_is_dropped(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sees(database, 1_000, {1, 2})
    later = clock.now() + timedelta(days=RULES.reading_days)
    monkeypatch.setattr(clock, "now", lambda: later)
    with database.transaction():
        coverage.forget_old(database, RULES)
    assert database.rows("SELECT * FROM sightings") == []
