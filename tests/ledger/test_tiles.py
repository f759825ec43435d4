"""Tiles lie where other tools look for them, and hold what they expect there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import Code, Tampered
from facekeep.ledger.tiles import (
    TILE_WIDTH,
    Tile,
    TileName,
    hash_reader,
    hashes_at,
    pack_bundle,
    parse_bundle,
    parse_path,
    parse_tile,
    partial_tiles,
)
from facekeep.ledger.tree import Frontier, leaf_hash, node_hash, root_at

PATHS = [
    (TileName(0, 0), "tile/0/000"),
    (TileName(0, 999), "tile/0/999"),
    (TileName(1, 1000), "tile/1/x001/000"),
    (TileName(0, 1234067), "tile/0/x001/x234/067"),
    (TileName(2, 0, 1), "tile/2/000.p/1"),
    (TileName(None, 273, 112), "tile/entries/273.p/112"),
    (TileName(None, 1234067, 255), "tile/entries/x001/x234/067.p/255"),
]


@pytest.mark.parametrize(("name", "path"), PATHS, ids=[path for _, path in PATHS])
def test_paths_are_those_of_the_specification(name: TileName, path: str) -> None:
    assert name.path == path
    assert parse_path(path) == name


@given(st.none() | st.integers(0, 7), st.integers(0, 10**12), st.integers(1, 256))
def test_paths_can_be_read_back(level: int | None, index: int, width: int) -> None:
    name = TileName(level, index, width)
    assert parse_path(name.path) == name


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/8/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/07",
        "tile/0/000.p/300",
        "tile/0/../0/000",
        "/tile/0/000",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "tile/data/000",
        "",
    ],
)
def test_other_paths_are_no_tiles(path: str) -> None:
    assert parse_path(path) is None


def test_partial_tiles_of_the_example_in_the_specification() -> None:
    assert partial_tiles(70_000) == (TileName(0, 273, 112), TileName(1, 1, 17), TileName(2, 0, 1))
    assert partial_tiles(256) == (TileName(1, 0, 1),)
    assert partial_tiles(0) == ()
    assert [hashes_at(level, 70_000) for level in range(4)] == [70_000, 273, 1, 0]


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(index.to_bytes(4, "big")) for index in range(count)]


def slow_node(row: list[bytes], height: int, index: int) -> bytes:
    if height == 0:
        return row[index]
    return node_hash(slow_node(row, height - 1, 2 * index), slow_node(row, height - 1, 2 * index + 1))


@pytest.mark.parametrize("width", [0, 1, 2, 3, 100, 255, 256])
def test_a_tile_grown_or_read_has_every_complete_subtree(width: int) -> None:
    row = hashes(width)
    grown = Tile()
    for one in row:
        grown.append(one)
    read = parse_tile(b"".join(row), expected_width=width)
    assert grown.rows == read.rows
    assert (grown.width, grown.packed) == (width, b"".join(row))
    assert bool(grown.root) == (width == TILE_WIDTH)
    for height in range(9):
        for index in range(width >> height):
            assert grown.node(height, index) == slow_node(row, height, index)
        assert grown.node(height, width >> height) == b""


def test_the_reader_finds_every_hash_over_two_levels_of_tiles() -> None:
    row = hashes(3 * TILE_WIDTH + 5)
    below = [Tile.of(b"".join(row[at : at + TILE_WIDTH])) for at in range(0, len(row), TILE_WIDTH)]
    above = Tile.of(b"".join(tile.root for tile in below))
    hash_at = hash_reader(lambda level, index: below[index] if level == 0 else above)
    frontier = Frontier()
    for size, one in enumerate(row, 1):
        frontier.append(one)
        assert root_at(size, hash_at) == frontier.root


@pytest.mark.parametrize("length", [0, 31, 33, 8191, 8193])
def test_a_tile_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Tampered) as caught:
        parse_tile(bytes(length), expected_width=256)
    assert caught.value.code is Code.LOG_ALTERED


def test_a_bundle_is_length_prefixed_big_endian() -> None:
    assert pack_bundle([b"ab", b"", b"x" * 258]) == b"\x00\x02ab\x00\x00\x01\x02" + b"x" * 258


@given(st.lists(st.binary(max_size=40), max_size=256))
def test_bundles_can_be_read_back(entries: list[bytes]) -> None:
    assert parse_bundle(pack_bundle(entries), expected_count=len(entries)) == entries


@pytest.mark.parametrize(
    ("untrusted", "count"),
    [(b"", 1), (b"\x00", 1), (b"\x00\x01", 1), (b"\x00\x02a", 1), (b"\x00\x01ab", 1), (b"\x00\x01a\x00\x01b", 1)],
)
def test_damaged_bundles_are_refused(untrusted: bytes, count: int) -> None:
    with pytest.raises(Tampered) as caught:
        parse_bundle(untrusted, expected_count=count)
    assert caught.value.code is Code.LOG_ALTERED


@given(st.binary(max_size=200), st.integers(0, 10))
def test_any_bytes_are_a_bundle_or_are_refused(untrusted: bytes, count: int) -> None:
    try:
        entries = parse_bundle(untrusted, expected_count=count)
    except Tampered:
        return
    assert pack_bundle(entries) == untrusted
