"""Acknowledged means durable: kill -9, power cuts, failing syncs, a full disk, a damaged file."""

import errno
import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from facekeep.errors import Code, Tampered, Unavailable
from facekeep.settings import StoreSettings
from facekeep.store import Store
from facekeep.store.local_blobs import LocalBlobs
from facekeep.terms import BlockId, CellKind

HERE = Path(__file__).parent


def test_kill_9_loses_nothing_acknowledged(tmp_path):
    command = [sys.executable, HERE / "crash_driver.py", tmp_path, "20"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=100).stdout)
    assert result["lost"] == 0
    assert result["cycles"] == 20
    assert result["acknowledged"] > 20


class Disk:
    """What a power cut would leave: the bytes of synced files, under the names that their folder had when synced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, syncs: Callable[[int], bool]) -> None:
        self.files: dict[int, bytes] = {}
        self.folders: dict[int, dict[str, tuple[int, bool]]] = {}
        self._syncs = syncs
        monkeypatch.setattr(os, "fsync", self._fsync)

    def _fsync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if not self._syncs(status.st_mode):
            return
        if stat.S_ISDIR(status.st_mode):
            entries = os.scandir(f"/proc/self/fd/{descriptor}")
            self.folders[status.st_ino] = {entry.name: (entry.inode(), entry.is_dir()) for entry in entries}
        else:
            self.files[status.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def after_power_cut(self, inode: int, into: Path) -> None:
        into.mkdir(exist_ok=True)
        for name, (child, is_folder) in self.folders.get(inode, {}).items():
            if is_folder:
                self.after_power_cut(child, into / name)
            else:
                (into / name).write_bytes(self.files.get(child, b""))


def _lost_in_power_cut(tmp_path: Path, disk: Disk) -> int:
    """How many of forty acknowledged blobs are not whole after the cut."""
    live, rebuilt = tmp_path / "live", tmp_path / "rebuilt"
    live.mkdir()
    blobs = LocalBlobs(live / "store")
    wanted = {f"photos/{number:02x}/p{number}": secrets.token_bytes(500) for number in range(40)}
    for name, content in wanted.items():
        blobs.put({name: content})
    disk.after_power_cut(live.stat().st_ino, rebuilt)
    after = LocalBlobs(rebuilt / "store")
    return sum(after.get(name) != content for name, content in wanted.items())


def test_a_power_cut_loses_no_acknowledged_blob(tmp_path, monkeypatch):
    assert _lost_in_power_cut(tmp_path, Disk(monkeypatch, lambda mode: True)) == 0


@pytest.mark.parametrize("forgotten", [stat.S_ISDIR, stat.S_ISREG])
def test_the_power_cut_would_show_a_missing_sync(tmp_path, monkeypatch, forgotten):
    assert _lost_in_power_cut(tmp_path, Disk(monkeypatch, lambda mode: not forgotten(mode))) == 40


def test_rows_are_committed_only_after_the_blobs_are_durable(open_store, make_cell, monkeypatch):
    store, photo, row = open_store(), make_cell(CellKind.PHOTO), make_cell()

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(Unavailable):
            store.put([photo, row], {})
    for cell in (photo, row):
        with pytest.raises(Tampered):
            open_store().get([cell.cell_id])


def test_after_a_failed_sync_nothing_is_acknowledged_until_reopened(open_store, make_cell, monkeypatch, tmp_path):
    store, before = open_store(), make_cell(CellKind.PHOTO)
    store.put([before], {})

    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(Unavailable) as caught:
            store.put([make_cell(CellKind.PHOTO)], {})
    assert caught.value.code is Code.STORE_UNAVAILABLE
    for attempt in (lambda: store.put([make_cell()], {}), lambda: store.delete([before.cell_id], [])):
        with pytest.raises(Unavailable, match="restart"):
            attempt()
    assert store.get([before.cell_id]) == {before.cell_id: before}
    assert list((tmp_path / "store" / "incoming").iterdir()) == []
    open_store().put([make_cell(CellKind.PHOTO)], {})


def test_a_sync_without_space_is_a_full_disk_and_passes(open_store, make_cell, monkeypatch):
    store = open_store()

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(Unavailable) as caught:
            store.put([make_cell(CellKind.PHOTO)], {})
    assert caught.value.code is Code.DISK_FULL
    store.put([make_cell(CellKind.PHOTO)], {})


@pytest.mark.parametrize("first_failure", [12, 31])
def test_a_sync_that_fails_under_the_database_stops_all_writing(tmp_path, first_failure):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: no way to make the database's own syncs fail")
    store = Store(StoreSettings(), tmp_path / "store", tmp_path / "cache")
    store.migrate()
    store.close()
    inject = f"inject=fdatasync:error=EIO:when={first_failure}"  # this one only; SQLite syncs with fdatasync
    tracer = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", inject]
    command = [*tracer, sys.executable, str(HERE / "failing_driver.py"), str(tmp_path)]
    ran = subprocess.run(command, check=False, capture_output=True, timeout=100)
    if b"ready" not in ran.stderr:
        pytest.skip(f"this machine does not let strace trace: {ran.stderr[-200:]!r}")
    result = json.loads(ran.stdout)
    assert len(result["errors"]) > 1
    assert result["acknowledged"]
    assert result["acknowledged_after_an_error"] == 0
    again = Store(StoreSettings(), tmp_path / "store", tmp_path / "cache")
    again.migrate()
    assert len(again.get(result["acknowledged"])) == len(result["acknowledged"])
    again.close()


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if os.getuid() != 0:
        pytest.skip("only root can mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=6m,nr_inodes=4k", "tmpfs", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no permission to mount: {mounted.stderr!r}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("kind", [CellKind.CROP, CellKind.PHOTO])
def test_a_full_disk_loses_nothing_and_heals(small_disk, make_cell, kind):
    filler = small_disk / "filler"
    filler.write_bytes(bytes(2_000_000))
    store = Store(StoreSettings(), small_disk / "store", small_disk / "cache")
    store.migrate()
    acknowledged, refused = {}, None
    while refused is None:
        cells = [make_cell(kind, 12_000) for _ in range(8)]
        try:
            store.put(cells, {BlockId(f"b_{cells[0].cell_id}"): bytes(4_000)})
            acknowledged |= {cell.cell_id: cell for cell in cells}
        except Unavailable as error:
            refused = error
    assert refused.code is Code.DISK_FULL
    assert acknowledged
    assert store.get(acknowledged) == acknowledged
    if kind is CellKind.CROP:
        for cell in cells:
            with pytest.raises(Tampered):
                store.get([cell.cell_id])
    assert not any((small_disk / "store" / "incoming").iterdir())
    filler.unlink()
    store.put(cells, {})
    acknowledged |= {cell.cell_id: cell for cell in cells}
    store.close()
    store = Store(StoreSettings(), small_disk / "store", small_disk / "cache")
    assert store.get(acknowledged) == acknowledged
    store.close()


def _damage(path: Path, start: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(secrets.token_bytes(length))


@pytest.mark.parametrize(("start", "length"), [(0, 4_096), (8_192, 65_536)])
def test_a_damaged_database_is_an_alarm(open_store, make_cell, tmp_path, start, length):
    store = open_store()
    cells = [make_cell(size=4_000) for _ in range(50)]
    store.put(cells, {})
    store.close()
    _damage(tmp_path / "store" / "records.sqlite3", start, length)
    with pytest.raises(Tampered) as caught:
        Store(StoreSettings(), tmp_path / "store", tmp_path / "cache").get([cell.cell_id for cell in cells])
    assert caught.value.code is Code.DATABASE_ALTERED


def test_damage_anywhere_never_gives_another_kind_of_error(open_store, make_cell, tmp_path):
    store = open_store()
    cells = [make_cell(size=2_000) for _ in range(40)]
    store.put(cells, {})
    store.close()
    file = tmp_path / "store" / "records.sqlite3"
    sound = file.read_bytes()
    alarms = 0
    for start in range(0, len(sound), len(sound) // 24):
        file.write_bytes(sound)
        _damage(file, start, 600)
        store = Store(StoreSettings(), tmp_path / "store", tmp_path / "cache")
        try:
            store.get([cell.cell_id for cell in cells])
        except Tampered:  # anything else fails the test
            alarms += 1
        finally:
            store.close()
    assert alarms


def test_a_locked_database_is_unavailable_not_lost(open_store, make_cell, tmp_path, monkeypatch):
    import sqlite3

    monkeypatch.setattr("facekeep.store.engine._PRAGMAS", ("PRAGMA busy_timeout = 50",))
    store, cell = open_store(), make_cell()
    blocker = sqlite3.connect(tmp_path / "store" / "records.sqlite3", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable) as caught:
        store.put([cell], {})
    assert caught.value.code is Code.STORE_UNAVAILABLE
    blocker.execute("ROLLBACK")
    blocker.close()
    store.put([cell], {})
