"""What a score means: monotone, bounded, honest about its tail, and strict about what it reads."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import BadInput, Code
from facekeep.vault.score_meaning import MAX_TABLE_BYTES, load_shipped, parse_table

DEFAULT_CONTRACT = "yunet-2023mar-int8bq+sface-2021dec-int8bq"
GALLERIES = st.integers(min_value=1, max_value=10_000_000)
SCORES = st.floats(min_value=-1, max_value=1)


def a_table(**changes: Any) -> bytes:
    table = {
        "format": "facekeep-score-table-1",
        "contract": {
            "name": "detector+embedder",
            "detector_sha256": "a" * 64,
            "embedder_sha256": "b" * 64,
            "alignment": "arcface-5-points-112",
            "dimension": 128,
        },
        "source": "a test",
        "date": "2026-01-31",
        "photos": 100,
        "people": 50,
        "impostor_pairs": 4_000,
        "points": [[-0.5, 0.0], [0.0, -0.5], [0.2, -2.0], [0.3, -4.0]],
        "measured_down_to": -4.0,
        "tail": {"decades_a_unit": 20.0},
    }
    return json.dumps(table | changes).encode()


TABLE = parse_table(a_table())
SHIPPED = load_shipped(DEFAULT_CONTRACT)


def test_points_are_met_exactly_and_joined_by_straight_lines() -> None:
    assert [TABLE.log10_fmr(score) for score in (-0.5, 0.0, 0.2, 0.3)] == [0.0, -0.5, -2.0, -4.0]
    assert TABLE.log10_fmr(0.1) == pytest.approx(-1.25)
    assert TABLE.log10_fmr(-0.9) == 0.0


def test_the_tail_is_marked_and_goes_on_with_its_slope_down_to_a_limit() -> None:
    assert TABLE.is_measured(0.3)
    assert not TABLE.is_measured(0.31)
    assert TABLE.log10_fmr(0.4) == pytest.approx(-6.0)
    assert TABLE.log10_fmr(1.0) == -10.0


def test_one_in_is_the_chance_of_a_stranger_in_the_whole_gallery() -> None:
    assert TABLE.one_in(0.3, 1) == pytest.approx(1e4)
    assert TABLE.one_in(0.3, 1_000) == pytest.approx(1 / (1 - (1 - 1e-4) ** 1_000))
    assert TABLE.one_in(-1.0, 1) == 1.0
    assert TABLE.one_in(1.0, 1) == pytest.approx(1e10)


def test_the_floor_is_the_lowest_step_that_is_rare_enough() -> None:
    for gallery in (1, 1_000, 1_000_000):
        floor = TABLE.floor_for(gallery)
        assert TABLE.stranger_rate(floor, gallery) <= 0.1 < TABLE.stranger_rate(floor - 0.01, gallery)
        assert round(floor * 100) == pytest.approx(floor * 100)
    assert TABLE.floor_for(10_000_000, 1e-9) == 1.0
    assert TABLE.floor_for(1_000, 0.01) > TABLE.floor_for(1_000, 0.1)


@given(SCORES, SCORES, GALLERIES)
def test_a_higher_score_is_never_more_common(one: float, other: float, gallery: int) -> None:
    low, high = sorted((one, other))
    for table in (TABLE, SHIPPED):
        assert table is not None
        assert 1.0 <= table.one_in(low, gallery) <= table.one_in(high, gallery) <= 1e10 * (1 + 1e-9)


@given(SCORES, GALLERIES, GALLERIES)
def test_a_larger_gallery_never_makes_a_score_rarer(score: float, one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert TABLE.one_in(score, large) <= TABLE.one_in(score, small)
    assert TABLE.floor_for(small) <= TABLE.floor_for(large)


def test_the_shipped_table_says_what_is_known_of_the_default_model() -> None:
    """FMR 8e-4 at the customary 0.363; FPIR 0.01 at about 0.465 among a thousand and about 0.63 among a million."""
    assert SHIPPED is not None
    assert SHIPPED.contract.name == DEFAULT_CONTRACT
    assert 10 ** SHIPPED.log10_fmr(0.363) == pytest.approx(8e-4, rel=0.2)
    assert SHIPPED.floor_for(1_000, 0.01) == pytest.approx(0.465, abs=0.015)
    assert SHIPPED.floor_for(1_000_000, 0.01) == pytest.approx(0.63, abs=0.015)
    assert SHIPPED.is_measured(0.46)
    assert not SHIPPED.is_measured(0.61)


def test_a_shipped_table_holds_aggregates_only() -> None:
    assert SHIPPED is not None
    assert len(SHIPPED.points) <= 201
    assert SHIPPED.impostor_pairs > 1_000_000


@pytest.mark.parametrize("name", ["", "unknown", "../score_tables/x", "/etc/passwd", ".hidden", "a" * 300, "x\x00y"])
def test_a_contract_without_a_table_has_none(name: str) -> None:
    assert load_shipped(name) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"points": [[0.0, 0.0], [0.0, -1.0]], "measured_down_to": -1.0},
        {"points": [[0.1, 0.0], [0.0, -1.0]], "measured_down_to": -1.0},
        {"points": [[0.0, -1.0], [0.1, -0.5]], "measured_down_to": -0.5},
        {"points": [[0.0, 0.0], [0.1, 0.5]], "measured_down_to": 0.5},
        {"points": [[0.0, 0.0]], "measured_down_to": 0.0},
        {"points": [[0.0, 0.0], [1.1, -1.0]], "measured_down_to": -1.0},
        {"points": [[0.0, 0.0], [0.5, -11.0]], "measured_down_to": -11.0},
        {"points": [[i / 2_000, 0.0] for i in range(1_500)], "measured_down_to": 0.0},
        {"measured_down_to": -6.0},
        {"tail": {"decades_a_unit": 0.0}},
        {"tail": {"decades_a_unit": -20.0}},
        {"tail": {"decades_a_unit": 1e9}},
        {"tail": {}},
        {"format": "facekeep-score-table-2"},
        {"date": "yesterday"},
        {"photos": -1},
        {"surprise": 1},
    ],
)
def test_a_table_that_is_not_sound_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        parse_table(a_table(**changes))
    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("junk", [b"", b"{", b"null", b"\xff\xfe", b"[" * 100_000, b'{"points": NaN}'])
def test_bytes_that_are_no_table_are_refused(junk: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        parse_table(junk)
    assert caught.value.code is Code.INVALID_REQUEST


def test_a_huge_table_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput) as caught:
        parse_table(b" " * (MAX_TABLE_BYTES + 1))
    assert caught.value.code is Code.REQUEST_TOO_LARGE


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(junk: bytes) -> None:
    with pytest.raises(BadInput):
        parse_table(junk)
