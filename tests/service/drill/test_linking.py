"""Eight bytes that two stores have in common are noticed; stores of noise have none."""

import sqlite3
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.service.drill.linking import in_common, stored


def _noise(seed: int, size: int = 5_000) -> bytes:
    return b"FKBLOCK1" + bytes(range(252)) * 2 + np.random.default_rng(seed).bytes(size)


@given(st.integers(0, 4_000), st.integers(0, 4_000), st.binary(min_size=8, max_size=40))
@settings(deadline=None, max_examples=50)
def test_what_is_in_both_is_noticed(one: int, other: int, shared: bytes) -> None:
    first = [_noise(1), _noise(2)[: 512 + one] + shared + _noise(3)]
    second = [_noise(4)[: 512 + other] + shared + _noise(5)]
    assert in_common(first, second) >= (len(set(shared)) > 1)


def test_noise_has_nothing_in_common() -> None:
    assert in_common([_noise(1, 300_000), b"", b"short"], [_noise(2, 300_000)]) == 0
    assert in_common([_noise(1)[8:]], [_noise(2)[8:]]) > 0  # what is no block has no header


def test_everything_stored_is_compared(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "records.sqlite3")
    connection.execute("CREATE TABLE records (id TEXT, cell BLOB)")
    connection.execute("INSERT INTO records VALUES ('a', x'0102')")
    connection.commit()
    connection.close()
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "one").write_bytes(b"block")
    assert stored(tmp_path) == [b"\x01\x02", b"block"]
