import resource
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from facekeep.errors import BadInput, Code, Tampered, Unavailable
from facekeep.sealed.scan import BlockList, scan_reference
from facekeep.search.local import LocalSearch


@pytest.mark.parametrize("sizes", [[1], [2048], [3, 1, 700, 2048, 16, 5], [7] * 300])
@pytest.mark.parametrize("count", [1, 5])
def test_sums_are_those_of_the_reference_in_the_order_asked(folder, make_probes, sizes, count):
    made = [folder.make(slots) for slots in sizes]
    search, probes = LocalSearch(folder.path, threads=2), make_probes(count)
    for order in (made, made[::-1], made[::2]):
        sums = search.scan([ref for ref, _ in order], probes)
        assert sums.dtype == np.int32
        np.testing.assert_array_equal(sums, scan_reference([columns for _, columns in order], probes))


def test_no_blocks_give_no_sums(folder, make_probes):
    assert LocalSearch(folder.path).scan([], make_probes(3)).shape == (3, 0)


def test_a_block_is_mapped_once_and_counted(folder, make_probes):
    refs = [folder.make(100)[0] for _ in range(4)]
    search = LocalSearch(folder.path)
    assert (search.mapped_blocks, search.mapped_bytes) == (0, 0)
    for _ in range(3):
        search.scan(refs, make_probes())
    assert folder.asked == 4
    assert search.mapped_blocks == 4
    assert search.mapped_bytes == sum(folder.path(ref.block_id).stat().st_size for ref in refs)


@pytest.mark.parametrize("position", [0, 9, 20, 100, 300, 475, 500, 512, -1])
def test_a_flipped_bit_anywhere_is_refused(folder, make_probes, position):
    ref, _ = folder.make(50)
    file = folder.path(ref.block_id)
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    _expect_altered(folder, ref, make_probes())


@pytest.mark.parametrize("length", [0, 1, 511, 512, 1000])
def test_a_file_cut_short_is_refused(folder, make_probes, length):
    ref, _ = folder.make(50)
    file = folder.path(ref.block_id)
    file.write_bytes(file.read_bytes()[:length])
    _expect_altered(folder, ref, make_probes())


def test_another_sound_block_in_its_place_is_refused(folder, make_probes):
    (wanted, _), (other, _) = folder.make(50), folder.make(50)
    folder.path(wanted.block_id).write_bytes(folder.path(other.block_id).read_bytes())
    _expect_altered(folder, wanted, make_probes())
    _expect_altered(folder, replace(wanted, digest=other.digest), make_probes())


def test_a_list_with_another_slot_count_is_refused(folder, make_probes):
    ref, _ = folder.make(50)
    _expect_altered(folder, replace(ref, slots=49), make_probes())


def test_another_digest_for_a_mapped_block_is_checked_anew(folder, make_probes):
    ref, _ = folder.make(50)
    search, probes = LocalSearch(folder.path), make_probes()
    search.scan([ref], probes)
    with pytest.raises(Tampered):
        search.scan([replace(ref, digest=sha256(b"other").digest())], probes)
    assert search.scan([ref], probes).shape == (1, 50)


def _expect_altered(folder, ref, probes):
    search = LocalSearch(folder.path)
    with pytest.raises(Tampered) as caught:
        search.scan([folder.make(3)[0], ref], probes)
    assert caught.value.code is Code.BLOCK_ALTERED
    assert search.mapped_blocks == 0


def test_a_missing_block_is_refused(folder, make_probes):
    ref, _ = folder.make(50)
    folder.path(ref.block_id).unlink()
    with pytest.raises(Tampered) as caught:
        LocalSearch(folder.path).scan([ref], make_probes())
    assert caught.value.code is Code.CELL_MISSING


def test_a_file_that_cannot_be_read_is_unavailable(folder, make_probes):
    ref, _ = folder.make(50)
    folder.path(ref.block_id).unlink()
    folder.path(ref.block_id).mkdir()
    with pytest.raises(Unavailable) as caught:
        LocalSearch(folder.path).scan([ref], make_probes())
    assert caught.value.code is Code.STORE_UNAVAILABLE


def test_probes_of_another_dimension_are_refused_new_or_known(folder, make_probes):
    ref, _ = folder.make(50)
    search = LocalSearch(folder.path)
    for _ in range(2):
        with pytest.raises(BadInput):
            search.scan([ref], make_probes(1, 17))


def test_a_removed_file_under_a_map_still_scans(folder, make_probes):
    ref, columns = folder.make(50)
    search, probes = LocalSearch(folder.path), make_probes()
    search.scan([ref], probes)
    folder.path(ref.block_id).unlink()
    np.testing.assert_array_equal(search.scan([ref], probes), scan_reference([columns], probes))
    search.drop([ref.block_id])
    with pytest.raises(Tampered):
        search.scan([ref], probes)


def test_dropped_blocks_are_unmapped(folder, make_probes):
    refs = [folder.make(100)[0] for _ in range(6)]
    search = LocalSearch(folder.path)
    search.scan(refs, make_probes())
    search.scan(refs[:3], make_probes())
    assert _maps_under(folder) == 6
    search.drop([refs[0].block_id, refs[1].block_id, "b_unknown"])
    assert (search.mapped_blocks, _maps_under(folder)) == (4, 4)
    search.keep_only([refs[5].block_id])
    assert (search.mapped_blocks, _maps_under(folder)) == (1, 1)


def test_a_block_dropped_while_it_is_being_scanned_does_not_stay(folder, make_probes, monkeypatch):
    ref, columns = folder.make(100)
    search, probes, prepare = LocalSearch(folder.path), make_probes(), BlockList.of

    def prepare_and_drop(blocks):
        search.drop([ref.block_id])
        return prepare(blocks)

    monkeypatch.setattr(BlockList, "of", prepare_and_drop)
    np.testing.assert_array_equal(search.scan([ref], probes), scan_reference([columns], probes))
    assert (search.mapped_blocks, _maps_under(folder)) == (0, 0)


def _maps_under(folder) -> int:
    with open("/proc/self/maps") as maps:
        return sum(str(folder.path("")) in line for line in maps)


def test_mapped_blocks_hold_no_file_open(folder, make_probes):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    made = [folder.make(2, 4) for _ in range(400)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        sums = LocalSearch(folder.path).scan([ref for ref, _ in made], make_probes(2, 4))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sums.shape == (2, 800)


def test_scans_and_drops_at_once_never_mix_or_crash(folder, make_probes):
    made = [folder.make(30 + number) for number in range(24)]
    search, probes = LocalSearch(folder.path, threads=2), make_probes(2)
    expected = {ref.block_id: scan_reference([columns], probes) for ref, columns in made}

    def scan(number: int) -> bool:
        part = [ref for ref, _ in made[number % 7 :: 1 + number % 3]]
        sums = search.scan(part, probes)
        return bool((sums == np.concatenate([expected[ref.block_id] for ref in part], axis=1)).all())

    def drop(number: int) -> bool:
        if number % 2:
            search.drop([made[number % 24][0].block_id])
        else:
            search.keep_only([ref.block_id for ref, _ in made[:12]])
        return search.mapped_bytes >= 0

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(scan if number % 3 else drop, number) for number in range(400)]
        assert all(future.result() for future in done)
    search.keep_only([])
    assert (search.mapped_blocks, search.mapped_bytes, _maps_under(folder)) == (0, 0, 0)
