"""Killed, cut off from power, or torn at any step: what was acknowledged is there, and the log goes on."""

import errno
import os
import random
import stat
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import Tampered
from facekeep.ledger.tree import leaf_hash, verify_inclusion
from facekeep.vault.log import Log
from facekeep.vault.log_fsck import fsck

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
KILLS = 20


@pytest.fixture(autouse=True)
def _quick_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one running system a sync changes nothing that can be seen, so these many runs go without."""
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda _file: None)


class Crash(BaseException):
    """The process ends here."""


def leaf(index: int) -> bytes:
    return sha256(index.to_bytes(8, "big")).digest() * 32


def open_log(folder: Path, size: int = 0, root: bytes | None = None) -> Log:
    return Log.open(folder, signing_key=KEY, origin="keep.example/log", expected_size=size, expected_root=root)


def append(log: Log, count: int) -> tuple[int, bytes]:
    size = log.size
    assert log.append([leaf(index) for index in range(size, size + count)]) == size
    return log.anchor()


def check(folder: Path, anchor: tuple[int, bytes]) -> tuple[int, bytes]:
    with open_log(folder, *anchor) as log:
        size, root = log.anchor()
        assert log.leaves(0, size) == [leaf(index) for index in range(size)]
        for index in {0, anchor[0] // 2, anchor[0] - 1} & set(range(size)):
            verify_inclusion(
                expected_leaf_hash=leaf_hash(leaf(index)),
                index=index,
                size=size,
                expected_root=root,
                untrusted_proof=log.prove_inclusion(index, size),
            )
        assert fsck(folder, log.verifier_key, expected_size=size, expected_root=root).unfinished_bytes == 0
        return append(log, 1)


def test_acknowledged_entries_survive_kill_9(tmp_path: Path) -> None:
    chance = random.Random(7)
    folder, anchor = tmp_path / "log", (0, None)
    acknowledged = 0
    for _ in range(KILLS):
        root = anchor[1].hex() if anchor[1] else "-"
        command = [sys.executable, __file__, str(folder), str(anchor[0]), root]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline()]
            time.sleep(chance.uniform(0.0, 0.08))
            writer.kill()
            lines += writer.stdout.read().splitlines(keepends=True)
        last = [line for line in lines if line.endswith(b"\n")][-1].split()
        anchor = (int(last[0]), bytes.fromhex(last[1].decode()))
        acknowledged = max(acknowledged, anchor[0])
        anchor = check(folder, anchor)
        assert anchor[0] > acknowledged
    assert anchor[0] > 20 * KILLS


def write_until_killed(folder: Path, size: int, root: bytes | None) -> None:
    """Append, and print size and root after each append that was acknowledged."""
    chance = random.Random(size)
    with open_log(folder, size, root) as log:
        while True:
            size, head = append(log, chance.choice([1, 1, 1, 2, 17, 90]))
            print(size, head.hex(), flush=True)
            if chance.random() < 0.1:
                log.publish()


def scenario(log: Log, anchors: list[tuple[int, bytes]]) -> None:
    for count in (1, 3, 250, 1, 2, 300):
        anchors.append(append(log, count))
        if count == 2:
            log.publish([leaf(index) for index in range(log.size, log.size + 30)])  # padding counts like the rest
            anchors.append(log.anchor())
        elif count != 3:
            log.publish()


STEPS = ("pwrite", "fdatasync", "fsync", "rename")


@pytest.mark.parametrize(("steps", "is_torn", "expected"), [(STEPS, False, 80), (("pwrite",), True, 25)])
def test_a_crash_at_any_step_loses_nothing(
    steps: tuple[str, ...], is_torn: bool, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = True
    number = 0
    while reached:
        number += 1
        folder, anchors, calls = tmp_path / str(number), [], [0]
        with monkeypatch.context() as patch:
            for name in steps:
                patch.setattr(os, name, crashing(getattr(os, name), calls, number, is_torn=is_torn))
            try:
                with open_log(folder) as log:
                    scenario(log, anchors)
                reached = False
            except Crash:
                pass
        check(folder, anchors[-1] if anchors else (0, None))  # type: ignore[arg-type]
    assert number > expected


def crashing(real: Any, calls: list[int], number: int, *, is_torn: bool = False) -> Any:
    """`real`, except that the process ends at the `number`th of `calls`: before it, or, torn, half way through it."""

    def call(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] != number:
            return real(*args, **kwargs)
        if is_torn:
            real(args[0], args[1][: len(args[1]) // 2], args[2])
        raise Crash

    return call


class ForgetfulDisk:
    """What a power cut leaves at worst: of every file and folder only what it held when it was last synced."""

    def __init__(self, held: Path, *, is_honest: bool = True) -> None:
        held.mkdir()
        self._held = held  # links to every synced file, so that no other file gets its inode number
        self._files: dict[int, bytes] = {}
        self._folders: dict[str, dict[str, tuple[int, bool]]] = {}
        self._is_honest = is_honest

    def fsync(self, file: int) -> None:
        status = os.fstat(file)
        path = os.readlink(f"/proc/self/fd/{file}")
        if stat.S_ISDIR(status.st_mode):
            self._folders[path] = {one.name: (one.inode(), one.is_dir()) for one in os.scandir(path)}
        elif self._is_honest or status.st_ino not in self._files:
            self._files[status.st_ino] = os.pread(file, status.st_size, 0)
            if not (self._held / str(status.st_ino)).exists():
                os.link(path, self._held / str(status.st_ino))

    def restore(self, source: Path, target: Path) -> None:
        target.mkdir(mode=0o700)
        for name, (inode, is_folder) in self._folders.get(str(source), {}).items():
            if is_folder:
                self.restore(source / name, target / name)
            else:
                (target / name).write_bytes(self._files.get(inode, b""))


def cut_power(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, disk: ForgetfulDisk) -> tuple[Path, Any]:
    """Run the scenario until its `number`th system call; the folder as the disk has it, and the last anchor."""
    folder, anchors, calls = tmp_path / f"live{number}", [], [0]
    (folder / "log").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk.fsync)
        patch.setattr(os, "fdatasync", disk.fsync)
        for name in STEPS:
            patch.setattr(os, name, crashing(getattr(os, name), calls, number))
        try:
            with open_log(folder / "log") as log:
                scenario(log, anchors)
        except Crash:
            pass
    disk.restore(folder / "log", tmp_path / f"cut{number}")
    return tmp_path / f"cut{number}", anchors[-1] if anchors else (0, None)


@pytest.mark.parametrize("number", [*range(2, 110, 3), 1_000])
def test_a_power_cut_loses_nothing_acknowledged(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, anchor = cut_power(tmp_path, number, monkeypatch, ForgetfulDisk(tmp_path / "held"))
    check(folder, anchor)


@pytest.mark.parametrize("number", range(12, 26))
def test_a_power_cut_after_a_restart_loses_nothing_acknowledged(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second process finds what the first had written but not synced, and may not take it for durable."""
    disk = ForgetfulDisk(tmp_path / "held")
    _, anchor = cut_power(tmp_path, number, monkeypatch, disk)
    live = tmp_path / f"live{number}" / "log"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk.fsync)
        patch.setattr(os, "fdatasync", disk.fsync)
        with open_log(live, *anchor) as log:
            anchor = append(log, 10)
            log.publish()
    disk.restore(live, tmp_path / "second-cut")
    check(tmp_path / "second-cut", anchor)


