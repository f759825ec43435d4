"""The log keeps what it acknowledged, in order, and proves it."""

import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import BadInput, Code, FacekeepError, Unavailable
from facekeep.ledger.leaf import LEAF_SIZE
from facekeep.ledger.note import open_checkpoint, parse_verifier_key
from facekeep.ledger.tiles import parse_bundle, parse_tile, partial_tiles
from facekeep.ledger.tree import EMPTY_ROOT, Frontier, leaf_hash, verify_consistency, verify_inclusion
from facekeep.vault import log_hashes
from facekeep.vault.log import Log
from facekeep.vault.log_fsck import fsck
from facekeep.vault.log_signing import signature_is_good

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
ORIGIN = "keep.example/log"


def leaf(index: int) -> bytes:
    return sha256(index.to_bytes(8, "big")).digest() * (LEAF_SIZE // 32)


def leaves(start: int, end: int) -> list[bytes]:
    return [leaf(index) for index in range(start, end)]


def open_log(folder: Path, size: int = 0, root: bytes | None = None) -> Log:
    return Log.open(folder, signing_key=KEY, origin=ORIGIN, expected_size=size, expected_root=root)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault" / "log"


@pytest.fixture
def log(folder: Path) -> Iterator[Log]:
    with open_log(folder) as log:
        yield log


def roots(size: int) -> list[bytes]:
    frontier = Frontier()
    found = [frontier.root]
    for index in range(size):
        frontier.append(leaf_hash(leaf(index)))
        found.append(frontier.root)
    return found


def test_a_new_log_is_empty_and_says_so_signed(log: Log, folder: Path) -> None:
    assert log.anchor() == (0, EMPTY_ROOT)
    assert log.leaves(0, 10) == []
    assert (folder / "checkpoint").read_text() == log.checkpoint()
    assert fsck(folder, log.verifier_key).size == 0


def test_appending_returns_the_index_and_grows_the_root(log: Log) -> None:
    expected = roots(600)
    assert log.append([leaf(0)]) == 0
    assert log.append(leaves(1, 255)) == 1
    for index in range(255, 258):
        assert log.append([leaf(index)]) == index
        assert log.anchor() == (index + 1, expected[index + 1])
    assert log.append(leaves(258, 600)) == 258
    assert (log.size, log.root) == (600, expected[600])


def test_everything_is_there_after_reopening(folder: Path) -> None:
    with open_log(folder) as log:
        for start in range(0, 700, 50):
            log.append(leaves(start, start + 50))
        anchor = log.anchor()
    with open_log(folder, *anchor) as log:
        assert log.anchor() == anchor == (700, roots(700)[700])
        assert log.leaves(0, 10_000) == leaves(0, 700)
        assert log.leaf(255) == leaf(255)
        assert log.append([leaf(700)]) == 700


def test_pages_cross_bundles_and_end_at_the_end(log: Log) -> None:
    log.append(leaves(0, 600))
    assert log.leaves(250, 270) == leaves(250, 520)
    assert log.leaves(590, 100) == leaves(590, 600)
    assert log.leaves(600, 5) == log.leaves(10_000, 5) == log.leaves(3, 0) == []


@pytest.mark.parametrize("again", [False, True], ids=["same-process", "reopened"])
def test_proofs_between_all_sizes_verify(folder: Path, again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_hashes, "_TILES_KEPT", 2)  # so that tiles come from the disk, over and over
    log, expected = open_log(folder), roots(1100)
    log.append(leaves(0, 1100))
    if again:
        log.close()
        log = open_log(folder, 1100, expected[1100])
    with log:
        sizes = [1, 2, 255, 256, 257, 511, 512, 513, 700, 1024, 1025, 1100]
        for size in sizes:
            for index in {0, 1, size // 2, size - 1} & set(range(size)):
                verify_inclusion(
                    expected_leaf_hash=leaf_hash(leaf(index)),
                    index=index,
                    size=size,
                    expected_root=expected[size],
                    untrusted_proof=log.prove_inclusion(index, size),
                )
            for old in [0, *sizes]:
                if old <= size:
                    verify_consistency(
                        old_size=old,
                        old_root=expected[old],
                        new_size=size,
                        new_root=expected[size],
                        untrusted_proof=log.prove_consistency(old, size),
                    )


def test_two_levels_of_full_tiles(folder: Path) -> None:
    size = 256 * 256 + 300
    with open_log(folder) as log:
        for start in range(0, size, 16_384):
            log.append([leaf(0)] * min(16_384, size - start))
        log.publish()
        anchor = log.anchor()
        assert (folder / "tile" / "1" / "000").stat().st_size == 8192
        proof = log.prove_inclusion(5, size)
    with open_log(folder, *anchor) as log:
        assert log.prove_inclusion(5, size) == proof
        verify_inclusion(
            expected_leaf_hash=leaf_hash(leaf(0)), index=5, size=size, expected_root=anchor[1], untrusted_proof=proof
        )
        verifier_key = log.verifier_key
    assert fsck(folder, verifier_key, expected_size=anchor[0], expected_root=anchor[1]).root == anchor[1]


def test_the_checkpoint_is_signed_and_names_size_and_root(log: Log) -> None:
    log.append(leaves(0, 3))
    note = log.publish()
    assert note == log.checkpoint()
    key = parse_verifier_key(log.verifier_key)
    head = open_checkpoint(note.encode(), expected_origin=ORIGIN, expected_key=key, is_good=signature_is_good)
    assert (head.size, head.root) == log.anchor()
    log.append([leaf(3)])
    assert log.checkpoint() == note  # the present size is nobody's business
    assert log.publish() != note


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_a_published_folder_is_a_whole_static_log(folder: Path, size: int) -> None:
    with open_log(folder) as log:
        log.append(leaves(0, size))
        assert log.publish() == log.checkpoint() == (folder / "checkpoint").read_text()
        assert log.published_size == size
        entries: list[bytes] = []
        for index in range((size + 255) // 256):
            width = min(256, size - 256 * index)
            suffix = "" if width == 256 else f".p/{width}"
            bundle = (folder / f"tile/entries/{index:03d}{suffix}").read_bytes()
            entries += parse_bundle(bundle, expected_count=width)
            tile = parse_tile((folder / f"tile/0/{index:03d}{suffix}").read_bytes(), expected_width=width)
            assert tile.packed == b"".join(leaf_hash(entry) for entry in entries[256 * index :])
        assert entries == leaves(0, size)
        for name in partial_tiles(size):
            assert (folder / name.path).stat().st_size == 32 * name.width
        report = fsck(folder, log.verifier_key)
        assert (report.size, report.root, report.published_size, report.unfinished_bytes) == (*log.anchor(), size, 0)


def test_partial_files_stay_until_their_tile_is_full(folder: Path) -> None:
    with open_log(folder) as log:
        log.append(leaves(0, 10))
        log.publish()
        log.append(leaves(10, 20))
        log.publish()
        assert sorted(path.name for path in (folder / "tile/entries/000.p").iterdir()) == ["10", "20"]
        log.append(leaves(20, 300))
        assert not (folder / "tile/entries/000.p").exists()
        assert not (folder / "tile/0/000.p").exists()
        fsck(folder, log.verifier_key)


def test_only_the_owner_can_read_the_files(folder: Path) -> None:
    with open_log(folder) as log:
        log.append(leaves(0, 300))
        log.publish()
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_second_process_cannot_open_the_log(log: Log, folder: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        open_log(folder)
    assert caught.value.code is Code.BUSY


def test_a_closed_log_takes_nothing(folder: Path) -> None:
    log = open_log(folder)
    log.close()
    log.close()
    with pytest.raises(Unavailable) as caught:
        log.append([leaf(0)])
    assert caught.value.code is Code.LOG_UNWRITABLE


@pytest.mark.parametrize("given", [[], [b"short"], [leaf(0), leaf(1) + b"x"]])
def test_leaves_of_another_size_are_refused(log: Log, given: list[bytes]) -> None:
    with pytest.raises(BadInput) as caught:
        log.append(given)
    assert caught.value.code is Code.INVALID_REQUEST
    assert (log.size, log.broken) == (0, False)


def test_questions_beyond_the_log_are_refused(log: Log) -> None:
    log.append(leaves(0, 3))
    for ask in (
        lambda: log.prove_inclusion(3, 3),
        lambda: log.prove_inclusion(0, 4),
        lambda: log.prove_inclusion(-1, 3),
        lambda: log.prove_consistency(2, 4),
        lambda: log.prove_consistency(3, 2),
        lambda: log.leaf(3),
        lambda: log.leaf(-1),
        lambda: log.leaves(0, -1),
    ):
        with pytest.raises(BadInput) as caught:
            ask()
        assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "line\nbreak"])
def test_an_origin_that_no_note_can_carry_is_refused(folder: Path, origin: str) -> None:
    with pytest.raises(FacekeepError):
        Log.open(folder, signing_key=KEY, origin=origin, expected_size=0, expected_root=None)


def test_threads_get_an_index_each(log: Log) -> None:
    indexes: list[int] = []

    def work() -> None:
        for _ in range(100):
            indexes.append(log.append([leaf(7)]))
            log.prove_inclusion(indexes[-1], log.size)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(indexes) == list(range(400))
