"""Somebody with the log's files, but without its key, changes them: opening or checking the log finds it, and where."""

import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import Code, Tampered
from facekeep.ledger.note import Checkpoint, sign_note
from facekeep.ledger.tiles import Tile, pack_bundle, parse_bundle
from facekeep.ledger.tree import leaf_hash
from facekeep.vault.log import Log
from facekeep.vault.log_fsck import fsck
from facekeep.vault.log_signing import verifier_key_of
from facekeep.vault.log_tail import pack_tail, parse_tail, with_room

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
ORIGIN = "keep.example/log"
VERIFIER_KEY = verifier_key_of(KEY, ORIGIN).text
SIZE = 600
SLOT = 1026
Anchor = tuple[int, bytes]


def leaf(index: int) -> bytes:
    return sha256(index.to_bytes(8, "big")).digest() * 32


def open_log(folder: Path, anchor: tuple[int, bytes | None], *, key: Ed25519PrivateKey = KEY) -> Log:
    return Log.open(folder, signing_key=key, origin=ORIGIN, expected_size=anchor[0], expected_root=anchor[1])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Anchor]:
    folder = tmp_path_factory.mktemp("written") / "log"
    with open_log(folder, (0, None)) as log:
        log.append([leaf(index) for index in range(SIZE - 5)])
        log.publish()
        for index in range(SIZE - 5, SIZE):
            log.append([leaf(index)])
        log.publish()
        return folder, log.anchor()


@pytest.fixture
def anchor(written: tuple[Path, Anchor]) -> Anchor:
    return written[1]


@pytest.fixture
def folder(written: tuple[Path, Anchor], tmp_path: Path) -> Path:
    copytree(written[0], tmp_path / "log")
    return tmp_path / "log"


def refusal(attempt: Callable[[], object]) -> str:
    """Why it was refused as altered; empty where it was not."""
    try:
        attempt()
    except Tampered as error:
        return error.message if error.code is Code.LOG_ALTERED else ""
    return ""


def opened(folder: Path, anchor: Anchor) -> str:
    return refusal(lambda: open_log(folder, anchor).close())


def checked(folder: Path) -> str:
    return refusal(lambda: fsck(folder, VERIFIER_KEY))


def test_untouched_the_log_opens_and_checks(folder: Path, anchor: Anchor) -> None:
    assert checked(folder) == opened(folder, anchor) == checked(folder) == ""
    assert fsck(folder, VERIFIER_KEY, expected_size=anchor[0], expected_root=anchor[1]).root == anchor[1]


def test_a_flipped_bit_in_any_file_is_found(folder: Path, anchor: Anchor) -> None:
    chance = random.Random(4)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) == 11
    for path in files:
        whole = path.read_bytes()
        used = len(whole.rstrip(b"\x00")) if path.name == "tail" else len(whole)
        for _ in range(40):
            place = chance.randrange(used)
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :])
            assert checked(folder), (path, place)
        path.write_bytes(whole)
    assert checked(folder) == ""


def test_a_flipped_bit_in_an_acknowledged_new_entry_is_found_at_opening(folder: Path, anchor: Anchor) -> None:
    path = folder / "tail"
    whole = path.read_bytes()
    used = len(whole.rstrip(b"\x00"))
    chance = random.Random(5)
    for place in [0, 20, used - 1, *(chance.randrange(used) for _ in range(100))]:
        altered = whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :]
        path.write_bytes(altered)
        assert opened(folder, anchor), place
        assert path.read_bytes() == altered  # refused means untouched, for whoever investigates


def test_a_flipped_bit_in_unused_room_is_reported_and_harmless(folder: Path, anchor: Anchor) -> None:
    path = folder / "tail"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    assert fsck(folder, VERIFIER_KEY).unfinished_bytes > 0
    assert opened(folder, anchor) == ""
    assert fsck(folder, VERIFIER_KEY).unfinished_bytes == 0


