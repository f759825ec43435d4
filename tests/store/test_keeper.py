import os
import secrets
import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from facekeep.errors import BadInput, Code, Tampered
from facekeep.terms import BlockId, CellId, CellKind

KINDS = tuple(CellKind)


def test_what_was_put_is_got_again_after_reopening(open_any_store, make_cell):
    cells = [make_cell(kind, 2_000) for kind in KINDS for _ in range(3)]
    block = (BlockId("b_one"), secrets.token_bytes(5_000))
    open_any_store().put(cells, dict([block]))
    again = open_any_store()
    assert again.get([cell.cell_id for cell in cells]) == {cell.cell_id: cell for cell in cells}
    assert again.block_path(block[0]).read_bytes() == block[1]


def test_a_missing_cell_is_an_alarm_even_beside_present_ones(open_any_store, make_cell):
    store, cell = open_any_store(), make_cell()
    store.put([cell], {})
    with pytest.raises(Tampered) as caught:
        store.get([cell.cell_id, CellId("c_absent")])
    assert caught.value.code is Code.CELL_MISSING
    assert "absent" not in str(caught.value)


def test_a_missing_block_is_an_alarm(open_any_store):
    with pytest.raises(Tampered) as caught:
        open_any_store().block_path(BlockId("b_absent"))
    assert caught.value.code is Code.CELL_MISSING


def test_delete_takes_every_kind_and_may_be_repeated(open_any_store, make_cell):
    store = open_any_store()
    doomed, kept = [make_cell(kind) for kind in KINDS], [make_cell(kind) for kind in KINDS]
    store.put(doomed + kept, {BlockId("b_doomed"): b"1", BlockId("b_kept"): b"2"})
    store.block_path(BlockId("b_doomed"))
    for _ in range(2):
        store.delete([cell.cell_id for cell in doomed], [BlockId("b_doomed")])
    for cell in doomed:
        with pytest.raises(Tampered):
            store.get([cell.cell_id])
    with pytest.raises(Tampered):
        store.block_path(BlockId("b_doomed"))
    assert store.get([cell.cell_id for cell in kept]) == {cell.cell_id: cell for cell in kept}
    assert store.block_path(BlockId("b_kept")).read_bytes() == b"2"


def test_putting_again_replaces(open_any_store, make_cell):
    store = open_any_store()
    for kind in KINDS:
        first, second = make_cell(kind), make_cell(kind)
        second = type(second)(first.cell_id, kind, second.ciphertext)
        store.put([first], {})
        store.put([second], {})
        assert store.get([first.cell_id]) == {first.cell_id: second}


def test_more_ids_than_one_statement_takes(open_any_store, make_cell):
    store, cells = open_any_store(), [make_cell(size=20) for _ in range(2_500)]
    ids = [cell.cell_id for cell in cells]
    store.put(cells, {})
    assert store.get(ids) == {cell.cell_id: cell for cell in cells}
    store.delete(ids[:2_400], [])
    assert set(store.get(ids[2_400:])) == set(ids[2_400:])
    with pytest.raises(Tampered):
        store.get(ids[:1])


def test_nothing_to_do_is_no_error(open_any_store):
    store = open_any_store()
    store.put([], {})
    store.delete([], [])
    assert store.get([]) == {}


TRAVERSALS = ["../../etc/passwd", "a/b", "..", "", "A", "a.b", "a\0b", "a\n", "é", "a" * 65, "-rf", "a b"]


@pytest.mark.parametrize("untrusted_id", TRAVERSALS)
def test_an_id_that_is_a_path_is_refused_everywhere(open_store, make_cell, tmp_path, untrusted_id):
    store = open_store()
    before = _tree(tmp_path)
    for attempt in (
        lambda: store.get([CellId(untrusted_id)]),
        lambda: store.delete([CellId(untrusted_id)], []),
        lambda: store.delete([], [BlockId(untrusted_id)]),
        lambda: store.block_path(BlockId(untrusted_id)),
        lambda: store.put([], {BlockId(untrusted_id): b"x"}),
        *(lambda kind=kind: store.put([type(make_cell())(CellId(untrusted_id), kind, b"x")], {}) for kind in KINDS),
    ):
        with pytest.raises(BadInput) as caught:
            attempt()
        assert caught.value.code is Code.INVALID_REQUEST
    assert _tree(tmp_path) == before


