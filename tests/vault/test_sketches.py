"""Sketches of probes: how often they flag, by exact arithmetic and by drawing, and what is kept of them."""

import json
from itertools import pairwise
from math import acos, comb, pi
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_driver import near, unit

from facekeep.sealed.secret import quantize_probe
from facekeep.vault import clock, score_meaning, sketches
from facekeep.vault.database import Database
from facekeep.vault.sketches import BITS, NEAR_BITS, note_probes, sketch

KEY, OTHER = b"k" * 32, b"o" * 32
TABLES = Path(score_meaning.__file__).parent / "score_tables"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "vault.db", b"d" * 32)


def probe(name: str, cosine: float = 1.0, to: str = "") -> np.ndarray:
    template = near(unit(to), name, cosine) if to else unit(name)
    return quantize_probe(template)


def note(database: Database, *probes: np.ndarray, who: str = "mem_a", key: bytes = KEY) -> bool:
    with database.transaction():
        return note_probes(database, key, "org_a", who, np.stack(probes))


def tail(cosine: float) -> float:
    """The probability that a pair at this cosine is flagged: a binomial tail, exact up to rounding."""
    p = acos(cosine) / pi
    return sum(comb(BITS, k) * p**k * (1 - p) ** (BITS - k) for k in range(NEAR_BITS + 1))


def test_the_stated_rate_of_false_alarms_holds_for_the_shipped_model() -> None:
    for path in TABLES.glob("*.json"):
        points = json.loads(path.read_text())["points"]
        shares = [(10**low - 10**high, to) for (_, low), (to, high) in pairwise(points)]
        beyond = 10 ** points[-1][1] * tail(0.6)  # the last pairs were seen below 0.6
        a_search = 6_000 * (sum(share * tail(cosine) for share, cosine in shares) + beyond)
        assert 1 / 10_000 < a_search < 1 / 3_000


def test_the_stated_rates_of_flagging_hold() -> None:
    assert tail(0.95) > 0.999
    assert 0.93 < tail(0.9) < 0.94
    assert round(tail(0.7), 2) == 0.05
    assert tail(0.3) < 1e-6


def test_bits_differ_as_often_as_the_angle_says() -> None:
    for cosine in (0.0, 0.5, 0.9, 0.99):
        pairs = [(probe(f"x{i}"), probe(f"y{i}", cosine, to=f"x{i}")) for i in range(150)]
        bits = [np.unpackbits(np.frombuffer(sketch(KEY, one), np.uint8)) for pair in pairs for one in pair]
        differing = np.mean([first != second for first, second in zip(bits[::2], bits[1::2], strict=True)])
        # 19,200 bits: the standard deviation is at most 0.0036
        assert abs(differing - acos(cosine) / pi) < 0.02


def test_a_probe_moved_a_little_is_flagged_and_strangers_are_not(database: Database) -> None:
    assert not any(note(database, probe(f"stranger {i}")) for i in range(200))
    moved = [note(database, probe(f"step {i}", 0.98, to="stranger 7")) for i in range(50)]
    assert all(moved)


def test_an_exact_repeat_is_not_flagged_and_takes_no_room(database: Database) -> None:
    assert not note(database, probe("a"))
    before = database.rows("SELECT sketches FROM probe_sketches")
    assert not any(note(database, probe("a")) for _ in range(5))
    assert database.rows("SELECT sketches FROM probe_sketches") == before


def test_a_repeat_of_a_flagged_probe_stays_flagged(database: Database) -> None:
    note(database, probe("a"))
    assert note(database, probe("b", 0.98, to="a"))
    assert note(database, probe("b", 0.98, to="a"))
    assert not note(database, probe("a"))


def test_probes_of_one_grant_are_compared_with_each_other(database: Database) -> None:
    assert note(database, probe("a"), probe("z"), probe("b", 0.98, to="a"))


def test_others_probes_do_not_count(database: Database) -> None:
    note(database, probe("a"))
    assert not note(database, probe("b", 0.98, to="a"), who="mem_b")


def test_sketches_of_another_organization_cannot_be_compared() -> None:
    one, other = (np.frombuffer(sketch(key, probe("a")), np.uint8) for key in (KEY, OTHER))
    assert 35 < np.bitwise_count(one ^ other).sum() < 93  # 64 expected, 5.7 deviation


def test_sketches_last_for_the_window(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    note(database, probe("a"))
    today = clock.day_number()
    monkeypatch.setattr(sketches, "day_number", lambda: today + sketches.WINDOW_DAYS - 1)
    assert note(database, probe("b", 0.99, to="a"))
    monkeypatch.setattr(sketches, "day_number", lambda: today + sketches.WINDOW_DAYS)
    with database.transaction():
        sketches.forget_old(database)
    assert database.rows("SELECT 1 FROM probe_sketches WHERE day = ?", today) == []
    assert database.rows("SELECT 1 FROM probe_sketches") != []


def test_a_probe_older_than_the_window_is_not_compared(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    note(database, probe("a"))
    later = clock.day_number() + sketches.WINDOW_DAYS
    monkeypatch.setattr(sketches, "day_number", lambda: later)
    assert not note(database, probe("b", 0.99, to="a"))


def test_many_sketches_fill_rows_of_256(database: Database) -> None:
    for start in range(0, 600, 60):
        note(database, *(probe(f"n{i}") for i in range(start, start + 60)))
    sizes = [len(one) for (one,) in database.rows("SELECT sketches FROM probe_sketches ORDER BY number")]
    assert sizes == [256 * 25, 256 * 25, 88 * 25]
    assert note(database, probe("late", 0.98, to="n3"))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9), st.integers(8, 512))
def test_a_sketch_is_sixteen_bytes_whatever_the_dimension_and_follows_the_sign(seed: int, dimension: int) -> None:
    one = quantize_probe(unit(str(seed), dimension))
    own, turned = (np.frombuffer(sketch(KEY, vector), np.uint8) for vector in (one, -one))
    assert len(own) == 16
    assert np.bitwise_count(own ^ turned).sum() >= BITS - 2  # only a product of exactly zero keeps its sign