@pytest.mark.parametrize("index", [0, 1, 255, 256, 300, 511])
def test_an_altered_old_entry_is_named(folder: Path, index: int) -> None:
    path = folder / f"tile/entries/{index // 256:03d}"
    whole = path.read_bytes()
    place = index % 256 * SLOT
    for at in (place, place + 1, place + 2, place + SLOT - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert checked(folder) == f"log entries {index} were altered"


@pytest.mark.parametrize("index", [512, 560, 599])
@pytest.mark.parametrize("recomputed", [False, True])
def test_an_altered_new_entry_is_named(folder: Path, anchor: Anchor, index: int, recomputed: bool) -> None:
    path = folder / "tail"
    tail = parse_tail(path.read_bytes())
    if recomputed:
        tail.leaves[index - 512] = leaf(9_999)
        path.write_bytes(with_room(pack_tail(512, tail.leaves)))
    else:
        path.write_bytes(path.read_bytes().replace(leaf(index), leaf(9_999)))
    assert str(index) in checked(folder)
    assert opened(folder, anchor)


def test_reading_an_altered_entry_is_refused_while_the_log_is_open(folder: Path, anchor: Anchor) -> None:
    with open_log(folder, anchor) as log:
        path = folder / "tile/entries/001"
        path.write_bytes(path.read_bytes().replace(leaf(300), leaf(9_999)))
        assert log.leaf(299) == leaf(299)
        assert refusal(lambda: log.leaf(300)) == "log entry 300 was altered"
        assert refusal(lambda: log.leaves(0, 600)) == "log entry 300 was altered"


def test_a_stored_hash_altered_is_told_from_an_entry_altered(folder: Path, anchor: Anchor) -> None:
    path = folder / "tile/0/001"
    whole = path.read_bytes()
    path.write_bytes(whole[:320] + bytes(32) + whole[352:])
    assert checked(folder) == "the stored hashes of log entries 266 were altered; the entries are intact"
    assert opened(folder, anchor)


def test_a_hash_altered_while_the_log_is_open_proves_nothing(folder: Path, anchor: Anchor) -> None:
    with open_log(folder, anchor) as log:
        path = folder / "tile/0/001"
        path.write_bytes(path.read_bytes()[:-32] + bytes(32))
        assert log.prove_inclusion(3, SIZE)
        assert refusal(lambda: log.prove_inclusion(300, SIZE)) == "the hash tile tile/0/001 was altered"
        assert refusal(lambda: log.leaf(300)) == "the hash tile tile/0/001 was altered"


def rewrite(folder: Path, index: int, entries: list[bytes]) -> None:
    """Replace a bundle and the tile over it, as a root user would."""
    (folder / f"tile/entries/{index:03d}").write_bytes(pack_bundle(entries))
    (folder / f"tile/0/{index:03d}").write_bytes(Tile.of(b"".join(map(leaf_hash, entries))).packed)


def test_an_entry_altered_with_its_hashes_is_found(folder: Path, anchor: Anchor) -> None:
    entries = [leaf(index) for index in range(256)]
    entries[17] = leaf(9_999)
    rewrite(folder, 0, entries)
    assert "altered" in checked(folder)
    assert opened(folder, anchor)


def test_swapped_bundles_are_found(folder: Path, anchor: Anchor) -> None:
    rewrite(folder, 0, [leaf(index) for index in range(256, 512)])
    rewrite(folder, 1, [leaf(index) for index in range(256)])
    assert checked(folder)
    assert opened(folder, anchor)


def test_swapped_entries_are_named(folder: Path) -> None:
    path = folder / "tile/entries/000"
    entries = parse_bundle(path.read_bytes(), expected_count=256)
    entries[3], entries[9] = entries[9], entries[3]
    path.write_bytes(pack_bundle(entries))
    assert checked(folder) == "log entries 3, 9 were altered"


def test_any_missing_file_is_found(folder: Path, anchor: Anchor) -> None:
    needed = [
        "checkpoint",
        "tail",
        "tile/entries/000",
        "tile/entries/001",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
    ]
    for name in needed:
        whole = (folder / name).read_bytes()
        (folder / name).unlink()
        assert "is missing" in checked(folder), name
        (folder / name).write_bytes(whole.rstrip(b"\x00")[:-1])
        assert checked(folder), name
        (folder / name).write_bytes(whole)
    assert checked(folder) == ""


@pytest.mark.parametrize("name", ["tile/0/002", "tile/0/000.p/300", "tile/1/001", "notes.txt", "tile/entries/002.p/99"])
def test_a_file_too_many_is_found(folder: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(8192))
    assert name in checked(folder)


def test_a_removed_log_is_not_silently_begun_anew(folder: Path, anchor: Anchor) -> None:
    rmtree(folder)
    assert "missing" in opened(folder, anchor)


@pytest.mark.parametrize("kept", [["checkpoint"], ["tile"], ["checkpoint", "tile"]])
def test_a_half_removed_log_is_not_begun_anew_even_without_an_anchor(folder: Path, kept: list[str]) -> None:
    for path in folder.iterdir():
        if path.name not in kept:
            rmtree(path) if path.is_dir() else path.unlink()
    assert "missing" in refusal(lambda: open_log(folder, (0, None)))


def test_a_log_without_its_checkpoint_is_refused(folder: Path, anchor: Anchor) -> None:
    (folder / "checkpoint").unlink()
    assert opened(folder, anchor) == "the checkpoint is missing"


def test_a_rolled_back_tail_is_refused(folder: Path, anchor: Anchor) -> None:
    tail = parse_tail((folder / "tail").read_bytes())
    (folder / "tail").write_bytes(with_room(pack_tail(512, tail.leaves[:-1])))
    assert "ends before entry 599" in opened(folder, anchor)
    assert "ends before entry 599" in checked(folder)
    assert opened(folder, (0, anchor[1]))  # even a vault that has forgotten holds it to its own checkpoint


def test_a_rolled_back_folder_is_refused(folder: Path, anchor: Anchor, tmp_path: Path) -> None:
    with open_log(folder, anchor) as log:
        copytree(folder, tmp_path / "old")
        log.append([leaf(SIZE)])
        newer = log.anchor()
    assert opened(tmp_path / "old", newer)
    found = refusal(lambda: fsck(tmp_path / "old", VERIFIER_KEY, expected_size=newer[0], expected_root=newer[1]))
    assert "ends before entry 600" in found


def test_another_history_of_the_same_key_is_refused(anchor: Anchor, tmp_path: Path) -> None:
    with open_log(tmp_path / "fork", (0, None)) as fork:
        fork.append([leaf(index + 1) for index in range(SIZE + 10)])
        fork.publish()
    assert "not those that had been recorded" in opened(tmp_path / "fork", anchor)
    assert refusal(lambda: fsck(tmp_path / "fork", VERIFIER_KEY, expected_size=anchor[0], expected_root=anchor[1]))


def test_a_log_signed_by_another_key_is_refused(folder: Path, anchor: Anchor) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
    forged = Checkpoint(ORIGIN, *anchor).text
    note = sign_note(forged, key=verifier_key_of(other, ORIGIN), sign=other.sign)
    (folder / "checkpoint").write_text(note)
    assert "not signed by the expected key" in opened(folder, anchor)
    assert "not signed by the expected key" in checked(folder)


@pytest.mark.parametrize("size", [SIZE + 1, 1 << 40])
def test_a_checkpoint_beyond_the_log_is_refused(folder: Path, anchor: Anchor, size: int) -> None:
    text = Checkpoint(ORIGIN, size, anchor[1]).text
    (folder / "checkpoint").write_text(sign_note(text, key=verifier_key_of(KEY, ORIGIN), sign=KEY.sign))
    assert opened(folder, anchor)
    assert checked(folder)


def test_an_anchor_of_the_same_size_with_another_root_is_refused(folder: Path, anchor: Anchor) -> None:
    assert opened(folder, (anchor[0], bytes(32)))
    assert refusal(lambda: fsck(folder, VERIFIER_KEY, expected_size=anchor[0], expected_root=bytes(32)))


def test_an_entry_altered_under_an_open_log_is_missing_in_its_own_place(folder: Path, anchor: Anchor) -> None:
    with open_log(folder, anchor) as log:
        path = folder / "tile/entries/001"
        content = bytearray(path.read_bytes())
        content[(300 - 256) * SLOT + 500] ^= 1
        path.write_bytes(content)
        assert log.leaves_at([10, 299, 300, 301]) == [leaf(10), leaf(299), None, leaf(301)]