def test_only_its_owner_can_read_any_of_it(open_store, make_cell, tmp_path):
    previous = os.umask(0)
    try:
        open_store().put([make_cell(kind) for kind in KINDS], {BlockId("b_one"): b"x"})
    finally:
        os.umask(previous)
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in (tmp_path / "store").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert any(path.name.endswith("-wal") for path in modes)


def test_names_on_disk_are_the_random_ids(open_store, make_cell, tmp_path):
    photo = make_cell(CellKind.PHOTO)
    open_store().put([photo, make_cell(CellKind.CROP)], {BlockId("b_one"): b"x"})
    files = {p.relative_to(tmp_path / "store").parts for p in (tmp_path / "store").rglob("*") if p.is_file()}
    blobs = {(parts[0], parts[-1], len(parts), len(parts[1])) for parts in files if len(parts) > 1}
    assert blobs == {("photos", photo.cell_id, 3, 2), ("blocks", "b_one", 3, 2)}
    assert {parts[0].split("-")[0] for parts in files if len(parts) == 1} == {"records.sqlite3"}


def test_the_order_of_rows_does_not_tell_which_cells_belong_together(open_store, make_cell, tmp_path):
    cells = [make_cell() for _ in range(50)]
    open_store().put(cells, {})
    with sqlite3.connect(tmp_path / "store" / "records.sqlite3") as database:
        stored = [row[0] for row in database.execute("SELECT id FROM records ORDER BY rowid")]
    assert stored == sorted(cell.cell_id for cell in cells)


def test_deleted_ciphertext_is_gone_from_every_file(open_store, make_cell, tmp_path):
    store = open_store()
    cells = [make_cell(kind, 9_000) for kind in KINDS for _ in range(4)]
    store.put(cells, {})
    assert all(_on_disk(tmp_path, cell.ciphertext[100:132]) for cell in cells)
    store.delete([cell.cell_id for cell in cells], [])
    assert not any(_on_disk(tmp_path, cell.ciphertext[100:132]) for cell in cells)


def test_many_threads_write_read_and_delete(open_any_store, make_cell):
    store = open_any_store()

    def live_a_little(_: int) -> bool:
        cells = [make_cell(kind, 500) for kind in KINDS]
        ids = [cell.cell_id for cell in cells]
        store.put(cells, {BlockId(f"b_{ids[0]}"): b"x"})
        same = store.get(ids) == {cell.cell_id: cell for cell in cells}
        store.delete(ids[:2], [])
        return same and set(store.get(ids[2:])) == set(ids[2:])

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(live_a_little, range(48)))


def test_a_row_with_an_unknown_kind_is_an_alarm(open_store, make_cell, tmp_path):
    store, cell = open_store(), make_cell()
    store.put([cell], {})
    with sqlite3.connect(tmp_path / "store" / "records.sqlite3") as database:
        database.execute("UPDATE records SET kind = 'key'")
    with pytest.raises(Tampered) as caught:
        store.get([cell.cell_id])
    assert caught.value.code is Code.DATABASE_ALTERED


def test_a_folder_of_choice_holds_the_blobs(tmp_path, make_cell):
    from facekeep.settings import StoreSettings
    from facekeep.store import Store

    photo = make_cell(CellKind.PHOTO)
    for url in (str(tmp_path / "a"), f"file://{tmp_path / 'b'}"):
        store = Store(StoreSettings(blobs_url=url), tmp_path / "store", tmp_path / "cache")
        store.migrate()
        store.put([photo], {})
        store.close()
    assert len(list((tmp_path / "a").rglob(photo.cell_id)) + list((tmp_path / "b").rglob(photo.cell_id))) == 2
    assert not (tmp_path / "store" / "photos").exists()


def test_what_a_killed_writer_left_is_swept_once_it_is_old(open_store, tmp_path):
    open_store()
    incoming = tmp_path / "store" / "incoming"
    for name, age_s in (("old", 4_000), ("young", 10)):
        (incoming / name).write_bytes(b"half a photo")
        then = (incoming / name).stat().st_mtime - age_s
        os.utime(incoming / name, (then, then))
    open_store()
    assert [path.name for path in incoming.iterdir()] == ["young"]


def test_a_lost_folder_is_an_error_of_ours(open_store, make_cell, tmp_path):
    store = open_store()
    shutil.rmtree(tmp_path / "store" / "incoming")
    with pytest.raises(Exception, match="cannot be used") as caught:
        store.put([make_cell(CellKind.PHOTO)], {})
    assert caught.value.code is Code.STORE_UNAVAILABLE


def _on_disk(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def _tree(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm"))}
