"""A sealing with a flaw is found out; noise, which sealed blocks must look like, is not."""

import mmap
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from facekeep.sealed.format import BlockHeader, pack_block
from facekeep.sealed.params import RLWE_2048_32
from facekeep.service.drill import unmasking
from facekeep.service.drill.crowd import DIMENSION, Crowd, Searched, drawn
from facekeep.terms import BlockId

CROWD = Crowd(blocks=[BlockId("blk_a"), BlockId("blk_b"), BlockId("blk_c")])


def _noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32_768, 32_768, (DIMENSION, 192)).astype(np.int16)


def test_noise_tells_nothing_and_every_try_sees() -> None:
    measured = unmasking.from_blocks(CROWD, {"blk_a": _noise(1), "blk_b": _noise(2)})
    assert [one.attempt for one in measured] == [unmasking.BY_KNOWN.name, unmasking.BY_DIFFERENCE.name]
    assert not any(one.succeeds or one.is_blind for one in measured)


def test_blocks_under_one_mask_are_found_out() -> None:
    masked = [np.rint(2_000 * one.T).astype(np.int16) + np.int16(77) for one in CROWD.templates[:2]]
    measured = unmasking.from_blocks(CROWD, {"blk_a": masked[0], "blk_b": masked[1]})
    assert all(one.succeeds and one.value > 0.95 for one in measured)


def test_without_both_blocks_nothing_is_claimed() -> None:
    assert unmasking.from_blocks(CROWD, {"blk_a": _noise(1)}) == ()


def _searched(*, is_exact: bool) -> Crowd:
    draw = np.random.default_rng(9)
    probes = np.rint(180 * drawn(256)).astype(np.int32)
    sums = probes @ draw.integers(-32_768, 32_768, (DIMENSION, 96)).astype(np.int32)
    masks = draw.integers(0, 2**32, (DIMENSION, 96))
    raw = ((sums.astype(np.int64) << 16) - probes @ masks).astype(np.int32)
    scores = raw / RLWE_2048_32.score_unit
    return Crowd(searched=Searched(probes, sums, scores if is_exact else scores.round(2)))


def test_exact_scores_are_found_out_and_rounded_ones_tell_nothing() -> None:
    exact, rounded = (unmasking.from_searches(_searched(is_exact=one))[0] for one in (True, False))
    assert (exact.value, exact.succeeds) == (1.0, True)
    assert (rounded.succeeds, rounded.is_blind) == (False, False)


def test_an_answer_that_counts_twice_is_found_out() -> None:
    crowd = _searched(is_exact=False)
    crowd.taken_twice = 1
    assert unmasking.from_searches(crowd)[1].succeeds
    assert unmasking.from_searches(Crowd()) == ()


def test_blocks_are_found_on_a_disk_and_in_memory(tmp_path: Path) -> None:
    header = BlockHeader(BlockId("blk_a"), 1, DIMENSION, 192, "contract", RLWE_2048_32.name)
    path = tmp_path / "store" / "blocks" / "blk_a"
    path.parent.mkdir(parents=True)
    path.write_bytes(pack_block(header, _noise(3)))
    assert (unmasking.blocks_in(tmp_path)["blk_a"] == _noise(3)).all()
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as _:
        assert (unmasking.blocks_mapped(os.getpid(), ["blk_a"])["blk_a"] == _noise(3)).all()
        assert unmasking.blocks_mapped(os.getpid(), ["blk_b"]) == {}
