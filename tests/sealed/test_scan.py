import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_cases import probes_of, unit_templates

from facekeep.errors import BadInput
from facekeep.sealed.format import BlockHeader, pack_block, parse_block
from facekeep.sealed.scan import BlockList, scan_block, scan_blocks, scan_reference
from facekeep.terms import BlockId


def random_blocks(dimension: int, sizes: list[int], number: int) -> list[np.ndarray]:
    random = np.random.default_rng(number)
    return [random.integers(-(2**15), 2**15, (dimension, n)).astype(np.int16) for n in sizes]


@given(
    st.integers(1, 512),
    st.lists(st.integers(1, 700), min_size=1, max_size=4),
    st.integers(1, 18),
    st.integers(1, 3),
    st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_kernels_agree_with_the_reference(
    dimension: int, sizes: list[int], count: int, threads: int, number: int
) -> None:
    blocks = random_blocks(dimension, sizes, number)
    probes = probes_of(unit_templates(count, dimension, number))
    assert np.array_equal(scan_blocks(blocks, probes, None, threads), scan_reference(blocks, probes))


@pytest.mark.parametrize("dimension", [8, 15, 16, 17, 100, 128, 512])
@pytest.mark.parametrize("count", [1, 2, 16])
def test_kernels_are_exact_at_the_extremes(dimension: int, count: int) -> None:
    blocks = [np.full((dimension, n), value, np.int16) for n in (1, 513, 2048) for value in (-(2**15), 2**15 - 1)]
    concentrated = np.zeros((count, dimension), np.int32)
    concentrated[:, 0] = 65_535 if count == 1 else 32_768
    spread_out = np.full((count, dimension), 65_535 // dimension, np.int32)
    within = np.zeros((count, dimension), np.int32)
    within[:, :2] = 32_767  # as large as factors of 16 bits are, and both of one pair
    for probes in (concentrated, -concentrated, spread_out, -spread_out, within, -within):
        assert np.array_equal(scan_blocks(blocks, probes, None, 2), scan_reference(blocks, probes))


def test_many_blocks_on_several_threads_keep_their_order() -> None:
    blocks = random_blocks(64, [2048, 1, 77] * 20, 5)
    probes = probes_of(unit_templates(3, 64, 6))
    expected = scan_reference(blocks, probes)
    for threads in (1, 2, 5):
        assert np.array_equal(scan_blocks(blocks, probes, None, threads), expected)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: scan_blocks(blocks, probes, None, 2), range(12)))
    assert all(np.array_equal(answer, expected) for answer in answers)


def test_room_is_filled_and_returned() -> None:
    blocks = random_blocks(16, [5, 6], 1)
    probes = probes_of(unit_templates(2, 16))
    out = np.full((2, 11), 99, np.int32)
    assert scan_blocks(BlockList.of(blocks), probes, out) is out
    assert np.array_equal(out, scan_reference(blocks, probes))
    assert np.array_equal(scan_block(blocks[1], probes), out[:, 5:])


def test_nothing_to_scan_gives_nothing() -> None:
    assert scan_blocks([], np.zeros((2, 8), np.int32)).shape == (2, 0)
    assert scan_blocks(random_blocks(8, [3], 1), np.zeros((0, 8), np.int32)).shape == (0, 3)


def test_a_parsed_block_is_scanned_where_it_lies() -> None:
    (columns,) = random_blocks(17, [9], 1)
    header = BlockHeader(BlockId("blk"), 0, 17, 9, "contract", "rlwe-2048-32-v1")
    _, view = parse_block(pack_block(header, columns))
    assert not view.flags.writeable
    probes = probes_of(unit_templates(1, 17))
    assert np.array_equal(scan_block(view, probes), scan_reference([columns], probes))


@pytest.mark.parametrize(
    "blocks",
    [
        [np.zeros((8, 4), np.int32)],
        [np.zeros((8, 4), np.uint16)],
        [np.zeros(8, np.int16)],
        [np.zeros((4, 8), np.int16).T],
        [np.zeros((8, 0), np.int16)],
        [np.zeros((0, 4), np.int16)],
        [np.frombuffer(bytes(65), np.int16, offset=1).reshape(8, 4)],
        [np.zeros((8, 4), np.int16), np.zeros((9, 4), np.int16)],
        [np.zeros((9, 4), np.int16)],
    ],
)
def test_blocks_of_another_kind_are_refused(blocks: list[np.ndarray]) -> None:
    with pytest.raises(BadInput):
        scan_blocks(blocks, np.zeros((1, 8), np.int32))


@pytest.mark.parametrize(
    "probes",
    [
        np.zeros(8, np.int32),
        np.zeros((1, 8), np.int64),
        np.zeros((1, 8), np.float32),
        np.full((1, 8), 8_192, np.int32),
        np.full((1, 8), -(2**31), np.int32),
    ],
)
def test_probes_whose_sums_could_overflow_are_refused(probes: np.ndarray) -> None:
    with pytest.raises(BadInput):
        scan_block(np.zeros((8, 4), np.int16), probes)


@pytest.mark.parametrize(
    "room", [np.zeros((1, 5), np.int32), np.zeros((1, 4), np.int64), np.zeros((1, 8), np.int32)[:, ::2]]
)
def test_room_that_does_not_fit_is_refused(room: np.ndarray) -> None:
    with pytest.raises(BadInput):
        scan_blocks([np.zeros((8, 4), np.int16)], np.zeros((2, 8), np.int32), room)


def test_kernels_agree_with_the_reference_on_a_processor_without_vector_products(tmp_path: Path) -> None:
    """The kernels are compiled for the plainest processor of this kind, in a process and a cache of their own."""
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "-avx2", "NUMBA_CACHE_DIR": str(tmp_path)}
    program = """
import numpy as np
from facekeep.sealed.scan import scan_blocks, scan_reference
random = np.random.default_rng(8)
blocks = [random.integers(-(2**15), 2**15, (50, n)).astype(np.int16) for n in (1, 700, 2048)]
probes = random.integers(-60, 60, (6, 50), np.int32)
assert np.array_equal(scan_blocks(blocks, probes), scan_reference(blocks, probes))
"""
    subprocess.run([sys.executable, "-c", program], env=os.environ | plain, check=True, timeout=120)
