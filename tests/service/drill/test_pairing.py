"""Stores of noise are not alike, in any measure; with a flaw that links them they are."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from facekeep.service.drill import pairing
from facekeep.service.drill.crowd import DIMENSION, Crowd
from facekeep.terms import BlockId

CROWD = Crowd(templates=[], blocks=[BlockId("blk_a"), BlockId("blk_b")])


def _columns(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32_768, 32_768, (DIMENSION, 192)).astype(np.int16)


def test_noise_in_blocks_is_not_alike_and_shared_columns_under_other_masks_are() -> None:
    first = {"blk_a": _columns(1), "blk_b": _columns(2)}
    noise = pairing.of_blocks(CROWD, first, [_columns(3), _columns(4)])
    assert (noise.succeeds, noise.is_blind) == (False, False)
    masks = np.random.default_rng(5).integers(-32_768, 32_768, (DIMENSION, 1)).astype(np.int16)
    assert pairing.of_blocks(CROWD, first, [one + masks for one in first.values()]).value > 0.9


@pytest.mark.parametrize("carried_over", [0, 0.1, 1])
def test_bytes_carried_over_are_noticed_among_many_cells(carried_over: float) -> None:
    draw = np.random.default_rng(6)
    first, second = ([draw.bytes(4_096) for _ in range(12)] for _ in range(2))
    kept = int(4_096 * carried_over)
    second[7] = first[3][:kept] + second[7][kept:]
    found = pairing.of_bytes([*first, b"short"], [b"short", *second, draw.bytes(9_000)])
    assert not found.is_blind
    assert found.succeeds == bool(kept)


def test_without_two_cells_of_one_size_the_try_is_blind() -> None:
    assert pairing.of_bytes([bytes(5_000)], [bytes(6_000)]).is_blind


def _store(folder: Path, sizes: np.ndarray) -> Path:
    folder.mkdir()
    connection = sqlite3.connect(folder / "records.sqlite3")
    connection.execute("CREATE TABLE records (id TEXT, cell BLOB)")
    connection.executemany("INSERT INTO records VALUES ('a', zeroblob(?))", [(int(one),) for one in sizes])
    connection.commit()
    connection.close()
    return folder


def test_one_order_of_sizes_in_both_is_noticed_and_random_orders_are_not(tmp_path: Path) -> None:
    draw = np.random.default_rng(7)
    sizes = draw.choice([528, 592, 1040, 12_304], 20)
    second = _store(tmp_path / "b", sizes)
    same = pairing.of_order(_store(tmp_path / "a", np.append(sizes, [528] * 30)), second)
    other = pairing.of_order(_store(tmp_path / "c", draw.permutation(sizes)), second)
    assert (same.succeeds, same.is_blind) == (True, False)
    assert (other.succeeds, other.is_blind) == (False, False)
