"""Blocks, records and databases altered on the disk of a live keep: named, logged, contained; nothing is released."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from gallery import Gallery
from keep_process import KeepProcess, wait_until
from refusals import entries, newest, refused

from facekeep.service import administration

NewGallery = Callable[..., Gallery]


@pytest.fixture
def store(keep: KeepProcess) -> Path:
    return keep.settings.store_dir


def blocks(store: Path) -> set[Path]:
    return {path for path in (store / "blocks").rglob("blk_*") if path.is_file()}


@contextmanager
def altered(path: Path, offset: int) -> Iterator[None]:
    """One bit of the file flipped in place, as a failing disk does it."""

    def flip() -> None:
        file = os.open(path, os.O_RDWR)
        try:
            byte = os.pread(file, 1, offset)[0]
            os.pwrite(file, bytes([byte ^ 0x10]), offset)
        finally:
            os.close(file)

    flip()
    try:
        yield
    finally:
        flip()


@contextmanager
def rewritten(store: Path, kind: str, change: Callable[[bytes], bytes | None], before: set[str]) -> Iterator[None]:
    """Every cell of a kind that was stored since `before`, changed, or gone where `change` gives None."""
    with closing(sqlite3.connect(_database(store), isolation_level=None)) as database:
        rows = database.execute("SELECT id, kind, cell FROM records WHERE kind = ?", (kind,)).fetchall()
        mine = [row for row in rows if row[0] not in before]
        assert mine
        for cell_id, _, cell in mine:
            new = change(cell)
            if new is None:
                database.execute("DELETE FROM records WHERE id = ?", (cell_id,))
            else:
                database.execute("UPDATE records SET cell = ? WHERE id = ?", (new, cell_id))
        try:
            yield
        finally:
            database.executemany("INSERT OR REPLACE INTO records (id, kind, cell) VALUES (?, ?, ?)", mine)


def ids(store: Path) -> set[str]:
    with closing(sqlite3.connect(_database(store))) as database:
        return {row[0] for row in database.execute("SELECT id FROM records")}


def _database(store: Path) -> Path:
    return store / "records.sqlite3"


def _flipped(cell: bytes) -> bytes:
    return cell[:-20] + bytes([cell[-20] ^ 1]) + cell[-19:]


@pytest.fixture
def other(new_gallery: NewGallery, portraits: Sequence[bytes]) -> Gallery:
    """A gallery that nobody harms."""
    gallery = new_gallery()
    gallery.enroll(*portraits[:3])
    return gallery


@pytest.mark.parametrize("offset", [3, 60, 400, -1])
def test_a_block_altered_before_it_is_used_is_named_and_stops_only_its_own_gallery(
    store: Path, new_gallery: NewGallery, other: Gallery, portraits: Sequence[bytes], offset: int
) -> None:
    before = blocks(store)
    gallery = new_gallery()
    gallery.enroll(*portraits[:2])
    (block,) = blocks(store) - before
    start = newest(gallery.client)
    with altered(block, offset % block.stat().st_size):
        for _ in range(2):
            refused(gallery.search(portraits[0]), "block_altered")
        other.check_whole()
    gallery.check_whole()
    asked = [entry for entry in entries(gallery.client, start) if entry["act"] == "search.ask"]
    assert len(asked) >= 2


def test_a_block_altered_while_it_is_in_use_raises_the_alarm_and_stops_all_searching(
    keep: KeepProcess, store: Path, new_gallery: NewGallery, other: Gallery, portraits: Sequence[bytes]
) -> None:
    before = blocks(store)
    gallery = new_gallery()
    gallery.enroll(*portraits[:2])
    gallery.check_whole()
    (block,) = blocks(store) - before
    start = newest(gallery.client)
    try:
        with altered(block, block.stat().st_size - 3):  # of the last dimension, which this probe does not leave out
            problem = refused(gallery.search(portraits[0]), "sums_refused")
            refused(gallery.search(portraits[0]), "quarantined")
            refused(other.search(portraits[0]), "quarantined")
            assert gallery.list().status_code == 200
        (alarm,) = [entry for entry in entries(gallery.client, start) if entry["act"] == "search.alarm"]
        assert alarm["entry"] == problem["entry"]
    finally:
        administration.clear_quarantine(keep.settings)
    gallery.check_whole()
    other.check_whole()


def test_a_block_that_is_gone_is_named(
    store: Path, new_gallery: NewGallery, other: Gallery, portraits: Sequence[bytes]
) -> None:
    before = blocks(store)
    gallery = new_gallery()
    gallery.enroll(*portraits[:2])
    (block,) = blocks(store) - before
    aside = block.with_name("aside")
    block.rename(aside)
    try:
        refused(gallery.search(portraits[0]), "cell_missing")
        other.check_whole()
    finally:
        aside.rename(block)
    gallery.check_whole()


@pytest.mark.parametrize(("change", "code"), [(_flipped, "cell_altered"), (lambda _: None, "cell_missing")])
@pytest.mark.parametrize("kind", ["face", "person", "crop", "template"])
def test_an_altered_record_is_named_and_nothing_of_it_is_released(
    store: Path, new_gallery: NewGallery, other: Gallery, portraits: Sequence[bytes],
    kind: str, change: Callable[[bytes], bytes | None], code: str,
) -> None:  # fmt: skip
    before = ids(store)
    gallery = new_gallery()
    gallery.enroll(*portraits[:2])
    face = next(iter(gallery.faces))
    ask = {
        "face": gallery.list,
        "person": lambda: gallery.search(portraits[0]),
        "crop": lambda: gallery.client.get(f"/v1/faces/{face}/crop"),
        "template": lambda: gallery.client.post(
            f"/v1/faces/{face}/search", json={"collection_ids": [gallery.collection_id]}
        ),
    }[kind]
    assert ask().status_code == 200
    start = newest(gallery.client)
    with rewritten(store, kind, change, before):
        problem = refused(ask(), code)
        other.check_whole()
    if code == "cell_altered":
        told, alarm = [entry for entry in entries(gallery.client, start) if entry["outcome"] == code]
        assert alarm["act"] == "alarm.raised"
        assert told["entry"] == problem["entry"]
    assert ask().status_code == 200
    gallery.check_whole()


def test_records_swapped_between_faces_are_refused(
    store: Path, new_gallery: NewGallery, portraits: Sequence[bytes]
) -> None:
    """Each cell is genuine; only its place is another's."""
    before = ids(store)
    gallery = new_gallery()
    gallery.enroll(*portraits[:2])
    with closing(sqlite3.connect(_database(store), isolation_level=None)) as database:
        rows = database.execute("SELECT id, cell FROM records WHERE kind = 'face'").fetchall()
        (first, one), (second, two) = [row for row in rows if row[0] not in before]
        database.executemany("UPDATE records SET cell = ? WHERE id = ?", [(two, first), (one, second)])
        try:
            refused(gallery.list(), "cell_altered")
        finally:
            database.executemany("UPDATE records SET cell = ? WHERE id = ?", [(one, first), (two, second)])
    gallery.check_whole()


def test_a_database_that_is_none_keeps_the_server_from_opening_and_a_good_copy_heals_it(
    keep: KeepProcess, store: Path, other: Gallery
) -> None:
    keep.stop_server()
    path = _database(store)
    good = path.read_bytes()
    try:
        path.write_bytes(b"not a database at all" + good[21:])
        keep.start_server()
        wait_until(lambda: keep.server is not None and keep.server.poll() is not None, "the server went on", 30)
        assert "database_altered" in keep.log_path.read_text()[-500:]
    finally:
        keep.stop_server()
        path.write_bytes(good)
        keep.start_server()
    other.check_whole()