def test_the_power_cut_would_show_a_log_that_does_not_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: on a disk that ignores all but the first sync of a file, the same scenario must lose entries."""
    folder, anchor = cut_power(tmp_path, 30, monkeypatch, ForgetfulDisk(tmp_path / "held", is_honest=False))
    assert anchor[0] > 0
    with pytest.raises(Tampered):
        check(folder, anchor)


def test_a_torn_last_append_is_dropped_whole(tmp_path: Path) -> None:
    with open_log(tmp_path / "log") as log:
        anchor = append(log, 5)
        used = len((tmp_path / "log/tail").read_bytes().rstrip(b"\x00"))
        append(log, 3)
    whole = (tmp_path / "log/tail").read_bytes()
    end = len(whole.rstrip(b"\x00"))
    for cut in [*range(used + 1, used + 25), *range(used + 25, end, 97), end - 1]:
        for torn in (
            whole[:cut],
            whole[:cut].ljust(len(whole), b"\x00"),
            whole[:used] + bytes(64) + whole[used + 64 :],
        ):
            (tmp_path / "log/tail").write_bytes(torn)
            with open_log(tmp_path / "log", *anchor) as log:
                assert log.anchor() == anchor
                assert fsck(tmp_path / "log", log.verifier_key).unfinished_bytes == 0


def test_a_torn_append_that_had_been_acknowledged_is_tampering(tmp_path: Path) -> None:
    with open_log(tmp_path) as log:
        append(log, 5)
        anchor = append(log, 1)
    tail = tmp_path / "tail"
    tail.write_bytes(tail.read_bytes().rstrip(b"\x00")[:-1])
    with pytest.raises(Tampered, match="ends before entry 5"):
        open_log(tmp_path, *anchor)


def test_opening_a_log_that_cannot_be_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_log(tmp_path) as log:
        anchor = append(log, 5)
    before = (tmp_path / "tail").read_bytes()

    def full(*args: Any) -> int:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(Exception, match="disk_full"):
            open_log(tmp_path, *anchor)
    assert (tmp_path / "tail").read_bytes() == before
    check(tmp_path, anchor)


if __name__ == "__main__":
    folder, size, root = sys.argv[1:]
    write_until_killed(Path(folder), int(size), None if root == "-" else bytes.fromhex(root))
